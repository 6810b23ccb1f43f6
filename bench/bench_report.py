"""What a monthly report takes with a national year of delegations at an office's node.

`python -m bench.bench_report [--courses 61500] [--copy FILE]` prints JSON lines, on SQLite, of courses of its own or of
the copy that `bench_province --year` kept: seconds to make the report of a month for
the country and for one province, then its sheets and its public extract; bytes of each, and the memory that was held
before and at most.

`--year N` instead plays a year of N delegations by the simulator, copies it as a national office's node does, makes the
report of a month and verifies it: seconds, items a second, and how many times verifying one signature an item is.

Measured on two processors that seven others used: 8.9 s and 75 MB more for a month of the country (61,500 delegations),
2.0 s for a province of 10,068; of a played year of 1,500 delegations 24,499 entries verified in 11.5 s, 0.47 ms each,
1.6 times verifying one signature, memory flat.
"""

import argparse
import asyncio
import resource
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.bench_province import courses, resident, say
from bench.copying import copy_a_year, play_a_year, rosters_of, yardstick
from certs.trust import Trust
from delegation.errors import Reason, Refusal
from delegation.roster_records import UnitType
from node.logs import configure
from node.province import report_public, report_tables, reports
from node.province.report_checking import Leaf, verify
from node.province.standing import Standing, write_standing
from node.state import State
from node.store_sql import SqlStore, make_engine
from node.writer import Tx
from tests.builders import NATIONAL_NO, ZHEJIANG_PO
from tests.node.province.office import an_office

_NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
_MONTH = reports.month("2026-10")
_SIZE = 1_200_000


def _complete(tx: Tx, state: State, at: datetime) -> None:
    del state, at
    write_standing(tx, Standing(_SIZE, b"log\n1200000\n", _SIZE, _NOW, complete=True))


def _timed(what: str, make: Callable[[], bytes]) -> bytes:
    began, before = perf_counter(), resident()
    found = make()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(
        what=what, seconds=round(perf_counter() - began, 2), bytes=len(found), resident_mb_before=round(before),
        resident_mb_after=round(resident()), most_mb=round(most),
    )  # fmt: skip
    return found


async def run(count: int, url: str) -> None:
    """Fill a store and report."""
    store = SqlStore(make_engine(url))
    async with an_office(store) as office:
        if count:
            await office.keep(courses(count))
        await office.writer.run(_complete)
        trust: Any = office.state.rosters.current  # a trusted roster as far as it is looked at
    for unit in (NATIONAL_NO, ZHEJIANG_PO):
        data = _timed(f"report of {unit}", partial(reports.make, store, trust=trust, unit=unit, period=_MONTH))
        report = reports.read(data)
        say(of=unit, threads=len(report.threads), day=date.isoformat(report.today))
        _timed("workbook", partial(report_tables.as_workbook, report))
        _timed("csv", partial(report_tables.as_csv, report))
        _timed("public extract", partial(_public, report))
    store.close()


async def run_year(delegations: int, folder: Path) -> None:
    """Play, copy, make, verify."""
    federation, url = folder / "federation", f"sqlite:///{folder / 'copy.db'}"
    say(**await play_a_year(federation, delegations))
    say(**await copy_a_year(federation, url))
    store, rosters = SqlStore(make_engine(url)), await rosters_of(federation)
    newest = rosters.current

    def trust_of(version: int) -> Trust:
        trust = rosters.version(version)
        if trust is None:
            raise Refusal(Reason.ROSTER_NOT_READY)
        return trust

    units = [code for code, unit in newest.view.units.items() if unit.type is UnitType.NATIONAL]
    for unit in units or [code for code, unit in newest.view.units.items() if unit.type is UnitType.PROVINCIAL][:1]:
        report = reports.read(
            _timed(f"report of {unit}", partial(reports.make, store, trust=newest, unit=unit, period=_MONTH))
        )
        leaves: list[Leaf] = []
        before, began = resident(), perf_counter()
        outcome = verify(report, store, newest=newest, trust_of=trust_of, leaves=leaves)
        seconds = perf_counter() - began
        say(
            what=f"verification of {unit}", equal=outcome.equal, threads=outcome.threads, entries=outcome.entries,
            differences=len(outcome.differences), leaves=len(leaves), seconds=round(seconds, 2),
            items_a_second=round(outcome.entries / seconds), ms_an_item=round(seconds * 1e3 / outcome.entries, 3),
            times_verifying_one_signature=round(seconds * 1e3 / outcome.entries / yardstick(), 1),
            resident_mb_before=round(before), resident_mb_after=round(resident()),
        )  # fmt: skip
    store.close()


def _public(report: reports.Report) -> bytes:
    return reports.canonical(report_public.extract(report))


def main() -> None:
    """Measure."""
    configure("error")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--courses", type=int, default=61_500)
    parser.add_argument("--year", type=int, default=0, help="delegations to play and verify instead")
    parser.add_argument("--copy", type=Path)
    given = parser.parse_args()
    if given.copy is not None:
        asyncio.run(run(0, f"sqlite:///{given.copy}"))
        return
    with tempfile.TemporaryDirectory() as folder:
        if given.year:
            asyncio.run(run_year(given.year, Path(folder)))
            return
        asyncio.run(run(given.courses, f"sqlite:///{Path(folder) / 'node.db'}"))


if __name__ == "__main__":
    main()
