"""A letter before it is issued: what the header needs, and the letter itself."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.schemas.base import Day, Form, MediumText, RegionCode, ShortText, ThreadId, UnitCode, Uuid
from gateway.schemas.bodies import Subject
from gateway.schemas.letter import Letter

MatterCode = Literal[
    "INVESTIGATION",
    "DISABILITY_GRADE",
    "SELF_CARE",
    "PAID_LEAVE_EXTENSION",
    "REHABILITATION",
    "ASSISTIVE_DEVICE",
    "RELAPSE",
    "DEPENDANT_INCAPACITY",
    "CAUSALITY",
    "NON_WORK_ILLNESS",
]
PlaceRoleCode = Literal["ACCIDENT", "EVIDENCE", "TREATMENT", "RESIDENCE", "EMPLOYER"]
PlaceCertaintyCode = Literal["DEFINITE", "UNCERTAIN"]
LegalBasisCode = Literal["RECOGNITION_RULES_14", "REGULATION_25", "AGREEMENT", "SAME_POOLING_AREA", "SINGLE_CASE"]
AppraisalKindCode = Literal["FIRST", "REVIEW", "AGAIN"]
AppraisalModeCode = Literal["ONSITE_ASSIST", "FULL_ENTRUST", "EXPERT_SECONDMENT"]
PriorityCode = Literal["NORMAL", "PREFERRED", "GREEN"]
ProcedureCode = Literal["ORDINARY", "SIMPLE"]
RelationCode = Literal["SAME_CASE", "CONTINUES", "FROM_NOTICE"]
SuspensionGround = Literal["S01", "S02", "S03", "S04", "S05"]


class TaskPlace(Form):
    """Where the task is (protocol 3.6)."""

    code: RegionCode
    """行政区划代码."""
    role: PlaceRoleCode
    """What the place is to the case."""
    certainty: PlaceCertaintyCode = "DEFINITE"
    """How sure the home is of it."""
    other_candidates: Annotated[tuple[RegionCode, ...], Field(max_length=2)] = ()
    """Further candidates of an uncertain place."""


class Suspension(Form):
    """法定时限中止."""

    ground: SuspensionGround
    """Ground."""
    effective_on: Day
    """Day from which it holds."""
    resumed_on: Day | None = None
    """Day on which the clock goes on; absent while suspended."""


class Clock(Form):
    """What the home's statutory clock runs on (条例 Art 20, 25)."""

    accepted_on: Day | None = None
    """受理日期."""
    application_received_on: Day | None = None
    """鉴定申请收到日."""
    procedure: ProcedureCode | None = None
    """程序."""
    suspensions: Annotated[tuple[Suspension, ...], Field(max_length=32)] = ()
    """Every suspension so far."""


class Draft(Form):
    """What a clerk fills in; may be incomplete."""

    matter: MatterCode | None = None
    """委托事项."""
    task_place: TaskPlace | None = None
    """Where the task is; it decides who is asked."""
    case_key: Annotated[ShortText, Field(max_length=80)] | None = None
    """The bureau's own case number. It never travels."""
    legal_basis: LegalBasisCode | None = None
    """委托依据."""
    agreement_id: Uuid | None = None
    """合作协议."""
    appraisal_kind: AppraisalKindCode | None = None
    """鉴定类别."""
    appraisal_mode: AppraisalModeCode | None = None
    """委托方式."""
    priority: PriorityCode | None = None
    """优先级."""
    clock: Clock | None = None
    """法定时限."""
    requested_due: Day | None = None
    """要求完成日."""
    related_thread_id: ThreadId | None = None
    """Another delegation or notice."""
    relation: RelationCode | None = None
    """How this one stands to it."""
    host_unit: UnitCode | None = None
    """Names one among several competent units."""
    short_time_confirmed: bool | None = None
    """The home knows that little time is left."""
    letter: Letter | None = None
    """委托函."""
    text: MediumText | None = None
    """Text beside the letter."""
    materials: Annotated[tuple[Uuid, ...], Field(max_length=128)] | None = None
    """Files added to the draft that travel with it."""
    reused_materials: Annotated[tuple[Uuid, ...], Field(max_length=128)] | None = None
    """Materials already delivered in the case."""


class Note(Form):
    """A word to the one who prepared it."""

    note: Annotated[MediumText, Field(min_length=1)]
    """Why it comes back."""


class OptionalNote(Form):
    """The same, may be empty."""

    note: MediumText = ""
    """Why it comes back or is dropped."""


ChangedSubjects = Annotated[tuple[Subject, ...], Field(max_length=64)]
