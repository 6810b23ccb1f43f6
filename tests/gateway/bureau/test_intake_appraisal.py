"""The one-window form of an appraisal: its matter first, few required fields, and what the mode needs told as typed."""

import json
from datetime import timedelta
from typing import cast

import pytest

from delegation.codec_json import body_from_json
from delegation.codes import AppraisalKind, AppraisalMode, Kind, Matter
from gateway.bureau.filters import ZONE
from gateway.bureau.intake import form_appraisal
from gateway.bureau.intake.business import blank_appraisal, form_of, show, take
from gateway.bureau.intake.checks import check, complete
from gateway.bureau.intake.form import MOST_REQUIRED
from gateway.bureau.intake.letter import readable
from gateway.schemas.drafts import Draft
from node.desk.business import parse_business
from tests.gateway.fake_accounts import NOW

TODAY = NOW.astimezone(ZONE).date()
TYPED = {
    "matter": ["DISABILITY_GRADE"],
    "appraisal_mode": ["ONSITE_ASSIST"],
    "appraisal_kind": ["FIRST"],
    "clock.application_received_on": ["2026-07-20"],
    "task_place.code": ["510104"],
    "task_place.role": ["RESIDENCE"],
    "letter.worker.name": ["示例"],
    "letter.worker.id_document": ["ID_DOCUMENT_CITIZEN_ID"],
    "letter.worker.id_number": ["11010519491231002X"],
    "letter.employer.name": ["示例公司"],
    "letter.insurance.mode": ["INSURANCE_MODE_EMPLOYER"],
    "letter.insurance.insured_in": ["330100"],
    "letter.appraisal.decision_number": ["示例认〔2026〕1号"],
    "letter.appraisal.decided_on": ["2026-07-01"],
    "letter.appraisal.injured_parts": ["腰椎\n左手"],
    "letter.appraisal.diagnosis": ["腰椎骨折"],
    "letter.appraisal.records": ["出院小结\nCT 报告"],
    "letter.appraisal.treating_hospitals": ["示例医院"],
    "letter.appraisal.panel_size": ["3"],
    "letter.appraisal.pool_basis": ["受托方专家库，一案一议"],
    "letter.appraisal.specialties": ["M201"],
    "letter.case_summary": ["请鉴定伤残等级"],
    "legal_basis": ["SINGLE_CASE"],
    "letter.recusal_declared": ["1"],
}


def faults(**changes: str) -> dict[str, str]:
    """What is wrong with the form when these fields stand otherwise."""
    typed = {**TYPED, **{name: [value] if value else [] for name, value in changes.items()}}
    form = take(typed, today=TODAY, stored={}).form
    check(form, NOW)
    complete(form)
    return form.faults


def test_a_whole_form_lacks_nothing_and_is_what_the_node_takes() -> None:
    taken = take(TYPED, today=TODAY, stored={})
    check(taken.form, NOW)
    complete(taken.form)
    assert taken.form.faults == {}
    Draft.model_validate_json(json.dumps(taken.business, ensure_ascii=False))
    business = parse_business(taken.business)
    assert (business.matter, business.fields["appraisal_mode"]) == (
        Matter.DISABILITY_GRADE,
        AppraisalMode.ONSITE_ASSIST,
    )
    letter = cast("dict[str, object]", taken.business["letter"])
    body_from_json(Kind.ISSUED, {"thread_id": "WT-330100-20260803-000017-Y", "letter": letter})
    request = cast("dict[str, object]", letter["appraisal"])
    assert request["injured_parts"] == ["腰椎", "左手"]
    assert request["panel_size"] == 3
    assert [each["code"] for each in cast("list[dict[str, object]]", letter["items"])] == ["J1"]


def test_a_draft_comes_back_into_its_form_as_it_was() -> None:
    taken = take(TYPED, today=TODAY, stored={})
    shown = show(taken.business)
    assert shown.text("letter.appraisal.records") == "出院小结\nCT 报告"
    again = take({path: list(texts) for path, texts in shown.typed.items()}, today=TODAY, stored=taken.business)
    assert again.business == taken.business
    texts = repr(readable(taken.business))
    assert all(text in texts for text in ("腰椎", "出院小结", "示例认〔2026〕1号", "劳动功能障碍等级鉴定"))
    assert "表外内容" not in texts


@pytest.mark.parametrize("matter", [code for code, _ in form_appraisal.MATTERS])
@pytest.mark.parametrize("mode", list(AppraisalMode)[1:])
@pytest.mark.parametrize("kind", list(AppraisalKind)[1:])
def test_few_fields_are_required(matter: str, mode: AppraisalMode, kind: AppraisalKind) -> None:
    spec = form_of({"matter": matter, "appraisal_mode": mode.name, "appraisal_kind": kind.name}, short_time=True)
    assert sum(each.required for each in spec.fields) <= MOST_REQUIRED
    assert spec.fields[0].path == "matter"


def test_every_matter_but_the_investigation_has_the_form() -> None:
    assert {code for code, _ in form_appraisal.MATTERS} == {each.name for each in Matter if each > Matter.INVESTIGATION}
    assert blank_appraisal().text("matter") == "DISABILITY_GRADE"


def test_without_the_recognition_decision_it_stays_a_draft() -> None:
    found = faults(**{"letter.appraisal.decision_number": "", "letter.appraisal.decided_on": ""})
    assert set(found) == {"letter.appraisal.decision_number", "letter.appraisal.decided_on"}
    found = faults(
        matter="NON_WORK_ILLNESS", **{"letter.appraisal.decision_number": "", "letter.appraisal.decided_on": ""}
    )
    assert found == {}


def test_full_entrustment_is_told_what_it_needs() -> None:
    found = faults(appraisal_mode="FULL_ENTRUST")
    assert "常设协议" in found["legal_basis"]
    assert {"letter.appraisal.consent_worker", "letter.appraisal.consent_employer"} <= set(found)
    found = faults(appraisal_mode="FULL_ENTRUST", legal_basis="AGREEMENT")
    assert "agreement_id" in found
    assert "legal_basis" not in found


def test_a_review_waits_a_year() -> None:
    early = (TODAY - timedelta(days=100)).isoformat()
    named = {"letter.appraisal.earlier_conclusion": "示例鉴〔2025〕1号"}
    found = faults(appraisal_kind="REVIEW", **named, **{"letter.appraisal.earlier_concluded_on": early})
    assert "满一年" in found["letter.appraisal.earlier_concluded_on"]
    assert "letter.appraisal.earlier_concluded_on" in faults(appraisal_kind="REVIEW", **named)
    late = {"letter.appraisal.earlier_concluded_on": "2025-01-02"}
    assert faults(appraisal_kind="REVIEW", **named, **late) == {}


def test_a_strange_matter_makes_no_form_of_its_own() -> None:
    before = form_appraisal.appraisal_form.cache_info().currsize
    for number in range(50):
        form_of({"matter": "DISABILITY_GRADE", "appraisal_mode": f"X{number}", "appraisal_kind": f"Y{number}"})
    assert form_appraisal.appraisal_form.cache_info().currsize <= before + 1
