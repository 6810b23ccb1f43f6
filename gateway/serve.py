"""The server: uvicorn inside the node's process and loop, one worker, without signals, access log or banner.

Addresses are not logged: who asked for what stands in metrics by operation, and in the thread by person. The server
stops within `stop_seconds`, streams and slow readers included.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from gateway.routes.changes import Streams
from gateway.settings import GatewaySettings

_HEADER_SECONDS: Final = 15.0  # from a request's first byte to the end of its headers
_IDLE_SECONDS: Final = 30
_BACKLOG: Final = 256
_CONNECTIONS: Final = 1024


class BoundedH11(H11Protocol):
    """Closes a connection whose request headers do not come in time; uvicorn bounds only idle ones."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the parent has it
        """A connection begins, and with it the time for its first request."""
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Bytes came: of a body, of a request that is whole now, or of one that is still coming."""
        super().data_received(data)
        if self._answering:
            self._disarm()
        else:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._disarm()
        super().connection_lost(exc)

    @property
    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request, whatever the parent says
        return cycle is not None and not cycle.response_complete

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(_HEADER_SECONDS, self._too_slow)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if not self._answering and not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """A server that leaves signals to the process that it is part of."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take no signal."""
        yield


def listening_socket(settings: GatewaySettings) -> socket.socket:
    """A bound socket; port 0 takes a free one.

    Raises:
        OSError: the address is taken or not this machine's.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except BaseException:
        listener.close()
        raise
    return listener


def _tls_context(_: uvicorn.Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # office browsers; channels between bureaus demand 1.3
    return context


def configuration(app: FastAPI, settings: GatewaySettings) -> uvicorn.Config:
    """How uvicorn runs: nothing believed of a proxy, nothing told of itself, nothing written of callers."""
    return uvicorn.Config(
        app,
        http=BoundedH11,
        ws="none",
        lifespan="off",
        loop="none",
        workers=1,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=settings.stop_seconds,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        ssl_context_factory=_tls_context if settings.tls else None,
    )


async def serve(
    app: FastAPI,
    settings: GatewaySettings,
    *,
    stop: asyncio.Event,
    on_bound: Callable[[int], None],
) -> None:
    """Serve until `stop` is set, then end open streams, wait for answers at most `stop_seconds` and return.

    `on_bound` is told the port when callers can connect.

    Raises:
        OSError: the address cannot be bound.
    """
    listener = listening_socket(settings)
    server = _Server(configuration(app, settings))
    streams: Streams = app.state.streams
    running = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        if not running.done():
            on_bound(listener.getsockname()[1])
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        streams.stopping.set()
        server.should_exit = True
        stopping.cancel()
        await running
        listener.close()
        app.state.spool.close()
