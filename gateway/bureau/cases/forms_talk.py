"""Forms of the events that move nothing: talk, materials, corrections, originals, costs, requests of persons (5.6)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from delegation.codes import Kind
from gateway.bureau.cases.asking import (
    Asking,
    Json,
    Making,
    check,
    choice,
    day,
    days,
    line,
    listed_in,
    main,
    materials,
    medium,
    reply_field,
    text,
)
from gateway.bureau.cases.forms_asked import with_asked
from gateway.bureau.cases.forms_work import GROUNDS, WORK, plain
from gateway.bureau.cases.labels import SUBJECTS
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Field, Rows, Section

_K = Kind
ON_THEIR_WAY: Final = frozenset({"queued", "waiting_roster", "waiting_key"})
_NEVER_BEFORE_CLOSING: Final = frozenset({"items", "place", "persons", "worker", "employer"})


# Questions and answers.


def _items(asking: Asking) -> Field:
    listed = [(code, f"{code} {words}") for code, words in asking.items]
    return choice("body.question.item_code", "涉及事项", listed, hint="不选为整个委托")


def _question(asking: Asking) -> Sequence[Section]:
    return [
        main(
            text("问题", path="body.question.text", required=True),
            _items(asking),
            check("declared.blocking", "不答复则无法继续办理", hint="对方两个工作日未答复的，受托方可以暂停"),
        ),
        materials(asking),
    ]


def _answer(asking: Asking) -> Sequence[Section]:
    return [
        main(
            reply_field(asking, "QUESTION", label="答复哪个问题"),
            text("答复", path="body.question.text", required=True),
            _items(asking),
        ),
        materials(asking),
    ]


def _answer_begin(asking: Asking) -> Json:
    if asking.reply:
        return {"in_reply_to": asking.reply}
    answered = {each.in_reply_to for each in asking.own("ANSWER")}
    waiting = [each for each in asking.theirs("QUESTION") if each.envelope_id not in answered]
    return {"in_reply_to": waiting[0].envelope_id} if waiting else {}


# Amendments: one subject, the next version of it.


def _amended(asking: Asking) -> Sequence[Section]:
    closed = asking.kind is Kind.CORRECTED
    subjects = [each for each in SUBJECTS if closed or each[0] not in _NEVER_BEFORE_CLOSING]
    if asking.view.row.our_role != "home":
        subjects = [each for each in subjects if each[0] != "clock"]
    found = [
        main(
            choice("declared.subject", "更正哪一部分", subjects, required=True),
            text("原文", path="body.amendment.before", required=True),
            text("更正后", path="body.amendment.after", required=True),
            text(),
        )
    ]
    if not closed and asking.view.row.our_role == "home":
        found.append(_clock_section())
    return [*found, materials(asking)]


def _clock_section() -> Section:
    suspensions = Rows(
        path="clock.suspensions", label="历次中止", row_label="中止", most=32,
        fields=(
            choice("ground", "理由", GROUNDS, required=True), day("effective_on", "生效日期", required=True),
            day("resumed_on", "恢复日期"),
        ),
    )  # fmt: skip
    return Section(
        name="clock", title="更正后的时限事实（只在更正“时限事实”时填写）", folded=True,
        parts=(
            day("clock.accepted_on", "受理日期"),
            choice("clock.procedure", "程序", (("ORDINARY", "普通程序"), ("SIMPLE", "简易程序"))),
            suspensions,
        ),
    )  # fmt: skip


def _amended_data(data: Json, asking: Asking) -> Json:
    declared = data.get("declared")
    subject = declared.get("subject") if isinstance(declared, dict) else None
    if isinstance(declared, dict) and subject:
        declared["version"] = next_version(asking, str(subject))
        body = data.setdefault("body", {})
        amendment = body.setdefault("amendment", {}) if isinstance(body, dict) else {}
        if isinstance(amendment, dict):
            amendment["subject"] = subject
    if subject != "clock":
        data.pop("clock", None)
    return data


def next_version(asking: Asking, subject: str) -> int:
    """Versions of an author's subject are numbered from 2, those on their way included (protocol 5.6)."""
    told = [each.declared for each in asking.own("AMENDED", "CORRECTED")]
    for queued in asking.view.queued:
        declared = (queued.data or {}).get("declared")
        if queued.kind in {"AMENDED", "CORRECTED"} and queued.state in ON_THEIR_WAY and isinstance(declared, Mapping):
            told.append(declared)
    numbers = [each.get("version") for each in told if each.get("subject") == subject]
    return max([number for number in numbers if isinstance(number, int)], default=1) + 1


