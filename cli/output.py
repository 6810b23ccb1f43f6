"""How every command speaks: results on stdout (a table, or JSON with --json), progress and errors on stderr.

Exit codes, the same for every command:

    0  done
    1  something failed that is not foreseen below
    2  the words of the command were wrong (typer's own)
    3  refused for a typed reason; nothing was changed
    4  a service could not be reached
    5  a check found something that does not hold (doctor, --verify)
"""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from certs.files import KeyFileError
from delegation.catalogue import text_of
from delegation.errors import Reason, Refusal
from delegation.roster_advice import advice

P = ParamSpec("P")
R = TypeVar("R")

_UNREACHABLE = frozenset({Reason.UNAVAILABLE, Reason.STORAGE_UNAVAILABLE, Reason.STOPPING})

_TO_DO: Mapping[tuple[Reason, str], str] = {
    (Reason.ROSTER_NOT_READY, "never_served"): (
        "this node does not know yet which of its keys were certified: run xieban node serve until it is ready, then "
        "ask again; or ask without --rotate, which asks for the keys drawn first"
    ),
    (Reason.SIGNER_NOT_VALID, "key_not_held"): (
        "no key of the unit that is in force lies here, so nothing can vouch for a new one: ask without --rotate and "
        "--sealing-only, and let the seal authority vouch for it (xieban certs rotate --authority-statement)"
    ),
}


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    NOT_AS_IT_SHOULD_BE = 5


def progress() -> Console:
    """Where progress and errors go."""
    return Console(stderr=True)


def show(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + os.linesep)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on stdout; wide enough for its content when stdout is no terminal."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    grid = Table(*columns, title=title, title_justify="left", show_lines=False)
    for row in rows:
        grid.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(grid)


def fail(text: str, code: Exit = Exit.FAILED) -> NoReturn:
    """Say what to change, and end."""
    progress().print(f"xieban: {text}", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(code)


def words_of(refusal: Refusal) -> str:
    """Reason, text and details of a refusal, and what to do where it is known."""
    details = ", ".join(f"{name}={value}" for name, value in sorted(refusal.details.items()))
    text = f"{refusal.reason.value}: {text_of(refusal.reason)}" + (f" ({details})" if details else "")
    change = advice(refusal) or _TO_DO.get((refusal.reason, refusal.details.get("why", "")), "")
    return f"{text}; {change}" if change else text


def tells_refusals(command: Callable[P, R]) -> Callable[P, R]:
    """End with the documented exit code and the reason's text where `command` is refused."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            code = Exit.UNREACHABLE if refusal.reason in _UNREACHABLE else Exit.REFUSED
            fail(words_of(refusal), code)
        except KeyFileError as error:
            fail(f"{error}; nothing was changed")

    return wrapped
