"""The one writer: group commit, no trace of what was refused, nothing answered that is not on disk."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from datetime import UTC, datetime

import pytest

from delegation.errors import Reason, Refusal
from node.records import CursorRecord, ThreadRecord
from node.store_memory import MemoryStore
from node.writer import Batch, Staged, Tx, Writer
from tests.node.test_store import a_thread

AT = datetime(2026, 3, 12, tzinfo=UTC)


class Room:
    """Memory beside the store."""

    def __init__(self) -> None:
        self.held: dict[object, object] = {}
        self.forgotten = 0

    def settle(self, memory: Mapping[object, Mapping[object, object]]) -> None:
        for values in memory.values():
            self.held.update(values)

    def forget(self) -> None:
        self.forgotten += 1
        self.held.clear()


@pytest.fixture
async def parts() -> AsyncIterator[tuple[MemoryStore, Room, Writer[Room]]]:
    store, room = MemoryStore(), Room()
    writer = Writer(store, room, lambda: AT)
    writer.start()
    yield store, room, writer
    await writer.stop()


def raising(reason: Reason) -> Callable[[Tx, Room, datetime], None]:
    def use(tx: Tx, room: Room, at: datetime) -> None:
        tx.put(CursorRecord("refused", 1))
        tx.remember(room, "refused", 1)
        raise Refusal(reason)

    return use


def adding(tx: Tx, room: Room, at: datetime) -> int:
    have = tx.get(CursorRecord, ("u",))
    number = 1 + (have.cursor if have is not None else 0)
    tx.put(CursorRecord("u", number))
    tx.remember(room, "u", number)
    return number


Parts = tuple[MemoryStore, Room, Writer[Room]]


async def test_later_use_cases_of_a_batch_see_earlier_ones(parts: Parts) -> None:
    store, room, writer = parts
    results = await asyncio.gather(*(writer.run(adding) for _ in range(200)))
    assert sorted(results) == list(range(1, 201))
    assert room.held["u"] == 200
    assert store.commits < 200


@pytest.mark.parametrize(
    ("given", "commits"),
    [
        ([1] * 32, 1),
        ([1] * 48, 1),  # the few that are over go along
        ([1] * 49, 2),
        ([1] * 64, 2),  # two waves stay two
        ([1] * 65, 2),
        ([31, 2], 1),  # what one caller gave stays whole
        ([32, 31], 2),
        ([100, 1], 1),
    ],
)
async def test_a_batch_leaves_no_few_behind_and_two_waves_stay_two(
    parts: Parts, given: list[int], commits: int
) -> None:
    store, _, writer = parts
    begun, go = threading.Event(), threading.Event()

    def holding(tx: Tx, room: Room, at: datetime) -> None:
        begun.set()
        assert go.wait(10)

    first = asyncio.create_task(writer.run(holding))
    assert await asyncio.to_thread(begun.wait, 10)
    tasks = [asyncio.create_task(writer.run_each([adding] * count)) for count in given]
    await asyncio.sleep(0.01)
    go.set()
    await first
    done = [number for task in tasks for number in await task]
    assert done == list(range(1, sum(given) + 1))
    assert store.commits == commits


async def test_a_refused_use_case_leaves_no_trace_and_no_harm(parts: Parts) -> None:
    store, room, writer = parts
    done = await asyncio.gather(
        writer.run(adding),
        writer.run(raising(Reason.STALE)),
        writer.run(adding),
        return_exceptions=True,
    )
    assert [done[0], done[2]] == [1, 2]
    assert isinstance(done[1], Refusal)
    assert store.get(CursorRecord, ("refused",)) is None
    assert "refused" not in room.held


async def test_use_cases_given_together_are_done_in_order_and_refused_one_by_one(parts: Parts) -> None:
    store, room, writer = parts
    done = await writer.run_each([adding, raising(Reason.STALE), adding])
    assert [done[0], done[2]] == [1, 2]
    assert isinstance(done[1], Refusal)
    assert store.get(CursorRecord, ("refused",)) is None
    assert "refused" not in room.held
    assert store.commits == 1
    assert writer.use_cases == 3
    assert await writer.run_each([]) == []


async def test_a_failed_commit_fails_all_that_were_given_together(parts: Parts) -> None:
    store, _, writer = parts
    store.fail_commits = 1
    done = await writer.run_each([adding, raising(Reason.STALE), adding])
    assert [found.reason for found in done if isinstance(found, Refusal)] == [
        Reason.DISK_FULL,
        Reason.STALE,
        Reason.DISK_FULL,
    ]
    assert await writer.run(adding) == 1


async def test_a_use_case_that_takes_back_what_it_wrote_may_go_on(parts: Parts) -> None:
    store, room, writer = parts

    def otherwise(tx: Tx, room: Room, at: datetime) -> int:
        tx.put(CursorRecord("first", 1))
        tx.remember(room, "first", 1)
        tx.after.append(lambda: room.held.update(told=1))
        tx.undo()
        return adding(tx, room, at)

    assert await writer.run(otherwise) == 1
    assert store.get(CursorRecord, ("first",)) is None
    assert set(room.held) == {"u"}


def test_what_is_taken_back_leaves_what_was_there_before() -> None:
    store, batch, room = MemoryStore(), Batch(), Room()
    first = Tx(store, batch, AT)
    first.put(CursorRecord("kept", 1))
    first.put(CursorRecord("gone", 1))
    first.remember(room, "kept", 1)
    first.after.append(lambda: None)
    second = Tx(store, batch, AT)
    for number in (2, 3):
        second.put(CursorRecord("kept", number))
        second.remember(room, "kept", number)
    second.delete(CursorRecord, ("gone",))
    second.put(CursorRecord("new", 1))
    second.remember(room, "new", 1)
    second.after.append(lambda: None)
    second.undo()
    assert batch.changes == {CursorRecord: {("kept",): CursorRecord("kept", 1), ("gone",): CursorRecord("gone", 1)}}
    assert batch.memory == {room: {"kept": 1}}
    assert not second.after
    assert len(first.after) == 1


def test_what_only_moved_is_seen_and_gives_way_to_a_whole_record_until_that_is_taken_back() -> None:
    store, batch = MemoryStore(), Batch()
    key = ("t1",)
    store.commit({ThreadRecord: {key: a_thread(version=1)}})
    first = Tx(store, batch, AT)
    first.put_moved(a_thread(version=2))
    assert batch.writes
    assert first.get(ThreadRecord, key) == a_thread(version=2)
    assert first.select(ThreadRecord) == [a_thread(version=2)]
    second = Tx(store, batch, AT)
    second.put(a_thread(version=3, state="issued"))
    second.put_moved(a_thread(version=4, state="issued"))
    assert second.get(ThreadRecord, key) == a_thread(version=4, state="issued")
    assert (batch.changes, batch.moved) == (
        {ThreadRecord: {key: a_thread(version=4, state="issued")}},
        {ThreadRecord: {}},
    )
    second.undo()
    assert (batch.changes, batch.moved) == ({ThreadRecord: {}}, {ThreadRecord: {key: a_thread(version=2)}})
    third = Tx(store, batch, AT)
    third.delete(ThreadRecord, key)
    assert third.get(ThreadRecord, key) is None
    assert third.select(ThreadRecord) == []
    third.undo()
    assert third.get(ThreadRecord, key) == a_thread(version=2)


def test_a_batch_of_what_was_taken_back_writes_nothing() -> None:
    batch = Batch()
    tx = Tx(MemoryStore(), batch, AT)
    tx.put(CursorRecord("u", 1))
    assert batch.writes
    tx.undo()
    assert not batch.writes


def in_three(name: str, seen: list[str], *, refused: bool = False) -> Staged[Room, int]:
    """A use case of three steps that notes when each was made; the last writes and may be refused after that."""

    def steps(tx: Tx, room: Room, at: datetime) -> Generator[None, None, int]:
        have = tx.get(CursorRecord, (name,))
        seen.append(f"{name}1")
        yield
        seen.append(f"{name}2")
        yield
        seen.append(f"{name}3")
        tx.after.append(lambda: seen.append(f"{name} told"))
        tx.put(CursorRecord(name, 1 + (have.cursor if have is not None else 0)))
        if refused:
            raise Refusal(Reason.STALE)
        return have.cursor if have is not None else 0

    return Staged(name, steps)


async def test_staged_use_cases_about_different_things_are_made_step_by_step(parts: Parts) -> None:
    store, _, writer = parts
    seen: list[str] = []
    use_cases = [in_three(name, seen, refused=name == "b") for name in ("a", "b", "c")]
    found = await writer.run_each(use_cases)
    assert seen == ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3", "a told", "c told"]
    assert isinstance(found[1], Refusal)
    assert [found[0], found[2]] == [0, 0]
    assert [store.get(CursorRecord, (name,)) is not None for name in "abc"] == [True, False, True]


async def test_staged_use_cases_about_the_same_see_each_other(parts: Parts) -> None:
    _, _, writer = parts
    seen: list[str] = []
    again = in_three("a", seen)
    assert await writer.run_each([again, in_three("b", seen), again]) == [0, 0, 1]
    assert seen[:6] == ["a1", "b1", "a2", "b2", "a3", "b3"]


async def test_what_stands_between_staged_use_cases_keeps_its_turn(parts: Parts) -> None:
    _, _, writer = parts
    seen: list[str] = []

    def between(tx: Tx, room: Room, at: datetime) -> int:
        seen.append("between")
        tx.put(CursorRecord("b", 7))
        return 0

    use_cases: list[Callable[[Tx, Room, datetime], int]] = [in_three("a", seen), between, in_three("b", seen)]
    found = await writer.run_each(use_cases)
    assert found == [0, 0, 7]
    assert seen[:7] == ["a1", "a2", "a3", "between", "b1", "b2", "b3"]


async def test_a_staged_use_case_that_breaks_is_internal_and_harms_no_other(parts: Parts) -> None:
    store, _, writer = parts

    def broken(tx: Tx, room: Room, at: datetime) -> Generator[None, None, int]:
        yield
        tx.put(CursorRecord("x", 1))
        raise ZeroDivisionError

    use_cases = [Staged("x", broken), in_three("y", [])]
    found = await writer.run_each(use_cases)
    assert isinstance(found[0], Refusal)
    assert found[0].reason is Reason.INTERNAL
    assert found[1] == 0
    assert store.get(CursorRecord, ("x",)) is None
    assert store.get(CursorRecord, ("y",)) is not None


async def test_a_staged_use_case_may_be_run_as_any_other(parts: Parts) -> None:
    store, _, writer = parts
    staged = in_three("a", [])
    assert await writer.run(lambda tx, room, at: staged(tx, room, at)) == 0
    assert store.get(CursorRecord, ("a",)) is not None


async def test_a_broken_use_case_is_internal_and_the_writer_goes_on(parts: Parts) -> None:
    _, _, writer = parts

    def broken(tx: Tx, room: Room, at: datetime) -> None:
        raise ZeroDivisionError

    with pytest.raises(Refusal) as refused:
        await writer.run(broken)
    assert refused.value.reason is Reason.INTERNAL
    assert await writer.run(adding) == 1


async def test_a_failed_commit_fails_everything_in_it_and_memory_is_forgotten(parts: Parts) -> None:
    store, room, writer = parts
    store.fail_commits = 1
    done = await asyncio.gather(writer.run(adding), return_exceptions=True)
    assert [found.reason for found in done if isinstance(found, Refusal)] == [Reason.DISK_FULL]
    assert room.forgotten == 1
    assert await writer.run(adding) == 1


async def test_a_stopped_writer_refuses(parts: Parts) -> None:
    _, _, writer = parts
    await writer.stop()
    with pytest.raises(Refusal) as refused:
        await writer.run(adding)
    assert refused.value.reason is Reason.STOPPING


def test_a_select_sees_the_batch() -> None:
    store, batch = MemoryStore(), Batch()
    store.commit({CursorRecord: {("a",): CursorRecord("a", 1), ("b",): CursorRecord("b", 2)}})
    tx = Tx(store, batch, AT)
    tx.put(CursorRecord("c", 3))
    tx.delete(CursorRecord, ("a",))
    assert [item.unit for item in tx.select(CursorRecord)] == ["b", "c"]
    assert [item.unit for item in Tx(store, batch, AT).select(CursorRecord, order=("cursor",), descending=True)] == [
        "c",
        "b",
    ]


async def test_what_came_up_is_told_once_a_batch_after_the_answers() -> None:
    told: list[int] = []
    answered: list[int] = []
    writer = Writer(MemoryStore(), Room(), lambda: AT, spread=lambda: told.append(len(answered)))
    writer.start()
    try:
        answered += [found for found in await writer.run_each([adding] * 5) if isinstance(found, int)]
        assert answered == [1, 2, 3, 4, 5]
        await asyncio.sleep(0)
        assert len(told) == 1
    finally:
        await writer.stop()


class BlindRoom(Room):
    """Memory that cannot be read again, and a hint that fails."""

    def __init__(self) -> None:
        super().__init__()
        self.blind = False

    def forget(self) -> None:
        super().forget()
        if self.blind:
            raise Refusal(Reason.STORAGE_UNAVAILABLE)


async def test_a_store_that_is_away_for_long_costs_answers_and_never_the_writer() -> None:
    store, room = MemoryStore(), BlindRoom()
    writer = Writer(store, room, lambda: AT)
    writer.start()
    try:
        room.blind = True
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "commit", _away)
            for _ in range(2):  # the second finds a memory that could not be read again
                with pytest.raises(Refusal) as refused:
                    async with asyncio.timeout(5):
                        await writer.run(adding)
                assert refused.value.reason is Reason.STORAGE_UNAVAILABLE
        with pytest.raises(Refusal):
            await writer.run(adding)  # the store is back, the memory is not: nothing is judged by it
        room.blind = False
        assert await writer.run(adding) == 1
    finally:
        await writer.stop()


def _away(changes: object) -> None:
    raise Refusal(Reason.STORAGE_UNAVAILABLE)


async def test_a_hint_that_fails_costs_neither_the_others_nor_the_writer(parts: Parts) -> None:
    _, _, writer = parts
    given: list[str] = []

    def use(tx: Tx, room: Room, at: datetime) -> None:
        tx.put(CursorRecord("u", 1))
        tx.after.append(lambda: [].pop())
        tx.after.append(lambda: given.append("hint"))

    async with asyncio.timeout(5):
        await writer.run(use)
        assert given == ["hint"]
        assert await writer.run(adding) == 2
