"""The node's one writer: a thread that runs use cases one after another and commits many in one transaction.

A use case is a function of (transaction, state, time). It reads through the transaction, which overlays what was
written before it in the batch, and writes records into it; nothing reaches the store until the batch does. A use case
that is refused leaves no trace (what it wrote into the batch is taken back: the savepoint). Results go out after the
commit, so what anyone is told is on disk. When a commit fails, every use case of the batch fails with its reason and
the memory is forgotten: whether the commit happened is then read from the store.
"""

import asyncio
import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, cast

import structlog

from delegation.errors import Reason, Refusal
from node.records import Key, Record
from node.store import R, Store, Where
from node.store_memory import matches

T = TypeVar("T")
_Outcome: TypeAlias = tuple[object, Refusal | None]  # of one use case
S_contra = TypeVar("S_contra", contravariant=True)
# Enough that a commit costs each use case little, few enough that under load the other side, the registry and this node
# work at the same time: whole waves that wait for one another leave processors idle. What one caller gives stays whole.
_MAX_BATCH = 32
# So few are not left for a batch of their own, which would cost nearly as much as a full one, here and at each next
# station: one or two that were parted from their wave went round alone for ever.
_TOO_FEW = 16
_log = structlog.get_logger("node.writer")


class Remembering(Protocol):
    """Memory beside the store that must follow it."""

    def forget(self) -> None:
        """Drop everything that may differ from the store."""
        ...


class Batch:
    """What one commit will write, and what happens once it did."""

    __slots__ = ("after", "changes", "memory", "moved")

    def __init__(self) -> None:
        self.changes: dict[type[Record], dict[Key, Record | None]] = {}
        self.moved: dict[type[Record], dict[Key, Record | None]] = {}  # as `Store.commit`; no key is in both
        self.memory: dict[object, dict[object, object]] = {}  # by room
        self.after: list[Callable[[], None]] = []

    @property
    def writes(self) -> bool:
        """Whether there is anything to commit or to remember; a use case that was taken back leaves empty tables."""
        return any(self.memory.values()) or any(self.changes.values()) or any(self.moved.values())


_ABSENT: Final = object()


