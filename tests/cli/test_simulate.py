"""A simulated year: the same seed, the same year; judged by the real rule book; a registry goes on where it ended."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from certs.roster_book import RosterBook
from cli.local_federation import LocalFederation
from cli.main import app
from cli.simulate.handover import give_way
from cli.simulate.plan import DAYS, Plan, Summary
from cli.simulate.run import found, into
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codec_roster import parse_roster_statement
from delegation.codes import ThreadType
from delegation.course import Course, advanced
from delegation.deadlines import day_of
from delegation.figures import Count, Period, tally
from delegation.regions import load_regions
from delegation.table_states import ENDED
from delegation.workdays import Calendar, load_seed_years
from registry.server import Registry
from registry.settings import RegistrySettings

END = date(2026, 11, 20)
PLAN = Plan(end=END, seed=11, delegations=40, focus="510000", without=frozenset({"510100", "510000"}))
AT = datetime(2026, 11, 21, 1, tzinfo=UTC)


def played(folder: Path, plan: Plan) -> Summary:
    found(folder, plan, at=AT)
    return into(folder, plan)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """One small year."""
    folder = tmp_path_factory.mktemp("year")
    return folder, played(folder, PLAN)


def courses(folder: Path) -> dict[str, Course]:
    """The courses of all delegations, folded from what the registry holds."""
    settings = RegistrySettings.load(LocalFederation(folder, ()).registry_dir)
    engine = create_engine(settings.database)
    found: dict[str, Course] = {}
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.header, e.data FROM envelope_answer a JOIN log_entry e ON e.leaf_index = a.leaf_index "
                "WHERE a.accepted ORDER BY a.leaf_index"
            )
        )
        for header_bytes, entry_bytes in rows:
            header = parse_header(header_bytes)
            if header.thread_type is ThreadType.DELEGATION:
                before = found.get(header.thread_id)
                found[header.thread_id] = advanced(before, header, parse_entry(entry_bytes))
    engine.dispose()
    return found


def figures(folder: Path) -> dict[str, object]:
    """Counts and days of the whole year."""
    calendar = Calendar(1, load_seed_years(), ())
    told = tally(courses(folder).values(), period=Period(PLAN.start, END), today=day_of(AT), calendar_of=calendar.at)
    return {"counts": told.counts, "days": told.days}


def test_nothing_is_refused_that_was_not_meant_to_be(year: tuple[Path, Summary]) -> None:
    _, summary = year
    assert summary.unexpected == {}
    assert summary.delegations == PLAN.delegations
    assert summary.envelopes > 8 * PLAN.delegations
    assert summary.negative > 0
    assert summary.log_size >= summary.envelopes + summary.negative


def test_the_same_seed_gives_the_same_year(year: tuple[Path, Summary], tmp_path: Path) -> None:
    folder, summary = year
    again = played(tmp_path / "again", PLAN)
    assert (again.kinds, again.refused, again.negative) == (summary.kinds, summary.refused, summary.negative)
    assert figures(tmp_path / "again") == figures(folder)


def test_an_overseer_folds_a_course_of_each_delegation(year: tuple[Path, Summary]) -> None:
    folder, summary = year
    found = courses(folder)
    assert len(found) == PLAN.delegations
    told = figures(folder)["counts"]
    assert isinstance(told, dict)
    assert told[Count.ISSUED] == PLAN.delegations
    assert sum(course.state not in ENDED for course in found.values()) == told.get(Count.IN_HAND, 0)
    assert summary.kinds["COMPLETED"] == told[Count.COMPLETED] - summary.kinds.get("CLOSED", 0)


def test_nobody_works_on_a_rest_day(year: tuple[Path, Summary]) -> None:
    folder, _ = year
    calendar = Calendar(1, load_seed_years(), ()).at("510100")
    moved = [course.accepted_at for course in courses(folder).values() if course.accepted_at is not None]
    assert moved
    assert all(calendar.is_workday(day_of(at)) for at in moved)


def test_few_delegations_are_at_hand_at_once(year: tuple[Path, Summary]) -> None:
    assert 0 < year[1].most_at_once <= PLAN.delegations // 2  # what is over is let go


def test_the_roster_in_force_is_in_date_all_year(year: tuple[Path, Summary]) -> None:
    settings = RegistrySettings.load(LocalFederation(year[0], ()).registry_dir)
    engine = create_engine(settings.database)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT statement FROM roster_statement ORDER BY published_at")).scalars()
        stated = [parse_roster_statement(row) for row in rows]
    engine.dispose()
    assert len(stated) > DAYS // 14
    assert all(later.issued_at < earlier.expires_at for earlier, later in pairwise(stated))
    assert day_of(stated[-1].expires_at) > END


async def test_a_registry_opens_the_folder_and_goes_on(year: tuple[Path, Summary], tmp_path: Path) -> None:
    folder, summary = year
    copied = tmp_path / "copy"
    shutil.copytree(folder, copied)
    settings = RegistrySettings.load(LocalFederation(copied, ()).registry_dir)
    registry = Registry(settings, clock=lambda: AT + timedelta(days=40))
    await registry.start()
    try:
        assert registry.writer.signed[0] == summary.log_size
        assert summary.open_at_end
        assert await registry.duties.sweep_deadlines()  # what was left open is late by now
        assert registry.writer.signed[0] > summary.log_size
    finally:
        await registry.stop()


def test_places_left_to_real_nodes_are_free_after_the_year(year: tuple[Path, Summary]) -> None:
    folder, _ = year
    book = RosterBook.load(LocalFederation(folder, ()).seal_folder / "book", load_regions())
    records = give_way(book.records, PLAN)
    left = [each for each in records.competences if each.place == "510100"]
    assert left
    assert not any(each.holds_on(day_of(AT)) for each in left)
    assert all(each.holds_on(END) for each in left)


def test_the_command_tells_another_seeds_year_and_takes_no_folder_with_something_in_it(
    year: tuple[Path, Summary], tmp_path: Path
) -> None:
    words = ["simulate", "--folder", str(tmp_path / "new"), "--delegations", str(PLAN.delegations), "--seed", "12"]
    words += ["--end", END.isoformat(), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["delegations"] == PLAN.delegations
    assert told["kinds"] != year[1].kinds
    again = CliRunner().invoke(app, words)
    assert again.exit_code != 0
    wrong = CliRunner().invoke(app, [*words[:2], str(tmp_path / "b"), "--focus", "510100"])
    assert wrong.exit_code == 2
