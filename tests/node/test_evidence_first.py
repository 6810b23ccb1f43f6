"""Delivery evidence that comes before our own envelope's entry waits for it and for nothing else, also over a crash."""

from pathlib import Path

from delegation.errors import Reason, Refusal
from node.desk.views import DelegationView
from node.records import WaitingRecord
from node.service import Node
from tests.node.world import CHENGDU, HANGZHOU, World, clerk, issued, make, reach, running, until, view


async def _told(node: Node, ref: str) -> DelegationView:
    """Wait until the home knows that its question was delivered."""
    return await until(
        lambda: view(node, HANGZHOU, ref),
        lambda seen: len(seen.entries) == 2 and bool(seen.entries[1].deliveries) and not node.state.waits.threads,
    )


async def _evidence_waits(world: World) -> str:
    """The home's question is delivered, and its answer is lost on the way: the evidence is the first thing it hears."""
    home = world.nodes[HANGZHOU]
    ref = (await issued(home, HANGZHOU)).row.delegation_id
    await reach(world.nodes[CHENGDU], CHENGDU, ref, "issued")
    await until(lambda: view(home, HANGZHOU, ref), lambda seen: bool(seen.entries[0].deliveries))
    await home.settle()
    taken = home.courier._take_results

    async def lost(*_: object) -> None:
        raise Refusal(Reason.STOPPING)

    home.courier._take_results = lost  # type: ignore[method-assign, assignment]  # as a kill at that point
    await make(home, HANGZHOU, ref, "QUESTION", {"body": {"question": {"text": "问题"}}})

    async def waiting() -> list[WaitingRecord]:
        return home.store.select(WaitingRecord)

    [record] = await until(waiting, bool)
    assert record.cause == "envelope"
    home.courier.read_thread = lost  # type: ignore[method-assign, assignment]  # what fills gaps is not what helps here
    home.courier._take_results = taken  # type: ignore[method-assign]
    return ref


async def test_the_late_answer_brings_the_evidence_with_it(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        ref = await _evidence_waits(world)
        home = world.nodes[HANGZHOU]
        await _told(home, ref)
        assert not home.store.select(WaitingRecord)


async def test_a_node_that_was_killed_meanwhile_still_takes_it(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        ref = await _evidence_waits(world)
        await world.stop_node(HANGZHOU)
        home = await world.start_node(HANGZHOU)
        assert clerk(HANGZHOU).unit in home.state.units
        await _told(home, ref)
        assert not home.store.select(WaitingRecord)
