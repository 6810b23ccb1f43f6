"""Keeps an office's alerts: looks now and then, writes what follows, tells it on each way out; pages and API read it.

Stored before told. What is told when is `alert_rows.take_call`'s: a call that was begun is repeated as it was until it
is taken, also by the next process. Quiet hours are looked at before every call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

import structlog

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.roster_records import UnitType
from delegation.workdays import RegionalCalendar
from node.desk.guard import need
from node.desk.ports import Actor, Role
from node.desk.views import NoticeRoute
from node.ids import uuid7
from node.notices.again import LONGEST_WAIT_SECONDS, until_taken
from node.notices.webhooks import NotTakenError
from node.province import alert_rows as rows
from node.province.alert_ports import MOST_ALERTS, AlertPage, AlertView
from node.province.alert_quiet import is_quiet
from node.province.alert_rules import (
    Attendance,
    Condition,
    Identity,
    knows_silence,
    late_ones,
    offline,
    out_of_date,
    spikes,
    steps,
    unanswered,
)
from node.province.alert_settings import AlertSettings, Rule
from node.province.alert_watch import ROWS_AT_ONCE, Changed, Followed, changed_after
from node.province.alert_ways import Way
from node.province.board import Scope
from node.province.calendars import Calendars
from node.province.oversight import scope_of
from node.province.standing import read_standing
from node.records import to_us
from node.records_province import AlertRecord, WatchedRecord
from node.state import State
from node.store import Op, Where
from node.writer import Tx, Writer, place_of_error

_log = structlog.get_logger("node.alerts")
_TELL_SECONDS: Final = 30.0  # from one look whether anything waits to the next, where nobody wakes
_MOST_DOUBTFUL: Final = 10_000
_OFFICES: Final = {UnitType.PROVINCIAL, UnitType.NATIONAL}
_RULES_OF_COPY: Final = frozenset({Rule.LATE, Rule.SUPERVISION, Rule.REFUSALS, Rule.REGISTRY, Rule.COPY})


@dataclass(frozen=True, slots=True)
class _Office:
    """One unit of this node that oversees others."""

    unit: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class _Copy:
    """How the copy stands."""

    today: date
    heard_at: datetime
    doubtful: int


class Alerts:
    """`OfficeAlerts` of the offices that a node serves. `run` until cancelled; idle where it serves none."""

    def __init__(
        self,
        writer: Writer[State],
        state: State,
        settings: AlertSettings,
        *,
        ways: Sequence[Way],
        attendance: Callable[[], Awaitable[Attendance]],
        clock: Callable[[], datetime],
        own: str = "",
        longest_wait: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self._writer, self._state, self._settings, self._ways = writer, state, settings, tuple(ways)
        self._attendance, self._clock, self._own = attendance, clock, own
        self._longest_wait = longest_wait
        self._followed = Followed()
        self._calendars: Calendars | None = None
        self._began_at = clock()
        self._standing: dict[str, int] = {}
        self._beyond: dict[str, int] = {}
        self._judged_at: datetime | None = None
        self._not_judged: tuple[Rule, ...] = ()
        self._delivered: dict[str, datetime] = {}
        self._something = {way.name: asyncio.Event() for way in self._ways}
        self._looking = asyncio.Lock()

    # what is shown

    async def alerts(
        self, actor: Actor, *, rule: Rule | None = None, standing: bool = False, page_token: str = "", limit: int = 50
    ) -> AlertPage:
        """See `OfficeAlerts`."""
        if not 1 <= limit <= MOST_ALERTS:
            raise Refusal(Reason.INVALID_INPUT, field="limit")
        page: AlertPage = await self._writer.run(
            partial(self._page, actor=actor, rule=rule, only_standing=standing, page_token=page_token, limit=limit)
        )
        return page

    async def see(self, actor: Actor, alert_id: str) -> AlertView:
        """See `OfficeAlerts`."""
        view: AlertView = await self._writer.run(
            partial(_see, actor=actor, alert_id=alert_id, settings=self._settings, now=self._clock())
        )
        return view

    def standing(self, unit: str) -> int:
        """See `OfficeAlerts`."""
        return self._standing.get(unit, 0)

    def _page(
        self,
        tx: Tx,
        state: State,
        at: datetime,
        *,
        actor: Actor,
        rule: Rule | None,
        only_standing: bool,
        page_token: str,
        limit: int,
    ) -> AlertPage:
        del at
        scope_of(state, actor)
        found, token = rows.listed(
            tx.store, actor.unit, rule=rule, standing=only_standing, page_token=page_token, limit=limit
        )
        by_rule, unseen = rows.counts_of(tx.store, actor.unit)
        self._standing[actor.unit] = sum(by_rule.values())
        return AlertPage(
            items=tuple(rows.view_of(row, self._settings) for row in found),
            standing=sum(by_rule.values()),
            unseen=unseen,
            by_rule=tuple((each, by_rule[each]) for each in Rule if by_rule.get(each)),
            beyond=self._beyond.get(actor.unit, 0),
            judged_at=self._judged_at,
            not_judged=self._not_judged,
            quiet=is_quiet(self._clock(), self._settings.quiet, self._calendar(actor.unit)),
            ways=tuple(self._route(tx, way) for way in self._ways if way.office in {"", actor.unit}),
            next_page_token=token,
        )

    def _route(self, tx: Tx, way: Way) -> NoticeRoute:
        waiting, failing, fault = rows.waiting_on(tx.store, way.name)
        return NoticeRoute(
            kind=way.kind,
            target=way.target,
            delivered_at=self._delivered.get(way.name),
            waiting=waiting,
            failing=failing,
            fault=fault,
        )

    # looking

    async def run(self) -> None:
        """Look and tell until cancelled; what goes wrong is logged and begins again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kept(self._look_on), name="alerts")
            for way in self._ways:
                group.create_task(self._kept(partial(self._tell_on, way)), name="alerts")

    async def _kept(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await work()
            except Refusal as refusal:
                if refusal.reason is Reason.STOPPING:
                    return None
                _log.info("alerts wait", reason=refusal.reason.value)
            except Exception as error:  # noqa: BLE001 - told, and begun anew from what is on disk
                _log.error("alerts failed", error=type(error).__name__, where=place_of_error(error))
            await asyncio.sleep(self._settings.look_seconds)

    async def _look_on(self) -> None:
        await self._writer.run(_drop(tuple(way.name for way in self._ways)))
        while True:
            await self.look()
            await asyncio.sleep(self._settings.look_seconds)

    async def look(self) -> None:
        """Judge every rule for every office of this node once, and write what follows."""
        offices = self._offices()
        if not offices:
            return
        async with self._looking:
            copy = await self._follow()
            seen = await self._members()
            judged = self._judged(copy, seen)
            found = await asyncio.to_thread(self._found, offices, copy, seen)
            now = self._clock()
            for office, (conditions, unknown) in zip(offices, found, strict=True):
                ways = tuple(way.name for way in self._ways if way.office in {"", office.unit})
                self._standing[office.unit], self._beyond[office.unit] = await self._writer.run(
                    partial(
                        _take, unit=office.unit, found=conditions, judged=judged, unknown=unknown, now=now, ways=ways,
                        settings=self._settings,
                    )
                )  # fmt: skip
            self._judged_at, self._not_judged = now, tuple(rule for rule in Rule if rule not in judged)
        for something in self._something.values():
            something.set()

    def _offices(self) -> list[_Office]:
        rosters = self._state.rosters
        if not rosters.ready:
            return []
        units = rosters.current.view.units
        served = [units[code] for code in sorted(self._state.units) if code in units]
        return [
            _Office(unit.code, Scope("" if unit.type is UnitType.NATIONAL else unit.region[:2]))
            for unit in served
            if unit.type in _OFFICES
        ]

    async def _follow(self) -> _Copy | None:
        """Take over what has changed; None before the first word of the registry."""
        while True:
            changed, copy = await self._writer.run(partial(_changed, after=self._followed.held))
            if copy is None:
                return None
            await asyncio.to_thread(self._followed.take, changed)
            if len(changed.rows) < ROWS_AT_ONCE:
                self._followed.forget(copy.today)
                return copy

    async def _members(self) -> Attendance | None:
        if not self._settings.offline.enabled:
            return Attendance((), self._clock(), self._clock())
        try:
            return await self._attendance()
        except Refusal as refusal:  # an older registry, or none at all: not judged
            if Rule.OFFLINE not in self._not_judged:  # once, not each minute
                _log.info("members not known", reason=refusal.reason.value)
            return None

    def _judged(self, copy: _Copy | None, seen: Attendance | None) -> frozenset[Rule]:
        judged = set(_RULES_OF_COPY) if copy is not None else set()
        if copy is not None and not knows_silence(
            heard_at=copy.heard_at, began_at=self._began_at, now=self._clock(), settings=self._settings
        ):
            judged.discard(Rule.REGISTRY)
        return frozenset(judged | {Rule.OFFLINE} if seen is not None else judged)

    def _found(
        self, offices: Iterable[_Office], copy: _Copy | None, seen: Attendance | None
    ) -> list[tuple[tuple[Condition, ...], frozenset[Identity]]]:
        """For each office what holds, and what nobody knows."""
        calendars, settings, now = self._calendars_now(), self._settings, self._clock()
        found = []
        for office in offices:
            scope, conditions, unknown = office.scope, list[Condition](), frozenset[Identity]()
            if copy is not None:
                followed, today = self._followed, copy.today
                conditions += late_ones(followed.due(scope), today=today, settings=settings, calendar_of=calendars)
                conditions += unanswered(followed.supervised(scope), today=today, settings=settings)
                conditions += spikes(followed.refusals(scope), today=today, settings=settings)
                conditions += out_of_date(heard_at=copy.heard_at, now=now, doubtful=copy.doubtful, settings=settings)
            if seen is not None:
                away, unknown = offline(seen, own=self._own, settings=settings)
                conditions += [each for each in away if scope.holds(each.unit)]
            found.append((tuple(conditions), unknown))
        return found

    def _calendars_now(self) -> Calendars:
        calendar = self._state.rosters.current.view.calendar
        if self._calendars is None or self._calendars.calendar is not calendar:
            self._calendars = Calendars(calendar)
        return self._calendars

    def _calendar(self, unit: str) -> RegionalCalendar:
        return self._state.rosters.current.view.calendar.at(unit[:6])

    # telling

    async def _tell_on(self, way: Way) -> None:
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_TELL_SECONDS):
                        await self._something[way.name].wait()
                self._something[way.name].clear()
                await until_taken(partial(self.tell, way), partial(_failed, way), longest_wait=self._longest_wait)
        finally:
            await way.close()

    async def tell(self, way: Way) -> int:
        """Tell what may be told on a way now, urgent things first; gives how much was. Raises NotTakenError."""
        told = 0
        for urgent in (True, False):
            while self._may_tell(way, urgent=urgent):
                now = self._clock()
                call = await self._writer.run(
                    partial(_begin, way=way.name, urgent=urgent, most=way.most, now=now, number=uuid7(now))
                )
                if call is None:
                    break
                try:
                    await way.send(call, now)
                except NotTakenError as error:
                    await self._writer.run(partial(_not_taken, way=way.name, number=call.number, fault=error.fault))
                    raise
                await self._writer.run(partial(_taken, way=way.name, number=call.number))
                self._delivered[way.name] = now
                told += len(call.told)
        return told

    def _may_tell(self, way: Way, *, urgent: bool) -> bool:
        offices = [way.office] if way.office else [office.unit for office in self._offices()]
        if not offices:
            return False
        return urgent or not is_quiet(self._clock(), self._settings.quiet, self._calendar(offices[0]))


