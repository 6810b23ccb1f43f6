"""Threads that are no delegation: notices, agreements, coordination. How they begin and how they are answered."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Final

from delegation.clock_specs import CLOCKS
from delegation.codec_roster import parse_agreement
from delegation.codec_roster_write import agreement_bytes
from delegation.codes import AppraisalMode, Kind, Matter
from delegation.roster_records import AgreedTime, Agreement
from delegation.roster_view import STEP_OF_CLOCK
from gateway.bureau.cases.asking import (
    Asking,
    Json,
    Making,
    choice,
    choices,
    day,
    days,
    line,
    listed_in,
    main,
    materials,
    medium,
    text,
)
from gateway.bureau.cases.forms_work import plain
from gateway.bureau.cases.labels import CODE_LABELS
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Ask, Field, Rows, Section
from node.ids import uuid7

_K = Kind
TO: Final = Field(path="to", label="发给哪个单位", ask=Ask.UNIT, required=True, hint="输入名称或代码查找", longest=80)
_TO_MANY: Final = Field(
    path="to", label="发给哪些单位", required=True, hint="单位代码，用逗号隔开，最多五个", longest=200
)
_OUTCOMES: Final = tuple((code, CODE_LABELS[code]) for code in ("CASE_OPENED", "NOT_INSURED_HERE", "KNOWN"))
_MATTERS: Final = tuple((each.name, CODE_LABELS[each.name]) for each in Matter if each is not Matter.UNSPECIFIED)
_MODES: Final = tuple((each.name, CODE_LABELS[each.name]) for each in AppraisalMode if each.value)
_TIMES: Final = tuple((name, spec.label) for name, spec in CLOCKS.items() if name in STEP_OF_CLOCK)


def _people(data: Json, asking: Asking) -> Json:
    """Units as a list, however they were typed."""
    del asking
    to = data.get("to")
    if isinstance(to, str):
        data["to"] = [each for each in to.replace("，", ",").replace("、", ",").replace(" ", ",").split(",") if each]
    return data


def _notice(asking: Asking) -> Sequence[Section]:
    return [
        main(TO, text("说明（在何处得知、现场情况）")),
        main(
            line("body.notice.worker.name", "职工姓名", required=True),
            line("body.notice.worker.id_number", "证件号码", longest=40),
            line("body.notice.employer.name", "用人单位", required=True),
            line("body.notice.employer.credit_code", "统一社会信用代码", longest=18),
            Field(path="body.notice.accident.happened_at", label="事故时间", ask=Ask.MOMENT),
            Field(path="body.notice.accident.region_code", label="事故地区划", ask=Ask.PLACE, required=True, longest=60,
                  hint="输入地名或六位代码查找；委托函的调查地点按此拟定"),
            medium("body.notice.accident.place_text", "事故地点", required=True),
            line("body.notice.accident.injured_part", "伤害部位"),
            line("body.notice.accident.first_hospital", "首诊医疗机构"),
            text("事故经过", path="body.notice.accident.course"),
            name="accident", title="事故和当事人",
        ),
        materials(asking),
    ]  # fmt: skip


def _notice_answered(asking: Asking) -> Sequence[Section]:
    return [main(choice("declared.outcome", "处理", _OUTCOMES, required=True), text()), materials(asking)]


def _agreement(asking: Asking) -> Sequence[Section]:
    units = (
        (
            Field(path="terms.ours", label="适用于本省哪个单位", ask=Ask.UNIT, longest=80, hint="留空为本省全部单位"),
            Field(
                path="terms.theirs", label="适用于对方省哪个单位", ask=Ask.UNIT, longest=80, hint="留空为对方省全部单位"
            ),
        )
        if asking.unit[6:8] == "PO"
        else ()
    )
    to = Field(
        path="to",
        label="与哪个单位订立",
        ask=Ask.UNIT,
        required=True,
        longest=80,
        hint="双方须为同一类单位：工伤认定机构之间、劳动能力鉴定委员会之间，或者两个省级单位为其所属单位订立",
    )
    times = Rows(
        path="terms.times", label="与默认不同的约定时限", row_label="时限", most=20,
        fields=(
            choice("clock", "时限", _TIMES, required=True), days("working_days", "工作日数", most=60),
            Field(path="green_working_days", label="绿色通道工作日数", ask=Ask.NUMBER, least=0, most=60, longest=2),
        ),
    )  # fmt: skip
    return [
        main(
            to, *units, choices("terms.matters", "覆盖事项", _MATTERS, required=True),
            choices(
                "terms.modes", "覆盖的鉴定委托方式", _MODES, hint="委托鉴定须有写明该方式的协议；其余两种也可一案一议",
            ),
            day("terms.valid_from", "生效日", required=True), day("terms.valid_to", "截止日", hint="留空为长期"), times,
            text(),
        ),
        materials(asking),
    ]  # fmt: skip


def _agreement_data(data: Json, asking: Asking) -> Json:
    """The terms as both units sign them: the roster's record, serialised once."""
    _people(data, asking)
    terms, to = data.pop("terms", {}), data.get("to")
    if not isinstance(terms, Mapping) or not isinstance(to, list) or not to or not terms.get("valid_from"):
        return data
    names = terms.get("matters")
    until = terms.get("valid_to")
    modes = terms.get("modes")
    first, second = sorted((str(terms.get("ours") or asking.unit), str(terms.get("theirs") or to[0])))
    record = Agreement(  # one that is changed before it is approved keeps the id that its thread has
        agreement_id=asking.view.row.delegation_id or uuid7(datetime.combine(asking.today, time(), UTC)),
        units=(first, second),
        matters=tuple(Matter[str(name)] for name in names) if isinstance(names, list) else (),
        modes=tuple(AppraisalMode[str(name)] for name in modes) if isinstance(modes, list) else (),
        times=tuple(
            AgreedTime(str(each["clock"]), int(str(each["working_days"])), int(str(each.get("green_working_days", 0))))
            for each in listed_in(terms, "times")
            if "clock" in each and "working_days" in each
        ),
        valid_from=date.fromisoformat(str(terms["valid_from"])),
        valid_to=date.fromisoformat(str(until)) if until else None,
    )
    body = data.setdefault("body", {})
    if isinstance(body, dict):
        body["agreement"] = {"record": base64.b64encode(agreement_bytes(record)).decode()}
    return data


