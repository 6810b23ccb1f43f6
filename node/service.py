"""One running node: store, keys, memory, writer, courier, sweeps, and the desk that staff use."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial

import grpc
import structlog

from certs.identity import describe
from certs.keys import load_p256
from certs.rest import MasterKey
from certs.tls import channel_credentials
from delegation.errors import Reason, Refusal
from delegation.regions import RegionTable, load_regions
from node.at_rest import Vault
from node.courier import Courier
from node.database import open_store
from node.desk.accounts import Accounts
from node.desk.changes import Changes
from node.desk.desk import Desk
from node.desk.papers import Papers
from node.desk.people import People
from node.desk.taking import Taking
from node.draws.runner import Drawer
from node.draws.service import Draws
from node.expiry import Expiry
from node.hints import Hints
from node.keyring import MASTER_FILE, Keyring
from node.link import Link
from node.log_keeper import LogKeeper
from node.material_mover import MaterialMover
from node.materials import MaterialFolder
from node.metrics import Metrics
from node.notices.routes import Notices
from node.pool.service import ExpertPool
from node.province.acts import OfficeActs
from node.province.alert_ways import ways_of
from node.province.alerts import Alerts
from node.province.attendance import attendance
from node.province.mirror import Mirror
from node.province.oversight import ProvinceOversight
from node.province.report_room import ReportRoom
from node.roster_cache import RosterCache
from node.roster_keeper import RosterKeeper, load_rosters
from node.settings import NodeSettings
from node.setup import CHANNEL, NODE, authorities, read_certificate
from node.silence import Sweeper
from node.state import State
from node.store import Store
from node.tasks import rebuild
from node.writer import Writer

_log = structlog.get_logger("node.service")
_STOP_SECONDS = 8.0  # the rule: within 10 seconds; 8 to be safe


def _open(settings: NodeSettings) -> Store:
    return open_store(settings)


def _expiries(settings: NodeSettings) -> tuple[Expiry, ...]:
    """Of the bureau's own certificates; read each time, since a renewal replaces the files."""
    return tuple(Expiry(name, "", describe(read_certificate(settings, name)).not_after) for name in (CHANNEL, NODE))


