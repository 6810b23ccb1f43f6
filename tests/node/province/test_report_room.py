"""Reports that an office's node makes by itself, once each, over every store; what its people do with them."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest

from delegation.errors import Reason, Refusal
from delegation.figures import Period
from node.desk.ports import Actor, Role
from node.desk.seals import keep as keep_seal_rule
from node.examination.findings import Status
from node.examination.reports import check_reports
from node.province import report_keeping as keeping
from node.province import reports
from node.province.report_online import LogService
from node.province.report_ports import CheckState, ReportList
from node.province.report_room import ReportRoom
from node.province.schedule import ReportKind, Schedule
from node.province.standing import Standing, write_standing
from node.records import AlarmRecord
from node.records_province import ReportRecord
from node.store import Store
from node.store_memory import MemoryStore
from node.store_sql import SqlStore, make_engine
from node.writer import Tx
from tests.builders import HANGZHOU_RD, NATIONAL_NO, ZHEJIANG_PO
from tests.node.province.office import NOW, Office, a_course, an_office
from tests.node.test_store import _empty

COURSES = [a_course(number) for number in range(60)]
UNITS = (NATIONAL_NO, ZHEJIANG_PO)  # the offices among the units of the node
MORNING = datetime(2026, 10, 31, 22, tzinfo=UTC)  # 1 November, six o'clock in Beijing
PDF = b"%PDF-1.7 the report" + b" and what was added"
UNSEALED = 19


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "sqlite":
        made = SqlStore(make_engine(f"sqlite:///{tmp_path / 'node.db'}"))
    else:
        made = _empty(SqlStore(make_engine(request.getfixturevalue("postgres_url"))))
    yield made
    made.close()


@dataclass
class Place:
    """An office, its clock, and rooms over its store: a second one is the node started again."""

    office: Office
    store: Store
    now: datetime = NOW
    schedule: Schedule = field(default_factory=Schedule)

    def room(self) -> ReportRoom:
        away = cast("LogService", None)  # nothing here asks the registry
        return ReportRoom(
            writer=self.office.writer, state=self.office.state, store=self.store, log=away, schedule=self.schedule,
            clock=lambda: self.now,
        )  # fmt: skip

    async def heard(self, at: datetime | None = None, *, size: int = 1_000) -> None:
        """The registry's word, now or at another time: the copy is complete."""
        note = f"log\n{size}\n".encode()
        standing = Standing(size, note, size, at or self.now, complete=True)

        def write(tx: Tx, state: object, now: object) -> None:
            del state, now
            write_standing(tx, standing)

        await self.office.writer.run(write)

    def ids(self, unit: str = ZHEJIANG_PO) -> list[str]:
        return sorted(row.report_id for row in self.store.select(ReportRecord) if row.unit == unit)


@asynccontextmanager
async def a_place(store: Store, now: datetime = NOW, courses: Sequence[Any] = COURSES) -> AsyncIterator[Place]:
    place: list[Place] = []
    async with an_office(store, lambda: place[0].now if place else now) as office:
        place.append(Place(office, store, now))
        cast("Any", office.state).vault = None  # opens names of staff, of whom there are none
        await office.keep(courses)
        yield place[0]


def person(role: Role, staff_id: str = "s1", unit: str = ZHEJIANG_PO) -> Actor:
    return Actor(staff_id=staff_id, name="监管", unit=unit, roles=frozenset({role}))


BOSS, APPROVER = person(Role.SUPERVISOR), person(Role.APPROVER, "s2")


