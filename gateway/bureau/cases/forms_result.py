"""The result: an answer to each item of the round, evidence with its checks, the report. No field holds a decision."""

import re
from collections.abc import Sequence
from typing import Final

from delegation.reasons_codes import REASON_LIST
from gateway.bureau.cases.asking import (
    Asking,
    Json,
    Making,
    choice,
    day,
    line,
    listed_in,
    main,
    materials,
    reason_label,
    text,
)
from gateway.bureau.cases.forms_evidence import (
    EVIDENCE,
    MOST_EVIDENCE,
    checks_back,
    checks_data,
    checks_of,
    listed_evidence,
    number_evidence,
    row_of_file,
)
from gateway.bureau.cases.forms_people import check_people, investigators, named, unnamed
from gateway.bureau.cases.labels import CODE_LABELS
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Field, Section

EVIDENCE_AT: Final = "body.result.evidence"
_FINDINGS: Final = tuple((code, CODE_LABELS[code]) for code in ("FINDING_FOUND", "FINDING_PARTLY", "FINDING_NOT_FOUND"))
_SPLIT: Final = re.compile(r"[\s,，、;；]+")


def _sections(asking: Asking) -> Sequence[Section]:
    codes = [code for code in asking.reasons if REASON_LIST[code].code != "U07" or asking.view.row.round > 1]
    unable = [(code, reason_label(code)) for code in codes]
    found = []
    for code, words, mandatory in asking.items_of_round:
        parts: tuple[Field, ...] = (
            choice(f"answer.{code}.finding", "查明程度", _FINDINGS, required=True),
            choice(f"answer.{code}.unable_code", "未能查明的原因", unable, hint="只在“未能查明”时选择"),
            text("查明内容", path=f"answer.{code}.text"),
            line(f"answer.{code}.evidence_ids", "依据的证据", hint="证据编号，如 E1、E2", longest=600),
        )
        title = f"{code} {words}" + ("（必查）" if mandatory else "")
        found.append(Section(name=f"item-{code.lower()}", title=title, parts=parts))
    found.append(Section(name="evidence", title="证据目录", parts=(EVIDENCE(asking, EVIDENCE_AT),)))
    checks = checks_of(listed_evidence(asking.typed, EVIDENCE_AT))
    if checks is not None:
        found.append(checks)
    found.append(
        main(
            text("调查报告正文", path="body.result.report", required=True, hint="事实与证据；不写是否认定工伤的结论"),
            text("对事实的意见", path="body.result.factual_opinion", hint="限于事实"),
            text("未完成事项、主动补充事项", path="body.result.further_findings"),
            day("body.result.finished_on", "完成日期", required=True),
            choice(
                "body.result.reviewer_staff_id", "审核人", _reviewers(asking), required=True,
                hint="不得是本报告的调查员或拟稿人",
            ),
            text("附言（费用等）"),
            name="report", title="调查报告",
        )
    )  # fmt: skip
    people = investigators(asking, path="body.result.investigators")
    folded = len(asking.investigators) >= 2
    found.append(Section(name="people", title="调查员", parts=(people,), folded=folded))
    found.append(materials(asking, about="证据目录里的材料自动随附，这里只勾选证据之外的材料"))
    return found


def _reviewers(asking: Asking) -> list[tuple[str, str]]:
    """Approvers of the unit who did not investigate."""
    investigating = {str(each.get("staff_id")) for each in asking.investigators}
    return [
        (each.staff_id, f"{each.name}（{each.staff_id}）")
        for each in asking.staff
        if "approver" in each.roles and each.active and each.staff_id not in investigating
    ]


def _begin(asking: Asking) -> Json:
    result: Json = {"investigators": asking.investigators, "finished_on": asking.today.isoformat()}
    reviewers = _reviewers(asking)
    if len(reviewers) == 1:
        result["reviewer_staff_id"] = reviewers[0][0]
    if asking.unsent:  # what was brought in for this case is its evidence; what is none is dropped with one button
        result["evidence"] = [row_of_file(each) for each in asking.unsent[:MOST_EVIDENCE]]
    return {"body": {"result": result}}


