"""What several commands share: options, the clock, reading files that other people made."""

import gc
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.output import fail
from delegation.errors import Reason, Refusal

MAX_INPUT: Final = 64 * 1024 * 1024

DataDir = Annotated[
    Path, typer.Option("--data-dir", help="Data folder of the service.", file_okay=False, resolve_path=True)
]
AuthorityFolder = Annotated[
    Path, typer.Option("--folder", help="Folder of the seal authority.", file_okay=False, resolve_path=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def now() -> datetime:
    """The wall clock. Commands read it once and pass it on."""
    return datetime.now(UTC)


def spare_collector() -> None:
    """For services, once started: what was loaded stays, so the collector passes over it and looks less often.

    Modules, regions and rosters are most of a service's objects; walking them again took a twentieth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def read_text(path: Path) -> str:
    """A file that somebody else made; bounded, UTF-8."""
    return read_bytes(path).decode("utf-8", errors="strict")


def read_bytes(path: Path) -> bytes:
    """A file that somebody else made; bounded."""
    try:
        if path.stat().st_size > MAX_INPUT:
            raise Refusal(Reason.TOO_LARGE, field="file")
        return path.read_bytes()
    except FileNotFoundError:
        fail(f"there is no file {path}")
    except PermissionError:
        fail(f"this account may not read {path}")


def instant(text: str) -> datetime:
    """An ISO 8601 instant with its zone."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        fail("an instant is written 2026-03-12T01:02:03+08:00")
    if value.tzinfo is None:
        fail("an instant needs its zone, such as +08:00")
    return value.astimezone(UTC)
