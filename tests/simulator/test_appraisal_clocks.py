"""Clocks of an appraisal: the sixty and thirty days, the agreed steps with the green channel, service by date."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from delegation import declared_appraisal as d
from delegation.clock_specs import CLOCKS
from delegation.clocks import Moment
from delegation.codes import Kind, Priority
from delegation.deadlines import APPRAISAL_CAP_MARGIN_DAYS
from delegation.effects import accepted
from delegation.guards import Asked
from delegation.lifecycle import next_deadline, overdue, recompute
from delegation.model import DueDate
from delegation.short_time import short_from
from delegation.table import State
from delegation.table_appraisal import APPRAISAL
from delegation.thread_state import ThreadState
from tests.builders import TODAY
from tests.simulator.appraisal_paths import ONSITE, appraisal_scene, go
from tests.simulator.appraising import Appraisal
from tests.simulator.paths import HOME, HOST

NORMAL = {
    "accepted": {"specialties": 2, "examine": 15},
    "specialty_set": {"draw-commit": 1},
    "committed": {"draw-reveal": 1},
    "revealed_for": {"draw-panel": 1},
    "panel_short": {"panel-short": 5},
    "panel_drawn": {"schedule": 3},
    "recusal_open": {"recusal": 2},
    "scheduled": {"notify": 2},
    "examined": {"opinion-form": 3},
    "opinion_formed": {"opinion-report": 2},
    "reported": {"check": 3},
    "experts_proposed": {"experts-admit": 5},
    "experts_admitted": {"specialties": 2},
    "drawn_by_home": {"experts-confirm": 2},
    "rejudging": {"opinion-form": 3},
    "more_asked": {"supplement": 7},
}
GREEN = {
    "accepted": {"specialties": 1, "examine": 7},
    "panel_drawn": {"schedule": 1},
    "scheduled": {"notify": 1},
    "examined": {"opinion-form": 2},
    "opinion_formed": {"opinion-report": 1},
    "committed": {"draw-reveal": 1},
}


def thread_of(name: str, **wishes: object) -> ThreadState:
    where = appraisal_scene(name, Appraisal(**wishes) if wishes else None)  # type: ignore[arg-type]
    return where.federation.threads[where.ref]


@pytest.mark.parametrize("name", NORMAL)
def test_each_step_has_its_agreed_time(name: str) -> None:
    thread = thread_of(name)
    for clock, days in NORMAL[name].items():
        running = [each for each in thread.open_clocks if each.clock == clock]
        assert running, (name, clock)
        assert {each.days for each in running} == {days}
        assert CLOCKS[clock].step is not None or clock == "check"


@pytest.mark.parametrize("name", GREEN)
def test_the_green_channel_shortens_what_is_the_clerks(name: str) -> None:
    thread = thread_of(name, priority=Priority.GREEN)
    for clock, days in GREEN[name].items():
        assert {each.days for each in thread.open_clocks if each.clock == clock} == {days}


def test_who_has_shown_its_secret_has_no_clock_left() -> None:
    thread = thread_of("half_revealed")
    assert [clock.unit for clock in thread.open_clocks if clock.clock == "draw-reveal"] == [thread.home_unit]


def test_sixty_days_from_receipt_of_the_application_and_a_cap_before() -> None:
    thread = thread_of("accepted", mode=ONSITE, received_on=date(2026, 3, 6))
    assert thread.statutory is not None
    assert thread.cap is not None
    assert (thread.statutory.nominal, thread.statutory.legal) == (date(2026, 5, 5), date(2026, 5, 6))
    # the letter of the scene confirms a short time, so that the host may use all of it
    assert thread.letter is not None
    assert thread.letter.short_time
    where = appraisal_scene("issued")
    plain = replace(thread, letter=replace(thread.letter, short_time=False))
    recomputed = recompute(plain, where.federation.roster)
    assert recomputed.cap is not None
    last = thread.statutory.nominal - timedelta(days=APPRAISAL_CAP_MARGIN_DAYS)
    assert recomputed.cap.legal <= last
    assert (last - recomputed.cap.legal).days < 7


@pytest.mark.parametrize(
    ("concluded", "days", "due"),
    [
        (date(2025, 6, 30), 20, date(2025, 7, 20)),
        (date(2025, 7, 1), 15, date(2025, 7, 16)),
        (date(2025, 6, 1), 20, date(2025, 6, 21)),
    ],
)
def test_a_conclusion_is_served_by_the_law_of_its_day(concluded: date, days: int, due: date) -> None:
    """二十日 until 2025-06-30, fifteen from 2025-07-01 on; natural days of the home."""
    where = appraisal_scene("issued")
    federation = where.federation
    for who, row in ((HOST, "signed_for"), (HOST, "accepted")):
        go(federation, where.ref, who, row)
    thread = federation.threads[where.ref]
    old = replace(thread, state=State.REPORTED)
    federation.threads[where.ref] = old
    bureau = federation.committee(HOME)
    bureau.threads[where.ref] = old
    draft, _ = bureau.draft(where.ref, "conclusion_issued", declared=d.ConclusionDeclared(concluded))
    (row_,) = APPRAISAL.rows_of(Kind.CONCLUSION_ISSUED)
    asked = Asked(old, draft, row_, Moment.of(federation.now, federation.roster), lambda _ref: "accepted")
    after = accepted(asked, None).thread
    clock = after.clock("serve-conclusion")
    assert clock is not None
    assert clock.days == days
    assert clock.due.nominal == due
    assert clock.due.legal >= due
    assert isinstance(clock.due, DueDate)


def test_the_term_of_another_appraisal_makes_nobody_late() -> None:
    """条例 Art 26: fifteen days of the worker and the employer; when they are over nothing is certified."""
    where = appraisal_scene("served")
    federation = where.federation
    thread = federation.threads[where.ref]
    window = thread.clock("reappraisal")
    assert window is not None
    assert window.days == 15
    served = thread.appraisal.served_on if thread.appraisal is not None else None
    assert served is not None
    assert window.due.nominal == served + timedelta(days=15)
    assert "reappraisal" not in {clock.clock for clock in overdue(thread, on=served + timedelta(days=60))}
    deadline = next_deadline(thread)
    assert deadline is not None
    assert deadline > served + timedelta(days=60)  # that of the archive
    federation.advance(days=40)
    go(federation, where.ref, HOME, "reappraisal_requested")
    assert federation.threads[where.ref].work.late == thread.work.late
    go(federation, where.ref, HOME, "reappraisal_result")
    facts = federation.threads[where.ref].appraisal
    assert facts is not None
    assert facts.reappraised


def test_extra_tests_move_the_panels_time_to_their_results() -> None:
    where = appraisal_scene("extra_tests")
    thread = where.federation.threads[where.ref]
    clocks = [clock for clock in thread.open_clocks if clock.clock == "opinion-form"]
    assert len(clocks) == 1
    assert thread.appraisal is not None
    assert clocks[0].starts_on == thread.appraisal.tests_until


def test_too_little_time_is_told_in_an_appraisal_too() -> None:
    where = appraisal_scene("accepted", Appraisal(mode=ONSITE, received_on=TODAY - timedelta(days=45)))
    thread = where.federation.threads[where.ref]
    assert thread.letter is not None
    told = recompute(replace(thread, letter=replace(thread.letter, short_time=False)), where.federation.roster)
    found = short_from(told, where.federation.roster)
    assert found is not None
    assert found <= TODAY
