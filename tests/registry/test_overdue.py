"""Deadlines that pass: negative evidence, never from an absence or a jump of the clock."""

from datetime import timedelta

from delegation.codec_entry import parse_entry
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.model import EnvelopeAnswer, NegativeEvidence
from delegation.workdays import Calendar, CalendarYear
from registry.overdue import ClockWatch, Quiet
from registry.records import ItemKind
from registry.server import Registry
from registry.threads import read_threads
from tests.builders import CHENGDU_RD, HANGZHOU_RD
from tests.registry.federation import CHENGDU, DAY, HANGZHOU, Client, Clock, Federation

HOUR = timedelta(hours=1)


async def delivered_letter(federation: Federation, home: Client, host: Client) -> str:
    """A letter whose clock 'sign' runs; gives its thread."""
    letter = federation.letter()
    await home.accepted(letter)
    (delivery,) = await host.deliveries(1)
    await host.acknowledge(host.acknowledgement(delivery))
    return letter.header.thread_id


def negatives(registry: Registry, unit: str) -> list[NegativeEvidence]:
    found = []
    for item in registry.database.store.mailbox(unit, 0, 100):
        if item.kind is ItemKind.NEGATIVE:
            detail = parse_entry(item.entry).detail
            assert isinstance(detail, NegativeEvidence)
            found.append(detail)
    return found


async def beat_for(registry: Registry, federation: Federation, span: timedelta) -> None:
    """Time passes; at its end the registry has been there for long enough to judge deadlines."""
    if span > 5 * HOUR:
        federation.clock.advance(span - 5 * HOUR)
        await registry.duties.beat()
        span = 5 * HOUR
    while span > timedelta():
        step = min(span, timedelta(minutes=9))
        federation.clock.advance(step)
        await registry.duties.beat()
        span -= step