def _failed(way: Way, fault: str, times: int) -> None:
    _log.warning("alerts not taken", kind=way.kind, host=way.target, fault=fault, failures=times)


# use cases


def _changed(tx: Tx, state: State, at: datetime, *, after: int) -> tuple[Changed, _Copy | None]:
    del state, at
    standing = read_standing(tx.store)
    if standing is None:
        return Changed([], {}, {}), None
    doubtful = tx.store.select_columns(WatchedRecord, ("leaf",), (Where("reason", "", Op.GT),), limit=_MOST_DOUBTFUL)
    copy = _Copy(day_of(standing.heard_at), standing.heard_at, len(doubtful))
    return changed_after(tx.store, after, copy.today), copy


def _take(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    unit: str,
    found: Sequence[Condition],
    judged: frozenset[Rule],
    unknown: frozenset[Identity],
    now: datetime,
    ways: Sequence[str],
    settings: AlertSettings,
) -> tuple[int, int]:
    del state, at
    there = rows.standing_of(tx, unit)
    follows = steps(
        rows.as_standing(there),
        found,
        judged=judged,
        unknown=unknown,
        now=now,
        remind_days=settings.remind_days,
    )
    rows.take_steps(tx, unit, there, follows, now=now, ways=ways, settings=settings)
    return len(there) + len(follows.raised) - len(follows.ended), follows.beyond


