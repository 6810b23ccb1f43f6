"""The SQL tables. Instants are microseconds since 1970 in UTC, days ISO dates, digests raw bytes.

Rows are written by Core statements (`store_sql`): the ORM costs several times as much a row.
"""

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

SCHEMA_VERSION = 4

# The parts of tables that indexes are over. A query has to say them in these very words (`text`): for SQLite a
# parameter or `accepted = 1` is another condition, and it walks the table.
ACCEPTED = "accepted"
REFUSED = "NOT accepted"
HAS_DEADLINE = "next_deadline <> ''"
WAITING = "status = 0 AND kind = 1"
PARKED = "status = 1 AND kind = 1"
LATE = "late"

# On SQLite only INTEGER PRIMARY KEY is the row's own number.
_Big = BigInteger().with_variant(Integer, "sqlite")


def _big(*, primary_key: bool = False, unique: bool = False) -> Any:
    return Field(sa_column=Column(_Big, primary_key=primary_key, unique=unique, nullable=False, autoincrement=False))


def _bytes(*, primary_key: bool = False) -> Any:
    return Field(sa_column=Column(LargeBinary, primary_key=primary_key, nullable=False))


class RegistryTable(SQLModel, registry=registry()):
    """Base of the registry's tables; their metadata is their own."""

    __table__: ClassVar[Table]


class LogHead(RegistryTable, table=True):
    """One row: the committed head."""

    __tablename__ = "log_head"
    id: int = Field(primary_key=True)
    epoch: int = _big()
    size: int = _big()
    frontier: bytes = _bytes()
    accepted_at: int = _big()


class LogEntry(RegistryTable, table=True):
    """A leaf of the log."""

    __tablename__ = "log_entry"
    leaf_index: int = _big(primary_key=True)
    kind: str
    digest: bytes = _bytes()
    data: bytes = _bytes()


class LogNode(RegistryTable, table=True):
    """A perfect subtree of 16 leaves or more; lower ones follow from the entries (`sql_nodes`)."""

    __tablename__ = "log_node"
    level: int = Field(primary_key=True)
    position: int = _big(primary_key=True)
    hash: bytes = _bytes()


class EnvelopeAnswer(RegistryTable, table=True):
    """An envelope that was judged."""

    __tablename__ = "envelope_answer"
    __table_args__ = (
        Index(
            "ix_answer_thread",
            "thread_id",
            "sequence",
            sqlite_where=text(ACCEPTED),
            postgresql_where=text(ACCEPTED),
        ),
        Index(
            "ix_answer_refused",
            "sender_unit",
            "at",
            sqlite_where=text(REFUSED),
            postgresql_where=text(REFUSED),
        ),
    )
    key: str = Field(primary_key=True)
    header_digest: bytes = _bytes()
    accepted: bool
    leaf_index: int = _big(unique=True)
    kind: int
    sender_unit: str
    thread_id: str
    sequence: int = _big()
    header: bytes = _bytes()
    signatures: bytes = _bytes()
    at: int = _big()


class SealedBody(RegistryTable, table=True):
    """A sealed body, as long as it is held."""

    __tablename__ = "sealed_body"
    leaf_index: int = _big(primary_key=True)
    data: bytes = _bytes()
    at: int = _big()


class Thread(RegistryTable, table=True):
    """A thread."""

    __tablename__ = "thread"
    __table_args__ = (
        Index("ix_thread_deadline", "next_deadline", sqlite_where=text(HAS_DEADLINE)),
        Index("ix_thread_home", "home_unit", "closed"),
        Index("ix_thread_host", "host_unit"),
        Index("ix_thread_leaf", "last_leaf"),
    )
    thread_id: str = Field(primary_key=True)
    data: bytes = _bytes()
    thread_type: int
    matter: int
    home_unit: str
    host_unit: str
    state: str
    turn: str
    closed: bool
    on_paper: bool
    next_deadline: str
    earliest_due: str
    last_leaf: int = _big()
    opened_at: int = _big()
    changed_at: int = _big()
    reported_at: int = _big()