class Tx:
    """One use case's view of the store, and its writes.

    They go into the batch at once, each with a note of what was there before, so that nothing is looked up twice and
    nothing is carried over when the use case ends well; `undo` is the savepoint.
    """

    __slots__ = ("_changes", "_memory", "_moved", "_notes", "_store", "after", "at")

    def __init__(self, store: Store, batch: Batch, at: datetime) -> None:
        self._store = store
        self._changes = batch.changes
        self._moved = batch.moved
        self._memory = batch.memory
        self._notes: list[tuple[dict[Any, Any], object, object]] = []  # Any: either of the two dictionaries
        self.after: list[Callable[[], None]] = []  # the batch's once the use case ended well
        self.at = at

    def get(self, kind: type[R], key: Key) -> R | None:
        """The record as this transaction sees it."""
        rows = self._changes.get(kind)
        if rows is not None and key in rows:
            return cast("R | None", rows[key])
        if kind.MOVED and (moved := self._moved.get(kind)) is not None and key in moved:
            return cast("R", moved[key])
        return self._store.get(kind, key)

    def put(self, record: Record) -> None:
        """Write a whole record."""
        kind = type(record)
        rows = self._changes.get(kind)
        if rows is None:
            rows = self._changes[kind] = {}
        key = kind.key_of(record)
        self._notes.append((rows, key, rows.get(key, _ABSENT)))
        rows[key] = record
        if kind.MOVED:
            self._no_move(kind, key)

    def put_moved(self, record: Record) -> None:
        """Write a record of which only the columns `MOVED` of its kind differ from the one put, or stored, before."""
        kind = type(record)
        key = kind.key_of(record)
        rows = self._changes.get(kind)
        if rows is None or key not in rows:
            rows = self._moved.get(kind)
            if rows is None:
                rows = self._moved[kind] = {}
        self._notes.append((rows, key, rows.get(key, _ABSENT)))
        rows[key] = record

    def _no_move(self, kind: type[Record], key: Key) -> None:
        """The whole record is written, or none: what was to be written of some columns is part of it."""
        moved = self._moved.get(kind)
        if moved is not None and key in moved:
            self._notes.append((moved, key, moved.pop(key)))

    def delete(self, kind: type[Record], key: Key) -> None:
        """Delete a record; no matter whether there is one."""
        rows = self._changes.get(kind)
        if rows is None:
            rows = self._changes[kind] = {}
        self._notes.append((rows, key, rows.get(key, _ABSENT)))
        rows[key] = None
        if kind.MOVED:
            self._no_move(kind, key)

    def select(
        self,
        kind: type[R],
        where: Sequence[Where] = (),
        *,
        order: Sequence[str] = (),
        descending: bool = False,
        limit: int = 1000,
    ) -> list[R]:
        """Records that meet the conditions as this transaction sees them."""
        touched = self._touched(kind)
        found = self._store.select(
            kind, where, order=order, descending=descending, limit=limit + len(touched) if touched else limit
        )
        if not touched:
            return found
        rows = [row for row in found if kind.key_of(row) not in touched]
        rows += [cast("R", row) for row in touched.values() if row is not None and matches(row, where)]
        columns = tuple(order) or kind.KEY
        rows.sort(key=lambda row: tuple(getattr(row, column) for column in columns), reverse=descending)
        return rows[:limit]

    @property
    def store(self) -> Store:
        """The store itself, for lists that need not see this batch."""
        return self._store

    def touched(self, kind: type[R]) -> Iterator[tuple[Key, R | None]]:
        """What this batch has written of one kind so far."""
        yield from cast("dict[Key, R | None]", self._touched(kind)).items()

    def _touched(self, kind: type[Record]) -> Mapping[Key, Record | None]:
        whole, moved = self._changes.get(kind, {}), self._moved.get(kind)
        return {**whole, **moved} if moved else whole

    def remember(self, room: object, key: object, value: object) -> None:
        """Set something in memory that takes effect with the commit and is seen by later use cases of the batch."""
        values = self._memory.get(room)
        if values is None:
            values = self._memory[room] = {}
        self._notes.append((values, key, values.get(key, _ABSENT)))
        values[key] = value

    def recall(self, room: object, key: object) -> object | None:
        """What this batch has set in memory under the key; None when nothing."""
        values = self._memory.get(room)
        return values.get(key) if values is not None else None

    def undo(self) -> None:
        """Take back all that this use case wrote, as its refusal would; for one that goes on in another way."""
        for place, key, before in reversed(self._notes):
            if before is _ABSENT:
                del place[key]
            else:
                place[key] = before
        self._notes.clear()
        self.after.clear()


class Rooms(Remembering, Protocol):
    """Memory that takes what a committed batch remembered."""

    def settle(self, memory: Mapping[object, Mapping[object, object]]) -> None:
        """Take over values set by `Tx.remember`, by room and key."""
        ...


S = TypeVar("S", bound=Rooms)


@dataclass(frozen=True, slots=True)
class Staged(Generic[S, T]):
    """A use case of several steps about one thing. Those that follow one another in a batch are made step by step.

    All make their first step, then all their second: a processor that seals twenty envelopes in a row is quicker by a
    tenth than one that does everything else between two of them. So between two steps others do theirs, about other
    things: what a step reads of its own is as the step before left it. **The last step writes**; those before it write
    and remember nothing but what no use case about another thing does. A step that is refused ends its use case.
    """

    about: str
    steps: "Callable[[Tx, S, datetime], Generator[None, None, T]]"

    def __call__(self, tx: Tx, state: S, at: datetime) -> T:
        """All steps at once, as any other use case."""
        steps = self.steps(tx, state, at)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return cast("T", done.value)


@dataclass(slots=True)
class _Job(Generic[S]):
    """One caller's use cases, each of its own transaction; `alone` when it gave one and waits for its result."""

    use_cases: Sequence[Callable[[Tx, S, datetime], object]]
    future: "asyncio.Future[Any]"  # Any: a result, or the list of them
    loop: asyncio.AbstractEventLoop
    alone: bool
    outcomes: "list[_Outcome]" = field(default_factory=list)


def _next_batch(waiting: "deque[_Job[S]]") -> "list[_Job[S]]":
    """Take the next batch off what waits: in order, whole callers, and all when only a few would be left."""
    jobs: list[_Job[S]] = []
    size, left = 0, sum([len(job.use_cases) for job in waiting])
    while waiting and (size < _MAX_BATCH or left <= _TOO_FEW):
        job = waiting.popleft()
        jobs.append(job)
        size, left = size + len(job.use_cases), left - len(job.use_cases)
    return jobs


