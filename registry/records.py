"""What the registry keeps, as plain values between use cases and stores.

Instants are aware datetimes in UTC, days ISO dates. Nothing here is checked: rows are written by the writer alone.
What is made for every envelope is a named tuple, which costs a third of a frozen dataclass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final, NamedTuple

from delegation.merkle import Frontier, Node

OPEN: Final = 2**62  # the last leaf of a sight that goes on


def envelope_key(sender_unit: str, envelope_id: str) -> str:
    """The name under which an answer is stored; neither part can hold a slash (protocol 3.4)."""
    return f"{sender_unit}/{envelope_id}"


@dataclass(frozen=True, slots=True)
class Head:
    """The committed head of the log: who writes (epoch), the tree's right edge, and the last time of acceptance."""

    epoch: int
    frontier: Frontier
    accepted_at: datetime

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self.frontier.size


class Answer(NamedTuple):
    """The stored first answer to an envelope."""

    header_digest: bytes
    accepted: bool
    leaf_index: int
    entry: bytes


class EntryRow(NamedTuple):
    """A leaf: its data is the SHA-256 of `data`."""

    leaf_index: int
    kind: str
    data: bytes
    digest: bytes


class AnswerRow(NamedTuple):
    """An envelope that was judged. A refused one keeps neither header nor signatures: the entry says all."""

    key: str
    header_digest: bytes
    accepted: bool
    leaf_index: int
    kind: int
    sender_unit: str
    thread_id: str
    sequence: int
    header: bytes
    signatures: bytes
    at: datetime


class BodyRow(NamedTuple):
    """A sealed body; deleted by retention."""

    leaf_index: int
    data: bytes
    at: datetime


class ThreadRow(NamedTuple):
    """A thread: the rule book's own bytes, and the columns that are asked for."""

    thread_id: str
    data: bytes
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
    last_leaf: int
    opened_at: datetime
    changed_at: datetime
    reported_at: datetime | None


class SightRow(NamedTuple):
    """A province begins to see a thread. `late`: the thread began before, so that its past is to be shown as well."""

    province: str
    thread_id: str
    since_leaf: int
    late: bool


class SightEnd(NamedTuple):
    """A province sees no further: the thread as it stood at the last leaf that it sees, the row's `last_leaf`."""

    province: str
    row: ThreadRow


class SeenThread(NamedTuple):
    """A thread as a province sees it: now, or as it stood at `until_leaf` when that is not OPEN."""

    row: ThreadRow
    until_leaf: int

    @property
    def left(self) -> bool:
        """Whether nothing later is seen."""
        return self.until_leaf != OPEN


class WatchedRow(NamedTuple):
    """An accepted envelope or, with neither header nor signatures, negative evidence; without a body."""

    leaf_index: int
    thread_id: str
    header: bytes
    signatures: bytes
    entry: bytes


class LateSight(NamedTuple):
    """A thread that comes into sight by the entry at `since_leaf`; what lies after `after_leaf` was not seen yet."""

    since_leaf: int
    thread_id: str
    after_leaf: int


class ItemKind(IntEnum):
    """What lies in a mailbox."""

    ENVELOPE = 1
    EVIDENCE = 2
    NEGATIVE = 3


class ThreadNews(NamedTuple):
    """A thread that is stored already, with what changes where none of the columns that are asked for does.

    `data` is None where the entries since tell what the stored bytes lack (`threads.read_threads`).
    """

    thread_id: str
    data: bytes | None
    last_leaf: int
    changed_at: datetime


class MailboxRow(NamedTuple):
    """One thing for one unit. `item` is the leaf of an envelope or negative entry, or the id of an evidence."""

    unit: str
    cursor: int
    kind: ItemKind
    item: int


class MailboxItem(NamedTuple):
    """A mailbox row with what is delivered; `sealed_body` is empty when it is no longer held."""

    unit: str
    cursor: int
    kind: ItemKind
    entry: bytes
    header: bytes = b""
    signatures: bytes = b""
    sealed_body: bytes = b""
    evidence: bytes = b""


