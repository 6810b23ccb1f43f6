"""A node keeps the proofs of its entries and shows them when the registry is gone."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.log_proofs import name_of, read_proof
from node.log_sweep import Sweep, sweep_round
from node.records import MetaRecord, ThreadRecord
from node.verification.report import Status
from node.verify import VerificationReport, open_for_verification, verify_thread
from tests.builders import regions
from tests.node.world import (
    CHENGDU,
    HANGZHOU,
    NOTHING,
    World,
    an_investigation,
    clerk,
    issued,
    make,
    reach,
    running,
    until,
)


async def _offline(world: World, ref: str) -> VerificationReport:
    held = open_for_verification(world.settings[HANGZHOU], clock=world.clock, online=False, regions=regions())
    try:
        return await verify_thread(held, ref, at=world.clock())
    finally:
        await held.close()


async def test_entries_are_shown_in_the_log_with_the_registry_stopped(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
        await reach(home, HANGZHOU, ref, "signed_for")

        def shown(report: VerificationReport) -> bool:
            lines = [check for check in report.checks if check.name == "inclusion"]
            return len(lines) == 2 and all(check.status is Status.OK for check in lines)

        await until(lambda: _offline(world, ref), shown)
        await world.stop_registry()
        report = await _offline(world, ref)
        assert report.ok
        assert shown(report)

        await world.stop_node(HANGZHOU)
        leaf = next(int(check.subject) for check in report.checks if check.name == "inclusion")
        node = await world.start_node(HANGZHOU, carry=False)
        record = node.store.get(MetaRecord, (name_of(leaf),))
        assert record is not None
        damaged = record.value[:-1] + bytes([record.value[-1] ^ 1])
        node.store.commit({MetaRecord: {(name_of(leaf),): MetaRecord(name_of(leaf), damaged)}})
        assert not (await _offline(world, ref)).ok


async def test_what_one_call_did_not_prove_is_asked_for_again(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        all_at_once, asked = home.link.inclusions, list[int]()

        async def first_alone(leaf_indexes: Sequence[int], *, tree_size: int) -> list[tuple[bytes, ...]]:
            asked.append(len(leaf_indexes))
            return (await all_at_once(leaf_indexes, tree_size=tree_size))[:1]  # as a registry of an older contract

        home.link.inclusions = first_alone  # type: ignore[method-assign]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
        await reach(home, HANGZHOU, ref, "signed_for")
        await until(lambda: _offline(world, ref), _all_shown)
        assert max(asked) > 1


def _all_shown(report: VerificationReport) -> bool:
    """Every leaf that the thread names was shown to be in the log."""
    lines = [check for check in report.checks if check.name.endswith("inclusion")]
    kinds = {check.name for check in lines}
    return kinds == {"inclusion", "delivery_inclusion"} and all(check.status is Status.OK for check in lines)


async def test_evidence_is_shown_in_the_log_with_the_registry_stopped(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
        await reach(home, HANGZHOU, ref, "signed_for")
        await until(lambda: _offline(world, ref), _all_shown)
        await world.stop_registry()
        assert _all_shown(await _offline(world, ref))


async def test_what_was_not_proven_at_a_restart_is_asked_again_after_it(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        refs = []
        for number in range(12):  # more than one round looks at
            business = an_investigation(case_key=f"杭人社工认2026-{number}")
            refs.append((await issued(home, HANGZHOU, business)).row.delegation_id)
        for ref in refs:
            await reach(host, CHENGDU, ref, "issued")
        for ref in refs:
            await until(lambda ref=ref: _offline(world, ref), _all_shown)  # type: ignore[misc]
        await world.stop_node(HANGZHOU)
        node = await world.start_node(HANGZHOU, carry=False)  # as one that ended before it asked for any proof
        proofs = [row for row in node.store.select(MetaRecord, limit=10_000) if row.name.startswith("log.proof/")]
        node.store.commit({MetaRecord: {(row.name,): None for row in proofs}})
        assert len(proofs) >= len(refs)
        assert not _all_shown(await _offline(world, refs[0]))
        node.log.pause = 0.05
        node.carry()
        for ref in refs:
            await until(lambda ref=ref: _offline(world, ref), _all_shown)  # type: ignore[misc]


async def test_a_sweep_passes_every_thread_once_also_where_many_changed_at_one_instant(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        first = await issued(home, HANGZHOU)
        await until(
            lambda: home.desk.get_delegation(clerk(HANGZHOU), first.row.delegation_id), lambda v: bool(v.entries)
        )
        await home.settle()
        record = home.store.get(ThreadRecord, (first.row.delegation_id,))
        assert record is not None
        clones = [replace(record, thread_id=f"t{number:03}", changed_at=7_000_000_000_000_000) for number in range(30)]
        home.store.commit({ThreadRecord: {(clone.thread_id,): clone for clone in clones}})
        sweep, rounds = Sweep(), 0
        seen: list[str] = []
        while not sweep.done:
            await home.writer.run(partial(sweep_round, sweep=sweep))
            seen += sorted(sweep.seen - set(seen))
            rounds += 1
            assert rounds < 20
        assert {clone.thread_id for clone in clones} <= set(seen)
        assert await home.writer.run(partial(sweep_round, sweep=Sweep())) is not None


@pytest.mark.parametrize("value", [b"", b"\0\0\0\1", b"\0\0\0\0", b"\0\0\0\2ab" + bytes(31), b"\xff\xff\xff\xffab"])
def test_a_row_of_another_form_is_refused(value: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_proof(value)
    assert refused.value.reason is Reason.MALFORMED
