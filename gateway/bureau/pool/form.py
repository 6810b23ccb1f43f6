"""What is kept of an expert, as fields: the form of one, headings of the import, words of what is wrong."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from delegation.specialties import DIVISIONS, specialties_of
from gateway.bureau.forms.filled import Filled, fill
from gateway.bureau.forms.spec import Ask, Field, FormSpec, Section
from gateway.bureau.intake.workbook import Column
from node.pool.rows import judge_row
from node.pool.views import ExpertView

ACTIVE: Final = (("yes", "启用"), ("no", "停用"))
STATES: Final = (
    ("available", "现在可抽取"),
    ("inactive", "已停用"),
    ("out_of_term", "不在聘期内"),
    ("no_senior_title", "无高级职称"),
)
_SPECIALTIES: Final = "specialties"
_NUMBER: Final = Field(path="number", label="专家编号", required=True, longest=40, hint="本库内不能重复，例如 CD-0017")
_NAME: Final = Field(path="name", label="姓名", required=True, longest=100)
_TITLE: Final = Field(
    path="title", label="专业技术职称", required=True, longest=100, hint="如主任医师；没有高级职称的不会被抽取"
)
_EMPLOYER: Final = Field(path="employer", label="工作单位", required=True, hint="写全称，用于回避核对")
_FROM: Final = Field(path="appointed_from", label="聘期起", required=True, ask=Ask.DAY)
_UNTIL: Final = Field(path="appointed_until", label="聘期止", required=True, ask=Ask.DAY)
_ACTIVE: Final = Field(path="active", label="状态", ask=Ask.CHOICE, choices=ACTIVE, hint="空着为启用")
_CONFLICTS: Final = Field(
    path="conflicts",
    label="利害关系申报",
    ask=Ask.LONG,
    longest=2_000,
    hint="一行一条：亲属:姓名:证件号码，或 单位:名称:统一社会信用代码；号码可以不写",
)
_NOTE: Final = Field(path="note", label="备注", ask=Ask.LONG, longest=1_000, hint="不进入专家库版次")
_IN_TABLE: Final = Field(
    path=_SPECIALTIES,
    label="科别",
    required=True,
    longest=400,
    ask=Ask.CHOICES,
    choices=tuple((each.code, each.label) for one in DIVISIONS for each in specialties_of(one.code)),
)
COLUMNS: Final = tuple(
    Column(heading=each.label, asked=each)
    for each in (_NUMBER, _NAME, _TITLE, _IN_TABLE, _EMPLOYER, _FROM, _UNTIL, _ACTIVE, _CONFLICTS, _NOTE)
)
BY_HEADING: Final[Mapping[str, Field]] = MappingProxyType({each.heading: each.asked for each in COLUMNS})
LABELS: Final[Mapping[str, str]] = MappingProxyType({each.asked.path: each.heading for each in COLUMNS})
_BY_DIVISION: Final = tuple(
    Field(
        path=f"{_SPECIALTIES}.{one.code}",
        label=one.label,
        ask=Ask.CHOICES,
        choices=tuple((each.code, each.label) for each in specialties_of(one.code)),
    )
    for one in DIVISIONS
)
SPEC: Final = FormSpec(
    (
        Section(
            name="person",
            title="基本情况",
            parts=(_NUMBER, _NAME, _TITLE, _EMPLOYER, _FROM, _UNTIL, _ACTIVE),
        ),
        Section(name="specialties", title="科别", parts=_BY_DIVISION, hint="至少选一个，最多八个"),
        Section(name="more", title="回避与备注", parts=(_CONFLICTS, _NOTE)),
    )
)
FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "请填写此项",
        "too_long": "太长了，请缩短",
        "not_printable": "含有不能显示的字符",
        "no_text": "不符合格式",
        "no_day": "不是有效的日期，应如 2026-07-30",
        "no_code": "请从列表中选择",
        "unknown_field": "有不认识的字段",
        "order": "聘期止早于聘期起",
        "conflict_form": "每条应为“亲属:姓名”或“单位:名称”，后面可加号码",
        "number_twice": "这份文件里另有一行用了同一编号，内容不同",
        "number_taken": "专家库里已有这个编号",
        "pool_full": "专家库已满",
    }
)


def row_of(form: Filled) -> dict[str, object]:
    """What the node judges, of a form as it was filled in."""
    row: dict[str, object] = {
        each.path: form.text(each.path) for each in SPEC.fields if each not in _BY_DIVISION and form.text(each.path)
    }
    chosen = [code for each in _BY_DIVISION for code in form.texts(each.path)]
    if chosen:
        row[_SPECIALTIES] = ",".join(chosen)
    return row


def judge(form: Filled) -> dict[str, object]:
    """The same, with what the node finds wrong told beside the fields."""
    row = row_of(form)
    for fault in judge_row(row).faults:
        tell(form, fault.field, fault.reason)
    return row


def tell(form: Filled, field: str, reason: str) -> None:
    """Note a fault beside the field that it is about."""
    path = _BY_DIVISION[0].path if field == _SPECIALTIES else field
    text = "请至少选一个科别" if (field, reason) == (_SPECIALTIES, "missing") else FAULTS.get(reason, "不符合格式")
    form.faults.setdefault(path if path in LABELS or field == _SPECIALTIES else "number", text)


def filled(view: ExpertView) -> Filled:
    """The form as it stands for an expert."""
    values: dict[str, object] = {
        "number": view.number,
        "name": view.name,
        "title": view.title,
        "employer": view.employer,
        "appointed_from": view.appointed_from.isoformat(),
        "appointed_until": view.appointed_until.isoformat(),
        "active": "yes" if view.active else "no",
        "conflicts": "\n".join(conflict_lines(view)),
        "note": view.note,
        _SPECIALTIES: {one.code: [code for code in view.specialties if code[:2] == one.code] for one in DIVISIONS},
    }
    return fill(SPEC, values)


def conflict_lines(view: ExpertView) -> Sequence[str]:
    """Declared conflicts as they are typed."""
    words = {"person": "亲属", "unit": "单位"}
    return [":".join([words[each.of.value], each.name, each.number]).rstrip(":") for each in view.conflicts]
