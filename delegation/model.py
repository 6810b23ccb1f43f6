"""The header and the entry as frozen values (protocol 3, 8). What a body shows to guards is in `delegation.facts`.

Only `delegation.codec` turns bytes into these and back. Nothing here is checked beyond its shape: patterns and caps are
the codec's, rules are the lifecycle's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeAlias

from delegation.codes import (
    Adoption,
    AppraisalKind,
    AppraisalMode,
    Kind,
    LegalBasis,
    Matter,
    NoticeOutcome,
    PlaceCertainty,
    PlaceRole,
    Priority,
    Procedure,
    Relation,
    SealingSuite,
    SigningSuite,
    ThreadType,
)
from delegation.deadlines import Suspension
from delegation.declared_appraisal import AppraisalDetail
from delegation.values import maker


@dataclass(frozen=True, slots=True)
class EnvelopeRef:
    """Names an envelope for ever: sender unit, id, SHA-256 of the header bytes."""

    sender_unit: str
    envelope_id: str
    header_digest: bytes


_ref_of: Final = maker(EnvelopeRef)


@dataclass(frozen=True, slots=True)
class Base:
    """The last entry of the thread that a sender had applied or read; sequence 0 before the first."""

    sequence: int
    entry_digest: bytes


@dataclass(frozen=True, slots=True)
class Recipient:
    """A unit and the 16-byte id of the sealing key that the content key is sealed to."""

    unit: str
    key_id: bytes


@dataclass(frozen=True, slots=True)
class TaskPlace:
    """Where the task is: first candidate, role, certainty, at most two further candidates (protocol 3.6)."""

    code: str
    role: PlaceRole
    certainty: PlaceCertainty
    other_candidates: tuple[str, ...] = ()

    @property
    def candidates(self) -> tuple[str, ...]:
        """Every candidate place, the first one first."""
        return (self.code, *self.other_candidates)


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What the home's statutory clock runs on (条例 Art 20, 25)."""

    accepted_on: date | None = None
    application_received_on: date | None = None
    procedure: Procedure = Procedure.UNSPECIFIED
    suspensions: tuple[Suspension, ...] = ()


NO_CLOCK: Final = ClockFacts()  # of every envelope that says nothing of it; frozen, so one is enough


@dataclass(frozen=True, slots=True)
class MaterialRef:
    """A sealed material as the registry sees it: id, RFC 6962 root, bytes of all sealed chunks, number of chunks."""

    material_id: str
    root: bytes
    sealed_size: int
    chunk_count: int


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect of a letter: B01 to B07 and the field group or material id."""

    code: str
    subject: str


@dataclass(frozen=True, slots=True)
class LetterDeclared:
    """For ISSUED and LETTER_CORRECTED."""

    items: int
    mandatory_items: int
    reused_materials: int = 0
    short_time_confirmed: bool = False
    changed_subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnDeclared:
    """For RETURNED."""

    defects: tuple[Defect, ...]


@dataclass(frozen=True, slots=True)
class CompetenceDeclared:
    """For TRANSFERRED, COMPETENCE_DISPUTED (unit may be empty) and DESIGNATED."""

    unit: str


@dataclass(frozen=True, slots=True)
class AssignmentDeclared:
    """For ASSIGNED and REASSIGNED."""

    investigators: int
    conflicts: int = 0
    from_elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class ExtensionDeclared:
    """For EXTENSION_REQUESTED, EXTENDED and EXTENSION_DEEMED; working days."""

    working_days: int


@dataclass(frozen=True, slots=True)
class ResultDeclared:
    """For REPORTED and UNABLE; no field for a decision."""

    found: int
    partly_found: int
    not_found: int
    mandatory_answered: int
    mandatory_items: int
    checks_met: int = 0
    checks_explained: int = 0
    checks_open: int = 0
    evidence: int = 0
    reused_materials: int = 0


@dataclass(frozen=True, slots=True)
class SupplementDeclared:
    """For SUPPLEMENT_REQUESTED."""

    items: int


@dataclass(frozen=True, slots=True)
class QuestionDeclared:
    """For QUESTION."""

    blocking: bool


@dataclass(frozen=True, slots=True)
class ClockDeclared:
    """For CLOCK_SUSPENDED and CLOCK_RESUMED."""

    effective_on: date
    applicant_told_on: date | None = None


@dataclass(frozen=True, slots=True)
class AmendmentDeclared:
    """For AMENDED and CORRECTED: field group and the version this makes, from 2."""

    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class AdoptionDeclared:
    """For ADOPTION."""

    adoption: Adoption


@dataclass(frozen=True, slots=True)
class AnswerDueDeclared:
    """For SUPERVISE and COORDINATION_REQUESTED; working days."""

    working_days: int


@dataclass(frozen=True, slots=True)
class NoticeDeclared:
    """For NOTICE_ANSWERED."""

    outcome: NoticeOutcome


@dataclass(frozen=True, slots=True)
class AgreementDeclared:
    """For the agreement kinds: SHA-256 of the terms."""

    terms_digest: bytes


@dataclass(frozen=True, slots=True)
class PoolDeclared:
    """For POOL_COMMITTED."""

    root: bytes
    size: int
    version: int


@dataclass(frozen=True, slots=True)
class ProtestDeclared:
    """For PROTEST: number of the ground in the contract's ProtestGround."""

    ground: int


@dataclass(frozen=True, slots=True)
class MaterialsDeclared:
    """For WITHDRAW_CONFIRMED and MATERIAL_ADDED."""

    reused_materials: int = 0


