"""劳动能力鉴定: what its letter and its moves hold, field by field as the contract names them (appraisal.proto).

What the node computes or draws by itself (a panel, an escrow, openings) has no place here.
"""

from typing import Annotated, Literal

from pydantic import Field

from gateway.schemas.base import Day, Form, Identifier, LongText, MediumText, ShortText, Uuid

ObjectionByCode = Literal["OBJECTION_BY_WORKER", "OBJECTION_BY_EMPLOYER"]
ExaminationFormCode = Literal["EXAMINATION_FORM_ON_SITE", "EXAMINATION_FORM_HOME_VISIT", "EXAMINATION_FORM_VIDEO"]
SpecialtyCode = Annotated[str, Field(pattern=r"^M[1-6][0-9]{2}$", examples=["M201"])]
WarningCode = Annotated[str, Field(pattern=r"^G[0-9]{2}$", examples=["G01"])]
LocalTime = Annotated[ShortText, Field(max_length=19, examples=["2026-09-01T09:00"])]
Files = Annotated[tuple[Uuid, ...], Field(max_length=128)]
Experts = Annotated[tuple[Identifier, ...], Field(max_length=20)]


class AppraisalRequest(Form):
    """鉴定申请 (条例 Art 21 to 25)."""

    decision_number: ShortText = ""
    """认定工伤决定书文号; empty for an illness that is no work injury."""
    decided_on: Day | None = None
    """Its date."""
    injured_parts: Annotated[tuple[ShortText, ...], Field(max_length=64)] = ()
    """Injured parts."""
    diagnosis: LongText = ""
    """Diagnosis."""
    records: Annotated[tuple[MediumText, ...], Field(max_length=128)] = ()
    """病历目录."""
    specialties: Annotated[tuple[SpecialtyCode, ...], Field(max_length=5)] = ()
    """Specialities that the applicant asks for (protocol 13.1)."""
    panel_size: Literal[0, 3, 5] = 0
    """Seats; 0 leaves it to the unit that draws."""
    pool_basis: MediumText = ""
    """Whose pool is drawn from and why (ONSITE_ASSIST)."""
    immobile: bool = False
    """The worker cannot travel."""
    consent_worker: bool = False
    """The worker agrees."""
    consent_employer: bool = False
    """The employer agrees."""
    treating_hospitals: Annotated[tuple[ShortText, ...], Field(max_length=32)] = ()
    """Hospitals that treated the worker."""
    earlier_conclusion: ShortText = ""
    """Number of the earlier conclusion, where it is a review."""
    earlier_concluded_on: Day | None = None
    """Its date."""


class SpecialtyPlan(Form):
    """Specialities of the strata; who is left out, and why, the node counts."""

    specialties: Annotated[tuple[SpecialtyCode, ...], Field(max_length=5)] = ()
    """Of each stratum, in order."""
    reason: MediumText = ""
    """Why these."""
    remedy: MediumText = ""
    """What can be done where too few are eligible (PANEL_SHORT)."""


class PanelChange(Form):
    """A seat that passes on; who enters is the next reserve."""

    leaves: Identifier
    """Who leaves, number in the pool."""
    reason: MediumText = ""
    """Why."""


class Recusal(Form):
    """An objection to an expert, or its answer."""

    raised_by: ObjectionByCode
    """Who raised it."""
    expert_id: Identifier
    """Against whom."""
    reason: MediumText = ""
    """Why, or why not."""


class Appointment(Form):
    """An appointment."""

    at: LocalTime
    """Local time without zone; Asia/Shanghai."""
    place: MediumText = ""
    """Where."""
    form: ExaminationFormCode
    """How."""
    bring: MediumText = ""
    """What the worker brings."""
    contact_phone: ShortText = ""
    """Whom to call."""
    reason: MediumText = ""
    """Why it moves (RESCHEDULED)."""


class WorkerNotice(Form):
    """That the worker was told."""

    method: ShortText = ""
    """How it was served."""
    proof_material_id: Uuid | None = None
    """What proves it."""


class Absence(Form):
    """A worker who did not come."""

    detail: LongText = ""
    """What happened."""
    material_ids: Files = ()
    """What proves it."""


class Examination(Form):
    """The examination."""

    at: LocalTime
    """Local time without zone; Asia/Shanghai."""
    place: MediumText = ""
    """Where."""
    form: ExaminationFormCode
    """How."""
    identity_check: ShortText = ""
    """How the identity was checked."""
    identity_checked_by: ShortText = ""
    """Who checked it."""
    identity_matches: bool = False
    """The person is the worker."""
    experts: Experts = ()
    """Experts who were there, numbers in the pool."""
    present: Annotated[tuple[ShortText, ...], Field(max_length=32)] = ()
    """Others."""
    findings: LongText = ""
    """Findings."""
    material_ids: Files = ()
    """Records and pictures."""


