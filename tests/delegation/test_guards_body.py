"""Guards of class B and L: what a body must say, that it must agree with its header, and four eyes."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from delegation.codes import Kind, Priority
from delegation.errors import Reason, Refused
from delegation.facts import BodyFacts, CaseFacts, LocalFacts
from delegation.lifecycle import judge_body, judge_local
from delegation.model import AssignmentDeclared, LetterDeclared, MaterialRef, ResultDeclared
from tests.builders import CHENGDU_AC, HANGZHOU_RD, TODAY, a_digest, a_header, a_roster, a_uuid4
from tests.simulator.composing import TEAM, letter_body
from tests.simulator.paths import HOME, HOST, scene

LETTER = a_header()
BODY = letter_body(LETTER.thread_id)
MATERIAL = MaterialRef(a_uuid4(50), a_digest("root"), 1000, 1)


def of_letter(body: BodyFacts, history: CaseFacts | None = None, **changes: Any) -> Refused | None:
    """What class B says to a first letter."""
    header = replace(LETTER, **changes)
    return judge_body(None, header, body, roster=a_roster(), history=history or CaseFacts())


def test_a_good_letter_passes() -> None:
    assert of_letter(BODY) is None


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"insurance_mode": 2, "project_in": "510100"}, "home_is_right"),
        ({"insurance_mode": 3, "operates_in": "510600"}, "home_is_right"),
        ({"insurance_mode": 3, "operates_in": ""}, "home_is_right"),
        ({"insurance_mode": 0}, "home_is_right"),
        ({"occupational_disease": 1}, "no_valid_certificate"),
        ({"letter_recusal_declared": False}, "letter_recusal"),
        ({"worker_id_ok": False}, "numbers_hold"),
        ({"credit_code_ok": False}, "numbers_hold"),
        ({"items": (("A1", True), ("A1", True), ("A3", False))}, "letter_matches"),
        ({"paper_scan": a_uuid4(3)}, "paper_kept"),
    ],
)
def test_a_letter_that_may_not_be_sent(changes: dict[str, Any], guard: str) -> None:
    assert of_letter(replace(BODY, **changes)) == Refused(Reason.BODY_GUARD_FAILED, {"guard": guard})


@pytest.mark.parametrize("priority", Priority)
def test_priority_has_its_reason_in_the_letter(priority: Priority) -> None:
    silent = of_letter(replace(BODY, priority_told=False), priority=priority)
    told = Refused(Reason.BODY_GUARD_FAILED, {"guard": "priority_told"})
    assert silent == (told if priority in {Priority.PREFERRED, Priority.GREEN} else None)
    assert of_letter(BODY, priority=priority) is None


def test_a_letter_that_goes_on_keeps_a_priority_that_was_given_later() -> None:
    where = scene("transferred")
    home = where.federation.bureau(HOME)
    draft, facts = home.draft(where.ref, "issued_after_transfer")
    thread, case = home.look_up(where.ref), home.cases[where.ref]
    assert thread.letter is not None
    raised = replace(thread, letter=replace(thread.letter, priority=Priority.GREEN))
    silent = replace(facts, priority_told=False)
    ask = partial(judge_body, facts=silent, roster=where.federation.roster, history=case)
    green = replace(draft, priority=Priority.GREEN)
    assert ask(raised, green) is None
    assert ask(thread, green) == Refused(Reason.BODY_GUARD_FAILED, {"guard": "priority_told"})


@pytest.mark.parametrize("text", [True, False])
def test_a_changed_priority_has_its_reason(text: bool) -> None:
    where = scene("accepted")
    home = where.federation.bureau(HOME)
    draft, facts = home.draft(where.ref, "priority_changed")
    thread, case = home.look_up(where.ref), home.cases[where.ref]
    found = judge_body(thread, draft, replace(facts, has_text=text), roster=where.federation.roster, history=case)
    assert found == (None if text else Refused(Reason.BODY_GUARD_FAILED, {"guard": "reason_told"}))


@pytest.mark.parametrize("place", ["330100", "330106"])
def test_the_place_of_the_project_or_of_operation_may_lie_below_the_home(place: str) -> None:
    assert of_letter(replace(BODY, insurance_mode=2, project_in=place)) is None
    assert of_letter(replace(BODY, insurance_mode=3, operates_in=place)) is None


def test_a_defective_certificate_may_be_looked_into() -> None:
    assert of_letter(replace(BODY, occupational_disease=2)) is None


@pytest.mark.parametrize(
    ("body", "header", "what"),
    [
        ({"kind": Kind.LETTER_CORRECTED}, {}, "kind"),
        ({"thread_id": "WT-330100-20260312-000099-X"}, {}, "kind"),
        ({"items": (("A1", True),)}, {}, "items"),
        ({}, {"declared": LetterDeclared(3, 3)}, "items"),
        ({}, {"declared": LetterDeclared(3, 2, 1)}, "reused_materials"),
        ({}, {"manifest": (MATERIAL,)}, "materials"),
        ({"sealed_reasons": ("R05",)}, {}, "reasons"),
    ],
)
def test_a_body_that_contradicts_its_header(body: dict[str, Any], header: dict[str, Any], what: str) -> None:
    refused = of_letter(replace(BODY, **body), **header)
    assert refused == Refused(Reason.BODY_CONTRADICTS_HEADER, {"what": what})


def test_a_material_held_already_is_not_sent_again_and_one_not_held_is_not_referred_to() -> None:
    held = CaseFacts(held_material_ids=frozenset({MATERIAL.material_id}))
    again = replace(BODY, material_ids=(MATERIAL.material_id,))
    refused = Refused(Reason.MATERIAL_HELD_ALREADY, {"guard": "material_not_sent_again"})
    assert of_letter(again, held, manifest=(MATERIAL,)) == refused
    assert of_letter(again, manifest=(MATERIAL,)) is None
    referred = replace(BODY, reused_material_ids=(MATERIAL.material_id,))
    assert of_letter(referred, held, declared=LetterDeclared(3, 2, 1)) is None
    assert of_letter(referred, declared=LetterDeclared(3, 2, 1)) is not None


def of_host(name: str, row: str, *, declared: Any = None, **body: Any) -> Refused | None:
    """What class B says to the host's draft in a state."""
    where = scene(name)
    chengdu = where.federation.bureau(HOST)
    draft, facts = chengdu.draft(where.ref, row)
    if declared is not None:
        draft = replace(draft, declared=declared)
    thread, case = chengdu.look_up(where.ref), chengdu.cases[where.ref]
    return judge_body(thread, draft, replace(facts, **body), roster=where.federation.roster, history=case)


