"""Guards of class B of an appraisal: each refuses once, and bodies as a codec reads them give the facts they need."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from delegation import declared_appraisal as d
from delegation.codec_body import body_facts
from delegation.codec_json import body_from_json
from delegation.codes import AppraisalKind, Kind, Matter
from delegation.errors import Reason, Refused
from delegation.facts import CaseFacts
from delegation.facts_appraisal import AppraisalBody, RequestFacts
from delegation.guards_body_appraisal import APPRAISAL_BODY_GUARDS
from delegation.lifecycle import judge_body
from tests import builders as b
from tests.delegation.appraisal_details import OPINION, REQUEST
from tests.simulator.appraisal_paths import FULL, ONSITE, actor, appraisal_scene
from tests.simulator.appraising import PROOF, Appraisal, appraisal_letter, appraisal_roster, request_facts
from tests.simulator.composing import letter_body
from tests.simulator.paths import HOME, HOST

DAY = date(2026, 4, 2)


def of_letter(wish: Appraisal, request: AppraisalBody | None) -> Refused | None:
    """What class B says to a first letter."""
    header = appraisal_letter(
        wish, thread_id=b.DELEGATION_NUMBER, home=b.HANGZHOU_AC, at=b.NOW, roster=appraisal_roster()
    )
    body = replace(letter_body(header.thread_id), appraisal=request)
    return judge_body(None, header, body, roster=appraisal_roster(), history=CaseFacts())


@pytest.mark.parametrize(
    ("wish", "request_", "guard"),
    [
        ({}, request_facts(), ""),
        ({}, None, "appraisal_asked"),
        ({}, request_facts(decision_told=False), "decision_recorded"),
        ({}, request_facts(decided_on=None), "decision_recorded"),
        ({}, request_facts(decided_on=date(2026, 3, 13)), "decision_recorded"),
        ({"matter": Matter.NON_WORK_ILLNESS}, request_facts(decision_told=False, decided_on=None), ""),
        ({}, request_facts(pool_basis_told=False), "pool_basis_told"),
        ({"mode": FULL}, request_facts(pool_basis_told=False), ""),
        ({"mode": FULL}, request_facts(consent_worker=False), "consents_given"),
        ({"mode": FULL}, request_facts(consent_employer=False), "consents_given"),
        ({}, request_facts(consent_employer=False), ""),
        ({"kind": AppraisalKind.REVIEW}, request_facts(earlier_on=date(2025, 3, 13)), "review_not_early"),
        ({"kind": AppraisalKind.REVIEW}, request_facts(earlier_on=date(2025, 3, 12)), ""),
        ({"kind": AppraisalKind.REVIEW}, request_facts(earlier_told=False), "review_not_early"),
        ({"kind": AppraisalKind.AGAIN}, request_facts(earlier_on=date(2026, 3, 1)), ""),
        ({"kind": AppraisalKind.AGAIN}, request_facts(earlier_on=None), "review_not_early"),
        ({}, request_facts(earlier_on=None), ""),
    ],
)
def test_what_a_letter_must_say(wish: dict[str, Any], request_: AppraisalBody | None, guard: str) -> None:
    expected = Refused(Reason.BODY_GUARD_FAILED, {"guard": guard}) if guard else None
    assert of_letter(Appraisal(**wish), request_) == expected


def refused(scene: str, who: str, row: str, body: dict[str, Any], case: dict[str, Any], **changes: Any) -> str:
    """What class B says to this row's body with these parts of it changed: the guard, or what is contradicted."""
    where = appraisal_scene(scene)
    bureau = actor(where.federation, who)
    header, facts = bureau.draft(where.ref, row, **changes)
    whole = {name: value for name, value in body.items() if name in {"sealed_reasons", "content", "reviewer_id"}}
    parts = {name: value for name, value in body.items() if name not in whole}
    appraisal = replace(facts.appraisal, **parts) if facts.appraisal is not None else AppraisalBody(**parts)
    facts = replace(facts, appraisal=appraisal, **whole)
    history = replace(bureau.cases[where.ref], **case)
    thread = where.federation.threads[where.ref]
    found = judge_body(thread, header, facts, roster=where.federation.roster, history=history)
    if found is None:
        return ""
    return found.details.get("guard") or f"contradicts {found.details['what']}"


