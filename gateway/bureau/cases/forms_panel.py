"""Forms of an appraisal up to the examination: specialities, the panel, objections, appointment, notice (5.9, 13)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from delegation.codes import Kind
from delegation.draw import MOST_STRATA, PANEL_SIZES
from gateway.bureau.cases.appraising import (
    EXAMINATION_FORMS,
    OBJECTORS,
    SPECIALTY_CHOICES,
    appointment_of,
    carry,
    panel_of,
)
from gateway.bureau.cases.asking import (
    Asking,
    Json,
    Making,
    as_list,
    check,
    choice,
    day,
    line,
    listed_in,
    main,
    materials,
    medium,
    part_of,
    reasons,
    reply_field,
    text,
)
from gateway.bureau.cases.forms_work import plain, with_reasons
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Ask, Field, Rows, Section

_K = Kind
_PLAN: Final = "plan"
_MOST_EXPERTS: Final = 64
_MORE_SPECIALTIES: Final = ("specialty_2", "specialty_3")

# Specialities and seats.


def _number(path: str, label: str, *, least: int, most: int, hint: str = "") -> Field:
    return Field(
        path=path, label=label, ask=Ask.NUMBER, required=True, least=least, most=most, longest=2, hint=hint,
    )  # fmt: skip


def _spent(asking: Asking) -> bool:
    """Reserves are spent after a draw: strata and specialities are those of the draw, and the node repeats them."""
    return asking.kind is Kind.PANEL_SHORT and bool(panel_of(asking.view))


def _plan(asking: Asking) -> Sequence[Section]:
    if _spent(asking):
        hint = "科别、人数和专家库版次照本次抽取填写；之后可以扩大科别重新抽取，委托方也可以另择方式、受托方或者撤回"
        told = medium("body.specialties.remedy", "处理办法", required=True)
        return [main(told, name="why", hint=hint)]
    rows = Rows(
        path=_PLAN, label="科别和人数（在座共三人或五人）", row_label="科别", least=1, most=MOST_STRATA,
        fields=(
            choice("specialty", "科别", SPECIALTY_CHOICES, required=True),
            _number("seats", "在座人数", least=1, most=max(PANEL_SIZES)),
            _number("reserves", "候补人数", least=0, most=20, hint="建议与在座人数相同"),
        ),
    )  # fmt: skip
    short = asking.kind is Kind.PANEL_SHORT
    remedy = (
        (
            medium(
                "body.specialties.remedy",
                "处理办法",
                required=True,
                hint="如：放宽科别、请对方推荐专家、另请其他委员会",
            ),
        )
        if short
        else ()
    )
    hint = "一名专家有几个科别的，计入所列的第一个科别；合格名单、名单摘要和未入选人数由系统按专家库核算"
    return [
        Section(name="main", title="", parts=(rows,), hint=hint),
        main(medium("body.specialties.reason", "确定科别的理由", required=True), *remedy, name="why"),
    ]


def _plan_begin(asking: Asking) -> Json:
    if _spent(asking):
        return {}
    last = asking.last("SPECIALTY_DETERMINED")
    if last is not None:
        return _plan_back({"body": dict(last.body or {}), "declared": dict(last.declared)}, asking)
    request = (asking.view.letter or {}).get("appraisal")
    asked = request.get("specialties") if isinstance(request, Mapping) else None
    codes = [str(each) for each in asked][:MOST_STRATA] if isinstance(asked, list | tuple) else []
    wanted = request.get("panel_size") if isinstance(request, Mapping) else None
    size = wanted if isinstance(wanted, int) and wanted in PANEL_SIZES else min(PANEL_SIZES)
    if not codes:
        return {_PLAN: [{"seats": size, "reserves": size}]}
    first = max(1, size - len(codes) + 1)
    seats = [first, *(1 for _ in codes[1:])]
    rows = [{"specialty": code, "seats": n, "reserves": n} for code, n in zip(codes, seats, strict=True)]
    return {_PLAN: rows}


def _plan_data(data: Json, asking: Asking) -> Json:
    if _spent(asking):
        return data
    rows = listed_in(data, _PLAN)
    data.pop(_PLAN, None)
    body = data.setdefault("body", {})
    part = body.setdefault("specialties", {}) if isinstance(body, dict) else {}
    if isinstance(part, dict):
        part["specialties"] = [str(each.get("specialty", "")) for each in rows]
    data["declared"] = {"strata": [{"seats": each.get("seats"), "reserves": each.get("reserves")} for each in rows]}
    return data


def _plan_back(data: Json, asking: Asking) -> Json:
    del asking
    body, declared = data.get("body"), data.get("declared")
    part = dict(body.get("specialties") or {}) if isinstance(body, Mapping) else {}
    strata = listed_in(declared if isinstance(declared, Mapping) else None, "strata")
    codes = part.get("specialties")
    listed = list(codes) if isinstance(codes, list | tuple) else []
    rows = [
        {"specialty": code, "seats": of.get("seats"), "reserves": of.get("reserves", 0)}
        for code, of in zip(listed, strata, strict=False)
    ]
    told = {name: part[name] for name in ("reason", "remedy") if name in part}
    return {_PLAN: rows, "body": {"specialties": told}}


def _plan_check(form: Filled, asking: Asking) -> None:
    if _spent(asking):
        return
    rows = next(each for each in form.spec.rows if each.path == _PLAN)
    texts = [form.text(f"{_PLAN}.{number}.seats") for number in range(form.count(rows))]
    seats = sum(int(each) for each in texts if each.isascii() and each.isdigit())
    codes = [form.text(f"{_PLAN}.{number}.specialty") for number in range(form.count(rows))]
    if len(set(codes)) != len(codes):
        form.faults.setdefault(_PLAN, "同一科别只列一次")
    elif seats not in PANEL_SIZES and asking.kind is Kind.SPECIALTY_DETERMINED:
        form.faults.setdefault(_PLAN, "在座人数合计须为三人或五人（《工伤保险条例》第二十五条）")


# Who sits.


def _expert(path: str, label: str, asking: Asking) -> Field:
    seats = panel_of(asking.view)
    if not seats:
        return line(path, f"{label}（专家编号）", required=True, longest=64)
    return choice(path, label, [(each.expert_id, each.shown) for each in seats], required=True)


def _replaced(asking: Asking) -> Sequence[Section]:
    return [
        main(
            reasons(asking, several=False),
            _expert("body.panel_change.leaves", "谁退出", asking),
            medium("body.panel_change.reason", "理由", required=True),
            name="main", hint="由同科别下一顺位候补递补，系统按抽取结果确定，不能另选",
        )
    ]  # fmt: skip


def _listed(data: Json, asking: Asking) -> Json:
    del asking
    as_list(data, "reasons")
    return data


def _raised(asking: Asking) -> Sequence[Section]:
    return [
        main(
            choice("body.recusal.raised_by", "谁提出", OBJECTORS, required=True),
            _expert("body.recusal.expert_id", "申请哪名专家回避", asking),
            medium("body.recusal.reason", "理由", required=True),
        )
    ]


def _answered(asking: Asking) -> Sequence[Section]:
    return [
        main(
            reply_field(asking, "RECUSAL_RAISED", label="所答复的申请", required=False),
            choice("body.recusal.raised_by", "谁提出", OBJECTORS, required=True),
            _expert("body.recusal.expert_id", "哪名专家", asking),
            check("declared.upheld", "同意回避（该专家须更换）"),
            medium("body.recusal.reason", "答复理由", required=True),
        )
    ]


def _answered_begin(asking: Asking) -> Json:
    raised = asking.last("RECUSAL_RAISED")
    told = part_of(raised, "recusal") or {}
    kept = {name: told[name] for name in ("raised_by", "expert_id") if name in told}
    return {"body": {"recusal": kept}, **({"in_reply_to": raised.envelope_id} if raised is not None else {})}


# Experts who are lent.


def _experts(asking: Asking) -> Sequence[Section]:
    home, confirmed = asking.kind is Kind.EXPERTS_ADMITTED, asking.kind is Kind.EXPERTS_CONFIRMED
    admitted = (
        (
            line("home_expert_id", "入库编号", required=True, longest=64),
            line("appointment_number", "聘书文号", required=True),
            day("appointed_until", "聘期至", required=True),
        )
        if home
        else ()
    )
    free = (
        (check("recusal_declared", "专家已声明无利害关系"), day("available_on", "可到日期", required=True))
        if confirmed
        else (day("available_on", "可到日期"),)
    )
    rows = Rows(
        path="body.experts.experts", label="专家", row_label="专家", least=1, most=_MOST_EXPERTS,
        fields=(
            line("expert_id", "专家编号", required=True, longest=64),
            line("name", "姓名", required=True),
            line("title", "专业技术职称"),
            choice("specialty", "科别", SPECIALTY_CHOICES, required=True),
            *(choice(name, "另一科别", SPECIALTY_CHOICES) for name in _MORE_SPECIALTIES),
            line("employer", "供职单位"), *admitted, *free,
        ),
    )  # fmt: skip
    hints = {
        Kind.EXPERTS_PROPOSED: "推荐人数须不少于专家组人数的两倍",
        Kind.EXPERTS_ADMITTED: "入库的专家列入本单位专家库，然后由本单位抽取",
        Kind.EXPERTS_CONFIRMED: "每名专家须声明无利害关系（《工伤保险条例》第二十七条）",
    }
    return [Section(name="main", title="", parts=(rows,), hint=hints[asking.kind]), main(text(), name="words")]


def _experts_begin(asking: Asking) -> Json:
    before = {Kind.EXPERTS_ADMITTED: "EXPERTS_PROPOSED", Kind.EXPERTS_CONFIRMED: "EXPERTS_ADMITTED"}
    name = before.get(asking.kind)
    last = asking.last(name) if name else None
    rows = listed_in(part_of(last, "experts"), "experts")
    if asking.kind is Kind.EXPERTS_CONFIRMED:
        seats = {each.expert_id for each in panel_of(asking.view)}
        rows = [each for each in rows if not seats or {each.get("home_expert_id"), each.get("expert_id")} & seats]
    return _experts_back({"body": {"experts": {"experts": [dict(each) for each in rows]}}}, asking)


def _experts_data(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    part = body.get("experts") if isinstance(body, dict) else None
    if isinstance(part, dict):
        made = []
        for row in listed_in(part, "experts"):
            one = dict(row)
            codes = [str(one.pop(name, "") or "") for name in ("specialty", *_MORE_SPECIALTIES)]
            made.append({**one, "specialties": list(dict.fromkeys(code for code in codes if code))})
        part["experts"] = made
    return data


def _experts_back(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    part = body.get("experts") if isinstance(body, Mapping) else None
    rows = []
    for row in listed_in(part if isinstance(part, Mapping) else None, "experts"):
        one = dict(row)
        codes = one.pop("specialties", None)
        listed = [str(each) for each in codes] if isinstance(codes, list | tuple) else []
        rows.append({**one, **dict(zip(("specialty", *_MORE_SPECIALTIES), listed, strict=False))})
    rest = dict(body) if isinstance(body, Mapping) else {}
    return {**data, "body": {**rest, "experts": {"experts": rows}}}


# The appointment.


def _appointment(asking: Asking) -> Sequence[Section]:
    again = asking.kind is Kind.RESCHEDULED
    reason = (medium("body.appointment.reason", "改期理由", required=True),) if again else ()
    return [
        main(
            Field(path="body.appointment.at", label="鉴定时间", ask=Ask.MOMENT, required=True),
            line("body.appointment.place", "地点", required=True),
            choice("body.appointment.form", "方式", EXAMINATION_FORMS, required=True),
            medium("body.appointment.bring", "职工须携带", hint="如：身份证件原件、病历和影像资料"),
            Field(path="body.appointment.contact_phone", label="联系电话", ask=Ask.PHONE, longest=40),
            *reason,
            text("附言"),
        )
    ]


def _appointment_begin(asking: Asking) -> Json:
    if asking.kind is Kind.RESCHEDULED:
        kept = {name: value for name, value in appointment_of(asking.view).items() if name not in {"at", "reason"}}
        return {"body": {"appointment": kept}}
    request = (asking.view.letter or {}).get("appraisal")
    at_home = bool(request.get("immobile")) if isinstance(request, Mapping) else False
    form = "EXAMINATION_FORM_HOME_VISIT" if at_home else "EXAMINATION_FORM_ON_SITE"
    return {"body": {"appointment": {"form": form, "bring": "身份证件原件、病历和影像资料"}}}


def _notified(asking: Asking) -> Sequence[Section]:
    files = [(each.material_id, each.name) for each in (*asking.unsent, *asking.delivered)]
    return [
        main(
            day("declared.served_on", "送达日期", required=True, hint="不足五个工作日的，未到场不计入"),
            line("body.worker_notice.method", "送达方式", required=True, hint="如：直接送达、邮寄、电子送达"),
            choice("body.worker_notice.proof_material_id", "送达凭证", files, required=True,
                   hint="" if files else "请先在“材料”页上传送达回证"),
            text(),
            hint="鉴定日期为现定的日期，由系统填写",
        )
    ]  # fmt: skip


def _notified_data(data: Json, asking: Asking) -> Json:
    body = data.get("body")
    notice = body.get("worker_notice") if isinstance(body, dict) else None
    proof = str(notice.get("proof_material_id", "")) if isinstance(notice, dict) else ""
    carry(data, [proof], unsent=frozenset(each.material_id for each in asking.unsent))
    return data


def _absence(asking: Asking) -> Sequence[Section]:
    return [
        main(
            reasons(asking, several=False),
            text("经过", path="body.absence.detail", required=True, hint="几点几分、谁在场、如何联系职工"),
        ),
        materials(asking, about="通知送达凭证、到场记录等"),
    ]


def with_files(part: str) -> Making:
    """Nothing but `finish`: files that travel with it are named in that part."""

    def finish(data: Json, asking: Asking) -> Json:
        as_list(data, "reasons")
        body = data.get("body")
        named = body.get(part) if isinstance(body, dict) else None
        listed = [
            str(each)
            for name in ("materials", "reused_materials")
            for each in (data[name] if isinstance(data.get(name), list) else ())  # type: ignore[attr-defined] # a list
        ]
        if isinstance(named, dict) and listed:
            named["material_ids"] = listed
        del asking
        return data

    return Making(sections=lambda _asking: (), finish=finish)


PANEL: Final[Mapping[Kind, Making]] = MappingProxyType({
    _K.SPECIALTY_DETERMINED: Making(
        sections=_plan, begin=_plan_begin, finish=_plan_data, back=_plan_back, check=_plan_check
    ),
    _K.PANEL_SHORT: Making(sections=_plan, begin=_plan_begin, finish=_plan_data, back=_plan_back, check=_plan_check),
    _K.DRAW_REVEALED_FOR: plain(),
    _K.DRAW_VOIDED: with_reasons(several=False, required=True),
    _K.PANEL_REPLACED: Making(sections=_replaced, finish=_listed),
    _K.RECUSAL_RAISED: Making(sections=_raised),
    _K.RECUSAL_ANSWERED: Making(sections=_answered, begin=_answered_begin),
    _K.EXPERTS_PROPOSED: Making(
        sections=_experts, begin=_experts_begin, finish=_experts_data, back=_experts_back
    ),
    _K.EXPERTS_ADMITTED: Making(
        sections=_experts, begin=_experts_begin, finish=_experts_data, back=_experts_back
    ),
    _K.EXPERTS_CONFIRMED: Making(
        sections=_experts, begin=_experts_begin, finish=_experts_data, back=_experts_back
    ),
    _K.SCHEDULED: Making(sections=_appointment, begin=_appointment_begin),
    _K.RESCHEDULED: Making(sections=_appointment, begin=_appointment_begin),
    _K.WORKER_NOTIFIED: Making(sections=_notified, finish=_notified_data),
    _K.NO_SHOW: Making(sections=_absence, finish=with_files("absence").finish),
    _K.PANEL_VOIDED: with_reasons(required=True),
    _K.PANEL_VOID_DEMANDED: plain(required=True, label="要求作废的理由", files=True),
    _K.TERMINATED: with_reasons(several=False, required=True, files=True),
    _K.APPRAISAL_EXTENDED: with_reasons(several=False, required=True),
})  # fmt: skip
