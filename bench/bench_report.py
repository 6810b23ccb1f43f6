"""What a monthly report takes with a national year of delegations at an office's node.

`python -m bench.bench_report [--courses 61500]` prints JSON lines, on SQLite: seconds to make the report of a month for
the country and for one province, then its sheets and its public extract; bytes of each, and the memory that was held
before and at most. Folding the signed bytes again (`report verify`) is not in it: see `bench_province` for an item.
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
from node.logs import configure
from node.province import report_public, report_tables, reports
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


def _public(report: reports.Report) -> bytes:
    return reports.canonical(report_public.extract(report))


def main() -> None:
    """Measure."""
    configure("error")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--courses", type=int, default=61_500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(given.courses, f"sqlite:///{Path(folder) / 'node.db'}"))


if __name__ == "__main__":
    main()
