"""A draw that is cut off anywhere goes on where it was: one secret, one of each envelope, and the same panel."""

import asyncio
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from delegation.appraisal_facts import AppraisalFacts
from delegation.codes import Kind
from delegation.errors import Refusal
from node.desk.ports import Actor
from node.desk.views import TodoItem
from node.draws import steps
from node.draws.keeping import DrawKey
from node.draws.runner import Drawer
from node.records import EntryRecord, MetaRecord, OutboxRecord
from node.service import Node
from tests.node import appraisals as a
from tests.node.test_appraisal import Clock, ahead
from tests.node.world import (
    CHENGDU,
    COMMITTEES,
    HANGZHOU,
    SICHUAN,
    UNITS_OF,
    World,
    clerk,
    running,
    until,
    view,
)

DRAWN: Final = (Kind.DRAW_COMMITTED, Kind.DRAW_REVEALED, Kind.PANEL_DRAWN)


async def test_a_node_that_dies_between_any_two_steps_draws_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step of each node is its last: the node is stopped right after it and started again."""
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        await a.with_pool(host, CHENGDU)
        ref = await a.until_accepted(home, host)
        for node in (home, host):
            await still(node)
        monkeypatch.setattr(Drawer, "run", idle)  # from now on nobody carries a draw on but this test
        await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", a.PLAN)
        await a.both_reach(home, host, ref, "specialty_set")
        secrets: dict[str, bytes] = {}
        for _ in range(12):
            moved = False
            for bureau in (HANGZHOU, CHENGDU):
                node = world.nodes[bureau]
                await node.settle()
                before = len(node.store.select(OutboxRecord)) + len(node.store.select(MetaRecord))
                need = await node.writer.run(partial(steps.step, thread_id=ref))
                if need is not None:
                    await node.drawer._fetch(need)
                moved |= len(node.store.select(OutboxRecord)) + len(node.store.select(MetaRecord)) > before
                await world.stop_node(bureau)
                await world.start_node(bureau)
            kept = secrets_of(world)
            assert kept == {**kept, **secrets}  # once drawn, a secret stays
            secrets = kept
            if not moved and (await a.see(world.nodes[HANGZHOU], HANGZHOU, ref)).row.state == "panel_drawn":
                break
        seen = await a.both_reach(world.nodes[HANGZHOU], world.nodes[CHENGDU], ref, "panel_drawn")
        found = Counter((each.kind, each.sender_unit) for each in seen.entries if Kind[each.kind] in DRAWN)
        sides = (COMMITTEES[HANGZHOU], COMMITTEES[CHENGDU])
        assert found == Counter(
            [("DRAW_COMMITTED", unit) for unit in sides]
            + [("DRAW_REVEALED", unit) for unit in sides]
            + [("PANEL_DRAWN", COMMITTEES[CHENGDU])]
        )
        assert not seen.alarms


async def idle(self: Drawer) -> None:
    """A drawer that never does anything."""
    del self
    await asyncio.Event().wait()


async def still(node: Node) -> None:
    """Stop what carries draws on in a node that runs."""
    for task in node._tasks:
        if task.get_name() == "drawer":
            task.cancel()


def secrets_of(world: World) -> dict[str, bytes]:
    """What the nodes keep of their secrets, as it is stored."""
    found: dict[str, bytes] = {}
    for node in world.nodes.values():
        found |= {each.name: each.value for each in node.store.select(MetaRecord) if "/secret/" in each.name}
    return found


async def test_no_secret_is_stored_in_the_clear(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        await a.with_pool(host, CHENGDU)
        ref = await a.until_accepted(home, host)
        await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", a.PLAN)
        seen = await a.both_reach(home, host, ref, "panel_drawn")
        shown = {each.declared["secret"] for each in seen.entries if each.kind == "DRAW_REVEALED"}
        assert len(shown) == 2
        for value in secrets_of(world).values():
            assert not any(bytes.fromhex(str(secret)) in value for secret in shown)


async def test_a_panel_that_the_lot_did_not_fall_on_is_protested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's opening in the sealed body: the registry cannot see it, the other side's node does."""
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        await a.with_pool(host, CHENGDU)
        ref = await a.until_accepted(home, host)
        monkeypatch.setattr(steps, "_pool", without_a_signature(steps._pool))
        await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", a.PLAN)
        seen = await until(
            lambda: a.see(home, HANGZHOU, ref), lambda found: found.entries[-1].kind == "PROTEST" and not found.queued
        )
        panel = next(each for each in seen.entries if each.kind == "PANEL_DRAWN")
        assert (panel.state, panel.parked_reason) == ("parked", "BODY_GUARD_FAILED")
        assert seen.entries[-1].in_reply_to == panel.envelope_id
        told = await a.until_entry(host, CHENGDU, ref, "PROTEST")
        assert told.entries[-1].body == {
            **(told.entries[-1].body or {}),
            "protest": {"guard": "pool_committed"},
        }
        monkeypatch.undo()  # whoever mends the node lets it say the same again
        await a.act(host, CHENGDU, ref, "PANEL_DRAWN", {"replaces": panel.envelope_id})
        seen = await a.until_entry(home, HANGZHOU, ref, "PANEL_DRAWN")
        assert (seen.entries[-1].state, seen.entries[-1].replaces) == ("applied", panel.envelope_id)
        assert seen.appraisal is not None
        assert all(each.name for each in seen.appraisal.panel)
        report = await home.draws.check_draw(a.member(HANGZHOU), ref)
        assert report.ok, report.failed


