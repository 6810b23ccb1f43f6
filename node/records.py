"""What the node keeps, one frozen record a row. Instants are microseconds since 1970 UTC, `secret` columns encrypted.

A record says its table's name and key; `node.tables` has the same columns and a test compares both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, ClassVar, TypeAlias

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(at: datetime) -> int:
    """Microseconds since 1970 UTC of an aware instant."""
    return (at - _EPOCH) // _MICROSECOND


def from_us(value: int) -> datetime:
    """The instant of `to_us`."""
    return _EPOCH + timedelta(microseconds=value)


class Record:
    """Base of every record: table name and names of its key columns."""

    __slots__ = ()
    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]
    FIRST_COUNTS: ClassVar[bool] = False  # a second record with the same key changes nothing
    MOVED: ClassVar[tuple[str, ...]] = ()  # columns that may be written alone, where no other has changed
    key_of: ClassVar[Callable[[Any], "Key"]]  # Any: a record of the class; the values of its key columns

    def __init_subclass__(cls) -> None:
        """Look up once how the key is read."""
        if "KEY" in cls.__dict__:  # dataclasses make a class with slots a second time
            cls.key_of = staticmethod(_key_reader(cls.KEY))


def _key_reader(columns: tuple[str, ...]) -> Callable[[Any], "Key"]:
    read: Callable[[Any], Any] = attrgetter(*columns)
    if len(columns) > 1:
        return read
    return lambda record: (read(record),)


Value: TypeAlias = str | int | bytes | bool | None
Key: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class MetaRecord(Record):
    """A named value: serials, the last verified checkpoint, pinned digests."""

    TABLE: ClassVar[str] = "meta"
    KEY: ClassVar[tuple[str, ...]] = ("name",)
    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class DataKeyRecord(Record):
    """The wrapped data key of one delegation or draft; deleting it purges the content."""

    TABLE: ClassVar[str] = "data_keys"
    KEY: ClassVar[tuple[str, ...]] = ("subject_id",)
    subject_id: str
    wrapped: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRecord(Record):
    """A thread as applied: the rule book's state and what lists sort by. No personal data but in `secret`.

    `state_bytes` may be that of an earlier entry, where all entries since are neutral: `node.threads.state_of`.
    """

    TABLE: ClassVar[str] = "threads"
    KEY: ClassVar[tuple[str, ...]] = ("thread_id",)
    MOVED: ClassVar[tuple[str, ...]] = ("version", "queued", "changed_at", "change_number")
    thread_id: str
    thread_type: int
    state_bytes: bytes
    version: int
    home_unit: str
    host_unit: str
    state: str
    turn: str
    matter: int
    priority: int
    place: str
    is_open: bool
    next_due: str
    leg: int
    round: int
    case_id: str
    secret: bytes
    letter_sequence: int
    queued: int
    parked: int
    created_at: int
    changed_at: int
    purged: bool = False
    change_number: int = 0  # grows with every change of any thread: the order of lists and of the feed
    rank_day: str = ""  # `next_due` less what the priority is worth: the order of lists by due day


@dataclass(frozen=True, slots=True)
class PartyRecord(Record):
    """One of our units that may see a thread, and as what."""

    TABLE: ClassVar[str] = "parties"
    KEY: ClassVar[tuple[str, ...]] = ("unit", "thread_id")
    unit: str
    thread_id: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecord(Record):
    """One accepted envelope of a thread: the bytes as signed, the registry's word, and our own opened content."""

    TABLE: ClassVar[str] = "entries"
    KEY: ClassVar[tuple[str, ...]] = ("thread_id", "sequence")
    thread_id: str
    sequence: int
    sender_unit: str
    envelope_id: str
    header_digest: bytes
    entry_digest: bytes
    kind: int
    moving: bool
    header: bytes
    signatures: bytes
    entry: bytes
    secret: bytes
    state: str  # applied | own | parked | not_ours
    reason: str
    accepted_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRecord(Record):
    """An own envelope, whole, sealed and signed before its first send; deleted when its accepted entry is kept."""

    TABLE: ClassVar[str] = "outbox"
    KEY: ClassVar[tuple[str, ...]] = ("sender_unit", "envelope_id")
    sender_unit: str
    envelope_id: str
    number: int
    thread_id: str
    kind: int
    header: bytes
    header_digest: bytes
    signatures: bytes
    secret: bytes
    state: str  # queued | not_found | untrusted | refused | returned_draft | reissued | dropped
    reason: str
    details: str
    queued_at: int
    tried_at: int


