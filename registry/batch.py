"""One transaction of the writer as it grows: later jobs of a batch see what earlier ones did."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Final

from certs.trust import Trust
from delegation.codec_answers import AcceptedEntries
from delegation.codec_entry import entry_bytes
from delegation.deadlines import day_of
from delegation.merkle import leaf_hash
from delegation.model import (
    AcknowledgementBatch,
    DueDate,
    Entry,
    EntryKind,
    EnvelopeAnswer,
    EnvelopeRef,
    KeyEvent,
    NegativeEvidence,
    RosterPublished,
    Versions,
)
from delegation.values import maker
from registry.records import (
    AcknowledgedRow,
    Answer,
    AnswerRow,
    BodyRow,
    Changes,
    Delivered,
    DrawCheckpointRow,
    EntryRow,
    EvidenceRow,
    Head,
    ItemKind,
    ListingRow,
    MailboxItem,
    MailboxRow,
    NegativeRow,
    SightEnd,
    SightRow,
    ThreadNews,
    ThreadRow,
    envelope_key,
)
from registry.store import Store
from registry.threads import Kept, Memory, read_threads

EntryDetail = EnvelopeAnswer | AcknowledgementBatch | NegativeEvidence | RosterPublished | KeyEvent
_KIND_TEXTS: Final = {kind: kind.value for kind in EntryKind}
_entry = maker(Entry)


@dataclass(slots=True)
class Needs:
    """What a job will ask of the store, read for the whole batch at once."""

    answers: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)
    threads: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)


class Batch:
    """What one transaction will write. Reading goes through it, so that it is always seen in order."""

    def __init__(
        self, store: Store, head: Head, memory: Memory, trust: Trust | None, *, at: datetime, federation_id: str
    ) -> None:
        self.store = store
        self.trust = trust
        self.at = max(at, head.accepted_at)  # never goes back
        self._federation_id = federation_id
        self._head = head
        self._memory = memory
        self._leaf_hashes: list[bytes] = []
        self._entries: list[EntryRow] = []
        self._known: dict[str, Answer] = {}
        self._headers: dict[str, bytes] = {}
        self._threads: dict[str, Kept] = {}
        self._stored: dict[str, Kept] = {}
        self._changed: set[str] = set()
        self._heads: dict[str, int] = {}
        self._delivered: dict[tuple[str, int], Delivered] = {}
        self._answered: dict[str, Answer] = {}
        self._mail: dict[str, list[MailboxItem]] = {}
        self._batch_keys: dict[bytes, bytes] = {}
        self.answers: list[AnswerRow] = []
        self.bodies: list[BodyRow] = []
        self.mailbox: list[MailboxRow] = []
        self.acknowledged: list[AcknowledgedRow] = []
        self.evidence: list[EvidenceRow] = []
        self.listings: list[ListingRow] = []
        self.negatives: list[NegativeRow] = []
        self.batches: list[tuple[bytes, int]] = []
        self.statements: list[tuple[bytes, int]] = []
        self._draws: list[tuple[int, str, int, int, str]] = []
        self.sights: list[SightRow] = []
        self.sights_ended: list[SightEnd] = []

    def prefetch(self, needs: Needs) -> None:
        """Read what the jobs need and memory does not hold."""
        asked = needs.answers
        if asked:
            held = self._memory.answers.find(asked)
            self._known |= held
            if len(held) < len(asked):
                self._known |= self.store.answers(asked - held.keys())
        if needs.headers:
            self._headers |= self.store.headers(needs.headers)
        missing: list[str] = []
        for thread_id in needs.threads:
            kept = self._memory.get(thread_id)
            if kept is None:
                missing.append(thread_id)
            else:
                self._threads[thread_id] = self._stored[thread_id] = kept
        if missing:
            found = read_threads(self.store, missing)
            self._threads |= found
            self._stored |= found
        unknown = [unit for unit in needs.units if unit not in self._memory.heads]
        self._heads |= {unit: self._memory.heads[unit] for unit in needs.units if unit in self._memory.heads}
        if unknown:
            self._heads.update(self.store.mailbox_heads(unknown))

    @property
    def touched(self) -> int:
        """Grows with whatever is written."""
        return len(self._entries) + len(self.mailbox) + len(self._changed)

    @property
    def size(self) -> int:
        """Size of the log with this batch as far as it is."""
        return self._head.size + len(self._entries)

    @cached_property
    def versions(self) -> Versions:
        """By what things are judged in this batch; zeros before the first roster."""
        if self.trust is None:
            return Versions(0, 0, 0, 0)
        return self.trust.view.versions(day_of(self.at))

    # reading

    def answer(self, key: str) -> Answer | None:
        """The stored answer of an envelope, also one of this batch."""
        return self._known.get(key)

    def is_known(self, ref: EnvelopeRef) -> str:
        """What is held of a named envelope: accepted, refused or unknown. Another digest is another envelope."""
        found = self._known.get(envelope_key(ref.sender_unit, ref.envelope_id))
        if found is None or found.header_digest != ref.header_digest:
            return "unknown"
        return "accepted" if found.accepted else "refused"

    def header(self, ref: EnvelopeRef) -> bytes | None:
        """The header bytes of an accepted envelope that was announced to `prefetch`."""
        return self._headers.get(envelope_key(ref.sender_unit, ref.envelope_id))

    def thread(self, thread_id: str) -> Kept | None:
        """A thread that was announced to `prefetch`."""
        return self._threads.get(thread_id)

    def fetch_threads(self, thread_ids: Collection[str]) -> None:
        """Read further threads, of jobs that learn late which ones they need."""
        self.prefetch(Needs(threads={name for name in thread_ids if name not in self._threads}))

    def delivered(self, wanted: set[tuple[str, int]]) -> dict[tuple[str, int], Delivered]:
        """Envelopes delivered under (unit, cursor) before this batch, with what is said of them by now."""
        missing = wanted - self._delivered.keys()
        if missing:
            held = self._memory.delivered.find(missing)
            self._delivered |= held
            if len(held) < len(missing):
                self._delivered |= self.store.delivered(missing - held.keys())
        return {name: found for name in wanted if (found := self._delivered.get(name)) is not None}

    def status(self, unit: str, cursor: int) -> int:
        """What is said by now of a delivery that was asked for; one batch may say two things of one."""
        return self._delivered[unit, cursor].status

    def batch_entry(self, key: bytes) -> bytes | None:
        """The entry of an acknowledgement batch that was taken before."""
        return self._batch_keys.get(key) or self.store.batch(key)

    # writing

    def log(
        self,
        kind: EntryKind,
        detail: EntryDetail,
        *,
        thread_id: str = "",
        sequence: int = 0,
        previous: bytes = b"",
        state_version: int = 0,
        due_dates: tuple[DueDate, ...] = (),
    ) -> EntryRow:
        """Append an entry: leaf index, time and versions are filled in here."""
        leaf = self._head.size + len(self._entries)
        data = entry_bytes(
            _entry(
                kind=kind,
                federation_id=self._federation_id,
                leaf_index=leaf,
                accepted_at=self.at,
                versions=self.versions,
                thread_id=thread_id,
                thread_sequence=sequence,
                previous_entry_digest=previous,
                state_version=state_version,
                due_dates=due_dates,
                detail=detail,
            )
        )
        return self._append(kind, leaf, data)

    def log_accepted(
        self,
        envelope: EnvelopeRef,
        signatures_digest: bytes,
        *,
        thread_id: str,
        sequence: int,
        previous: bytes,
        state_version: int,
        due_dates: tuple[DueDate, ...],
    ) -> EntryRow:
        """`log` for an accepted envelope: most entries of a batch are of this sort."""
        leaf = self._head.size + len(self._entries)
        data = self._accepted.next(
            envelope,
            leaf_index=leaf,
            signatures_digest=signatures_digest,
            thread_id=thread_id,
            thread_sequence=sequence,
            previous=previous,
            state_version=state_version,
            due_dates=due_dates,
        )
        return self._append(EntryKind.ENVELOPE, leaf, data)

    @cached_property
    def _accepted(self) -> AcceptedEntries:
        return AcceptedEntries(federation_id=self._federation_id, accepted_at=self.at, versions=self.versions)

    def _append(self, kind: EntryKind, leaf: int, data: bytes) -> EntryRow:
        row = EntryRow(leaf, _KIND_TEXTS[kind], data, sha256(data).digest())
        self._entries.append(row)
        self._leaf_hashes.append(leaf_hash(row.digest))
        return row

    def put_thread(self, kept: Kept) -> None:
        """A thread changed."""
        self._threads[kept.state.thread_id] = kept
        self._changed.add(kept.state.thread_id)

    def put_answer(self, row: AnswerRow, entry: bytes) -> None:
        """An envelope was answered."""
        self.answers.append(row)
        self._known[row.key] = self._answered[row.key] = Answer(row.header_digest, row.accepted, row.leaf_index, entry)
        if row.accepted:
            self._headers[row.key] = row.header

    def deliver(self, unit: str, kind: ItemKind, item: int, entry: bytes, *, evidence: bytes = b"") -> None:
        """Put an evidence or a negative entry into a mailbox."""
        cursor = self._next_cursor(unit)
        self.mailbox.append(MailboxRow(unit, cursor, kind, item))
        self._put_mail(MailboxItem(unit, cursor, kind, entry, evidence=evidence))

    def deliver_envelope(self, unit: str, row: AnswerRow, sealed_body: bytes, entry: bytes, *, materials: int) -> None:
        """Put an accepted envelope into an addressee's mailbox."""
        cursor, leaf = self._next_cursor(unit), row.leaf_index
        self.mailbox.append(MailboxRow(unit, cursor, ItemKind.ENVELOPE, leaf))
        self._put_mail(MailboxItem(unit, cursor, ItemKind.ENVELOPE, entry, row.header, row.signatures, sealed_body))
        self._delivered[unit, cursor] = Delivered(
            unit, cursor, leaf, row.header_digest, row.sender_unit, row.thread_id, 0, materials
        )

    def _next_cursor(self, unit: str) -> int:
        heads = self._heads
        if unit not in heads:
            self.prefetch(Needs(units={unit}))
        cursor = heads[unit] = heads[unit] + 1
        return cursor

    def _put_mail(self, item: MailboxItem) -> None:
        held = self._mail.get(item.unit)
        if held is None:
            self._mail[item.unit] = [item]
        else:
            held.append(item)

    def acknowledge(self, row: AcknowledgedRow) -> None:
        """A delivery was acknowledged."""
        name = (row.unit, row.cursor)
        self.acknowledged.append(row)
        self._delivered[name] = self._delivered[name].said(row.status)

    def put_draw_commitment(self, leaf: int, *, thread_id: str, leg: int, draw: int, unit: str) -> None:
        """A side committed to its secret: the checkpoint of this transaction's end is the first that covers it."""
        self._draws.append((leaf, thread_id, leg, draw, unit))

    def put_batch(self, key: bytes, leaf: int, entry: bytes) -> None:
        """An acknowledgement batch was taken."""
        self.batches.append((key, leaf))
        self._batch_keys[key] = entry

    # the end

    def changes(self) -> Changes:
        """All of it, as one transaction."""
        frontier, nodes = self._head.frontier.grow(self._leaf_hashes)
        threads, news = self._thread_rows()
        root = frontier.root() if self._draws else b""
        return Changes(
            epoch=self._head.epoch,
            old_size=self._head.size,
            head=Head(self._head.epoch, frontier, self.at),
            entries=self._entries,
            nodes=nodes,
            answers=self.answers,
            bodies=self.bodies,
            threads=threads,
            news=news,
            mailbox=self.mailbox,
            acknowledged=self._last_acknowledged(),
            evidence=self.evidence,
            listings=self.listings,
            negatives=self.negatives,
            batches=self.batches,
            statements=self.statements,
            draws=[DrawCheckpointRow(*each, frontier.size, root) for each in self._draws],
            sights=self.sights,
            sights_ended=self.sights_ended,
        )

    def _thread_rows(self) -> tuple[list[ThreadRow], list[ThreadNews]]:
        """Threads that changed: whole, and those of which only what every event changes is to be written."""
        threads: list[ThreadRow] = []
        news: list[ThreadNews] = []
        for name in sorted(self._changed):
            kept, stored = self._threads[name], self._stored.get(name)
            changed = None if stored is None else kept.news_after(stored)
            if changed is None:
                threads.append(kept.row())
            else:
                news.append(changed)
            behind = None if stored is None or changed is None or changed.data is not None else stored.written
            self._threads[name] = kept.with_written(behind or kept.state)
        return threads, news

    def _last_acknowledged(self) -> list[AcknowledgedRow]:
        """One row a delivery: a batch may say two things of one, and the later holds both."""
        return list({(row.unit, row.cursor): row for row in self.acknowledged}.values())

    def remember(self) -> None:
        """After the commit: what was read and written is held in memory."""
        memory = self._memory
        memory.keep(self._threads.values())
        memory.heads |= self._heads
        memory.answers.put(self._answered)
        memory.delivered.put(self._delivered)

    def mail(self) -> dict[str, list[MailboxItem]]:
        """After the commit: what was put into mailboxes as it is delivered, by unit, in the order of the cursors."""
        return self._mail
