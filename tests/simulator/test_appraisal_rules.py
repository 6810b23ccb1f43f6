"""Each guard of class H of an appraisal refuses once, by its name; the chain of each mode ends."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from delegation import declared_appraisal as d
from delegation.codes import AppraisalKind, AppraisalMode, Kind, LegalBasis, Matter, Procedure, ThreadType
from delegation.draw import Picks, Stratum
from delegation.errors import Reason, Refused
from delegation.guards_appraisal import APPRAISAL_GUARDS
from delegation.guards_panel import PANEL_GUARDS
from delegation.lifecycle import Accepted, judge
from delegation.model import ClockDeclared, ClockFacts, Header, MaterialRef
from delegation.roster_view import Agreement, RosterView, UnitLife, UnitType
from delegation.table import BusinessStatus, State
from delegation.tables import table_for
from delegation.thread_state import ThreadState
from tests.builders import (
    APPRAISAL_MATTERS,
    CHENGDU_AC,
    CHENGDU_RD,
    HANGZHOU_AC,
    SICHUAN_PO,
    TODAY,
    ZHEJIANG_PO,
    a_digest,
    a_recipient,
    a_unit,
    a_uuid7,
    code_of,
    parsed,
    with_unit,
)
from tests.simulator.appraisal_paths import FULL, ONSITE, PATHS, SECONDMENT, actor, appraisal_scene, go
from tests.simulator.appraising import (
    AGREEMENT,
    LOG_ROOT,
    LOG_SIZE,
    STRATA,
    Appraisal,
    appraisal_letter,
    appraisal_roster,
    drawn,
    secret_of,
)
from tests.simulator.composing import addressed
from tests.simulator.federation import Federation
from tests.simulator.paths import HOME, HOST, SICHUAN, ZHEJIANG, Scene

ROOT = a_digest("a list")
LATER = TODAY + timedelta(days=30)


def asked_of(where: Scene, who: str, row: str, **changes: Any) -> Accepted | Refused:
    """What the registry says to this row now."""
    federation = where.federation
    bureau = actor(federation, who)
    draft, _ = bureau.draft(where.ref, row, **changes)
    return judge(
        federation.threads[where.ref], parsed(draft), roster=federation.roster, at=federation.now,
        is_known=federation.is_known,
    )  # fmt: skip


def first(wish: Appraisal, roster: RosterView | None = None, **changes: Any) -> Accepted | Refused:
    """What the registry says to a first letter."""
    roster = roster or appraisal_roster()
    where = appraisal_scene("issued")
    federation = where.federation
    header = appraisal_letter(
        wish, thread_id=federation.next_number(HANGZHOU_AC), home=HANGZHOU_AC, at=federation.now, roster=roster
    )
    header = replace(header, envelope_id=federation.next_id(), **changes)
    return judge(None, parsed(header), roster=roster, at=federation.now, is_known=federation.is_known)


def guard_of(outcome: Accepted | Refused) -> str:
    assert isinstance(outcome, Refused), outcome.row.name
    assert outcome.reason is Reason.GUARD_FAILED, outcome
    return outcome.details["guard"]


def test_every_matter_has_the_table() -> None:
    for matter in APPRAISAL_MATTERS:
        table = table_for(ThreadType.DELEGATION, matter)
        assert table is not None
        assert table.name == "appraisal"


@pytest.mark.parametrize("mode", [ONSITE, FULL, SECONDMENT])
@pytest.mark.parametrize("matter", APPRAISAL_MATTERS)
def test_a_good_letter_of_each_matter_and_mode_is_taken(mode: AppraisalMode, matter: Matter) -> None:
    outcome = first(Appraisal(mode=mode, matter=matter))
    assert isinstance(outcome, Accepted), outcome
    assert outcome.thread.appraisal is not None
    assert outcome.thread.appraisal.mode is mode


LETTERS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"received_on": TODAY + timedelta(days=1)}, {}, "application_received"),
    ({}, {"clock": ClockFacts(TODAY, None, Procedure.UNSPECIFIED)}, "application_received"),
    ({}, {"clock": ClockFacts(None, TODAY, Procedure.ORDINARY)}, "application_received"),
    ({"mode": AppraisalMode.UNSPECIFIED}, {}, "mode_stated"),
    ({"kind": AppraisalKind.UNSPECIFIED}, {}, "mode_stated"),
    ({"matter": Matter.NON_WORK_ILLNESS, "kind": AppraisalKind.REVIEW}, {}, "mode_stated"),
    ({"kind": AppraisalKind.AGAIN}, {}, "again_by_provinces"),
    ({"mode": FULL}, {"agreement_id": "", "legal_basis": LegalBasis.SINGLE_CASE}, "mode_agreed"),
    ({"mode": FULL}, {"agreement_id": a_uuid7(901)}, "mode_agreed"),
    ({"mode": FULL}, {"agreement_id": a_uuid7(999)}, "mode_agreed"),
    ({}, {"legal_basis": LegalBasis.REGULATION_25}, "appraisal_basis_right"),
    ({}, {"legal_basis": LegalBasis.RECOGNITION_RULES_14}, "appraisal_basis_right"),
    ({}, {"legal_basis": LegalBasis.REGULATION_25, "agreement_id": AGREEMENT}, "appraisal_basis_right"),
    ({"mode": SECONDMENT}, {"legal_basis": LegalBasis.SINGLE_CASE, "agreement_id": AGREEMENT}, "appraisal_basis_right"),
]


@pytest.mark.parametrize(("wish", "changes", "guard"), LETTERS, ids=[f"{g}-{n}" for n, (_, _, g) in enumerate(LETTERS)])
def test_a_letter_that_may_not_be_sent(wish: dict[str, Any], changes: dict[str, Any], guard: str) -> None:
    assert guard_of(first(Appraisal(**wish), **changes)) == guard


def test_secondment_may_rest_on_the_regulation_with_an_agreement() -> None:
    for basis in (LegalBasis.AGREEMENT, LegalBasis.REGULATION_25):
        outcome = first(Appraisal(mode=SECONDMENT), agreement_id=AGREEMENT, legal_basis=basis)
        assert isinstance(outcome, Accepted), outcome


def test_an_agreement_covers_the_modes_that_it_names() -> None:
    roster = appraisal_roster()
    narrow = tuple(replace(each, modes=(ONSITE,)) for each in roster.agreements)
    outcome = first(Appraisal(mode=FULL), replace(roster, agreements=narrow))
    assert isinstance(outcome, Refused)
    assert outcome.details == {"guard": "mode_agreed", "needs": "agreement-on-matter-and-mode"}
    assert isinstance(narrow[0], Agreement)


def test_only_committees_appraise() -> None:
    outcome = first(Appraisal(to=CHENGDU_RD))
    assert guard_of(outcome) == "appraisal_units"


def test_another_appraisal_of_the_same_is_the_provinces() -> None:
    """条例 Art 26: refused to a city with the article, taken from one provincial committee to another."""
    refused = first(Appraisal(kind=AppraisalKind.AGAIN))
    assert isinstance(refused, Refused)
    assert refused.details == {"guard": "again_by_provinces", "article": "regulation-26"}
    zhejiang, sichuan = (code_of(region, UnitType.APPRAISAL) for region in ("330000", "510000"))
    roster = appraisal_roster()
    units = dict(roster.units)
    for code, near, office in ((zhejiang, HANGZHOU_AC, ZHEJIANG_PO), (sichuan, CHENGDU_AC, SICHUAN_PO)):
        region = code[:6]
        units[code] = replace(
            a_unit(near), code=code, region=region, bureau=region, pooling_area=region, parent=office
        )  # fmt: skip
    competences = tuple(replace(each, unit=sichuan) if each.unit == CHENGDU_AC else each for each in roster.competences)
    roster = replace(roster, units=units, competences=competences)
    where = appraisal_scene("issued")
    header = appraisal_letter(
        Appraisal(kind=AppraisalKind.AGAIN, to=sichuan, candidates=()), home=zhejiang, at=where.federation.now,
        roster=roster, thread_id=where.federation.next_number(zhejiang),
    )  # fmt: skip
    header = replace(header, envelope_id=where.federation.next_id())
    outcome = judge(
        None, parsed(header), roster=roster, at=where.federation.now, is_known=where.federation.is_known
    )  # fmt: skip
    assert isinstance(outcome, Accepted), outcome


def _wrong_picks(thread: ThreadState) -> d.PanelDeclared:
    facts = thread.appraisal
    assert facts is not None
    one, *others = drawn(thread)
    seats = (one.seats[0], one.reserves[0])
    swapped = Picks(seats, (one.seats[1], *one.reserves[1:]))
    return d.PanelDeclared(facts.draw, LOG_SIZE, LOG_ROOT, (swapped, *others))


FAILING: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("returned", HOME, "letter_corrected", {"appraisal_mode": ONSITE}, "mode_kept"),
    ("refused", HOME, "issued_after_refusal", {"appraisal_kind": AppraisalKind.REVIEW}, "mode_kept"),
    ("panel_short", HOME, "issued_for_short_panel", {"appraisal_kind": AppraisalKind.REVIEW}, "kind_kept"),
    (
        "panel_short", HOME, "issued_for_short_panel",
        {"counterpart_unit": CHENGDU_AC, "recipients": None}, "other_host_or_mode",
    ),
    ("accepted", HOST, "question", {"appraisal_mode": FULL}, "mode_repeated"),
    ("accepted", HOST, "specialty_determined", {"declared": d.StrataDeclared(2, STRATA, 1, ROOT)}, "next_draw"),
    (
        "drawn_by_home", HOME, "specialty_determined", {"declared": d.StrataDeclared(2, STRATA, 1, ROOT)}, "",
    ),
    (
        "accepted", HOST, "specialty_determined",
        {"declared": d.StrataDeclared(1, (Stratum(2, 1, 9), Stratum(2, 1, 9)), 1, ROOT)}, "strata_fit",
    ),
    (
        "accepted", HOST, "specialty_determined",
        {"declared": d.StrataDeclared(1, (Stratum(3, 2, 4),), 1, ROOT)}, "strata_fit",
    ),
    ("accepted", HOST, "panel_short", {"declared": d.StrataDeclared(1, STRATA, 1)}, "too_few"),
    ("panel_drawn", HOST, "panel_short_after_draw", {}, "reserves_spent"),
    ("reserves_spent", HOST, "panel_short_after_draw", {"declared": d.StrataDeclared(2, STRATA, 1)}, "strata_current"),
    ("specialty_set", HOST, "draw_committed", {"declared": d.DrawCommittedDeclared(2, ROOT)}, "draw_current"),
    ("half_committed", HOST, "draw_committed", {}, "commits_once"),
    ("half_committed", HOST, "draw_revealed", {}, "both_committed"),
    ("half_revealed", HOST, "draw_revealed", {}, "reveals_once"),
    ("committed", HOST, "draw_revealed", {"declared": d.DrawRevealedDeclared(1, CHENGDU_AC, ROOT)}, "secret_opens"),
    ("committed", HOST, "draw_revealed", {"declared": d.DrawRevealedDeclared(1, HANGZHOU_AC, ROOT)}, "reveals_own"),
    ("half_revealed", ZHEJIANG, "draw_revealed_for", {}, "reveal_overdue"),
    (
        "reveal_late", SICHUAN, "draw_revealed_for",
        {"declared": d.DrawRevealedDeclared(1, HANGZHOU_AC, ROOT)}, "reveals_for_own_unit",
    ),
    ("reveal_late", HOST, "draw_voided_by_default", {}, "reveal_failed"),
    ("half_revealed", HOST, "draw_voided", {}, "nothing_revealed"),
    ("committed", HOST, "draw_voided", {"declared": d.DrawVoidedDeclared(1, HANGZHOU_AC)}, "nobody_at_fault"),
    ("half_revealed", HOST, "panel_drawn", {}, "both_revealed"),
    ("revealed_for", HOST, "panel_drawn", {"declared": _wrong_picks}, "picks_follow"),
    (
        "revealed_for", HOST, "panel_drawn",
        {"declared": lambda t: d.PanelDeclared(1, LOG_SIZE + 1, LOG_ROOT, drawn(t))}, "picks_follow",
    ),
    ("panel_drawn", HOST, "panel_replaced", {"declared": d.ReplacementDeclared(1, 0, 8, 7)}, "next_reserve_enters"),
    ("panel_drawn", HOST, "recusal_answered", {}, "answers_recusal"),
    ("panel_drawn", HOST, "experts_confirmed", {}, "home_draws"),
    ("drawn_by_home", HOST, "experts_confirmed", {"declared": d.ExpertsDeclared(2)}, "experts_as_panel"),
    ("drawn_by_home", HOST, "scheduled", {}, "host_draws"),
    ("accepted", HOST, "experts_proposed", {}, "home_draws"),
    ("experts_proposed", HOME, "experts_admitted", {"declared": d.ExpertsDeclared(7)}, "admitted_of_proposed"),
    ("experts_admitted", HOST, "experts_confirmed_on_paper", {}, "on_paper_alone"),
    ("panel_drawn", HOST, "scheduled", {"declared": d.AppointmentDeclared(TODAY)}, "appointment_ahead"),
    (
        "scheduled", HOST, "rescheduled",
        {"declared": d.AppointmentDeclared(LATER, TODAY)}, "instead_of_the_last",
    ),
    ("scheduled", HOME, "worker_notified", {"declared": d.NotifiedDeclared(TODAY, LATER)}, "day_named"),
    (
        "scheduled", HOME, "worker_notified",
        {"declared": d.NotifiedDeclared(TODAY + timedelta(days=1), TODAY + timedelta(days=14))}, "served_before",
    ),
    ("no_show", HOME, "worker_notified", {}, "day_named"),
    ("notified", HOST, "examined", {}, "day_appointed"),
    ("no_show", HOST, "no_show", {}, "missed_once"),
    ("no_show", HOME, "terminated", {}, "absence_recorded"),
    ("examined", HOST, "extra_tests", {"declared": d.TestsDeclared(TODAY)}, "tests_ahead"),
    ("examined", HOME, "clock_suspended", {"reasons": ("S05",)}, "ground_recorded"),
    ("examined", HOST, "opinion_formed", {"declared": d.OpinionDeclared(5, 5)}, "opinion_of_the_panel"),
    ("examined", HOST, "opinion_formed", {"declared": d.OpinionDeclared(3, 3, draw=2)}, "opinion_of_the_panel"),
    ("examined", HOST, "opinion_formed", {"declared": d.OpinionDeclared(3, 2)}, "all_signed"),
    ("examined", HOST, "opinion_formed", {"declared": d.OpinionDeclared(3, 3, 0, 0, 1)}, "warnings_answered"),
    ("opinion_formed", HOST, "appraisal_reported", {"declared": d.OpinionDeclared(3, 3, 1)}, "opinion_as_formed"),
    ("reported", HOST, "panel_voided", {"declared": d.PanelVoidedDeclared(2)}, "panel_of_the_draw"),
    ("completed", HOME, "conclusion_issued", {"declared": d.ConclusionDeclared(date(2026, 3, 1))}, "concluded_once"),
    ("completed", HOME, "conclusion_issued", {"declared": d.ConclusionDeclared(date(2027, 3, 1))}, "dated_until_today"),
    ("completed", HOME, "conclusion_served", {}, "served_once"),
    ("concluded", HOME, "conclusion_issued", {}, "concluded_once"),
    ("concluded", HOME, "reappraisal_requested", {}, "reappraisal_new"),
    ("served", HOME, "reappraisal_result", {}, "reappraisal_open"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scene", "who", "row", "changes", "guard"),
    FAILING,
    ids=[f"{g or r}-{s}-{n}" for n, (s, _, r, _, g) in enumerate(FAILING)],
)  # fmt: skip
def test_a_guard_refuses(scene: str, who: str, row: str, changes: dict[str, Any], guard: str) -> None:
    where = appraisal_scene(scene)
    thread = where.federation.threads[where.ref]
    changes = dict(changes)
    if callable(changes.get("declared")):
        changes["declared"] = changes["declared"](thread)
    if changes.get("recipients", "") is None:
        changes["recipients"] = addressed(HANGZHOU_AC, {CHENGDU_AC}, where.federation.roster)
    outcome = asked_of(where, who, row, **changes)
    if not guard:
        assert isinstance(outcome, Refused)
        assert outcome.reason is Reason.NOT_ALLOWED
        return
    assert guard_of(outcome) == guard


def test_every_guard_of_an_appraisal_is_refused_by_name_here() -> None:
    named = {guard for *_, guard in FAILING} | {guard for *_, guard in LETTERS}
    elsewhere = {
        "appraisal_units", "draw_on_line", "way_to_draw", "twice_the_panel", "recusals_not_too_many", "panel_settled",
        "absence_counts", "panel_stands", "rejudges_left", "extended_once", "term_not_over", "said_again_the_same",
        "opinion_stands",
    }  # fmt: skip
    assert named - {""} | elsewhere >= set(APPRAISAL_GUARDS) | set(PANEL_GUARDS)


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


@pytest.mark.parametrize(("days", "counts"), [(14, True), (4, False)])
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
    assert (
        guard_of(asked_of(where, HOST, "draw_committed", replaces=sent.ref, declared=other)) == "said_again_the_same"
    )
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
