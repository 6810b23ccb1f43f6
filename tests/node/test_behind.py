"""A neutral entry does not write the thread's state again; the store tells all the same of the thread in memory."""

from pathlib import Path

import pytest

from delegation.thread_json import thread_from_bytes
from delegation.thread_state import ThreadState
from node import threads
from node.records import EntryRecord, ThreadRecord
from node.service import Node
from node.store import Where
from node.threads import state_of
from tests.node.world import CHENGDU, HANGZHOU, World, clerk, issued, make, reach, running, until, view

TEXT = {"body": {"question": {"text": "事故当日是否打卡？"}}}


def stored(node: Node, ref: str) -> tuple[ThreadRecord, ThreadState]:
    """The row, and the thread by what the store has of it."""
    record = node.store.get(ThreadRecord, (ref,))
    assert record is not None
    entries = node.store.select(EntryRecord, (Where("thread_id", ref),), order=("sequence",))
    return record, state_of(record, entries)


async def ask(world: World, ref: str) -> None:
    """A question of the host and its answer, until both nodes have them and nothing waits."""
    home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
    held = home.state.threads.get(ref)
    assert held is not None
    assert held.thread is not None
    until_now = held.thread.sequence
    seen = await host.desk.act(clerk(CHENGDU), ref, "QUESTION", {"declared": {"blocking": False}, **TEXT}, None)
    asked = seen.queued[-1].envelope_id
    await until(lambda: view(home, HANGZHOU, ref), lambda _: _sequence(home, ref) == until_now + 1)
    await home.desk.act(clerk(HANGZHOU), ref, "ANSWER", {"in_reply_to": asked, **TEXT}, None)
    for node, bureau in ((home, HANGZHOU), (host, CHENGDU)):
        await until(lambda n=node, b=bureau: view(n, b, ref), lambda _, n=node: _sequence(n, ref) == until_now + 2)  # type: ignore[misc]  # bound for this turn
        await node.settle()


def _sequence(node: Node, ref: str) -> int:
    held = node.state.threads.get(ref)
    return held.thread.sequence if held is not None and held.thread is not None else 0


def memory(node: Node, ref: str) -> tuple[ThreadRecord, ThreadState]:
    """The same as the node has it in mind."""
    held = node.state.threads.get(ref)
    assert held is not None
    assert held.thread is not None
    return held.record, held.thread


async def test_the_stored_state_stays_behind_and_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # four in place of 64: what happens at the bound shall happen within a short test
    monkeypatch.setattr(threads, "_MOST_BEHIND", 4)
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        await reach(home, HANGZHOU, ref, "signed_for")
        behind: list[int] = []
        for _ in range(3):
            await ask(world, ref)
            for node in (home, host):
                assert stored(node, ref) == memory(node, ref)
            record, thread = memory(host, ref)
            behind.append(thread.sequence - thread_from_bytes(record.state_bytes).sequence)
        assert behind == [2, 4, 1], "written again after four"

        await world.stop_node(CHENGDU)
        host = await world.start_node(CHENGDU)
        before = memory(home, ref)[1]
        assert (await view(host, CHENGDU, ref)).row.state == "signed_for"
        assert memory(host, ref)[1].recent == before.recent
        assert memory(host, ref)[1].last_entry_digest == before.last_entry_digest
        assert stored(host, ref) == memory(host, ref)
        await ask(world, ref)
        await make(host, CHENGDU, ref, "ACCEPTED", {})
        await reach(home, HANGZHOU, ref, "accepted")
        await home.settle()
        for node in (home, host):
            record, thread = stored(node, ref)
            assert (record, thread) == memory(node, ref)
            assert thread_from_bytes(record.state_bytes) == thread, "a move writes it whole"