@pytest.mark.parametrize(
    ("people", "refused"),
    [
        (TEAM, None),
        ((TEAM[0], replace(TEAM[1], unit=HANGZHOU_RD)), {"what": "from_elsewhere"}),
        ((TEAM[0], TEAM[0]), {"what": "investigators"}),
        ((TEAM[0], replace(TEAM[1], has_credential=False)), {"what": "investigators"}),
        ((TEAM[0], replace(TEAM[1], conflict=True)), {"what": "investigators"}),
        ((TEAM[0], replace(TEAM[1], recusal_declared=False)), {"guard": "investigators_fit"}),
    ],
)
def test_two_investigators_with_credentials_and_no_conflict(people: Any, refused: dict[str, str] | None) -> None:
    outcome = of_host("accepted", "assigned", investigators=people)
    assert (outcome.details if outcome is not None else None) == refused


@pytest.mark.parametrize(("unit", "fits"), [(HANGZHOU_RD, True), (CHENGDU_AC, True), ("330100AC017", False)])
def test_the_second_may_come_from_the_home_or_another_unit_of_the_bureau(unit: str, fits: bool) -> None:
    people = (TEAM[0], replace(TEAM[1], unit=unit))
    outcome = of_host("accepted", "assigned", investigators=people, declared=AssignmentDeclared(2, 0, 1))
    assert (outcome is None) is fits


def test_a_result_answers_every_item_names_its_evidence_and_is_reviewed_by_another() -> None:
    assert of_host("in_progress", "reported") is None
    where = scene("in_progress")
    draft, facts = where.federation.bureau(HOST).draft(where.ref, "reported")
    first, *rest = facts.answers
    wrong: dict[str, dict[str, Any]] = {
        "answers_cover_round": {"answers": (replace(first, item_code="B9"), *rest)},
        "unable_codes_told": {"answers": (first, *(replace(answer, unable_code="") for answer in rest))},
        "evidence_named": {"answers": (replace(first, evidence_ids=("E9",)), *rest)},
        "reviewer_apart": {"reviewer_id": "i1"},
    }
    for guard, body in wrong.items():
        outcome = of_host("in_progress", "reported", **body)
        assert outcome is not None
        assert guard == outcome.details.get("guard") or outcome.details == {"what": "result"}, (guard, outcome)
    more = ResultDeclared(2, 0, 1, 2, 2, checks_met=1, evidence=1)
    assert of_host("in_progress", "reported", declared=more) == Refused(
        Reason.BODY_CONTRADICTS_HEADER, {"what": "result"}
    )
    assert draft.declared != more


def local(row: str = "completed", *, approval: str = "c2", **staff: Any) -> Refused | None:
    """What class L says to a draft of the home."""
    where = scene("reported")
    hangzhou = where.federation.bureau(HOME)
    draft, facts = hangzhou.draft(where.ref, row)
    facts = replace(facts, approver_id=approval)
    who = LocalFacts(today=TODAY, handler_id="c1", approver_id=approval)
    thread = hangzhou.look_up(where.ref)
    return judge_local(thread, draft, facts, roster=where.federation.roster, staff=replace(who, **staff))


def test_four_eyes() -> None:
    assert local() is None
    assert local(approval="") == Refused(Reason.FOUR_EYES, {"missing": "approver"})
    assert local(approval="c1") == Refused(Reason.FOUR_EYES, {"missing": "another_person"})
    assert local(approver_role="clerk") == Refused(Reason.ROLE_MISSING, {"role": "approver"})
    assert local(handler_role="reader") == Refused(Reason.ROLE_MISSING, {"role": "handler"})
    assert local(handler_id="c9") == Refused(Reason.LOCAL_GUARD_FAILED, {"guard": "people_as_recorded"})
    assert local("question", approval="") is None


def test_only_the_approved_text_is_issued_again_without_people() -> None:
    where = scene("transferred")
    hangzhou = where.federation.bureau(HOME)
    draft, facts = hangzhou.draft(where.ref, "issued_after_transfer")
    nobody = replace(facts, handler_id="", approver_id="")
    ask = {"roster": where.federation.roster, "staff": LocalFacts(today=TODAY)}
    thread = hangzhou.look_up(where.ref)
    assert judge_local(thread, draft, nobody, **ask) is None  # type: ignore[arg-type]  # one dict for two calls
    changed = replace(draft, content_commitment=a_digest("changed"))
    assert judge_local(thread, changed, nobody, **ask) is not None  # type: ignore[arg-type]  # as above
