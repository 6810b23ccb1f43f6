"""`xieban simulate`: a year of delegations between the country's bureaus, played into a registry's data folder."""

import time
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.common import now
from cli.output import Exit, fail, progress, show
from cli.simulate.plan import DEMONSTRATION, FULL_YEAR, Plan, Summary
from cli.simulate.run import found, into
from delegation.deadlines import day_of

_SECONDS_APART = 2.0


def simulate(
    folder: Annotated[
        Path, typer.Option(help="A new or empty folder: authorities, registry.", file_okay=False, resolve_path=True)
    ],
    seed: Annotated[int, typer.Option(help="The same seed gives the same histories, times and figures.")] = 7,
    delegations: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = DEMONSTRATION,
    year: Annotated[str, typer.Option(help=f"'full': {FULL_YEAR} delegations, whatever --delegations says.")] = "",
    end: Annotated[str, typer.Option(help="The last day played, ISO; yesterday when not said.")] = "",
    focus: Annotated[str, typer.Option(help="A province that two in five delegations have to do with.")] = "",
    without: Annotated[str, typer.Option(help="Regions left to real nodes, with commas.")] = "",
    json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Play a year of delegations through the real rule book and registry code, on a simulated clock."""
    if year not in {"", "full"}:
        fail("--year: full, or nothing", Exit.USAGE)
    if folder.exists() and any(folder.iterdir()):
        fail(f"{folder} is not empty; name another with --folder")
    at = now()
    try:
        last = date.fromisoformat(end) if end else day_of(at) - timedelta(days=1)
        plan = Plan(
            end=last,
            seed=seed,
            delegations=FULL_YEAR if year else delegations,
            focus=focus,
            without=frozenset(code for code in without.split(",") if code),
        )
    except ValueError as error:
        fail(str(error), Exit.USAGE)
    console, told = progress(), time.monotonic()

    def tell(day: date, summary: Summary) -> None:
        nonlocal told
        if time.monotonic() - told > _SECONDS_APART:
            told = time.monotonic()
            console.print(f"[dim]{day}  {summary.delegations} delegations, {summary.envelopes} envelopes[/dim]")

    found(folder, plan, at=at)
    summary = into(folder, plan, progress=tell)
    if json:
        show(summary.to_json())
    else:
        console.print(_said(summary, folder))
    if summary.unexpected:
        fail(f"refused and not meant: {summary.unexpected}")


def _said(summary: Summary, folder: Path) -> str:
    return (
        f"{summary.delegations} delegations, {summary.envelopes} envelopes accepted, {summary.refused} refused as "
        f"meant, {summary.negative} pieces of negative evidence, {summary.open_at_end} still open; "
        f"log of {summary.log_size} entries; {summary.envelopes_a_second:.0f} envelopes a second; in {folder}"
    )
