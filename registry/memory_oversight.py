"""The memory store's half that overseers ask, and the values that both halves share."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

from delegation.merkle import Frontier
from registry.memory_sights import MemorySights, passes
from registry.records import (
    AcknowledgedRow,
    AnswerRow,
    EntryRow,
    FlowRow,
    Head,
    ItemKind,
    LateSight,
    MailboxRow,
    MailWaiting,
    NegativeRow,
    SeenThread,
    ThreadFilter,
    ThreadRow,
    WatchedRow,
)

_PARKED = 1


class MemoryOversight:
    """See `store.Store`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._head = Head(0, Frontier(), datetime.fromtimestamp(0, UTC))
        self._entries: dict[int, EntryRow] = {}
        self._by_leaf: dict[int, AnswerRow] = {}
        self._threads: dict[str, ThreadRow] = {}
        self._mailbox: dict[tuple[str, int], MailboxRow] = {}
        self._status: dict[tuple[str, int], AcknowledgedRow] = {}
        self._negatives: list[NegativeRow] = []
        self._certified: dict[int, str] = {}
        self._sights = MemorySights()

    def list_threads(self, wanted: ThreadFilter) -> list[SeenThread]:
        """See `store.Store`."""
        with self._lock:
            seen = [self._sights.thread(row, wanted.regions) for row in self._threads.values()]
        found = [each for each in seen if each is not None and passes(each.row, wanted)]
        by_leaf = wanted.from_leaf >= 0
        found.sort(key=lambda each: (each.row.last_leaf if by_leaf else 0, each.row.thread_id))
        return found[: wanted.limit]

    def seen_thread(self, thread_id: str, regions: tuple[str, ...]) -> SeenThread | None:
        """See `store.Store`."""
        with self._lock:
            row = self._threads.get(thread_id)
            return None if row is None else self._sights.thread(row, regions)

    def flows(self, wanted: ThreadFilter, *, start: datetime, end: datetime) -> list[FlowRow]:
        """See `store.Store`."""
        rows = (each.row for each in self.list_threads(replace(wanted, limit=len(self._threads))))
        return [
            FlowRow(row.home_unit[:6], row.host_unit[:6], row.opened_at, row.reported_at)
            for row in rows
            if row.thread_type == 1 and start <= row.opened_at < end
        ]

    def watched(self, regions: tuple[str, ...], *, start: int, end: int, limit: int) -> list[WatchedRow]:
        """See `store.Store`."""
        with self._lock:
            rows = [
                row
                for leaf in range(start, min(end, self._head.size))
                if (row := self._watched_row(leaf)) is not None and self._sights.sees(regions, row.thread_id, leaf)
            ]
        return rows[:limit]

    def past_of(self, thread_id: str, *, after: int, before: int, limit: int) -> list[WatchedRow]:
        """See `store.Store`."""
        with self._lock:
            leaves = (leaf for leaf, row in self._by_leaf.items() if row.thread_id == thread_id)
            others = (row.leaf_index for row in self._negatives if row.thread_id == thread_id)
            found = sorted(leaf for leaf in (*leaves, *others) if after < leaf < before)
            return [row for leaf in found if (row := self._watched_row(leaf)) is not None][:limit]

    def late_sights(self, regions: tuple[str, ...], *, start: int, end: int) -> list[LateSight]:
        """See `store.Store`."""
        with self._lock:
            return self._sights.late(regions, start=start, end=end)

    def _watched_row(self, leaf: int) -> WatchedRow | None:
        answer = self._by_leaf.get(leaf)
        if answer is not None:
            if not answer.accepted:
                return None
            return WatchedRow(leaf, answer.thread_id, answer.header, answer.signatures, self._entries[leaf].data)
        thread_id = self._certified.get(leaf)
        return None if thread_id is None else WatchedRow(leaf, thread_id, b"", b"", self._entries[leaf].data)

    def mail_waiting(self) -> list[MailWaiting]:
        """See `store.Store`."""
        with self._lock:
            waiting: dict[str, list[datetime]] = {}
            parked: dict[str, int] = {}
            for name, row in self._mailbox.items():
                if row.kind is not ItemKind.ENVELOPE:
                    continue
                said = self._status.get(name)
                if said is None:
                    waiting.setdefault(row.unit, []).append(self._by_leaf[row.item].at)
                elif said.status == _PARKED:
                    parked[row.unit] = parked.get(row.unit, 0) + 1
        return [
            MailWaiting(unit, len(ats := waiting.get(unit, [])), min(ats, default=None), parked.get(unit, 0))
            for unit in sorted(waiting.keys() | parked.keys())
        ]
