"""Keeps a provincial office's own copy of its threads: watches the registry's stream, believes nothing of it unproven.

Page after page: the head that came with it is signed and grew out of the one before, each item is what was signed, and
its leaf is in that head's tree. What does not hold is kept apart with an alarm, and the figures are called not current
as long as there is any. The position goes on in the transaction that writes the page: a restart goes on from there.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from certs.notes import Checkpoint
from certs.trust import Trust
from delegation.errors import Reason, Refusal
from delegation.roster_records import UnitType
from node.alarms import raise_alarm
from node.link import Link
from node.log_watch import Seen, check_inclusion
from node.province.copying import parked_items, take_page, where_to_begin
from node.province.own_threads import OwnThreads, Read
from node.province.standing import Standing, read_standing, write_standing
from node.province.verifying import OUT_OF_PLACE, Checked, Item, check_items, read_items
from node.state import State
from node.writer import Tx, Writer, place_of_error
from xieban.federation.v1 import monitor_pb2 as pb

_log = structlog.get_logger("node.province")
MOST_ITEMS = 256
_LOOK_AGAIN = 30.0  # seconds from one look whether the node serves an office at all to the next
_LATER = 2.0
_MOST_LATER = 60.0
_MOST_ID = 64
_NOTED_APART = timedelta(seconds=60)  # signs of life are written down this often
_DOUBTS = frozenset({Reason.CHECKPOINT_NOT_TRUSTED, Reason.LOG_FORKED, Reason.ENTRY_MISMATCH, Reason.MALFORMED})


class Source(Protocol):
    """What the mirror asks of the link to the registry."""

    def watch_entries(self, *, from_leaf: int, most: int) -> AsyncGenerator[pb.WatchEntriesResponse, None]:
        """WatchEntries until it ends."""
        ...

    async def inclusions(self, leaf_indexes: Sequence[int], *, tree_size: int) -> list[tuple[bytes, ...]]:
        """Paths of leaves in one tree."""
        ...


class Heads(Protocol):
    """What the mirror asks of the keeper of the log's heads."""

    async def trusted(self, link: Link, note: bytes) -> Seen:
        """A head that is signed and of the one log that was seen so far."""
        ...


class RosterFetcher(Protocol):
    """What the mirror asks of the keeper of rosters."""

    async def fetch(self, version: int) -> None:
        """Get a version that an entry names."""
        ...


