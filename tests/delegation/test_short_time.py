"""Whether the statutory time still suffices: as days pass, as work goes on, in the green channel, and without a cap."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from delegation.clocks import Moment, with_statutory
from delegation.codes import Priority, Procedure
from delegation.deadlines import SHANGHAI, days_left_workdays
from delegation.lifecycle import judge
from delegation.model import ClockFacts
from delegation.short_time import SHORT_STATES, short_from
from delegation.table import State
from delegation.thread_state import OpenClock, ThreadState
from tests import builders as b

ROSTER = b.a_roster()
CALENDAR = ROSTER.calendar_of(b.CHENGDU_RD)


def a_thread(accepted_on: date, *, issued_on: date, **letter: Any) -> ThreadState:
    """A letter that was taken on that day."""
    at = datetime(issued_on.year, issued_on.month, issued_on.day, 10, tzinfo=SHANGHAI)
    clock = ClockFacts(accepted_on=accepted_on, procedure=Procedure.ORDINARY)
    header = b.a_header(clock=clock, claimed_at=at, **letter)
    outcome = judge(None, header, roster=ROSTER, at=at, is_known=lambda _ref: "unknown")
    thread: ThreadState = outcome.thread  # type: ignore[union-attr]  # a refusal has none, and the test says so
    return thread


def test_with_time_to_spare_it_is_short_only_when_work_is_late() -> None:
    thread = a_thread(date(2026, 3, 6), issued_on=date(2026, 3, 9))
    assert thread.cap is not None
    found = short_from(thread, ROSTER)
    assert found is not None
    assert found > date(2026, 3, 20)
    # sign 1, decide 3, investigate 15 are to come: on the day before just as many are left, on that day fewer
    assert days_left_workdays(found - timedelta(days=1), thread.cap.legal, CALENDAR) >= 19
    assert days_left_workdays(found, thread.cap.legal, CALENDAR) < 19


def test_late_in_the_sixty_days_it_is_short_at_once() -> None:
    issued = date(2026, 4, 13)
    found = short_from(a_thread(date(2026, 3, 6), issued_on=issued), ROSTER)
    assert found is not None
    assert found <= issued


def test_the_green_channel_needs_less() -> None:
    accepted, issued = date(2026, 3, 6), date(2026, 4, 9)
    normal = short_from(a_thread(accepted, issued_on=issued), ROSTER)
    green = short_from(a_thread(accepted, issued_on=issued, priority=Priority.GREEN), ROSTER)
    assert normal is not None
    assert green is not None
    assert normal <= issued < green


@pytest.mark.parametrize("state", sorted(set(State) - SHORT_STATES))
def test_nothing_is_short_when_the_hosts_part_is_over(state: State) -> None:
    thread = replace(a_thread(date(2026, 3, 6), issued_on=date(2026, 4, 13)), state=state)
    assert short_from(thread, ROSTER) is None


def test_nothing_is_short_while_the_clock_stands_still_and_confirmed_shortness_stays() -> None:
    thread = a_thread(date(2026, 3, 6), issued_on=date(2026, 4, 13))
    assert short_from(replace(thread, cap=None, statutory=None), ROSTER) is None
    early = a_thread(date(2026, 3, 6), issued_on=date(2026, 3, 9))
    assert early.letter is not None
    confirmed = with_statutory(replace(early, letter=replace(early.letter, short_time=True)), ROSTER)
    found = short_from(confirmed, ROSTER)
    assert found is not None
    assert found <= date(2026, 3, 10)


def test_an_investigation_that_the_cap_cuts_is_short() -> None:
    """The agreed end lies after the cap: the clock runs to the cap alone, and that is what is said."""
    thread = a_thread(date(2026, 3, 6), issued_on=date(2026, 3, 9))
    assert thread.cap is not None
    for starts_on, short in ((date(2026, 3, 16), False), (date(2026, 4, 20), True)):
        at = datetime(starts_on.year, starts_on.month, starts_on.day, 10, tzinfo=SHANGHAI)
        clock = OpenClock(
            clock="investigate",
            unit=b.CHENGDU_RD,
            started_by=b.a_header().ref,
            starts_on=starts_on,
            days=15,
            due=thread.cap,
        )
        working = with_statutory(
            replace(thread, state=State.IN_PROGRESS, open_clocks=(clock,), changed_at=at), Moment.of(at, ROSTER).roster
        )
        found = short_from(working, ROSTER)
        assert found is not None
        assert (found <= starts_on) is short
        if not short:
            assert found == thread.cap.legal + timedelta(days=1)
