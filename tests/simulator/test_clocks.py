"""Every effect on a clock, by what it does to due dates (protocol 6)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from delegation.codes import Kind, Priority
from delegation.lifecycle import certified, delivered, next_deadline, overdue, recompute
from delegation.model import AmendmentDeclared, ClockDeclared, ClockFacts
from delegation.table import State
from delegation.thread_state import ThreadState
from delegation.workdays import Calendar, CalendarYear, load_seed_years
from tests.builders import CHENGDU_RD, HANGZHOU_RD, TODAY, a_roster
from tests.simulator.composing import Investigation
from tests.simulator.federation import Federation
from tests.simulator.paths import HOME, HOST, scene


def dues(thread: ThreadState) -> dict[str, date]:
    """Clock to legal day; where two units have one, the first."""
    return {due.clock: due.legal for due in reversed(thread.due_dates)}


@pytest.mark.parametrize(
    ("name", "running"),
    [
        ("issued", {"statutory", "cap", "sign"}),
        ("signed_for", {"statutory", "cap", "decide"}),
        ("returned", {"statutory", "cap", "correction"}),
        ("corrected", {"statutory", "cap", "sign"}),
        ("transferred", {"statutory", "cap", "reissue"}),
        ("disputed", {"statutory", "cap", "designation"}),
        ("designated", {"statutory", "cap", "reissue"}),
        ("refused", {"statutory", "cap", "close-refused"}),
        ("accepted", {"statutory", "cap", "assign", "investigate"}),
        ("in_progress", {"statutory", "cap", "investigate"}),
        ("extension_asked", {"statutory", "cap", "investigate", "extension-answer"}),
        ("question_unanswered", {"statutory", "cap", "investigate", "question-answer"}),
        ("paused", {"statutory", "cap"}),
        ("suspended", {"investigate"}),
        ("supervised_in_vain", {"statutory", "cap", "investigate", "supervise"}),
        ("reported", {"statutory", "cap", "check"}),
        ("supplement", {"statutory", "cap", "supplement", "assign"}),
        ("withdraw_requested", {"statutory", "cap", "hand-over"}),
        ("completed", {"archive"}),
        ("archived", set()),
    ],
)
def test_what_runs_in_each_state(name: str, running: set[str]) -> None:
    where = scene(name)
    assert set(dues(where.federation.threads[where.ref])) == running


def test_the_days_of_the_main_path() -> None:
    """Accepted on 2026-03-11, issued on Thursday the 12th."""
    thread = scene("issued").federation
    (state,) = thread.threads.values()
    assert dues(state) == {"statutory": date(2026, 5, 11), "cap": date(2026, 4, 30), "sign": date(2026, 3, 13)}
    (state,) = scene("accepted").federation.threads.values()
    assert (dues(state)["assign"], dues(state)["investigate"]) == (date(2026, 3, 16), date(2026, 4, 2))
    (state,) = scene("completed").federation.threads.values()
    assert {due.unit for due in state.due_dates} == {HANGZHOU_RD, CHENGDU_RD}
    assert dues(state)["archive"] == date(2026, 9, 14)  # 09-12 is a Saturday


def test_the_host_signs_from_delivery_and_delivery_is_awaited_until_then() -> None:
    federation = Federation()
    federation.dark.add(CHENGDU_RD)
    ref = federation.bureau(HOME).delegate(Investigation(at="510100"))
    federation.settle()
    assert "delivery" in dues(federation.threads[ref])
    assert "sign" not in dues(federation.threads[ref])
    federation.advance(days=4)
    federation.dark.clear()
    federation.settle()
    assert dues(federation.threads[ref])["sign"] == date(2026, 3, 17)
    assert ("delivery", CHENGDU_RD) in federation.threads[ref].work.late


def test_a_repeated_acknowledgement_changes_nothing() -> None:
    where = scene("issued")
    thread = where.federation.threads[where.ref]
    assert thread.letter is not None
    again = delivered(
        thread, thread.letter.ref.header_digest, unit=CHENGDU_RD, at=where.federation.now, roster=a_roster()
    )
    assert again is thread


def test_the_earlier_of_evidence_and_act_is_the_delivery_whichever_is_heard_of_first() -> None:
    federation = Federation()
    federation.dark.add(CHENGDU_RD)
    ref = federation.bureau(HOME).delegate(Investigation(at="510100"))
    federation.settle()
    thread, at = federation.threads[ref], federation.now
    assert thread.letter is not None
    assert thread.delivered_at is None
    digest = thread.letter.ref.header_digest
    for told_by_an_act in (at - timedelta(minutes=1), at + timedelta(minutes=1)):
        told = replace(thread, delivered_at=told_by_an_act)
        after = delivered(told, digest, unit=CHENGDU_RD, at=at, roster=a_roster())
        assert after.delivered_at == min(at, told_by_an_act)


def test_green_is_faster() -> None:
    where = scene("accepted", Investigation(at="510100", candidates=("510600",), priority=Priority.GREEN))
    assert dues(where.federation.threads[where.ref])["investigate"] == date(2026, 3, 23)


def test_a_change_to_green_counts_from_its_delivery_and_never_gives_a_later_date() -> None:
    where = scene("in_progress")
    federation, ref = where.federation, where.ref
    federation.bureau(HOME).send(ref, "priority_changed")
    federation.advance(days=4)
    federation.settle()
    assert dues(federation.threads[ref])["investigate"] == date(2026, 3, 25)  # 7 working days from Monday the 16th
    late = scene("in_progress")
    late.federation.advance(days=15)
    late.federation.bureau(HOME).send(late.ref, "priority_changed")
    late.federation.settle()
    assert dues(late.federation.threads[late.ref])["investigate"] == date(2026, 4, 2)


def test_a_pause_moves_the_agreed_date_by_its_working_days_and_nothing_else() -> None:
    where = scene("paused")
    federation, ref = where.federation, where.ref
    before = federation.threads[ref]
    federation.advance(days=7)
    federation.bureau(HOST).send(ref, "unpaused")
    federation.settle()
    after = federation.threads[ref]
    assert dues(after)["investigate"] == date(2026, 4, 10)  # five working days later; 04-06 is a holiday
    assert (after.statutory, after.cap) == (before.statutory, before.cap)


def test_while_the_statutory_clock_stands_there_is_no_cap_and_then_a_new_one() -> None:
    where = scene("suspended")
    federation, ref = where.federation, where.ref
    assert federation.threads[ref].cap is None
    assert dues(federation.threads[ref])["investigate"] == date(2026, 4, 2)
    federation.advance(days=60)
    day = TODAY + timedelta(days=60)
    federation.bureau(HOME).send(ref, "clock_resumed", declared=ClockDeclared(day))
    federation.settle()
    thread = federation.threads[ref]
    assert thread.statutory is not None
    assert thread.cap is not None
    assert thread.statutory.nominal == day + timedelta(days=60)  # none of the 60 days was used up
    assert thread.cap.legal > date(2026, 4, 30)


def test_the_home_may_pause_only_a_suspended_case_and_end_any_pause() -> None:
    assert "paused_by_home" not in scene_allowed("in_progress", HOME)
    assert "paused_by_home" in scene_allowed("suspended", HOME)
    assert "unpaused" in scene_allowed("paused", HOME)


def scene_allowed(name: str, who: str) -> dict[str, object]:
    """What the desk of a bureau allows in a state."""
    where = scene(name)
    return dict(where.federation.bureau(who).allowed(where.ref))


def test_short_time_confirmed_moves_the_cap_to_the_homes_last_day() -> None:
    wish = Investigation(at="510100", accepted_on=TODAY - timedelta(days=48), short_time_confirmed=True)
    federation = Federation()
    ref = federation.bureau(HOME).delegate(wish)
    federation.settle()
    thread = federation.threads[ref]
    assert thread.statutory is not None
    assert thread.cap is not None
    assert thread.cap.legal <= thread.statutory.nominal
    assert thread.cap.legal > thread.statutory.nominal - timedelta(days=10)


def test_every_due_date_of_the_hosts_work_stays_within_the_cap() -> None:
    wish = Investigation(at="510100", candidates=("510600",), accepted_on=TODAY - timedelta(days=40))
    where = scene("accepted", wish)
    thread = where.federation.threads[where.ref]
    assert thread.cap is not None
    assert dues(thread)["investigate"] == thread.cap.legal < date(2026, 4, 2)


def test_amended_clock_facts_move_every_date() -> None:
    where = scene("in_progress")
    federation, ref = where.federation, where.ref
    thread = federation.threads[ref]
    assert thread.letter is not None
    earlier = replace(thread.letter.clock, accepted_on=TODAY - timedelta(days=35))
    federation.bureau(HOME).send(ref, "amended", clock=earlier, declared=AmendmentDeclared("clock", 2))
    federation.settle()
    after = federation.threads[ref]
    assert after.cap is not None
    assert thread.cap is not None
    assert after.cap.legal < thread.cap.legal
    assert thread.cap in after.earlier
    host = federation.bureau(HOST)
    host.send(ref, "amended", clock=ClockFacts(), declared=AmendmentDeclared("clock", 2))
    federation.settle()
    assert host.refused[0][1].details == {"guard": "amendable"}


def test_a_new_calendar_moves_open_dates_and_keeps_the_earlier_ones() -> None:
    at = datetime(2026, 11, 20, 2, tzinfo=UTC)
    federation = Federation(at=at)
    wish = Investigation(at="510100", accepted_on=date(2026, 11, 19))
    ref = federation.bureau(HOME).delegate(wish)
    federation.settle()
    thread = federation.threads[ref]
    assert thread.statutory is not None
    assert thread.statutory.provisional
    rest = frozenset(date(2027, 1, day) for day in range(14, 22))
    years = {**load_seed_years(), 2027: CalendarYear(2027, rest, frozenset(), "notice")}
    roster = replace(federation.roster, calendar=Calendar(2, years), calendar_version=2)
    after = recompute(thread, roster)
    assert after.statutory is not None
    assert not after.statutory.provisional
    assert after.statutory.legal == date(2027, 1, 22)
    assert thread.statutory in after.earlier


def test_what_runs_out_is_certified_once_and_a_late_answer_is_still_an_answer() -> None:
    where = scene("issued")
    federation, ref = where.federation, where.ref
    thread = federation.threads[ref]
    assert next_deadline(thread) == date(2026, 3, 13)
    assert not overdue(thread, on=date(2026, 3, 13))
    (clock,) = overdue(thread, on=date(2026, 3, 14))
    assert (clock.clock, clock.unit) == ("sign", CHENGDU_RD)
    after = certified(thread, clock)
    assert after.state_version == thread.state_version + 1
    assert not overdue(after, on=date(2026, 3, 14))
    federation.advance(days=10)
    assert federation.certify() == 1
    federation.settle()
    federation.bureau(HOST).send(ref, "signed_for")
    federation.settle()
    assert federation.threads[ref].state is State.SIGNED_FOR
    assert ("sign", CHENGDU_RD) in federation.threads[ref].work.late
    assert "explained" in federation.bureau(HOST).allowed(ref)


def test_only_an_accepted_kind_of_work_is_paused() -> None:
    where = scene("paused")
    thread = where.federation.threads[where.ref]
    assert [clock.clock for clock in thread.open_clocks if clock.paused_on] == ["investigate"]
    assert Kind.PAUSED in {past.kind for past in thread.history}
