"""Silence makes a row legal; the waiting side's node sends it, once, when its time is over."""

from datetime import datetime, timedelta
from pathlib import Path

from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    HANGZHOU,
    NOTHING,
    World,
    issued,
    make,
    make_two,
    now,
    reach,
    until,
    view,
)


async def test_an_unanswered_extension_is_deemed_granted(tmp_path: Path) -> None:
    shift = timedelta(0)

    def clock() -> datetime:
        return now() + shift

    world = World(tmp_path, clock=clock)
    try:
        await world.begin((HANGZHOU, CHENGDU))
        home, host = await world.start_node(HANGZHOU), await world.start_node(CHENGDU)
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        for kind, data in (("SIGNED_FOR", NOTHING), ("ACCEPTED", NOTHING), ("ASSIGNED", ASSIGNMENT)):
            await make(host, CHENGDU, ref, kind, data)
        await make(host, CHENGDU, ref, "EXTENSION_REQUESTED", {"reasons": ["E01"], "declared": {"working_days": 4}})
        await until(lambda: view(host, CHENGDU, ref), lambda v: len(v.entries) == 5)
        assert await host.sweeper.sweep() == 0  # too early
        await host.settle()
        await world.stop_registry()  # its clock must not jump under it
        shift = timedelta(days=6)
        assert await host.sweeper.sweep() == 1
        await world.start_registry()
        seen = await until(lambda: view(home, HANGZHOU, ref), lambda v: v.entries[-1].kind == "EXTENSION_DEEMED")
        assert seen.entries[-1].in_reply_to == seen.entries[-2].envelope_id
        assert await host.sweeper.sweep() == 0  # once
    finally:
        await world.stop()


async def test_a_withdrawal_that_nobody_confirms_takes_effect(tmp_path: Path) -> None:
    """The home's node sends WITHDRAWN by itself once the hand-over clock ran out, for the reasons first given."""
    shift = timedelta(0)

    def clock() -> datetime:
        return now() + shift

    world = World(tmp_path, clock=clock)
    try:
        await world.begin((HANGZHOU, CHENGDU))
        home, host = await world.start_node(HANGZHOU), await world.start_node(CHENGDU)
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make_two(home, HANGZHOU, ref, "WITHDRAW_REQUESTED", {"reasons": ["W01"], "text": "申请人撤回"})
        await reach(home, HANGZHOU, ref, "withdraw_requested")
        await reach(host, CHENGDU, ref, "withdraw_requested")
        assert await home.sweeper.sweep() == 0  # too early
        await home.settle()
        await world.stop_registry()  # its clock must not jump under it
        shift = timedelta(days=6)
        assert await home.sweeper.sweep() == 1
        await world.start_registry()
        seen = await reach(home, HANGZHOU, ref, "withdrawn")
        assert (seen.entries[-1].kind, seen.entries[-1].reasons) == ("WITHDRAWN", ("W01",))
        assert seen.entries[-1].in_reply_to == seen.entries[-2].envelope_id
        await reach(host, CHENGDU, ref, "withdrawn")
        assert await home.sweeper.sweep() == 0  # once
    finally:
        await world.stop()
