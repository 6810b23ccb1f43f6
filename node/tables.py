"""The tables of the node's database, column by column as the records of `node.records`.

SQLModel declares them; the store speaks SQLAlchemy Core to them. They have a metadata of their own, so that another
service in the same process (a demonstration, a test) does not meet them.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

_registry = registry()


class NodeTable(SQLModel, registry=_registry):
    """Base of the node's tables."""


METADATA = NodeTable.metadata


def _blob() -> bytes:
    return Field(sa_column=Column(LargeBinary, nullable=False))  # type: ignore[no-any-return]  # SQLModel's Field


def _big(*, index: bool = False) -> int:
    return Field(sa_column=Column(BigInteger, nullable=False, index=index))  # type: ignore[no-any-return]  # as above


class Meta(NodeTable, table=True):
    """MetaRecord."""

    __tablename__ = "meta"
    name: str = Field(primary_key=True)
    value: bytes = _blob()


class DataKey(NodeTable, table=True):
    """DataKeyRecord."""

    __tablename__ = "data_keys"
    subject_id: str = Field(primary_key=True)
    wrapped: bytes = _blob()


# Everything that lists filter by, in the order of changes: a filter that few threads meet reads this and no row.
LISTED: Final = (
    "change_number", "is_open", "state", "turn", "matter", "home_unit", "host_unit", "next_due", "changed_at",
    "thread_id",
)  # fmt: skip


class Thread(NodeTable, table=True):
    """ThreadRecord."""

    __tablename__ = "threads"
    __table_args__ = (Index("threads_listed", *LISTED),)
    thread_id: str = Field(primary_key=True)
    thread_type: int
    state_bytes: bytes = _blob()
    version: int
    home_unit: str
    host_unit: str
    state: str
    turn: str
    matter: int
    priority: int
    place: str
    is_open: bool
    next_due: str = Field(index=True)
    leg: int
    round: int
    case_id: str
    secret: bytes = _blob()
    letter_sequence: int
    queued: int
    parked: int
    created_at: int = _big()
    changed_at: int = _big()
    purged: bool
    change_number: int = _big()
    rank_day: str = Field(index=True)


class Party(NodeTable, table=True):
    """PartyRecord."""

    __tablename__ = "parties"
    unit: str = Field(primary_key=True)
    thread_id: str = Field(primary_key=True)
    role: str


class Entry(NodeTable, table=True):
    """EntryRecord."""

    __tablename__ = "entries"
    thread_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    sender_unit: str
    envelope_id: str
    header_digest: bytes = _blob()
    entry_digest: bytes = _blob()
    kind: int
    moving: bool
    header: bytes = _blob()
    signatures: bytes = _blob()
    entry: bytes = _blob()
    secret: bytes = _blob()
    state: str
    reason: str
    accepted_at: int = _big()


class Outbox(NodeTable, table=True):
    """OutboxRecord."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_by_thread", "thread_id"),)
    sender_unit: str = Field(primary_key=True)
    envelope_id: str = Field(primary_key=True)
    number: int = _big(index=True)
    thread_id: str
    kind: int
    header: bytes = _blob()
    header_digest: bytes = _blob()
    signatures: bytes = _blob()
    secret: bytes = _blob()
    state: str
    reason: str
    details: str
    queued_at: int = _big()
    tried_at: int = _big()


class Cursor(NodeTable, table=True):
    """CursorRecord."""

    __tablename__ = "cursors"
    unit: str = Field(primary_key=True)
    cursor: int = _big()


class Waiting(NodeTable, table=True):
    """WaitingRecord."""

    __tablename__ = "waiting"
    unit: str = Field(primary_key=True)
    cursor: int = Field(sa_column=Column(BigInteger, primary_key=True))
    thread_id: str = Field(index=True)
    sequence: int
    delivery: bytes = _blob()
    cause: str
    since: int = _big()


class Acknowledgement(NodeTable, table=True):
    """AckRecord."""

    __tablename__ = "acknowledgements"
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    batch: int = _big()
    data: bytes = _blob()
    unit: str
    cursor: int = _big()
    thread_id: str
    header_digest: bytes = _blob()
    status: str


class Delivery(NodeTable, table=True):
    """DeliveryRecord."""

    __tablename__ = "deliveries"
    thread_id: str = Field(primary_key=True)
    header_digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    unit: str = Field(primary_key=True)
    status: str = Field(primary_key=True)
    reason: str
    at: int = _big()
    evidence: bytes = _blob()


class Negative(NodeTable, table=True):
    """NegativeRecord."""

    __tablename__ = "negatives"
    thread_id: str = Field(primary_key=True)
    leaf_index: int = Field(sa_column=Column(BigInteger, primary_key=True))
    entry: bytes = _blob()


class Material(NodeTable, table=True):
    """MaterialRecord."""

    __tablename__ = "materials"
    material_id: str = Field(primary_key=True)
    subject_id: str = Field(index=True)
    uploader: str
    root: bytes = _blob()
    sealed_size: int = _big()
    chunks: int
    leaf_hashes: bytes = _blob()
    secret: bytes = _blob()
    state: str = Field(index=True)
    chunks_done: int
    envelope_id: str
    unit: str
    cursor: int = _big()
    added_at: int = _big()


class Draft(NodeTable, table=True):
    """DraftRecord."""

    __tablename__ = "drafts"
    __table_args__ = (Index("drafts_by_state", "unit", "state"),)
    draft_id: str = Field(primary_key=True)
    unit: str
    version: int
    state: str
    secret: bytes = _blob()
    prepared_by: str
    approved_by: str
    delegation_id: str
    created_at: int = _big()
    changed_at: int = _big()
    priority: int


class Move(NodeTable, table=True):
    """MoveRecord."""

    __tablename__ = "moves"
    __table_args__ = (Index("moves_by_state", "unit", "state"),)
    move_id: str = Field(primary_key=True)
    thread_id: str = Field(index=True)
    unit: str
    kind: int
    version: int
    state: str
    secret: bytes = _blob()
    prepared_by: str
    prepared_at: int = _big()


class Task(NodeTable, table=True):
    """TaskRecord."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("tasks_by_code", "unit", "code", "rank_day", "thread_id", "subject", "due", "other_unit"),
        Index("tasks_by_due", "unit", "rank_day", "thread_id", "subject", "code", "due", "other_unit"),
    )
    unit: str = Field(primary_key=True)
    thread_id: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    due: str
    other_unit: str
    rank_day: str


