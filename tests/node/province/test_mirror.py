"""A provincial office's copy over a real registry: what it tells, that it goes on, and that it believes no lie."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.course import Course, advanced
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.figures import Count, Period
from delegation.payloads import signatures_digest
from node.desk.ports import Actor, Role
from node.province.copying import take_page
from node.province.course_bytes import read_course
from node.province.mirror import Mirror
from node.province.own_threads import Read
from node.province.ports import Behind, Overview, Wanted
from node.province.standing import Standing
from node.province.verifying import Item, check_items, read_items
from node.records import AlarmRecord, EntryRecord
from node.records_province import CourseRecord, WatchedRecord
from node.service import Node
from node.store import Where
from node.store_memory import MemoryStore
from tests.builders import ZHEJIANG_PO
from tests.node.province.office import Office, OfficeState, an_office
from tests.node.province.test_own_threads import Reader, keep
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    HANGZHOU,
    NOTHING,
    ZHEJIANG,
    World,
    issued,
    make,
    now,
    reach,
    running,
    until,
)
from xieban.delegation.v1 import entry_pb2
from xieban.federation.v1 import monitor_pb2 as pb


def _boss() -> Actor:
    return Actor("jg", "监管", ZHEJIANG_PO, frozenset({Role.SUPERVISOR}))


def _this_year() -> Wanted:
    today = day_of(now())
    return Wanted(period=Period(today - timedelta(days=30), today + timedelta(days=1)))


async def _overview(node: Node) -> Overview:
    return await node.oversight.overview(_boss(), _this_year())


def _counts(count: Count, number: int) -> Callable[[Overview], bool]:
    return lambda seen: seen.as_of.current and seen.tally.counts.get(count, 0) == number


async def test_an_office_sees_its_provinces_delegations_and_goes_on_after_a_stop(tmp_path: Path) -> None:
    async with running(tmp_path, ZHEJIANG, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await until(lambda: _overview(world.nodes[ZHEJIANG]), _counts(Count.IN_HAND, 1))
        await world.stop_node(ZHEJIANG)
        for kind, data in (("SIGNED_FOR", NOTHING), ("ACCEPTED", NOTHING), ("ASSIGNED", ASSIGNMENT)):
            await make(host, CHENGDU, ref, kind, data)
        office = await world.start_node(ZHEJIANG)
        seen = await until(lambda: _overview(office), _counts(Count.ACCEPTED, 1))
        assert seen.tally.counts[Count.ACCEPTED_QUICKLY] == 1
        assert seen.as_of.log_size > 0
        [line] = (await office.oversight.lines(_boss(), _this_year(), Behind(count=Count.ACCEPTED))).lines
        assert line.thread_id == ref
        assert line.due is not None
        timeline = await until(
            lambda: office.oversight.timeline(_boss(), ref), lambda v: v.steps[-1].kind is Kind.ASSIGNED
        )
        assert [step.kind for step in timeline.steps] == [
            Kind.ISSUED, Kind.SIGNED_FOR, Kind.ACCEPTED, Kind.ASSIGNED,
        ]  # fmt: skip
        assert [step.sequence for step in timeline.steps] == [1, 2, 3, 4]
        row = office.store.get(CourseRecord, (ref,))
        assert row is not None
        assert read_course(row.course) == _folded(host, ref)
        assert not office.store.select(AlarmRecord)
        assert home.store.count(WatchedRecord) == 0  # a bureau's node keeps no copy of others' threads


def _folded(node: Node, thread_id: str) -> Course:
    """The course by the host's own rows, which came by another way."""
    course: Course | None = None
    for row in node.store.select(EntryRecord, (Where("thread_id", thread_id),), order=("sequence",)):
        course = advanced(course, parse_header(row.header), parse_entry(row.entry))
    assert course is not None
    return course


