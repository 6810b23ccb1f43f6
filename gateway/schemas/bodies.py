"""What travels sealed, by kind, as the contract names it (body.proto). Which part a kind takes the node judges.

Kind, thread, attestation and the keys of materials are filled in by the node and have no place here.
"""

from typing import Annotated, Literal

from pydantic import Field

from gateway.schemas.appraisal import (
    Absence,
    Appointment,
    AppraisalResult,
    Conclusion,
    Examination,
    ExpertList,
    ExtraTests,
    PanelChange,
    PanelOpinion,
    Recusal,
    Rejudge,
    SpecialtyPlan,
    WorkerNotice,
)
from gateway.schemas.base import (
    Day,
    Form,
    Identifier,
    ItemCode,
    LongText,
    MediumText,
    ReasonCode,
    ShortText,
    UnitCode,
    Uuid,
)
from gateway.schemas.letter import Accident, Employer, Letter, Worker
from gateway.schemas.result import Assignment, Evidence, Result, SupplementRequest

AdoptionCode = Literal["ADOPTION_ADOPTED", "ADOPTION_PARTLY", "ADOPTION_NOT_ADOPTED"]
Subject = Annotated[str, Field(pattern=r"^([a-z]{1,20}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")]


DocumentCode = Literal[
    "acceptance", "application", "employment", "diagnosis", "decision", "records", "examinations", "id"
]
MaterialFaultCode = Literal[
    "MATERIAL_FAULT_ILLEGIBLE",
    "MATERIAL_FAULT_WRONG",
    "MATERIAL_FAULT_OUTDATED",
    "MATERIAL_FAULT_INCOMPLETE",
    "MATERIAL_FAULT_DAMAGED",
]


class UnfitMaterial(Form):
    """Why a held material does not do."""

    material_id: Uuid
    """Id of the held material."""
    fault: MaterialFaultCode
    """What is wrong with it."""
    text: Annotated[MediumText, Field(min_length=1)]
    """The same in words."""


class AskedMaterial(Form):
    """A material that is asked for. One that the delegation holds is refused with its id, unless it is unfit."""

    material: DocumentCode
    """Which material."""
    unfit: Annotated[tuple[UnfitMaterial, ...], Field(max_length=64)] = ()
    """Held ones that do not do."""


class DefectText(Form):
    """One defect in words."""

    code: ReasonCode
    """B01 to B07."""
    subject: Subject
    """Field group or material id."""
    text: MediumText = ""
    """What to mend."""


class ReturnNotice(Form):
    """退回补正: every defect at once."""

    defects: Annotated[tuple[DefectText, ...], Field(max_length=64)] = ()
    """Every defect."""


class RefusalNotice(Form):
    """不予受托."""

    superior: ShortText = ""
    """Superior office that may review the refusal."""
    competent_unit: UnitCode | Literal[""] = ""
    """Unit that is competent in the host's opinion."""


class StaffMember(Form):
    """A member of staff as the other side may know them."""

    staff_id: Identifier
    """Stable id within the bureau."""
    name: ShortText = ""
    """姓名."""
    phone: ShortText = ""
    """Office telephone."""


class Acceptance(Form):
    """受托受理."""

    local_case_number: ShortText = ""
    """The host's own case number."""
    contact: StaffMember | None = None
    """Who is in charge."""


class QuestionText(Form):
    """提问 or 答复."""

    item_code: ItemCode | Literal[""] = ""
    """Item of the letter, empty when it concerns the whole."""
    text: LongText
    """Text."""


class ClockNotice(Form):
    """法定时限中止 or 恢复."""

    document_number: ShortText = ""
    """中止通知书 number."""


class Amendment(Form):
    """更正."""

    subject: Subject
    """Field group."""
    before: LongText = ""
    """Old text."""
    after: LongText = ""
    """New text."""


class NonCooperation(Form):
    """拒不协助记录."""

    who: ShortText = ""
    """Who refused."""
    notice_served_on: Day | None = None
    """Day on which the notice was served."""
    refusal: MediumText = ""
    """What was refused."""


class OriginalItem(Form):
    """One original."""

    description: MediumText
    """What it is."""
    keeper: ShortText = ""
    """Who keeps it."""


class Originals(Form):
    """原件移交."""

    items: Annotated[tuple[OriginalItem, ...], Field(max_length=128)] = ()
    """Each item."""
    carrier: ShortText = ""
    """Carrier."""
    tracking_number: ShortText = ""
    """Tracking number."""


class CostLine(Form):
    """One line of costs."""

    description: MediumText
    """What for."""
    amount_fen: Annotated[int, Field(ge=0, le=10_000_000_000)]
    """Amount in fen."""


