"""The one-window form of an appraisal (劳动能力鉴定) as data, over a draft's `business`; as `form` for investigations.

The matter stands first. What a matter or a mode does not need is not required; at most twenty fields are.
"""

from functools import cache
from typing import Final

from delegation.codes import AppraisalKind, AppraisalMode, Matter
from delegation.specialties import SPECIALTIES
from gateway.bureau.forms.spec import Ask, Field, FormSpec, Part, Rows, Section
from gateway.bureau.intake import choices

Choices = tuple[tuple[str, str], ...]
ILLNESS: Final = Matter.NON_WORK_ILLNESS.name
MATTERS: Final[Choices] = (
    (Matter.DISABILITY_GRADE.name, "劳动功能障碍等级鉴定"),
    (Matter.SELF_CARE.name, "生活自理障碍等级鉴定"),
    (Matter.PAID_LEAVE_EXTENSION.name, "停工留薪期延长确认"),
    (Matter.REHABILITATION.name, "工伤康复确认"),
    (Matter.ASSISTIVE_DEVICE.name, "辅助器具配置确认"),
    (Matter.RELAPSE.name, "旧伤复发确认"),
    (Matter.DEPENDANT_INCAPACITY.name, "供养亲属丧失劳动能力鉴定"),
    (Matter.CAUSALITY.name, "伤病因果关系确认"),
    (ILLNESS, "因病或非因工丧失劳动能力鉴定"),
)
MODES: Final[Choices] = (
    (AppraisalMode.ONSITE_ASSIST.name, "协助现场鉴定：受托方抽专家、现场鉴定，结论由本单位作出"),
    (AppraisalMode.EXPERT_SECONDMENT.name, "聘请专家：受托方推荐专家，本单位抽取并鉴定"),
    (AppraisalMode.FULL_ENTRUST.name, "委托鉴定：受托方形成受托结论，须有常设协议并经双方同意"),
)
KINDS: Final[Choices] = (
    (AppraisalKind.FIRST.name, "初次鉴定"),
    (AppraisalKind.REVIEW.name, "复查鉴定（原结论满一年后）"),
    (AppraisalKind.AGAIN.name, "再次鉴定（省级委员会之间）"),
)
BASES: Final[Choices] = (
    ("SINGLE_CASE", "一案一议（受托方受理即为同意）"),
    ("AGREEMENT", "合作协议"),
    ("REGULATION_25", "《工伤保险条例》第二十五条"),
)
SIZES: Final[Choices] = (("3", "三人"), ("5", "五人"))
LISTS: Final = (
    "letter.appraisal.injured_parts", "letter.appraisal.records", "letter.appraisal.treating_hospitals",
)  # fmt: skip
NUMBERS: Final = ("letter.appraisal.panel_size",)
DEFAULTS: Final = {
    "matter": Matter.DISABILITY_GRADE.name,
    "appraisal_kind": AppraisalKind.FIRST.name,
    "appraisal_mode": AppraisalMode.ONSITE_ASSIST.name,
    "legal_basis": "SINGLE_CASE",
    "task_place.role": "RESIDENCE",
    "priority": "NORMAL",
    "letter.worker.id_document": "ID_DOCUMENT_CITIZEN_ID",
    "letter.insurance.mode": "INSURANCE_MODE_EMPLOYER",
}
_MEDIUM, _LONG = 2_000, 20_000


def _choice(path: str, label: str, listed: Choices, *, required: bool = False, hint: str = "") -> Field:
    return Field(path=path, label=label, ask=Ask.CHOICE, choices=listed, required=required, hint=hint)


def _first() -> tuple[Part, ...]:
    return (
        _choice("matter", "鉴定事项", MATTERS, required=True),
        _choice("appraisal_mode", "委托方式", MODES, required=True, hint="方式决定由谁抽取专家、由谁作出结论"),
        _choice("appraisal_kind", "鉴定类别", KINDS, required=True),
        Field(path="clock.application_received_on", label="鉴定申请收到日", ask=Ask.DAY, required=True, check="past",
              hint="六十日自该日起算（《工伤保险条例》第二十五条）"),
    )  # fmt: skip


def _where() -> tuple[Part, ...]:
    return (
        Field(path="task_place.code", label="受托地（区划）", ask=Ask.PLACE, required=True, check="place", longest=60,
              hint="输入地名或六位代码查找；由该地的劳动能力鉴定委员会受托"),
        _choice("task_place.role", "该地点是", choices.PLACE_ROLES),
    )  # fmt: skip


