"""Each guard of class H of an appraisal refuses once, by its name."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from delegation import declared_appraisal as d
from delegation.codes import AppraisalKind, AppraisalMode, LegalBasis, Matter, Procedure, ThreadType
from delegation.draw import Picks, Stratum
from delegation.errors import Reason, Refused
from delegation.guards_appraisal import APPRAISAL_GUARDS
from delegation.guards_panel import PANEL_GUARDS
from delegation.lifecycle import Accepted, judge
from delegation.model import ClockFacts
from delegation.roster_view import Agreement, UnitType
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
    a_unit,
    a_uuid7,
    code_of,
    parsed,
)
from tests.simulator.appraisal_asking import asked_of, first, guard_of
from tests.simulator.appraisal_paths import FULL, ONSITE, SECONDMENT, appraisal_scene
from tests.simulator.appraising import (
    AGREEMENT,
    LOG_ROOT,
    LOG_SIZE,
    STRATA,
    Appraisal,
    appraisal_letter,
    appraisal_roster,
    drawn,
)
from tests.simulator.composing import addressed
from tests.simulator.paths import HOME, HOST, SICHUAN, ZHEJIANG

ROOT = a_digest("a list")
LATER = TODAY + timedelta(days=30)


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
    (
        "panel_drawn", HOST, "scheduled",
        {"declared": d.AppointmentDeclared(TODAY - timedelta(days=1))}, "appointment_not_past",
    ),
    (
        "scheduled", HOST, "rescheduled",
        {"declared": lambda t: d.AppointmentDeclared(TODAY - timedelta(days=1), t.appraisal.appointed_on)},
        "appointment_not_past",
    ),
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
    ("examined", HOME, "conclusion_issued", {}, ""),
    ("opinion_formed", HOME, "conclusion_issued", {}, ""),
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
