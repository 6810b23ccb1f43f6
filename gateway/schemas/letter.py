"""委托函: the letter and the case in it, field by field as the contract names them (letter.proto).

A draft may be incomplete, so nothing is demanded here; what is missing for sealing the node says. Codes are the
contract's enum names, such as ``INSURANCE_MODE_EMPLOYER``.
"""

from typing import Annotated, Literal

from pydantic import Field

from gateway.schemas.appraisal import AppraisalRequest
from gateway.schemas.base import Day, DayOfBirth, Form, ItemCode, LongText, LowerCode, MediumText, RegionCode, ShortText

IdDocumentCode = Literal["ID_DOCUMENT_CITIZEN_ID", "ID_DOCUMENT_PASSPORT", "ID_DOCUMENT_OLD_ID", "ID_DOCUMENT_OTHER"]
InsuranceModeCode = Literal["INSURANCE_MODE_EMPLOYER", "INSURANCE_MODE_PROJECT", "INSURANCE_MODE_NONE"]
ApplicantRoleCode = Literal[
    "APPLICANT_ROLE_EMPLOYER", "APPLICANT_ROLE_WORKER", "APPLICANT_ROLE_RELATIVE", "APPLICANT_ROLE_UNION"
]
OccupationalDiseaseCode = Literal[
    "OCCUPATIONAL_DISEASE_UNSPECIFIED",
    "OCCUPATIONAL_DISEASE_VALID_CERTIFICATE",
    "OCCUPATIONAL_DISEASE_DEFECTIVE_CERTIFICATE",
    "OCCUPATIONAL_DISEASE_NO_CERTIFICATE",
]
Ground = Annotated[str, Field(pattern=r"^1[456]-[1-7]$", examples=["14-1"])]


class Item(Form):
    """One item asked."""

    code: ItemCode
    """Unique in the letter."""
    text: MediumText
    """What is to be found out."""
    mandatory: bool = False
    """The result cannot do without it."""


class OutlineQuestion(Form):
    """One question of the outline."""

    group: LowerCode
    """Group, such as working-time; 人社部发〔2025〕62号."""
    text: MediumText
    """Question."""


class Worker(Form):
    """The injured worker."""

    name: ShortText = ""
    """姓名."""
    id_document: IdDocumentCode | None = None
    """Kind of document."""
    id_number: Annotated[ShortText, Field(max_length=40)] = ""
    """证件号码."""
    sex: Annotated[ShortText, Field(max_length=2)] = ""
    """GB/T 2261.1."""
    born_on: DayOfBirth | None = None
    """出生日期."""
    occupation: ShortText = ""
    """职业(工种)."""
    phone: ShortText = ""
    """电话."""
    address: ShortText = ""
    """住址."""
    social_security_number: ShortText = ""
    """社会保障号."""


class Employer(Form):
    """用人单位."""

    name: ShortText = ""
    """名称."""
    credit_code: Annotated[ShortText, Field(max_length=18)] = ""
    """统一社会信用代码."""
    registered_in: RegionCode | Literal[""] = ""
    """注册地."""
    operates_in: RegionCode | Literal[""] = ""
    """生产经营地."""
    industry: ShortText = ""
    """GB/T 4754."""
    contact_name: ShortText = ""
    """联系人."""
    contact_phone: ShortText = ""
    """联系电话."""
    labour_user: ShortText = ""
    """用工、派遣或发包单位, where another."""


class Witness(Form):
    """证人."""

    name: ShortText = ""
    """姓名."""
    phone: ShortText = ""
    """电话."""
    role: ShortText = ""
    """What the witness stands for."""


class Accident(Form):
    """事故."""

    happened_at: Annotated[ShortText, Field(max_length=19, examples=["2026-07-30T09:40"])] = ""
    """Local date and time without zone; Asia/Shanghai."""
    place_text: MediumText = ""
    """地点."""
    region_code: RegionCode | Literal[""] = ""
    """行政区划代码."""
    coordinates: ShortText = ""
    """Latitude and longitude, WGS 84."""
    scene: LowerCode | Literal[""] = ""
    """Such as in-plant, away, commuting, site, road."""
    course: LongText = ""
    """经过."""
    injured_part: ShortText = ""
    """伤害部位."""
    diagnosis: MediumText = ""
    """诊断."""
    first_hospital: ShortText = ""
    """首诊医疗机构."""
    witnesses: Annotated[tuple[Witness, ...], Field(max_length=30)] = ()
    """证人."""
    traffic_document_number: ShortText = ""
    """交通事故认定书号."""
    died_on: Day | None = None
    """Day of death."""


class Insurance(Form):
    """参保: decides who the home is (人社部发〔2016〕29号 §7)."""

    mode: InsuranceModeCode | None = None
    """参保方式."""
    insured_in: RegionCode | Literal[""] = ""
    """参保地."""
    project_name: ShortText = ""
    """项目名称."""
    project_in: RegionCode | Literal[""] = ""
    """项目所在地."""


class Applicant(Form):
    """申请人."""

    role: ApplicantRoleCode | None = None
    """条例 Art 17."""
    name: ShortText = ""
    """姓名或名称."""
    relation: ShortText = ""
    """与职工关系."""
    applied_on: Day | None = None
    """申请日期."""


class Letter(Form):
    """委托函."""

    acceptance_number: ShortText = ""
    """受理决定书文号."""
    case_summary: LongText = ""
    """简要案情."""
    items: Annotated[tuple[Item, ...], Field(max_length=64)] = ()
    """委托事项清单."""
    outline: Annotated[tuple[OutlineQuestion, ...], Field(max_length=200)] = ()
    """调查提纲."""
    worker: Worker | None = None
    """职工."""
    employer: Employer | None = None
    """用人单位."""
    accident: Accident | None = None
    """事故."""
    insurance: Insurance | None = None
    """参保."""
    applicant: Applicant | None = None
    """申请人."""
    claimed_grounds: Annotated[tuple[Ground, ...], Field(max_length=10)] = ()
    """申请条款, 条例 Art 14 and 15."""
    exclusion_flags: Annotated[tuple[Ground, ...], Field(max_length=3)] = ()
    """条例 Art 16."""
    occupational_disease: OccupationalDiseaseCode | None = None
    """What certificate of occupational disease there is."""
    fee_payer: ShortText = ""
    """费用承担."""
    recusal_declared: bool = False
    """回避声明."""
    contact_phone: ShortText = ""
    """Telephone of the home's office."""
    priority_reason: MediumText = ""
    """优先理由."""
    appraisal: AppraisalRequest | None = None
    """What an appraisal asks for."""
