"""The monitor's streams: what the log accepted as provinces see it (ADR 0100), and which threads changed."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from delegation.errors import Reason, Refusal
from registry.callers import Caller, Callers
from registry.database import Database
from registry.monitor import summary_of
from registry.parts import split_parts
from registry.policy import Who
from registry.records import LateSight, ThreadFilter, WatchedRow
from registry.settings import RegistrySettings
from registry.writer import Writer
from xieban.federation.v1 import monitor_pb2 as pb

STRETCH: Final = 8192  # leaves of one read: some ten milliseconds of the overseers' thread
_DEFAULT_ITEMS: Final = 256
_MOST_ITEMS: Final = 1024
_MOST_BYTES: Final = 2 * 1024 * 1024
_SETTLE_SECONDS: Final = 0.1  # what comes within it goes out together
_MOST_STREAMS: Final = 4  # of one bureau: its mirror, and somebody who verifies a report beside it


class Bell:
    """One open stream: rung when the log grows."""

    def __init__(self, bureau: str) -> None:
        self.bureau = bureau
        self._rung = asyncio.Event()
        self._ended: Reason | None = None

    def ring(self) -> None:
        """The log grew."""
        self._rung.set()

    def end(self, reason: Reason) -> None:
        """The stream is to end."""
        self._ended = reason
        self._rung.set()

    def check(self) -> None:
        """What is read from now on holds all that it was rung for. Raises Refusal when the stream is to end."""
        if self._ended is not None:
            raise Refusal(self._ended)
        self._rung.clear()

    async def wait(self, seconds: float) -> bool:
        """Wait until it rings, and then a moment for what comes with it; False when it stayed silent."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        if self._ended is None:
            await asyncio.sleep(_SETTLE_SECONDS)
        return True


class Bells:
    """The open streams, oldest first."""

    def __init__(self) -> None:
        self._open: list[Bell] = []

    def open(self, bureau: str) -> Bell:
        """A new one; of too many of one bureau the oldest ends with STREAM_REPLACED."""
        own = [bell for bell in self._open if bell.bureau == bureau]
        for bell in own[: max(0, len(own) - _MOST_STREAMS + 1)]:
            bell.end(Reason.STREAM_REPLACED)
            self._open.remove(bell)
        bell = Bell(bureau)
        self._open.append(bell)
        return bell

    def close(self, bell: Bell) -> None:
        """Its stream ended."""
        if bell in self._open:
            self._open.remove(bell)

    def ring(self) -> None:
        """The log grew."""
        for bell in self._open:
            bell.ring()

    def end_all(self, reason: Reason) -> None:
        """Every stream is to end."""
        for bell in self._open:
            bell.end(reason)


