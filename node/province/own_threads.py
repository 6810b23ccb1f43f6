"""Brings the node's own threads up to what the office's copy knows of them.

A delivery brings a node what is addressed to one of its units. An office is a party that not everything is addressed
to (a panel that was drawn, say), and reads such entries itself: the copy's stream tells that there are some. A moment
after it was told, since most come by delivery at the same time; one thread at a time, so that the registry is asked no
faster than it answers. What cannot be read waits for the next page of the copy, or the next start.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from delegation.errors import Reason, Refusal
from node.province.standing import VERIFIED
from node.records import EntryRecord, Record, ThreadRecord
from node.records_province import WatchedRecord
from node.state import State
from node.store import Store
from node.writer import Tx, Writer, place_of_error

_log = structlog.get_logger("node.province")
SETTLE_SECONDS: Final = 0.5  # what is addressed to the office is delivered meanwhile
_AT_ONCE: Final = 256  # threads looked at in one use case

Read = Callable[[str], Awaitable[int]]


class OwnThreads:
    """Use `told` for what the copy took over, `run` beside it until cancelled."""

    def __init__(self, writer: Writer[State], read: Read, *, settle: float = SETTLE_SECONDS) -> None:
        self._writer = writer
        self._read = read
        self._settle = settle
        self._told: set[str] = set()
        self._failed: set[str] = set()
        self._event = asyncio.Event()
        self.reads = 0  # counted since the start

    def told(self, thread_ids: Iterable[str]) -> None:
        """Something new stands in the copy for these threads."""
        self._told.update(thread_ids, self._failed)
        self._failed.clear()
        if self._told:
            self._event.set()

    async def begin(self) -> None:
        """Look at every thread that the node holds: what was told while it did not run was told to nobody."""
        self.told(await self._writer.run(_held))

    async def run(self) -> None:
        """Read what is behind until cancelled."""
        while True:
            await self._event.wait()
            await asyncio.sleep(self._settle)
            try:
                await self.catch_up()
            except Refusal as refusal:
                _log.info("own threads wait", reason=refusal.reason.value)
            except Exception as error:  # noqa: BLE001 - the bug of one look must not end them all; it is logged
                _log.error("own threads failed", error=type(error).__name__, where=place_of_error(error))

    async def catch_up(self) -> None:
        """Read every thread that was told and is behind, each once. Refusal of the store alone."""
        told, self._told = sorted(self._told), set()
        self._event.clear()
        for first in range(0, len(told), _AT_ONCE):
            for thread_id in await self._writer.run(partial(behind, thread_ids=told[first : first + _AT_ONCE])):
                await self._caught_up(thread_id)

    async def _caught_up(self, thread_id: str) -> None:
        self.reads += 1
        try:
            await self._read(thread_id)
        except Refusal as refusal:
            _log.info("own thread waits", reason=refusal.reason.value)
            if refusal.reason is not Reason.NOT_FOUND:  # that will not be otherwise by asking again
                self._failed.add(thread_id)


def behind(tx: Tx, state: State, at: datetime, *, thread_ids: Sequence[str]) -> list[str]:
    """Those of them that the node holds with fewer entries than the copy has verified."""
    del state, at
    held = _last(tx.store, EntryRecord, thread_ids)
    known = _last(tx.store, WatchedRecord, sorted(held))
    return [thread_id for thread_id in held if known.get(thread_id, 0) > held[thread_id]]


def _held(tx: Tx, state: State, at: datetime) -> list[str]:
    del state, at
    return [str(thread_id) for (thread_id,) in tx.store.select_columns(ThreadRecord, ("thread_id",))]


def _last(store: Store, kind: type[Record], thread_ids: Sequence[str]) -> dict[str, int]:
    """The greatest sequence of each thread, of verified rows where that is said of them."""
    where = (VERIFIED,) if kind is WatchedRecord else ()
    found: dict[str, int] = {}
    for thread_id, sequence in store.select_in(kind, ("thread_id", "sequence"), "thread_id", thread_ids, where):
        found[str(thread_id)] = max(found.get(str(thread_id), 0), int(sequence or 0))
    return found
