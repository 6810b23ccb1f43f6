"""Threads in the writer's memory: nobody else changes them, so what was read or written once need not be read again."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from delegation.codes import Kind
from delegation.lifecycle import next_deadline
from delegation.table import State
from delegation.thread_json import thread_bytes, thread_from_bytes
from delegation.thread_state import ThreadState
from registry.records import ThreadRow

CLOSED = frozenset(
    {
        State.COMPLETED,
        State.WITHDRAWN,
        State.CANCELLED,
        State.ARCHIVED,
        State.ENDED,
        State.ANSWERED,
        State.STATED,
    }
)
RESULTS = frozenset({Kind.REPORTED, Kind.UNABLE})


@dataclass(frozen=True, slots=True)
class Kept:
    """A thread with what the store keeps beside it."""

    state: ThreadState
    opened_at: datetime
    changed_at: datetime
    reported_at: datetime | None
    last_leaf: int

    def row(self) -> ThreadRow:
        """As the store keeps it."""
        state = self.state
        deadline = next_deadline(state)
        return ThreadRow(
            thread_id=state.thread_id,
            data=thread_bytes(state),
            thread_type=int(state.thread_type),
            matter=int(state.matter),
            home_unit=state.home_unit,
            host_unit=state.host_unit,
            state=state.state.value,
            turn=state.turn,
            closed=state.state in CLOSED,
            next_deadline="" if deadline is None else deadline.isoformat(),
            earliest_due=min((clock.due.legal.isoformat() for clock in state.deadlines), default=""),
            last_leaf=self.last_leaf,
            opened_at=self.opened_at,
            changed_at=self.changed_at,
            reported_at=self.reported_at,
        )


def kept_from(row: ThreadRow) -> Kept:
    """A thread as it was stored."""
    return Kept(thread_from_bytes(row.data), row.opened_at, row.changed_at, row.reported_at, row.last_leaf)


class Memory:
    """What the writer may rely on between batches; forgotten whenever the outcome of a commit is unknown."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._threads: OrderedDict[str, Kept] = OrderedDict()
        self.heads: dict[str, int] = {}

    def get(self, thread_id: str) -> Kept | None:
        """A thread that is held."""
        found = self._threads.get(thread_id)
        if found is not None:
            self._threads.move_to_end(thread_id)
        return found

    def keep(self, threads: Iterable[Kept]) -> None:
        """Hold threads, the least used ones give way."""
        for each in threads:
            self._threads[each.state.thread_id] = each
            self._threads.move_to_end(each.state.thread_id)
        while len(self._threads) > self._most:
            self._threads.popitem(last=False)

    def forget(self) -> None:
        """Hold nothing."""
        self._threads.clear()
        self.heads.clear()