class Watching:
    """Opens streams. What a caller may see is looked at anew before each message (promise 8)."""

    def __init__(
        self, database: Database, writer: Writer, callers: Callers, bells: Bells, settings: RegistrySettings
    ) -> None:
        self._database = database
        self._writer = writer
        self._callers = callers
        self._bells = bells
        self._seconds = settings.stream_head_seconds

    async def entries(self, caller: Caller, from_leaf: int, most: int) -> AsyncIterator[pb.WatchEntriesResponse]:
        """What was accepted from a position on, as it is accepted; a message without items when nothing is for long.

        Raises Refusal NOT_FOUND for a position that the log does not have yet, and as `Callers.check`.
        """
        if from_leaf > self._writer.signed[0]:
            raise Refusal(Reason.NOT_FOUND, field="from_leaf")
        most = min(most or _DEFAULT_ITEMS, _MOST_ITEMS)
        position, told, bell = from_leaf, False, self._bells.open(caller.bureau)
        try:
            while True:
                regions = self._may(caller, bell, "WatchEntries")
                size, checkpoint = self._writer.signed
                end = min(position + STRETCH, size)
                async for rows, reached in self._stretch(regions, position, end, most):
                    position = reached
                    complete = position >= size
                    if rows or not complete or not told:
                        yield _message(rows, position, checkpoint, complete=complete)
                        self._may(caller, bell, "WatchEntries", rung=False)
                        told = complete
                if position < size:
                    continue
                if not told or not await bell.wait(self._seconds):
                    self._may(caller, bell, "WatchEntries", rung=False)
                    yield _message([], position, self._writer.signed[1], complete=position >= self._writer.signed[0])
                    told = True
        finally:
            self._bells.close(bell)

    async def threads(self, caller: Caller, from_leaf: int) -> AsyncIterator[pb.WatchThreadsResponse]:
        """Changed threads from a leaf on, as they change."""
        leaf, bell = min(from_leaf, 2**62), self._bells.open(caller.bureau)
        try:
            while True:
                regions = self._may(caller, bell, "WatchThreads")
                wanted = ThreadFilter(regions=regions, from_leaf=leaf, limit=_DEFAULT_ITEMS)
                rows = await self._database.browse(partial(self._database.store.list_threads, wanted))
                if not rows:
                    await bell.wait(self._seconds)
                    continue
                leaf = rows[-1].row.last_leaf + 1
                yield pb.WatchThreadsResponse(threads=[summary_of(row) for row in rows], next_leaf=leaf)
        finally:
            self._bells.close(bell)

    def _may(self, caller: Caller, bell: Bell, method: str, *, rung: bool = True) -> tuple[str, ...]:
        if rung:
            bell.check()
        self._callers.check(caller, Who.SUPERVISOR)
        return self._callers.regions(caller, method)

    async def _stretch(
        self, regions: tuple[str, ...], start: int, end: int, most: int
    ) -> AsyncIterator[tuple[list[WatchedRow], int]]:
        """What is seen of [start, end), in messages, each with the position to go on from.

        The past of a thread that comes into sight stands before the entry that brought it: until that is given, the
        position stays where it is, so that whoever breaks off in between gets that past again and misses nothing.
        """
        store, browse = self._database.store, self._database.browse
        position = start
        late = await browse(lambda: store.late_sights(regions, start=start, end=end)) if start < end else []
        for sight in (*late, None):
            stop = end if sight is None else sight.since_leaf
            while position < stop:
                rows = await self._seen(regions, position, stop, most)
                fitting = _fitting(rows)
                cut = len(rows) == most or len(fitting) < len(rows)
                position = fitting[-1].leaf_index + 1 if cut else stop
                if rows or position == end:
                    yield fitting, position
            if sight is not None:
                async for rows in self._past(sight, most):
                    yield rows, position

    async def _seen(self, regions: tuple[str, ...], start: int, end: int, most: int) -> list[WatchedRow]:
        store = self._database.store
        return await self._database.browse(lambda: store.watched(regions, start=start, end=end, limit=most))

    async def _past(self, sight: LateSight, most: int) -> AsyncIterator[list[WatchedRow]]:
        store, after = self._database.store, sight.after_leaf

        def read() -> list[WatchedRow]:
            return store.past_of(sight.thread_id, after=after, before=sight.since_leaf, limit=most)

        while rows := _fitting(await self._database.browse(read)):
            after = rows[-1].leaf_index
            yield rows


def _message(rows: list[WatchedRow], position: int, checkpoint: bytes, *, complete: bool) -> pb.WatchEntriesResponse:
    message = pb.WatchEntriesResponse(next_leaf=position, checkpoint=checkpoint, complete=complete)
    add = message.items.add  # filled where it stands: a message put into another one is copied
    for row in rows:
        item = add(leaf=row.leaf_index, thread_id=row.thread_id, header=row.header, entry=row.entry)
        if row.signatures:
            item.signatures.extend(split_parts(row.signatures))
    return message


def _fitting(rows: list[WatchedRow]) -> list[WatchedRow]:
    """As many as fit one message, one at least."""
    size = 0
    for number, row in enumerate(rows):
        size += len(row.header) + len(row.signatures) + len(row.entry) + 128
        if size > _MOST_BYTES and number:
            return rows[:number]
    return rows