def opinion(**changes: Any) -> dict[str, Any]:
    """The opinion of the scenes with something changed."""
    where = appraisal_scene("examined")
    _, facts = actor(where.federation, HOST).draft(where.ref, "opinion_formed")
    assert facts.appraisal is not None
    assert facts.appraisal.opinion is not None
    return {"opinion": replace(facts.appraisal.opinion, **changes)}


ONE_AGAINST = (("x-1-0-0", True, True, False), ("x-1-0-1", True, True, False), ("x-1-1-0", False, True, False))
THREE = d.OpinionDeclared(3, 3)
FAILING: list[tuple[str, str, str, dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ("accepted", HOST, "specialty_determined", {"specialties": ("M201", "M201")}, {}, {}, "plan_matches"),
    ("accepted", HOST, "specialty_determined", {"specialties": ("M201",)}, {}, {}, "contradicts strata"),
    ("accepted", HOST, "panel_short", {"remedy_told": False}, {}, {}, "remedy_told"),
    ("specialty_set", HOST, "draw_committed", {"escrow_units": ()}, {}, {}, "escrow_to_office"),
    ("specialty_set", HOST, "draw_committed", {"escrow_units": (b.ZHEJIANG_PO,)}, {}, {}, "escrow_to_office"),
    ("revealed_for", HOST, "panel_drawn", {"opened": ()}, {}, {}, "contradicts panel"),
    (
        "revealed_for", HOST, "panel_drawn", {},
        {"void_experts": frozenset((b.CHENGDU_AC, f"x-1-0-{n}") for n in range(9))}, {}, "none_of_a_void_panel",
    ),
    (
        "revealed_for", HOST, "panel_drawn", {},
        {"void_experts": frozenset((b.HANGZHOU_AC, f"x-1-0-{n}") for n in range(9))}, {}, "",
    ),
    ("panel_drawn", HOST, "panel_replaced", {"reason_told": False}, {}, {}, "replacement_opened"),
    ("recusal_open", HOST, "recusal_answered", {"reason_told": False}, {}, {}, "recusal_reasoned"),
    ("issued", HOST, "signed_for", {}, {}, {}, ""),
    ("experts_proposed", HOME, "experts_admitted", {"seconded": ()}, {}, {}, "contradicts experts"),
    ("panel_drawn", HOST, "scheduled", {"day": DAY}, {}, {}, "contradicts day"),
    ("scheduled", HOST, "rescheduled", {"reason_told": False}, {}, {}, "move_reasoned"),
    ("scheduled", HOME, "worker_notified", {"proof": ""}, {}, {}, "notice_proven"),
    ("scheduled", HOME, "worker_notified", {"proof": b.a_uuid4(78)}, {}, {}, "notice_proven"),
    ("scheduled", HOME, "worker_notified", {"proof": PROOF}, {}, {}, ""),
    ("notified", HOST, "no_show", {"sealed_reasons": ("N03",)}, {}, {}, "absence_reason_right"),
    ("notified", HOST, "no_show", {"reason_told": False}, {}, {}, "absence_reason_right"),
    ("notified", HOST, "examined", {"identity_matches": False}, {}, {}, "examination_fits"),
    ("notified", HOST, "examined", {"present": ("x-1-0-0",)}, {}, {}, "examination_fits"),
    ("notified", HOST, "examined", {"day": DAY}, {}, {}, "contradicts day"),
    ("examined", HOST, "opinion_formed", opinion(experts=ONE_AGAINST[:2]), {}, {}, "contradicts opinion"),
    (
        "examined", HOST, "opinion_formed", opinion(experts=ONE_AGAINST), {},
        {"declared": d.OpinionDeclared(3, 3, 1)}, "majority_holds",
    ),
    ("examined", HOST, "opinion_formed", opinion(warnings=("G01",)), {}, {}, "contradicts warnings"),
    (
        "examined", HOST, "opinion_formed", opinion(warnings=("G01",), answered=("G01",)), {},
        {"declared": d.OpinionDeclared(3, 3, 0, 1)}, "",
    ),
    ("examined", HOST, "opinion_formed", opinion(care_items=3), {}, {}, "grades_computed"),
    ("examined", HOST, "opinion_formed", opinion(contradicted=("x-1-0-0",)), {}, {}, "own_finding_fits"),
    ("examined", HOST, "opinion_formed", opinion(combined=0, grades=()), {}, {}, "finding_fits_matter"),
    ("opinion_formed", HOST, "appraisal_reported", opinion(combined=8, grades=(8,)), {}, {}, "contradicts opinion"),
    ("opinion_formed", HOST, "appraisal_reported", {"conclusion_told": False}, {}, {}, "conclusion_by_mode"),
    ("opinion_formed", HOST, "appraisal_reported", {"reviewer_id": "x-1-0-0"}, {}, {}, ""),
    ("opinion_formed", HOST, "appraisal_reported", {"reviewer_id": ""}, {}, {}, "opinion_reviewed"),
    ("reported", HOME, "rejudge_requested", {"clauses": 0}, {}, {}, "clauses_named"),
    ("completed", HOME, "conclusion_issued", {"conclusion_told": False}, {}, {}, "conclusion_matches"),
    ("completed", HOME, "conclusion_issued", {"day": DAY}, {}, {}, "contradicts day"),
    ("concluded", HOME, "conclusion_served", {"remedy_told": False}, {}, {}, "remedy_stated"),
    ("concluded", HOME, "conclusion_served", {"service_told": False}, {}, {}, "conclusion_matches"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scene", "who", "row", "body", "case", "changes", "expected"),
    FAILING,
    ids=[f"{one[2]}-{one[-1]}-{n}" for n, one in enumerate(FAILING)],
)
def test_a_body_that_does_not_hold(
    scene: str, who: str, row: str, body: dict[str, Any], case: dict[str, Any], changes: dict[str, Any], expected: str
) -> None:
    if body.get("reviewer_id") == "x-1-0-0":
        where = appraisal_scene(scene)
        _, facts = actor(where.federation, who).draft(where.ref, row)
        assert facts.appraisal is not None
        assert facts.appraisal.opinion is not None
        body, expected = {"reviewer_id": facts.appraisal.opinion.experts[0][0]}, "opinion_reviewed"
    assert refused(scene, who, row, body, case, **changes) == expected


def test_a_panel_that_was_not_on_the_list_is_refused() -> None:
    where = appraisal_scene("revealed_for")
    header, facts = actor(where.federation, HOST).draft(where.ref, "panel_drawn")
    assert facts.appraisal is not None
    thread, opened = where.federation.threads[where.ref], list(facts.appraisal.opened)

    def says(**changes: Any) -> Refused | None:
        changed = replace(facts.appraisal, opened=(replace(opened[0], **changes), *opened[1:]))  # type: ignore[type-var]
        body = replace(facts, appraisal=changed)
        return judge_body(thread, header, body, roster=where.federation.roster, history=CaseFacts())

    wrong = Refused(Reason.BODY_GUARD_FAILED, {"guard": "panel_opened"})
    assert says() is None
    assert says(leaf=bytes(32)) == wrong
    assert says(leaf=b"") == wrong
    assert says(path=()) == wrong
    assert says(chair=False) is None  # an older record names nobody
    assert says(chair=False, rank=2) is None
    another = replace(facts.appraisal, opened=(replace(opened[0], chair=False), replace(opened[1], chair=True),
                                               *opened[2:]))  # fmt: skip
    body = replace(facts, appraisal=another)
    assert judge_body(thread, header, body, roster=where.federation.roster, history=CaseFacts()) == wrong
    higher = replace(another, opened=(another.opened[0], replace(another.opened[1], rank=2), *another.opened[2:]))
    body = replace(facts, appraisal=higher)
    assert judge_body(thread, header, body, roster=where.federation.roster, history=CaseFacts()) is None
    two_chairs = tuple(replace(each, chair=True) for each in opened)
    body = replace(facts, appraisal=replace(facts.appraisal, opened=two_chairs))
    assert judge_body(thread, header, body, roster=where.federation.roster, history=CaseFacts()) == wrong


def test_experts_are_enough_appointed_and_without_conflict() -> None:
    few = replace(
        letter_body(b.DELEGATION_NUMBER), appraisal=AppraisalBody(request=RequestFacts(panel_size=5))
    )  # fmt: skip
    where = appraisal_scene("experts_proposed")
    thread, host, home = (
        where.federation.threads[where.ref],
        actor(where.federation, HOST),
        actor(where.federation, HOME),
    )
    logged = next(
        one.letter for one in where.federation.log
        if one.letter is not None and one.letter.header.kind is Kind.EXPERTS_PROPOSED
    )  # fmt: skip
    before = appraisal_scene("issued").federation
    assert before is not None
    found = judge_body(
        thread, logged.header, logged.body, roster=where.federation.roster,
        history=replace(host.cases[where.ref], letter=few),
    )  # fmt: skip
    assert found == Refused(Reason.BODY_GUARD_FAILED, {"guard": "proposed_enough"})
    header, facts = home.draft(where.ref, "experts_admitted")
    assert facts.appraisal is not None
    few_told: tuple[dict[str, Any], ...] = (
        {"home_expert_id": ""},
        {"appointment_told": False},
        {"appointed_until": date(2026, 1, 1)},
    )
    for changes in few_told:
        one, *others = facts.appraisal.seconded
        body = replace(facts, appraisal=replace(facts.appraisal, seconded=(replace(one, **changes), *others)))
        found = judge_body(thread, header, body, roster=where.federation.roster, history=CaseFacts())
        assert found == Refused(Reason.BODY_GUARD_FAILED, {"guard": "appointments_stated"})
    drawn = appraisal_scene("drawn_by_home")
    header, facts = actor(drawn.federation, HOST).draft(drawn.ref, "experts_confirmed")
    assert facts.appraisal is not None
    more: tuple[dict[str, Any], ...] = ({"recusal_declared": False}, {"available_on": None})
    for changes in more:
        one, *others = facts.appraisal.seconded
        body = replace(facts, appraisal=replace(facts.appraisal, seconded=(replace(one, **changes), *others)))
        found = judge_body(
            drawn.federation.threads[drawn.ref], header, body, roster=drawn.federation.roster, history=CaseFacts()
        )
        assert found == Refused(Reason.BODY_GUARD_FAILED, {"guard": "no_conflict_declared"})


def test_the_entrusted_conclusion_is_adopted_as_the_home_completes() -> None:
    where = appraisal_scene("completed")
    logged = next(
        one.letter for one in where.federation.log
        if one.letter is not None and one.letter.header.kind is Kind.COMPLETED
    )  # fmt: skip
    before = next(
        one.after for one in reversed(where.federation.log)
        if one.after is not None and one.sequence == where.federation.threads[where.ref].sequence - 1
    )  # fmt: skip
    for silent in (replace(logged.body, content="", appraisal=None), replace(logged.body, appraisal=AppraisalBody())):
        found = judge_body(before, logged.header, silent, roster=where.federation.roster, history=CaseFacts())
        assert found == Refused(Reason.BODY_GUARD_FAILED, {"guard": "adopted_in_one_act"})


def test_every_guard_is_refused_by_name_here() -> None:
    named = {one[-1] for one in FAILING} - {""}
    elsewhere = {
        "appraisal_asked", "decision_recorded", "pool_basis_told", "consents_given", "review_not_early", "panel_opened",
        "proposed_enough", "appointments_stated", "no_conflict_declared", "adopted_in_one_act", "opinion_reviewed",
    }  # fmt: skip
    by_contradiction = {"experts_match", "appointment_matches", "opinion_matches", "result_as_formed"}
    assert named | elsewhere | by_contradiction >= set(APPRAISAL_BODY_GUARDS)


# What the codec gives the guards.


def read(kind: Kind, **content: object) -> AppraisalBody:
    found = body_facts(body_from_json(kind, {"thread_id": b.DELEGATION_NUMBER, **content})).appraisal
    assert found is not None
    return found


def test_facts_of_a_request() -> None:
    found = read(Kind.ISSUED, letter={"appraisal": REQUEST})
    assert found.request == RequestFacts(
        decision_told=True, decided_on=date(2026, 2, 1), pool_basis_told=True, consent_worker=True,
        consent_employer=True, panel_size=3,
    )  # fmt: skip
    plain = body_facts(body_from_json(Kind.ISSUED, {"thread_id": b.DELEGATION_NUMBER, "letter": {}}))
    assert plain.appraisal is None


def test_an_opinion_is_read_in_figures_with_the_warnings_of_the_standard() -> None:
    found = read(Kind.OPINION_FORMED, opinion=OPINION).opinion
    assert found is not None
    assert [(agrees, signed) for _, agrees, signed, _ in found.experts] == [(True, True), (False, True)]
    assert (found.grades, found.combined, found.care_items, found.care_degree) == ((9, 10), 9, 1, 1)
    assert found.warnings == ()
    lighter = {**OPINION, "majority": {"injuries": [{"clause": "5.9.2.1", "grade": 9}], "grade": 10}}
    again = read(Kind.OPINION_FORMED, opinion=lighter).opinion
    assert again is not None
    assert again.warnings
    assert again.care_items is None


NINE = {"injuries": [{"clause": "5.9.2.1", "grade": 9}], "grade": 9}
TEN = {"injuries": [{"clause": "5.10.2.5", "grade": 10}], "grade": 10}


@pytest.mark.parametrize(
    ("own", "contradicts_it"),
    [
        ({"agrees": True}, False),
        ({"agrees": True, "finding": NINE}, False),
        ({"agrees": True, "finding": TEN}, True),
        ({"agrees": False, "finding": TEN, "text": "应评十级"}, False),
        ({"agrees": True, "finding": {**NINE, "self_care": {"moving": True, "degree": 1}}}, True),
        ({"agrees": False, "finding": {**TEN, "self_care": {"moving": True, "degree": 2}}, "text": "不同"}, True),
        ({"agrees": False, "finding": {**TEN, "self_care": {"moving": True, "degree": 1}}, "text": "不同"}, False),
    ],
)
def test_an_experts_own_finding_is_held_against_what_they_sign(own: dict[str, Any], contradicts_it: bool) -> None:
    """Who agrees states the majority's grade and degree; a degree follows from the items, in a dissent as well."""
    majority = {**NINE, "self_care": {"degree": 0}}
    opinions = [{"expert_id": "e-1", "signed_on": "2026-08-01", **own}]
    found = read(Kind.OPINION_FORMED, opinion={"opinions": opinions, "majority": majority}).opinion
    assert found is not None
    assert (found.contradicted == ("e-1",)) is contradicts_it


def test_the_result_names_its_reviewer_and_repeats_the_opinion() -> None:
    result = {"opinion": OPINION, "reviewer_staff_id": "cd-9"}
    data = {"thread_id": b.DELEGATION_NUMBER, "appraisal_result": result}
    facts = body_facts(body_from_json(Kind.APPRAISAL_REPORTED, data))
    assert facts.reviewer_id == "cd-9"
    assert facts.appraisal is not None
    assert facts.appraisal.opinion == read(Kind.OPINION_FORMED, opinion=OPINION).opinion
    assert not facts.appraisal.conclusion_told


def test_an_expert_without_a_salt_opens_nothing() -> None:
    panel = {"experts": [{"expert_id": "x", "specialty": "M201"}]}
    (expert,) = read(Kind.PANEL_DRAWN, panel=panel).opened
    assert expert.leaf == b""
    assert ONSITE is not FULL