class Writer(Generic[S]):
    """Runs use cases. One thread; started and stopped once.

    `spread` is called in the callers' loop with the answers of each batch: what came up is told by the same wake-up.
    """

    def __init__(
        self, store: Store, state: S, clock: Callable[[], datetime], *, spread: Callable[[], None] | None = None
    ) -> None:
        self._spread = spread
        self._store = store
        self._state = state
        self._clock = clock
        self._queue: queue.SimpleQueue[_Job[S] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="node-writer", daemon=True)
        self._stopped = False
        self._doubtful = False  # the memory may differ from the store and could not be read again yet
        self.commits = 0
        self.use_cases = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def stop(self) -> None:
        """Finish what is queued, then end the thread; later use cases are refused (STOPPING)."""
        if not self._stopped:
            self._stopped = True
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join, 10.0)

    async def run(self, use_case: "Callable[[Tx, S, datetime], T]") -> T:
        """Run a use case and wait until its effects are on disk. Raises its Refusal, or the commit's."""
        return cast("T", await self._given((use_case,), alone=True))

    async def run_each(self, use_cases: "Sequence[Callable[[Tx, S, datetime], T]]") -> "list[T | Refusal]":
        """Run use cases in this order, each as by `run`, and wait until all are on disk; a refusal is its outcome.

        What would be as many calls from as many tasks is one: the thread is woken once, and one caller is answered.
        """
        return cast("list[T | Refusal]", await self._given(use_cases, alone=False)) if use_cases else []

    async def _given(self, use_cases: Sequence[Callable[[Tx, S, datetime], object]], *, alone: bool) -> object:
        if self._stopped:
            raise Refusal(Reason.STOPPING)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._queue.put(_Job(use_cases, future, loop, alone))
        return await future

    def _work(self) -> None:
        waiting: deque[_Job[S]] = deque()
        going = True
        while going or waiting:
            going = going and self._take_over(waiting)
            if waiting:
                self._guarded(_next_batch(waiting))

    def _take_over(self, waiting: deque[_Job[S]]) -> bool:
        """Add what is queued, after a wait when nothing waits already; False once the end was told."""
        try:
            job = self._queue.get(block=not waiting)
            while job is not None:
                waiting.append(job)
                job = self._queue.get_nowait()
        except queue.Empty:
            return True
        return False

    def _guarded(self, jobs: list[_Job[S]]) -> None:
        """Run a batch; whatever goes wrong, every caller is answered and the thread lives on."""
        if self._doubtful:
            self._forget()
        if self._doubtful:
            _fail(jobs, Reason.STORAGE_UNAVAILABLE)
            self._answer(jobs)
            return
        try:
            self._batch(jobs)
        except Exception as error:  # noqa: BLE001 - a writer that ended would let every later caller wait for ever
            _log.error("batch failed", error=type(error).__name__, where=place_of_error(error))
            self._forget()
            _fail(jobs, Reason.INTERNAL)
        self.use_cases += sum(len(job.use_cases) for job in jobs)
        self._answer(jobs)

    def _forget(self) -> None:
        """Drop the memory and read it again; a store that cannot be read now is asked again before the next batch."""
        try:
            self._state.forget()
        except Exception as error:  # noqa: BLE001 - the store that just failed may fail again; see _guarded
            self._doubtful = True
            _log.error("memory not read again", error=type(error).__name__, where=place_of_error(error))
        else:
            self._doubtful = False

    def _use(self, use_case: Callable[[Tx, S, datetime], object], batch: Batch) -> "_Outcome":
        at = self._clock()
        tx = Tx(self._store, batch, at)
        try:
            result = use_case(tx, self._state, at)
        except Exception as error:  # noqa: BLE001 - one broken use case must not end the writer; it is shown and logged
            return _refused(tx, error)
        batch.after += tx.after
        return result, None

    def _use_all(self, use_cases: "Sequence[Callable[[Tx, S, datetime], object]]", batch: Batch) -> "list[_Outcome]":
        """Run them in their order; staged ones that follow one another, each about something else, step by step."""
        found: list[_Outcome] = []
        together: dict[str, tuple[int, Staged[S, object]]] = {}  # by what they are about: where the outcome belongs
        for use_case in use_cases:
            staged = use_case if type(use_case) is Staged else None
            if together and (staged is None or staged.about in together):
                self._use_together(list(together.values()), batch, found)
                together.clear()
            if staged is None:
                found.append(self._use(use_case, batch))
            else:
                together[staged.about] = len(found), staged
                found.append((None, None))
        if together:
            self._use_together(list(together.values()), batch, found)
        return found

    def _use_together(
        self, staged: "Sequence[tuple[int, Staged[S, object]]]", batch: Batch, found: "list[_Outcome]"
    ) -> None:
        going: list[tuple[int, Tx, Generator[None, None, object]]] = []
        for place, use_case in staged:
            at = self._clock()
            tx = Tx(self._store, batch, at)
            going.append((place, tx, use_case.steps(tx, self._state, at)))
        while going:
            still: list[tuple[int, Tx, Generator[None, None, object]]] = []
            for each in going:
                place, tx, steps = each
                try:
                    next(steps)
                except StopIteration as done:
                    batch.after += tx.after
                    found[place] = done.value, None
                except Exception as error:  # noqa: BLE001 - as in _use
                    found[place] = _refused(tx, error)
                else:
                    still.append(each)
            going = still

    def _batch(self, jobs: list[_Job[S]]) -> None:
        batch = Batch()
        outcomes = iter(self._use_all([use_case for job in jobs for use_case in job.use_cases], batch))
        for job in jobs:
            job.outcomes = list(islice(outcomes, len(job.use_cases)))
        failed: Refusal | None = None
        if batch.writes:
            try:
                self._store.commit(batch.changes, batch.moved)
                self.commits += 1
            except Refusal as refusal:
                failed = refusal
            except Exception as error:  # noqa: BLE001 - whatever a driver throws, nothing of the batch is answered as done
                _log.error("commit failed", error=type(error).__name__)
                failed = Refusal(Reason.STORAGE_UNAVAILABLE)
        if failed is None:
            self._settle(batch)
        else:
            self._forget()
            for job in jobs:
                job.outcomes = [(None, refused or failed) for _, refused in job.outcomes]

    def _settle(self, batch: Batch) -> None:
        """What is on disk takes effect in memory; a failure here takes nothing back from what callers are told."""
        try:
            self._state.settle(batch.memory)
        except Exception as error:  # noqa: BLE001 - committed all the same: the memory is read again
            _log.error("memory not settled", error=type(error).__name__, where=place_of_error(error))
            self._forget()
        for action in batch.after:
            try:
                action()
            except Exception as error:  # noqa: BLE001 - a hint that was not given must not cost the others theirs
                _log.error("signal failed", error=type(error).__name__, where=place_of_error(error))

    def _answer(self, jobs: list[_Job[S]]) -> None:
        """Wake each loop that waits, once: for its callers and for all that came up."""
        by_loop: dict[asyncio.AbstractEventLoop, list[_Job[S]]] = {}
        for job in jobs:
            by_loop.setdefault(job.loop, []).append(job)
        for loop, done in by_loop.items():
            with contextlib.suppress(RuntimeError):  # closed: its callers are gone
                loop.call_soon_threadsafe(self._resolve, done)

    def _resolve(self, done: list[_Job[S]]) -> None:
        """In the loop: give each caller its outcome, then tell what came up."""
        for job in done:
            if job.future.done():  # the caller went away; what was written stays written
                continue
            if not job.alone:
                job.future.set_result([result if refusal is None else refusal for result, refusal in job.outcomes])
                continue
            [(result, refusal)] = job.outcomes
            if refusal is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(refusal)
        if self._spread is not None:
            self._spread()


def _refused(tx: Tx, error: Exception) -> _Outcome:
    """Take back what a use case wrote that did not end well."""
    if not isinstance(error, Refusal):
        _log.error("use case failed", error=type(error).__name__, where=place_of_error(error))
        error = Refusal(Reason.INTERNAL)
    tx.undo()
    return None, error


def _fail(jobs: "list[_Job[S]]", reason: Reason) -> None:
    for job in jobs:
        job.outcomes = [(None, Refusal(reason)) for _ in job.use_cases]


def place_of_error(error: BaseException) -> str:
    """File and line of the innermost frame: enough to find a bug, without values."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