class Node:
    """A started node. Make one with `start`, end it with `stop`."""

    def __init__(
        self,
        *,
        settings: NodeSettings,
        store: Store,
        state: State,
        writer: Writer[State],
        courier: Courier,
        drawer: Drawer,
        mirror: Mirror,
        oversight: ProvinceOversight,
        alerts: Alerts,
        sweeper: Sweeper,
        changes: Changes,
        desk: Desk,
        accounts: Accounts,
        notices: Notices,
        folder: MaterialFolder,
        log: LogKeeper,
        clock: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self.store = store
        self.state = state
        self.writer = writer
        self.courier = courier
        self.drawer = drawer
        self.mirror = mirror
        self.oversight = oversight
        self.alerts = alerts
        self.link = courier.link
        self.acts = OfficeActs(writer, desk, courier.read_thread, clock)
        self.reports = ReportRoom(
            writer=writer,
            state=state,
            store=store,
            log=courier.link,
            schedule=settings.reports,
            clock=clock,
            seconds=settings.sweep_seconds,
        )
        self.sweeper = sweeper
        self.changes = changes
        self.desk = desk
        self.accounts = accounts
        self.people = People(writer)
        self.taking = Taking(writer, folder)
        self.papers = Papers(writer)
        self.pool = ExpertPool(writer)
        self.draws = Draws(writer, state, courier.link, shown=desk.shown)
        self.notices = notices
        self.materials = folder
        self.log = log
        self.clock = clock
        self.metrics = Metrics(state, writer, courier.link)
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def start(
        cls,
        settings: NodeSettings,
        clock: Callable[[], datetime],
        *,
        regions: RegionTable | None = None,
        store: Store | None = None,
        carry: bool = True,
    ) -> "Node":
        """Open everything and start carrying; `carry` False leaves the courier and sweeps to the caller.

        Raises:
            Refusal: SCHEMA_TOO_NEW, INVALID_INPUT when the node was not initialised or enrolled.
            KeyFileError: a key file is missing or readable by others.
        """
        settings.materials_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened: Store = store if store is not None else await asyncio.to_thread(_open, settings)
        loop = asyncio.get_running_loop()
        changes = Changes()
        trusted, seal_authority = authorities(settings)
        rosters = RosterCache(seal_authority=seal_authority, regions=regions or load_regions())
        courier: Courier | None = None
        drawer: Drawer | None = None

        def tell(what: str) -> None:
            if what.startswith("thread:"):
                _, thread_id, version = what.split(":", 2)
                changes.announce(thread_id, int(version))
            elif what.startswith("draw:"):
                if drawer is not None:
                    drawer.wake(what.removeprefix("draw:"))
            elif courier is not None:
                courier.wake(what)

        hints = Hints(loop, tell)
        state = State(
            settings=settings,
            store=opened,
            vault=Vault(MasterKey.load(settings.keys_dir / MASTER_FILE)),
            keyring=Keyring(settings.keys_dir),
            rosters=rosters,
            signal=hints.signal,
        )
        await asyncio.to_thread(state.load)
        writer = Writer(opened, state, clock, spread=hints.spread)
        writer.start()
        await writer.run(load_rosters)
        await writer.run(lambda tx, own, _at: rebuild(tx, own))
        channel_key = load_p256(settings.keys_dir / f"{CHANNEL}.pem")

        def credentials() -> grpc.ChannelCredentials:
            return channel_credentials(channel_key, read_certificate(settings, CHANNEL), channel_authorities=trusted)

        link = Link(
            address=settings.registry_address,
            credentials=credentials,
            clock=clock,
            call_seconds=settings.call_seconds,
            most_wait=settings.reconnect_max_seconds,
        )
        drawer = Drawer(writer=writer, state=state, link=link)
        folder = MaterialFolder(settings)
        notices = Notices(settings, writer, state, changes, clock=clock)
        log = LogKeeper(writer=writer, state=state, clock=clock)
        keeper = RosterKeeper(writer=writer, state=state, link=link, clock=clock)
        oversight = ProvinceOversight(writer, state, clock, settings.scoreboard.scoreboard())
        alerts = Alerts(
            writer,
            state,
            settings.alerts,
            ways=ways_of(settings, state.units),
            attendance=partial(attendance, link),
            clock=clock,
            own=settings.bureau,
        )
        courier = Courier(
            settings=settings,
            writer=writer,
            state=state,
            link=link,
            rosters=keeper,
            log=log,
            materials=MaterialMover(folder=folder, writer=writer, state=state),
            node_key=load_p256(settings.keys_dir / f"{NODE}.pem"),
            node_certificate=read_certificate(settings, NODE),
            clock=clock,
        )
        node = cls(
            settings=settings,
            store=opened,
            state=state,
            writer=writer,
            courier=courier,
            drawer=drawer,
            mirror=Mirror(
                writer=writer,
                state=state,
                link=link,
                log=log,
                rosters=keeper,
                clock=clock,
                warm=oversight.warm,
                read=courier.read_thread,
            ),
            oversight=oversight,
            alerts=alerts,
            sweeper=Sweeper(
                writer=writer,
                state=state,
                seconds=settings.sweep_seconds,
                folder=folder,
                expiries=partial(_expiries, settings),
            ),
            changes=changes,
            desk=Desk(
                writer=writer,
                state=state,
                folder=folder,
                changes=changes,
                link=link,
                clock=clock,
                notices=notices,
            ),
            notices=notices,
            accounts=Accounts(writer, settings, vault=state.vault),
            folder=folder,
            log=log,
            clock=clock,
        )
        if carry:
            node.carry()
        expires = describe(read_certificate(settings, NODE)).not_after
        _log.info(
            "node started", bureau=settings.bureau, units=len(settings.units), certificate_until=expires.isoformat()
        )
        return node

    def carry(self) -> None:
        """Start the courier, the draws, the office's copy and reports, the sweeps and the notices."""
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self.courier.run(), name="courier"),
                asyncio.create_task(self.drawer.run(), name="drawer"),
                asyncio.create_task(self.mirror.run(), name="copy"),
                asyncio.create_task(self.reports.run(), name="reports"),
                asyncio.create_task(self.sweeper.run(), name="sweeper"),
                asyncio.create_task(self.notices.run(), name="notices"),
                asyncio.create_task(self.alerts.run(), name="alerts"),
            ]

    async def stop(self) -> None:
        """Stop within 10 seconds; what is on disk goes on at the next start."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await self.reports.close()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                await self.link.close()
        self._tasks = []
        await self.desk.close()
        await self.writer.stop()
        self.changes.close()
        await asyncio.to_thread(self.store.close)
        _log.info("node stopped", bureau=self.settings.bureau)

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, settings: NodeSettings, clock: Callable[[], datetime]) -> AsyncIterator["Node"]:
        """A node for as long as the context lasts."""
        node = await cls.start(settings, clock)
        try:
            yield node
        finally:
            await node.stop()

    @property
    def readiness(self) -> bool:
        """Whether work can be taken: started, and a trusted roster is held; the registry may be away."""
        return self.state.rosters.ready

    def disk_free(self) -> int:
        """Bytes free where the node keeps its data."""
        return shutil.disk_usage(self.settings.data_dir).free

    async def settle(self, *, seconds: float = 10.0) -> None:
        """Wait until nothing is queued to go out or to be acknowledged. Refusal UNAVAILABLE when that takes longer."""
        end = asyncio.get_running_loop().time() + seconds
        while self.state.outbox.queued or self.state.acks.waiting or self.state.waits.threads:
            if asyncio.get_running_loop().time() > end:
                raise Refusal(Reason.UNAVAILABLE, status="not_settled")
            await asyncio.sleep(0.02)
