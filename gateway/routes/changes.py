"""A stream of hints that something changed, for pages that would otherwise ask again and again.

A hint says neither what nor whose: a bureau's units share the node and may not learn of each other's cases. The stream
ends when the server stops, when the session ends, and when the reader leaves; it never keeps a server from stopping.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from delegation.errors import Refusal
from gateway.auth import CurrentActor, CurrentStation, identify
from gateway.metrics import Metrics
from gateway.ports import Station
from gateway.problems import WireRefusalError
from gateway.settings import GatewaySettings
from gateway.wire_reasons import WireReason
from node.desk.views import Change

router = APIRouter(tags=["desk"])
CHANGES: Final = "/changes"
_HINT: Final = b"event: change\ndata: {}\n\n"
_HEARTBEAT: Final = b": still here\n\n"
_BYE: Final = b"event: bye\ndata: {}\n\n"


class Streams:
    """Counts open streams a caller, and tells them all when the server stops."""

    def __init__(self, metrics: Metrics, *, most: int, most_per_caller: int) -> None:
        self.stopping = asyncio.Event()
        self._metrics = metrics
        self._most, self._most_per_caller = most, most_per_caller
        self._open: Counter[str] = Counter()

    def enter(self, staff_id: str) -> None:
        """Take a place.

        Raises:
            WireRefusalError: TOO_MANY_REQUESTS when the caller has too many already, BUSY when all have.
        """
        if self._open[staff_id] >= self._most_per_caller:
            raise WireRefusalError(WireReason.TOO_MANY_REQUESTS)
        if self._open.total() >= self._most:
            raise WireRefusalError(WireReason.BUSY)
        self._open[staff_id] += 1
        self._metrics.streams.inc()

    def leave(self, staff_id: str) -> None:
        """Give it up."""
        self._open[staff_id] -= 1
        if not self._open[staff_id]:
            del self._open[staff_id]
        self._metrics.streams.dec()


async def _next(changes: AsyncIterator[Change]) -> Change:
    return await anext(changes)


async def _hints(request: Request, station: Station, streams: Streams, heartbeat: float) -> AsyncGenerator[bytes, None]:
    """Hints, with a word every `heartbeat` seconds at which the session is looked up again."""
    stopping = asyncio.create_task(streams.stopping.wait())
    waiting: asyncio.Task[Change] | None = None
    try:
        async with station.desk.changes() as changes:
            yield _HINT  # whatever happened before the stream stood
            while True:
                waiting = waiting or asyncio.create_task(_next(changes))
                done, _ = await asyncio.wait(
                    {waiting, stopping}, timeout=heartbeat, return_when=asyncio.FIRST_COMPLETED
                )
                if stopping in done:
                    yield _BYE
                    return
                if waiting in done:
                    if isinstance(waiting.exception(), StopAsyncIteration | RuntimeError):
                        return  # the node ended the stream
                    waiting.result()
                    waiting = None
                    yield _HINT
                    continue
                await identify(request)
                yield _HEARTBEAT
    except Refusal:
        yield _BYE  # the session is over
    finally:
        for task in (stopping, waiting):
            if task is not None and not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


class _Stream(StreamingResponse):
    """Gives the caller's place up when the answer ends, however it ends."""

    def __init__(self, content: AsyncGenerator[bytes, None], streams: Streams, staff_id: str) -> None:
        super().__init__(content, media_type="text/event-stream")
        self._content, self._streams, self._staff_id = content, streams, staff_id

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        try:
            await super().__call__(scope, receive, send)  # type: ignore[arg-type] # Starlette's own types, passed on
        finally:
            await self._content.aclose()
            self._streams.leave(self._staff_id)


@router.get(CHANGES, operation_id="watchChanges", response_class=StreamingResponse)
async def watch_changes(request: Request, station: CurrentStation, actor: CurrentActor) -> StreamingResponse:
    """Server-sent events: `change` says that something changed, look again; `bye` that the stream ends."""
    settings: GatewaySettings = request.app.state.settings
    streams: Streams = request.app.state.streams
    streams.enter(actor.staff_id)
    return _Stream(_hints(request, station, streams, settings.heartbeat_seconds), streams, actor.staff_id)
