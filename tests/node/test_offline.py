"""Cut off: composing, sealing and queueing go on; everything passes by itself when the registry is back."""

from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    HANGZHOU,
    NOTHING,
    a_result,
    approver,
    clerk,
    issued,
    make,
    make_two,
    reach,
    running,
    view,
)


async def test_a_queue_composed_offline_passes_and_survives_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(world.nodes[CHENGDU], CHENGDU, ref, "issued")
        await world.nodes[CHENGDU].settle()
        await world.stop_registry()

        host = world.nodes[CHENGDU]
        for kind, data in (("SIGNED_FOR", NOTHING), ("ACCEPTED", NOTHING), ("ASSIGNED", ASSIGNMENT)):
            await make(host, CHENGDU, ref, kind, data)
        await make_two(host, CHENGDU, ref, "REPORTED", a_result())
        seen = await view(host, CHENGDU, ref)
        assert [item.kind for item in seen.queued] == ["SIGNED_FOR", "ACCEPTED", "ASSIGNED", "REPORTED"]
        assert seen.row.state == "issued"
        assert seen.queued_state == "reported"

        await world.stop_node(CHENGDU)
        host = await world.start_node(CHENGDU)
        assert [item.kind for item in (await view(host, CHENGDU, ref)).queued] == [item.kind for item in seen.queued]
        await world.start_registry()
        await reach(host, CHENGDU, ref, "reported")
        home = await reach(world.nodes[HANGZHOU], HANGZHOU, ref, "reported")
        assert [entry.kind for entry in home.entries][1:] == ["SIGNED_FOR", "ACCEPTED", "ASSIGNED", "REPORTED"]
        assert not (await host.desk.todo(approver(CHENGDU))).items


async def test_a_letter_composed_offline_arrives_once(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        await issued(home, HANGZHOU)
        await home.settle()
        await world.stop_registry()
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        with pytest.raises(Refusal) as refused:  # the host has never heard of it
            await view(world.nodes[CHENGDU], CHENGDU, ref)
        assert refused.value.reason is Reason.NOT_FOUND
        await world.start_registry()
        seen = await reach(world.nodes[CHENGDU], CHENGDU, ref, "issued")
        assert len(seen.entries) == 1


async def test_a_refused_move_comes_back_with_what_was_built_on_it(tmp_path: Path) -> None:
    """Both sides move while cut off: the host's queue loses against a withdrawal, and nothing typed is lost."""
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await host.settle()
        await host.stop()
        del world.nodes[CHENGDU]
        away = await world.start_node(CHENGDU, carry=False)  # up, and not carrying
        await make(away, CHENGDU, ref, "SIGNED_FOR", {})
        await make(away, CHENGDU, ref, "ACCEPTED", {"text": "同意受托"})
        await make_two(home, HANGZHOU, ref, "WITHDRAW_REQUESTED", {"reasons": ["W01"], "text": "申请人撤回"})
        await reach(home, HANGZHOU, ref, "withdraw_requested")
        away.carry()
        from tests.node.world import until

        seen = await until(
            lambda: view(away, CHENGDU, ref), lambda v: [q.state for q in v.queued] == ["refused", "returned_draft"]
        )
        assert seen.queued[0].reason == "STALE"
        assert seen.queued[1].reason == "PREDECESSOR_REFUSED"
        assert seen.queued[1].data == {"text": "同意受托"}
        shown = (await away.desk.todo(clerk(CHENGDU))).items
        assert [item.kind for item in shown].count("refused") == 2
