"""`xieban node`: a bureau's operator."""

import asyncio
import sys
from typing import Annotated

import typer

from certs.unit_request import request_to_json
from cli.common import DataDir, now
from cli.node_serve import serve_node
from cli.output import fail, tells_refusals
from node import setup
from node.database import open_store
from node.desk.ports import Role
from node.examination.looks import verify_looks
from node.settings import NodeSettings

app = typer.Typer(
    help="A bureau's node with its HTTP face.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

_MOST_SECRET = 4096


def _secret_from_stdin(what: str) -> str:
    """A secret never stands among a command's words, where others can read it."""
    if sys.stdin.isatty():
        typer.echo(f"{what}: ", nl=False, err=True)
    text = sys.stdin.readline(_MOST_SECRET).strip()
    if not text:
        fail(f"{what} is read from standard input, and there was none")
    return text


@app.command()
@tells_refusals
def init(
    data_dir: DataDir,
    bureau: Annotated[str, typer.Option(help="Bureau code, such as 330100.")],
    unit: Annotated[list[str], typer.Option(help="Code of a unit that this node serves; may be given again.")],
    registry: Annotated[str, typer.Option(help="host:port of the registry's exchange.")] = "127.0.0.1:7443",
    enrolment: Annotated[str, typer.Option(help="host:port of its enrolment.")] = "127.0.0.1:7444",
    database_url: Annotated[str, typer.Option(help="Database; SQLite in the data folder when empty.")] = "",
    http_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the HTTP face; 0 takes a free one.")] = 8080,
) -> None:
    """Make the node's keys, its master key and its database."""
    settings = NodeSettings.load(
        data_dir,
        bureau=bureau,
        units=tuple(unit),
        registry_address=registry,
        enrolment_address=enrolment,
        database_url=database_url,
        http_port=http_port,
    )
    setup.init(settings, now())
    typer.echo(f"node made in {data_dir}; keep {settings.keys_dir} apart from backups of the database")


@app.command()
@tells_refusals
def enrol(
    data_dir: DataDir,
    renew_keys: Annotated[bool, typer.Option(help="Draw new channel and node keys first.")] = False,
) -> None:
    """Exchange a one-time token, read from standard input, for the channel and node certificates."""
    token = _secret_from_stdin("token")
    enrolled = setup.enrol(NodeSettings.load(data_dir), token, now(), renew_keys=renew_keys)
    typer.echo(f"enrolled as bureau {enrolled.bureau} of {enrolled.federation_id}")


@app.command()
@tells_refusals
def request(
    data_dir: DataDir,
    unit: Annotated[str, typer.Option(help="Code of the unit.")],
    rotate: Annotated[bool, typer.Option(help="Draw new keys, vouched for by the old ones.")] = False,
    sealing_only: Annotated[bool, typer.Option(help="A new sealing key alone.")] = False,
) -> None:
    """Print what the seal authority is asked to certify (JSON). New keys are vouched for by the old ones."""
    asked = setup.unit_request(NodeSettings.load(data_dir), unit, now(), rotate=rotate, sealing_only=sealing_only)
    typer.echo(request_to_json(asked), nl=False)


@app.command()
@tells_refusals
def account(
    data_dir: DataDir,
    staff_id: Annotated[str, typer.Option(help="Staff id.")],
    name: Annotated[str, typer.Option(help="Name.")],
    role: Annotated[list[Role], typer.Option(help="Role; may be given again.")],
    unit: Annotated[list[str] | None, typer.Option(help="Unit; all of the node's when none is named.")] = None,
    phone: Annotated[str, typer.Option(help="Office telephone.")] = "",
) -> None:
    """Make an account on the node's machine while it does not serve; the password is read from standard input."""
    settings = NodeSettings.load(data_dir)
    password = _secret_from_stdin("password")
    setup.add_account(
        settings,
        now(),
        staff_id=staff_id,
        name=name,
        password=password,
        units=tuple(unit) if unit else settings.units,
        roles=tuple(each.value for each in role),
        phone=phone,
    )
    typer.echo(f"account {staff_id} made")


@app.command()
@tells_refusals
def migrate(data_dir: DataDir) -> None:
    """Bring the schema up to this program."""
    open_store(NodeSettings.load(data_dir)).close()
    typer.echo("the schema is that of this program")


@app.command()
@tells_refusals
def looks(data_dir: DataDir) -> None:
    """Check the whole log of who looked at which case, beside the running node; ends with 1 when it is broken."""
    rows, broken = verify_looks(NodeSettings.load(data_dir))
    if broken:
        fail(f"{rows} rows; broken at row {broken}: rows were altered or taken out")
    typer.echo(f"{rows} rows; the log is whole")


@app.command()
@tells_refusals
def serve(data_dir: DataDir) -> None:
    """Serve until SIGTERM or SIGINT: courier, sweeps and the HTTP face in one process."""
    asyncio.run(serve_node(NodeSettings.load(data_dir)))