async def test_each_ended_month_is_made_once_and_what_was_missed_is_made_up(store: Store) -> None:
    async with a_place(store) as place:
        room = place.room()
        assert await room.look() == 0  # nothing heard yet: the office has not begun
        await place.heard()
        assert await room.look() == 0
        assert await room.look() == len(UNITS)
        assert place.ids() == ["month-2026-10"]
        assert place.ids(HANGZHOU_RD) == []
        assert await place.room().look() == 0  # started again
        trust = cast("Any", place.office.state.rosters.current)
        again = reports.make(store, trust=trust, unit=ZHEJIANG_PO, period=reports.month("2026-10"))
        place.now = datetime(2027, 2, 1, 21, 59, tzinfo=UTC)
        await place.heard(size=2_000)
        assert await place.room().look() == 3 * len(UNITS)
        assert place.ids() == [f"month-{month}" for month in ("2026-10", "2026-11", "2026-12", "2027-01")]
        shown = await room.reports(BOSS)
        assert [each.report_id for each in shown.reports] == sorted(place.ids(), reverse=True)
        assert {each.made_by for each in shown.reports} == {""}
        assert shown.awaited == ()
        october = shown.reports[-1]
        assert (october.kind, october.first, october.last) == (
            ReportKind.MONTH, date(2026, 10, 1), date(2026, 10, 31),
        )  # fmt: skip
        data = await room.report_content(BOSS, "month-2026-10")
        report = reports.read(data)
        assert (report.digest, report.log_size, len(data)) == (october.digest, 1_000, october.size)
        assert reports.read(again).figures == report.figures


class _Killed(BaseException):
    """The process ends here."""


async def test_killed_between_counting_and_keeping_it_is_made_again_and_never_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_place(store) as place:
        await place.heard()
        await place.room().look()
        counted: list[ReportRecord] = []

        class Dying(ReportRoom):
            def _counted(self, *given: Any) -> ReportRecord:
                counted.append(super()._counted(*given))
                raise _Killed

        with monkeypatch.context() as changed:
            changed.setattr("tests.node.province.test_report_room.ReportRoom", Dying)
            with pytest.raises(_Killed):
                await place.room().look()
        assert place.ids(NATIONAL_NO) == []
        assert await place.room().look() == len(UNITS)
        [kept] = [row for row in store.select(ReportRecord) if row.unit == counted[0].unit]
        assert kept.digest == counted[0].digest
        late = replace(counted[0], made_at=kept.made_at + 1, digest="another")
        await place.office.writer.run(partial(keeping.keep, record=late))  # another that was counted meanwhile
        store.commit({ReportRecord: {(late.unit, late.report_id): late}})  # and past every judgement of ours
        assert store.get(ReportRecord, (late.unit, late.report_id)) == kept


async def test_it_waits_for_a_copy_that_covers_the_month_and_says_so_after_an_hour() -> None:
    store = MemoryStore()
    async with a_place(store, MORNING - timedelta(days=20)) as place:
        await place.heard()
        room = place.room()
        while await room.look() or place.ids() != ["month-2026-09"]:
            pass
        place.now = MORNING
        await place.heard(MORNING - timedelta(hours=7))  # the registry was away since eleven in the night before
        assert await room.look() == 0
        assert store.count(AlarmRecord) == 0
        place.now = MORNING + timedelta(hours=2)
        assert await room.look() == await room.look() == 0
        alarms = store.select(AlarmRecord)
        assert [(each.unit, each.reason) for each in alarms] == [(unit, "UNAVAILABLE") for unit in UNITS]
        assert "month-2026-10" in alarms[0].details
        [waiting] = (await room.reports(BOSS)).awaited
        assert (waiting.report_id, waiting.due_at) == ("month-2026-10", MORNING)
        await place.heard()
        assert await room.look() == len(UNITS)
        assert (await room.reports(BOSS)).awaited == ()


async def test_one_that_cannot_be_made_is_told_and_holds_up_no_other_office() -> None:
    store = MemoryStore()
    async with a_place(store) as place:
        await place.heard()

        class Ill(ReportRoom):
            def _counted(self, trust: Any, unit: str, *given: Any) -> ReportRecord:
                if unit == NATIONAL_NO:
                    raise Refusal(Reason.UNAVAILABLE, why="copy")
                return super()._counted(trust, unit, *given)

        room = place.room()
        room.__class__ = Ill
        await room.look()
        assert await room.look() == 1
        assert (place.ids(), place.ids(NATIONAL_NO)) == (["month-2026-10"], [])
        assert [each.unit for each in store.select(AlarmRecord)] == [NATIONAL_NO]