class Mirror:
    """One node's copy. `run` until cancelled; idle where the node serves no provincial or national unit."""

    def __init__(
        self,
        *,
        writer: Writer[State],
        state: State,
        link: Link,
        log: Heads,
        rosters: RosterFetcher,
        clock: Callable[[], datetime],
        source: Source | None = None,
        warm: Callable[[], Awaitable[None]] | None = None,
        read: Read | None = None,
    ) -> None:
        self._writer = writer
        self._state = state
        self._link = link
        self._source: Source = source or link
        self._heads = log
        self.rosters = rosters
        self._clock = clock
        self._warm = warm  # what reads the courses before anybody asks for figures
        # reads what the node's own threads lack; without it they have what is addressed to them alone
        self.own = OwnThreads(writer, read) if read is not None else None
        self._later = _LATER
        self.items = 0  # counted since the start
        self.parked = 0

    @property
    def needed(self) -> bool:
        """Whether a unit of this node oversees others."""
        rosters = self._state.rosters
        if not rosters.ready:
            return False
        units = rosters.current.view.units
        return any(
            units[code].type in {UnitType.PROVINCIAL, UnitType.NATIONAL} for code in self._state.units if code in units
        )

    async def run(self) -> None:
        """Follow until cancelled; what goes wrong is logged and begins again, later each time."""
        async with asyncio.TaskGroup() as group:
            if self.own is not None:
                group.create_task(self.own.run(), name="own threads")
            await self._keep_following()

    async def _keep_following(self) -> None:
        while True:
            if not self.needed:
                await asyncio.sleep(_LOOK_AGAIN if self._state.rosters.ready else 0.2)
                continue
            try:
                if self._warm is not None:
                    await self._warm()
                await self.look_again()
                await self.follow()
            except Refusal as refusal:
                _log.info("copy waits", reason=refusal.reason.value)
                if refusal.reason in _DOUBTS:
                    await self._writer.run(partial(_doubt, reason=refusal.reason))
                if refusal.reason is Reason.UNAVAILABLE:
                    await self._link.pause(self._later)  # ends early when the registry is heard
                    continue
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - the copy's bug must not end it for good; it is logged
                _log.error("copy failed", error=type(error).__name__, where=place_of_error(error))
            await asyncio.sleep(self._later)
            self._later = min(_MOST_LATER, self._later * 2)

    async def follow(self) -> None:
        """Watch from where the copy ends, until the stream does. Refusal as the link's, and of heads not believed."""
        position = await self._writer.run(where_to_begin)
        if self.own is not None:
            await self.own.begin()
        async with aclosing(self._source.watch_entries(from_leaf=position, most=MOST_ITEMS)) as stream:
            async for message in stream:
                await self.take(message, position)
                position, self._later = message.next_leaf, _LATER

    async def take(self, message: pb.WatchEntriesResponse, position: int) -> None:
        """One message of a stream that had come to `position`: all of it is on disk when this returns, or nothing."""
        if len(message.items) > MOST_ITEMS:
            raise Refusal(Reason.MALFORMED, field="items")
        head = await self._heads.trusted(self._link, message.checkpoint)
        before = await self._writer.run(_standing)
        size = head.checkpoint.size
        if not position <= message.next_leaf <= size:
            raise Refusal(Reason.MALFORMED, field="next_leaf")
        now = self._clock()
        complete = message.complete and message.next_leaf == size
        # what was parked may be read again from further back: that takes nothing of the copy away
        next_leaf = max(message.next_leaf, before.next_leaf if before is not None else 0)
        after = Standing(next_leaf, head.note, size, now, complete)
        if not message.items:
            if before is None or replace(before, heard_at=now) != after or now - before.heard_at >= _NOTED_APART:
                await self._writer.run(partial(_note, standing=after))
            return
        if any(each.leaf >= size or len(each.thread_id) > _MOST_ID for each in message.items):
            raise Refusal(Reason.MALFORMED, field="items")
        items = [
            Item(each.leaf, each.thread_id, each.header, tuple(each.signatures), each.entry) for each in message.items
        ]
        page = await self._proven(await self._checked(items), head.checkpoint)
        await self._write(page, after)

    async def look_again(self) -> None:
        """What was parked may hold by now: a roster that was not there, a program that was older."""
        items = await self._writer.run(parked_items)
        if items:
            page = await self._checked(items)
            standing = await self._writer.run(_standing)
            if standing is not None:
                head = await self._heads.trusted(self._link, standing.checkpoint)
                await self._write(await self._proven(page, head.checkpoint), None)

    async def _write(self, page: Sequence[Checked], standing: Standing | None) -> None:
        counted, parked = await self._writer.run(partial(take_page, page=page, standing=standing))
        self.items += counted
        self.parked += parked
        if self.own is not None:
            self.own.told({each.item.thread_id for each in page})

    async def _checked(self, items: Sequence[Item]) -> list[Checked]:
        read = await asyncio.to_thread(read_items, items)
        if any(each.why == OUT_OF_PLACE for each in read):
            raise Refusal(Reason.ENTRY_MISMATCH, why=OUT_OF_PLACE)
        versions = {each.entry.versions.roster for each in read if each.entry is not None}
        trusts, newest = await self._writer.run(partial(_trusts, versions=versions))
        for version in sorted(versions - trusts.keys()):
            await self.rosters.fetch(version)
        if versions - trusts.keys():
            trusts, newest = await self._writer.run(partial(_trusts, versions=versions))
        return await asyncio.to_thread(check_items, read, trusts, newest)

    async def _proven(self, page: Sequence[Checked], head: Checkpoint) -> list[Checked]:
        """With every leaf looked for in the tree of the head."""
        paths: dict[int, tuple[bytes, ...]] = {}
        inside = {each.item.leaf for each in page if each.item.leaf < head.size}
        while asked := sorted(inside - paths.keys())[:MOST_ITEMS]:
            found = await self._source.inclusions(asked, tree_size=head.size)
            if not found:
                raise Refusal(Reason.CHECKPOINT_NOT_TRUSTED, field="paths")
            paths.update(zip(asked, found, strict=False))
        return await asyncio.to_thread(_included, page, paths, head)


def _included(page: Sequence[Checked], paths: dict[int, tuple[bytes, ...]], head: Checkpoint) -> list[Checked]:
    found: list[Checked] = []
    for checked in page:
        if not checked.reason and checked.entry is not None:
            try:
                check_inclusion(
                    leaf_index=checked.item.leaf,
                    entry_digest=checked.entry.digest,
                    path=paths.get(checked.item.leaf, ()),
                    head=head,
                )
            except Refusal as refusal:
                checked = checked.doubted(refusal)
        found.append(checked)
    return found


def _standing(tx: Tx, state: State, at: datetime) -> Standing | None:
    del state, at
    return read_standing(tx.store)


def _note(tx: Tx, state: State, at: datetime, *, standing: Standing) -> None:
    del state, at
    write_standing(tx, standing)


def _doubt(tx: Tx, state: State, at: datetime, *, reason: Reason) -> None:
    """Say that the figures are not current: the registry shows something that does not hold."""
    standing = read_standing(tx.store)
    if standing is not None and standing.complete:
        write_standing(tx, replace(standing, complete=False))
    raise_alarm(tx, reason, at=at, number=state.number("alarms"), details={"what": "copy"})


def _trusts(tx: Tx, state: State, at: datetime, *, versions: set[int]) -> tuple[dict[int, Trust], Trust]:
    del tx, at
    found = {version: state.rosters.version(version) for version in versions}
    return {version: trust for version, trust in found.items() if trust is not None}, state.rosters.current
