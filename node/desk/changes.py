"""Tells whoever watches that something changed. Hints alone: a slow reader loses some and looks things up again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from node.desk.views import Change

_MOST_WAITING = 1000


class Changes:
    """A hub of hints. `announce` may be called from any thread; everything else belongs to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._readers: set[asyncio.Queue[Change | None]] = set()
        self._closed = False

    def announce(self, delegation_id: str, version: int) -> None:
        """Let every reader know."""
        if self._readers and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spread, Change(delegation_id, version))

    def _spread(self, change: Change | None) -> None:
        for reader in self._readers:
            with contextlib.suppress(asyncio.QueueFull):
                reader.put_nowait(change)

    def close(self) -> None:
        """End every reader's iteration, so that an open page keeps no server from stopping."""
        self._closed = True
        for reader in self._readers:
            if reader.full():
                reader.get_nowait()
            reader.put_nowait(None)

    @contextlib.asynccontextmanager
    async def watch(self) -> AsyncIterator[AsyncIterator[Change]]:
        """Changes from now on; the iteration ends when the node stops."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue(_MOST_WAITING)
        if self._closed:
            queue.put_nowait(None)
        self._readers.add(queue)
        try:
            yield _until_closed(queue)
        finally:
            self._readers.discard(queue)


async def _until_closed(queue: "asyncio.Queue[Change | None]") -> AsyncIterator[Change]:
    while (change := await queue.get()) is not None:
        yield change
