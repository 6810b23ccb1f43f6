"""Views of a provincial office over its own verified copy (`node.province.ports.Oversight`).

Nobody's look is noted here: what is shown is made of headers and entries, which name units and never a person.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from delegation.errors import Reason, Refusal
from delegation.figures import Basis, Tally
from delegation.roster_records import UnitType
from node.desk.guard import need
from node.desk.ports import Actor, Role
from node.province.behind import page_of, places_behind, rank_of_token
from node.province.board import COLUMNS, Board, Scope, outside_of
from node.province.calendars import Calendars
from node.province.course_bytes import read_course
from node.province.grouping import By, by_province, grouping_of
from node.province.ports import (
    USUAL,
    AsOf,
    Behind,
    FlowCell,
    FlowTable,
    Line,
    Lines,
    Overview,
    PlaceTally,
    Route,
    Sorting,
    Timeline,
    Wanted,
)
from node.province.scoreboard import DEFAULTS, Scoreboard
from node.province.standing import as_of
from node.province.tallying import Question, sums_of, weeks_of
from node.province.timeline import steps_of
from node.records import Value
from node.records_province import CourseRecord
from node.state import State
from node.store import Op, Where
from node.writer import Tx, Writer

T = TypeVar("T")
LOOKS: Final = (Role.SUPERVISOR, Role.READER)
MOST_LINES: Final = 200
_ROWS_AT_ONCE: Final = 4_000  # of a look at what has changed: the writer has other work in between
_KEPT_ANSWERS: Final = 16  # one of the whole country takes a megabyte or two
_PAIR: Final = 1 << 20  # more places than there are


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look at the store gave beside the rows."""

    scope: Scope
    as_of: AsOf