async def test_a_copy_of_the_last_minutes_of_a_month_does_not_cover_it() -> None:
    midnight = datetime(2026, 10, 31, 16, tzinfo=UTC)
    store = MemoryStore()
    async with a_place(store, midnight - timedelta(days=1)) as place:
        place.schedule = Schedule(hour=0)
        await place.heard()
        room = place.room()
        await room.look()
        await room.look()
        for minutes, made in ((-1, 0), (1, 0), (9, 0), (11, len(UNITS))):
            place.now = midnight + timedelta(minutes=minutes)
            await place.heard()
            assert await room.look() == made, minutes


async def test_a_person_makes_one_of_any_period_and_the_oldest_of_too_many_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_CUSTOM", 3)
    store = MemoryStore()
    async with a_place(store) as place:
        room = place.room()
        week = Period(date(2026, 11, 2), date(2026, 11, 8))
        with pytest.raises(Refusal) as refused:
            await room.make_report(BOSS, week)
        assert (refused.value.reason, refused.value.details["why"]) == (Reason.UNAVAILABLE, "copy")
        await place.heard()
        made = await room.make_report(BOSS, week)
        assert made.report_id == "custom-20261102-20261108-1000-20261120"
        assert (made.made_by, made.kind) == ("s1", ReportKind.CUSTOM)
        assert await room.make_report(person(Role.SUPERVISOR, "s9"), week) == made  # at the same checkpoint
        await room.submit_report(BOSS, made.report_id)
        others = [
            (await room.make_report(BOSS, Period(date(2026, 1, day), date(2026, 1, 31)))).report_id
            for day in range(1, 6)
        ]
        assert set(place.ids()) == {made.report_id, *others[-3:]}
        for first, last in (("2026-12-01", "2026-12-31"), ("2001-01-01", "2026-01-01")):
            with pytest.raises(Refusal) as refused:
                await room.make_report(BOSS, Period(date.fromisoformat(first), date.fromisoformat(last)))
            assert refused.value.reason is Reason.INVALID_INPUT


async def test_who_may_do_what() -> None:
    store = MemoryStore()
    async with a_place(store) as place:
        await place.heard()
        room = place.room()
        made = (await room.make_report(BOSS, Period(date(2026, 1, 1), date(2026, 6, 30)))).report_id

        async def reason(use: Any) -> Reason | None:
            try:
                await use
            except Refusal as refusal:
                return refusal.reason
            return None

        period = Period(date(2026, 1, 1), date(2026, 1, 31))
        for role in Role:
            actor, expected = person(role, "other"), None if role in keeping.LOOKS else Reason.ROLE_MISSING
            assert await reason(room.reports(actor)) is expected, role
            assert await reason(room.report_content(actor, made)) is expected, role
            assert (await reason(room.make_report(actor, period)) is None) == (role is Role.SUPERVISOR)
            assert (await reason(room.submit_report(actor, made)) is None) == (role is Role.SUPERVISOR)
        assert await reason(room.reports(person(Role.SUPERVISOR, unit=HANGZHOU_RD))) is Reason.ROLE_MISSING
        assert await reason(room.report(person(Role.SUPERVISOR, unit=NATIONAL_NO), made)) is Reason.NOT_FOUND
        assert await reason(room.report(BOSS, "month-1999-01")) is Reason.NOT_FOUND
        await room.close()


