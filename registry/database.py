"""Where the store is asked: one thread that writes, two that read, one for overseers. The event loop never waits."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from registry.store import Store

T = TypeVar("T")


class Database:
    """A store and its threads. `write` runs in the order of the calls."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="registry-write")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="registry-read")
        self._browsers = ThreadPoolExecutor(1, thread_name_prefix="registry-browse")

    async def write(self, action: Callable[[], T]) -> T:
        """Run in the writing thread."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, action)

    def begin(self, action: Callable[[], T]) -> asyncio.Future[T]:
        """As `write`, without a task of its own: the future of what it gives, which a cancelled caller need not end."""
        return asyncio.get_running_loop().run_in_executor(self._writer, action)

    async def read(self, action: Callable[[], T]) -> T:
        """Run in a reading thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, action)

    async def browse(self, action: Callable[[], T]) -> T:
        """Run in the overseers' thread: whoever reads a whole log or a year keeps no delivery waiting."""
        return await asyncio.get_running_loop().run_in_executor(self._browsers, action)

    def close(self) -> None:
        """Wait for what runs, then let go."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._browsers.shutdown(wait=True)
        self.store.close()
