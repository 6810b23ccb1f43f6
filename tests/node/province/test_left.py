"""When a delegation is in hand no longer for a province that saw it: the last entry in its sight says so."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from delegation.course import Course
from delegation.figures import Count, Period, counts_of
from delegation.model import DueDate
from delegation.table import State
from delegation.values import replaced
from node import setup
from node.province.counted import record_of
from node.province.ports import Behind, Route, Wanted
from node.records_province import CourseRecord
from node.store_memory import MemoryStore
from node.store_sql import SqlStore, make_engine
from tests.builders import CHENGDU_RD, DEYANG_RD, HANGZHOU_RD, NATIONAL_NO, ZHEJIANG_PO
from tests.node.province.office import GUANGZHOU_RD, NINGBO_RD, TODAY, YEAR, a_course, an_office, overseer
from tests.node.province.test_figures import calendar_of

_REISSUE = (DueDate("reissue", CHENGDU_RD, YEAR, YEAR, provisional=False),)
_ASKED = (DueDate("designation", ZHEJIANG_PO, YEAR, YEAR, provisional=False),)
_LATE = (DueDate("investigate", HANGZHOU_RD, YEAR, YEAR, provisional=False),)


def course(state: State, *, home: str = CHENGDU_RD, host: str = HANGZHOU_RD, to: str = "", **changes: object) -> Course:
    """A delegation from Chengdu to Hangzhou, as it stands."""
    plain = replaced(a_course(3), thread_id=f"WT-{state.value}-{to}", on_paper=False, ended_at=None, due=())
    facts = {"home_unit": home, "host_unit": host, "first_host": host, "state": state, "given_to": to} | changes
    return replaced(plain, **facts)


@pytest.mark.parametrize(
    ("of", "in_hand"),
    [
        (course(State.ISSUED), {"33", "51"}),
        (course(State.ACCEPTED), {"33", "51"}),
        (course(State.REFUSED), {"51"}),
        (course(State.REFUSED, home=NINGBO_RD), {"33"}),  # within the province the home goes on
        (course(State.TRANSFERRED, to=GUANGZHOU_RD), {"51"}),
        (course(State.TRANSFERRED, to=DEYANG_RD), {"51"}),
        (course(State.TRANSFERRED, to=NINGBO_RD), {"33", "51"}),  # it comes back to the province
        (course(State.TRANSFERRED, to=GUANGZHOU_RD, home=NINGBO_RD), {"33"}),
        (course(State.AWAITING_DESIGNATION, due=_ASKED), {"33", "51"}),  # its office has to name one
        (course(State.AWAITING_DESIGNATION, due=_ASKED, to=GUANGZHOU_RD), {"33", "51"}),  # one of two has
        (course(State.AWAITING_DESIGNATION, due=_REISSUE, to=GUANGZHOU_RD), {"51"}),
        (course(State.AWAITING_DESIGNATION, due=_REISSUE, to=HANGZHOU_RD), {"33", "51"}),
        (course(State.ISSUED, host=GUANGZHOU_RD, first_host=HANGZHOU_RD), {"44", "51"}),  # as a whole copy has it
        (course(State.COMPLETED), set()),
        (course(State.TERMINATED), set()),
    ],
)
def test_a_province_has_in_hand_what_may_still_come_to_it(of: Course, in_hand: set[str]) -> None:
    for province in ("33", "51", "44"):
        assert of.stands_in(province) is (province in in_hand), province
        assert of.left(province) is (of.open and province not in in_hand)
        counted = counts_of(of, period=Period(YEAR, TODAY), today=TODAY, calendar_of=calendar_of, province=province)
        assert counted[Count.IN_HAND] == (province in in_hand)
    assert of.stands_in("") is of.open


async def test_what_left_is_in_no_figure_of_what_stands_and_says_so_in_its_line() -> None:
    gone = course(State.REFUSED, due=_LATE)
    here = course(State.ACCEPTED, due=_LATE)
    wanted = Wanted(period=Period(YEAR, TODAY), route=Route.ALL)
    async with an_office(MemoryStore()) as office:
        await office.keep([gone, here])
        for unit, number in ((ZHEJIANG_PO, 1), (NATIONAL_NO, 2)):
            figures = await office.views.overview(overseer(unit), wanted)
            assert figures.tally.counts[Count.IN_HAND] == figures.tally.counts[Count.LATE] == number
            assert dict(figures.late_with) == {HANGZHOU_RD: number}
        for behind in (Behind(count=Count.IN_HAND), Behind(count=Count.LATE), Behind(late_with=HANGZHOU_RD)):
            lines = (await office.views.lines(overseer(), wanted, behind)).lines
            assert [line.thread_id for line in lines] == [here.thread_id], behind
        line = (await office.views.timeline(overseer(), gone.thread_id)).line
        assert (line.left, line.late_days, line.due) == (True, 0, None)
        assert not (await office.views.timeline(overseer(), here.thread_id)).line.left


def test_a_copy_of_before_knows_what_was_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'node.db'}"
    engine = make_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(setup.__file__).parent / "migrations"))
    courses = [course(State.REFUSED), course(State.TRANSFERRED), course(State.ACCEPTED)]
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0013")
        for each in courses:
            row = _columns(record_of(each, change=1, entry_digest=b"", before=None))
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO courses ({names}) VALUES ({values})"), row)  # noqa: S608 - constants
        connection.commit()
    engine.dispose()
    store = SqlStore(make_engine(url))
    found = {row.thread_id: row.host_done for row in store.select(CourseRecord)}
    store.close()
    assert found == {courses[0].thread_id: True, courses[1].thread_id: True, courses[2].thread_id: False}


def _columns(record: CourseRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in CourseRecord.__slots__ if name != "host_done"}