@dataclass
class Liar:
    """A registry's stream that was recorded, and changed since; a real registry proves its leaves."""

    messages: Sequence[pb.WatchEntriesResponse]
    link: Any
    false_path: bool = False

    async def watch_entries(self, *, from_leaf: int, most: int) -> AsyncGenerator[pb.WatchEntriesResponse, None]:
        del from_leaf, most
        for message in self.messages:
            yield message

    async def inclusions(self, leaf_indexes: Sequence[int], *, tree_size: int) -> list[tuple[bytes, ...]]:
        paths: list[tuple[bytes, ...]] = await self.link.inclusions(leaf_indexes, tree_size=tree_size)
        return [(b"\x00" * 32, *path[1:]) for path in paths] if self.false_path else paths


async def _recorded(node: Node) -> list[pb.WatchEntriesResponse]:
    found = []
    async with aclosing(node.link.watch_entries(from_leaf=0, most=256)) as stream:
        async for message in stream:
            found.append(message)
            if message.complete:
                break
    return found


def _mirror(office: Office, node: Node, liar: Liar, read: Read | None = None) -> Mirror:
    cast("OfficeState", office.state).rosters = node.state.rosters  # type: ignore[assignment]  # the real ones
    return Mirror(
        writer=office.writer, state=office.state, link=node.link, log=node.log, rosters=node.mirror.rosters,
        clock=now, source=liar, read=read,
    )  # fmt: skip


def _copy(messages: Sequence[pb.WatchEntriesResponse]) -> list[pb.WatchEntriesResponse]:
    found = []
    for message in messages:
        other = pb.WatchEntriesResponse()
        other.CopyFrom(message)
        found.append(other)
    return found