DeclaredDetail: TypeAlias = (
    LetterDeclared
    | ReturnDeclared
    | CompetenceDeclared
    | AssignmentDeclared
    | ExtensionDeclared
    | ResultDeclared
    | SupplementDeclared
    | QuestionDeclared
    | ClockDeclared
    | AmendmentDeclared
    | AdoptionDeclared
    | AnswerDueDeclared
    | NoticeDeclared
    | AgreementDeclared
    | PoolDeclared
    | ProtestDeclared
    | MaterialsDeclared
    | AppraisalDetail
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Every fact of a header. `digest` is of the whole header bytes, `context_digest` of the context bytes."""

    envelope_id: str
    federation_id: str
    thread_id: str
    thread_type: ThreadType
    kind: Kind
    sender_unit: str
    counterpart_unit: str
    recipients: tuple[Recipient, ...]
    case_id: str = ""
    payload_type: str = ""
    payload_version: int = 1
    format_version: int = 1
    recorded_by_home: bool = False
    leg: int = 1
    round: int = 1
    hop: int = 0
    signing_suite: SigningSuite = SigningSuite.ECDSA_P256_SHA256
    sealing_suite: SealingSuite = SealingSuite.X25519_AES256GCM
    signer_certificates: tuple[bytes, ...] = ()
    task_place: TaskPlace | None = None
    matter: Matter = Matter.UNSPECIFIED
    appraisal_kind: AppraisalKind = AppraisalKind.UNSPECIFIED
    appraisal_mode: AppraisalMode = AppraisalMode.UNSPECIFIED
    agreement_id: str = ""
    legal_basis: LegalBasis = LegalBasis.UNSPECIFIED
    priority: Priority = Priority.UNSPECIFIED
    clock: ClockFacts = NO_CLOCK
    requested_due: date | None = None
    claimed_at: datetime
    valid_until: datetime | None = None
    base: Base
    predecessor: EnvelopeRef | None = None
    in_reply_to: EnvelopeRef | None = None
    replaces: EnvelopeRef | None = None
    related_thread_id: str = ""
    relation: Relation = Relation.UNSPECIFIED
    roster_version: int
    reasons: tuple[str, ...] = ()
    declared: DeclaredDetail | None = None
    paper_on: date | None = None
    content_commitment: bytes = b""
    manifest: tuple[MaterialRef, ...] = ()
    # of the bytes, set by the codec when it parses; empty in a draft
    context_digest: bytes = b""
    sealed_body_digest: bytes = b""
    sealed_body_size: int = 0
    digest: bytes = b""

    @property
    def ref(self) -> EnvelopeRef:
        """This envelope's name."""
        return _ref_of(self.sender_unit, self.envelope_id, self.digest)

    @property
    def addressees(self) -> tuple[str, ...]:
        """Recipients with a mailbox, cursor and acknowledgement: all but the sender's own unit."""
        sender = self.sender_unit
        return tuple([recipient.unit for recipient in self.recipients if recipient.unit != sender])


@dataclass(frozen=True, slots=True)
class DueDate:
    """A due date that counts: clock, unit that must act, nominal and legal day, provisional or not."""

    clock: str
    unit: str
    nominal: date
    legal: date
    provisional: bool


class EntryKind(StrEnum):
    """Kinds of entry (protocol 8.1)."""

    ENVELOPE = "envelope"
    ACKNOWLEDGEMENTS = "acknowledgements"
    NEGATIVE = "negative"
    ROSTER = "roster"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class EnvelopeAnswer:
    """The stored answer to an envelope."""

    envelope: EnvelopeRef
    signatures_digest: bytes
    accepted: bool
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AcknowledgementBatch:
    """What a node acknowledged in one signed batch."""

    bureau: str
    root: bytes
    count: int
    node_certificate: bytes
    signature_digest: bytes


@dataclass(frozen=True, slots=True)
class NegativeEvidence:
    """What the log did not hold at a named size and time; never that someone failed to act."""

    clock: str
    awaited_unit: str
    started_by: EnvelopeRef
    due: date
    log_size: int


@dataclass(frozen=True, slots=True)
class RosterPublished:
    """A roster that was published."""

    version: int
    roster_digest: bytes
    statement_digest: bytes


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key of the registry or of an authority changed."""

    key_digest: bytes
    event: str


@dataclass(frozen=True, slots=True)
class Versions:
    """By what an event is judged, for ever (promise 4)."""

    roster: int
    rules: int
    calendar: int
    agreements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The registry's word. `digest` is SHA-256 of its bytes, set by the codec when it parses."""

    kind: EntryKind
    federation_id: str
    leaf_index: int
    accepted_at: datetime
    versions: Versions
    thread_id: str = ""
    thread_sequence: int = 0
    previous_entry_digest: bytes = b""
    state_version: int = 0
    due_dates: tuple[DueDate, ...] = ()
    detail: EnvelopeAnswer | AcknowledgementBatch | NegativeEvidence | RosterPublished | KeyEvent
    digest: bytes = b""


class AcknowledgementStatus(StrEnum):
    """What a node says of a delivery (protocol 8.3)."""

    APPLIED = "applied"
    MATERIALS_HELD = "materials_held"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One leaf of a batch of acknowledgements."""

    unit: str
    cursor: int
    header_digest: bytes
    status: AcknowledgementStatus
    thread_id: str
    reason: str = ""
