"""Tells whoever watches that something changed. Hints alone: a slow reader loses some and looks things up again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from node.desk.views import Change

_MOST_WAITING = 1000


class Changes:
    """A hub of hints. Belongs to the loop."""

    def __init__(self) -> None:
        self._readers: set[asyncio.Queue[Change | None]] = set()
        self._closed = False

    def announce(self, delegation_id: str, version: int) -> None:
        """Let every reader know."""
        if not self._readers:
            return
        change = Change(delegation_id, version)
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
