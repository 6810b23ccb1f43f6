"""What is not addressed to an office reaches its node's own threads: read once each, in time, and never in a storm."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytest

from delegation.errors import Reason, Refusal
from node.province.mirror import Mirror
from node.province.own_threads import OwnThreads
from node.records import EntryRecord
from node.records_province import WatchedRecord
from node.store import Store, Where
from node.store_memory import MemoryStore
from tests.node.province.office import NOW, Office, an_office
from tests.node.test_store import a_thread, an_entry, put
from tests.node.world import until
from xieban.federation.v1 import monitor_pb2 as pb


def watched(thread_id: str, sequence: int, reason: str = "") -> WatchedRecord:
    return WatchedRecord(
        thread_id=thread_id, leaf=sequence, sequence=sequence, kind=1, header=b"", signatures=b"", entry=b"",
        reason=reason,
    )  # fmt: skip


def keep(store: Store, thread_id: str, *, held: int, copied: int, doubtful: int = 0) -> None:
    """A thread of which the node holds so many entries, and the copy as many."""
    put(store, a_thread(thread_id))
    for sequence in range(1, held + 1):
        put(store, an_entry(sequence, thread_id=thread_id))
    for sequence in range(1, copied + 1):
        put(store, watched(thread_id, sequence))
    for sequence in range(copied + 1, copied + doubtful + 1):
        put(store, watched(thread_id, sequence, "entry_mismatch"))


def held(store: Store, thread_id: str) -> int:
    return len(store.select(EntryRecord, (Where("thread_id", thread_id),)))


@dataclass
class Reader:
    """Reads a thread as the courier does: from where the node is, everything that there is."""

    store: Store
    has: dict[str, int]
    refuses: Refusal | None = None
    read: list[str] = field(default_factory=list)
    now: int = 0
    most: int = 0

    async def __call__(self, thread_id: str) -> int:
        self.read.append(thread_id)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if self.refuses is not None:
            raise self.refuses
        first = held(self.store, thread_id) + 1
        for sequence in range(first, self.has[thread_id] + 1):
            put(self.store, an_entry(sequence, thread_id=thread_id))
        return self.has[thread_id] + 1 - first


@asynccontextmanager
async def own_threads(store: Store, reader: Reader) -> AsyncIterator[OwnThreads]:
    async with an_office(store) as office:
        yield OwnThreads(office.writer, reader, settle=0.0)


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ({"held": 2, "copied": 4}, True),
        ({"held": 4, "copied": 4}, False),
        ({"held": 5, "copied": 4}, False),  # by delivery, which was quicker than the copy
        ({"held": 2, "copied": 2, "doubtful": 2}, False),  # nothing is read for what was not believed
        ({"held": 0, "copied": 3}, False),  # the first entry comes by delivery, or a gap is filled
        ({"held": 2, "copied": 0}, False),
    ],
)
async def test_what_is_behind_the_copy_is_read(kept: dict[str, int], read: bool) -> None:
    store = MemoryStore()
    keep(store, "t1", **kept)
    reader = Reader(store, {"t1": kept["copied"]})
    async with own_threads(store, reader) as own:
        own.told(["t1", "not held"])
        await own.catch_up()
        assert reader.read == ["t1"] * read
        assert held(store, "t1") == max(kept["held"], kept["copied"] if read else 0)
        own.told(["t1"])
        await own.catch_up()
        assert len(reader.read) == read  # it is not behind any more


async def test_what_was_told_while_the_node_did_not_run_is_read_at_the_start() -> None:
    store = MemoryStore()
    for number in range(600):  # more than are looked at at once
        keep(store, f"t{number}", held=1, copied=1 + number % 2)
    reader = Reader(store, {f"t{number}": 2 for number in range(600)})
    async with own_threads(store, reader) as own:
        await own.begin()
        await own.catch_up()
        assert sorted(reader.read) == sorted(f"t{number}" for number in range(1, 600, 2))
        assert reader.most == 1  # one after the other


async def test_pages_that_come_together_are_one_read() -> None:
    store = MemoryStore()
    keep(store, "t1", held=1, copied=9)
    reader = Reader(store, {"t1": 9})
    async with own_threads(store, reader) as own:
        task = asyncio.create_task(own.run())
        for _ in range(50):
            own.told(["t1"])
        await until(partial(_held, store), lambda number: number == 9)
        await asyncio.sleep(0)
        assert reader.read == ["t1"]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _held(store: Store) -> int:
    return held(store, "t1")


@pytest.mark.parametrize(("reason", "again"), [(Reason.UNAVAILABLE, True), (Reason.NOT_FOUND, False)])
async def test_what_could_not_be_read_is_read_with_the_next_page(reason: Reason, again: bool) -> None:
    store = MemoryStore()
    keep(store, "t1", held=1, copied=2)
    keep(store, "t2", held=1, copied=1)
    reader = Reader(store, {"t1": 2, "t2": 1}, refuses=Refusal(reason))
    async with own_threads(store, reader) as own:
        own.told(["t1"])
        await own.catch_up()
        reader.refuses = None
        await own.catch_up()
        assert reader.read == ["t1"]  # not by itself: that would be a storm
        own.told(["t2"])
        await own.catch_up()
        assert held(store, "t1") == 1 + again


@dataclass
class Quiet:
    """A registry whose log stands still."""

    async def watch_entries(self, *, from_leaf: int, most: int) -> AsyncIterator[pb.WatchEntriesResponse]:
        del from_leaf, most
        for _ in ():
            yield pb.WatchEntriesResponse()


async def test_a_mirror_that_begins_looks_at_every_thread_of_its_node() -> None:
    store = MemoryStore()
    keep(store, "t1", held=1, copied=2)
    reader = Reader(store, {"t1": 2})
    async with an_office(store) as office:
        mirror = _mirror(office, reader)
        assert mirror.own is not None
        await mirror.follow()
        await mirror.own.catch_up()
        assert held(store, "t1") == 2


def _mirror(office: Office, reader: Reader) -> Mirror:
    return Mirror(
        writer=office.writer, state=office.state, link=cast("Any", None), log=cast("Any", None),
        rosters=cast("Any", None), clock=lambda: NOW, source=cast("Any", Quiet()), read=reader,
    )  # fmt: skip