class ExtraTests(Form):
    """Tests at a hospital."""

    hospital: ShortText = ""
    """Hospital."""
    tests: MediumText = ""
    """What is tested and why."""


class InjuryGrade(Form):
    """One injury."""

    injury: MediumText = ""
    """What it is."""
    clause: ShortText = ""
    """Clause of GB/T 16180, such as 5.7.2.3."""
    grade: Annotated[int, Field(ge=1, le=11)]
    """1 to 10; 11 for 未达级."""


class SelfCare(Form):
    """生活自理: true where care is needed."""

    eating: bool = False
    """进食."""
    turning: bool = False
    """翻身."""
    toilet: bool = False
    """大小便."""
    dressing: bool = False
    """穿衣、洗漱."""
    moving: bool = False
    """自主行动."""
    degree: Annotated[int, Field(ge=0, le=3)] = 0
    """0 无, 1 部分, 2 大部分, 3 完全."""


class AppraisalFinding(Form):
    """A finding on disability and care."""

    injuries: Annotated[tuple[InjuryGrade, ...], Field(max_length=64)] = ()
    """Each injury."""
    grade: Annotated[int, Field(ge=0, le=11)] = 0
    """Combined grade; 0 where the matter asks for none."""
    self_care: SelfCare | None = None
    """The five items; absent where the matter asks for none."""
    other: LongText = ""
    """What else the matter asks for."""


class ExpertOpinion(Form):
    """One expert's own opinion."""

    expert_id: Identifier
    """Number in the pool."""
    name: ShortText = ""
    """Name."""
    finding: AppraisalFinding | None = None
    """What the expert holds."""
    agrees: bool = False
    """Agrees with the majority."""
    text: LongText = ""
    """Dissent."""
    signed_on: Day | None = None
    """Day of the signature."""
    signed_material_id: Uuid | None = None
    """The signed sheet."""


class WarningAnswer(Form):
    """Why a warning does not matter here."""

    warning: WarningCode
    """Code of protocol 13.7."""
    text: MediumText = ""
    """Answer."""


class PanelOpinion(Form):
    """What the panel found."""

    opinions: Annotated[tuple[ExpertOpinion, ...], Field(max_length=20)] = ()
    """One of each expert."""
    majority: AppraisalFinding | None = None
    """What the majority holds."""
    dissent: LongText = ""
    """Dissent in words."""
    answers: Annotated[tuple[WarningAnswer, ...], Field(max_length=16)] = ()
    """Answers to warnings of the standard's arithmetic."""


class Conclusion(Form):
    """劳动能力鉴定结论."""

    number: ShortText = ""
    """Number of the document."""
    on: Day | None = None
    """Day."""
    finding: AppraisalFinding | None = None
    """What is concluded."""
    service_method: ShortText = ""
    """How it was served."""
    remedy_told: bool = False
    """The remedy was told (条例 Art 26)."""
    outcome: LongText = ""
    """Outcome of a further appraisal."""


class AppraisalResult(Form):
    """What goes home."""

    opinion: PanelOpinion | None = None
    """As it was formed."""
    conclusion: Conclusion | None = None
    """The entrusted conclusion; only with FULL_ENTRUST."""
    report: LongText = ""
    """Course and findings."""
    reviewer_staff_id: Identifier | None = None
    """Reviewer, none of the panel."""


class Rejudge(Form):
    """退回复核."""

    clauses: Annotated[tuple[ShortText, ...], Field(max_length=32)] = ()
    """Clauses said to be misapplied."""
    reason: LongText = ""
    """Why."""


class SecondedExpert(Form):
    """An expert who is lent."""

    expert_id: Identifier
    """Number in the lender's pool."""
    name: ShortText = ""
    """Name."""
    title: ShortText = ""
    """专业技术职称."""
    specialties: Annotated[tuple[SpecialtyCode, ...], Field(max_length=20)] = ()
    """Specialities."""
    employer: ShortText = ""
    """Employer."""
    home_expert_id: Identifier | None = None
    """Number in the home's pool, once admitted."""
    appointment_number: ShortText = ""
    """聘书文号."""
    appointed_until: Day | None = None
    """Last day of the appointment."""
    recusal_declared: bool = False
    """No conflict."""
    available_on: Day | None = None
    """When the expert can come."""


class ExpertList(Form):
    """Experts proposed, admitted or confirmed."""

    experts: Annotated[tuple[SecondedExpert, ...], Field(max_length=64)] = ()
    """Each."""


class StratumPlan(Form):
    """Seats and reserves of one speciality; how many are eligible the node counts."""

    seats: Annotated[int, Field(ge=1, le=5)]
    """Seats."""
    reserves: Annotated[int, Field(ge=0, le=20)] = 0
    """Reserves."""
