"""Forms of the course of work: what the host decides and does, what the home decides and ends (protocol 5.2)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from delegation.codes import AppraisalMode, Kind
from delegation.reasons_codes import codes
from gateway.bureau.cases import forms_people
from gateway.bureau.cases.asking import (
    Asking,
    Json,
    Making,
    as_list,
    check,
    choice,
    day,
    days,
    line,
    listed_in,
    main,
    materials,
    medium,
    reason_label,
    reasons,
    text,
)
from gateway.bureau.cases.forms_asked import with_asked
from gateway.bureau.cases.forms_evidence import EVIDENCE, number_evidence
from gateway.bureau.cases.labels import CODE_LABELS, SUBJECTS
from gateway.bureau.forms.spec import Ask, Field, Rows, Section

_K = Kind
_ADOPTIONS: Final = tuple(
    (code, CODE_LABELS[code]) for code in ("ADOPTION_ADOPTED", "ADOPTION_PARTLY", "ADOPTION_NOT_ADOPTED")
)
_GROUNDS: Final = tuple((code, reason_label(code)) for code in codes("S01", "S03"))


def _listed(data: Json, asking: Asking) -> Json:
    """Reasons as a list, whether one or several could be chosen."""
    del asking
    as_list(data, "reasons")
    return data


def plain(*, required: bool = False, label: str = "说明", files: bool = False) -> Making:
    """Words and perhaps files."""

    def sections(asking: Asking) -> Sequence[Section]:
        found = [main(text(label, required=required))]
        return [*found, materials(asking)] if files else found

    return Making(sections=sections)


def with_reasons(*, several: bool = True, required: bool = False, files: bool = False) -> Making:
    """Reasons of the kind, with words."""

    def sections(asking: Asking) -> Sequence[Section]:
        found = [main(reasons(asking, several=several), text(required=required))]
        return [*found, materials(asking)] if files else found

    def begin(asking: Asking) -> Json:
        return {"reasons": list(asking.reasons)} if len(asking.reasons) == 1 else {}

    return Making(sections=sections, begin=begin, finish=_listed)


# Returned: every defect at once, the reasons are its codes.


def _returned(asking: Asking) -> Sequence[Section]:
    subjects = (*SUBJECTS, *((each.material_id, f"材料：{each.name}") for each in asking.delivered))
    defects = Rows(
        path="body.return_notice.defects", label="应补正内容（请一次列全）", row_label="内容", least=1, most=64,
        fields=(
            choice("code", "理由", [(code, reason_label(code)) for code in asking.reasons], required=True),
            choice("subject", "哪一部分", subjects, required=True),
            medium("text", "缺什么、怎么补", required=True),
        ),
    )  # fmt: skip
    return (
        Section(name="main", title="", parts=(defects,), hint="补正须一次性告知；再次退回只能针对未补或改动的部分"),
        main(text(), name="words"),
    )


def _returned_data(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    notice = body.get("return_notice") if isinstance(body, dict) else None
    found = [str(each.get("code", "")) for each in listed_in(notice, "defects")]
    data["reasons"] = [code for code in dict.fromkeys(found) if code]
    return data


def _without_reasons(data: Json, asking: Asking) -> Json:
    del asking
    return {name: value for name, value in data.items() if name != "reasons"}


# Competence.


def competence(*, required: bool, several: bool) -> Making:
    """A unit that is competent in our opinion."""

    def sections(asking: Asking) -> Sequence[Section]:
        unit = Field(
            path="declared.unit",
            label="有管辖权的单位",
            ask=Ask.UNIT,
            required=required,
            hint="输入名称或代码查找",
            longest=80,
        )
        return [main(reasons(asking, several=several), unit, text()), materials(asking)]

    def begin(asking: Asking) -> Json:
        return {"reasons": list(asking.reasons)} if len(asking.reasons) == 1 else {}

    return Making(sections=sections, begin=begin, finish=_listed)


def _refused(asking: Asking) -> Sequence[Section]:
    return [
        main(
            reasons(asking),
            text("不予受托的理由", required=True),
            line("body.refusal.superior", "可复核的上级机构"),
            Field(
                path="body.refusal.competent_unit", label="认为有管辖权的单位", ask=Ask.UNIT, hint="可留空", longest=80
            ),
        ),
        materials(asking),
    ]


# Signing for and accepting.


def _acceptance(asking: Asking) -> Sequence[Section]:
    people = [(each.staff_id, f"{each.name}（{each.staff_id}）") for each in asking.staff if each.active]
    return [
        main(
            line("body.acceptance.local_case_number", "本单位案号"),
            choice("body.acceptance.contact.staff_id", "负责人", people),
            Field(path="body.acceptance.contact.phone", label="办公电话", ask=Ask.PHONE, longest=40),
            text("附言"),
        )
    ]


def _acceptance_data(data: Json, asking: Asking) -> Json:
    body = data.get("body")
    accepted = body.get("acceptance") if isinstance(body, dict) else None
    contact = accepted.get("contact") if isinstance(accepted, dict) else None
    if isinstance(contact, dict) and isinstance(accepted, dict):
        member = next((each for each in asking.staff if each.staff_id == contact.get("staff_id")), None)
        if member is None:
            del accepted["contact"]  # a telephone without a person is nobody's
        else:
            contact["name"] = member.name
            contact.setdefault("phone", member.phone)
            if not contact["phone"]:
                del contact["phone"]
    return data


# Extensions.


def _asked_days(asking: Asking) -> Json:
    asked = asking.last("EXTENSION_REQUESTED")
    number = (asked.declared if asked is not None else {}).get("working_days")
    return {"declared": {"working_days": number}} if number else {}


_EXTENSION = Making(
    sections=lambda asking: [
        main(reasons(asking), days("declared.working_days", "申请延长的工作日数"), text()),
        materials(asking),
    ],
    finish=_listed,
)
_EXTENDED = Making(
    sections=lambda _asking: [main(days("declared.working_days", "准予延长的工作日数"), text())], begin=_asked_days
)
_DEEMED = Making(
    sections=lambda _asking: [main(days("declared.working_days", "申请的工作日数（须与申请一致）"), text())],
    begin=_asked_days,
)

# Ends.


def _hand_over(asking: Asking) -> Sequence[Section]:
    return [
        main(text("已办情况", path="body.hand_over.done_so_far")),
        Section(name="evidence", title="移交的证据", parts=(EVIDENCE(asking, "body.hand_over.evidence"),), folded=True),
        materials(asking),
    ]


def _hand_over_data(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    part = body.get("hand_over") if isinstance(body, dict) else None
    if isinstance(part, dict):
        number_evidence(part)
    return data


def _supplement(asking: Asking) -> Sequence[Section]:
    rows = Rows(
        path="body.supplement.items", label="要求补充的事项（只限原委托事项）", row_label="事项", least=1, most=64,
        fields=(
            choice("item_code", "事项", [(code, f"{code} {words}") for code, words in asking.items], required=True),
            choice("reason", "理由", [(code, reason_label(code)) for code in asking.reasons], required=True),
            medium("text", "还缺什么", required=True),
        ),
    )  # fmt: skip
    return [Section(name="main", title="", parts=(rows,)), main(text(), name="words")]


def _supplement_data(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    part = body.get("supplement") if isinstance(body, dict) else None
    found = [str(each.get("reason", "")) for each in listed_in(part, "items")]
    data["reasons"] = [code for code in dict.fromkeys(found) if code]
    return data


def _adopts(asking: Asking) -> bool:
    """委托鉴定 is completed by adopting the entrusted conclusion, in one act."""
    entrusted = asking.view.header.get("appraisal_mode") == AppraisalMode.FULL_ENTRUST.name
    return asking.kind is Kind.COMPLETED and entrusted


def _adoption_begin(asking: Asking) -> Json:
    return {"body": {"adoption": {"adoption": "ADOPTION_ADOPTED"}}} if _adopts(asking) else {}


def _adoption(asking: Asking) -> Sequence[Section]:
    entrusted = _adopts(asking)
    needed = asking.kind is Kind.ADOPTION or entrusted
    offered = _ADOPTIONS[:1] if entrusted else _ADOPTIONS
    hint = "委托鉴定：办结即采用受托结论；不采用的，退回复核或者要求作废专家组" if entrusted else ""
    return [
        main(
            choice("body.adoption.adoption", "对结果的采用", offered, required=needed, hint=hint),
            text("未采用或部分采用的原因", path="body.adoption.reason"),
        )
    ]


def _adoption_data(data: Json, asking: Asking) -> Json:
    body = data.get("body")
    part = body.get("adoption") if isinstance(body, dict) else None
    code = part.get("adoption") if isinstance(part, dict) else None
    if asking.kind is Kind.ADOPTION and isinstance(code, str):
        data["declared"] = {"adoption": code.removeprefix("ADOPTION_")}
    return data


def _adoption_back(data: Json, asking: Asking) -> Json:
    del asking
    return {name: value for name, value in data.items() if name != "declared"}


# The statutory clock.


def _suspended(asking: Asking) -> Sequence[Section]:
    first = asking.kind is Kind.CLOCK_SUSPENDED
    effective = day(
        "declared.effective_on", "生效日期", required=True,
        hint="可早于今天" if first else "劳动关系仲裁、诉讼：收到生效文书之日（人社部发〔2013〕34号第五条）",
    )  # fmt: skip
    told = (day("declared.applicant_told_on", "告知申请人日期", hint="《工伤认定办法》第二十条"),) if first else ()
    number = line("body.clock.document_number", "中止通知书编号" if first else "恢复所依据的文书编号")
    return [main(reasons(asking, several=False), effective, *told, number, text()), materials(asking)]


def _suspended_begin(asking: Asking) -> Json:
    if asking.kind is Kind.CLOCK_RESUMED:
        standing = asking.last("CLOCK_SUSPENDED")
        if standing is not None and standing.reasons:
            return {"reasons": [standing.reasons[0]]}
    return {}


def _suspended_data(data: Json, asking: Asking) -> Json:
    as_list(data, "reasons")
    chosen = data.get("reasons")
    if asking.kind is Kind.CLOCK_SUSPENDED and isinstance(chosen, list) and chosen:
        data["suspension"] = {"ground": chosen[0]}
    return data


def _priority(asking: Asking) -> Sequence[Section]:
    now = asking.view.row.priority
    listed = [(code, CODE_LABELS[code]) for code in ("NORMAL", "PREFERRED", "GREEN") if code != now]
    return [main(choice("priority", "新的优先级", listed, required=True), text("理由", required=True))]


WORK: Final[Mapping[Kind, Making]] = MappingProxyType({
    _K.SIGNED_FOR: Making(sections=_acceptance, finish=_acceptance_data),
    _K.ACCEPTED: Making(sections=_acceptance, finish=_acceptance_data),
    _K.RETURNED: with_asked(Making(sections=_returned, finish=_returned_data, back=_without_reasons)),
    _K.TRANSFERRED: competence(required=True, several=False),
    _K.COMPETENCE_DISPUTED: competence(required=False, several=True),
    _K.DESIGNATED: competence(required=True, several=False),
    _K.REFUSED: Making(sections=_refused, finish=_listed),
    _K.ASSIGNED: Making(
        sections=forms_people.SECTIONS,
        begin=forms_people.BEGIN,
        finish=forms_people.FINISH,
        back=forms_people.BACK,
        check=forms_people.check_people,
    ),
    _K.REASSIGNED: Making(
        sections=forms_people.SECTIONS,
        begin=forms_people.BEGIN,
        finish=forms_people.FINISH,
        back=forms_people.BACK,
        check=forms_people.check_people,
    ),
    _K.EXTENSION_REQUESTED: _EXTENSION,
    _K.EXTENDED: _EXTENDED,
    _K.EXTENSION_DECLINED: plain(required=True, label="不予延期的理由"),
    _K.EXTENSION_DEEMED: _DEEMED,
    _K.PAUSED: with_reasons(files=True),
    _K.UNPAUSED: plain(),
    _K.WITHDRAW_REQUESTED: with_reasons(files=True),
    _K.WITHDRAW_CONFIRMED: Making(sections=_hand_over, finish=_hand_over_data),
    _K.WITHDRAWN: with_reasons(),
    _K.SUPPLEMENT_REQUESTED: with_asked(
        Making(sections=_supplement, finish=_supplement_data, back=_without_reasons)
    ),
    _K.COMPLETED: Making(sections=_adoption, begin=_adoption_begin, finish=_adoption_data),
    _K.ADOPTION: Making(sections=_adoption, finish=_adoption_data, back=_adoption_back),
    _K.CLOSED: with_reasons(several=False),
    _K.CANCELLED: plain(),
    _K.ARCHIVED: plain(),
    _K.CLOCK_SUSPENDED: Making(sections=_suspended, begin=_suspended_begin, finish=_suspended_data),
    _K.CLOCK_RESUMED: Making(sections=_suspended, begin=_suspended_begin, finish=_suspended_data),
    _K.PRIORITY_CHANGED: Making(sections=_priority),
})  # fmt: skip
GROUNDS, CHECK = _GROUNDS, check