async def test_a_missed_deadline_is_certified_once_to_both_parties(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (registry, home, host):
        thread = await delivered_letter(federation, home, host)
        state = read_threads(registry.database.store, [thread])[thread].state
        (clock,) = [each for each in state.open_clocks if each.clock == "sign"]
        version = state.state_version
        while day_of(federation.clock.at) <= clock.due.legal:
            assert await registry.duties.sweep_deadlines() == 0 or clock.clock not in {
                each.clock for each in negatives(registry, HANGZHOU_RD)
            }
            await beat_for(registry, federation, HOUR)
        assert await registry.duties.sweep_deadlines() == 1
        assert await registry.duties.sweep_deadlines() == 0
        for unit in (HANGZHOU_RD, CHENGDU_RD):
            (found,) = [each for each in negatives(registry, unit) if each.clock == "sign"]
            assert (found.awaited_unit, found.due) == (CHENGDU_RD, clock.due.legal)
            assert found.started_by.header_digest == clock.started_by.header_digest
        entry = parse_entry(registry.database.store.negatives(thread)[-1])
        assert (entry.thread_sequence, entry.state_version) == (0, version + 1)
        assert isinstance(entry.detail, NegativeEvidence)
        assert entry.detail.log_size == entry.leaf_index


async def test_a_late_answer_is_accepted_and_evidence_stays(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (registry, home, host):
        letter = federation.letter()
        issued = await home.accepted(letter)
        (delivery,) = await host.deliveries(1)
        await host.acknowledge(host.acknowledgement(delivery))
        await beat_for(registry, federation, 12 * DAY)
        assert await registry.duties.sweep_deadlines() >= 1
        signed = federation.move(letter.header, Kind.SIGNED_FOR, CHENGDU_RD, base=issued)
        entry = await host.accepted(signed)
        assert isinstance(entry.detail, EnvelopeAnswer)
        assert "sign" in [each.clock for each in negatives(registry, HANGZHOU_RD)]
        assert await registry.duties.sweep_deadlines() == 0


async def test_after_an_absence_sweeps_wait_as_long_as_it_lasted(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (_registry, home, host):
        await delivered_letter(federation, home, host)
    federation.clock.advance(3 * HOUR + 12 * DAY)
    async with federation.exchange() as (registry,):
        assert await registry.duties.sweep_deadlines() == 0
        await beat_for(registry, federation, 4 * HOUR - timedelta(minutes=1))
        assert await registry.duties.sweep_deadlines() == 0
        await beat_for(registry, federation, timedelta(minutes=1))
        assert await registry.duties.sweep_deadlines() >= 1


async def test_a_pause_of_the_running_process_is_an_absence_too(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (registry, home, host):
        await delivered_letter(federation, home, host)
        await beat_for(registry, federation, 12 * DAY)
        federation.clock.advance(timedelta(minutes=30))
        await registry.duties.beat()
        assert await registry.duties.sweep_deadlines() == 0
        await beat_for(registry, federation, timedelta(minutes=30))
        assert await registry.duties.sweep_deadlines() >= 1


async def test_a_jump_of_the_clock_makes_no_evidence(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (registry, home, host):
        await delivered_letter(federation, home, host)
        federation.clock.jump(9 * DAY)
        assert await registry.duties.sweep_deadlines() == 0
        await registry.duties.beat()
        assert not registry.readiness()["clock"]
        federation.clock.jump(-9 * DAY)
        assert registry.readiness()["clock"]
        await registry.duties.beat()
        assert await registry.duties.sweep_deadlines() == 0
        assert negatives(registry, HANGZHOU_RD) == []


def test_quiet_lasts_as_long_as_the_absence_and_at_most_four_hours() -> None:
    at = Clock().at
    for absence, expected in (
        (timedelta(minutes=10), timedelta()),
        (timedelta(minutes=11), timedelta(minutes=11)),
        (4 * HOUR, 4 * HOUR),
        (9 * DAY, 4 * HOUR),
    ):
        quiet = Quiet()
        quiet.returned(last_seen=at - absence, at=at)
        if expected:
            assert quiet.holds(at + expected - timedelta(seconds=1))
        assert not quiet.holds(at + expected)
    quiet = Quiet()
    quiet.returned(last_seen=None, at=at)
    assert not quiet.holds(at)


def test_the_clock_watch_tells_a_jump_from_time_that_passes() -> None:
    clock = Clock()
    watch = ClockWatch(clock.now, clock.monotonic)
    clock.advance(30 * DAY)
    assert (watch.jumped, watch.lost) == (False, False)
    clock.jump(timedelta(minutes=4, seconds=59))
    assert (watch.jumped, watch.lost) == (False, False)
    clock.jump(timedelta(seconds=1))
    assert (watch.jumped, watch.lost) == (True, False)
    clock.jump(-HOUR - timedelta(minutes=5))
    assert (watch.jumped, watch.lost) == (True, True)
    clock.jump(HOUR)
    assert (watch.jumped, watch.lost) == (False, False)


def test_slow_corrections_of_the_clock_never_add_up_to_a_jump() -> None:
    clock = Clock()
    watch = ClockWatch(clock.now, clock.monotonic)
    for _ in range(24 * 30):
        clock.advance(HOUR + timedelta(seconds=1))
        clock.jump(timedelta(seconds=2))
        assert not watch.jumped


async def test_a_new_calendar_moves_open_dates_and_keeps_the_earlier_ones(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (registry, home, host):
        thread = await delivered_letter(federation, home, host)
        before = read_threads(registry.database.store, [thread])[thread].state
        (clock,) = [each for each in before.open_clocks if each.clock == "sign"]
        years = dict(federation.view.calendar.years)
        for year in {clock.due.legal.year, clock.due.legal.year + 1}:
            old = years.get(year)
            rest = {day for day in {clock.due.legal, *(old.rest_days if old else ())} if day.year == year}
            worked = old.make_up_workdays - rest if old else frozenset()
            years[year] = CalendarYear(year, frozenset(rest), worked, "test")
        federation.change(calendar=Calendar(2, years), calendar_version=2)
        federation.publish(registry.database.store)
        await registry.duties.look_for_roster()
        after = read_threads(registry.database.store, [thread])[thread].state
        (moved,) = [each for each in after.open_clocks if each.clock == "sign"]
        assert moved.due.legal > clock.due.legal
        assert clock.due in after.earlier
