"""What a look at an office's alerts takes with a national year of delegations at its node.

`python -m bench.bench_alerts [--courses 60000]` prints JSON lines, on SQLite: milliseconds of the first look after a
start, of a look after one course has changed (median, greatest, processor time beside them), and of a page.
"""

import argparse
import asyncio
import json
import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final, cast

from bench.bench_province import courses
from node.logs import configure
from node.province.alert_rules import Attendance, Member
from node.province.alert_settings import AlertSettings
from node.province.alerts import Alerts
from node.store_sql import SqlStore, make_engine
from tests.builders import NATIONAL_NO
from tests.node.province.alerted import heard_now
from tests.node.province.office import NOW, an_office, overseer

_LOOKS: Final = 20
_MEMBERS: Final = 450


async def measure(store: SqlStore, count: int) -> None:
    """Print what it takes."""
    members = tuple(
        Member(f"{number:06d}", connected=False, heard_at=NOW - timedelta(hours=number % 5))
        for number in range(_MEMBERS)
    )

    async def attendance() -> Attendance:
        return Attendance(members, NOW - timedelta(days=1), NOW)

    async with an_office(store) as office:
        cast("Any", office.state).units = frozenset({NATIONAL_NO})
        year = list(courses(count))
        await office.keep(year)
        await office.writer.run(partial(heard_now, at_=NOW))
        alerts = Alerts(
            office.writer, office.state, AlertSettings(), ways=(), attendance=attendance, clock=lambda: NOW
        )  # fmt: skip
        took, processor = list[float](), list[float]()
        for number in range(_LOOKS + 1):
            began, worked = perf_counter(), process_time()
            await alerts.look()
            took.append(1000 * (perf_counter() - began))
            processor.append(1000 * (process_time() - worked))
            await office.keep(year[number : number + 1])
        began = perf_counter()
        page = await alerts.alerts(overseer(NATIONAL_NO))
        found = {
            "courses": count, "standing": page.standing, "beyond": page.beyond, "first_ms": round(took[0]),
            "look_ms": round(median(took[1:])), "look_most_ms": round(max(took[1:])),
            "look_processor_ms": round(median(processor[1:])), "page_ms": round(1000 * (perf_counter() - began), 1),
        }  # fmt: skip
        print(json.dumps(found))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--courses", type=int, default=60_000)
    asked = parser.parse_args()
    configure("error")
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(make_engine(f"sqlite:///{Path(folder) / 'node.db'}"))
        try:
            asyncio.run(measure(store, asked.courses))
        finally:
            store.close()


if __name__ == "__main__":
    main()
