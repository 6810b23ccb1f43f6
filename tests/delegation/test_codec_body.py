"""Bodies: facts of every content, JSON there and back, and no value ever repeated."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delegation import model
from delegation.codec_body import agreement_record, body_facts, materials_of
from delegation.codec_body_checks import CONTENT_OF_KIND
from delegation.codec_json import body_from_json, body_to_json
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.facts import AnswerFacts, BodyFacts, InvestigatorFacts
from delegation.payloads import MOST_BODY
from tests import builders as b
from tests.delegation.appraisal_details import APPRAISAL_CONTENT, REQUEST
from xieban.delegation.v1 import body_pb2 as pb

GOOD_ID = "11010519491231002X"  # the example of GB 11643-1999
GOOD_CREDIT_CODE = "91350100M000100Y43"  # the example of GB 32100-2015
NAME, SECRET = "张三丰", "腰椎骨折"
KEY = "a2V5" * 10 + "a2U="  # 32 bytes
SUM = "A" * 43 + "="


def base(**more: object) -> dict[str, object]:
    return {
        "thread_id": b.DELEGATION_NUMBER,
        "attestation": {
            "handler": {"staff_id": "hz-017", "name": "李经办"},
            "approver": {"staff_id": "hz-002", "name": "王科长"},
            "approved_at": "2026-03-12T02:00:00Z",
        },
        **more,
    }


LETTER: dict[str, object] = {
    "acceptance_number": "杭人社受〔2026〕17号",
    "case_summary": SECRET,
    "items": [{"code": "A1", "text": "现场", "mandatory": True}, {"code": "A2", "text": "证人"}],
    "worker": {"name": NAME, "id_document": "ID_DOCUMENT_CITIZEN_ID", "id_number": GOOD_ID, "born_on": "1949-12-31"},
    "employer": {"name": "某公司", "credit_code": GOOD_CREDIT_CODE, "operates_in": "330106"},
    "accident": {"happened_at": "2026-02-20T08:15", "region_code": "510107"},
    "insurance": {"mode": "INSURANCE_MODE_PROJECT", "insured_in": "330100", "project_in": "510100"},
    "applicant": {"role": "APPLICANT_ROLE_WORKER", "applied_on": "2026-03-01"},
    "claimed_grounds": ["14-1"],
    "occupational_disease": "OCCUPATIONAL_DISEASE_VALID_CERTIFICATE",
    "recusal_declared": True,
}
INVESTIGATOR = {
    "staff_id": "cd-1",
    "name": "赵",
    "credential_kind": "执法证",
    "credential_number": "51-1",
    "unit": b.CHENGDU_RD,
}
RESULT: dict[str, object] = {
    "answers": [
        {"item_code": "A1", "finding": "FINDING_FOUND", "text": SECRET, "evidence_ids": ["E1"]},
        {"item_code": "A2", "finding": "FINDING_NOT_FOUND", "unable_code": "U02"},
    ],
    "evidence": [
        {"evidence_id": "E1", "kind": "EVIDENCE_KIND_DOCUMENT", "material_ids": [b.a_uuid4(1), b.a_uuid4(2)]},
        {"evidence_id": "E2", "kind": "EVIDENCE_KIND_WITNESS", "material_ids": [b.a_uuid4(2)]},
    ],
    "investigators": [INVESTIGATOR, {"staff_id": "cd-2", "conflict": True, "recusal_declared": True}],
    "reviewer_staff_id": "cd-9",
    "checks": [
        {"code": "signed-by-both", "met": True},
        {"code": "copy-compared", "explanation": "原件已灭失"},
        {"code": "transcript", "explanation": "  "},
    ],
}  # fmt: skip
EVIDENCE = RESULT["evidence"]
CONTENT: dict[str, dict[str, object]] = {
    "letter": LETTER,
    "return_notice": {"defects": [{"code": "B01", "subject": "items", "text": "缺"}]},
    "refusal": {"superior": "四川省人社厅", "competent_unit": b.DEYANG_RD},
    "assignment": {"investigators": RESULT["investigators"], "planned_on": "2026-03-20"},
    "result": RESULT,
    "supplement": {"items": [{"item_code": "A2", "reason": "Q01", "text": "再问"}]},
    "question": {"item_code": "A1", "text": "哪个门?"},
    "clock": {"document_number": "杭人社中止〔2026〕3号"},
    "amendment": {"subject": "clock", "before": "旧", "after": "新"},
    "non_cooperation": {"who": "某公司", "notice_served_on": "2026-03-18", "refusal": "不提供考勤"},
    "originals": {"items": [{"description": "病历", "keeper": "赵"}], "carrier": "EMS"},
    "cost": {"lines": [{"description": "检测", "amount_fen": "120000"}], "payer": "委托方"},
    "subject": {"request": "查阅", "outcome": "同意"},
    "notice": {"worker": {"name": NAME}, "employer": {"operates_in": "330106"}, "accident": {"region_code": "510107"}},
    "agreement": {"record": "cmVjb3Jk"},
    "protest": {"guard": "four-eyes"},
    "hand_over": {"done_so_far": "已问一人", "evidence": EVIDENCE},
    "acceptance": {"local_case_number": "成协〔2026〕9号", "contact": {"staff_id": "cd-1"}},
    "adoption": {"adoption": "ADOPTION_PARTLY", "reason": "缺一项"},
    **APPRAISAL_CONTENT,
}
BY_KIND = [kind for kind in Kind if kind]


def body_of(kind: Kind, /, **changes: object) -> bytes:
    content = CONTENT_OF_KIND.get(kind)
    data = base(**({} if content is None else {content: CONTENT[content]}))
    return body_from_json(kind, {**data, **changes})


@pytest.mark.parametrize("kind", BY_KIND, ids=lambda kind: kind.name)
def test_a_body_of_every_kind_goes_to_json_and_back(kind: Kind) -> None:
    body = body_of(kind)
    data = body_to_json(body)
    assert data["kind"] == f"EVENT_KIND_{kind.name}"
    assert body_from_json(kind, data) == body
    facts = body_facts(body)
    assert (facts.kind, facts.thread_id) == (kind, b.DELEGATION_NUMBER)
    assert (facts.handler_id, facts.approver_id) == ("hz-017", "hz-002")
    assert facts.content == CONTENT_OF_KIND.get(kind, "")


def test_facts_of_a_letter() -> None:
    material = {"material_id": b.a_uuid4(4), "key": KEY, "name": "病历.pdf", "size": "12", "sha256": KEY}
    facts = body_facts(
        body_of(
            Kind.ISSUED,
            materials=[material],
            reused_material_ids=[b.a_uuid4(5)],
            sealed_reasons=["R05"],
            text="见附件",
            paper={"recorded_by": [{"staff_id": "hz-1"}, {"staff_id": "hz-2"}], "scan_material_id": b.a_uuid4(4)},
        )
    )
    assert facts == BodyFacts(
        kind=Kind.ISSUED,
        thread_id=b.DELEGATION_NUMBER,
        handler_id="hz-017",
        approver_id="hz-002",
        material_ids=(b.a_uuid4(4),),
        reused_material_ids=(b.a_uuid4(5),),
        sealed_reasons=("R05",),
        content="letter",
        items=(("A1", True), ("A2", False)),
        insurance_mode=2,
        insured_in="330100",
        project_in="510100",
        operates_in="330106",
        occupational_disease=1,
        letter_recusal_declared=True,
        accident_region="510107",
        worker_id_document=1,
        paper_recorders=("hz-1", "hz-2"),
        paper_scan=b.a_uuid4(4),
        has_text=True,
    )


@pytest.mark.parametrize(
    ("worker", "ok"),
    [
        ({"id_document": "ID_DOCUMENT_CITIZEN_ID", "id_number": GOOD_ID}, True),
        ({"id_document": "ID_DOCUMENT_CITIZEN_ID", "id_number": GOOD_ID[:-1] + "1"}, False),
        ({"id_document": "ID_DOCUMENT_CITIZEN_ID"}, True),
        ({"id_document": "ID_DOCUMENT_OLD_ID", "id_number": "110105491231002"}, True),
        ({"id_document": "ID_DOCUMENT_OLD_ID", "id_number": "110105491331002"}, False),
        ({"id_document": "ID_DOCUMENT_PASSPORT", "id_number": "E12345678"}, True),
    ],
)
def test_an_identity_number_is_judged_where_it_is_filled_in(worker: dict[str, object], ok: bool) -> None:
    assert body_facts(body_of(Kind.ISSUED, letter={**LETTER, "worker": worker})).worker_id_ok is ok


def test_a_credit_code_is_judged_where_it_is_filled_in() -> None:
    def ok(code: str) -> bool:
        return body_facts(body_of(Kind.NOTICE_SENT, notice={"employer": {"credit_code": code}})).credit_code_ok

    assert ok(GOOD_CREDIT_CODE)
    assert ok("")
    assert not ok(GOOD_CREDIT_CODE[:-1] + "4")


def test_facts_of_a_result() -> None:
    facts = body_facts(body_of(Kind.REPORTED))
    assert facts.answers == (
        AnswerFacts("A1", 1, "", ("E1",)),
        AnswerFacts("A2", 3, "U02", ()),
    )
    assert facts.investigators == (
        InvestigatorFacts("cd-1", b.CHENGDU_RD, has_credential=True, conflict=False, recusal_declared=False),
        InvestigatorFacts("cd-2", "", has_credential=False, conflict=True, recusal_declared=True),
    )
    assert facts.evidence_ids == ("E1", "E2")
    assert facts.evidence_material_ids == (b.a_uuid4(1), b.a_uuid4(2))
    assert (facts.checks_met, facts.checks_explained, facts.checks_open) == (1, 1, 1)
    assert facts.checks_unanswered == 6  # three of a document, three of a witness; other codes answer none of them
    assert facts.reviewer_id == "cd-9"


def test_facts_of_other_contents() -> None:
    assert body_facts(body_of(Kind.RETURNED)).defects == (model.Defect("B01", "items"),)
    assert len(body_facts(body_of(Kind.ASSIGNED)).investigators) == 2
    assert body_facts(body_of(Kind.SUPPLEMENT_REQUESTED)).supplement_items == (("A2", "Q01"),)
    assert body_facts(body_of(Kind.WITHDRAW_CONFIRMED)).evidence_ids == ("E1", "E2")
    assert body_facts(body_of(Kind.QUESTION)).has_text
    assert not body_facts(body_of(Kind.PROGRESS)).has_text
    assert agreement_record(body_of(Kind.AGREEMENT_PROPOSED)) == b"record"


def test_keys_of_materials_come_out_and_do_not_show() -> None:
    material = {"material_id": b.a_uuid4(4), "key": KEY, "name": f"{NAME}.pdf", "size": "12", "sha256": SUM, "pages": 3}
    (found,) = materials_of(body_of(Kind.MATERIAL_ADDED, materials=[material]))
    assert (found.key, found.name, found.size, found.pages) == (b"key" * 10 + b"ke", f"{NAME}.pdf", 12, 3)
    assert NAME not in repr(found)
    assert "keykey" not in repr(found)


WRONG_JSON: list[tuple[dict[str, object], str]] = [
    ({"verdict": NAME}, "(unknown)"),
    ({"threadId": b.DELEGATION_NUMBER}, "(unknown)"),
    ({"letter": {**LETTER, NAME: 1}}, "letter.(unknown)"),
    ({"letter": {**LETTER, "worker": {"name": 7}}}, "letter.worker.name"),
    ({"letter": {**LETTER, "worker": {"name": None}}}, "letter.worker.name"),
    ({"letter": {**LETTER, "worker": [NAME]}}, "letter.worker"),
    ({"letter": {**LETTER, "worker": {"name": f"{NAME}\x00"}}}, "letter.worker.name"),
    ({"letter": {**LETTER, "worker": {"name": "\ud800"}}}, "letter.worker.name"),
    ({"letter": {**LETTER, "worker": {"born_on": "1980-02-30"}}}, "letter.worker.born_on"),
    ({"letter": {**LETTER, "worker": {"id_document": 1}}}, "letter.worker.id_document"),
    ({"letter": {**LETTER, "worker": {"id_document": NAME}}}, "letter.worker.id_document"),
    ({"letter": {**LETTER, "items": NAME}}, "letter.items"),
    ({"letter": {**LETTER, "items": [{"code": NAME}]}}, "letter.items.code"),
    ({"letter": {**LETTER, "items": [{"text": NAME}]}}, "letter.items.code"),
    ({"letter": {**LETTER, "items": [{"code": "A"}, {"code": "A"}]}}, "letter.items"),
    ({"letter": {**LETTER, "items": [{"code": "A", "mandatory": 1}]}}, "letter.items.mandatory"),
    ({"letter": {**LETTER, "items": [{"code": "A"}] * 513}}, "letter.items"),
    ({"letter": {**LETTER, "insurance": {}}}, "letter.insurance.mode"),
    ({"letter": {**LETTER, "accident": {"happened_at": "2026-02-20 08:15"}}}, "letter.accident.happened_at"),
    ({"letter": {**LETTER, "case_summary": "长" * 20_001}}, "letter.case_summary"),
    ({"letter": {**LETTER, "claimed_grounds": [NAME]}}, "letter.claimed_grounds"),
    ({"question": {"text": NAME}}, "body"),
    ({"attestation": {"approved_at": NAME}}, "body"),
    ({"attestation": {"approved_at": 1.5}}, "attestation.approved_at"),
    ({"attestation": {"approved_at": "1990-01-01T00:00:00Z"}}, "attestation.approved_at"),
    ({"materials": [{"material_id": b.a_uuid4(), "size": float("nan")}]}, "materials.size"),
    ({"materials": [{"material_id": b.a_uuid4(), "size": -1}]}, "materials.size"),
    ({"materials": [{"material_id": b.a_uuid4(), "size": True}]}, "materials.size"),
    ({"materials": [{"material_id": b.a_uuid4(), "size": str(2**63)}]}, "materials.size"),
    ({"materials": [{"material_id": b.a_uuid4(), "pages": "3"}]}, "materials.pages"),
    ({"materials": [{"material_id": b.a_uuid4(), "pages": 3.0}]}, "materials.pages"),
    ({"materials": [{"material_id": b.a_uuid4(), "key": "not base 64"}]}, "materials.key"),
    ({"materials": [{"material_id": b.a_uuid4(), "key": "c2hvcnQ="}]}, "materials.key"),
    ({"sealed_reasons": ["R99"]}, "sealed_reasons"),
    ({"thread_id": NAME}, "thread_id"),
    ({"kind": "EVENT_KIND_REPORTED"}, "kind"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), WRONG_JSON, ids=[f"{f}-{n}" for n, (_, f) in enumerate(WRONG_JSON)])
def test_json_that_does_not_fit_is_refused_without_a_value(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        body_of(Kind.ISSUED, **changes)
    assert (caught.value.reason, caught.value.details) == (Reason.INVALID_INPUT, {"field": field})
    assert NAME not in str(caught.value)
    assert caught.value.__cause__ is None


def test_content_of_another_kind_or_none_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        body_from_json(Kind.ISSUED, base())
    assert caught.value.details == {"field": "letter"}
    with pytest.raises(Refusal) as caught:
        body_from_json(Kind.PROGRESS, base(letter=LETTER))
    assert caught.value.details == {"field": "letter"}
    with pytest.raises(Refusal) as caught:
        body_from_json(Kind.ADOPTION, base(adoption={"reason": "x"}))
    assert caught.value.details == {"field": "adoption.adoption"}


def test_a_body_over_its_cap_is_too_large() -> None:
    question = {"text": "问" * 20_000}
    answer = body_of(Kind.QUESTION, question=question)
    assert len(answer) < MOST_BODY
    with pytest.raises(Refusal) as caught:
        body_of(Kind.QUESTION, question=question, text="答" * 2_000)
    assert caught.value.reason is Reason.TOO_LARGE


def test_an_unknown_number_in_a_body_is_an_unknown_code() -> None:
    message = pb.Body.FromString(body_of(Kind.REPORTED))
    message.result.answers[0].finding = 9  # type: ignore[assignment]  # a number of a later version
    with pytest.raises(Refusal) as caught:
        body_facts(message.SerializeToString())
    assert (caught.value.reason, caught.value.details) == (Reason.UNKNOWN_CODE, {"field": "result.answers.finding"})


def test_an_unknown_optional_field_of_a_body_is_ignored() -> None:
    body = body_of(Kind.REPORTED)
    assert body_facts(body + b"\xfa\x3e\x05later") == body_facts(body)


BODIES = [body_of(kind) for kind in (Kind.ISSUED, Kind.REPORTED, Kind.ASSIGNED, Kind.COST_STATED)]
READERS: tuple[Callable[[bytes], object], ...] = (body_facts, materials_of, body_to_json)


@given(
    st.sampled_from(READERS), st.sampled_from(BODIES), st.binary(max_size=40), st.integers(0, 900), st.integers(0, 40)
)
@settings(max_examples=200)
def test_no_bytes_break_a_reader(read: Callable[[bytes], object], good: bytes, noise: bytes, at: int, cut: int) -> None:
    for data in (noise, good[:at] + noise + good[at + cut :]):
        try:
            read(data)
        except Refusal as refusal:
            fields = set(refusal.details)
        else:
            continue
        assert fields == {"field"}


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["letter", "items", "code", "worker", "name", "kind", "text", "materials", "size", "x"]),
        inner,
        max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*pb.Body.DESCRIPTOR.fields_by_name, "more"]), JSON_VALUES, max_size=4))
@settings(max_examples=200)
def test_no_json_breaks_the_writer(changes: dict[str, object]) -> None:
    try:
        body_of(Kind.ISSUED, **changes)
    except Refusal as refusal:
        reason = refusal.reason
    else:
        return
    assert reason in {Reason.INVALID_INPUT, Reason.TOO_LARGE}


def test_a_letter_of_an_appraisal_goes_to_json_and_back() -> None:
    body = body_of(Kind.ISSUED, letter={**LETTER, "appraisal": REQUEST})
    data = body_to_json(body)
    letter = data["letter"]
    assert isinstance(letter, dict)
    assert letter["appraisal"] == REQUEST
    assert body_from_json(Kind.ISSUED, data) == body


@pytest.mark.parametrize(
    ("kind", "content", "field"),
    [
        (Kind.ISSUED, {"letter": {"appraisal": {"panel_size": 4}}}, "letter.appraisal.panel_size"),
        (Kind.ISSUED, {"letter": {"appraisal": {"specialties": ["M299"]}}}, "letter.appraisal.specialties"),
        (Kind.SPECIALTY_DETERMINED, {"specialties": {"specialties": ["骨科"]}}, "specialties.specialties"),
        (
            Kind.PANEL_SHORT,
            {"specialties": {"ineligible": [{"reason": "I99", "count": 1}]}},
            "specialties.ineligible.reason",
        ),
        (Kind.DRAW_COMMITTED, {"draw_escrow": {"secrets": [{"unit": b.ZHEJIANG_PO}]}}, "draw_escrow.secrets.key_id"),
        (Kind.SCHEDULED, {"appointment": {"at": "2026-04-02T09:00"}}, "appointment.form"),
        (Kind.SCHEDULED, {"appointment": {"at": "4月2日", "form": "EXAMINATION_FORM_VIDEO"}}, "appointment.at"),
        (Kind.OPINION_FORMED, {"opinion": {"majority": {"grade": 12}}}, "opinion.majority.grade"),
        (Kind.OPINION_FORMED, {"opinion": {"majority": {"injuries": [{}]}}}, "opinion.majority.injuries.grade"),
        (
            Kind.OPINION_FORMED, {"opinion": {"majority": {"self_care": {"degree": 4}}}},
            "opinion.majority.self_care.degree",
        ),
        (Kind.OPINION_FORMED, {"opinion": {"answers": [{"warning": "G99", "text": "x"}]}}, "opinion.answers.warning"),
        (Kind.CONCLUSION_ISSUED, {"conclusion": {"number": "1"}}, "conclusion.on"),
    ],
)  # fmt: skip
def test_bodies_of_an_appraisal_keep_their_patterns(kind: Kind, content: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        body_from_json(kind, base(**content))
    assert (caught.value.reason, caught.value.details) == (Reason.INVALID_INPUT, {"field": field})