def _agreement_back(data: Json, asking: Asking) -> Json:
    """The terms as they were typed, out of the record that was prepared."""
    body, to = data.get("body"), data.get("to")
    part = body.pop("agreement", None) if isinstance(body, dict) else None
    if not isinstance(part, Mapping):
        return data
    record = parse_agreement(base64.b64decode(str(part.get("record", ""))))
    other = str(to[0]) if isinstance(to, list) and to else asking.view.row.host_unit
    data["to"] = other
    own = next((each for each in record.units if each[:2] == asking.unit[:2]), record.units[0])
    narrowed = {*record.units} != {asking.unit, other}
    data["terms"] = {
        **({"ours": own, "theirs": record.units[record.units[0] == own]} if narrowed else {}),
        "matters": [each.name for each in record.matters],
        "modes": [each.name for each in record.modes],
        "times": [
            {
                "clock": each.clock,
                "working_days": each.working_days,
                **({"green_working_days": each.green_working_days} if each.green_working_days else {}),
            }
            for each in record.times
        ],
        "valid_from": record.valid_from.isoformat(),
        **({"valid_to": record.valid_to.isoformat()} if record.valid_to is not None else {}),
    }
    return data


def _proposed(asking: Asking) -> str:
    entry = asking.last("AGREEMENT_PROPOSED")
    part = (entry.body or {}).get("agreement") if entry is not None else None
    return str(part.get("record", "")) if isinstance(part, Mapping) else ""


def _same_terms(data: Json, asking: Asking) -> Json:
    """What is countersigned or ended is what was proposed, byte for byte."""
    record = _proposed(asking)
    body = data.setdefault("body", {})
    if record and isinstance(body, dict):
        body["agreement"] = {"record": record}
    return data


def _without_terms(data: Json, asking: Asking) -> Json:
    del asking
    return data


def _check_units(form: Filled, asking: Asking) -> None:
    if form.text("to") == asking.unit:
        form.faults.setdefault("to", "不能发给本单位")


def _check_agreement(form: Filled, asking: Asking) -> None:
    """A province narrows an agreement to one unit on each side, or not at all; a mode is one of appraisal."""
    _check_units(form, asking)
    ours, theirs = form.text("terms.ours"), form.text("terms.theirs")
    if bool(ours) != bool(theirs):
        form.faults.setdefault("terms.theirs" if ours else "terms.ours", "两边的单位都填，或者都不填")
    elif ours and ours == theirs:
        form.faults.setdefault("terms.theirs", "须为两个不同的单位")
    if form.typed.get("terms.modes") and set(form.typed.get("terms.matters", ())) <= {Matter.INVESTIGATION.name}:
        form.faults.setdefault("terms.modes", "委托方式只用于劳动能力鉴定事项")
    since, until = form.text("terms.valid_from"), form.text("terms.valid_to")
    if since and until and until < since:
        form.faults.setdefault("terms.valid_to", "截止日不能早于生效日")


_SIGNED: Final = Making(sections=lambda _asking: [main(text())], finish=_same_terms, back=_without_terms)
_COORDINATION: Final = Making(
    sections=lambda asking: [
        main(TO, days("declared.working_days", "答复期限（工作日）", most=20), text("请求协调的事项", required=True)),
        materials(asking),
    ],
    begin=lambda _asking: {"declared": {"working_days": 5}},
    finish=_people,
    check=_check_units,
)
THREADS: Final[Mapping[Kind, Making]] = MappingProxyType({
    _K.NOTICE_SENT: Making(sections=_notice, finish=_people, check=_check_units),
    _K.NOTICE_ANSWERED: Making(sections=_notice_answered),
    _K.AGREEMENT_PROPOSED: Making(
        sections=_agreement, finish=_agreement_data, back=_agreement_back, check=_check_agreement
    ),
    _K.AGREEMENT_COUNTERSIGNED: _SIGNED,
    _K.AGREEMENT_ENDED: _SIGNED,
    _K.ANNOUNCED: Making(
        sections=lambda asking: [main(_TO_MANY, text("通告内容", required=True)), materials(asking)], finish=_people
    ),
    _K.COORDINATION_REQUESTED: _COORDINATION,
    _K.COORDINATION_ANSWERED: plain(required=True, label="答复", files=True),
})  # fmt: skip
