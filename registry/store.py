"""What the registry needs of a store. A memory store and an SQL store (SQLite, PostgreSQL) run one test suite.

Every method is synchronous and is called in a thread of `registry.database.Database`: writing ones in its single
writing thread, reading ones in any. No method judges anything.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from delegation.effects import Later
from delegation.errors import Reason, Refusal
from registry.records import (
    Answer,
    Changes,
    Delivered,
    DrawCheckpointRow,
    FlowRow,
    Head,
    LateSight,
    MailboxItem,
    MailWaiting,
    MaterialRow,
    PageItem,
    SeenThread,
    SignedRosterRow,
    ThreadFilter,
    ThreadRow,
    TokenRow,
    WatchedRow,
)


class StoreUnavailable(Refusal):
    """Disk full, I/O error, server away: the outcome of what was asked may be unknown. Nothing is to be remembered."""

    def __init__(self) -> None:
        super().__init__(Reason.STORAGE_UNAVAILABLE)


class StoreRejected(Refusal):
    """The store refused the content of a transaction, and has surely not kept any of it."""

    def __init__(self) -> None:
        super().__init__(Reason.UNAVAILABLE)


class HeadMoved(Refusal):
    """Another writer has the log: this one is fenced and must not write again."""

    def __init__(self) -> None:
        super().__init__(Reason.STORAGE_UNAVAILABLE)


class Store(Protocol):
    """Kept things of the registry."""

    # the log and its writer
    def claim(self, epoch: int | None) -> Head:
        """Become the writer: the stored epoch plus one, or `epoch` when that is larger than the stored one.

        Raises HeadMoved when it is not.
        """

    def head(self) -> Head:
        """The committed head."""

    def commit(self, changes: Changes) -> None:
        """Write all or nothing. Raises HeadMoved, StoreUnavailable (outcome unknown), StoreRejected (nothing kept)."""

    def node_hashes(self, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Hashes of perfect subtrees of the log by (level, index), leaves included; missing ones are left out."""

    # reading for judgement
    def answers(self, keys: Collection[str]) -> dict[str, Answer]:
        """Stored answers by envelope key."""

    def headers(self, keys: Collection[str]) -> dict[str, bytes]:
        """Headers of accepted envelopes by envelope key."""

    def threads(self, thread_ids: Collection[str]) -> dict[str, ThreadRow]:
        """Threads by id. The state in a row may lack neutral entries: `threads.read_threads` makes up for them."""

    def entered_since(self, thread_id: str, sequence: int, last_leaf: int) -> list[Later]:
        """Accepted entries of a thread after a sequence, up to the leaf that its row names as the last, in order."""

    def mailbox_heads(self, units: Collection[str]) -> dict[str, int]:
        """Last cursor of each unit's mailbox; 0 for an empty one."""

    def delivered(self, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Delivered]:
        """Envelopes delivered under (unit, cursor)."""

    def batch(self, key: bytes) -> bytes | None:
        """The entry of an acknowledgement batch that was taken before."""

    def due_threads(self, before: str, limit: int) -> list[str]:
        """Threads whose next deadline lies before an ISO day."""

    def open_threads(self, after: str, limit: int) -> list[str]:
        """Ids of open threads in order, after an id."""

    # counts for quotas
    def count_open_threads(self, units: Collection[str]) -> int:
        """Open threads with one of the units as home."""

    def count_refusals(self, units: Collection[str], since: datetime) -> int:
        """Stored refusals of the units' envelopes since an instant."""

    def count_waiting(self, unit: str) -> int:
        """Envelopes in a unit's mailbox of which nothing was said yet."""

    # delivering and reading
    def mailbox(self, unit: str, after: int, limit: int) -> list[MailboxItem]:
        """What lies in a mailbox after a cursor, in order."""

    def thread_page(self, thread_id: str, from_sequence: int, limit: int, with_bodies: bool) -> list[PageItem]:
        """Accepted envelopes of a thread in order."""

    def evidence(self, leaves: Collection[int]) -> list[tuple[int, bytes, bytes]]:
        """(envelope's leaf, DeliveryEvidence, entry of the batch) of envelopes, oldest first."""

    def negatives(self, thread_id: str) -> list[bytes]:
        """Negative entries of a thread, oldest first."""

    # draws
    def draw_checkpoint(self, leaf_index: int) -> DrawCheckpointRow | None:
        """The draw checkpoint of a commitment by its leaf."""

    def draw_checkpoints(self, thread_id: str, leg: int, draw: int) -> list[DrawCheckpointRow]:
        """Those of a draw, one a commitment, oldest first."""

    # the roster
    def newest_statement(self) -> tuple[int, bytes] | None:
        """Version and digest of the statement in force; None before the first."""

    def roster(self, version: int) -> SignedRosterRow | None:
        """A version with its newest statement; version 0 for the one in force."""

    def statements_to_log(self) -> list[SignedRosterRow]:
        """Published statements that have no leaf yet, oldest first."""

    def publish(self, row: SignedRosterRow) -> None:
        """Keep a verified roster or a newer statement of it."""

    # enrolment
    def add_token(self, row: TokenRow) -> None:
        """Keep a new token."""

    def token(self, token_hash: bytes) -> TokenRow | None:
        """A token by its hash."""

    def use_token(self, token_hash: bytes, *, used_for: bytes, answer: bytes) -> bool:
        """Mark an unused token; False when it was used meanwhile."""

    # materials
    def material(self, unit: str, thread_id: str, material_id: str) -> MaterialRow | None:
        """A material."""

    def materials(self, wanted: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], MaterialRow]:
        """Materials by (unit, thread, id)."""

    def put_material(self, row: MaterialRow) -> None:
        """Keep a material's record, new or changed."""

    def uploaded_bytes(self, units: Collection[str], *, since: datetime) -> int:
        """Sealed bytes of the materials begun by the units since an instant."""

    def listings(self, thread_id: str, material_id: str) -> list[tuple[str, bytes]]:
        """(uploader, header) of the accepted envelopes of a thread that list a material."""

    # retention
    def stale_bodies(self, *, applied_before: datetime, undelivered_before: datetime, limit: int) -> list[int]:
        """Leaves of the bodies that may go."""

    def delete_bodies(self, leaves: Sequence[int]) -> None:
        """Delete sealed bodies; headers and entries stay."""

    def stale_materials(
        self, *, held_before: datetime, undelivered_before: datetime, orphans_before: datetime, limit: int
    ) -> list[tuple[str, str, str]]:
        """Materials that may go."""

    def delete_material(self, unit: str, thread_id: str, material_id: str) -> None:
        """Delete a material's record."""

    # monitoring
    def list_threads(self, wanted: ThreadFilter) -> list[SeenThread]:
        """Threads that pass a filter as the provinces see them, by id, or by last leaf when `from_leaf` is given."""

    def seen_thread(self, thread_id: str, regions: tuple[str, ...]) -> SeenThread | None:
        """A thread as the provinces see it; None when they do not."""

    def flows(self, wanted: ThreadFilter, *, start: datetime, end: datetime) -> list[FlowRow]:
        """Delegations opened in [start, end), for the figures; `limit` does not count."""

    def watched(self, regions: tuple[str, ...], *, start: int, end: int, limit: int) -> list[WatchedRow]:
        """What the log accepted at [start, end) of the threads that the provinces see there, in order."""

    def past_of(self, thread_id: str, *, after: int, before: int, limit: int) -> list[WatchedRow]:
        """What a thread holds between two leaves, both left out, in order."""

    def late_sights(self, regions: tuple[str, ...], *, start: int, end: int) -> list[LateSight]:
        """Older threads that come into the provinces' sight at [start, end), in order; none for the whole country."""

    # housekeeping
    def mail_waiting(self) -> list[MailWaiting]:
        """Units whose mailboxes hold envelopes of which nothing was said yet, or that were parked, by unit."""

    def heartbeat(self) -> datetime | None:
        """When the registry last said that it was there."""

    def beat(self, at: datetime) -> None:
        """Say so."""

    def close(self) -> None:
        """Let go of connections."""
