"""What the registry does by itself, beside answering: roster, heartbeat, deadlines, retention."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from delegation.deadlines import day_of
from delegation.errors import Refusal
from registry.database import Database
from registry.logs import Log
from registry.materials import Materials
from registry.overdue import ClockWatch, OverdueJob, Quiet, RecomputeJob
from registry.publication import RosterJob
from registry.retention import sweep
from registry.roster import RosterBook
from registry.routing import Routes
from registry.settings import RegistrySettings
from registry.writer import Writer

_RECOMPUTE = 128


class Duties:
    """Each duty is a loop of its own; a failure of one is alarmed and does not end it."""

    def __init__(
        self,
        database: Database,
        book: RosterBook,
        writer: Writer,
        routes: Routes,
        materials: Materials,
        settings: RegistrySettings,
        *,
        clock: Callable[[], datetime],
        watch: ClockWatch,
        log: Log,
    ) -> None:
        self._database = database
        self._book = book
        self._writer = writer
        self._routes = routes
        self._materials = materials
        self._settings = settings
        self._clock = clock
        self._watch = watch
        self._log = log
        self._quiet = Quiet()
        self._halted = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def clock_is_good(self) -> bool:
        """Whether deadlines may be judged."""
        return not self._watch.jumped

    @property
    def is_quiet(self) -> bool:
        """Whether sweeps wait after an absence."""
        return self._quiet.holds(self._clock())

    @property
    def is_halted(self) -> bool:
        """Whether sweeps wait since the clock jumped."""
        return self._watch.jumped

    async def prepare(self) -> None:
        """Before the first call: the roster is there and logged, and the absence is known."""
        store = self._database.store
        self._quiet.returned(last_seen=await self._database.read(store.heartbeat), at=self._clock())
        await self.look_for_roster(first=True)
        await self.beat()

    def start(self) -> None:
        """Begin every loop."""
        settings = self._settings
        loops: list[tuple[float, Callable[[], Awaitable[object]], str]] = [
            (settings.roster_poll_seconds, self.look_for_roster, "roster"),
            (settings.heartbeat_seconds, self.beat, "heartbeat"),
            (settings.sweep_seconds, self.sweep_deadlines, "deadlines"),
            (settings.retention_seconds, self.sweep_store, "retention"),
        ]
        self._tasks = [
            asyncio.create_task(self._repeat(seconds, duty, name), name=f"registry-{name}")
            for seconds, duty, name in loops
        ]

    async def stop(self) -> None:
        """End every loop; the heartbeat tells until when the registry was there."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self.beat()
        except Refusal:
            self._log.warning("heartbeat_missed")

    async def _repeat(self, seconds: float, duty: Callable[[], Awaitable[object]], name: str) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await duty()
            except Refusal as refusal:
                self._log.alarm("duty_failed", part=name, reason=refusal.reason.value)
            except Exception as error:  # noqa: BLE001 - the loop goes on, whatever a round met
                self._log.alarm("duty_failed", part=name, error=type(error).__name__)

    async def look_for_roster(self, *, first: bool = False) -> bool:
        """Take up a newer roster: log it, tell every stream, compute open dates anew when the calendars changed."""
        if self._writer.failing:  # ready again as soon as the store takes something, not at the next envelope
            await self.beat()
            await self._writer.do(RosterJob())
        before = self._book.held
        if not await self._book.refresh() and not first:
            return False
        if self._book.held is None:
            return False
        await self._writer.do(RosterJob())
        self._routes.announce_all()
        self._log.info("roster_in_force", version=self._book.version)
        changed = before is not None and before.view.calendar_version != self._book.held.view.calendar_version
        if changed:
            await self._recompute()
        return True

    async def _recompute(self) -> None:
        store, last = self._database.store, ""
        while names := await self._database.read(lambda after=last: store.open_threads(after, _RECOMPUTE)):  # type: ignore[misc]  # the loop's value, bound now
            await self._writer.do(RecomputeJob(tuple(names)))
            last = names[-1]

    async def beat(self) -> None:
        """Say that the registry is there; a pause of the whole process counts as an absence."""
        store, at = self._database.store, self._clock()
        self._quiet.returned(last_seen=await self._database.read(store.heartbeat), at=at)
        if not self._watch.jumped:
            await self._database.write(lambda: store.beat(at))

    async def sweep_deadlines(self) -> int:
        """Log negative evidence for what is overdue; gives how many pieces. Nothing while quiet or halted."""
        if self._watch.jumped:
            if not self._halted:
                self._halted = True
                self._log.alarm("clock_jumped", seconds=round(self._watch.drift))
            return 0
        self._halted = False
        at = self._clock()
        if self._quiet.holds(at) or self._book.held is None:
            return 0
        total = 0
        while written := await self._writer.do(OverdueJob(day_of(at))):
            total += written
        if total:
            self._log.info("negative_evidence", count=total)
        return total

    async def sweep_store(self) -> None:
        """Delete what may go."""
        if self._watch.jumped:
            return
        bodies, materials = await sweep(self._database, self._materials, self._settings.retention, at=self._clock())
        if bodies or materials:
            self._log.info("retention", count=bodies + materials)
