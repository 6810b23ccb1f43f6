"""What the writer keeps in memory beside the store: keys, rosters, threads in use, what is queued to be sent.

Everything here can be read from the store again, except the rosters' parsed form. Only the writer's thread changes it,
and only when a batch has been committed (`settle`); after a failed commit it is dropped (`forget`).
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, cast

from certs.envelope import SealedEnvelope
from certs.trust import Trust
from delegation.codes import Kind
from delegation.lifecycle import CaseFacts
from delegation.model import Entry, EnvelopeRef, Header
from delegation.roster_view import RosterView
from delegation.table import Row
from delegation.table_states import APPRAISAL_REMARKS, MOVES
from delegation.thread_state import ThreadState
from delegation.values import replaced
from node.at_rest import Vault
from node.keyring import Keyring
from node.looks import LookRoom
from node.pool.cache import PoolCache
from node.queued import Queued, queued_of
from node.records import AckRecord, AlarmRecord, CursorRecord, OutboxRecord, ThreadRecord, WaitingRecord
from node.records_province import CourseRecord
from node.roster_cache import RosterCache
from node.settings import NodeSettings
from node.store import Store, Where
from node.task_counts import TaskCounts
from node.writer import Tx

_PARSED_IN_MEMORY = 500
_MOST_AUDITED = 1000
GAP = "gap"  # cause of a WaitingRecord: an earlier entry of the thread is not here


_GAPS = Where("cause", GAP)


def goes_on(cause: str) -> bool:
    """Whether what waits for this cause is tried again by itself: not what was parked, nor what waits for a reseal."""
    return cause in (GAP, "envelope") or cause.startswith("roster:")


def is_move(kind: Kind) -> bool:
    """Whether the kind changes a thread's state, and so counts as a predecessor."""
    return kind in MOVES or (kind >= Kind.NOTICE_SENT and kind not in APPRAISAL_REMARKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An own envelope that was sealed and has no final answer."""

    number: int
    header: Header
    moving: bool
    judged: "Judged | None" = None  # not after a restart


@dataclass(frozen=True, slots=True)
class Judged:
    """On what an own draft was judged when it was made, and by which row it passed."""

    thread: ThreadState
    roster: RosterView
    on: date
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One thread: its record, the rule book's state (None before the first entry), and what is queued of our own."""

    record: ThreadRecord
    thread: ThreadState | None
    own_last: Mapping[str, EnvelopeRef] = field(default_factory=dict)
    pending: tuple[Pending, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)  # our units that may see it, each with its role
    noted: ThreadState | None = None  # the state that the record tells of in its columns
    written: ThreadState | None = None  # the state that its bytes are of: this one, or one before neutral entries
    stored: ThreadRecord | None = None  # the record as it was put last

    @property
    def thread_id(self) -> str:
        """Thread."""
        return self.record.thread_id

    def with_thread(self, thread: ThreadState, **changes: object) -> "Held":
        """With a new state; `changes` are columns of the record."""
        return replaced(self, thread=thread, record=replaced(self.record, **changes))


class Room(Protocol):
    """One part of the memory."""

    def settle(self, values: Mapping[object, object]) -> None:
        """Take over what a committed batch set, by key."""
        ...

    def forget(self) -> None:
        """Drop everything."""
        ...


class ThreadRoom:
    """Threads in use, the longest unused dropped first."""

    def __init__(self, most: int) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._most = most

    def get(self, thread_id: str) -> Held | None:
        """A thread in memory."""
        found = self._held.get(thread_id)
        if found is not None:
            self._held.move_to_end(thread_id)
        return found

    def settle(self, values: Mapping[object, object]) -> None:
        """See Room."""
        for thread_id, held in cast("Mapping[str, Held]", values).items():
            self._held[thread_id] = held
            self._held.move_to_end(thread_id)
        while len(self._held) > self._most:
            self._held.popitem(last=False)

    def forget(self) -> None:
        """See Room."""
        self._held.clear()


class OutboxRoom:
    """Queued envelopes by number, and the bytes of the latest ones."""

    def __init__(self) -> None:
        self.queued: dict[int, Queued] = {}
        self._bytes: OrderedDict[int, tuple[SealedEnvelope, OutboxRecord]] = OrderedDict()

    def bytes_of(self, number: int) -> SealedEnvelope | None:
        """The envelope as sealed, when it is still in memory."""
        found = self._bytes.get(number)
        return found[0] if found is not None else None

    def row_of(self, number: int) -> OutboxRecord | None:
        """Its row as queued, when it is still in memory and nothing was noted on it since."""
        found = self._bytes.get(number)
        return found[1] if found is not None else None

    def drop_row(self, number: int) -> None:
        """Something was noted on the row: read it from the store again."""
        self._bytes.pop(number, None)

    def settle(self, values: Mapping[object, object]) -> None:
        """See Room. A value of False takes the number out."""
        for number, value in cast("Mapping[int, object]", values).items():
            if isinstance(value, tuple):
                queued, sealed, record = cast("tuple[Queued, SealedEnvelope, OutboxRecord]", value)
                self.queued[number] = queued
                self._bytes[number] = (sealed, record)
            else:
                self.queued.pop(number, None)
                self._bytes.pop(number, None)
        while len(self._bytes) > _PARSED_IN_MEMORY:
            self._bytes.popitem(last=False)

    def forget(self) -> None:
        """See Room; `State.load` reads the queue again."""
        self.queued.clear()
        self._bytes.clear()


class WaitRoom:
    """Threads that have something waiting for what comes before it: since when, in microseconds."""

    def __init__(self) -> None:
        self.threads: dict[str, int] = {}

    def settle(self, values: Mapping[object, object]) -> None:
        """See Room. A value of 0 takes the thread out."""
        for thread_id, since in cast("Mapping[str, int]", values).items():
            if since:
                self.threads.setdefault(thread_id, since)
            else:
                self.threads.pop(thread_id, None)

    def forget(self) -> None:
        """See Room."""
        self.threads.clear()


class FactsRoom:
    """What guards need of earlier bodies, by thread."""

    def __init__(self, most: int) -> None:
        self._held: OrderedDict[str, CaseFacts] = OrderedDict()
        self._most = most

    def get(self, thread_id: str) -> CaseFacts | None:
        """Facts in memory."""
        return self._held.get(thread_id)

    def settle(self, values: Mapping[object, object]) -> None:
        """See Room. A value of False forgets the thread's facts."""
        for thread_id, value in cast("Mapping[str, object]", values).items():
            if isinstance(value, CaseFacts):
                self._held[thread_id] = value
            else:
                self._held.pop(thread_id, None)
        while len(self._held) > self._most:
            self._held.popitem(last=False)

    def forget(self) -> None:
        """See Room."""
        self._held.clear()


class CursorRoom:
    """The last processed delivery of each of our mailboxes."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}

    def settle(self, values: Mapping[object, object]) -> None:
        """See Room."""
        self.last.update(cast("Mapping[str, int]", values))

    def forget(self) -> None:
        """See Room."""
        self.last.clear()


class AckRoom:
    """Acknowledgements that wait for the registry's answer, by number, and what each is about."""

    def __init__(self) -> None:
        self.waiting: dict[int, AckRecord] = {}
        self.about: set[tuple[str, int, str]] = set()  # unit, cursor, status
        self.open = 0  # number of the batch that is being gathered
        self.gathered = 0  # at most so many are in it

    def settle(self, values: Mapping[object, object]) -> None:
        """See Room. A value of False takes it out. Keys that are no numbers tell later use cases of a batch alone."""
        for key, value in values.items():
            if not isinstance(key, int):
                continue
            if isinstance(value, AckRecord):
                self.waiting[key] = value
                self.about.add((value.unit, value.cursor, value.status))
            elif (record := self.waiting.pop(key, None)) is not None:
                self.about.discard((record.unit, record.cursor, record.status))

    def forget(self) -> None:
        """See Room."""
        self.waiting.clear()
        self.about.clear()


class KnownRoom:
    """Which envelopes of a thread were accepted or refused: (thread, sender, id) to (status, header digest)."""

    def __init__(self, most: int) -> None:
        self._threads: OrderedDict[str, dict[tuple[str, str], tuple[str, bytes]]] = OrderedDict()
        self._most = most

    def thread(self, thread_id: str) -> dict[tuple[str, str], tuple[str, bytes]] | None:
        """All that is known of a thread, None when it is not in memory."""
        return self._threads.get(thread_id)

    def load(self, thread_id: str, known: dict[tuple[str, str], tuple[str, bytes]]) -> None:
        """Keep what the store said."""
        self._threads[thread_id] = known
        while len(self._threads) > self._most:
            self._threads.popitem(last=False)

    def settle(self, values: Mapping[object, object]) -> None:
        """See Room."""
        for key, value in values.items():
            thread_id, sender, envelope_id = cast("tuple[str, str, str]", key)
            known = self._threads.get(thread_id)
            if known is not None:
                known[sender, envelope_id] = cast("tuple[str, bytes]", value)

    def forget(self) -> None:
        """See Room."""
        self._threads.clear()


class RosterRoom:
    """Lets a verified roster take effect with the commit that keeps it."""

    def __init__(self, rosters: RosterCache) -> None:
        self._rosters = rosters

    def settle(self, values: Mapping[object, object]) -> None:
        """See Room. A value is the Trust of its version."""
        for trust in cast("Mapping[int, Trust]", values).values():
            self._rosters.keep(trust)

    def forget(self) -> None:
        """Verified rosters stay: they are signed, not ours to doubt."""


class State:
    """All of it. `signal` is called from any thread with the name of what came up: outbox, acks, rosters, … (Hints)"""

    def __init__(
        self,
        *,
        settings: NodeSettings,
        store: Store,
        vault: Vault,
        keyring: Keyring,
        rosters: RosterCache,
        signal: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self.store = store
        self.vault = vault
        self.keyring = keyring
        self.rosters = rosters
        self.roster_room = RosterRoom(rosters)
        self.threads = ThreadRoom(settings.threads_in_memory)
        self.known = KnownRoom(settings.threads_in_memory)
        self.outbox = OutboxRoom()
        self.acks = AckRoom()
        self.waits = WaitRoom()
        self.cursors = CursorRoom()
        self.facts = FactsRoom(settings.threads_in_memory)
        self.looks = LookRoom()
        self.task_counts = TaskCounts()
        self.pools = PoolCache()
        # entries that are to be looked for in the log: leaf index, entry digest, thread
        self.audit: deque[tuple[int, bytes, str]] = deque(maxlen=_MOST_AUDITED)
        self.verified_batches: OrderedDict[bytes, Entry] = OrderedDict()  # bytes of entries whose batch verified
        self.signal = signal
        self.units = frozenset(settings.units) or keyring.units
        self._numbers: dict[str, int] = {}
        self._rooms: tuple[Room, ...] = (
            self.vault,
            self.threads,
            self.known,
            self.outbox,
            self.acks,
            self.waits,
            self.cursors,
            self.facts,
            self.looks,
            self.task_counts,
        )

    def look_for(self, leaf_index: int, digest: bytes, thread_id: str) -> None:
        """Have an entry of the log looked for there; the many deliveries of one batch need one proof."""
        audit = self.audit
        if not audit or audit[-1][0] != leaf_index:
            audit.append((leaf_index, digest, thread_id))

    def number(self, what: str) -> int:
        """The next number of outbox, acks, alarms, changes or courses: unique and growing, with gaps."""
        self._numbers[what] = self._numbers.get(what, 0) + 1
        return self._numbers[what]

    def open_batch(self) -> None:
        """Gather acknowledgements into another batch from now on: the one before it may be on its way."""
        self.acks.open, self.acks.gathered = self.number("batches"), 0

    def load(self) -> None:
        """Read numbers, queued envelopes and waiting acknowledgements from the store."""
        for what, kind, column in (
            ("outbox", OutboxRecord, "number"),
            ("acks", AckRecord, "number"),
            ("batches", AckRecord, "batch"),
            ("alarms", AlarmRecord, "alarm_id"),
            ("changes", ThreadRecord, "change_number"),
            ("courses", CourseRecord, "change"),
        ):
            self._numbers[what] = max(self._numbers.get(what, 0), self.store.maximum(kind, column))
        self.open_batch()  # what was gathered before is sent as it is
        self.cursors.last = {item.unit: item.cursor for item in self.store.select(CursorRecord, limit=10_000)}
        self.acks.settle({record.number: record for record in self.store.select(AckRecord, limit=1_000_000)})
        for thread_id, since, cause in self.store.select_columns(WaitingRecord, ("thread_id", "since", "cause")):
            if goes_on(str(cause)):
                self.waits.threads.setdefault(str(thread_id), int(since or 0))
        rows = self.store.select(OutboxRecord, (Where("state", "queued"),), order=("number",), limit=1_000_000)
        ids = sorted({record.thread_id for record in rows})
        found = self.store.select_in(ThreadRecord, ("thread_id", "priority"), "thread_id", ids)
        priorities = {str(thread_id): int(priority or 0) for thread_id, priority in found}
        for record in rows:
            self.outbox.queued[record.number] = queued_of(record, priorities.get(record.thread_id, 0))

    def settle(self, memory: Mapping[object, Mapping[object, object]]) -> None:
        """See writer.Rooms."""
        for room, values in memory.items():
            cast("Room", room).settle(values)

    def forget(self) -> None:
        """See writer.Rooms. Reads the queue again at once."""
        for room in self._rooms:
            room.forget()
        self.load()


def thread_in(tx: Tx, state: State, thread_id: str) -> Held | None:
    """A thread as this transaction sees it, when it is in memory."""
    found = tx.recall(state.threads, thread_id)
    return cast("Held", found) if found is not None else state.threads.get(thread_id)