class Delivered(NamedTuple):
    """What an acknowledgement is judged by: what was put under a cursor, and what was said of it already."""

    unit: str
    cursor: int
    leaf_index: int
    header_digest: bytes
    sender_unit: str
    thread_id: str
    status: int
    materials: int

    def said(self, status: int) -> "Delivered":
        """The same with a new status."""
        return Delivered(
            self.unit,
            self.cursor,
            self.leaf_index,
            self.header_digest,
            self.sender_unit,
            self.thread_id,
            status,
            self.materials,
        )


class AcknowledgedRow(NamedTuple):
    """The new status of a delivery: bits 1 parked, 2 applied, 4 materials held."""

    unit: str
    cursor: int
    status: int
    at: datetime


class MailWaiting(NamedTuple):
    """A unit's mailbox: envelopes of which nothing was said, the oldest one's acceptance, and those only parked."""

    unit: str
    waiting: int
    oldest_at: datetime | None
    parked: int


class EvidenceRow(NamedTuple):
    """A leaf of another node's batch with its path, as its sender gets it; `data` is a DeliveryEvidence."""

    evidence_id: int
    envelope_leaf: int
    batch_leaf: int
    data: bytes


class ListingRow(NamedTuple):
    """A material that an accepted envelope lists."""

    unit: str
    thread_id: str
    material_id: str
    leaf_index: int


class NegativeRow(NamedTuple):
    """Negative evidence of a thread; `envelope_key` is that of the envelope that started the clock."""

    thread_id: str
    leaf_index: int
    envelope_key: str
    at: datetime


class DrawCheckpointRow(NamedTuple):
    """The first checkpoint whose tree holds an accepted DRAW_COMMITTED: size and root of the log (protocol 13.4)."""

    leaf_index: int
    thread_id: str
    leg: int
    draw: int
    unit: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """One transaction of the writer: everything or nothing, when the head is still (epoch, old_size)."""

    epoch: int
    old_size: int
    head: Head
    entries: Sequence[EntryRow] = ()
    nodes: Sequence[Node] = ()
    answers: Sequence[AnswerRow] = ()
    bodies: Sequence[BodyRow] = ()
    threads: Sequence[ThreadRow] = ()
    news: Sequence[ThreadNews] = ()
    mailbox: Sequence[MailboxRow] = ()
    acknowledged: Sequence[AcknowledgedRow] = ()
    evidence: Sequence[EvidenceRow] = ()
    listings: Sequence[ListingRow] = ()
    negatives: Sequence[NegativeRow] = ()
    batches: Sequence[tuple[bytes, int]] = ()
    statements: Sequence[tuple[bytes, int]] = ()
    draws: Sequence[DrawCheckpointRow] = ()
    sights: Sequence[SightRow] = ()
    sights_ended: Sequence[SightEnd] = ()


@dataclass(frozen=True, slots=True)
class PageItem:
    """An accepted envelope of a thread with its entry."""

    sequence: int
    leaf_index: int
    header: bytes
    signatures: bytes
    sealed_body: bytes
    entry: bytes


@dataclass(frozen=True, slots=True)
class SignedRosterRow:
    """A roster version and its newest statement; `leaf_index` is -1 until it is logged."""

    version: int
    roster: bytes
    statement: bytes
    signature: bytes
    statement_digest: bytes
    leaf_index: int

    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRow:
    """A material that is being uploaded or held; bound to its uploader and one thread."""

    unit: str
    thread_id: str
    material_id: str
    root: bytes
    sealed_size: int
    chunk_count: int
    leaf_hashes: bytes
    complete: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A one-time token by its hash. Once used it gives the same answer to the same requests, no other."""

    token_hash: bytes
    bureau: str
    expires_at: datetime
    used_for: bytes = b""
    answer: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadFilter:
    """What a provincial office asks for. `regions` are provinces of two digits; empty for all (national)."""

    regions: tuple[str, ...] = ()
    home_unit: str = ""
    host_unit: str = ""
    home_region: str = ""
    host_region: str = ""
    matter: int = 0
    state: str = ""
    on_paper: bool | None = None
    changed_since: datetime | None = None
    overdue_before: str = ""
    after_thread: str = ""
    from_leaf: int = -1
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A thread as the figures count it."""

    home_region: str
    host_region: str
    opened_at: datetime
    reported_at: datetime | None
