"""What goes wrong between nodes: duplicates, crashes, lies in a header, lost and rotated keys."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from certs.roster_grants import rotate_sealing_key
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.model import LetterDeclared, QuestionDeclared
from node import compose as composing
from node import setup as node_setup
from node.inbox import take
from node.records import AlarmRecord, EntryRecord, OutboxRecord
from node.service import Node
from node.settings import NodeSettings
from tests.node.world import (
    CHENGDU,
    HANGZHOU,
    UNITS_OF,
    World,
    clerk,
    issued,
    make,
    reach,
    running,
    until,
    view,
)


async def asked(node: Node, bureau: str, ref: str, text: str = "问题") -> None:
    """A question."""
    await node.desk.act(clerk(bureau), ref, "QUESTION", {"body": {"question": {"text": text}}}, None)


async def begun(world: World) -> str:
    """A delegation that Chengdu has."""
    ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
    await reach(world.nodes[CHENGDU], CHENGDU, ref, "issued")
    return ref


async def adopted(node: Node, version: int) -> None:
    """Wait until the node has that roster."""

    async def held() -> int:
        node.courier.wake("rosters")
        return node.state.rosters.current.view.version

    await until(held, lambda found: found == version)


def alarms(node: Node) -> list[str]:
    """Reasons of open alarms."""
    return [alarm.reason for alarm in node.store.select(AlarmRecord)]


async def test_a_delivery_that_comes_again_has_one_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def keeping(tx: Any, state: Any, at: Any, *, delivery: Any, **_known: Any) -> None:
        seen.append(delivery)
        take(tx, state, at, delivery=delivery)

    monkeypatch.setattr("node.courier.take_or_park", keeping)
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        ref = await begun(world)
        host = world.nodes[CHENGDU]
        await host.settle()
        [first] = [item for item in seen if item.WhichOneof("item") == "envelope"]
        # at once: some of them share a batch of the writer, and none may be said twice in one batch of acknowledgements
        await asyncio.gather(*(host.writer.run(partial(take, delivery=first)) for _ in range(20)))
        assert len(host.state.acks.waiting) == 1  # it is acknowledged again
        await host.settle()
        assert len((await view(host, CHENGDU, ref)).entries) == 1
        assert not alarms(host)


async def test_a_crash_before_the_answer_sends_the_same_bytes_again(tmp_path: Path) -> None:
    """The node ends after the registry took it and before the answer was kept: the first answer comes back."""
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        ref = await begun(world)
        home = world.nodes[HANGZHOU]
        await home.settle()

        async def lost(*_: object) -> None:
            raise Refusal(Reason.STOPPING)

        home.courier._take_results = lost  # type: ignore[method-assign, assignment]
        await asked(home, HANGZHOU, ref)
        await until(lambda: view(world.nodes[CHENGDU], CHENGDU, ref), lambda v: len(v.entries) == 2)
        [row] = home.store.select(OutboxRecord)
        await world.stop_node(HANGZHOU)
        again = await world.start_node(HANGZHOU)
        seen = await until(lambda: view(again, HANGZHOU, ref), lambda v: len(v.entries) == 2 and not v.queued)
        assert seen.entries[1].header_digest == row.header_digest
        assert len((await view(world.nodes[CHENGDU], CHENGDU, ref)).entries) == 2
        assert not again.store.select(OutboxRecord)


async def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        ref = await begun(world)
        home = world.nodes[HANGZHOU]
        await home.settle()
        commit, failing = home.store.commit, 3

        def full(changes: Any, moved: Any = MappingProxyType({})) -> None:
            nonlocal failing
            if failing:
                failing -= 1
                raise Refusal(Reason.DISK_FULL)
            commit(changes, moved)

        home.store.commit = full  # type: ignore[method-assign]
        with pytest.raises(Refusal) as refused:
            await asked(home, HANGZHOU, ref)
        assert refused.value.reason is Reason.DISK_FULL
        await asked(world.nodes[CHENGDU], CHENGDU, ref)  # arrives while two more commits fail
        seen = await until(lambda: view(home, HANGZHOU, ref), lambda v: len(v.entries) == 2)
        assert seen.entries[1].sender_unit == UNITS_OF[CHENGDU]
        await asked(home, HANGZHOU, ref)
        await until(lambda: view(world.nodes[CHENGDU], CHENGDU, ref), lambda v: len(v.entries) == 3)


def _lying(**changes: Any) -> Any:
    """A sender whose header says something else than its body."""
    honest = composing.seal

    def seal(state: Any, composed: Any, *, at: Any) -> Any:
        header = replace(composed.header, **changes) if composed.header.kind is Kind.ISSUED else composed.header
        return honest(state, replace(composed, header=header), at=at)

    return seal


async def test_a_header_that_contradicts_its_body_is_parked_and_protested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.desk.drafts.seal", _lying(declared=LetterDeclared(items=3, mandatory_items=2)))
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        seen = await until(
            lambda: view(home, HANGZHOU, ref), lambda v: len(v.entries) == 2 and bool(v.entries[0].deliveries)
        )
        assert [entry.kind for entry in seen.entries] == ["ISSUED", "PROTEST"]
        assert seen.row.our_turn  # the order stands, the turn goes to whom is protested
        assert seen.entries[0].deliveries[0].parked_reason == "BODY_CONTRADICTS_HEADER"
        assert seen.entries[0].deliveries[0].delivered_at is None  # PARKED is no proof of delivery
        assert Reason.BODY_CONTRADICTS_HEADER.value in alarms(host)
        await asked(home, HANGZHOU, ref, "后面的照常")  # what comes behind goes on
        later = await until(lambda: view(host, CHENGDU, ref), lambda v: len(v.entries) == 3)
        assert later.entries[2].body is not None
        assert later.entries[0].state == "parked"


async def test_a_host_that_lost_its_sealing_key_gets_a_reseal(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        await world.stop_node(CHENGDU)
        folder = world.settings[CHENGDU].keys_dir / "units" / UNITS_OF[CHENGDU]
        for path in folder.glob("sealing-*.pem"):
            path.unlink()  # restored from a backup without it
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        host = await world.start_node(CHENGDU)
        parked = await until(lambda: view(host, CHENGDU, ref), lambda v: bool(v.entries))
        assert parked.entries[0].state == "parked"
        assert parked.entries[0].parked_reason == "CANNOT_OPEN"
        assert parked.row.state == "issued"

        settings = NodeSettings.load(world.settings[CHENGDU].data_dir)
        request = node_setup.unit_request(settings, UNITS_OF[CHENGDU], world.clock(), sealing_only=True)
        book = world.book
        rotate_sealing_key(book, world.authority, request, world.clock())
        host.state.keyring.load()
        world.publish(book)
        for node in (home, host):
            await adopted(node, 2)
        opened = await until(lambda: view(host, CHENGDU, ref), lambda v: v.entries[0].state == "applied")
        assert opened.row.worker_name == "王小明"
        assert [entry.kind for entry in opened.entries] == ["ISSUED", "RESEAL"]
        told = await until(
            lambda: view(home, HANGZHOU, ref), lambda v: v.entries[0].deliveries[0].delivered_at is not None
        )
        assert told.row.business_status == "已送达，待签收"
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        await reach(home, HANGZHOU, ref, "signed_for")


async def test_a_key_revoked_on_the_way_is_issued_again_with_what_was_behind_it(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = await begun(world)
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        await reach(home, HANGZHOU, ref, "signed_for")
        await world.stop_node(CHENGDU)
        away = await world.start_node(CHENGDU, carry=False)
        await make(away, CHENGDU, ref, "ACCEPTED", {"text": "先"})
        await asked(away, CHENGDU, ref, "后")
        old = away.state.rosters.current.view.unit(UNITS_OF[HANGZHOU]).sealing_keys[-1].key_id
        settings = NodeSettings.load(world.settings[HANGZHOU].data_dir)
        request = node_setup.unit_request(settings, UNITS_OF[HANGZHOU], world.clock(), sealing_only=True)
        book = world.book
        rotate_sealing_key(book, world.authority, request, world.clock())
        book.revoke(old, at=world.clock())
        home.state.keyring.load()
        world.publish(book)
        await adopted(home, 2)  # so the registry judges by it
        away.carry()
        seen = await until(lambda: view(home, HANGZHOU, ref), lambda v: len(v.entries) == 4)
        assert [entry.kind for entry in seen.entries[2:]] == ["ACCEPTED", "QUESTION"]
        assert all(entry.replaces for entry in seen.entries[2:])
        assert seen.entries[3].body is not None
        assert [row.state for row in away.store.select(OutboxRecord)] == ["reissued", "reissued"]
        mine = await until(lambda: view(away, CHENGDU, ref), lambda v: len(v.entries) == 4)
        assert not mine.queued


async def test_the_registry_cannot_rewrite_a_thread(tmp_path: Path) -> None:
    """An entry that says something else than the one applied is noticed."""
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        ref = await begun(world)
        host = world.nodes[CHENGDU]
        await host.settle()
        record = host.store.get(EntryRecord, (ref, 1))
        assert record is not None
        forged = replace(record, entry_digest=bytes(32))
        host.store.commit({EntryRecord: {(ref, 1): forged}})
        assert host.courier is not None
        with pytest.raises(Refusal) as refused:
            await host.writer.run(partial(_take_again, record=record))
        assert refused.value.reason is Reason.ENTRY_MISMATCH
        assert QuestionDeclared(True).blocking


def _take_again(tx: Any, state: Any, at: Any, *, record: EntryRecord) -> None:
    from node import parts
    from node.arrivals import Arrival, take_envelope

    arrival = Arrival(
        unit=UNITS_OF[CHENGDU],
        cursor=1,
        header=record.header,
        sealed_body=b"x",
        signatures=parts.split_all(record.signatures),
        entry=record.entry,
    )
    take_envelope(tx, state, arrival, at=at, raw=b"")