class Cost(Form):
    """费用."""

    lines: Annotated[tuple[CostLine, ...], Field(max_length=128)] = ()
    """Lines."""
    payer: ShortText = ""
    """Who pays."""


class SubjectMatter(Form):
    """个人信息请求 (个人信息保护法 Art 45, 46, 49)."""

    request: LongText = ""
    """What is asked or answered."""
    outcome: LongText = ""
    """What was decided."""


class AccidentNotice(Form):
    """事故通报."""

    worker: Worker | None = None
    """职工."""
    employer: Employer | None = None
    """用人单位."""
    accident: Accident | None = None
    """事故."""


class AgreementTerms(Form):
    """协议."""

    record: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=87_384)]
    """Serialised AgreementRecord of the roster, base64."""


class ProtestDetail(Form):
    """A protest in words."""

    guard: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,64}$")]
    """Which guard failed."""


class HandOver(Form):
    """确认撤回: what is handed over."""

    done_so_far: LongText = ""
    """What was done so far."""
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=128)] = ()
    """Evidence gathered."""


class AdoptionDetail(Form):
    """采用反馈."""

    adoption: AdoptionCode | None = None
    """How it was used."""
    reason: LongText = ""
    """Why not or not wholly."""


class Body(Form):
    """The part of a kind, and free text that goes with it. At most one part is filled in."""

    text: LongText = ""
    """Text that goes with the reasons or with the event itself."""
    asked_materials: Annotated[tuple[AskedMaterial, ...], Field(max_length=16)] = ()
    """RETURNED, SUPPLEMENT_REQUESTED, QUESTION: materials asked for by code."""
    letter: Letter | None = None
    """LETTER_CORRECTED."""
    return_notice: ReturnNotice | None = None
    """RETURNED."""
    refusal: RefusalNotice | None = None
    """REFUSED."""
    assignment: Assignment | None = None
    """ASSIGNED, REASSIGNED."""
    result: Result | None = None
    """REPORTED, UNABLE."""
    supplement: SupplementRequest | None = None
    """SUPPLEMENT_REQUESTED."""
    question: QuestionText | None = None
    """QUESTION, ANSWER."""
    clock: ClockNotice | None = None
    """CLOCK_SUSPENDED, CLOCK_RESUMED."""
    amendment: Amendment | None = None
    """AMENDED, CORRECTED."""
    non_cooperation: NonCooperation | None = None
    """NON_COOPERATION."""
    originals: Originals | None = None
    """ORIGINALS_SENT, ORIGINALS_RECEIVED, ORIGINALS_RETURNED."""
    cost: Cost | None = None
    """The cost kinds."""
    subject: SubjectMatter | None = None
    """SUBJECT_REQUEST, SUBJECT_ANSWER."""
    notice: AccidentNotice | None = None
    """NOTICE_SENT, NOTICE_ANSWERED."""
    agreement: AgreementTerms | None = None
    """The agreement kinds."""
    protest: ProtestDetail | None = None
    """PROTEST."""
    hand_over: HandOver | None = None
    """WITHDRAW_CONFIRMED."""
    acceptance: Acceptance | None = None
    """ACCEPTED, SIGNED_FOR."""
    adoption: AdoptionDetail | None = None
    """ADOPTION, COMPLETED."""
    specialties: SpecialtyPlan | None = None
    """SPECIALTY_DETERMINED, PANEL_SHORT."""
    panel_change: PanelChange | None = None
    """PANEL_REPLACED."""
    recusal: Recusal | None = None
    """RECUSAL_RAISED, RECUSAL_ANSWERED."""
    appointment: Appointment | None = None
    """SCHEDULED, RESCHEDULED."""
    worker_notice: WorkerNotice | None = None
    """WORKER_NOTIFIED."""
    absence: Absence | None = None
    """NO_SHOW."""
    examination: Examination | None = None
    """EXAMINED."""
    extra_tests: ExtraTests | None = None
    """EXTRA_TESTS."""
    opinion: PanelOpinion | None = None
    """OPINION_FORMED."""
    appraisal_result: AppraisalResult | None = None
    """APPRAISAL_REPORTED."""
    rejudge: Rejudge | None = None
    """REJUDGE_REQUESTED."""
    experts: ExpertList | None = None
    """EXPERTS_PROPOSED, EXPERTS_ADMITTED, EXPERTS_CONFIRMED."""
    conclusion: Conclusion | None = None
    """CONCLUSION_ISSUED, CONCLUSION_SERVED, REAPPRAISAL_REQUESTED, REAPPRAISAL_RESULT."""