class ProvinceOversight:
    """Oversight over the courses in a node's store. `warm` spares the first look its reading of every course."""

    def __init__(
        self,
        writer: Writer[State],
        state: State,
        clock: Callable[[], datetime],
        scoreboard: Scoreboard = DEFAULTS,
    ) -> None:
        self._scoreboard = scoreboard
        self._writer = writer
        self._state = state
        self._clock = clock
        self._board = Board()
        self._calendars: Calendars | None = None
        self._one_at_a_time = asyncio.Lock()
        self._answers: OrderedDict[tuple[object, ...], object] = OrderedDict()
        self._answers_of: tuple[object, ...] = ()

    async def warm(self) -> None:
        """Read every course once, before anybody asks. Nothing where there is no roster yet."""
        if self._state.rosters.ready:
            async with self._one_at_a_time:
                await self._follow()

    async def overview(self, actor: Actor, wanted: Wanted) -> Overview:
        """See `Oversight`."""

        def make(seen: _Seen) -> Overview:
            return self._overview(seen, wanted)

        return await self._answer(actor, ("overview", wanted), make, lambda found, at: _with(found, at))

    async def flows(self, actor: Actor, wanted: Wanted) -> FlowTable:
        """See `Oversight`."""

        def make(seen: _Seen) -> FlowTable:
            return self._flows(seen, wanted)

        return await self._answer(
            actor, ("flows", wanted), make, lambda found, at: FlowTable(at, found.cells, found.outside)
        )

    async def lines(
        self,
        actor: Actor,
        wanted: Wanted,
        behind: Behind,
        *,
        sorting: Sorting = USUAL,
        page_token: str = "",
        limit: int = 50,
    ) -> Lines:
        """See `Oversight`. Raises Refusal INVALID_INPUT (page_token, limit) too."""
        if not 1 <= limit <= MOST_LINES:
            raise Refusal(Reason.INVALID_INPUT, field="limit")
        after = rank_of_token(page_token)

        def find(seen: _Seen) -> tuple[tuple[int, ...], str]:
            outside = outside_of(seen.scope, wanted)
            if outside:
                return (), outside
            question = Question(wanted.period, seen.as_of.today, seen.scope.province)
            chosen = self._board.choose(seen.scope, wanted)
            return tuple(places_behind(self._board, chosen, question, behind)), ""

        async with self._one_at_a_time:
            seen = await self._look(actor)
            places, outside = await self._kept(seen, ("lines", wanted, behind), find)
            page = await asyncio.to_thread(page_of, self._board, places, after=after, limit=limit + 1, sorting=sorting)
            shown = [rank.thread_id for rank in page[:limit]]
        lines = await self._writer.run(partial(_lines, thread_ids=shown, seen=seen))
        token = page[limit - 1].token if len(page) > limit else ""
        return Lines(seen.as_of, lines, len(places), token, outside)

    async def timeline(self, actor: Actor, thread_id: str) -> Timeline:
        """See `Oversight`."""
        return await self._writer.run(partial(_timeline, actor=actor, thread_id=thread_id, now=self._clock()))

    # the board

    async def _look(self, actor: Actor) -> _Seen:
        scope = await self._writer.run(partial(_scope_in, actor=actor))
        return _Seen(scope, await self._follow())

    async def _follow(self) -> AsOf:
        """Take over what has changed; gives what the board then is of. The caller holds the lock."""
        calendar = self._state.rosters.current.view.calendar
        if self._calendars is None or self._calendars.calendar is not calendar:
            self._calendars = Calendars(calendar)
        while True:
            rows, at = await self._writer.run(partial(_changed, after=self._board.held, now=self._clock()))
            await asyncio.to_thread(self._board.follow, rows, self._calendars)
            if len(rows) < _ROWS_AT_ONCE:
                return at

    async def _answer(
        self,
        actor: Actor,
        asked: tuple[object, ...],
        make: Callable[[_Seen], T],
        renewed: Callable[[T, AsOf], T],
    ) -> T:
        async with self._one_at_a_time:
            seen = await self._look(actor)
            return renewed(await self._kept(seen, asked, make), seen.as_of)

    async def _kept(self, seen: _Seen, asked: tuple[object, ...], make: Callable[[_Seen], T]) -> T:
        """The same question about the same courses on the same day has the same answer."""
        of = (self._board.held, seen.as_of.today, id(self._calendars))
        if self._answers_of != of:
            self._answers.clear()
            self._answers_of = of
        key = (seen.scope, *asked)
        if key in self._answers:
            self._answers.move_to_end(key)
        else:
            self._answers[key] = await asyncio.to_thread(make, seen)
            while len(self._answers) > _KEPT_ANSWERS:
                self._answers.popitem(last=False)
        return self._answers[key]  # type: ignore[return-value]  # of the same question, and so of the same type

    # what is counted, beside the loop

    def _overview(self, seen: _Seen, wanted: Wanted) -> Overview:
        outside = outside_of(seen.scope, wanted)
        if outside:
            return Overview(seen.as_of, wanted, Tally(), Tally(), (), (), (), outside)
        board, question = self._board, Question(wanted.period, seen.as_of.today, seen.scope.province)
        chosen = board.choose(seen.scope, wanted)
        shown = grouping_of(seen.scope, wanted)
        home, host, codes = self._groups(shown.by)
        as_home, as_host = sums_of(board, chosen, question, home, host)
        on_paper = board.choose(seen.scope, wanted, route=Route.PAPER)
        [paper] = sums_of(board, on_paper, question, home)
        late = question.late(board, question.of(board, Basis.STANDING, chosen))
        units = board.units.texts
        late_with = Counter(units[number] for number in board.gathered("due_with", late))
        places = [
            PlaceTally(codes[key], as_home.tally(key), as_host.tally(key))
            for key in sorted({*as_home.keys, *as_host.keys}, key=codes.__getitem__)
            if seen.scope.holds(codes[key]) and codes[key].startswith(shown.under)
        ]
        return Overview(
            seen.as_of,
            wanted,
            as_home.whole(),
            paper.whole(),
            weeks_of(board, chosen, question),
            tuple(places),
            tuple(sorted(late_with.items(), key=lambda item: (-item[1], item[0]))),
            scoreboard=self._scoreboard,
        )

    def _groups(self, by: By) -> tuple[Sequence[int], Sequence[int], Sequence[str]]:
        """Keys of homes and of hosts, and the code of each key."""
        board = self._board
        if by is By.UNIT:
            return board.column("home"), board.column("host"), board.units.texts
        homes, hosts = board.column("home_city"), board.column("host_city")
        if by is By.CITY:
            return homes, hosts, board.prefectures.texts
        numbers, names = by_province(board.prefectures.texts)
        return [numbers[city] for city in homes], [numbers[city] for city in hosts], names

    def _flows(self, seen: _Seen, wanted: Wanted) -> FlowTable:
        outside = outside_of(seen.scope, wanted)
        if outside:
            return FlowTable(seen.as_of, (), outside)
        board, question = self._board, Question(wanted.period, seen.as_of.today, seen.scope.province)
        chosen = board.choose(seen.scope, wanted)
        cities = board.prefectures.texts
        whole = not (seen.scope.province or wanted.home or wanted.host)
        numbers, names = by_province(cities) if whole else (list(range(len(cities))), list(cities))
        pairs = [
            numbers[home] * _PAIR + numbers[host]
            for home, host in zip(board.column("home_city"), board.column("host_city"), strict=True)
        ]
        [sums] = sums_of(board, chosen, question, pairs)
        cells = [FlowCell(names[key // _PAIR], names[key % _PAIR], sums.tally(key)) for key in sums.keys]
        return FlowTable(seen.as_of, tuple(sorted(cells, key=lambda cell: (cell.home, cell.host))))


def _with(found: Overview, at: AsOf) -> Overview:
    return replace(found, as_of=at)


def scope_of(state: State, actor: Actor) -> Scope:
    """What an actor may see of the copy. Refusal ROLE_MISSING for a person, or a unit, that oversees nothing."""
    need(actor, state, *LOOKS)
    unit = state.rosters.current.view.unit(actor.unit)
    if unit.type is UnitType.NATIONAL:
        return Scope("")
    if unit.type is UnitType.PROVINCIAL:
        return Scope(unit.region[:2])
    raise Refusal(Reason.ROLE_MISSING, role=Role.SUPERVISOR.value)


def _scope_in(tx: Tx, state: State, at: datetime, *, actor: Actor) -> Scope:
    del tx, at
    return scope_of(state, actor)


def _changed(tx: Tx, state: State, at: datetime, *, after: int, now: datetime) -> tuple[list[tuple[Value, ...]], AsOf]:
    del state, at
    where = (Where("change", after, Op.GT),)
    # what is committed, rows and standing alike: what this batch has written shows in the next look
    rows = tx.store.select_columns(CourseRecord, COLUMNS, where, order=("change",), limit=_ROWS_AT_ONCE)
    return rows, as_of(tx.store, now)


def _lines(tx: Tx, state: State, at: datetime, *, thread_ids: Sequence[str], seen: _Seen) -> tuple[Line, ...]:
    del state, at
    found = (tx.get(CourseRecord, (thread_id,)) for thread_id in thread_ids)
    return tuple(line_of(record, seen.as_of, seen.scope) for record in found if record is not None)


def line_of(record: CourseRecord, at: AsOf, scope: Scope) -> Line:
    """A course as a line of a list. What left the scope has no day that the office would wait for."""
    course = read_course(record.course)
    left = course.left(scope.province)
    due, late = (None, None) if left else (course.next_due, course.late_on(at.today))
    return Line(
        thread_id=course.thread_id,
        matter=course.matter,
        priority=course.priority,
        home_unit=course.home_unit,
        host_unit=course.host_unit,
        leg=course.leg,
        on_paper=course.on_paper,
        state=course.state,
        status=course.status,
        issued_at=course.issued_at,
        changed_at=course.changed_at,
        due=due,
        late_days=(at.today - late.legal).days if late is not None else 0,
        reminders=course.reminders,
        supervisions=course.supervisions,
        supervision_open=course.supervisions > course.supervision_answers,
        left=left,
    )


def _timeline(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str, now: datetime) -> Timeline:
    del at
    scope = scope_of(state, actor)
    record = tx.get(CourseRecord, (thread_id,))
    if record is None or (scope.province and scope.province not in record.provinces.split()):
        raise Refusal(Reason.NOT_FOUND)
    at_day = as_of(tx.store, now)
    return Timeline(at_day, line_of(record, at_day, scope), steps_of(tx, thread_id))