def _texts(listed: object) -> list[str]:
    return [str(each) for each in listed] if isinstance(listed, list | tuple) else []


def _carry(data: Json, result: Json, asking: Asking) -> None:
    """What the evidence names travels with it or is referred to: nobody has to tick it twice."""
    named_ones = [str(one) for each in listed_in(result, "evidence") for one in _texts(each.get("material_ids"))]
    for name, files in (("materials", asking.unsent), ("reused_materials", asking.delivered)):
        known = {each.material_id for each in files}
        listed = [*_texts(data.get(name)), *(each for each in named_ones if each in known)]
        if listed:
            data[name] = list(dict.fromkeys(listed))


def _finish(data: Json, asking: Asking) -> Json:
    answers, checks = data.pop("answer", {}), data.pop("check", {})
    body = data.setdefault("body", {})
    result = body.setdefault("result", {}) if isinstance(body, dict) else {}
    if not isinstance(result, dict):
        return data
    number_evidence(result)
    _carry(data, result, asking)
    made: list[Json] = []
    for code, _words, _mandatory in asking.items_of_round:
        typed = answers.get(code) if isinstance(answers, dict) else None
        one: Json = {"item_code": code, **(typed if isinstance(typed, dict) else {})}
        named_ones = one.get("evidence_ids")
        if isinstance(named_ones, str):
            one["evidence_ids"] = [each for each in _SPLIT.split(named_ones) if each]
        made.append(one)
    result["answers"] = made
    listed = {str(each.get("evidence_id")) for each in listed_in(result, "evidence")}
    result["checks"] = [each for each in checks_data(checks) if each["evidence_id"] in listed]
    result["investigators"] = named(result.get("investigators"), asking)
    return data


def _back(data: Json, asking: Asking) -> Json:
    body = data.get("body")
    result = dict(body.get("result") or {}) if isinstance(body, dict) else {}
    answers: Json = {}
    for each in listed_in(result, "answers"):
        ids = each.get("evidence_ids")
        joined = "、".join(str(one) for one in ids) if isinstance(ids, list | tuple) else ""
        answers[str(each.get("item_code", ""))] = {**each, "evidence_ids": joined}
    rest = {name: value for name, value in result.items() if name not in {"answers", "checks"}}
    if "investigators" in rest:
        rest["investigators"] = unnamed(rest["investigators"], asking)
    checks = checks_back(result.get("checks"))
    shown = {**body, "result": rest} if isinstance(body, dict) else {}
    return {**data, "body": shown, "answer": answers, "check": checks}


def check_answers(form: Filled, asking: Asking) -> None:
    """What each answer still needs; the node asks the same and more."""
    check_people(form, asking)
    for code, _words, _mandatory in asking.items_of_round:
        finding, why = form.text(f"answer.{code}.finding"), form.text(f"answer.{code}.unable_code")
        if finding == "FINDING_NOT_FOUND" and not why:
            form.faults.setdefault(f"answer.{code}.unable_code", "未能查明的事项须选择原因")
        elif finding in {"FINDING_FOUND", "FINDING_PARTLY"}:
            if why:
                form.faults.setdefault(f"answer.{code}.unable_code", "已查明或部分查明的，不选原因")
            if not form.text(f"answer.{code}.text"):
                form.faults.setdefault(f"answer.{code}.text", "请写明查明内容")
    for asked in form.spec.fields:
        if asked.path.startswith("check.") and asked.path.endswith(".met") and not form.text(asked.path):
            explanation = asked.path.removesuffix(".met") + ".explanation"
            if not form.text(explanation):
                form.faults.setdefault(explanation, "不符合的，请说明原因")


RESULT: Final = Making(sections=_sections, begin=_begin, finish=_finish, back=_back, check=check_answers)
