"""The registry's process: rooms put together, ports opened, and everything closed again within ten seconds."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # ships no stubs
from grpc_reflection.v1alpha import reflection  # type: ignore[import-untyped]  # ships no stubs

from certs.tls import enrolment_server_credentials, exchange_server_credentials
from delegation.errors import Reason
from delegation.regions import load_regions
from registry.attendance import Attendance
from registry.callers import Callers
from registry.database import Database
from registry.delivery import Deliveries
from registry.duties import Duties
from registry.enrolment import Enrolment
from registry.health import Health, looked
from registry.http import HealthServer
from registry.intake import Intake
from registry.interceptors import Door
from registry.log import LogBook
from registry.logs import Log
from registry.materials import Materials
from registry.members import Members
from registry.metrics import Metrics
from registry.metrics_members import MemberMetrics
from registry.monitor import Monitor
from registry.overdue import ClockWatch
from registry.policy import ENROLMENT_PORT, EXCHANGE_PORT
from registry.quotas import Rates
from registry.reading import Reading
from registry.roster import RosterBook
from registry.routing import Routes
from registry.servicer import ExchangeServicer, LogServicer, MonitorServicer, Rooms, RosterServicer
from registry.servicer_enrolment import EnrolmentServicer
from registry.settings import RegistrySettings
from registry.setup import Keys, open_store, write_ports
from registry.store import Store
from registry.watching import Bells, Watching
from registry.writer import LogIdentity, Writer
from xieban.federation.v1 import (
    enrolment_pb2,
    enrolment_pb2_grpc,
    exchange_pb2_grpc,
    log_pb2_grpc,
    monitor_pb2_grpc,
    roster_pb2_grpc,
)

_MOST_MESSAGE: Final = 4 * 1024 * 1024
_MOST_OF_STRANGERS: Final = 64 * 1024  # two certificate requests and a token have two


def utc_now() -> datetime:
    """The wall clock; the only place where the registry reads it."""
    return datetime.now(UTC)


def steady() -> float:
    """Seconds that nobody can set, and that go on while the machine sleeps where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Registry:
    """One registry. `start`, then `stop`; tests may give a store and clocks of their own."""

    def __init__(
        self,
        settings: RegistrySettings,
        *,
        store: Store | None = None,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = steady,
    ) -> None:
        self.settings = settings
        self.keys = Keys(settings)
        self.clock = clock
        self.metrics = Metrics()
        self.log = Log(settings.log_level, self.metrics)
        self.database = Database(open_store(settings) if store is None else store)
        self.routes = Routes()
        self.bells = Bells()
        self.watch = ClockWatch(clock, monotonic)
        self.book = RosterBook(
            self.database, seal_authority=self.keys.seal_authority, regions=load_regions(), clock=clock
        )
        self.writer = Writer(
            self.database,
            self.book,
            settings,
            identity=LogIdentity(settings.origin, self.keys.log_key),
            clock=clock,
            metrics=self.metrics,
            log=self.log,
            on_delivery=self.routes.grown,
            on_growth=self.bells.ring,
        )
        self.materials = Materials(self.database, settings, clock)
        self.duties = Duties(
            self.database,
            self.book,
            self.writer,
            self.routes,
            self.materials,
            settings,
            clock=clock,
            watch=self.watch,
            log=self.log,
        )
        self.callers = Callers(self.book, channel_authorities=self.keys.channel_authorities, clock=clock)
        self.rates = Rates(settings.quotas, monotonic)
        self.members = Members(clock)
        self.health = Health(
            self.database,
            self.book,
            self.writer,
            self.routes,
            self.duties,
            self.members,
            federation=settings.federation_id,
            readiness=self.readiness,
            clock=clock,
        )
        self.member_metrics = MemberMetrics(self.metrics.collector)
        self.http = HealthServer(readiness=self.readiness, metrics=self.metrics_text, health=self.health.look)
        self.ports: dict[str, int] = {}
        self._health = health.aio.HealthServicer()
        self._servers: list[grpc.aio.Server] = []
        self._started = False
        self._stopping = False

    def readiness(self) -> Mapping[str, bool]:
        """Which parts are ready."""
        return {
            "started": self._started and not self._stopping,
            "roster": self.book.held is not None,
            "storage": not self.writer.failing,
            "writer": not self.writer.fenced,
            "clock": self.duties.clock_is_good,
        }

    async def metrics_text(self) -> bytes:
        """Every figure in the Prometheus text form; those of the federation as they were while the store is away."""
        found = await looked(self.health)
        if found is not None:
            self.member_metrics.show(found)
        return self.metrics.text()

    async def start(self) -> None:
        """Claim the log, sign its head, take up the roster, then open the ports."""
        await self.writer.start()
        await self.duties.prepare()
        exchange, enrolment = self._exchange_server(), self._enrolment_server()
        keys = self.keys
        self.ports["exchange"] = exchange.add_secure_port(
            self.settings.exchange_address,
            exchange_server_credentials(
                keys.server_key, keys.server_certificate, channel_authorities=keys.channel_authorities
            ),
        )
        self.ports["enrolment"] = enrolment.add_secure_port(
            self.settings.enrolment_address,
            enrolment_server_credentials(
                keys.server_key, keys.server_certificate, channel_authorities=keys.channel_authorities
            ),
        )
        self._servers = [exchange, enrolment]
        for server in self._servers:
            await server.start()
        host, _, port = self.settings.metrics_address.rpartition(":")
        self.ports["metrics"] = await self.http.start(host, int(port))
        self.duties.start()
        self._started = True
        await self._health.set("", health_pb2.HealthCheckResponse.SERVING)
        write_ports(self.settings, self.ports)
        self.log.info("registry_ready", port=self.ports["exchange"], size=self.writer.waiting)

    async def stop(self) -> None:
        """Tell streams to end, finish what was begun, close. Takes at most `stop_seconds` and a little."""
        self._stopping = True
        self.routes.end_all(Reason.STOPPING)
        self.bells.end_all(Reason.STOPPING)
        await self._health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
        grace = self.settings.stop_seconds / 2
        await asyncio.gather(*(server.stop(grace) for server in self._servers))
        await self.duties.stop()
        await self.writer.stop()
        await self.http.stop()
        await asyncio.to_thread(self.database.close)
        self.log.info("registry_stopped")

    def _options(self, *, most: int = _MOST_MESSAGE) -> list[tuple[str, int]]:
        return [
            ("grpc.max_receive_message_length", most),
            ("grpc.max_send_message_length", _MOST_MESSAGE),
            ("grpc.max_concurrent_streams", self.settings.max_streams),
            ("grpc.max_metadata_size", 16 * 1024),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
            ("grpc.so_reuseport", 0),  # two registries on one port is a mistake to be told of
        ]

    def _is_open(self) -> bool:
        return not self._stopping

    def _exchange_server(self) -> grpc.aio.Server:
        door = Door(
            EXCHANGE_PORT,
            callers=self.callers,
            rates=self.rates,
            metrics=self.metrics,
            log=self.log,
            is_open=self._is_open,
            members=self.members,
        )
        server = grpc.aio.server(interceptors=[door], options=self._options())
        clock = self.clock
        intake = Intake(
            self.database,
            self.book,
            self.writer,
            federation_id=self.settings.federation_id,
            clock=clock,
            watch=self.watch,
            log=self.log,
        )
        deliveries = Deliveries(
            self.database,
            self.book,
            self.writer,
            self.routes,
            self.callers,
            self.settings,
            clock=clock,
            metrics=self.metrics,
        )
        rooms = Rooms(
            book=self.book,
            callers=self.callers,
            writer=self.writer,
            intake=intake,
            deliveries=deliveries,
            reading=Reading(self.database, self.writer),
            materials=self.materials,
            routes=self.routes,
            metrics=self.metrics,
            clock=clock,
        )
        monitor = Monitor(self.database, self.writer, self.callers, clock=clock)
        exchange_pb2_grpc.add_ExchangeServiceServicer_to_server(ExchangeServicer(rooms), server)
        roster_pb2_grpc.add_RosterServiceServicer_to_server(RosterServicer(self.book), server)
        log_pb2_grpc.add_LogServiceServicer_to_server(LogServicer(LogBook(self.database, self.writer)), server)
        watching = Watching(self.database, self.writer, self.callers, self.bells, self.settings)
        attendance = Attendance(self.book, self.callers, self.members, self.routes, clock=clock)
        monitor_pb2_grpc.add_MonitorServiceServicer_to_server(MonitorServicer(monitor, watching, attendance), server)
        return server

    def _enrolment_server(self) -> grpc.aio.Server:
        door = Door(
            ENROLMENT_PORT,
            callers=None,
            rates=self.rates,
            metrics=self.metrics,
            log=self.log,
            is_open=self._is_open,
        )
        server = grpc.aio.server(
            interceptors=[door], options=self._options(most=_MOST_OF_STRANGERS), maximum_concurrent_rpcs=256
        )
        enrolment = Enrolment(
            self.database,
            self.settings,
            authority=self.keys.authority,
            seal_authority=self.keys.seal_authority,
            clock=self.clock,
            log=self.log,
        )
        enrolment_pb2_grpc.add_EnrolmentServiceServicer_to_server(EnrolmentServicer(enrolment), server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = (
            enrolment_pb2.DESCRIPTOR.services_by_name["EnrolmentService"].full_name,
            health.SERVICE_NAME,
            reflection.SERVICE_NAME,
        )
        reflection.enable_server_reflection(names, server)
        return server


async def serve(
    settings: RegistrySettings,
    *,
    stop: asyncio.Event,
    clock: Callable[[], datetime] = utc_now,
    monotonic: Callable[[], float] = steady,
) -> None:
    """Run a registry until `stop` is set. The bound ports stand in ports.json when it is ready."""
    registry = Registry(settings, clock=clock, monotonic=monotonic)
    try:
        await registry.start()
        await stop.wait()
    finally:
        await registry.stop()