def _amended_begin(asking: Asking) -> Json:
    clock = asking.view.header.get("clock")
    if asking.kind is not Kind.AMENDED or not isinstance(clock, Mapping) or asking.view.row.our_role != "home":
        return {}
    return {"clock": dict(clock)}


def _check_clock(form: Filled, asking: Asking) -> None:
    del asking
    if form.text("declared.subject") == "clock":
        for path in ("clock.accepted_on", "clock.procedure"):
            if not form.text(path):
                form.faults.setdefault(path, "请填写此项")


# Originals and costs.


def _originals(asking: Asking) -> Sequence[Section]:
    rows = Rows(
        path="body.originals.items", label="原件、原物", row_label="一件", least=1, most=128,
        fields=(medium("description", "名称和数量", required=True), line("keeper", "保管人")),
    )  # fmt: skip
    return [
        Section(name="main", title="", parts=(rows,)),
        main(
            line("body.originals.carrier", "承运方式"),
            line("body.originals.tracking_number", "单号"),
            text(),
            name="way",
        ),
        materials(asking),
    ]


def _originals_begin(asking: Asking) -> Json:
    """What was sent stands ready to be received or returned."""
    sent = asking.theirs("ORIGINALS_SENT", "ORIGINALS_RETURNED") if asking.kind is Kind.ORIGINALS_RECEIVED else []
    sent = asking.theirs("ORIGINALS_SENT") if asking.kind is Kind.ORIGINALS_RETURNED else sent
    body = (sent[-1].body or {}) if sent else {}
    part = body.get("originals")
    return {"body": {"originals": {"items": listed_in(part, "items")}}} if isinstance(part, Mapping) else {}


def _cost(asking: Asking) -> Sequence[Section]:
    rows = Rows(
        path="body.cost.lines", label="费用明细", row_label="一项", least=1, most=128,
        fields=(
            medium("description", "用途", required=True),
            line("yuan", "金额（元）", required=True, hint="如 1280.50", longest=14),
        ),
    )  # fmt: skip
    payer = line("body.cost.payer", "承担方", hint="劳动能力鉴定费用由工伤保险基金支付（《工伤保险条例》第十二条）")
    return [Section(name="main", title="", parts=(rows,)), main(payer, text(), name="payer"), materials(asking)]


def fen_of(yuan: str) -> int | None:
    """Whole fen of an amount in yuan with at most two decimals; None for anything else."""
    try:
        amount = Decimal(yuan.replace(",", "").replace("，", "").strip()) * 100
    except InvalidOperation:
        return None
    return (
        int(amount) if amount.is_finite() and amount == amount.to_integral_value() and 0 <= amount <= 10**10 else None
    )