def _flip(data: bytes, at: int = -1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def _other_header(items: Any) -> None:
    items[1].header = items[2].header


def _other_signature(items: Any) -> None:
    items[1].signatures[0] = items[2].signatures[0]


def _spoilt_header(items: Any) -> None:
    items[1].header = _flip(items[1].header)


def _earlier_entry(items: Any) -> None:
    entry = entry_pb2.Entry.FromString(items[1].entry)
    entry.accepted_at.seconds -= 60
    items[1].entry = entry.SerializeToString(deterministic=True)


def _other_day(items: Any) -> None:
    entry = entry_pb2.Entry.FromString(items[1].entry)
    entry.due_dates[0].legal = date(2031, 1, 2).isoformat()
    items[1].entry = entry.SerializeToString(deterministic=True)


def _no_entry(items: Any) -> None:
    items[1].entry = b"\xff"


def _other_leaf(message: pb.WatchEntriesResponse) -> None:
    message.items[1].leaf -= 1


def _leaf_of_no_tree(message: pb.WatchEntriesResponse) -> None:
    message.items[1].leaf = 2**64 - 1


def _other_thread(message: pb.WatchEntriesResponse) -> None:
    message.items[1].thread_id = "WT-330100-20260101-000001-7"


def _left_out(items: Any) -> None:
    del items[1]


def _changed_places(items: Any) -> None:
    first, second = pb.WatchedEntry(), pb.WatchedEntry()
    first.CopyFrom(items[1])
    second.CopyFrom(items[2])
    items[1].CopyFrom(second)
    items[2].CopyFrom(first)


_LIES = (
    _other_header, _other_signature, _spoilt_header, _earlier_entry, _other_day, _no_entry, _left_out, _changed_places,
)  # fmt: skip


async def test_what_does_not_verify_is_parked_with_an_alarm(tmp_path: Path) -> None:
    async with running(tmp_path, ZHEJIANG, HANGZHOU, CHENGDU) as world:
        messages = await _played(world)
        node = world.nodes[ZHEJIANG]
        await _believed(node, messages)
        _forged_by_the_registry(node, messages)
        await _chained_otherwise(node, messages)
        for lie in _LIES:
            told = _copy(messages)
            lie(told[0].items)
            await _not_believed(node, Liar(told, node.link), messages, lie.__name__)
        await _not_believed(node, Liar(_copy(messages), node.link, false_path=True), messages, "false_path")
        for spoil in (_spoilt_head, _beyond_the_head, _other_leaf, _leaf_of_no_tree, _other_thread):
            told = _copy(messages)
            spoil(told[0])
            await _refused(node, Liar(told, node.link))


def _forged_by_the_registry(node: Node, messages: Sequence[pb.WatchEntriesResponse]) -> None:
    """An entry that speaks of the very signature that it came with, and the signature is nobody's."""
    told = messages[0].items[1]
    signatures = (_flip(told.signatures[0]),)
    entry = entry_pb2.Entry.FromString(told.entry)
    entry.envelope.signatures_digest = signatures_digest(signatures)
    item = Item(told.leaf, told.thread_id, told.header, signatures, entry.SerializeToString(deterministic=True))
    trust = node.state.rosters.current
    [checked] = check_items(read_items([item]), {trust.view.version: trust}, trust)
    assert checked.reason == Reason.BAD_SIGNATURE.value
    [unknown] = check_items(read_items([item]), {}, trust)
    assert unknown.reason == Reason.ROSTER_NOT_TRUSTED.value


async def _chained_otherwise(node: Node, messages: Sequence[pb.WatchEntriesResponse]) -> None:
    """A log that holds everything, signed by everybody, where an entry follows another than the one before it."""
    store, trust = MemoryStore(), node.state.rosters.current
    items = [Item(e.leaf, e.thread_id, e.header, tuple(e.signatures), e.entry) for e in messages[0].items]
    entry = entry_pb2.Entry.FromString(items[1].entry)
    entry.previous_entry_digest = bytes(32)
    items[1] = replace(items[1], entry=entry.SerializeToString(deterministic=True))
    page = check_items(read_items(items), {trust.view.version: trust}, trust)
    assert not any(each.reason for each in page)
    async with an_office(store, now) as office:
        assert await office.writer.run(partial(take_page, page=page, standing=None)) == (1, 2)


async def _played(world: World) -> list[pb.WatchEntriesResponse]:
    home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
    ref = (await issued(home, HANGZHOU)).row.delegation_id
    await reach(host, CHENGDU, ref, "issued")
    for kind in ("SIGNED_FOR", "ACCEPTED"):
        await make(host, CHENGDU, ref, kind, NOTHING)
    await reach(home, HANGZHOU, ref, "accepted")
    await until(lambda: _overview(world.nodes[ZHEJIANG]), _counts(Count.ACCEPTED, 1))
    messages = await _recorded(world.nodes[ZHEJIANG])
    assert len(messages[0].items) == 3
    return messages


async def _views(office: Office) -> Overview:
    return await office.views.overview(_boss(), _this_year())


async def _believed(node: Node, messages: Sequence[pb.WatchEntriesResponse]) -> None:
    store = MemoryStore()
    thread_id = messages[0].items[0].thread_id
    keep(store, thread_id, held=1, copied=0)  # the node's own, as if its deliveries had stopped
    reader = Reader(store, {thread_id: 3})
    async with an_office(store, now) as office:
        mirror = _mirror(office, node, Liar(messages, node.link), reader)
        assert mirror.own is not None
        await mirror.take(messages[0], 0)
        for _ in range(2):  # told twice, counted once
            await mirror.own.catch_up()
            assert reader.read == [thread_id]  # and its own thread is read once
            await mirror.follow()
            seen = await _views(office)
            assert seen.as_of.current
            assert seen.tally.counts[Count.ACCEPTED] == 1
            assert (mirror.items, mirror.parked) == (3, 0)
        other = _copy(messages)
        _earlier_entry(other[0].items)
        await _mirror(office, node, Liar(other, node.link)).follow()  # what was verified stays, the other is told of
        [alarm] = store.select(AlarmRecord)
        assert json.loads(alarm.details)["why"] == "two_contents"
        assert (await _views(office)).tally == seen.tally


async def _not_believed(node: Node, liar: Liar, messages: Sequence[pb.WatchEntriesResponse], name: str) -> None:
    store = MemoryStore()
    async with an_office(store, now) as office:
        mirror = _mirror(office, node, liar)
        await mirror.follow()
        seen = await _views(office)
        assert mirror.parked, name
        assert not seen.as_of.current, name
        assert not seen.tally.counts.get(Count.ACCEPTED), name
        [alarm, *_] = store.select(AlarmRecord)
        assert alarm.reason == Reason.ENTRY_MISMATCH.value
        assert alarm.proof
        await _healed(office, node, messages, name)


async def _healed(office: Office, node: Node, messages: Sequence[pb.WatchEntriesResponse], name: str) -> None:
    """The registry tells the truth at last: what was in doubt is read again, and counts."""
    mirror = _mirror(office, node, Liar(messages, node.link))
    await mirror.look_again()
    await mirror.follow()
    await mirror.look_again()
    seen = await _views(office)
    assert seen.tally.counts.get(Count.ACCEPTED) == 1, name
    assert seen.as_of.current, name


def _spoilt_head(message: pb.WatchEntriesResponse) -> None:
    message.checkpoint = message.checkpoint.replace(b"\n", b"\n1", 1)


def _beyond_the_head(message: pb.WatchEntriesResponse) -> None:
    message.next_leaf += 1


async def _refused(node: Node, liar: Liar) -> None:
    store = MemoryStore()
    async with an_office(store, now) as office:
        mirror = _mirror(office, node, liar)
        with pytest.raises(Refusal) as refused:
            await mirror.follow()
        assert refused.value.reason in {Reason.CHECKPOINT_NOT_TRUSTED, Reason.MALFORMED, Reason.ENTRY_MISMATCH}
        assert store.count(WatchedRecord) == 0
        assert not (await _views(office)).as_of.current


class Stranger:
    """Heads of nobody's log, and how often one was looked at."""

    def __init__(self) -> None:
        self.looks = 0

    async def trusted(self, link: object, note: bytes) -> Any:
        """None is."""
        del link, note
        self.looks += 1
        raise Refusal(Reason.CHECKPOINT_NOT_TRUSTED)


async def test_a_stranger_is_asked_again_later_and_told_of() -> None:
    store, heads = MemoryStore(), Stranger()
    async with an_office(store, now) as office:
        standing = Standing(5, b"note", 5, now(), complete=True)
        await office.writer.run(partial(take_page, page=[], standing=standing))
        assert (await _views(office)).as_of.current
        mirror = Mirror(
            writer=office.writer, state=office.state, link=cast("Any", None), log=heads, rosters=cast("Any", None),
            clock=now, source=Liar([pb.WatchEntriesResponse(next_leaf=5)], None),
        )  # fmt: skip
        task = asyncio.create_task(mirror.run())
        await until(lambda: _views(office), lambda seen: not seen.as_of.current)
        await asyncio.sleep(0.2)
        assert heads.looks == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        [alarm] = store.select(AlarmRecord)
        assert alarm.reason == Reason.CHECKPOINT_NOT_TRUSTED.value


async def test_a_node_that_oversees_nobody_copies_nothing() -> None:
    async with an_office(MemoryStore()) as office:
        cast("OfficeState", office.state).units = frozenset({"330100"})
        mirror = Mirror(
            writer=office.writer, state=office.state, link=cast("Any", None), log=cast("Any", None),
            rosters=cast("Any", None), clock=now,
        )  # fmt: skip
        assert not mirror.needed
        task = asyncio.create_task(mirror.run())
        await asyncio.sleep(0.05)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await office.writer.run(partial(_rows)) == 0


def _rows(tx: Any, state: Any, at: Any) -> int:
    del state, at
    return int(tx.store.count(WatchedRecord))
