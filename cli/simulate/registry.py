"""The registry without its doors: intake, writer, sweeps and store as its process has them, on a simulated clock."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from sqlalchemy import event

from certs.trust import Trust
from delegation.codec_entry import EnvelopeParts
from delegation.codec_roster import parse_roster_statement, parse_signed_roster
from delegation.regions import RegionTable
from delegation.thread_state import ThreadState
from registry.answers import Result
from registry.batch import Batch, Needs
from registry.database import Database
from registry.intake import Intake
from registry.logs import Log
from registry.materials import Materials
from registry.metrics import Metrics
from registry.overdue import ClockWatch, OverdueJob
from registry.publication import RosterJob
from registry.quotas import Counts
from registry.records import MailboxItem, SignedRosterRow
from registry.retention import sweep
from registry.roster import RosterBook
from registry.schema import migrate
from registry.settings import RegistrySettings
from registry.setup import Keys
from registry.sql_engine import make_engine
from registry.store_sql import SqlStore
from registry.writer import LogIdentity, Writer

T = TypeVar("T")
Mail = Mapping[str, Sequence[MailboxItem]]


class SimulatedClock:
    """Stands still until it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The instant."""
        return self.at

    def seconds(self) -> float:
        """Monotonic time, which goes with the wall clock: nobody sets a simulated one by hand."""
        return self.at.timestamp()


@dataclass(frozen=True, slots=True)
class LookJob:
    """Threads as the writer has them; writes nothing."""

    thread_ids: tuple[str, ...]

    @property
    def weight(self) -> int:
        """See `registry.jobs.Job`."""
        return 1

    @property
    def size(self) -> int:
        """See `registry.jobs.Job`."""
        return 0

    def needs(self, needs: Needs) -> None:
        """See `registry.jobs.Job`."""
        needs.threads.update(self.thread_ids)

    def run(self, batch: Batch, counts: Counts) -> dict[str, ThreadState]:
        """See `registry.jobs.Job`."""
        del counts
        found = ((name, batch.thread(name)) for name in self.thread_ids)
        return {name: kept.state for name, kept in found if kept is not None}


class InlineDatabase(Database):
    """Runs everything at once and where it is asked: the simulated time stands still anyway, and handing each batch to
    another thread and back would take as long as the batch."""

    async def write(self, action: Callable[[], T]) -> T:
        """See `Database`."""
        return action()

    def begin(self, action: Callable[[], T]) -> asyncio.Future[T]:
        """See `Database`."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        done.set_result(action())
        return done

    async def read(self, action: Callable[[], T]) -> T:
        """See `Database`."""
        return action()


class Registry:
    """Use `start` and `stop`; `clock.at` is set by whoever plays."""

    def __init__(self, settings: RegistrySettings, regions: RegionTable, at: datetime) -> None:
        self.settings = settings
        self.keys = Keys(settings)
        self.clock = SimulatedClock(at)
        self.on_delivery: Callable[[Mail], None] = lambda _mail: None
        engine = make_engine(settings.database)
        if settings.database.startswith("sqlite"):
            event.listen(engine, "connect", _in_no_hurry)
        migrate(engine)
        metrics = Metrics()
        log = Log("error", metrics)
        self._store = SqlStore(engine)
        self._database = InlineDatabase(self._store)
        self._roster = RosterBook(
            self._database, seal_authority=self.keys.seal_authority, regions=regions, clock=self.clock.now
        )
        self.writer = Writer(
            self._database, self._roster, settings, identity=LogIdentity(settings.origin, self.keys.log_key),
            clock=self.clock.now, metrics=metrics, log=log, on_delivery=lambda mail: self.on_delivery(mail),
        )  # fmt: skip
        self._intake = Intake(
            self._database, self._roster, self.writer, federation_id=settings.federation_id, clock=self.clock.now,
            watch=ClockWatch(self.clock.now, self.clock.seconds), log=log,
        )  # fmt: skip
        self._materials = Materials(self._database, settings, self.clock.now)

    async def start(self) -> None:
        """Claim the log."""
        await self.writer.start()

    async def stop(self) -> None:
        """Let go, and put everything on the disk. No heartbeat is left: the registry that opens the folder next was
        never away, and so does not keep quiet about deadlines."""
        await self.writer.stop()
        self._database.close()
        if self.settings.database.startswith("sqlite:///"):
            _to_disk(Path(self.settings.database.removeprefix("sqlite:///")))

    @property
    def log_size(self) -> int:
        """Leaves of the log."""
        return self.writer.signed[0]

    async def take(self, bureau: str, parts: Sequence[EnvelopeParts]) -> list[Result]:
        """The envelopes of one call."""
        return await self._intake.take(bureau, parts)

    async def look(self, thread_ids: Sequence[str]) -> dict[str, ThreadState]:
        """The threads as they stand."""
        return await self.writer.do(LookJob(tuple(thread_ids))) if thread_ids else {}

    async def publish(self, signed: bytes) -> Trust:
        """Keep a signed roster, take it up as the running registry does, which verifies it, and log it."""
        parts = parse_signed_roster(signed)
        version = parse_roster_statement(parts.statement).version
        digest = sha256(parts.statement).digest()
        row = SignedRosterRow(version, parts.roster, parts.statement, parts.signature, digest, -1, self.clock.at)
        await self._database.write(lambda: self._store.publish(row))
        await self._roster.refresh()
        await self.writer.do(RosterJob())
        return self._roster.current()

    async def sweep(self, day: date) -> int:
        """Negative evidence for what ran out before that day; gives how many pieces."""
        total = 0
        while written := await self.writer.do(OverdueJob(day)):
            total += written
        return total

    async def retain(self) -> None:
        """Delete the bodies that may go."""
        await sweep(self._database, self._materials, self.settings.retention, at=self.clock.at)

    def checkpoint(self, thread_id: str, leg: int, draw: int) -> tuple[int, bytes]:
        """Size and root of the log at the first checkpoint that covers both commitments of a draw (protocol 13.4)."""
        rows = self._store.draw_checkpoints(thread_id, leg, draw)
        firsts: dict[str, tuple[int, bytes]] = {}
        for row in rows:
            firsts.setdefault(row.unit, (row.size, row.root))
        return max(firsts.values())


def _in_no_hurry(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


def _to_disk(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
