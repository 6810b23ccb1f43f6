"""The one-window form (一窗受理) as data, over a draft's `business` (node/desk/ports.py).

What has to be there for issuing stands in the open, at most twenty fields; everything else is folded and optional.
"""

from functools import cache
from typing import Final

from gateway.bureau.forms.spec import Ask, Field, FormSpec, Part, Rows, Section
from gateway.bureau.intake import choices
from gateway.bureau.intake.outline import GROUPS

MATTER: Final = "INVESTIGATION"
MOST_REQUIRED: Final = 20
SECOND_PLACE, THIRD_PLACE = "place_2", "place_3"  # of the form alone: the further candidates of an uncertain place
SHORT_TIME: Final = "short_time_confirmed"
_SHORT, _MEDIUM, _LONG = 200, 2_000, 20_000


def _text(path: str, label: str, **more: object) -> Field:
    return Field(path=path, label=label, **more)  # type: ignore[arg-type] # names of Field, checked by it


def _must(path: str, label: str, ask: Ask = Ask.TEXT, **more: object) -> Field:
    return Field(path=path, label=label, ask=ask, required=True, **more)  # type: ignore[arg-type] # as above


_WHERE: Final[tuple[Part, ...]] = (
    _must(
        "task_place.code", "调查地点（区划）", Ask.PLACE, check="place", longest=60,
        hint="输入地名或六位代码查找；只知道受托单位的，在“更多”里填单位代码，此处可留空",
    ),
    _must("task_place.role", "该地点是", Ask.CHOICE, choices=choices.PLACE_ROLES),
)  # fmt: skip
_WHO: Final[tuple[Part, ...]] = (
    _must("letter.worker.name", "职工姓名"),
    Field(
        path="letter.worker.id_document", label="证件类型", ask=Ask.CHOICE, choices=choices.ID_DOCUMENTS,
        hint="不选按18位身份证件核对",
    ),
    _must("letter.worker.id_number", "证件号码", check="idnumber", longest=40),
    _must("letter.employer.name", "用人单位"),
    _must("letter.insurance.mode", "参保方式", Ask.CHOICE, choices=choices.INSURANCE_MODES, check="home"),
    _must(
        "letter.insurance.insured_in", "参保地", Ask.PLACE, check="home", longest=60,
        hint="单位参保的填统筹地区",
    ),
    Field(
        path="letter.insurance.project_in", label="项目所在地", ask=Ask.PLACE, longest=60, check="home",
        hint="按项目参保的填：由项目所在地认定",
    ),
    Field(
        path="letter.employer.operates_in", label="生产经营地", ask=Ask.PLACE, longest=60, check="home",
        hint="未参保的填：由生产经营地认定",
    ),
    _must("letter.applicant.role", "申请人", Ask.CHOICE, choices=choices.APPLICANT_ROLES),
)  # fmt: skip
_WHAT: Final[tuple[Part, ...]] = (
    _must("letter.accident.happened_at", "事故时间", Ask.MOMENT, check="past"),
    _must("letter.accident.place_text", "事故地点（文字）", longest=_MEDIUM, hint="如：某区某路某号某工地三号楼"),
    _must("letter.applicant.applied_on", "申请日期", Ask.DAY, check="past"),
    _must("clock.accepted_on", "受理日期", Ask.DAY, check="past", hint="法定时限从这一天起算；受理前不得委托"),
    _must("letter.acceptance_number", "受理决定书文号"),
    _must("letter.claimed_grounds", "申请条款（工伤保险条例）", Ask.CHOICES, choices=choices.GROUNDS),
    _must("letter.case_summary", "简要案情", Ask.LONG, longest=_LONG),
)
_ITEMS: Final = Rows(
    path="letter.items", label="委托事项", row_label="事项", least=1, most=64,
    fields=(
        _must("text", "要查明什么", Ask.LONG, longest=_MEDIUM),
        _text("mandatory", "必须答复", ask=Ask.CHECK),
        _text("code", "编号", longest=16, hint="留空自动编"),
    ),
)  # fmt: skip
_OUTLINE: Final = Rows(
    path="letter.outline", label="调查提纲", row_label="问题", most=100,
    fields=(
        _text("group", "类别", ask=Ask.CHOICE, choices=tuple((group.code, group.label) for group in GROUPS)),
        _must("text", "问题", Ask.LONG, longest=_MEDIUM),
    ),
)  # fmt: skip
_CASE: Final[tuple[Part, ...]] = (
    _text("case_key", "本单位案号", longest=80, hint="不随函发出；同一案号的几份委托归在一页"),
    Field(path="clock.procedure", label="办理程序", ask=Ask.CHOICE, choices=choices.PROCEDURES),
    Field(path="priority", label="优先级", ask=Ask.CHOICE, choices=choices.PRIORITIES),
    _text("letter.priority_reason", "优先理由", longest=_MEDIUM, hint="优先或绿色通道须说明理由"),
    Field(path="legal_basis", label="委托依据", ask=Ask.CHOICE, choices=choices.LEGAL_BASES),
    _text("agreement_id", "合作协议编号", longest=36, hint="依据为合作协议时填"),
    Field(path="requested_due", label="要求完成日", ask=Ask.DAY),
    _text("letter.fee_payer", "费用承担", hint="如：委托方承担、按协议承担"),
    _text("letter.contact_phone", "本单位办公电话", ask=Ask.PHONE),
    _text("text", "附言", ask=Ask.LONG, longest=_MEDIUM),
)
_UNSURE: Final[tuple[Part, ...]] = (
    Field(path=SECOND_PLACE, label="另一可能的地点", ask=Ask.PLACE, longest=60, check="place"),
    Field(path=THIRD_PLACE, label="再一可能的地点", ask=Ask.PLACE, longest=60, check="place"),
    Field(
        path="host_unit", label="受托单位代码", ask=Ask.UNIT, longest=60,
        hint="几个单位都可能管辖时指明一个；只填它而不填地点时，以该单位所在地为调查地点",
    ),
)  # fmt: skip
_WORKER: Final[tuple[Part, ...]] = (
    Field(path="letter.worker.sex", label="性别", ask=Ask.CHOICE, choices=choices.SEXES),
    Field(path="letter.worker.born_on", label="出生日期", ask=Ask.DAY, check="past"),
    _text("letter.worker.occupation", "职业（工种）"),
    _text("letter.worker.phone", "职工电话", ask=Ask.PHONE),
    _text("letter.worker.address", "住址"),
    _text("letter.worker.social_security_number", "社会保障号"),
)
_EMPLOYER: Final[tuple[Part, ...]] = (
    _text("letter.employer.credit_code", "统一社会信用代码", longest=18, check="creditcode"),
    Field(path="letter.employer.registered_in", label="注册地", ask=Ask.PLACE, longest=60, check="place"),
    _text("letter.employer.industry", "行业（GB/T 4754）"),
    _text("letter.employer.contact_name", "单位联系人"),
    _text("letter.employer.contact_phone", "单位联系电话", ask=Ask.PHONE),
    _text("letter.employer.labour_user", "用工、派遣或发包单位", hint="与用人单位不同时填"),
    _text("letter.insurance.project_name", "参保项目名称"),
    _text("letter.applicant.name", "申请人姓名或名称"),
    _text("letter.applicant.relation", "申请人与职工关系"),
)  # fmt: skip
_ACCIDENT: Final[tuple[Part, ...]] = (
    Field(path="letter.accident.region_code", label="事故地区划", ask=Ask.PLACE, longest=60, check="place"),
    _text("letter.accident.coordinates", "经纬度", hint="WGS 84，纬度在前"),
    Field(path="letter.accident.scene", label="场景", ask=Ask.CHOICE, choices=choices.SCENES),
    _text("letter.accident.injured_part", "伤害部位"),
    _text("letter.accident.diagnosis", "诊断", longest=_MEDIUM),
    _text("letter.accident.first_hospital", "首诊医疗机构"),
    _text("letter.accident.traffic_document_number", "交通事故认定书号"),
    Field(path="letter.accident.died_on", label="死亡日期", ask=Ask.DAY, check="past"),
    _text("letter.accident.course", "事故经过", ask=Ask.LONG, longest=_LONG),
    Rows(
        path="letter.accident.witnesses", label="证人", row_label="证人", most=30,
        fields=(_must("name", "证人姓名"), _text("phone", "证人电话", ask=Ask.PHONE), _text("role", "证明什么")),
    ),
)  # fmt: skip
_SPECIAL: Final[tuple[Part, ...]] = (
    Field(path="letter.exclusion_flags", label="需排查的情形", ask=Ask.CHOICES, choices=choices.EXCLUSIONS),
    Field(path="letter.occupational_disease", label="职业病", ask=Ask.CHOICE, choices=choices.DISEASES),
    Rows(
        path="clock.suspensions", label="法定时限中止", row_label="中止", most=32,
        fields=(
            _must("ground", "中止原因", Ask.CHOICE, choices=choices.SUSPENSIONS),
            _must("effective_on", "中止日期", Ask.DAY),
            Field(path="resumed_on", label="恢复日期", ask=Ask.DAY, hint="未恢复留空"),
        ),
    ),
)  # fmt: skip
_OATH: Final[tuple[Part, ...]] = (
    _must(
        "letter.recusal_declared", "经办人、审批人与本案无利害关系，无应当回避的情形（工伤认定办法第十六条）", Ask.CHECK
    ),
)
_CONFIRM: Final = Section(
    name="short",
    title="剩余时间不足",
    parts=(_must(SHORT_TIME, "知悉距受托方截止日不足5个工作日，仍然委托；受托方可以时间不足为由不予受托", Ask.CHECK),),
)
DEFAULTS: Final = {
    "task_place.role": "ACCIDENT",
    "clock.procedure": "ORDINARY",
    "priority": "NORMAL",
    "legal_basis": "RECOGNITION_RULES_14",
    "letter.worker.id_document": "ID_DOCUMENT_CITIZEN_ID",
    "letter.items.0.mandatory": "1",
}


