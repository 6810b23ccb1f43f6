"""Forms of an appraisal from the examination to its conclusion: what each expert holds, what goes home (5.9, 13.7)."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from delegation.appraisal_rules import WARNING_BY_CODE
from delegation.codes import AppraisalMode, Kind
from gateway.bureau.cases.appraising import (
    EXAMINATION_FORMS,
    appointment_of,
    asks_grade,
    carry,
    finding_back,
    finding_data,
    finding_parts,
    panel_of,
    typed_degree,
    typed_finding,
    warnings_of,
)
from gateway.bureau.cases.asking import (
    Asking,
    Json,
    Making,
    check,
    choice,
    choices,
    day,
    line,
    listed_in,
    main,
    materials,
    medium,
    part_of,
    text,
)
from gateway.bureau.cases.forms_panel import with_files
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Ask, Field, Section

_K = Kind
MAJORITY: Final = "body.opinion.majority"
_CONCLUDED: Final = "body.conclusion.finding"
_ENTRUSTED: Final = "body.appraisal_result.conclusion"
_SPLIT: Final = re.compile(r"[\s,，、;；]+")
_LINES: Final = re.compile(r"[\n、;；]+")


def _matter(asking: Asking) -> str:
    return asking.view.row.matter


def _unsent(asking: Asking) -> frozenset[str]:
    return frozenset(each.material_id for each in asking.unsent)


# The examination.


def _examination(asking: Asking) -> Sequence[Section]:
    seats = [(each.expert_id, each.shown) for each in panel_of(asking.view)]
    at = "body.examination"
    return [
        main(
            Field(path=f"{at}.at", label="鉴定时间", ask=Ask.MOMENT, required=True),
            line(f"{at}.place", "地点", required=True),
            choice(f"{at}.form", "方式", EXAMINATION_FORMS, required=True),
        ),
        main(
            line(f"{at}.identity_check", "身份如何核验", required=True, hint="如：身份证读卡并人脸比对"),
            line(f"{at}.identity_checked_by", "核验人", required=True),
            check(f"{at}.identity_matches", "经核验，到场的是职工本人", required=True),
            name="identity", title="身份核验",
        ),
        main(
            choices(f"{at}.experts", "到场专家（须全部到场）", seats, required=bool(seats)),
            line(f"{at}.present", "其他在场人员", hint="用顿号隔开", longest=2_000),
            text("检查所见", path=f"{at}.findings", required=True),
            name="findings", title="检查",
        ),
        materials(asking, about="检查记录、影像等"),
    ]  # fmt: skip


def _examination_begin(asking: Asking) -> Json:
    told = {name: value for name, value in appointment_of(asking.view).items() if name in {"at", "place", "form"}}
    return {"body": {"examination": {**told, "experts": [each.expert_id for each in panel_of(asking.view)]}}}


def _examination_data(data: Json, asking: Asking) -> Json:
    body = data.get("body")
    part = body.get("examination") if isinstance(body, dict) else None
    if isinstance(part, dict) and isinstance(part.get("present"), str):
        part["present"] = [each for each in _SPLIT.split(part["present"]) if each]
    return with_files("examination").finish(data, asking)


def _examination_back(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    part = dict(body.get("examination") or {}) if isinstance(body, Mapping) else {}
    if isinstance(part.get("present"), list | tuple):
        part["present"] = "、".join(str(each) for each in part["present"])
    return {**data, "body": {**(body if isinstance(body, Mapping) else {}), "examination": part}}


_TESTS: Final = Making(
    sections=lambda asking: [
        main(
            line("body.extra_tests.hospital", "检查医院", required=True),
            medium("body.extra_tests.tests", "检查什么、为什么", required=True),
            day("declared.expected_on", "预计出结果日期", required=True),
            text(),
        ),
        materials(asking),
    ]
)

# The opinion.


def _opinion(asking: Asking) -> Sequence[Section]:
    files = [(each.material_id, each.name) for each in (*asking.unsent, *asking.delivered)]
    found = [
        Section(name="majority", title="专家组意见（多数意见）", parts=finding_parts(MAJORITY, _matter(asking))),
    ]
    degree = typed_degree(asking.typed, MAJORITY, _matter(asking))
    if degree:
        found.append(Section(name="computed", title="按五项核算的生活自理障碍等级", parts=(), hint=degree))
    warnings = warnings_of(typed_finding(asking.typed, MAJORITY))
    if warnings:
        parts = tuple(
            medium(f"answer.{code}", WARNING_BY_CODE[code].label, required=True, hint=WARNING_BY_CODE[code].source)
            for code in warnings
        )
        hint = "下列各项与标准的核算不一致：改正上面的等级，或逐项说明理由；没有说明的不能用印"
        found.append(Section(name="warnings", title="标准核算提示", parts=parts, hint=hint))
    for number, seat in enumerate(panel_of(asking.view)):
        at = f"expert.e{number}"
        own = finding_parts(f"{at}.finding", _matter(asking), needed=False)
        found.append(
            Section(
                name=f"item-expert-{number}",
                title=seat.shown,
                hint="同意多数意见的不必另填；不同意的填本人的等级、条款和理由",
                parts=(
                    choice(f"{at}.agrees", "是否同意多数意见", (("yes", "同意"), ("no", "不同意")), required=True),
                    text("不同意的理由", path=f"{at}.text"),
                    day(f"{at}.signed_on", "签名日期", required=True),
                    choice(f"{at}.signed_material_id", "签名页扫描件", files, hint="先在“材料”页上传"),
                ),
            )
        )
        found.append(
            Section(
                name=f"item-own-{number}",
                title=f"{seat.name} {seat.expert_id}",
                parts=own,
                folded=True,
                note="本人的等级、条款：只在不同意多数意见时填",
            )
        )
    found.append(main(text("不同意见概述", path="body.opinion.dissent"), name="dissent"))
    found.append(materials(asking))
    return found


def _opinion_begin(asking: Asking) -> Json:
    formed = asking.last("OPINION_FORMED")
    opinion = part_of(formed, "opinion") if asking.last("REJUDGE_REQUESTED") is not None else None
    if opinion is not None:
        return _opinion_back({"body": {"opinion": dict(opinion)}}, asking)
    today = asking.today.isoformat()
    people = {f"e{number}": {"agrees": "yes", "signed_on": today} for number, _ in enumerate(panel_of(asking.view))}
    return {"expert": people}


def _opinion_data(data: Json, asking: Asking) -> Json:
    typed_people, answers = data.pop("expert", {}), data.pop("answer", {})
    body = data.setdefault("body", {})
    part = body.setdefault("opinion", {}) if isinstance(body, dict) else {}
    if not isinstance(part, dict):
        return data
    matter = _matter(asking)
    majority = finding_data(part.get("majority"), matter)
    opinions: list[Json] = []
    for number, seat in enumerate(panel_of(asking.view)):
        one = dict(typed_people.get(f"e{number}", {})) if isinstance(typed_people, Mapping) else {}
        agrees = one.pop("agrees", "") == "yes"
        own = finding_data(one.pop("finding", None), matter)
        told = own if _is_told(own) and not agrees else majority if agrees else {}
        made: Json = {"expert_id": seat.expert_id, "name": seat.name, "agrees": agrees, **one}
        if told:
            made["finding"] = told
        opinions.append(made)
    part |= {"majority": majority, "opinions": opinions}
    if isinstance(answers, Mapping):
        said = [{"warning": str(code), "text": str(answer)} for code, answer in answers.items() if answer]
        if said:
            part["answers"] = said
    carry(data, [str(each.get("signed_material_id", "")) for each in opinions], unsent=_unsent(asking))
    return data


def _is_told(finding: Json) -> bool:
    return any(value for name, value in finding.items() if name != "self_care") or "self_care" in finding


def _opinion_back(data: Json, asking: Asking) -> Json:
    body = data.get("body")
    part = dict(body.get("opinion") or {}) if isinstance(body, Mapping) else {}
    seats = {seat.expert_id: f"e{number}" for number, seat in enumerate(panel_of(asking.view))}
    people: Json = {}
    for each in listed_in(part, "opinions"):
        at = seats.get(str(each.get("expert_id")))
        if at is None:
            continue
        one = {name: value for name, value in each.items() if name not in {"expert_id", "name", "finding", "agrees"}}
        own = each.get("finding") if not each.get("agrees") else None
        people[at] = {**one, "agrees": "yes" if each.get("agrees") else "no", "finding": finding_back(own)}
    answers = {str(each.get("warning")): each.get("text") for each in listed_in(part, "answers")}
    shown: Json = {"majority": finding_back(part.get("majority"))}
    if part.get("dissent"):
        shown["dissent"] = part["dissent"]
    rest = {name: value for name, value in data.items() if name != "body"}
    words = {name: value for name, value in body.items() if name != "opinion"} if isinstance(body, Mapping) else {}
    return {**rest, "body": {**words, "opinion": shown}, "expert": people, "answer": answers}


def _opinion_check(form: Filled, asking: Asking) -> None:
    agreeing, seats = 0, panel_of(asking.view)
    for number, _seat in enumerate(seats):
        agrees = form.text(f"expert.e{number}.agrees")
        agreeing += agrees == "yes"
        if agrees == "no" and not form.text(f"expert.e{number}.text"):
            form.faults.setdefault(f"expert.e{number}.text", "不同意的，请说明理由")
        if agrees == "no" and asks_grade(_matter(asking)) and not form.text(f"expert.e{number}.finding.grade"):
            form.faults.setdefault(f"expert.e{number}.finding.grade", "不同意的，请填本人认定的等级")
    if seats and 2 * agreeing <= len(seats):
        form.faults.setdefault("body.opinion.dissent", "须过半数专家同意多数意见")


# What goes home, and back.


def _entrusted(asking: Asking) -> bool:
    return asking.view.header.get("appraisal_mode") == AppraisalMode.FULL_ENTRUST.name


def _result(asking: Asking) -> Sequence[Section]:
    sitting = {each.expert_id for each in panel_of(asking.view)}
    reviewers = [
        (each.staff_id, f"{each.name}（{each.staff_id}）")
        for each in asking.staff
        if "approver" in each.roles and each.active and each.staff_id not in sitting
    ]
    found = [
        main(
            text("鉴定经过和依据", path="body.appraisal_result.report", required=True),
            choice("body.appraisal_result.reviewer_staff_id", "审核人", reviewers, required=True,
                   hint="不得是专家组成员或拟稿人"),
            text("附言"),
            hint="专家组意见按已形成的原样附上，不能改动",
        )
    ]  # fmt: skip
    if _entrusted(asking):
        found.append(
            main(
                line(f"{_ENTRUSTED}.number", "受托结论文号", required=True),
                day(f"{_ENTRUSTED}.on", "受托结论日期", required=True),
                name="entrusted", title="受托结论", hint="委托鉴定方式由受托方形成受托结论，委托方办结时采用",
            )
        )  # fmt: skip
    return [*found, materials(asking)]


def _result_begin(asking: Asking) -> Json:
    return {"body": {"appraisal_result": {}}} if not _entrusted(asking) else {
        "body": {"appraisal_result": {"conclusion": {"on": asking.today.isoformat()}}}
    }  # fmt: skip


def _result_data(data: Json, asking: Asking) -> Json:
    body = data.setdefault("body", {})
    part = body.setdefault("appraisal_result", {}) if isinstance(body, dict) else {}
    opinion = part_of(asking.last("OPINION_FORMED"), "opinion")
    if isinstance(part, dict) and opinion is not None:
        part["opinion"] = dict(opinion)
        conclusion = part.get("conclusion")
        if isinstance(conclusion, dict) and isinstance(opinion.get("majority"), Mapping):
            conclusion["finding"] = opinion["majority"]
    return data


def _rejudge(asking: Asking) -> Sequence[Section]:
    return [
        main(
            line("clauses", "所涉标准条款", required=True, hint="如 5.7.2.3，用顿号隔开", longest=600),
            text("理由", path="body.rejudge.reason", required=True),
        ),
        materials(asking),
    ]


def _rejudge_data(data: Json, asking: Asking) -> Json:
    del asking
    named = str(data.pop("clauses", "") or "")
    body = data.setdefault("body", {})
    part = body.setdefault("rejudge", {}) if isinstance(body, dict) else {}
    if isinstance(part, dict):
        part["clauses"] = [each for each in _SPLIT.split(named) if each]
    return data


def _rejudge_back(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    part = body.get("rejudge") if isinstance(body, Mapping) else None
    listed = part.get("clauses") if isinstance(part, Mapping) else None
    joined = "、".join(str(each) for each in listed) if isinstance(listed, list | tuple) else ""
    return {**data, "clauses": joined}


# The conclusion.


def _found(asking: Asking) -> Mapping[str, object]:
    """What the panel held, as it came home."""
    result = part_of(asking.last("APPRAISAL_REPORTED"), "appraisal_result") or {}
    opinion = result.get("opinion")
    majority = opinion.get("majority") if isinstance(opinion, Mapping) else None
    return majority if isinstance(majority, Mapping) else {}


def _conclusion(asking: Asking) -> Sequence[Section]:
    return [
        main(
            line("body.conclusion.number", "结论书文号", required=True),
            day("body.conclusion.on", "作出日期", required=True),
            text("附言"),
        ),
        Section(name="finding", title="鉴定结论", parts=finding_parts(_CONCLUDED, _matter(asking))),
        materials(asking),
    ]


def _conclusion_begin(asking: Asking) -> Json:
    return {
        "body": {"conclusion": {"on": asking.today.isoformat(), "finding": finding_back(_found(asking))}},
    }


def _conclusion_data(data: Json, asking: Asking) -> Json:
    body = data.get("body")
    part = body.get("conclusion") if isinstance(body, dict) else None
    if isinstance(part, dict):
        part["finding"] = finding_data(part.get("finding"), _matter(asking))
    return data


def _conclusion_back(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    part = dict(body.get("conclusion") or {}) if isinstance(body, Mapping) else {}
    part["finding"] = finding_back(part.get("finding"))
    return {**data, "body": {**(body if isinstance(body, Mapping) else {}), "conclusion": part}}


def _number_of(asking: Asking) -> Json:
    issued = part_of(asking.last("CONCLUSION_ISSUED"), "conclusion") or {}
    told = {"number": issued["number"]} if issued.get("number") else {}
    return {"body": {"conclusion": {**told, "on": asking.today.isoformat()}}}


_SERVED: Final = Making(
    sections=lambda asking: [
        main(
            line("body.conclusion.number", "结论书文号", required=True),
            day("body.conclusion.on", "送达日期", required=True),
            line("body.conclusion.service_method", "送达方式", required=True, hint="如：直接送达、邮寄、留置"),
            check(
                "body.conclusion.remedy_told",
                "已告知收到之日起十五日内可向省级委员会申请再次鉴定（《工伤保险条例》第二十六条）", required=True,
            ),
            text(),
        ),
        materials(asking, about="送达回证"),
    ],
    begin=_number_of,
)  # fmt: skip


def _until(asking: Asking) -> str:
    """Until when one may apply."""
    found = [due.legal.isoformat() for due in asking.view.due_dates if due.clock == "reappraisal"]
    return f"申请期至 {found[0]}" if found else ""


_AGAIN: Final = Making(
    sections=lambda asking: [
        main(
            day(
                "body.conclusion.on",
                "申请日期",
                required=True,
                hint="收到结论之日起十五日内；逾期的照登，由省级委员会审查（《工伤保险条例》第二十六条）",
            ),
            text(),
            hint=_until(asking),
        ),
        materials(asking),
    ],
    begin=lambda asking: {"body": {"conclusion": {"on": asking.today.isoformat()}}},
)
_AGAIN_RESULT: Final = Making(
    sections=lambda asking: [
        main(
            line("body.conclusion.number", "再次鉴定结论书文号", required=True),
            day("body.conclusion.on", "作出日期", required=True),
            text("结果", path="body.conclusion.outcome", required=True),
        ),
        materials(asking),
    ],
)

OPINION: Final[Mapping[Kind, Making]] = MappingProxyType({
    _K.EXAMINED: Making(
        sections=_examination, begin=_examination_begin, finish=_examination_data, back=_examination_back
    ),
    _K.EXTRA_TESTS: _TESTS,
    _K.OPINION_FORMED: Making(
        sections=_opinion, begin=_opinion_begin, finish=_opinion_data, back=_opinion_back, check=_opinion_check
    ),
    _K.APPRAISAL_REPORTED: Making(sections=_result, begin=_result_begin, finish=_result_data),
    _K.REJUDGE_REQUESTED: Making(sections=_rejudge, finish=_rejudge_data, back=_rejudge_back),
    _K.CONCLUSION_ISSUED: Making(
        sections=_conclusion, begin=_conclusion_begin, finish=_conclusion_data, back=_conclusion_back
    ),
    _K.CONCLUSION_SERVED: _SERVED,
    _K.REAPPRAISAL_REQUESTED: _AGAIN,
    _K.REAPPRAISAL_RESULT: _AGAIN_RESULT,
})  # fmt: skip
