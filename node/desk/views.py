"""What the desk shows: frozen values that a face may turn into JSON or a page. They hold case text: never log them.

Days are dates of Asia/Shanghai, instants aware UTC. `to_json` turns any of them into plain JSON values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Generic, TypeAlias, TypeVar, cast

from node.draws.views import AppraisalView

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
Json: TypeAlias = Mapping[str, object]
T = TypeVar("T")


def to_json(value: object) -> JsonValue:
    """Plain JSON of a view: names as they are, dates and instants ISO 8601 (with Z), bytes as hex."""
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return cast("JsonValue", value)
    if isinstance(value, Enum):
        return to_json(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    if isinstance(value, frozenset | set):
        return [to_json(item) for item in sorted(value)]
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if is_dataclass(value):
        return {item.name: to_json(getattr(value, item.name)) for item in fields(value)}
    raise TypeError(f"no JSON for {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_page_token` is empty at the end."""

    items: tuple[T, ...]
    next_page_token: str = ""


@dataclass(frozen=True, slots=True)
class DueDateView:
    """A due date that counts: who must act, until when, on what ground."""

    clock: str
    label: str
    unit: str
    nominal: date
    legal: date
    provisional: bool
    source: str
    days_left: int

    @property
    def overdue(self) -> bool:
        """The legal day has passed."""
        return self.days_left < 0


