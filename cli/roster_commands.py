"""`xieban roster`: what the registry's operator publishes, and what a roster says."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from cli.common import AsJson, DataDir, now, read_bytes
from cli.output import fail, progress, show, table, tells_refusals, words_of
from delegation.codec_roster import parse_roster, parse_roster_statement, parse_signed_roster
from delegation.errors import Refusal
from delegation.regions import load_regions
from registry import setup
from registry.settings import RegistrySettings

app = typer.Typer(
    help="The signed roster.", no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False
)


@app.command()
@tells_refusals
def load(
    data_dir: DataDir,
    file: Annotated[Path, typer.Argument(help="Roster that the seal authority signed.")],
    follow: Annotated[bool, typer.Option(help="Stay, and publish the file again whenever it changes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a roster.

    Refused is what the pinned seal authority did not sign, a roster that contradicts itself or the law, and a changed
    unit key that neither the earlier key nor the authority vouches for; the text says what to change.
    """
    settings = RegistrySettings.load(data_dir)
    content = read_bytes(file)
    version = setup.publish_roster(settings, content, now())
    if as_json:
        show({"version": version})
    else:
        typer.echo(f"roster {version} is in force")
    if not follow:
        return
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopped.wait(1.0):
        newer = read_bytes(file)
        if newer == content:
            continue
        content = newer
        try:
            progress().print(f"roster {setup.publish_roster(settings, content, now())} is in force")
        except Refusal as refusal:
            said = f"the file was refused, the old roster stays in force: {words_of(refusal)}"
            progress().print(said, highlight=False, markup=False, soft_wrap=True)


@app.command("show")
@tells_refusals
def show_roster(
    file: Annotated[Path, typer.Argument(help="A signed roster.")],
    as_json: AsJson = False,
) -> None:
    """What a roster says: versions, bureaus, units and their keys. Its signature is not checked here."""
    parts = parse_signed_roster(read_bytes(file))
    statement = parse_roster_statement(parts.statement)
    if not parts.roster:
        fail("this file holds a statement alone")
    view = parse_roster(parts.roster, load_regions())
    units = [
        {
            "unit": unit.code,
            "name": unit.name,
            "bureau": unit.bureau,
            "life": unit.life.value,
            "signing_certificates": len(unit.signing_certificates),
            "sealing_keys": len(unit.sealing_keys),
        }
        for unit in sorted(view.units.values(), key=lambda unit: unit.code)
    ]
    if as_json:
        show(
            {
                "federation": view.federation_id,
                "version": view.version,
                "calendar_version": view.calendar_version,
                "agreement_version": view.agreement_version,
                "issued_at": statement.issued_at.isoformat(),
                "expires_at": statement.expires_at.isoformat(),
                "units": units,
                "revocations": len(view.revocations),
            }
        )
        return
    table(
        f"roster {view.version} of {view.federation_id}, good until {statement.expires_at:%Y-%m-%d}",
        ["unit", "name", "bureau", "life", "certificates", "sealing keys"],
        [list(unit.values()) for unit in units],
    )