def _who() -> tuple[Part, ...]:
    return (
        Field(path="letter.worker.name", label="职工姓名", required=True),
        _choice("letter.worker.id_document", "证件类型", choices.ID_DOCUMENTS, hint="不选按18位身份证件核对"),
        Field(path="letter.worker.id_number", label="证件号码", required=True, check="idnumber", longest=40),
        Field(path="letter.worker.phone", label="职工电话", ask=Ask.PHONE),
        Field(path="letter.employer.name", label="用人单位", required=True),
        Field(
            path="letter.insurance.mode", label="参保方式", ask=Ask.CHOICE, choices=choices.INSURANCE_MODES,
            required=True, check="home",
        ),
        Field(
            path="letter.insurance.insured_in", label="参保地", ask=Ask.PLACE, check="home", longest=60,
            hint="单位参保的填统筹地区",
        ),
        Field(
            path="letter.insurance.project_in", label="项目所在地", ask=Ask.PLACE, longest=60, check="home",
            hint="按项目参保的填",
        ),
        Field(
            path="letter.employer.operates_in", label="生产经营地", ask=Ask.PLACE, longest=60, check="home",
            hint="未参保的填",
        ),
    )  # fmt: skip


def _decision(*, needed: bool) -> tuple[Part, ...]:
    return (
        Field(path="letter.appraisal.decision_number", label="认定工伤决定书文号", required=needed),
        Field(path="letter.appraisal.decided_on", label="认定工伤决定书日期", ask=Ask.DAY, required=needed,
              check="past"),
    )  # fmt: skip


def _medical() -> tuple[Part, ...]:
    return (
        Field(path="letter.appraisal.injured_parts", label="伤害部位", ask=Ask.LONG, required=True, longest=_MEDIUM,
              hint="一行一处"),
        Field(path="letter.appraisal.diagnosis", label="诊断", ask=Ask.LONG, required=True, longest=_LONG),
        Field(path="letter.appraisal.records", label="病历目录", ask=Ask.LONG, longest=_LONG,
              hint="一行一份；病历和影像本身作为材料附上"),
        Field(path="letter.appraisal.treating_hospitals", label="救治医疗机构", ask=Ask.LONG, longest=_MEDIUM,
              hint="一行一家；供职于此的专家不列入合格名单"),
        Field(path="letter.appraisal.immobile", label="职工不便出行（上门或远程鉴定）", ask=Ask.CHECK),
        Field(path="letter.case_summary", label="简要案情和鉴定要求", ask=Ask.LONG, longest=_LONG),
    )  # fmt: skip


def _panel(mode: str) -> tuple[Part, ...]:
    basis = mode == AppraisalMode.ONSITE_ASSIST.name
    return (
        Field(path="letter.appraisal.pool_basis", label="从谁的专家库抽取及其依据", ask=Ask.LONG, required=basis,
              longest=_MEDIUM, hint="协助现场鉴定必填，如：受托方专家库，按一案一议"),
        _choice("letter.appraisal.panel_size", "专家组人数", SIZES, hint="不选由抽取的一方定"),
    )  # fmt: skip


def _consents(mode: str) -> tuple[Part, ...]:
    needed = mode == AppraisalMode.FULL_ENTRUST.name
    return (
        Field(path="letter.appraisal.consent_worker", label="职工同意委托鉴定", ask=Ask.CHECK, required=needed),
        Field(path="letter.appraisal.consent_employer", label="用人单位同意委托鉴定", ask=Ask.CHECK, required=needed),
    )


def _case(kind: str) -> tuple[Part, ...]:
    earlier = kind in {AppraisalKind.REVIEW.name, AppraisalKind.AGAIN.name}
    return (
        _choice("legal_basis", "委托依据", BASES, required=True),
        Field(path="agreement_id", label="合作协议编号", longest=36, hint="依据为合作协议时填；委托鉴定必填"),
        Field(path="letter.appraisal.earlier_conclusion", label="原鉴定结论书文号", required=earlier,
              hint="复查、再次鉴定必填"),
        Field(path="letter.appraisal.earlier_concluded_on", label="原结论日期", ask=Ask.DAY, required=earlier,
              check="past"),
    )  # fmt: skip