@cache
def letter_form(*, short_time: bool = False) -> FormSpec:
    """The form; with the confirmation of short time once the node says that it is needed."""
    sections = (
        Section(name="where", title="去哪里查", parts=_WHERE),
        Section(name="who", title="谁", parts=_WHO),
        Section(name="what", title="什么事", parts=_WHAT),
        Section(name="items", title="请查什么", parts=(_ITEMS,)),
        Section(name="outline", title="调查提纲", parts=(_OUTLINE,), folded=True, hint="先选类别加入现成的问题，再改"),
        Section(name="case", title="更多：案号、程序、优先、依据、费用", parts=_CASE, folded=True),
        Section(
            name="unsure", title="更多：地点不确定，或指定受托单位", parts=_UNSURE, folded=True,
            hint="地点不确定时最多列三个可能的地点，受托方转办不算差错",
        ),
        Section(name="worker", title="更多：职工", parts=_WORKER, folded=True),
        Section(name="employer", title="更多：用人单位、项目、申请人", parts=_EMPLOYER, folded=True),
        Section(name="accident", title="更多：事故、伤情、证人", parts=_ACCIDENT, folded=True),
        Section(name="special", title="更多：排除情形、职业病、时限中止", parts=_SPECIAL, folded=True),
        *((_CONFIRM,) if short_time else ()),
        Section(name="oath", title="回避", parts=_OATH),
    )  # fmt: skip
    return FormSpec(sections)
