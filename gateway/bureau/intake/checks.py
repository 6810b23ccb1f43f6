"""What the desk checks while somebody types, and again on every save: check digits, days, what belongs together.

Told early, so that nobody learns it from the approver. The node judges everything again; nothing here lets pass what it
refuses. Texts repeat nothing of what was typed.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from delegation.digits import DigitError, check_citizen_id, check_credit_code, check_old_citizen_id
from delegation.draw import MOST_STRATA
from gateway.bureau.filters import ZONE
from gateway.bureau.forms.filled import CHECKED, Filled, missing
from gateway.bureau.forms.spec import Ask

_ITEM_CODE: Final = re.compile(r"[A-Z0-9-]{1,16}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 12, 31)  # days of a header, protocol 3.4
_DAYS: Final = (
    "clock.accepted_on", "requested_due", "letter.applicant.applied_on", "clock.application_received_on",
    "letter.appraisal.decided_on", "letter.appraisal.earlier_concluded_on",
)  # fmt: skip
_PAST: Final = (
    "letter.accident.happened_at", "letter.applicant.applied_on", "clock.accepted_on", "letter.worker.born_on",
    "letter.accident.died_on", "clock.application_received_on", "letter.appraisal.decided_on",
    "letter.appraisal.earlier_concluded_on",
)  # fmt: skip
_ORDER: Final = (
    ("letter.accident.happened_at", "letter.applicant.applied_on", "申请日期早于事故日期"),
    (
        "letter.applicant.applied_on",
        "clock.accepted_on",
        "受理日期早于申请日期；受理前不得委托（工伤认定办法第十四条）",
    ),
    ("letter.accident.happened_at", "letter.accident.died_on", "死亡日期早于事故日期"),
    ("letter.worker.born_on", "letter.accident.happened_at", "事故时间早于出生日期"),
    (
        "letter.appraisal.decided_on",
        "clock.application_received_on",
        "鉴定申请收到日早于认定工伤决定书日期；认定工伤之后才鉴定（《工伤保险条例》第二十一条）",
    ),
)
_OF_MODE: Final = {
    "INSURANCE_MODE_EMPLOYER": ("letter.insurance.insured_in", "单位参保的，请填参保地"),
    "INSURANCE_MODE_PROJECT": ("letter.insurance.project_in", "按项目参保的，请填项目所在地"),
    "INSURANCE_MODE_NONE": ("letter.employer.operates_in", "未参保的，请填生产经营地"),
}
_DIGITS: Final = {
    "format": "位数或字符不对",
    "check": "校验位不对，请对照证件核对",
    "date": "其中的出生日期不存在",
    "birth_in_future": "其中的出生日期在今天之后",
    "birth_too_early": "其中的出生日期过早",
}
_RECEIVED: Final = "clock.application_received_on"
_YEAR: Final = 365
INSURED_IN: Final = "letter.insurance.insured_in"


def check(form: Filled, now: datetime) -> None:
    """Note what is wrong with what stands there; what is empty is not wrong yet."""
    today = now.astimezone(ZONE).date()
    _numbers(form, today)
    _days(form, now)
    _together(form)
    _suspensions(form, today)
    if form.text("matter"):
        _appraisal(form)
    for asked in form.spec.fields:
        if asked.ask is Ask.CHOICES and not set(form.texts(asked.path)) <= set(dict(asked.choices)):
            _fault(form, asked.path, "请从列表中选择")


def complete(form: Filled) -> None:
    """Note what is still missing for issuing."""
    missing(form)
    path, text = _OF_MODE.get(form.text("letter.insurance.mode"), (INSURED_IN, ""))
    if path != INSURED_IN and not form.text(INSURED_IN):
        form.faults.pop(INSURED_IN, None)
    if text and not form.text(path):
        form.faults[path] = text
    if form.text("host_unit") and not form.text("task_place.code"):
        form.faults.pop("task_place.code", None)  # the unit's own place is taken
    items = next(rows for rows in form.spec.rows if rows.path == "letter.items")
    numbers = range(form.count(items))
    if form.text("matter"):
        return  # an appraisal asks by its matter; items are told beside it
    if not any(form.text(f"letter.items.{number}.mandatory") == CHECKED for number in numbers):
        form.faults.setdefault("letter.items.0.mandatory", "至少有一项须勾选“必须答复”")


def _fault(form: Filled, path: str, text: str) -> None:
    if text:
        form.faults.setdefault(path, text)


def _numbers(form: Filled, today: date) -> None:
    number = form.text("letter.worker.id_number")
    document = form.text("letter.worker.id_document") or "ID_DOCUMENT_CITIZEN_ID"
    if number and document == "ID_DOCUMENT_CITIZEN_ID":
        _fault(form, "letter.worker.id_number", _digit_fault(lambda: check_citizen_id(number, today)))
    elif number and document == "ID_DOCUMENT_OLD_ID":
        _fault(form, "letter.worker.id_number", _digit_fault(lambda: check_old_citizen_id(number, today)))
    code = form.text("letter.employer.credit_code")
    if code:
        _fault(form, "letter.employer.credit_code", _digit_fault(lambda: check_credit_code(code)))


def _digit_fault(judge: Callable[[], object]) -> str:
    try:
        judge()
    except DigitError as error:
        return _DIGITS.get(error.code, "号码有误")
    return ""


def day_at(form: Filled, path: str) -> date | None:
    """The day that stands in a field of a day or of a moment; None for none."""
    try:
        return date.fromisoformat(form.text(path)[:10])
    except ValueError:
        return None


def _days(form: Filled, now: datetime) -> None:
    local = now.astimezone(ZONE).replace(tzinfo=None)
    for path in _DAYS:
        day = day_at(form, path)
        if day is not None and not _EARLIEST <= day <= _LATEST:
            _fault(form, path, "日期应在2000年至2100年之间")
    for path in _PAST:
        day = day_at(form, path)
        if day is not None and (day > local.date() or form.text(path)[:16] > local.isoformat()[:16]):
            _fault(form, path, "不能晚于现在")
    for first, then, text in _ORDER:
        before, after = day_at(form, first), day_at(form, then)
        if before is not None and after is not None and after < before:
            _fault(form, then, text)
    asked, accepted = day_at(form, "requested_due"), day_at(form, "clock.accepted_on")
    if asked is not None and accepted is not None and asked <= accepted:
        _fault(form, "requested_due", "要求完成日应晚于受理日期")


def _together(form: Filled) -> None:
    if form.text("priority") in {"PREFERRED", "GREEN"} and not form.text("letter.priority_reason"):
        _fault(form, "letter.priority_reason", "优先或绿色通道须说明理由")
    if form.text("letter.occupational_disease") == "OCCUPATIONAL_DISEASE_VALID_CERTIFICATE":
        _fault(
            form, "letter.occupational_disease",
            "有合法诊断证明书或鉴定书的职业病不再调查核实（条例第十九条、办法第十三条），不应委托",
        )  # fmt: skip
    agreement = form.text("agreement_id")
    if form.text("legal_basis") == "AGREEMENT" and not agreement:
        _fault(form, "agreement_id", "依据为合作协议的，请填协议编号")
    if agreement and not _UUID.fullmatch(agreement):
        _fault(form, "agreement_id", "协议编号的格式不对，请从协议页面复制")
    codes = [form.text(path)[:6] for path in ("task_place.code", "place_2", "place_3") if form.text(path)]
    if len(set(codes)) < len(codes):
        _fault(form, "place_2", "几个可能的地点不能相同")
    if any(times > 1 for times in Counter(_item_codes(form)).values()):
        _fault(form, "letter.items", "事项编号重复")
    for number, code in enumerate(_item_codes(form, all_rows=True)):
        if code and not _ITEM_CODE.fullmatch(code):
            _fault(form, f"letter.items.{number}.code", "编号只用大写字母、数字和短横，最多16位")


def _appraisal(form: Filled) -> None:
    """The agreement rule, told as it is typed: what 委托鉴定 needs; and when a review may be asked for."""
    entrusts = form.text("appraisal_mode") == "FULL_ENTRUST"
    basis = form.text("legal_basis")
    if entrusts and basis == "SINGLE_CASE":
        _fault(form, "legal_basis", "委托鉴定须有覆盖本事项和方式的常设协议；没有协议的，改选协助现场鉴定或聘请专家")
    if entrusts and basis and basis != "SINGLE_CASE" and not form.text("agreement_id"):
        _fault(form, "agreement_id", "委托鉴定须填常设协议的编号")
    if form.text("appraisal_kind") == "REVIEW":
        earlier, received = day_at(form, "letter.appraisal.earlier_concluded_on"), day_at(form, _RECEIVED)
        if form.text("matter") == "NON_WORK_ILLNESS":
            _fault(form, "appraisal_kind", "因病或非因工的没有复查鉴定")
        elif earlier is not None and received is not None and (received - earlier).days < _YEAR:
            _fault(
                form,
                "letter.appraisal.earlier_concluded_on",
                "复查须自结论作出之日起满一年（《工伤保险条例》第二十八条）",
            )
    if len(form.texts("letter.appraisal.specialties")) > MOST_STRATA:
        _fault(form, "letter.appraisal.specialties", "最多五个科别")


def _item_codes(form: Filled, *, all_rows: bool = False) -> list[str]:
    items = next(rows for rows in form.spec.rows if rows.path == "letter.items")
    codes = [form.text(f"letter.items.{number}.code") for number in range(form.count(items))]
    return codes if all_rows else [code for code in codes if code]


def _suspensions(form: Filled, today: date) -> None:
    rows = next((rows for rows in form.spec.rows if rows.path == "clock.suspensions"), None)
    if rows is None:
        return
    accepted = day_at(form, "clock.accepted_on")
    for number in range(form.count(rows)):
        path = f"clock.suspensions.{number}."
        begins, ends = day_at(form, f"{path}effective_on"), day_at(form, f"{path}resumed_on")
        if begins is not None and (begins > today or (accepted is not None and begins < accepted)):
            _fault(form, f"{path}effective_on", "中止日期应在受理之后，且不晚于今天")
        if ends is not None and (ends > today or (begins is not None and ends < begins)):
            _fault(form, f"{path}resumed_on", "恢复日期应在中止之后，且不晚于今天")