class Lookup(NodeTable, table=True):
    """LookupRecord."""

    __tablename__ = "lookups"
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    thread_id: str = Field(primary_key=True)


class Alarm(NodeTable, table=True):
    """AlarmRecord."""

    __tablename__ = "alarms"
    alarm_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    reason: str
    thread_id: str = Field(index=True)
    unit: str
    details: str
    proof: bytes = _blob()
    raised_at: int = _big()
    acknowledged_by: str = Field(index=True)


class Roster(NodeTable, table=True):
    """RosterRecord."""

    __tablename__ = "rosters"
    version: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    signed: bytes = _blob()
    received_at: int = _big()


class Staff(NodeTable, table=True):
    """StaffRecord."""

    __tablename__ = "staff"
    staff_id: str = Field(primary_key=True)
    secret: bytes = _blob()
    units: str
    roles: str
    password: str
    active: bool
    failures: int
    locked_until: int = _big()
    once_until: int = _big()


class Preference(NodeTable, table=True):
    """PreferenceRecord."""

    __tablename__ = "preferences"
    staff_id: str = Field(primary_key=True)
    secret: bytes = _blob()


class Session(NodeTable, table=True):
    """SessionRecord."""

    __tablename__ = "sessions"
    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    staff_id: str = Field(index=True)
    unit: str
    csrf: str
    expires_at: int = _big()


class ApiKey(NodeTable, table=True):
    """ApiKeyRecord."""

    __tablename__ = "api_keys"
    key_id: str = Field(primary_key=True)
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    label: str
    staff_id: str
    unit: str
    role: str
    expires_at: int = _big()
    active: bool


class Identity(NodeTable, table=True):
    """IdentityRecord."""

    __tablename__ = "identities"
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    staff_id: str = Field(index=True)
    bound_at: int = _big()


class Deputy(NodeTable, table=True):
    """DeputyRecord."""

    __tablename__ = "deputies"
    deputy_id: str = Field(primary_key=True)
    staff_id: str = Field(index=True)
    deputy: str = Field(index=True)
    unit: str
    role: str
    first: str
    last: str
    set_by: str
    set_at: int = _big()
    ended_at: int = _big()


class Assignment(NodeTable, table=True):
    """AssignmentRecord."""

    __tablename__ = "assignments"
    unit: str = Field(primary_key=True)
    thread_id: str = Field(primary_key=True)
    staff_id: str = Field(index=True)
    set_by: str
    set_at: int = _big()


class Look(NodeTable, table=True):
    """LookRecord."""

    __tablename__ = "looks"
    __table_args__ = (
        Index("looks_by_subject", "subject", "number"),
        Index("looks_by_staff", "staff_id", "number"),
    )
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    previous: bytes = _blob()
    at: int = _big()
    staff_id: str
    on_behalf: str
    unit: str
    what: str
    subject: str
    part: str
    digest: bytes = _blob()


class LookLine(NodeTable, table=True):
    """LookLineRecord."""

    __tablename__ = "look_lines"
    subject: str = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    unit: str


class SubjectRequest(NodeTable, table=True):
    """SubjectRequestRecord."""

    __tablename__ = "subject_requests"
    __table_args__ = (Index("subject_requests_by_state", "unit", "state", "due"),)
    request_id: str = Field(primary_key=True)
    thread_id: str = Field(index=True)
    unit: str
    asks: str
    state: str
    version: int
    secret: bytes = _blob()
    recorded_by: str
    recorded_at: int = _big()
    changed_at: int = _big()
    due: str
    prepared_by: str
