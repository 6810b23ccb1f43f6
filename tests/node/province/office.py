"""A provincial office's node without its wire: a real writer and store, and courses made of a number each."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any, cast

from delegation.codes import Adoption, AppraisalMode, Matter, Priority
from delegation.course import Course, Missed
from delegation.model import DueDate
from delegation.roster_view import RosterView, UnitType
from delegation.table import BusinessStatus, State
from delegation.table_states import ENDED
from node.desk.ports import Actor, Role
from node.province.counted import record_of
from node.province.oversight import ProvinceOversight
from node.records_province import CourseRecord
from node.state import State as NodeState
from node.store import Store
from node.writer import Tx, Writer
from tests.builders import CHENGDU_RD, DEYANG_RD, HANGZHOU_RD, NATIONAL_NO, ZHEJIANG_PO, a_roster, code_of

YEAR = date(2026, 1, 1)
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
TODAY = date(2026, 11, 20)
NINGBO_RD = code_of("330200", UnitType.RECOGNITION)
GUANGZHOU_RD = code_of("440100", UnitType.RECOGNITION)
UNITS = (HANGZHOU_RD, NINGBO_RD, CHENGDU_RD, DEYANG_RD, GUANGZHOU_RD)
_STATES = (
    State.ISSUED, State.ACCEPTED, State.IN_PROGRESS, State.REPORTED, State.REFUSED, State.TRANSFERRED,
    State.AWAITING_DESIGNATION,
)  # fmt: skip
_ENDS = (State.COMPLETED, State.COMPLETED, State.COMPLETED, State.WITHDRAWN, State.CANCELLED, State.TERMINATED)


def noon(day: date, hour: int = 4) -> datetime:
    """An instant of a day of Asia/Shanghai."""
    return datetime.combine(day, time(hour), UTC)


def a_course(number: int, *, units: Sequence[str] = UNITS, since: date = YEAR, days: int = 320) -> Course:
    """The same course for the same number: any state, steps that follow one another, or are not there."""
    draw = Random(number)  # noqa: S311 - no secret
    home, host, first_host = (draw.choice(units) for _ in range(3))
    first_host = host if draw.random() < 0.9 else first_host
    issued = since + timedelta(days=draw.randrange(days))
    leg = issued if host == first_host else issued + timedelta(days=draw.randrange(12))
    at: dict[str, date | None] = dict.fromkeys(("signed", "accepted", "assigned", "result", "ended"))
    day = leg
    for name in at:
        day += timedelta(days=min(60, int(draw.expovariate(0.2))))
        if draw.random() < 0.12:
            break
        at[name] = day
    ended = at["ended"] if at["result"] is not None or draw.random() < 0.5 else None
    state = draw.choice(_ENDS) if ended is not None else draw.choice(_STATES)
    result = at["result"]
    due_on = leg + timedelta(days=draw.randrange(10, 60))
    if draw.random() < 0.4:
        due_on = max(leg, TODAY + timedelta(days=draw.randrange(-6, 7)))  # about the day of looking
    due = DueDate(
        "reissue" if state is State.AWAITING_DESIGNATION and number % 2 else "investigate",
        draw.choice((home, host)),
        due_on,
        due_on,
        provisional=False,
    )
    counts = [draw.choice((0, 0, 0, 1, 2)) for _ in range(10)]
    return Course(
        thread_id=f"WT-{home[:6]}-{issued:%Y%m%d}-{number % 1_000_000:06d}-X",
        matter=draw.choice((Matter.INVESTIGATION, Matter.INVESTIGATION, Matter.DISABILITY_GRADE, Matter.SELF_CARE)),
        mode=AppraisalMode.UNSPECIFIED,
        home_unit=home,
        host_unit=host,
        first_host=first_host,
        leg=1 if host == first_host else 2,
        on_paper=draw.random() < 0.15,
        priority=draw.choice((Priority.NORMAL, Priority.GREEN)),
        state=State.ARCHIVED if ended is not None and draw.random() < 0.3 else state,
        status=BusinessStatus.ISSUED,
        issued_at=noon(issued, draw.choice((1, 4, 17))),  # 17 h UTC is the next day in Shanghai
        leg_issued_at=noon(leg),
        changed_at=noon(max(each for each in (leg, *at.values()) if each is not None)),
        sequence=draw.randrange(1, 30),
        leaf=number,
        signed_at=noon(at["signed"]) if at["signed"] is not None else None,
        accepted_at=noon(at["accepted"]) if at["accepted"] is not None else None,
        assigned_at=noon(at["assigned"]) if at["assigned"] is not None else None,
        result_at=noon(result) if result is not None else None,
        result_due=due_on if draw.random() < 0.8 and result is not None else None,
        completed_at=noon(ended) if ended is not None and state is State.COMPLETED else None,
        ended_at=noon(ended) if ended is not None else None,
        ended_as=state if ended is not None else State.NONE,
        returns=counts[0],
        refusals=counts[1],
        transfers=counts[2],
        disputes=counts[3],
        supplements=counts[4],
        reminders=counts[5],
        supervisions=counts[6],
        supervision_answers=min(counts[6], counts[7]),
        draw_defaults=counts[8],
        reused=counts[9],
        adoption=draw.choice(tuple(Adoption)) if result is not None else Adoption.UNSPECIFIED,
        due=(due,) if state not in ENDED and draw.random() < 0.9 else (),
        missed=(Missed("sign", host, leg, 1),) if draw.random() < 0.2 else (),
        archived_by=(home,) if draw.random() < 0.1 else (),
        given_to=draw.choice((*units, "")),
    )


@dataclass
class Rosters:
    """One roster in force."""

    current: Any
    ready: bool = True


@dataclass
class View:
    """A trusted roster as far as it is looked at here."""

    view: RosterView


@dataclass
class OfficeState:
    """As much of a node's memory as an office's views use."""

    units: frozenset[str] = frozenset({ZHEJIANG_PO, NATIONAL_NO, HANGZHOU_RD})
    rosters: Rosters = field(default_factory=lambda: Rosters(View(a_roster())))
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, what: str) -> int:
        """As `node.state.State.number`."""
        self.numbers[what] = self.numbers.get(what, 0) + 1
        return self.numbers[what]

    def signal(self, what: str) -> None:
        """Nobody waits for it."""

    def settle(self, values: Mapping[object, object]) -> None:
        """Nothing is remembered."""

    def forget(self) -> None:
        """Nothing is remembered."""


@dataclass
class Office:
    """Writer, state and views over one store."""

    writer: Writer[NodeState]
    state: NodeState
    views: ProvinceOversight

    async def keep(self, courses: Iterable[Course]) -> None:
        """Write courses as the copy does, by some hundreds."""
        waiting = list(courses)
        for first in range(0, len(waiting), 500):
            await self.writer.run(partial(keep_courses, courses=waiting[first : first + 500]))


def keep_courses(tx: Tx, state: NodeState, at: datetime, *, courses: Sequence[Course]) -> None:
    """The rows of these courses."""
    del at
    for course in courses:
        before = tx.get(CourseRecord, (course.thread_id,))
        tx.put(record_of(course, change=state.number("courses"), entry_digest=b"", before=before))


@asynccontextmanager
async def an_office(store: Store, clock: Callable[[], datetime] = lambda: NOW) -> AsyncIterator[Office]:
    """Views over a store."""
    state = cast("NodeState", OfficeState())
    writer: Writer[NodeState] = Writer(store, state, clock)
    writer.start()
    try:
        yield Office(writer, state, ProvinceOversight(writer, state, clock))
    finally:
        await writer.stop()


def overseer(unit: str = ZHEJIANG_PO, role: Role = Role.SUPERVISOR) -> Actor:
    """A person of an office."""
    return Actor(staff_id="s1", name="监管", unit=unit, roles=frozenset({role}))
