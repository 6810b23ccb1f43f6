"""Threads in the writer's memory: nobody else changes them, so what was read or written once need not be read again."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from typing import Final, Generic, NamedTuple, TypeVar

from delegation.codes import Kind
from delegation.effects import Later, caught_up
from delegation.lifecycle import next_deadline
from delegation.table import State
from delegation.thread_json import merely_entered, thread_bytes, thread_from_bytes
from delegation.thread_state import ThreadState
from registry.records import Answer, Delivered, ThreadNews, ThreadRow
from registry.store import Store

CLOSED = frozenset(
    {
        State.COMPLETED,
        State.WITHDRAWN,
        State.CANCELLED,
        State.TERMINATED,
        State.ARCHIVED,
        State.ENDED,
        State.ANSWERED,
        State.STATED,
    }
)
RESULTS = frozenset({Kind.REPORTED, Kind.UNABLE, Kind.APPRAISAL_REPORTED})
_MOST_BEHIND: Final = 64  # neutral entries that the stored state may lack: made up for when the thread is read
_MOST_ANSWERS: Final = 8192  # half a KiB each: what is answered next, or sent again, is seldom older
_MOST_DELIVERED: Final = 16384  # of some 450 nodes, each with at most 512 that it did not acknowledge

_iso = lru_cache(maxsize=4096)(date.isoformat)  # a few hundred days are ahead at any time


class Kept(NamedTuple):
    """A thread with what the store keeps beside it.

    `written` is the state that the stored bytes are of, this one or one before neutral entries; the batch sets it.
    """

    state: ThreadState
    opened_at: datetime
    changed_at: datetime
    reported_at: datetime | None
    last_leaf: int
    written: ThreadState | None = None

    def with_written(self, written: ThreadState) -> "Kept":
        """The same with the state that its stored bytes are of."""
        return Kept(self.state, self.opened_at, self.changed_at, self.reported_at, self.last_leaf, written)

    def row(self) -> ThreadRow:
        """As the store keeps it."""
        state = self.state
        deadline, earliest = next_deadline(state), None
        for clock in state.open_clocks:
            if clock.paused_on is None and (earliest is None or clock.due.legal < earliest):
                earliest = clock.due.legal
        return ThreadRow(
            state.thread_id,
            thread_bytes(state),
            int(state.thread_type),
            int(state.matter),
            state.home_unit,
            state.host_unit,
            state.state.value,
            state.turn,
            state.state in CLOSED,
            state.on_paper,
            "" if deadline is None else _iso(deadline),
            "" if earliest is None else _iso(earliest),
            self.last_leaf,
            self.opened_at,
            self.changed_at,
            self.reported_at,
        )

    def news_after(self, stored: "Kept") -> ThreadNews | None:
        """What is new since it was stored, when the columns of `row` but these are the same; most events are neutral.

        Compared by identity: a part that an event leaves alone is the very same value. The state's own bytes are not
        written again for neutral entries, whose rows have all that they leave in it, until there are too many of them.
        """
        now, before = self.state, stored.state
        if (
            now.open_clocks is before.open_clocks
            and now.state is before.state
            and now.turn is before.turn
            and now.letter is before.letter
            and now.host_unit is before.host_unit
            and now.home_unit is before.home_unit
            and now.matter is before.matter
            and now.thread_type is before.thread_type
            and self.reported_at is stored.reported_at
            and self.opened_at is stored.opened_at
        ):
            data = None if _follows(stored.written, now) else thread_bytes(now)
            return ThreadNews(now.thread_id, data, self.last_leaf, self.changed_at)
        return None


def _follows(written: ThreadState | None, now: ThreadState) -> bool:
    """Whether the stored bytes and the rows of the entries since tell of the thread as it is now."""
    return written is not None and now.sequence - written.sequence <= _MOST_BEHIND and merely_entered(written, now)


def read_threads(store: Store, thread_ids: Collection[str]) -> dict[str, Kept]:
    """Threads by id as they stand in the store: the state as it was written, and the neutral entries since."""
    found: dict[str, Kept] = {}
    for name, row in store.threads(thread_ids).items():
        written = thread_from_bytes(row.data)
        found[name] = kept_from(row, written, store.entered_since(name, written.sequence, row.last_leaf))
    return found


def kept_from(row: ThreadRow, written: ThreadState, later: Sequence[Later]) -> Kept:
    """A thread of this row, whose bytes are of `written`, and of its entries since."""
    state = caught_up(written, later)
    return Kept(state, row.opened_at, row.changed_at, row.reported_at, row.last_leaf, written)


K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """What was written last, the oldest of it gives way."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[K, V] = {}

    def find(self, names: Iterable[K]) -> dict[K, V]:
        """Those of the names that are held."""
        return {name: found for name in names if (found := self._held.get(name)) is not None}

    def put(self, values: Mapping[K, V]) -> None:
        """Hold values, new or in the place of earlier ones."""
        self._held |= values
        for name in list(islice(self._held, max(0, len(self._held) - self._most))):
            del self._held[name]

    def clear(self) -> None:
        """Hold nothing."""
        self._held.clear()


class Memory:
    """What the writer may rely on between batches; forgotten whenever the outcome of a commit is unknown."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._threads: OrderedDict[str, Kept] = OrderedDict()
        self.heads: dict[str, int] = {}
        self.answers = Recent[str, Answer](_MOST_ANSWERS)
        self.delivered = Recent[tuple[str, int], Delivered](_MOST_DELIVERED)

    def get(self, thread_id: str) -> Kept | None:
        """A thread that is held."""
        return self._threads.get(thread_id)

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
        self.answers.clear()
        self.delivered.clear()