@dataclass(frozen=True, slots=True)
class CursorRecord(Record):
    """The last delivery that was processed (applied, parked or kept waiting) in one unit's mailbox."""

    TABLE: ClassVar[str] = "cursors"
    KEY: ClassVar[tuple[str, ...]] = ("unit",)
    unit: str
    cursor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRecord(Record):
    """A delivery that waits for what comes before it (a sequence, a roster version, a key); bytes as they came."""

    TABLE: ClassVar[str] = "waiting"
    KEY: ClassVar[tuple[str, ...]] = ("unit", "cursor")
    unit: str
    cursor: int
    thread_id: str
    sequence: int
    delivery: bytes
    cause: str
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AckRecord(Record):
    """An acknowledgement that the registry has not answered yet, and in which batch it is sent."""

    TABLE: ClassVar[str] = "acknowledgements"
    KEY: ClassVar[tuple[str, ...]] = ("number",)
    number: int
    batch: int
    data: bytes
    unit: str
    cursor: int
    thread_id: str
    header_digest: bytes
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord(Record):
    """Evidence of how far an addressee's node got with an envelope of ours, or of what we acknowledged."""

    TABLE: ClassVar[str] = "deliveries"
    FIRST_COUNTS: ClassVar[bool] = True
    KEY: ClassVar[tuple[str, ...]] = ("thread_id", "header_digest", "unit", "status")
    thread_id: str
    header_digest: bytes
    unit: str
    status: str
    reason: str
    at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class NegativeRecord(Record):
    """A negative entry as it came."""

    TABLE: ClassVar[str] = "negatives"
    KEY: ClassVar[tuple[str, ...]] = ("thread_id", "leaf_index")
    thread_id: str
    leaf_index: int
    entry: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRecord(Record):
    """A file: sealed chunks lie in the materials folder, facts and key in `secret`."""

    TABLE: ClassVar[str] = "materials"
    KEY: ClassVar[tuple[str, ...]] = ("material_id",)
    material_id: str
    subject_id: str
    uploader: str
    root: bytes
    sealed_size: int
    chunks: int
    leaf_hashes: bytes
    secret: bytes
    state: str  # held | uploaded | expected | damaged | gone
    chunks_done: int
    envelope_id: str
    unit: str  # our unit that added it, or that downloads it
    cursor: int  # of the delivery that brought it; 0 for our own
    added_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRecord(Record):
    """A letter before it is issued."""

    TABLE: ClassVar[str] = "drafts"
    KEY: ClassVar[tuple[str, ...]] = ("draft_id",)
    draft_id: str
    unit: str
    version: int
    state: str
    secret: bytes
    prepared_by: str
    approved_by: str
    delegation_id: str
    created_at: int
    changed_at: int
    priority: int = 0  # of the letter, so that a list need not open it


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRecord(Record):
    """A move that was prepared and waits for its approver."""

    TABLE: ClassVar[str] = "moves"
    KEY: ClassVar[tuple[str, ...]] = ("move_id",)
    move_id: str
    thread_id: str
    unit: str
    kind: int
    version: int
    state: str  # prepared | reviewed | draft | approved | dropped
    secret: bytes
    prepared_by: str
    prepared_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord(Record):
    """Something that waits for one of our units in a thread (`node.tasks`); `due` is a day or empty."""

    TABLE: ClassVar[str] = "tasks"
    KEY: ClassVar[tuple[str, ...]] = ("unit", "thread_id", "code", "subject")
    unit: str
    thread_id: str
    code: str
    subject: str
    due: str
    other_unit: str
    rank_day: str  # `due` less what the priority is worth, or by the case's age after those: the order of lists


@dataclass(frozen=True, slots=True)
class LookupRecord(Record):
    """A keyed hash of a name or ID number, so that a case can be found without its content being readable."""

    TABLE: ClassVar[str] = "lookups"
    KEY: ClassVar[tuple[str, ...]] = ("digest", "thread_id")
    digest: bytes
    thread_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRecord(Record):
    """Something that a person should know; no case text."""

    TABLE: ClassVar[str] = "alarms"
    KEY: ClassVar[tuple[str, ...]] = ("alarm_id",)
    alarm_id: int
    reason: str
    thread_id: str
    unit: str
    details: str
    proof: bytes
    raised_at: int
    acknowledged_by: str


@dataclass(frozen=True, slots=True)
class RosterRecord(Record):
    """A signed roster as it came, once it was verified."""

    TABLE: ClassVar[str] = "rosters"
    KEY: ClassVar[tuple[str, ...]] = ("version",)
    version: int
    signed: bytes
    received_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRecord(Record):
    """An account. `secret` holds name and telephone, `password` is an argon2id hash; the id is nothing personal."""

    TABLE: ClassVar[str] = "staff"
    KEY: ClassVar[tuple[str, ...]] = ("staff_id",)
    staff_id: str
    secret: bytes
    units: str
    roles: str
    password: str
    active: bool
    failures: int
    locked_until: int
    once_until: int = 0  # of a one-time password: until when it opens anything; 0 for one that the person chose


@dataclass(frozen=True, slots=True)
class PreferenceRecord(Record):
    """What one member of staff set for the own desk: filters under names of their own, encrypted."""

    TABLE: ClassVar[str] = "preferences"
    KEY: ClassVar[tuple[str, ...]] = ("staff_id",)
    staff_id: str
    secret: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord(Record):
    """A signed-in session, found by the hash of its token."""

    TABLE: ClassVar[str] = "sessions"
    KEY: ClassVar[tuple[str, ...]] = ("token_hash",)
    token_hash: bytes
    staff_id: str
    unit: str
    csrf: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRecord(Record):
    """A business system's key, found by the hash of its secret: one staff identity with one role."""

    TABLE: ClassVar[str] = "api_keys"
    KEY: ClassVar[tuple[str, ...]] = ("key_id",)
    key_id: str
    secret_hash: bytes
    label: str
    staff_id: str
    unit: str
    role: str
    expires_at: int
    active: bool


RECORDS: tuple[type[Record], ...] = (
    MetaRecord,
    DataKeyRecord,
    ThreadRecord,
    PartyRecord,
    EntryRecord,
    OutboxRecord,
    CursorRecord,
    WaitingRecord,
    AckRecord,
    DeliveryRecord,
    NegativeRecord,
    MaterialRecord,
    DraftRecord,
    MoveRecord,
    TaskRecord,
    LookupRecord,
    AlarmRecord,
    RosterRecord,
    StaffRecord,
    PreferenceRecord,
    SessionRecord,
    ApiKeyRecord,
)
