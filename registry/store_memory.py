"""A store in memory: for tests and for the simulator. It keeps the promises of `store` except durability."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from delegation.codes import Kind
from delegation.effects import Later
from delegation.merkle import leaf_hash
from registry.memory_oversight import MemoryOversight
from registry.records import (
    Answer,
    AnswerRow,
    BodyRow,
    Changes,
    Delivered,
    DrawCheckpointRow,
    EvidenceRow,
    Head,
    ItemKind,
    ListingRow,
    MailboxItem,
    MailboxRow,
    MaterialRow,
    PageItem,
    SignedRosterRow,
    ThreadRow,
    TokenRow,
)
from registry.store import HeadMoved, StoreRejected

_PARKED, _APPLIED, _HELD = 1, 2, 4


class MemoryStore(MemoryOversight):
    """Dictionaries under one lock."""

    def __init__(self) -> None:
        super().__init__()
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._answers: dict[str, AnswerRow] = {}
        self._bodies: dict[int, BodyRow] = {}
        self._evidence: dict[int, EvidenceRow] = {}
        self._listings: list[ListingRow] = []
        self._batches: dict[bytes, int] = {}
        self._draws: dict[int, DrawCheckpointRow] = {}
        self._rosters: dict[bytes, SignedRosterRow] = {}
        self._tokens: dict[bytes, TokenRow] = {}
        self._materials: dict[tuple[str, str, str], MaterialRow] = {}
        self._heartbeat: datetime | None = None

    def claim(self, epoch: int | None) -> Head:
        """See `store.Store`."""
        with self._lock:
            if epoch is not None and epoch <= self._head.epoch:
                raise HeadMoved
            self._head = replace(self._head, epoch=self._head.epoch + 1 if epoch is None else epoch)
            return self._head

    def head(self) -> Head:
        """See `store.Store`."""
        return self._head

    def commit(self, changes: Changes) -> None:
        """See `store.Store`."""
        with self._lock:
            if (self._head.epoch, self._head.size) != (changes.epoch, changes.old_size):
                raise HeadMoved
            if any(row.thread_id not in self._threads for row in changes.news):
                raise StoreRejected
            if any(row.key in self._answers for row in changes.answers) or any(
                (row.unit, row.cursor) in self._mailbox for row in changes.mailbox
            ):
                raise StoreRejected
            self._head = changes.head
            self._entries |= {row.leaf_index: row for row in changes.entries}
            self._nodes |= {(level, index): value for level, index, value in changes.nodes}
            self._answers |= {row.key: row for row in changes.answers}
            self._by_leaf |= {row.leaf_index: row for row in changes.answers}
            self._bodies |= {row.leaf_index: row for row in changes.bodies}
            self._threads |= {row.thread_id: row for row in changes.threads}
            for news in changes.news:
                before = self._threads[news.thread_id]
                data = before.data if news.data is None else news.data
                self._threads[news.thread_id] = before._replace(
                    data=data, last_leaf=news.last_leaf, changed_at=news.changed_at
                )
            self._mailbox |= {(row.unit, row.cursor): row for row in changes.mailbox}
            self._status |= {(row.unit, row.cursor): row for row in changes.acknowledged}
            self._evidence |= {row.evidence_id: row for row in changes.evidence}
            self._listings += changes.listings
            self._negatives += changes.negatives
            self._certified |= {row.leaf_index: row.thread_id for row in changes.negatives}
            for sight in changes.sights:
                self._sights.begin(sight)
            for end in changes.sights_ended:
                self._sights.end(end)
            self._batches |= dict(changes.batches)
            self._draws |= {row.leaf_index: row for row in changes.draws}
            for digest, leaf in changes.statements:
                self._rosters[digest] = replace(self._rosters[digest], leaf_index=leaf)

    def node_hashes(self, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """See `store.Store`."""
        found = {name: self._nodes[name] for name in wanted if name in self._nodes}
        leaves = ((0, index) for level, index in wanted if level == 0 and index in self._entries)
        return found | {name: leaf_hash(self._entries[name[1]].digest) for name in leaves}

    def answers(self, keys: Collection[str]) -> dict[str, Answer]:
        """See `store.Store`."""
        rows = (self._answers[key] for key in keys if key in self._answers)
        return {
            row.key: Answer(row.header_digest, row.accepted, row.leaf_index, self._entries[row.leaf_index].data)
            for row in rows
        }

    def headers(self, keys: Collection[str]) -> dict[str, bytes]:
        """See `store.Store`."""
        return {key: self._answers[key].header for key in keys if key in self._answers and self._answers[key].accepted}

    def threads(self, thread_ids: Collection[str]) -> dict[str, ThreadRow]:
        """See `store.Store`."""
        return {name: self._threads[name] for name in thread_ids if name in self._threads}

    def entered_since(self, thread_id: str, sequence: int, last_leaf: int) -> list[Later]:
        """See `store.Store`."""
        rows = [
            row
            for row in tuple(self._answers.values())
            if row.accepted and row.thread_id == thread_id and row.sequence > sequence and row.leaf_index <= last_leaf
        ]
        return [
            Later(x.sequence, Kind(x.kind), x.sender_unit, self._entries[x.leaf_index].digest, x.header_digest, x.at)
            for x in sorted(rows, key=lambda row: row.sequence)
        ]

    def mailbox_heads(self, units: Collection[str]) -> dict[str, int]:
        """See `store.Store`."""
        with self._lock:
            return {unit: max((c for u, c in self._mailbox if u == unit), default=0) for unit in units}

    def delivered(self, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Delivered]:
        """See `store.Store`."""
        found: dict[tuple[str, int], Delivered] = {}
        for name in wanted:
            row = self._mailbox.get(name)
            if row is None or row.kind is not ItemKind.ENVELOPE:
                continue
            answer = self._by_leaf[row.item]
            status = self._status[name].status if name in self._status else 0
            count = sum(listing.leaf_index == row.item for listing in self._listings)
            found[name] = Delivered(
                row.unit,
                row.cursor,
                row.item,
                answer.header_digest,
                answer.sender_unit,
                answer.thread_id,
                status,
                count,
            )
        return found

    def batch(self, key: bytes) -> bytes | None:
        """See `store.Store`."""
        leaf = self._batches.get(key)
        return None if leaf is None else self._entries[leaf].data

    def due_threads(self, before: str, limit: int) -> list[str]:
        """See `store.Store`."""
        with self._lock:
            due = [row for row in self._threads.values() if row.next_deadline and row.next_deadline < before]
        return [row.thread_id for row in sorted(due, key=lambda row: (row.next_deadline, row.thread_id))[:limit]]

    def open_threads(self, after: str, limit: int) -> list[str]:
        """See `store.Store`."""
        with self._lock:
            return sorted(row.thread_id for row in self._threads.values() if not row.closed and row.thread_id > after)[
                :limit
            ]

    def count_open_threads(self, units: Collection[str]) -> int:
        """See `store.Store`."""
        with self._lock:
            return sum(row.home_unit in units and not row.closed for row in self._threads.values())

    def count_refusals(self, units: Collection[str], since: datetime) -> int:
        """See `store.Store`."""
        with self._lock:
            return sum(
                not row.accepted and row.sender_unit in units and row.at >= since for row in self._answers.values()
            )

    def count_waiting(self, unit: str) -> int:
        """See `store.Store`."""
        with self._lock:
            return sum(
                row.unit == unit and row.kind is ItemKind.ENVELOPE and name not in self._status
                for name, row in self._mailbox.items()
            )

    def mailbox(self, unit: str, after: int, limit: int) -> list[MailboxItem]:
        """See `store.Store`."""
        with self._lock:
            rows = sorted((r for (u, c), r in self._mailbox.items() if u == unit and c > after), key=lambda r: r.cursor)
            return [self._item(row) for row in rows[:limit]]

    def _item(self, row: MailboxRow) -> MailboxItem:
        if row.kind is ItemKind.EVIDENCE:
            evidence = self._evidence[row.item]
            entry = self._entries[evidence.batch_leaf].data
            return MailboxItem(row.unit, row.cursor, row.kind, entry, evidence=evidence.data)
        entry = self._entries[row.item].data
        if row.kind is ItemKind.NEGATIVE:
            return MailboxItem(row.unit, row.cursor, row.kind, entry)
        answer, body = self._by_leaf[row.item], self._bodies.get(row.item)
        return MailboxItem(
            row.unit, row.cursor, row.kind, entry, answer.header, answer.signatures, body.data if body else b""
        )

    def thread_page(self, thread_id: str, from_sequence: int, limit: int, with_bodies: bool) -> list[PageItem]:
        """See `store.Store`."""
        with self._lock:
            rows = [
                r
                for r in self._answers.values()
                if r.thread_id == thread_id and r.accepted and r.sequence >= from_sequence
            ]
        rows.sort(key=lambda row: row.sequence)
        return [
            PageItem(
                row.sequence,
                row.leaf_index,
                row.header,
                row.signatures,
                self._bodies[row.leaf_index].data if with_bodies and row.leaf_index in self._bodies else b"",
                self._entries[row.leaf_index].data,
            )
            for row in rows[:limit]
        ]

    def evidence(self, leaves: Collection[int]) -> list[tuple[int, bytes, bytes]]:
        """See `store.Store`."""
        with self._lock:
            rows = sorted(
                (r for r in self._evidence.values() if r.envelope_leaf in leaves), key=lambda r: r.evidence_id
            )
        return [(row.envelope_leaf, row.data, self._entries[row.batch_leaf].data) for row in rows]

    def negatives(self, thread_id: str) -> list[bytes]:
        """See `store.Store`."""
        return [self._entries[row.leaf_index].data for row in tuple(self._negatives) if row.thread_id == thread_id]

    def draw_checkpoint(self, leaf_index: int) -> DrawCheckpointRow | None:
        """See `store.Store`."""
        return self._draws.get(leaf_index)

    def draw_checkpoints(self, thread_id: str, leg: int, draw: int) -> list[DrawCheckpointRow]:
        """See `store.Store`."""
        with self._lock:
            found = [
                row for row in self._draws.values() if (row.thread_id, row.leg, row.draw) == (thread_id, leg, draw)
            ]
        return sorted(found)

    def newest_statement(self) -> tuple[int, bytes] | None:
        """See `store.Store`."""
        row = self.roster(0)
        return None if row is None else (row.version, row.statement_digest)

    def roster(self, version: int) -> SignedRosterRow | None:
        """See `store.Store`."""
        with self._lock:
            rows = [row for row in self._rosters.values() if version in (0, row.version)]
        return max(rows, key=lambda row: (row.version, row.published_at), default=None)

    def statements_to_log(self) -> list[SignedRosterRow]:
        """See `store.Store`."""
        with self._lock:
            rows = [row for row in self._rosters.values() if row.leaf_index < 0]
        return sorted(rows, key=lambda row: (row.version, row.published_at))

    def publish(self, row: SignedRosterRow) -> None:
        """See `store.Store`."""
        with self._lock:
            self._rosters.setdefault(row.statement_digest, row)

    def add_token(self, row: TokenRow) -> None:
        """See `store.Store`."""
        self._tokens[row.token_hash] = row

    def token(self, token_hash: bytes) -> TokenRow | None:
        """See `store.Store`."""
        return self._tokens.get(token_hash)

    def use_token(self, token_hash: bytes, *, used_for: bytes, answer: bytes) -> bool:
        """See `store.Store`."""
        with self._lock:
            row = self._tokens.get(token_hash)
            if row is None or row.used_for:
                return False
            self._tokens[token_hash] = replace(row, used_for=used_for, answer=answer)
            return True

    def material(self, unit: str, thread_id: str, material_id: str) -> MaterialRow | None:
        """See `store.Store`."""
        return self._materials.get((unit, thread_id, material_id))

    def materials(self, wanted: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], MaterialRow]:
        """See `store.Store`."""
        return {name: self._materials[name] for name in wanted if name in self._materials}

    def put_material(self, row: MaterialRow) -> None:
        """See `store.Store`."""
        with self._lock:
            self._materials[row.unit, row.thread_id, row.material_id] = row

    def uploaded_bytes(self, units: Collection[str], *, since: datetime) -> int:
        """See `store.Store`."""
        with self._lock:
            return sum(
                row.sealed_size for row in self._materials.values() if row.unit in units and row.created_at >= since
            )

    def listings(self, thread_id: str, material_id: str) -> list[tuple[str, bytes]]:
        """See `store.Store`."""
        return [
            (row.unit, self._by_leaf[row.leaf_index].header)
            for row in tuple(self._listings)
            if (row.thread_id, row.material_id) == (thread_id, material_id)
        ]

    def _may_go(self, leaf: int, at: datetime, wanted_bit: int, done_before: datetime, undone_before: datetime) -> bool:
        rows = [n for n, r in self._mailbox.items() if r.kind is ItemKind.ENVELOPE and r.item == leaf]
        states = [self._status.get(name) for name in rows]
        if all(state is not None and state.status & wanted_bit for state in states):
            return max((state.at for state in states if state is not None), default=at) < done_before
        key = self._by_leaf[leaf].key
        return max([at, *(n.at for n in self._negatives if n.envelope_key == key)]) < undone_before

    def stale_bodies(self, *, applied_before: datetime, undelivered_before: datetime, limit: int) -> list[int]:
        """See `store.Store`."""
        with self._lock:
            rows = sorted(self._bodies.values(), key=lambda row: row.leaf_index)
            return [
                r.leaf_index
                for r in rows
                if self._may_go(r.leaf_index, r.at, _APPLIED, applied_before, undelivered_before)
            ][:limit]

    def delete_bodies(self, leaves: Sequence[int]) -> None:
        """See `store.Store`."""
        with self._lock:
            for leaf in leaves:
                self._bodies.pop(leaf, None)

    def stale_materials(
        self, *, held_before: datetime, undelivered_before: datetime, orphans_before: datetime, limit: int
    ) -> list[tuple[str, str, str]]:
        """See `store.Store`."""
        with self._lock:
            found: list[tuple[str, str, str]] = []
            for name, row in sorted(self._materials.items()):
                leaves = [r.leaf_index for r in self._listings if (r.unit, r.thread_id, r.material_id) == name]
                if leaves:
                    ats = {leaf: self._by_leaf[leaf].at for leaf in leaves}
                    stale = all(
                        self._may_go(leaf, ats[leaf], _HELD, held_before, undelivered_before) for leaf in leaves
                    )
                else:
                    stale = row.created_at < orphans_before
                if stale:
                    found.append(name)
            return found[:limit]

    def delete_material(self, unit: str, thread_id: str, material_id: str) -> None:
        """See `store.Store`."""
        self._materials.pop((unit, thread_id, material_id), None)

    def heartbeat(self) -> datetime | None:
        """See `store.Store`."""
        return self._heartbeat

    def beat(self, at: datetime) -> None:
        """See `store.Store`."""
        self._heartbeat = at

    def close(self) -> None:
        """See `store.Store`."""