Opened = Callable[[EntryRecord, bytes], dict[str, object]]


def without_a_signature(real: Opened) -> Opened:
    """The pool's commitment, as if nobody had signed it."""

    def pool(record: EntryRecord, proof: bytes) -> dict[str, object]:
        return {**real(record, proof), "signatures": [b64encode(bytes(64)).decode()]}

    return pool


async def late(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Node, Node, str]:
    """A draw in which the host commits and never shows its secret."""
    home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
    await a.with_pool(host, CHENGDU)
    ref = await a.until_accepted(home, host)
    real = steps._Side._reveal

    def silent(self: steps._Side, key: DrawKey, facts: AppraisalFacts) -> None:
        if self.unit != COMMITTEES[CHENGDU]:
            real(self, key, facts)

    monkeypatch.setattr(steps._Side, "_reveal", silent)
    await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", a.PLAN)
    for node, bureau in ((home, HANGZHOU), (host, CHENGDU)):
        await a.until_entry(node, bureau, ref, "DRAW_REVEALED")
        await node.settle()
    return home, host, ref


async def waiting(node: Node, actor: Actor) -> list[TodoItem]:
    """What the to-do list says of secrets that are not shown."""
    seen = await node.desk.todo(actor)
    found = [item for item in seen.items if item.kind in ("to_reveal", "void_draw")]
    counted = {each.code: each.count for each in seen.categories}
    assert counted["to_reveal"] == sum(item.kind == "to_reveal" for item in found)
    assert seen.total == len(seen.items)
    return found


