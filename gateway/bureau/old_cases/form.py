"""What is kept of a closed paper case, as fields: headings of its import, and labels of its page."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.bureau.forms.spec import Ask, Field
from gateway.bureau.intake.workbook import Column

ROLES: Final = (("home", "委托方"), ("host", "受托方"))
RESULTS: Final = (
    ("FOUND", "查明"),
    ("PARTLY", "部分查明"),
    ("NOT_FOUND", "未能查明"),
    ("DECLINED", "不予受托"),
    ("WITHDRAWN", "撤回"),
    ("UNABLE", "无法完成"),
)
_LONG: Final = 2_000
FIELDS: Final = (
    Field(path="number", label="旧案卷号", required=True, longest=80, hint="本单位内不能重复"),
    Field(path="our_role", label="我方身份", required=True, ask=Ask.CHOICE, choices=ROLES),
    Field(path="home_name", label="委托单位", required=True, hint="当时的单位名称"),
    Field(path="host_name", label="受托单位", required=True, hint="当时的单位名称"),
    Field(path="worker_name", label="职工姓名", required=True, longest=100),
    Field(path="id_number", label="证件号码", longest=40, hint="15位或18位身份证号会核对；旧卷没有的可以留空"),
    Field(path="employer_name", label="用人单位"),
    Field(path="accident_on", label="事故日期", ask=Ask.DAY),
    Field(path="accident_place", label="事故地点"),
    Field(path="asked", label="委托内容", ask=Ask.LONG, longest=_LONG),
    Field(path="delegated_on", label="委托日期", ask=Ask.DAY),
    Field(path="closed_on", label="办结日期", required=True, ask=Ask.DAY),
    Field(path="result", label="办理结果", required=True, ask=Ask.CHOICE, choices=RESULTS),
    Field(path="result_text", label="结果摘要", ask=Ask.LONG, longest=_LONG),
    Field(path="shelf_mark", label="纸质档案位置", required=True, hint="档号、库房、柜架"),
    Field(path="note", label="备注", ask=Ask.LONG, longest=_LONG),
)
BY_HEADING: Final[Mapping[str, Field]] = MappingProxyType({each.label: each for each in FIELDS})
LABELS: Final[Mapping[str, str]] = MappingProxyType({each.path: each.label for each in FIELDS})
COLUMNS: Final = tuple(Column(heading=each.label, asked=each) for each in FIELDS)
FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "请填写此项",
        "too_long": "太长了，请缩短",
        "not_printable": "含有不能显示的字符",
        "no_text": "不符合格式",
        "no_day": "不是有效的日期，应如 2019-06-30",
        "no_code": "请从列表中选择",
        "unknown_field": "有不认识的字段",
        "id_check": "证件号码不对，请对照证件核对",
        "in_future": "不能晚于今天",
        "too_early": "日期过早",
        "order": "早于它之前的日期（事故、委托、办结应依次）",
        "number_taken": "档案里已有这个卷号，内容不同；要更正的，先由审批人移出原来的一条",
    }
)