def _drop(ways: tuple[str, ...]) -> Callable[[Tx, State, datetime], None]:
    def drop(tx: Tx, state: State, at: datetime) -> None:
        del state, at
        rows.drop_other_ways(tx, ways)

    return drop


def _begin(
    tx: Tx, state: State, at: datetime, *, way: str, urgent: bool, most: int, now: datetime, number: str
) -> rows.Call | None:
    del state, at
    return rows.take_call(tx, way, urgent=urgent, most=most, now=now, number=number)


def _taken(tx: Tx, state: State, at: datetime, *, way: str, number: str) -> None:
    del state, at
    rows.call_told(tx, way, number)


def _not_taken(tx: Tx, state: State, at: datetime, *, way: str, number: str, fault: str) -> None:
    del state, at
    rows.call_failed(tx, way, number, fault)


def _see(
    tx: Tx, state: State, at: datetime, *, actor: Actor, alert_id: str, settings: AlertSettings, now: datetime
) -> AlertView:
    del at
    need(actor, state, Role.SUPERVISOR)
    scope_of(state, actor)
    row = tx.get(AlertRecord, (alert_id,))
    if row is None or row.unit != actor.unit:
        raise Refusal(Reason.NOT_FOUND)
    if not row.seen_at:
        row = rows.seen(row, by=actor.staff_id, at=to_us(now))
        tx.put(row)
    return rows.view_of(row, settings)
