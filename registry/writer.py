"""The single writer: what waits is judged in order in one thread, committed once, and only then answered.

The checkpoint is signed for the committed head before a result goes out. After a commit of unknown outcome the memory
is forgotten and the head read again; a retry then finds its stored answer, or is judged anew.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.notes import Checkpoint, sign_checkpoint
from certs.trust import Trust
from delegation.errors import Reason, Refusal
from delegation.merkle import Node
from registry.batch import Batch, Needs
from registry.database import Database
from registry.jobs import Job
from registry.logs import Log
from registry.metrics import Metrics
from registry.nodes import Nodes
from registry.queue import FairQueue, Outcomes, Waiting
from registry.quotas import Counts
from registry.records import Head, MailboxItem
from registry.roster import RosterBook
from registry.settings import RegistrySettings
from registry.store import HeadMoved, Store, StoreRejected, StoreUnavailable
from registry.threads import Memory

T = TypeVar("T")
_BATCH_BYTES = 4 * 1024 * 1024
_MOST_WAITING = 8192
_LOAD = 8  # jobs of one batch that tell of more to come
_PATIENCE = 0.02  # seconds; nobody's move waits for an acknowledgement
_PAUSE_AFTER_FAILURE = 0.2  # seconds: a full disk is not hammered


@dataclass(slots=True)
class _Done:
    """The outcomes of a batch in the order of its jobs, and what is new in mailboxes, by unit."""

    outcomes: list[object]
    mail: Mapping[str, Sequence[MailboxItem]] = field(default_factory=dict)
    size: int = 0
    nodes: Sequence[Node] = ()


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """What checkpoints are signed with, and as."""

    origin: str
    key: Ed25519PrivateKey = field(repr=False)


class Writer:
    """Runs jobs. `start` first; `on_delivery` is told what came into mailboxes, `on_growth` that the log grew."""

    def __init__(
        self,
        database: Database,
        book: RosterBook,
        settings: RegistrySettings,
        *,
        identity: LogIdentity,
        clock: Callable[[], datetime],
        metrics: Metrics,
        log: Log,
        on_delivery: Callable[[Mapping[str, Sequence[MailboxItem]]], None],
        on_growth: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._store: Store = database.store
        self._book = book
        self._settings = settings
        self._identity = identity
        self._clock = clock
        self._metrics = metrics
        self._log = log
        self._on_delivery = on_delivery
        self._on_growth = on_growth
        self._queue = FairQueue(most_of_one=settings.quotas.envelopes_waiting, most=_MOST_WAITING)
        self._memory = Memory(settings.threads_in_memory)
        self._counts = Counts(settings.quotas, self._store)
        self._head: Head | None = None
        self._epoch = 0
        self._signed = (-1, b"")  # size and checkpoint, put down together
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.nodes = Nodes()
        self.fenced = False
        self.failing = False

    @property
    def checkpoint(self) -> bytes:
        """The newest signed checkpoint; its size is committed."""
        return self._signed[1]

    @property
    def signed(self) -> tuple[int, bytes]:
        """The size of the newest signed checkpoint, and the checkpoint."""
        return self._signed

    @property
    def waiting(self) -> int:
        """How much waits."""
        return self._queue.total

    async def start(self) -> None:
        """Claim the log, sign its head, and begin. Raises Refusal STORAGE_UNAVAILABLE when it cannot be claimed."""
        await self._database.write(self._claim)
        self._task = asyncio.create_task(self._run(), name="registry-writer")

    async def stop(self) -> None:
        """Finish the batch that runs; what waits is told STOPPING."""
        self._closing = True
        for each in self._queue.drain():
            each.outcomes.put(each.place, Refusal(Reason.STOPPING))
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def enqueue(
        self, bureau: str, jobs: Sequence[Job[T]], *, patient: bool = False
    ) -> "asyncio.Future[list[T | Refusal]]":
        """Let jobs of one bureau wait, in order, all or none; their outcomes come together, in order.

        Under load `patient` jobs wait a moment for others: a transaction costs as much as many jobs.

        Raises Refusal when there are too many, or STOPPING.
        """
        if self._closing:
            raise Refusal(Reason.STOPPING)
        if self.fenced:
            raise Refusal(Reason.STORAGE_UNAVAILABLE)
        outcomes = Outcomes(len(jobs), asyncio.get_running_loop().create_future())
        self._queue.put(bureau, [Waiting(job, outcomes, place) for place, job in enumerate(jobs)], patient=patient)
        return outcomes.all

    async def do(self, job: Job[T], *, bureau: str = "", patient: bool = False) -> T:
        """Run one job and wait for what it gives. Raises Refusal."""
        (outcome,) = await self.enqueue(bureau, [job], patient=patient)
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    async def _run(self) -> None:
        while True:
            batch = await self._queue.take(weight=self._settings.batch_envelopes, size=_BATCH_BYTES)
            if not batch:
                continue
            self._queue.patience = _PATIENCE if len(batch) >= _LOAD else 0.0
            work = self._database.begin(partial(self._work, batch))
            try:
                done = await asyncio.shield(work)
            except asyncio.CancelledError:  # stopping: what was begun is finished and answered
                self._answer(batch, await work)
                raise
            self._answer(batch, done)
            if self.failing:
                await asyncio.sleep(_PAUSE_AFTER_FAILURE)

    def _answer(self, batch: Sequence[Waiting], done: _Done) -> None:
        if done.nodes:
            self.nodes.put(done.nodes)
            self._on_growth()
        if done.mail:
            self._on_delivery(done.mail)
        for each, outcome in zip(batch, done.outcomes, strict=True):
            each.outcomes.put(each.place, outcome)

    # in the writing thread

    def _claim(self) -> None:
        self._head = self._store.claim(self._settings.epoch)
        self._epoch = self._head.epoch
        self._sign(self._head)

    def _sign(self, head: Head) -> None:
        """Sign the committed head, once for each size."""
        if head.size == self._signed[0]:
            return
        checkpoint = Checkpoint(self._identity.origin, head.size, head.frontier.root())
        self._signed = (head.size, sign_checkpoint(checkpoint, self._identity.origin, self._identity.key))

    def sign_again(self, size: int, root: bytes) -> bytes:
        """The checkpoint of an earlier committed head, byte for byte as it was: Ed25519 draws nothing.

        Called in the event loop; the key is not changed while the registry runs. `size` and `root` are those that were
        written in the transaction that made them (protocol 13.4), so that no two roots are signed for one size.
        """
        identity = self._identity
        return sign_checkpoint(Checkpoint(identity.origin, size, root), identity.origin, identity.key)

    def _work(self, waiting: Sequence[Waiting]) -> _Done:
        started = self._metrics.now()
        done = self._attempt([each.job for each in waiting])
        self._metrics.batch(len(waiting), done.size, self._metrics.now() - started)
        return done

    def _attempt(self, jobs: Sequence[Job[Any]]) -> _Done:
        try:
            done = self._commit(jobs)
        except StoreRejected:
            self._forget()
            if len(jobs) > 1:  # one of them is at fault: each has its own transaction, and the others pass
                parts = [self._attempt([job]) for job in jobs]
                outcomes = [outcome for part in parts for outcome in part.outcomes]
                nodes = [node for part in parts for node in part.nodes]
                return _Done(outcomes, _joined([part.mail for part in parts]), parts[-1].size, nodes)
            self._log.alarm("job_rejected", job=type(jobs[0]).__name__)
            return _Done([Refusal(Reason.UNAVAILABLE)])
        except HeadMoved:
            self._forget()
            self.fenced = True
            self._log.alarm("writer_fenced", epoch=self._epoch)
            return _Done([Refusal(Reason.STORAGE_UNAVAILABLE)] * len(jobs))
        except StoreUnavailable as error:
            self._forget()
            self.failing = True
            self._log.alarm("storage_unavailable", error=type(error.__cause__).__name__)
            return _Done([Refusal(Reason.STORAGE_UNAVAILABLE)] * len(jobs))
        except Exception as error:  # noqa: BLE001 - a writer that ended would let every later caller wait for ever
            self._forget()
            self._log.alarm("batch_failed", error=type(error).__name__)
            return _Done([Refusal(Reason.UNAVAILABLE)] * len(jobs))
        self.failing = False
        return done

    def _forget(self) -> None:
        self._memory.forget()
        self._counts.forget()
        self._head = None

    def _current_head(self) -> Head:
        if self._head is None:
            head = self._store.head()
            if head.epoch != self._epoch:
                raise HeadMoved
            self._head = head
            self._sign(head)  # a commit whose outcome was unknown may have been kept
        return self._head

    def _commit(self, jobs: Sequence[Job[Any]]) -> _Done:
        head = self._current_head()
        trust: Trust | None = self._book.held
        batch = Batch(
            self._store,
            head,
            self._memory,
            trust,
            at=self._clock(),
            federation_id=self._settings.federation_id,
        )
        self._counts.begin(batch.at)
        needs = Needs()
        for job in jobs:
            job.needs(needs)
        batch.prefetch(needs)
        outcomes = [self._one(job, batch) for job in jobs]
        if not batch.touched:
            return _Done(outcomes, size=head.size)
        changes = batch.changes()
        self._store.commit(changes)
        self._head = changes.head
        batch.remember()
        self._sign(changes.head)
        return _Done(outcomes, batch.mail(), changes.head.size, changes.nodes)

    def _one(self, job: Job[Any], batch: Batch) -> object:
        before = batch.touched
        try:
            return job.run(batch, self._counts)
        except (StoreUnavailable, StoreRejected, HeadMoved):
            raise
        except Refusal as refusal:
            if batch.touched != before:
                raise StoreRejected from refusal
            return refusal
        except Exception as error:
            self._log.alarm("job_failed", job=type(job).__name__, error=type(error).__name__)
            if batch.touched != before:  # half of it is in the batch: judge again, each alone
                raise StoreRejected from error
            return Refusal(Reason.UNAVAILABLE)


def _joined(parts: Sequence[Mapping[str, Sequence[MailboxItem]]]) -> Mapping[str, Sequence[MailboxItem]]:
    joined: dict[str, list[MailboxItem]] = {}
    for part in parts:
        for unit, items in part.items():
            joined.setdefault(unit, []).extend(items)
    return joined
