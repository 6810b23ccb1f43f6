"""What goes with a move. Which part a kind takes, and whether it may be made, the node judges by the rule table."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.schemas.appraisal import StratumPlan
from gateway.schemas.base import Day, Form, Identifier, LongText, ReasonCode, ShortText, UnitCode, Uuid
from gateway.schemas.bodies import Body, Subject
from gateway.schemas.drafts import ChangedSubjects, Clock, Draft, PriorityCode, SuspensionGround

AdoptionName = Literal["ADOPTED", "PARTLY", "NOT_ADOPTED"]
OutcomeName = Literal["CASE_OPENED", "NOT_INSURED_HERE", "KNOWN"]
ThreadKind = Literal["NOTICE_SENT", "AGREEMENT_PROPOSED", "POOL_COMMITTED", "ANNOUNCED", "COORDINATION_REQUESTED"]


class Declared(Form):
    """What a kind declares in the open beside what its body shows."""

    unit: UnitCode | None = None
    """TRANSFERRED, COMPETENCE_DISPUTED, DESIGNATED: the unit named."""
    working_days: Annotated[int, Field(ge=1, le=20)] | None = None
    """EXTENSION_REQUESTED, EXTENDED, SUPERVISE, COORDINATION_REQUESTED: 工作日."""
    blocking: bool | None = None
    """QUESTION: the host cannot go on without the answer."""
    effective_on: Day | None = None
    """CLOCK_SUSPENDED, CLOCK_RESUMED: first day."""
    applicant_told_on: Day | None = None
    """CLOCK_SUSPENDED: when the applicant was told (办法 Art 20)."""
    subject: Subject | None = None
    """AMENDED, CORRECTED: field group."""
    version: Annotated[int, Field(ge=2, le=1000)] | None = None
    """AMENDED, CORRECTED: the version this makes."""
    adoption: AdoptionName | None = None
    """ADOPTION."""
    outcome: OutcomeName | None = None
    """NOTICE_ANSWERED."""
    ground: Annotated[int, Field(ge=1, le=16)] | None = None
    """PROTEST: number of the ground."""
    short_time_confirmed: bool | None = None
    """LETTER_CORRECTED: the home knows that little time is left."""
    changed_subjects: ChangedSubjects | None = None
    """LETTER_CORRECTED: what was mended."""
    strata: Annotated[tuple[StratumPlan, ...], Field(max_length=5)] | None = None
    """SPECIALTY_DETERMINED, PANEL_SHORT: seats and reserves of each speciality, in their order."""
    upheld: bool | None = None
    """RECUSAL_ANSWERED: the expert is replaced."""
    served_on: Day | None = None
    """WORKER_NOTIFIED: when the notice was served."""
    expected_on: Day | None = None
    """EXTRA_TESTS: by when results are expected."""


class SuspensionOf(Form):
    """Ground of CLOCK_SUSPENDED."""

    ground: SuspensionGround
    """S01 to S05."""


class Paper(Form):
    """A paper act of a host that is no member, recorded by the home."""

    paper_on: Day
    """Date of the paper."""
    post_number: ShortText = ""
    """Post number."""
    second_recorder: Identifier
    """The second person who saw it."""
    second_recorder_name: ShortText = ""
    """Name of the second person."""
    scan_material_id: Uuid
    """The scan."""


class MoveData(Form):
    """Everything that goes with a move."""

    reasons: Annotated[tuple[ReasonCode, ...], Field(max_length=16)] | None = None
    """Exact codes; those that tell of health or secrecy travel sealed by themselves."""
    declared: Declared | None = None
    """What the body does not hold."""
    in_reply_to: Uuid | None = None
    """Envelope id that this answers."""
    body: Body | None = None
    """What travels sealed."""
    materials: Annotated[tuple[Uuid, ...], Field(max_length=128)] | None = None
    """Files added here that travel with it."""
    reused_materials: Annotated[tuple[Uuid, ...], Field(max_length=128)] | None = None
    """Materials already delivered in the case."""
    text: LongText | None = None
    """Text that goes with it, where the body has no part."""
    to: Annotated[tuple[UnitCode, ...], Field(max_length=6)] | None = None
    """Units that it is for, where the table leaves a choice."""
    replaces: Uuid | None = None
    """Own envelope that this takes the place of."""
    priority: PriorityCode | None = None
    """For PRIORITY_CHANGED."""
    requested_due: Day | None = None
    """要求完成日."""
    suspension: SuspensionOf | None = None
    """For CLOCK_SUSPENDED."""
    clock: Clock | None = None
    """For AMENDED: the whole clock."""
    paper: Paper | None = None
    """For a host on paper."""
    business: Draft | None = None
    """For LETTER_CORRECTED and ISSUED of a further leg: the letter as a draft holds it."""


class StartThread(Form):
    """A thread of another type than a delegation."""

    kind: ThreadKind
    """Kind of its first envelope."""
    recipients: Annotated[tuple[UnitCode, ...], Field(max_length=5)] = ()
    """Units that it is for."""
    data: MoveData = MoveData()
    """What goes with it."""