class Mailbox(RegistryTable, table=True):
    """One thing for one unit. `status`: bits 1 parked, 2 applied, 4 materials held."""

    __tablename__ = "mailbox"
    __table_args__ = (
        Index("ix_mailbox_item", "item", "kind"),
        Index(
            "ix_mailbox_waiting",
            "unit",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index(
            "ix_mailbox_parked",
            "unit",
            sqlite_where=text(PARKED),
            postgresql_where=text(PARKED),
        ),
    )
    unit: str = Field(primary_key=True)
    cursor: int = _big(primary_key=True)
    kind: int
    item: int = _big()
    status: int
    status_at: int = _big()


class Evidence(RegistryTable, table=True):
    """Delivery evidence for the sender of an envelope."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_envelope", "envelope_leaf"),)
    evidence_id: int = _big(primary_key=True)
    envelope_leaf: int = _big()
    batch_leaf: int = _big()
    data: bytes = _bytes()


class AcknowledgedBatch(RegistryTable, table=True):
    """A batch of acknowledgements, for its repeats."""

    __tablename__ = "acknowledged_batch"
    key: bytes = _bytes(primary_key=True)
    leaf_index: int = _big()


class Listing(RegistryTable, table=True):
    """A material that an accepted envelope lists."""

    __tablename__ = "listing"
    thread_id: str = Field(primary_key=True)
    material_id: str = Field(primary_key=True)
    leaf_index: int = _big(primary_key=True)
    unit: str


class Negative(RegistryTable, table=True):
    """Negative evidence of a thread."""

    __tablename__ = "negative"
    __table_args__ = (Index("ix_negative_envelope", "envelope_key"), Index("ix_negative_leaf", "leaf_index"))
    thread_id: str = Field(primary_key=True)
    leaf_index: int = _big(primary_key=True)
    envelope_key: str
    at: int = _big()


class DrawCheckpoint(RegistryTable, table=True):
    """The first checkpoint whose tree holds an accepted DRAW_COMMITTED."""

    __tablename__ = "draw_checkpoint"
    __table_args__ = (Index("ix_draw_checkpoint_draw", "thread_id", "leg", "draw"),)
    leaf_index: int = _big(primary_key=True)
    thread_id: str
    leg: int
    draw: int
    unit: str
    size: int = _big()
    root: bytes = _bytes()


class Sight(RegistryTable, table=True):
    """From which leaf to which a province sees a thread; `left_…` is the thread as it stood when that ended."""

    __tablename__ = "sight"
    __table_args__ = (
        Index("ix_sight_late", "province", "since_leaf", sqlite_where=text(LATE), postgresql_where=text(LATE)),
        Index("ix_sight_thread", "thread_id"),
    )
    province: str = Field(primary_key=True)
    thread_id: str = Field(primary_key=True)
    since_leaf: int = _big(primary_key=True)
    late: bool
    until_leaf: int = _big()
    left_home: str
    left_host: str
    left_state: str
    left_paper: bool
    left_changed_at: int = _big()
    left_reported_at: int = _big()
    left_data: bytes = _bytes()


class Roster(RegistryTable, table=True):
    """A roster version."""

    __tablename__ = "roster"
    version: int = _big(primary_key=True)
    data: bytes = _bytes()


class RosterStatement(RegistryTable, table=True):
    """A statement of a roster version; `leaf_index` is -1 until it is logged."""

    __tablename__ = "roster_statement"
    __table_args__ = (Index("ix_statement_order", "version", "published_at"),)
    digest: bytes = _bytes(primary_key=True)
    version: int = _big()
    statement: bytes = _bytes()
    signature: bytes = _bytes()
    leaf_index: int = _big()
    published_at: int = _big()


class Token(RegistryTable, table=True):
    """A one-time enrolment token, by its hash."""

    __tablename__ = "token"
    token_hash: bytes = _bytes(primary_key=True)
    bureau: str
    expires_at: int = _big()
    used_for: bytes = _bytes()
    answer: bytes = _bytes()


class Material(RegistryTable, table=True):
    """A material's record; its chunks are files."""

    __tablename__ = "material"
    unit: str = Field(primary_key=True)
    thread_id: str = Field(primary_key=True)
    material_id: str = Field(primary_key=True)
    root: bytes = _bytes()
    sealed_size: int = _big()
    chunk_count: int
    leaf_hashes: bytes = _bytes()
    complete: bool
    created_at: int = _big()


class Heartbeat(RegistryTable, table=True):
    """One row: when the registry last said that it was there."""

    __tablename__ = "heartbeat"
    id: int = Field(primary_key=True)
    at: int = _big()
