"""Answers about delegations: the shapes of the node's views, field by field (a test keeps both equal)."""

from datetime import date, datetime

from gateway.schemas.appraisal_view import AppraisalOut
from gateway.schemas.base import Answer, Details, Facts, Hex


class DueDateOut(Answer):
    """A due date that counts: who must act, until when, on what ground."""

    clock: str
    label: str
    unit: str
    nominal: date
    legal: date
    provisional: bool
    source: str
    days_left: int
    overdue: bool


class MoveOut(Answer):
    """A move that the unit might make now, or why it may not. `approval`: persons that it takes, 1 or 2."""

    kind: str
    label: str
    approval: int
    allowed: bool
    reasons: tuple[str, ...]
    reason: str
    details: Details | None


class QueuedMoveOut(Answer):
    """An own envelope whose entry is not in."""

    envelope_id: str
    kind: str
    label: str
    state: str
    queued_at: datetime
    claimed_at: datetime
    reason: str
    details: Details | None
    data: Facts | None


class HandsOut(Answer):
    """Who approved an act and who pressed the seal on it; `sealed_for` where a deputy did, for whom."""

    reviewed_by: str
    reviewed_by_name: str
    reviewed_at: datetime | None
    sealed_by: str
    sealed_by_name: str
    sealed_for: str
    sealed_at: datetime | None


class PreparedMoveOut(Answer):
    """A move that a handler prepared and that waits for an approver, or that came back. `version` is its ETag."""

    move_id: str
    delegation_id: str
    kind: str
    label: str
    state: str
    version: int
    data: Facts
    prepared_by: str
    prepared_by_name: str
    prepared_at: datetime
    note: str
    hands: HandsOut | None


class MaterialOut(Answer):
    """A file of the case as this node holds it."""

    material_id: str
    delegation_id: str
    name: str
    media_type: str
    size: int
    sha256: Hex
    document_kind: str
    pages: int
    is_copy: bool
    compared_by: str
    original_at: str
    from_unit: str
    state: str
    chunks: int
    chunks_done: int
    attached_to: str
    added_at: datetime
    withheld: bool
    redacts: str
    taken_over: bool


class DeliveryOut(Answer):
    """How far an addressee's node got with an envelope of ours."""

    unit: str
    unit_name: str
    delivered_at: datetime | None
    materials_held_at: datetime | None
    parked_reason: str


class EntryOut(Answer):
    """One accepted envelope with the registry's word on it and, if we may read it, its body."""

    sequence: int
    envelope_id: str
    header_digest: Hex
    entry_digest: Hex
    kind: str
    label: str
    sender_unit: str
    sender_name: str
    leg: int
    round: int
    accepted_at: datetime
    claimed_at: datetime
    due_dates: tuple[DueDateOut, ...]
    reasons: tuple[str, ...]
    reason_labels: tuple[str, ...]
    declared: Facts
    in_reply_to: str
    replaces: str
    body: Facts | None
    materials: tuple[str, ...]
    state: str
    parked_reason: str
    deliveries: tuple[DeliveryOut, ...]


class NegativeOut(Answer):
    """Signed negative evidence: what the log did not hold at a named size and time."""

    clock: str
    label: str
    awaited_unit: str
    due: date
    log_size: int
    noted_at: datetime


class AlarmOut(Answer):
    """Something that a person should know."""

    alarm_id: int
    reason: str
    delegation_id: str
    unit: str
    details: Details
    raised_at: datetime
    acknowledged_by: str


class DelegationRowOut(Answer):
    """A delegation in a list."""

    delegation_id: str
    thread_type: str
    version: int
    state: str
    state_label: str
    business_status: str
    our_role: str
    home_unit: str
    home_name: str
    host_unit: str
    host_name: str
    turn: str
    our_turn: bool
    matter: str
    priority: str
    place: str
    worker_name: str
    employer_name: str
    next_due: date | None
    overdue: bool
    provisional: bool
    queued: int
    parked: int
    leg: int
    round: int
    changed_at: datetime


class DelegationOut(Answer):
    """One delegation: the applied state, and beside it what is queued. `version` is its ETag."""

    row: DelegationRowOut
    version: int
    letter: Facts | None
    header: Facts
    due_dates: tuple[DueDateOut, ...]
    moves: tuple[MoveOut, ...]
    queued: tuple[QueuedMoveOut, ...]
    queued_state: str
    prepared: tuple[PreparedMoveOut, ...]
    materials: tuple[MaterialOut, ...]
    entries: tuple[EntryOut, ...]
    negatives: tuple[NegativeOut, ...]
    alarms: tuple[AlarmOut, ...]
    provinces: tuple[str, ...]
    purged: bool
    appraisal: AppraisalOut | None


class ExportOut(Answer):
    """A case under the ministry's element names; `missing` names those that have no value here."""

    delegation_id: str
    elements: dict[str, str]
    names: dict[str, str]
    missing: tuple[str, ...]


class SignedHeaderOut(Answer):
    """A header's bytes and its signatures, in Base64."""

    header: str
    signatures: tuple[str, ...]


class AgreementFileOut(Answer):
    """What proves an agreement to the seal authority; `ended` stands in it once one side ended it."""

    format: str
    record: str
    proposed: SignedHeaderOut
    countersigned: SignedHeaderOut
    ended: SignedHeaderOut | None = None


class ThreadOut(Answer):
    """Entries of a thread in order."""

    delegation_id: str
    version: int
    entries: tuple[EntryOut, ...]
    next_sequence: int


class ProblemOut(Answer):
    """One thing that keeps a draft from being sealed: a field and the reason, never the value."""

    field: str
    reason: str
    details: Details


class DraftOut(Answer):
    """A letter before it is issued. `version` is its ETag."""

    draft_id: str
    version: int
    state: str
    unit: str
    business: Facts
    competent_unit: str
    competent_name: str
    on_paper: bool
    problems: tuple[ProblemOut, ...]
    materials: tuple[MaterialOut, ...]
    prepared_by: str
    prepared_by_name: str
    note: str
    delegation_id: str
    created_at: datetime
    changed_at: datetime
    hands: HandsOut | None
