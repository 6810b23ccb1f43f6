"""Questions of many calls at once, asked of the store together: one query where 64 calls wait, not 64."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Generic, TypeVar

from registry.database import Database

K = TypeVar("K")
V = TypeVar("V")


class Lookup(Generic[K, V]):
    """`find` waits for an answer; what is asked while a query runs goes into the next one."""

    def __init__(self, database: Database, query: Callable[[Collection[K]], Mapping[K, V]]) -> None:
        self._database = database
        self._query = query
        self._wanted: set[K] = set()
        self._next: asyncio.Future[Mapping[K, V]] | None = None
        self._task: asyncio.Task[None] | None = None

    async def find(self, keys: Collection[K]) -> Mapping[K, V]:
        """What the store holds of the keys (and perhaps of others). Raises Refusal STORAGE_UNAVAILABLE."""
        if not keys:
            return {}
        self._wanted.update(keys)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        mine = self._next
        if self._task is None:
            self._task = asyncio.create_task(self._serve(), name="registry-lookup")
        return await asyncio.shield(mine)

    async def _serve(self) -> None:
        try:
            while self._next is not None:
                wanted, answer = self._wanted, self._next
                self._wanted, self._next = set(), None
                try:
                    found = await self._database.read(lambda keys=wanted: self._query(keys))  # type: ignore[misc]  # the loop's value, bound now
                except Exception as error:  # noqa: BLE001 - handed on to everyone who asked
                    answer.set_exception(error)
                    answer.exception()  # those who asked may have gone away
                else:
                    answer.set_result(found)
        finally:
            self._task = None