_MORE: Final[tuple[Part, ...]] = (
    Field(path="case_key", label="本单位案号", longest=80, hint="不随函发出；同一案号的几份委托归在一页"),
    _choice("priority", "优先级", choices.PRIORITIES),
    Field(path="letter.priority_reason", label="优先理由", longest=_MEDIUM, hint="优先或绿色通道须说明理由"),
    Field(path="requested_due", label="要求完成日", ask=Ask.DAY),
    Field(path="letter.fee_payer", label="费用承担", hint="如：委托方承担、按协议承担"),
    Field(path="letter.contact_phone", label="本单位办公电话", ask=Ask.PHONE),
    Field(path="host_unit", label="受托单位代码", ask=Ask.UNIT, longest=60, hint="几个单位都可能受托时指明一个"),
    Field(path="text", label="附言", ask=Ask.LONG, longest=_MEDIUM),
)
_PERSON: Final[tuple[Part, ...]] = (
    _choice("letter.worker.sex", "性别", choices.SEXES),
    Field(path="letter.worker.born_on", label="出生日期", ask=Ask.DAY, check="past"),
    Field(path="letter.worker.occupation", label="职业（工种）"),
    Field(path="letter.worker.address", label="住址"),
    Field(path="letter.employer.credit_code", label="统一社会信用代码", longest=18, check="creditcode"),
    Field(path="letter.employer.contact_name", label="单位联系人"),
    Field(path="letter.employer.contact_phone", label="单位联系电话", ask=Ask.PHONE),
)
_OUTLINE: Final = Rows(
    path="letter.items", label="另须说明的事项", row_label="事项", most=64,
    fields=(
        Field(path="text", label="要说明什么", ask=Ask.LONG, longest=_MEDIUM, required=True),
        Field(path="mandatory", label="必须答复", ask=Ask.CHECK),
        Field(path="code", label="编号", longest=16, hint="留空自动编"),
    ),
)  # fmt: skip
_SPECIALTIES: Final[tuple[Part, ...]] = (
    Field(path="letter.appraisal.specialties", label="申请的科别（最多五个）", ask=Ask.CHOICES,
          choices=tuple((each.code, each.label) for each in SPECIALTIES.values())),
)  # fmt: skip
_OATH: Final[tuple[Part, ...]] = (
    Field(
        path="letter.recusal_declared", ask=Ask.CHECK, required=True,
        label="经办人、审批人与本案无利害关系，无应当回避的情形（《工伤保险条例》第二十七条）",
    ),
)  # fmt: skip


@cache
def appraisal_form(matter: str = "", mode: str = "", kind: str = "", *, short_time: bool = False) -> FormSpec:
    """The form, with what this matter, mode and kind need."""
    confirm = Field(
        path="short_time_confirmed", label="知悉距受托方截止日不足5个工作日，仍然委托；受托方可以时间不足为由不予受托",
        ask=Ask.CHECK, required=True,
    )  # fmt: skip
    return FormSpec((
        Section(name="first", title="鉴定什么、怎样委托", parts=_first()),
        Section(name="where", title="去哪里鉴定", parts=_where()),
        Section(name="who", title="谁", parts=_who()),
        Section(
            name="decision", title="工伤认定", parts=_decision(needed=matter != ILLNESS),
            hint="文号和日期填写之前只能存为拟稿，不能发出（《工伤保险条例》第二十三条）；因病或非因工的不填",
        ),
        Section(name="medical", title="伤情和病历", parts=_medical()),
        Section(name="panel", title="专家组", parts=_panel(mode)),
        Section(
            name="consents", title="双方同意", parts=_consents(mode), folded=mode != AppraisalMode.FULL_ENTRUST.name,
            hint="委托鉴定须职工和用人单位双方同意，并有覆盖本事项和方式的常设协议",
        ),
        Section(name="basis", title="依据", parts=_case(kind)),
        Section(name="specialties", title="更多：申请的科别", parts=_SPECIALTIES, folded=True),
        Section(name="items", title="更多：另须说明的事项", parts=(_OUTLINE,), folded=True),
        Section(name="case", title="更多：案号、优先、费用、指定受托单位", parts=_MORE, folded=True),
        Section(name="worker", title="更多：职工、用人单位", parts=_PERSON, folded=True),
        *((Section(name="short", title="剩余时间不足", parts=(confirm,)),) if short_time else ()),
        Section(name="oath", title="回避", parts=_OATH),
    ))  # fmt: skip