async def test_the_province_shows_a_secret_that_its_own_side_keeps_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    world = World(tmp_path, clock=clock, committees=True)
    try:
        await world.begin((HANGZHOU, CHENGDU, SICHUAN))
        for bureau in (HANGZHOU, CHENGDU, SICHUAN):
            await world.start_node(bureau)
        home, host, ref = await late(world, monkeypatch)
        office = world.nodes[SICHUAN]
        seen = await until(lambda: view(office, SICHUAN, ref), lambda found: found.entries[-1].kind == "DRAW_REVEALED")
        with pytest.raises(Refusal) as early:
            await office.desk.act(clerk(SICHUAN), ref, "DRAW_REVEALED_FOR", {}, seen.version)
        assert early.value.details["guard"] == "reveal_overdue"
        assert not await waiting(office, clerk(SICHUAN))
        assert not await waiting(home, a.member(HANGZHOU))
        async with ahead(world, clock, days=4):
            seen = await view(office, SICHUAN, ref)
            assert "DRAW_REVEALED_FOR" in {each.kind for each in seen.moves if each.allowed}
            (todo,) = await waiting(office, clerk(SICHUAN))
            assert (todo.kind, todo.category, todo.delegation_id) == ("to_reveal", "to_reveal", ref)
            assert (todo.subject_id, todo.other_unit, todo.mine) == (COMMITTEES[CHENGDU],) * 2 + (True,)
            await office.desk.act(clerk(SICHUAN), ref, "DRAW_REVEALED_FOR", {}, seen.version)
            drawn = await a.both_reach(home, host, ref, "panel_drawn")
            shown = drawn.appraisal
            assert shown is not None
            assert shown.defaults == ((COMMITTEES[CHENGDU], 1),)
            await until(lambda: waiting(office, clerk(SICHUAN)), lambda left: not left)
            for node, who in ((office, clerk(SICHUAN)), (home, a.member(HANGZHOU)), (host, a.member(CHENGDU))):
                figures = {each.unit: each for each in await node.draws.reveal_figures(who)}
                slow, other = figures[COMMITTEES[CHENGDU]], figures[COMMITTEES[HANGZHOU]]
                assert (slow.committed, slow.revealed, slow.shown_for, slow.void) == (1, 0, 1, 0)
                assert slow.delegations == (ref,)
                assert (other.committed, other.revealed, other.shown_for, other.void) == (1, 1, 0, 0)
                assert not other.delegations
            assert [each.unit for each in shown.steps if each.kind == "DRAW_REVEALED_FOR"] == [UNITS_OF[SICHUAN]]
            theirs = (await view(office, SICHUAN, ref)).appraisal
            assert theirs is not None
            assert not any(each.name or each.expert_id for each in theirs.panel)  # positions, and nobody's name
            with pytest.raises(Refusal) as sealed:
                await office.draws.draw_file(clerk(SICHUAN), ref)
            assert sealed.value.details["state"] in ("no_panel", "panel_sealed")  # as far as its thread goes by now
            report = await home.draws.check_draw(a.member(HANGZHOU), ref)
            assert report.ok, report.failed
            assert [each.unit for each in report.defaults] == [COMMITTEES[CHENGDU]]
    finally:
        await world.stop()


async def test_without_an_office_the_draw_is_void_and_the_next_has_other_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    world = World(tmp_path, clock=clock, committees=True)
    try:
        await world.begin((HANGZHOU, CHENGDU))
        for bureau in (HANGZHOU, CHENGDU):
            await world.start_node(bureau)
        home, host, ref = await late(world, monkeypatch)
        assert not await waiting(home, a.member(HANGZHOU))
        async with ahead(world, clock, days=4):
            (todo,) = await waiting(home, a.member(HANGZHOU))
            assert (todo.kind, todo.category, todo.delegation_id) == ("void_draw", "to_handle", ref)
            assert todo.other_unit == COMMITTEES[CHENGDU]
            await a.two(home, HANGZHOU, ref, "DRAW_VOIDED", {"reasons": ["D01"]})
            await a.both_reach(home, host, ref, "draw_void")
            assert not await waiting(home, a.member(HANGZHOU))
            monkeypatch.undo()
            await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", a.PLAN)
            shown = (await a.both_reach(home, host, ref, "panel_drawn")).appraisal
            assert shown is not None
            assert (shown.draw, shown.void_draws) == (2, ((1, "D01", COMMITTEES[CHENGDU]),))
            commitments = [each.digest for each in shown.steps if each.kind == "DRAW_COMMITTED"]
            assert len(set(commitments)) == 4
            figures = {each.unit: each for each in await home.draws.reveal_figures(a.member(HANGZHOU))}
            slow, other = figures[COMMITTEES[CHENGDU]], figures[COMMITTEES[HANGZHOU]]
            assert (slow.committed, slow.revealed, slow.shown_for, slow.void) == (2, 1, 0, 1)
            assert (other.committed, other.revealed, other.void) == (2, 2, 0)
            report = await home.draws.check_draw(a.member(HANGZHOU), ref)
            assert report.ok, report.failed
    finally:
        await world.stop()
