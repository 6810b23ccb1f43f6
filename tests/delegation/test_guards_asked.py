"""What is held is not asked for again, unless it is said why it does not do; both sides judge it alike."""

from dataclasses import replace
from typing import Any

import pytest

from delegation.codec_body import body_facts
from delegation.codec_json import body_from_json
from delegation.codes import Kind
from delegation.errors import Reason, Refusal, Refused
from delegation.facts import AskedFacts, CaseFacts, HeldDocument
from delegation.guards_asked import asks_for
from delegation.lifecycle import judge_body
from delegation.model import Base, Defect, LetterDeclared, MaterialRef, ReturnDeclared
from delegation.required_materials import DOCUMENTS, REQUIRED, is_document
from tests.builders import DELEGATION_NUMBER, a_digest, a_header, a_roster, a_uuid4
from tests.simulator.composing import letter_body
from tests.simulator.paths import HOME, HOST, scene

FIRST, SECOND = a_uuid4(61), a_uuid4(62)


def held(*files: tuple[str, str], leg: int = 1, sequence: int = 1) -> CaseFacts:
    """A case that holds files of these kinds."""
    listed = tuple(HeldDocument(each, kind, leg, sequence) for each, kind in files)
    return CaseFacts(held_material_ids=frozenset(each for each, _ in files), held_documents=listed)


ACCEPTED = held((FIRST, "acceptance"))


def judged(
    row: str, history: CaseFacts, *, state: str = "signed_for", by: str = HOST, base: int = 9, **body: Any
) -> Refused | None:
    """What class B says of the draft of a row in a state, with another body and other things held."""
    where = scene(state)
    bureau = where.federation.bureau(by)
    draft, facts = bureau.draft(where.ref, row)
    header = replace(draft, base=Base(base, a_digest("entry")))
    case = bureau.cases[where.ref]
    case = replace(
        case,
        held_material_ids=case.held_material_ids | history.held_material_ids,
        held_documents=history.held_documents,
    )
    return judge_body(
        bureau.look_up(where.ref), header, replace(facts, **body), roster=where.federation.roster, history=case
    )


def held_already(code: str, *ids: str) -> Refused:
    details = {"guard": "not_asked_again", "asked": code, "material_ids": ",".join(sorted(ids))}
    return Refused(Reason.MATERIAL_HELD_ALREADY, details)


REFUSED = held_already("acceptance", FIRST)
ASKED = (AskedFacts("acceptance"),)


@pytest.mark.parametrize(
    ("row", "state", "by"),
    [("returned", "signed_for", HOST), ("question", "in_progress", HOST), ("supplement_requested", "reported", HOME)],
)
def test_each_kind_that_asks_is_refused_with_the_pointer(row: str, state: str, by: str) -> None:
    assert judged(row, ACCEPTED, state=state, by=by, asked=ASKED) == REFUSED
    assert judged(row, CaseFacts(), state=state, by=by, asked=ASKED) is None
    assert judged(row, ACCEPTED, state=state, by=by) is None


def test_another_material_may_be_asked_for() -> None:
    assert judged("question", ACCEPTED, state="in_progress", asked=(AskedFacts("diagnosis"),)) is None


def test_every_held_file_of_the_kind_is_pointed_at_and_has_to_be_unfit() -> None:
    both = held((FIRST, "labour-contract"), (SECOND, "employment_proof"))
    one, two = (AskedFacts("employment", (FIRST,)),), (AskedFacts("employment", (FIRST, SECOND)),)
    assert judged("question", both, state="in_progress", asked=(AskedFacts("employment"),)) == held_already(
        "employment", FIRST, SECOND
    )
    assert judged("question", both, state="in_progress", asked=one) == held_already("employment", SECOND)
    assert judged("question", both, state="in_progress", asked=two) is None


def test_what_is_said_to_be_unfit_has_to_be_held() -> None:
    asked = (AskedFacts("diagnosis", (SECOND,)),)
    refused = judged("question", ACCEPTED, state="in_progress", asked=asked)
    assert refused == Refused(Reason.BODY_GUARD_FAILED, {"guard": "not_asked_again"})


