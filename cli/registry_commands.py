"""`xieban registry`: the centre's operator."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from certs.files import write_atomically
from certs.registry_info import info_to_json
from cli.common import AsJson, DataDir, now, read_bytes, spare_collector
from cli.output import show, tells_refusals
from registry import setup
from registry.server import serve as serve_registry
from registry.settings import RegistrySettings

app = typer.Typer(
    help="The registry: routes, orders, logs and delivers what it cannot read.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

_PUBLIC = 0o644


@app.command()
@tells_refusals
def init(
    data_dir: DataDir,
    seal_authority: Annotated[Path, typer.Option(help="Certificate of the seal authority, DER; pinned for good.")],
    federation_id: Annotated[str, typer.Option(help="Federation, [a-z0-9-]{1,32}.")] = "xieban",
    trust_domain: Annotated[str, typer.Option(help="Trust domain of SPIFFE ids.")] = "xieban.internal",
    database_url: Annotated[str, typer.Option(help="Database; SQLite in the data folder when empty.")] = "",
    host_name: Annotated[list[str] | None, typer.Option(help="Host names in the server certificate.")] = None,
    exchange_address: Annotated[str, typer.Option(help="host:port for bureaus.")] = "127.0.0.1:7443",
    enrolment_address: Annotated[str, typer.Option(help="host:port for enrolment and health.")] = "127.0.0.1:7444",
    metrics_address: Annotated[str, typer.Option(help="host:port of /metrics, loopback.")] = "127.0.0.1:7445",
    info: Annotated[Path | None, typer.Option(help="Where to write what the seal authority needs.")] = None,
) -> None:
    """Make keys, the channel authority and the schema in an empty data folder."""
    given: dict[str, object] = {
        "federation_id": federation_id,
        "trust_domain": trust_domain,
        "database_url": database_url,
        "exchange_address": exchange_address,
        "enrolment_address": enrolment_address,
        "metrics_address": metrics_address,
    }
    if host_name:
        given["host_names"] = tuple(host_name)
    settings = RegistrySettings.load(data_dir, **given)
    told = setup.init(settings, now(), seal_authority=read_bytes(seal_authority))
    if info is not None:
        write_atomically(info, info_to_json(told).encode(), mode=_PUBLIC)
    typer.echo(f"registry made in {data_dir}")


@app.command()
@tells_refusals
def info(data_dir: DataDir) -> None:
    """Print what the seal authority needs to know of this registry (JSON)."""
    typer.echo(info_to_json(setup.registry_info(RegistrySettings.load(data_dir))), nl=False)


@app.command()
@tells_refusals
def token(
    data_dir: DataDir,
    bureau: Annotated[str, typer.Option(help="Bureau code.")],
    days: Annotated[int, typer.Option(min=1, max=30, help="Days for which it may be used.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Make a one-time enrolment token for a bureau. Whoever has it can enrol: hand it over as you would a key."""
    text = setup.new_token(RegistrySettings.load(data_dir), bureau, now(), validity=timedelta(days=days))
    if as_json:
        show({"bureau": bureau, "token": text})
    else:
        typer.echo(text)


@app.command()
@tells_refusals
def migrate(data_dir: DataDir) -> None:
    """Bring the schema up to this program."""
    setup.open_store(RegistrySettings.load(data_dir)).close()
    typer.echo("the schema is that of this program")


@app.command()
@tells_refusals
def serve(data_dir: DataDir) -> None:
    """Serve until SIGTERM or SIGINT; the bound ports are written to ports.json."""
    asyncio.run(_serve(RegistrySettings.load(data_dir)))


async def _serve(settings: RegistrySettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    spare_collector()
    await serve_registry(settings, stop=stop)
