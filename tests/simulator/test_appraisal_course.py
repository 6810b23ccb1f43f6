"""The course of an appraisal: absences, defaults, void panels, second panels and paper; the chain of each mode ends."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from delegation import declared_appraisal as d
from delegation.codes import Kind
from delegation.lifecycle import Accepted
from delegation.model import ClockDeclared, Header, MaterialRef
from delegation.roster_view import UnitLife
from delegation.table import BusinessStatus, State
from tests.builders import (
    CHENGDU_AC,
    HANGZHOU_AC,
    TODAY,
    ZHEJIANG_PO,
    a_digest,
    a_recipient,
    with_unit,
)
from tests.simulator.appraisal_asking import asked_of, guard_of
from tests.simulator.appraisal_paths import PATHS, SECONDMENT, appraisal_scene, go
from tests.simulator.appraising import (
    Appraisal,
    appraisal_roster,
    secret_of,
)
from tests.simulator.federation import Federation
from tests.simulator.paths import HOME, HOST, SICHUAN, Scene


def test_seconded_experts_come_before_the_draw() -> None:
    where = appraisal_scene("experts_proposed")
    federation = where.federation
    accepted = appraisal_scene("issued", Appraisal(mode=SECONDMENT))
    go(accepted.federation, accepted.ref, HOST, "signed_for")
    go(accepted.federation, accepted.ref, HOST, "accepted_to_second")
    assert guard_of(asked_of(accepted, HOME, "specialty_determined")) == "way_to_draw"
    few = asked_of(accepted, HOST, "experts_proposed", declared=d.ExpertsDeclared(5))
    assert guard_of(few) == "twice_the_panel"
    assert federation.threads[where.ref].state is State.EXPERTS_PROPOSED


@pytest.mark.parametrize("scene", ["recusal_open", "recusal_upheld"])
def test_nobody_is_examined_while_an_objection_waits(scene: str) -> None:
    """No examination before the answer, nor before who was objected to rightly was replaced."""
    where = appraisal_scene(scene)
    federation = where.federation
    go(federation, where.ref, HOST, "scheduled")
    go(federation, where.ref, HOME, "worker_notified")
    federation.advance(days=14)
    assert guard_of(asked_of(where, HOST, "examined")) == "panel_settled"
    if scene == "recusal_open":
        go(federation, where.ref, HOST, "recusal_answered", declared=d.RecusalDeclared(upheld=False))
    else:
        go(federation, where.ref, HOST, "panel_replaced")
    go(federation, where.ref, HOST, "examined")
    assert federation.threads[where.ref].state is State.EXAMINED


def test_who_was_replaced_before_the_answer_is_not_replaced_twice() -> None:
    where = appraisal_scene("recusal_open")
    go(where.federation, where.ref, HOST, "panel_replaced")
    go(where.federation, where.ref, HOST, "recusal_answered")
    facts = where.federation.threads[where.ref].appraisal
    assert facts is not None
    assert (facts.replacements_due, facts.recusals) == (0, ())


def test_who_is_there_already_is_examined_the_same_day() -> None:
    """An appointment may lie on today: notice, examination and opinion follow at once."""
    where = appraisal_scene("panel_drawn")
    federation = where.federation
    go(federation, where.ref, HOST, "scheduled", declared=d.AppointmentDeclared(TODAY))
    go(federation, where.ref, HOME, "worker_notified")
    go(federation, where.ref, HOST, "examined")
    go(federation, where.ref, HOST, "opinion_formed")
    facts = federation.threads[where.ref].appraisal
    assert facts is not None
    assert (facts.appointed_on, facts.examined_on) == (TODAY, TODAY)


@pytest.mark.parametrize(("days", "counts"), [(14, True), (4, False), (0, False)])
def test_an_absence_counts_after_a_notice_in_time_alone(days: int, counts: bool) -> None:
    """Five working days lie between service and examination; else the absence is recorded and nothing ends by it."""
    where = appraisal_scene("panel_drawn")
    federation = where.federation
    on = TODAY + timedelta(days=days)
    go(federation, where.ref, HOST, "scheduled", declared=d.AppointmentDeclared(on))
    go(federation, where.ref, HOME, "worker_notified")
    federation.advance(days=days)
    missed = d.AttendanceDeclared(on, 1)
    if not counts:
        assert guard_of(asked_of(where, HOST, "no_show", declared=missed)) == "absence_counts"
        go(federation, where.ref, HOST, "no_show")
        assert guard_of(asked_of(where, HOME, "terminated")) == "absence_recorded"
        go(federation, where.ref, HOST, "rescheduled")
        return
    go(federation, where.ref, HOST, "no_show", declared=missed)
    go(federation, where.ref, HOME, "terminated")
    thread = federation.threads[where.ref]
    assert (thread.state, thread.business_status) == (State.TERMINATED, BusinessStatus.TERMINATED)
    assert {clock.clock for clock in thread.open_clocks} == {"archive"}
    go(federation, where.ref, HOST, "archived")
    go(federation, where.ref, HOME, "archived")
    assert federation.threads[where.ref].state is State.ARCHIVED


def test_a_default_leads_to_a_new_draw_and_counts_against_who_defaulted() -> None:
    where = appraisal_scene("defaulted")
    facts = where.federation.threads[where.ref].appraisal
    assert facts is not None
    assert [(v.draw, v.why, v.unit) for v in facts.void_draws] == [(1, "D01", HANGZHOU_AC)]
    assert facts.defaults == ((HANGZHOU_AC, 1),)
    go(where.federation, where.ref, HOST, "specialty_determined")
    after = where.federation.threads[where.ref].appraisal
    assert after is not None
    assert (after.draw, after.commitments, after.reveals) == (2, (), ())


def test_without_an_office_the_draw_is_void_the_day_after() -> None:
    where = appraisal_scene("half_revealed")
    federation = where.federation
    federation.roster = with_unit(federation.roster, ZHEJIANG_PO, life=UnitLife.LEFT)
    federation.advance(days=4)
    outcome = asked_of(where, HOST, "draw_voided_by_default")
    assert isinstance(outcome, Accepted), outcome


def test_an_office_shows_the_secret_and_the_draw_goes_on() -> None:
    where = appraisal_scene("revealed_for")
    facts = where.federation.threads[where.ref].appraisal
    assert facts is not None
    assert facts.defaults == ((HANGZHOU_AC, 1),)
    go(where.federation, where.ref, HOST, "panel_drawn")
    assert where.federation.threads[where.ref].state is State.PANEL_DRAWN


def test_a_void_panel_is_kept_and_another_is_drawn() -> None:
    where = appraisal_scene("panel_voided")
    before = where.federation.threads[where.ref].appraisal
    assert before is not None
    assert [(v.draw, len(v.members)) for v in before.void_panels] == [(1, 3)]
    assert before.panel == ()
    for who, row in (
        (HOST, "specialty_determined"), (HOME, "draw_committed"), (HOST, "draw_committed"), (HOME, "draw_revealed"),
        (HOST, "draw_revealed"), (HOST, "panel_drawn"), (HOST, "scheduled"), (HOME, "worker_notified"), ("+", "14"),
        (HOST, "examined"), (HOST, "opinion_formed"), (HOST, "appraisal_reported"), (HOME, "completed"),
    ):  # fmt: skip
        go(where.federation, where.ref, who, row)
    assert where.federation.threads[where.ref].state is State.COMPLETED


def test_a_province_may_have_a_panel_void_and_the_home_may_demand_it() -> None:
    where = appraisal_scene("reported")
    federation = where.federation
    go(federation, where.ref, HOME, "panel_void_demanded")
    assert guard_of(asked_of(where, HOME, "panel_void_demanded")) == "panel_stands"
    thread = federation.threads[where.ref]
    assert thread.clock("void-demand") is not None
    go(federation, where.ref, SICHUAN, "panel_voided_by_province")
    assert federation.threads[where.ref].state is State.DRAW_VOID


def test_a_panel_judges_again_at_most_twice() -> None:
    where = appraisal_scene("reported")
    for _ in range(2):
        for who, row in ((HOME, "rejudge_requested"), (HOST, "opinion_formed"), (HOST, "appraisal_reported")):
            go(where.federation, where.ref, who, row)
    assert guard_of(asked_of(where, HOME, "rejudge_requested")) == "rejudges_left"


def test_after_a_request_to_withdraw_only_a_formed_opinion_is_reported() -> None:
    where = appraisal_scene("withdraw_requested")
    go(where.federation, where.ref, HOST, "appraisal_reported")
    assert where.federation.threads[where.ref].state is State.REPORTED
    early = appraisal_scene("examined")
    go(early.federation, early.ref, HOME, "withdraw_requested")
    assert guard_of(asked_of(early, HOST, "appraisal_reported")) == "opinion_stands"


def test_what_is_sent_again_after_a_protest_says_the_same_of_the_draw() -> None:
    """A second commitment after a protest would be a second chance."""
    where = appraisal_scene("half_committed")
    federation = where.federation
    sent = next(
        logged.letter.header
        for logged in federation.log
        if logged.letter is not None and logged.letter.header.kind is Kind.DRAW_COMMITTED
    )
    home, host = federation.committee(HOME), federation.committee(HOST)
    home.send(where.ref, "protest", in_reply_to=sent.ref)
    federation.settle()
    assert federation.threads[where.ref].protests
    other = d.DrawCommittedDeclared(1, a_digest("another"))
    assert guard_of(asked_of(where, HOST, "draw_committed", replaces=sent.ref, declared=other)) == "said_again_the_same"
    same = asked_of(where, HOST, "draw_committed", replaces=sent.ref, declared=sent.declared)
    assert isinstance(same, Accepted), same
    assert host.unit == sent.sender_unit


def test_a_short_panel_leads_to_another_host_or_mode_with_the_next_draw() -> None:
    where = appraisal_scene("panel_short")
    go(where.federation, where.ref, HOME, "issued_for_short_panel")
    thread = where.federation.threads[where.ref]
    facts = thread.appraisal
    assert facts is not None
    assert (thread.state, thread.leg, thread.host_unit != CHENGDU_AC) == (State.ISSUED, 2, True)
    assert (facts.draw, [v.why for v in facts.void_draws]) == (1, ["PANEL_SHORT"])
    widened = appraisal_scene("panel_short")
    go(widened.federation, widened.ref, HOST, "specialty_determined")
    assert widened.federation.threads[widened.ref].state is State.SPECIALTY_SET
    spent = appraisal_scene("reserves_spent")
    go(spent.federation, spent.ref, HOST, "panel_short_after_draw")
    assert spent.federation.threads[spent.ref].state is State.PANEL_SHORT


def test_a_new_leg_in_the_middle_of_a_draw_ends_that_draw_with_its_reason() -> None:
    where = appraisal_scene("specialty_set")
    federation = where.federation
    federation.roster = with_unit(federation.roster, CHENGDU_AC, life=UnitLife.ACTIVE)
    go(federation, where.ref, SICHUAN, "supervise")
    federation.advance(days=40)
    go(federation, where.ref, SICHUAN, "reassigned_by_province")
    go(federation, where.ref, HOME, "issued_as_designated")
    facts = federation.threads[where.ref].appraisal
    assert facts is not None
    assert [(v.draw, v.why) for v in facts.void_draws] == [(1, "T06")]


def test_on_paper_nothing_is_drawn_and_the_home_records_the_course() -> None:
    roster = with_unit(appraisal_roster(), CHENGDU_AC, life=UnitLife.JOINING)
    federation = Federation(roster)
    ref = federation.committee(HOME).delegate(Appraisal(candidates=()))
    federation.settle()
    where = Scene(federation, ref)
    assert federation.threads[ref].on_paper
    home = federation.committee(HOME)

    def recorded(row: str, **changes: Any) -> Header:
        count = federation.next_count()
        scan = MaterialRef(f"0195f3a0-0000-4000-8000-{count:012x}", a_digest("scan"), 1000, 1)
        header = home.send(ref, row, recorded_by_home=True, manifest=(scan,), **changes)
        federation.settle()
        assert not home.refused, home.refused
        return header

    recorded("signed_for")
    recorded("accepted")
    recorded("scheduled_on_paper", declared=d.AppointmentDeclared(TODAY))
    go(federation, ref, HOME, "worker_notified")
    recorded("examined")
    recorded("opinion_formed")
    recorded("appraisal_reported")
    go(federation, ref, HOME, "completed")
    assert federation.threads[ref].state is State.COMPLETED
    assert where.federation.threads[ref].appraisal is not None


def test_a_paper_host_cannot_commit() -> None:
    where = appraisal_scene("accepted")
    federation = where.federation
    thread = federation.threads[where.ref]
    assert thread.letter is not None
    federation.threads[where.ref] = replace(thread, letter=replace(thread.letter, on_paper=True))
    assert guard_of(asked_of(where, HOST, "specialty_determined", recipients=(a_recipient(CHENGDU_AC),))) == (
        "draw_on_line"
    )


def test_recusals_are_bounded() -> None:
    where = appraisal_scene("panel_drawn")
    for _ in range(16):
        go(where.federation, where.ref, HOME, "recusal_raised")
    assert guard_of(asked_of(where, HOME, "recusal_raised")) == "recusals_not_too_many"


def test_the_home_extends_once_and_in_time() -> None:
    where = appraisal_scene("examined")
    before = where.federation.threads[where.ref].statutory
    go(where.federation, where.ref, HOME, "appraisal_extended")
    after = where.federation.threads[where.ref].statutory
    assert before is not None
    assert after is not None
    assert after.nominal - before.nominal == timedelta(days=30)
    assert guard_of(asked_of(where, HOME, "appraisal_extended")) == "extended_once"
    late = appraisal_scene("issued")
    late.federation.advance(days=70)
    assert guard_of(asked_of(late, HOME, "appraisal_extended")) == "term_not_over"


def test_a_moved_examination_stops_the_sixty_days_by_the_homes_word_alone() -> None:
    where = appraisal_scene("rescheduled")
    federation = where.federation
    assert federation.threads[where.ref].statutory is not None
    declared = ClockDeclared(TODAY, TODAY)
    go(federation, where.ref, HOME, "clock_suspended", reasons=("S04",), declared=declared)
    thread = federation.threads[where.ref]
    assert (thread.statutory, thread.cap) == (None, None)
    federation.advance(days=10)
    go(federation, where.ref, HOME, "clock_resumed", reasons=("S04",))
    statutory = federation.threads[where.ref].statutory
    assert statutory is not None
    resumed = TODAY + timedelta(days=10)  # nothing of the sixty days was used: the first of them was suspended
    assert statutory.nominal == resumed + timedelta(days=60)


@pytest.mark.parametrize("name", PATHS)
def test_every_state_is_reached_by_every_judge_alike(name: str) -> None:
    where = appraisal_scene(name)
    registry = where.federation.threads[where.ref]
    for code in (HOME, HOST):
        assert where.federation.committee(code).look_up(where.ref) == registry
    assert registry.business_status.label


def test_the_secret_of_the_simulator_is_the_one_committed_to() -> None:
    where = appraisal_scene("revealed_for")
    thread = where.federation.threads[where.ref]
    facts = thread.appraisal
    assert facts is not None
    assert facts.secret_of(HANGZHOU_AC) == secret_of(HANGZHOU_AC, thread, 1)