@dataclass(frozen=True, slots=True)
class MoveView:
    """A move that the unit might make now, or why it may not. `approval` 1: act; 2: prepare, then another approves."""

    kind: str
    label: str
    approval: int
    allowed: bool
    reasons: tuple[str, ...]
    reason: str = ""
    details: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMoveView:
    """An own envelope whose entry is not in: queued, refused, given back as a draft, or never found."""

    envelope_id: str
    kind: str
    label: str
    state: str  # queued | waiting_roster | waiting_key | not_found | untrusted | refused | returned_draft | reissued
    queued_at: datetime
    claimed_at: datetime
    reason: str = ""
    details: Mapping[str, str] | None = None
    data: Mapping[str, object] | None = None  # what was typed, while it may be used again


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsView:
    """Who said yes to an act (审核、审批) and who pressed the seal on it, and for whom where he was a deputy."""

    reviewed_by: str
    reviewed_by_name: str  # 乙, or 乙（代甲）
    reviewed_at: datetime | None
    sealed_by: str = ""
    sealed_by_name: str = ""
    sealed_for: str = ""
    sealed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedMoveView:
    """A move that a handler prepared and that waits for an approver, or that came back."""

    move_id: str
    delegation_id: str
    kind: str
    label: str
    state: str  # prepared | reviewed | draft | approved | dropped
    version: int
    data: Mapping[str, object]
    prepared_by: str
    prepared_by_name: str
    prepared_at: datetime
    note: str = ""
    hands: "HandsView | None" = None  # who approved it and pressed the seal; None while nobody did


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialView:
    """A file of the case as this node holds it. `state`: held, uploading, receiving, expected, damaged, gone."""

    material_id: str
    delegation_id: str
    name: str
    media_type: str
    size: int
    sha256: bytes
    document_kind: str
    pages: int
    is_copy: bool
    compared_by: str
    original_at: str
    from_unit: str
    state: str
    chunks: int
    chunks_done: int
    attached_to: str  # envelope id, empty while no envelope lists it
    added_at: datetime
    withheld: bool = False  # stays on this node, never travels
    redacts: str = ""  # id of the file that this is a redacted copy of
    taken_over: bool = False  # by its sender, from what the sender's store held of the same case


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """How far an addressee's node got with an envelope of ours."""

    unit: str
    unit_name: str
    delivered_at: datetime | None
    materials_held_at: datetime | None
    parked_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One accepted envelope of the thread with the registry's word on it and, if we may read it, its body."""

    sequence: int
    envelope_id: str
    header_digest: bytes
    entry_digest: bytes
    kind: str
    label: str
    sender_unit: str
    sender_name: str
    leg: int
    round: int
    accepted_at: datetime
    claimed_at: datetime
    due_dates: tuple[DueDateView, ...]  # those that counted after this entry; `days_left` from its day
    reasons: tuple[str, ...]
    reason_labels: tuple[str, ...]
    declared: Mapping[str, object]
    in_reply_to: str
    replaces: str
    body: Mapping[str, object] | None
    materials: tuple[str, ...]
    state: str  # applied | own | parked | not_ours
    parked_reason: str
    deliveries: tuple[DeliveryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NegativeView:
    """Signed negative evidence: what the log did not hold at a named size and time."""

    clock: str
    label: str
    awaited_unit: str
    due: date
    log_size: int
    noted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationRow:
    """A delegation in a list."""

    delegation_id: str
    thread_type: str
    version: int
    state: str
    state_label: str
    business_status: str
    our_role: str  # home | host | superior | former_host
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationView:
    """One delegation: the applied state, and beside it what is queued. `version` is its ETag."""

    row: DelegationRow
    version: int
    letter: Mapping[str, object] | None
    header: Mapping[str, object]  # header facts of the letter in force, by their field names
    due_dates: tuple[DueDateView, ...]
    moves: tuple[MoveView, ...]
    queued: tuple[QueuedMoveView, ...]
    queued_state: str  # what the state will be if every queued move is accepted; empty without one
    prepared: tuple[PreparedMoveView, ...]
    materials: tuple[MaterialView, ...]
    entries: tuple[EntryView, ...]
    negatives: tuple[NegativeView, ...]
    alarms: tuple["AlarmView", ...]
    provinces: tuple[str, ...]
    purged: bool = False
    appraisal: AppraisalView | None = None  # of 劳动能力鉴定 alone


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadView:
    """Every entry of a thread in order, with proofs' raw bytes for the dossier."""

    delegation_id: str
    version: int
    entries: tuple[EntryView, ...]
    next_sequence: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a draft from being sealed: a field path (never its value) and the reason."""

    field: str
    reason: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """A letter before it is issued. `version` is its ETag."""

    draft_id: str
    version: int
    state: str  # draft | pending_approval | reviewed | sent_back | issued | cancelled
    unit: str
    business: Mapping[str, object]
    competent_unit: str
    competent_name: str
    on_paper: bool
    problems: tuple[Problem, ...]
    materials: tuple[MaterialView, ...]
    prepared_by: str
    prepared_by_name: str
    note: str
    delegation_id: str
    created_at: datetime
    changed_at: datetime
    hands: HandsView | None = None  # who approved it and pressed the seal; None while nobody did


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCheck:
    """A draft judged as if it were approved now: what is in the way, or the due dates that would count."""

    problems: tuple[Problem, ...]
    due_dates: tuple[DueDateView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoItem:
    """Something that waits for the actor: answer, approve, check, decide, look at an alarm."""

    # turn | paper | question | to_answer | to_answer_supervision | to_archive | approve_draft | approve_move
    # sent_back | refused | not_routed | not_found | parked | alarm | counterpart | request | to_reveal | void_draw
    # when asked for: sent_out | due_soon | overdue | short_time
    kind: str
    category: str
    delegation_id: str
    subject_id: str  # the move, draft, envelope, alarm or request
    label: str
    worker_name: str
    other_unit: str
    other_name: str
    due: date | None
    overdue: bool
    mine: bool  # the actor may do it, by his roles and by who prepared it
    reason: str = ""  # why it did not get through; a code of `Reason`
    cure: str = ""  # what a person can do about that, in Chinese
    changed_at: datetime | None = None  # of its thread


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoCategory:
    """A word of the counter. `count` waits for the actor, `in_unit` for anyone of the unit; a delegation may stand in
    several. `level` is the colour of a warning: none, yellow, red.
    """

    code: str
    label: str
    level: str
    count: int
    in_unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoView:
    """Every category in the order of the page, and things that wait, the most urgent first, at most 500 of `total`."""

    categories: tuple[TodoCategory, ...]
    items: tuple[TodoItem, ...]
    total: int
    sort: str = "due"  # the order they stand in: another than was asked for where there are too many
    next_page_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """Something that a person should know: reason, cause, cure; never case text."""

    alarm_id: int
    reason: str
    delegation_id: str
    unit: str
    details: Mapping[str, str]
    raised_at: datetime
    acknowledged_by: str


@dataclass(frozen=True, slots=True)
class Change:
    """A hint that a delegation (or a draft, or the alarms) changed; look it up again."""

    delegation_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """A hint of the feed: this delegation changed, look it up. `cursor` is where to read on from."""

    event: str
    delegation_id: str
    version: int
    at: datetime
    cursor: int


@dataclass(frozen=True, slots=True)
class EventPage:
    """Hints in the order of the changes. `more`: there are others after `next_cursor` already."""

    items: tuple[EventView, ...]
    next_cursor: int
    more: bool


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A list as somebody wants it again: a name of one's own, and the list's filters by their codes."""

    name: str
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRoute:
    """One way out for notices, for the administrator: a webhook or mail. No secret and no path of an address."""

    kind: str  # webhook | mail
    target: str  # host of the webhook or of the mail server
    delivered_at: datetime | None
    waiting: int  # changes that were not told yet
    failing: int  # failures one after another
    fault: str  # why the last one failed: a status, or the kind of error


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitView:
    """A unit of the roster, for choosing and showing."""

    code: str
    name: str
    type: str
    bureau: str
    region: str
    parent: str
    phone: str
    address: str
    life: str
    is_member: bool
    ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """How the node is: connection, roster, queue, for the head of a page."""

    bureau: str
    units: tuple[UnitView, ...]
    connected: bool
    last_heard: datetime | None
    roster_version: int
    roster_issued_at: datetime | None
    queued: int
    oldest_queued_at: datetime | None
    parked: int
    alarms: int
    sealing_allowed: bool