async def test_a_seal_takes_two_persons_and_is_set_once(store: Store) -> None:
    async with a_place(store) as place:
        await place.heard()
        room = place.room()
        made = (await room.make_report(BOSS, Period(date(2026, 1, 1), date(2026, 6, 30)))).report_id
        submitter = person(Role.SUPERVISOR, "s3")
        with pytest.raises(Refusal) as refused:
            await room.may_seal_report(APPROVER, made)
        assert (refused.value.reason, refused.value.details["state"]) == (Reason.NOT_ALLOWED, "not_submitted")
        seal = (await room.submit_report(submitter, made)).seal
        assert seal is not None
        assert (seal.submitted_by, seal.sealed_at) == ("s3", None)
        assert (await room.submit_report(BOSS, made)).seal == seal
        for staff_id in ("s1", "s3"):  # made it, submitted it
            with pytest.raises(Refusal) as refused:
                await room.may_seal_report(person(Role.APPROVER, staff_id), made)
            assert refused.value.reason is Reason.FOUR_EYES
        with pytest.raises(Refusal) as refused:
            await room.sealed_report(BOSS, made)
        assert refused.value.reason is Reason.NOT_FOUND
        with pytest.raises(Refusal) as refused:
            await room.keep_sealed_report(APPROVER, made, pdf=PDF, unsealed_size=len(PDF))
        assert refused.value.reason is Reason.INVALID_INPUT
        administrator = person(Role.ADMINISTRATOR)
        await place.office.writer.run(partial(keep_seal_rule, actor=administrator, approver=False))
        with pytest.raises(Refusal) as refused:
            await room.may_seal_report(APPROVER, made)
        assert refused.value.reason is Reason.ROLE_MISSING
        holder = person(Role.SEAL_HOLDER, "s4")
        kept = await room.keep_sealed_report(holder, made, pdf=PDF, unsealed_size=UNSEALED)
        assert (kept.sealed_by, kept.digest) == ("s4", sha256(PDF).hexdigest())
        assert kept.unsealed_digest == sha256(PDF[:UNSEALED]).hexdigest()
        again = await room.keep_sealed_report(holder, made, pdf=PDF + b"!", unsealed_size=UNSEALED)
        assert again == kept
        assert await room.sealed_report(BOSS, made) == PDF
        shown: ReportList = await room.reports(BOSS)
        assert shown.reports[0].seal == kept


async def test_the_doctor_says_which_reports_wait(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'node.db'}")
    store = SqlStore(engine)
    async with a_place(store) as place:

        def found() -> list[tuple[Status, str]]:
            with engine.connect() as connection:
                told = list(check_reports(connection, place.schedule, place.now))
                connection.rollback()
            return [(each.status, each.cause[:30]) for each in told]

        assert found() == []
        await place.heard()
        await place.room().look()
        await place.room().look()
        assert found() == [(Status.OK, "")] * len(UNITS)
        place.now += timedelta(days=70)
        assert found() == [(Status.WARNING, f"2 reports of {unit} are d"[:30]) for unit in UNITS]
    store.close()


async def test_a_node_that_stops_ends_a_verification_and_the_next_start_knows_nothing_of_it() -> None:
    store = MemoryStore()
    async with a_place(store) as place:
        await place.heard()
        begun, ended = Event(), Event()

        class Long(ReportRoom):
            def _outcome(self, *given: Any) -> Any:
                del given
                begun.set()
                try:
                    while True:
                        self._going()
                        ended.wait(0.001)
                finally:
                    ended.set()

        room = place.room()
        room.__class__ = Long
        made = (await room.make_report(BOSS, Period(date(2026, 1, 1), date(2026, 6, 30)))).report_id
        assert (await room.verify_report(BOSS, made)).state is CheckState.RUNNING
        await asyncio.to_thread(begun.wait, 5)
        shown = (await room.report(BOSS, made)).check
        assert shown is not None
        assert shown.state is CheckState.RUNNING
        await room.close()
        assert await asyncio.to_thread(ended.wait, 5)
        assert (await place.room().report(BOSS, made)).check is None
        with pytest.raises(Refusal) as refused:
            await room.make_report(BOSS, Period(date(2026, 1, 1), date(2026, 5, 31)))
        assert refused.value.reason is Reason.STOPPING