def _cost_data(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    cost = body.get("cost") if isinstance(body, dict) else None
    for each in cost.get("lines", []) if isinstance(cost, dict) else []:
        if isinstance(each, dict):
            amount = fen_of(str(each.pop("yuan", "")))
            if amount is not None:
                each["amount_fen"] = amount
    return data


def _cost_back(data: Json, asking: Asking) -> Json:
    del asking
    body = data.get("body")
    cost = body.get("cost") if isinstance(body, Mapping) else None
    if not isinstance(body, Mapping) or not isinstance(cost, Mapping):
        return data
    lines = [
        {"description": each.get("description", ""), "yuan": f"{int(str(each.get('amount_fen', 0))) / 100:.2f}"}
        for each in listed_in(cost, "lines")
    ]
    return {**data, "body": {**body, "cost": {**cost, "lines": lines}}}


def _check_cost(form: Filled, asking: Asking) -> None:
    del asking
    for path, values in form.typed.items():
        if path.endswith(".yuan") and values and fen_of(values[0]) is None:
            form.faults.setdefault(path, "应为金额，最多两位小数，如 1280.50")


def _cost_begin(asking: Asking) -> Json:
    """What the other side stated last stands ready to be agreed, objected to or settled."""
    last = asking.theirs("COST_ESTIMATED", "COST_STATED")
    part = (last[-1].body or {}).get("cost") if last else None
    if not isinstance(part, Mapping) or asking.kind in {Kind.COST_ESTIMATED, Kind.COST_STATED}:
        return {}
    return _cost_back({"body": {"cost": dict(part)}}, asking)


COST: Final = Making(sections=_cost, begin=_cost_begin, finish=_cost_data, back=_cost_back, check=_check_cost)

# The rest.


def _non_cooperation(asking: Asking) -> Sequence[Section]:
    return [
        main(
            line("body.non_cooperation.who", "拒绝的单位或个人", required=True),
            day("body.non_cooperation.notice_served_on", "协助调查通知送达日期", required=True),
            medium("body.non_cooperation.refusal", "拒绝情形", required=True),
            text(),
        ),
        materials(asking),
    ]


def _subject(asking: Asking) -> Sequence[Section]:
    if asking.kind is Kind.SUBJECT_REQUEST:
        return [
            main(text("请求内容（查阅、复制、更正、删除）", path="body.subject.request", required=True)),
            materials(asking),
        ]
    return [
        main(
            reply_field(asking, "SUBJECT_REQUEST", label="答复哪个请求"),
            text(
                "处理结果", path="body.subject.outcome", required=True,
                hint="复制件不含证人、举报人和内部事项；删除受五十年保存期限制",
            ),
        ),
        materials(asking),
    ]  # fmt: skip


def _subject_begin(asking: Asking) -> Json:
    waiting = asking.theirs("SUBJECT_REQUEST") if asking.kind is Kind.SUBJECT_ANSWER else []
    return {"in_reply_to": asking.reply or waiting[-1].envelope_id} if waiting else {}


def _supervise(asking: Asking) -> Sequence[Section]:
    row = asking.view.row
    parties = ((row.host_unit, row.host_name), (row.home_unit, row.home_name))
    return [
        main(
            choice("to", "被督办单位", parties, required=True),
            days("declared.working_days", "答复期限（工作日）", most=20),
            text("督办要求", required=True),
        )
    ]


def _to_list(data: Json, asking: Asking) -> Json:
    del asking
    if isinstance(data.get("to"), str):
        data["to"] = [data["to"]]
    return data


_ORIGINALS: Final = Making(sections=_originals, begin=_originals_begin)
_AMENDED: Final = Making(sections=_amended, begin=_amended_begin, finish=_amended_data, check=_check_clock)
_SUBJECT: Final = Making(sections=_subject, begin=_subject_begin)
TALK: Final[Mapping[Kind, Making]] = MappingProxyType({
    _K.REMIND: plain(label="催办内容"),
    _K.SUPERVISE: Making(
        sections=_supervise, begin=lambda _asking: {"declared": {"working_days": 5}}, finish=_to_list
    ),
    _K.SUPERVISE_ANSWER: plain(required=True, label="督办答复", files=True),
    _K.QUESTION: with_asked(Making(sections=_question)),
    _K.ANSWER: Making(sections=_answer, begin=_answer_begin),
    _K.PROGRESS: plain(required=True, label="进展", files=True),
    _K.MATERIAL_ADDED: Making(sections=lambda asking: [materials(asking, required=True), main(text())]),
    _K.AMENDED: _AMENDED,
    _K.CORRECTED: _AMENDED,
    _K.CORRECTION_ACKNOWLEDGED: plain(),
    _K.NON_COOPERATION: Making(sections=_non_cooperation),
    _K.EXPLAINED: plain(required=True, label="逾期原因和预计完成时间"),
    _K.ORIGINALS_SENT: _ORIGINALS,
    _K.ORIGINALS_RECEIVED: _ORIGINALS,
    _K.ORIGINALS_RETURNED: _ORIGINALS,
    _K.DISPUTED: plain(required=True, label="争议事项和请求", files=True),
    _K.OPINION: plain(required=True, label="协调意见", files=True),
    _K.COST_ESTIMATED: COST,
    _K.COST_AGREED: COST,
    _K.COST_STATED: COST,
    _K.COST_OBJECTED: COST,
    _K.COST_SETTLED: COST,
    _K.SUBJECT_REQUEST: _SUBJECT,
    _K.SUBJECT_ANSWER: _SUBJECT,
    **WORK,
})  # fmt: skip