def test_a_defect_that_says_the_acceptance_is_missing_asks_for_it() -> None:
    case = scene("signed_for")
    draft, facts = case.federation.bureau(HOST).draft(case.ref, "returned")
    assert facts.defects
    missing, bad = Defect("B07", "acceptance"), Defect("B03", FIRST)
    assert asks_for(replace(facts, defects=(missing,))) == {"acceptance": frozenset({"acceptance"})}

    def of(*defects: Defect, history: CaseFacts = ACCEPTED) -> Refused | None:
        bureau = case.federation.bureau(HOST)
        header = replace(draft, declared=ReturnDeclared(defects), base=Base(9, a_digest("entry")))
        known = replace(bureau.cases[case.ref], held_documents=history.held_documents)
        return judge_body(
            bureau.look_up(case.ref),
            header,
            replace(facts, defects=defects),
            roster=case.federation.roster,
            history=known,
        )

    assert of(missing) == REFUSED
    assert of(missing, history=CaseFacts()) is None
    assert of(missing, bad) is None, "a defect that names the file says that it does not do"


def test_what_the_asking_side_had_not_read_yet_is_no_reason() -> None:
    late = held((FIRST, "acceptance"), sequence=10)
    assert judged("question", late, state="in_progress", asked=ASKED) is None
    read = judged("question", late, state="in_progress", asked=ASKED, base=10)
    assert read == REFUSED


def test_what_another_leg_delivered_this_host_never_got() -> None:
    assert judged("question", held((FIRST, "acceptance"), leg=2), state="in_progress", asked=ASKED) is None


def test_a_letter_counts_what_was_taken_over_as_not_asked_for_again() -> None:
    material = MaterialRef(FIRST, a_digest("root"), 1000, 1)
    body = replace(letter_body(DELEGATION_NUMBER), material_ids=(FIRST,), taken_over_ids=(FIRST,))

    def of(declared: LetterDeclared) -> Refused | None:
        header = a_header(manifest=(material,), declared=declared)
        return judge_body(None, header, body, roster=a_roster(), history=CaseFacts())

    assert of(LetterDeclared(3, 2, 1)) is None
    assert of(LetterDeclared(3, 2, 0)) == Refused(Reason.BODY_CONTRADICTS_HEADER, {"what": "reused_materials"})


def test_every_document_of_a_matter_may_be_asked_for_by_its_code() -> None:
    assert {each.code for listed in REQUIRED.values() for each in listed} == set(DOCUMENTS)
    assert is_document("records", "medical_record")
    assert not is_document("records", "diagnosis")
    assert not is_document("photo", "photo")


def a_body(kind: Kind, content: dict[str, object], asked: object) -> bytes:
    return body_from_json(kind, {"thread_id": DELEGATION_NUMBER, **content, "asked_materials": asked})


UNFIT = {"material_id": FIRST, "fault": "MATERIAL_FAULT_ILLEGIBLE", "text": "印章看不清"}
QUESTION: dict[str, object] = {"question": {"text": "请补一份清楚的"}}


def test_what_is_asked_for_stands_in_the_body_by_code() -> None:
    body = a_body(Kind.QUESTION, QUESTION, [{"material": "acceptance", "unfit": [UNFIT]}, {"material": "records"}])
    assert body_facts(body).asked == (AskedFacts("acceptance", (FIRST,)), AskedFacts("records"))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ([{"material": "witness"}], "asked_materials.material"),
        ([{}], "asked_materials.material"),
        ([{"material": "id"}, {"material": "id"}], "asked_materials"),
        ([{"material": "id", "unfit": [{**UNFIT, "text": ""}]}], "asked_materials.unfit.text"),
        (
            [{"material": "id", "unfit": [{**UNFIT, "fault": "MATERIAL_FAULT_UNSPECIFIED"}]}],
            "asked_materials.unfit.fault",
        ),
        ([{"material": "id", "unfit": [{**UNFIT, "material_id": "x"}]}], "asked_materials.unfit.material_id"),
        ([{"material": "id", "unfit": [UNFIT, UNFIT]}], "asked_materials.unfit"),
    ],
)
def test_what_is_asked_for_is_read_strictly(asked: object, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        a_body(Kind.QUESTION, QUESTION, asked)
    assert (refused.value.reason, refused.value.details) == (Reason.INVALID_INPUT, {"field": field})


def test_only_what_asks_names_materials() -> None:
    with pytest.raises(Refusal) as refused:
        a_body(Kind.ANSWER, QUESTION, [{"material": "id"}])
    assert refused.value.details == {"field": "asked_materials"}
