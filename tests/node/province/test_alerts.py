"""Alerts of an office over its real writer and stores: once each over restarts, nothing at night, nothing lost."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delegation.codec_entry import entry_bytes
from delegation.codes import Kind
from delegation.course import Course
from delegation.errors import Reason, Refusal
from delegation.table import State as Stage
from delegation.values import replaced
from node.desk.ports import Role
from node.notices.webhooks import NotTakenError
from node.province.alert_quiet import is_quiet
from node.province.alert_rules import Attendance, Member
from node.province.alert_settings import AlertSettings, LateRule, Rule
from node.records_province import AlertRecord, AlertTellingRecord, CourseRecord, WatchedRecord
from node.state import State
from node.store import Store
from node.store_memory import MemoryStore
from node.store_sql import SqlStore, make_engine
from node.writer import Tx
from tests.builders import CHENGDU_RD, HANGZHOU_RD, NATIONAL_NO, ZHEJIANG_PO, a_question, a_recipient, a_roster, wire
from tests.delegation.test_codec_entry import ENTRY
from tests.node.province.alerted import EVENING, MORNING, Desk, a_desk, late
from tests.node.province.office import GUANGZHOU_RD, overseer

ZHEJIANG = a_roster().calendar.at("330000")
_KINDS = (AlertRecord, AlertTellingRecord, CourseRecord, WatchedRecord)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    else:
        url = f"sqlite:///{tmp_path / 'node.db'}"
        made = SqlStore(make_engine(url if request.param == "sqlite" else request.getfixturevalue("postgres_url")))
        for kind in _KINDS:
            made.commit({kind: {tuple(key): None for key in made.select_columns(kind, kind.KEY)}})
    yield made
    made.close()


async def test_what_is_late_is_raised_once_and_ends_with_its_cause_on_every_store(store: Store) -> None:
    async with a_desk(store) as desk:
        await desk.office.keep([late(1), late(2, days=2), late(3, host=GUANGZHOU_RD)])  # the third is nobody's here
        await desk.look()
        thread = late(1).thread_id
        assert await desk.standing() == [("late", thread)]
        for _ in range(2):
            desk.restart()
            await desk.look()
            await desk.alerts.tell(desk.way)
        assert desk.way.told == [("raised", "late", thread)]
        [row] = store.select(AlertRecord)
        desk.clock[0] += timedelta(days=3)
        await desk.look()
        [later] = [each for each in store.select(AlertRecord) if each.subject == thread]
        assert (later.alert_id, later.number) == (row.alert_id, row.number + 3)
        await desk.office.keep([replaced(late(1), due=())])
        await desk.look()
        assert await desk.standing() == [("late", late(2).thread_id)]
        await desk.office.keep([late(1)])
        await desk.look()
        again = [each for each in store.select(AlertRecord) if each.subject == thread]
        assert sorted(bool(each.ended_at) for each in again) == [False, True]


async def test_a_supervision_is_an_alert_of_its_own_and_no_lateness(store: Store) -> None:
    async with a_desk(store) as desk:
        await desk.office.keep([late(4, days=-5, supervise=10), late(5, days=-5, supervise=0)])
        await desk.look()
        assert await desk.standing() == [("supervision_unanswered", late(4).thread_id)]
        page = await desk.alerts.alerts(overseer())
        assert (page.items[0].unit, page.items[0].number) == (HANGZHOU_RD, 10)
        await desk.office.keep([replaced(late(4, days=-5), supervisions=1, supervision_answers=1)])
        await desk.look()
        assert await desk.standing() == []


async def test_a_province_that_a_delegation_left_is_not_told_that_it_is_late(store: Store) -> None:
    refused = replaced(late(6), state=Stage.REFUSED, refusals=1)  # by Hangzhou; Chengdu has to decide
    async with a_desk(store) as desk:
        await desk.office.keep([late(6), late(7)])
        await desk.look()
        assert len(await desk.standing()) == 2
        await desk.office.keep([refused])
        await desk.look()
        assert await desk.standing() == [("late", late(7).thread_id)]


async def test_refusals_are_read_from_what_was_signed(store: Store) -> None:
    async with a_desk(store) as desk:
        for number in range(10, 16):
            course = replaced(late(number, days=-5), state=Stage.REFUSED, refusals=1)
            await desk.office.keep([course])
            await desk.office.writer.run(partial(_refused_at, course=course))
        await desk.look()
        assert await desk.standing() == [("refusals_spike", HANGZHOU_RD)]
        [shown] = (await desk.alerts.alerts(overseer(), rule=Rule.REFUSALS)).items
        assert (shown.number, shown.before, shown.thread_id) == (6, 0, "")
        desk.clock[0] += timedelta(days=7)
        await desk.look()
        assert ("refusals_spike", HANGZHOU_RD) not in await desk.standing()


def _refused_at(tx: Tx, state: State, at: datetime, *, course: Course) -> None:
    """The signed refusal of a course, as the copy keeps it."""
    del state, at
    recipients = (a_recipient(HANGZHOU_RD), a_recipient(CHENGDU_RD))
    header = wire(a_question(sender_unit=HANGZHOU_RD, counterpart_unit=CHENGDU_RD, recipients=recipients))
    entry = entry_bytes(replaced(ENTRY, accepted_at=course.changed_at))
    tx.put(
        WatchedRecord(
            thread_id=course.thread_id, leaf=course.leaf, sequence=3, kind=int(Kind.REFUSED),
            header=header, signatures=b"", entry=entry, reason="",
        )
    )  # fmt: skip


async def test_offline_bureaus_are_told_by_the_registry_and_nothing_follows_from_its_silence() -> None:
    async with a_desk(MemoryStore()) as desk:
        long = MORNING - timedelta(hours=30)
        away = Member("330100", False, MORNING - timedelta(hours=7))
        desk.seen = Attendance((away, Member("510100", False, None), Member("330000", True, MORNING)), long, MORNING)
        await desk.look()
        assert await desk.standing() == [("bureau_offline", "330100")]  # Chengdu is another province's
        desk.seen = None
        await desk.look()
        assert Rule.OFFLINE in (await desk.alerts.alerts(overseer())).not_judged
        desk.seen = Attendance((Member("330100", False, None),), MORNING, MORNING)  # the registry began anew
        desk.restart()
        await desk.look()
        assert await desk.standing() == [("bureau_offline", "330100")]
        desk.seen = Attendance((Member("330100", True, MORNING),), MORNING, MORNING)
        await desk.look()
        assert await desk.standing() == []


async def test_a_silent_registry_is_told_of_and_a_node_that_just_began_does_not_know_yet() -> None:
    store = MemoryStore()
    async with a_desk(store) as desk:
        heard = MORNING - timedelta(days=3)
        await desk.look(heard=heard)
        assert await desk.standing() == []
        desk.clock[0] += timedelta(minutes=60)
        await desk.look(heard=heard)
        assert await desk.standing() == [("registry_silent", "")]
        desk.restart()
        await desk.look(heard=heard)
        assert await desk.standing() == [("registry_silent", "")], "still the same"
        assert len(store.select(AlertRecord)) == 1
        await desk.look()
        assert await desk.standing() == []


async def test_quiet_hours_hold_back_all_but_what_is_urgent_and_lose_nothing() -> None:
    given_ = AlertSettings(late=LateRule(days=3), urgent=(Rule.OFFLINE,))
    async with a_desk(MemoryStore(), given_, at=EVENING) as desk:
        desk.way.most = 100
        await desk.office.keep([late(number) for number in range(1, 6)])
        desk.seen = Attendance((Member("330100", False, None),), EVENING - timedelta(days=1), EVENING)
        await desk.look()
        await desk.alerts.tell(desk.way)
        assert desk.way.told == [("raised", "bureau_offline", "330100")]
        page = await desk.alerts.alerts(overseer())
        assert page.quiet
        assert page.ways[0].waiting == 5
        await desk.office.keep([replaced(late(1), due=())])  # ends in the night: both are told
        await desk.look()
        for hour in (14, 20, 23):
            desk.clock[0] = EVENING.replace(hour=hour)
            desk.restart()
            await desk.alerts.tell(desk.way)
        desk.clock[0] = datetime(2026, 11, 22, 3, tzinfo=UTC)  # Sunday noon
        await desk.alerts.tell(desk.way)
        assert len(desk.way.calls) == 1
        desk.clock[0] = datetime(2026, 11, 23, 0, tzinfo=UTC)  # Monday, 08:00 in Beijing
        await desk.alerts.tell(desk.way)
        assert len(desk.way.calls) == 2, "one digest"
        whats = [what for what, _, _ in desk.way.calls[1][2]]
        assert (whats.count("raised"), whats.count("ended")) == (5, 1)


async def test_a_call_that_was_begun_is_repeated_as_it_was(store: Store) -> None:
    async with a_desk(store) as desk:
        await desk.office.keep([late(number) for number in range(1, 6)])
        await desk.look()
        desk.way.dies = True
        with pytest.raises(asyncio.CancelledError):
            await desk.alerts.tell(desk.way)
        desk.way.dies = False
        await desk.office.keep([late(9)])
        desk.restart()
        await desk.look()
        desk.way.fault = "503"
        with pytest.raises(NotTakenError):
            await desk.alerts.tell(desk.way)
        route = (await desk.alerts.alerts(overseer())).ways[0]
        assert (route.failing, route.fault, route.waiting) == (1, "503", 6)
        desk.way.fault = ""
        assert await desk.alerts.tell(desk.way) == 6
        first, second, third = desk.way.calls
        assert first[0] == second[0]
        assert first[2] == second[2]
        assert len(first[2]) == 3
        assert third[0] != second[0]
        assert store.count(AlertTellingRecord) == 0


_HAPPENS = st.one_of(
    st.tuples(st.just("late"), st.integers(1, 5)),
    st.tuples(st.just("settled"), st.integers(1, 5)),
    st.tuples(st.just("wait"), st.sampled_from((1, 5, 11, 40))),
    st.tuples(st.sampled_from(("tell", "fail", "die", "restart")), st.just(0)),
)


@given(story=st.lists(_HAPPENS, max_size=25))
@settings(max_examples=60, deadline=None)
async def test_nothing_twice_nothing_at_night_nothing_lost(story: list[tuple[str, int]]) -> None:
    store = MemoryStore()
    async with a_desk(store) as desk:
        for what, number in story:
            await _happens(desk, what, number)
        desk.way.fault, desk.way.dies = "", False
        desk.clock[0] = datetime(2027, 3, 2, 3, tzinfo=UTC)  # a Tuesday at eleven
        await desk.alerts.tell(desk.way)
        assert store.count(AlertTellingRecord) == 0
        calls: dict[str, set[tuple[tuple[str, str, str], ...]]] = defaultdict(set)
        for number_, at, told in desk.way.calls:
            assert not is_quiet(at, desk.settings.quiet, ZHEJIANG)
            calls[number_].add(told)
        assert all(len(versions) == 1 for versions in calls.values()), "a repeat is as it was"
        told_once = sorted(each for versions in calls.values() for told in versions for each in told)
        rows = store.select(AlertRecord)
        expected = [("raised", each.rule, each.subject) for each in rows]
        expected += [("ended", each.rule, each.subject) for each in rows if each.ended_at]
        assert told_once == sorted(expected)


async def _happens(desk: Desk, what: str, number: int) -> None:
    if what in {"late", "settled"}:
        await desk.office.keep([late(number) if what == "late" else replaced(late(number), due=())])
    elif what == "wait":
        desk.clock[0] += timedelta(hours=number)
    elif what == "restart":
        desk.restart()
    else:
        desk.way.fault, desk.way.dies = "503" if what == "fail" else "", what == "die"
        try:
            await desk.alerts.tell(desk.way)
        except (NotTakenError, asyncio.CancelledError):
            desk.restart()
        desk.way.fault, desk.way.dies = "", False
    await desk.look()


async def test_a_reminder_comes_after_days_and_not_before() -> None:
    async with a_desk(MemoryStore(), AlertSettings(late=LateRule(days=3), remind_days=3)) as desk:
        await desk.office.keep([late(1)])
        for day in range(8):
            desk.clock[0] = MORNING + timedelta(days=day)
            desk.restart()
            await desk.look()
        desk.clock[0] = datetime(2026, 11, 30, 3, tzinfo=UTC)
        await desk.alerts.tell(desk.way)
        assert [what for what, _, _ in desk.way.told] == ["raised", "reminded", "reminded"]


async def test_who_may_look_and_who_may_say_that_it_was_seen() -> None:
    async with a_desk(MemoryStore()) as desk:
        await desk.office.keep([late(1)])
        await desk.look()
        assert desk.alerts.standing(ZHEJIANG_PO) == 1
        [shown] = (await desk.alerts.alerts(overseer(role=Role.READER))).items
        refused = [
            (desk.alerts.alerts(overseer(HANGZHOU_RD)), Reason.ROLE_MISSING),
            (desk.alerts.alerts(overseer(role=Role.CLERK)), Reason.ROLE_MISSING),
            (desk.alerts.alerts(overseer(NATIONAL_NO)), Reason.NOT_FOUND),  # no unit of this node
            (desk.alerts.see(overseer(role=Role.READER), shown.alert_id), Reason.ROLE_MISSING),
            (desk.alerts.see(overseer(), "0" * 24), Reason.NOT_FOUND),
            (desk.alerts.alerts(overseer(), page_token="x.y"), Reason.INVALID_INPUT),
            (desk.alerts.alerts(overseer(), limit=0), Reason.INVALID_INPUT),
        ]
        for asked, reason in refused:
            with pytest.raises(Refusal) as caught:
                await asked
            assert caught.value.reason is reason
        first = await desk.alerts.see(overseer(), shown.alert_id)
        desk.clock[0] += timedelta(hours=1)
        assert await desk.alerts.see(overseer(), shown.alert_id) == first, "who was first stays"
        page = await desk.alerts.alerts(overseer())
        assert (page.standing, page.unseen, page.items[0].seen_by) == (1, 0, "s1")


async def test_a_list_has_every_alert_once_what_stands_first(store: Store) -> None:
    async with a_desk(store) as desk:
        await desk.office.keep([late(number) for number in range(1, 8)])
        await desk.look()
        desk.clock[0] += timedelta(minutes=5)
        await desk.office.keep([replaced(late(number), due=()) for number in (2, 4)])
        await desk.look()
        token, found = "", list[tuple[bool, str]]()
        while True:
            page = await desk.alerts.alerts(overseer(), page_token=token, limit=3)
            found += [(each.ended_at is not None, each.thread_id) for each in page.items]
            token = page.next_page_token
            if not token:
                break
        assert [ended for ended, _ in found] == [False] * 5 + [True] * 2
        assert len(set(found)) == 7
        assert (page.standing, page.by_rule) == (5, ((Rule.LATE, 5),))


async def test_what_ended_long_ago_is_dropped_and_ways_that_are_gone_with_what_waited_for_them() -> None:
    store = MemoryStore()
    async with a_desk(store) as desk:
        await desk.office.keep([late(1)])
        await desk.look()
        await desk.office.keep([replaced(late(1), due=())])
        await desk.look()
        desk.clock[0] += timedelta(days=desk.settings.keep_days + 1)
        await desk.look()
        assert store.count(AlertRecord) == 0
        assert store.count(AlertTellingRecord) == 2
        desk.way.name = "webhook/other"
        desk.restart()
        running = asyncio.create_task(desk.alerts.run())
        try:
            async with asyncio.timeout(5):
                while store.count(AlertTellingRecord):
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
