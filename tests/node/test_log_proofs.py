"""A node keeps the proofs of its entries and shows them when the registry is gone."""

from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.log_proofs import name_of, read_proof
from node.records import MetaRecord
from node.verification.report import Status
from node.verify import VerificationReport, open_for_verification, verify_thread
from tests.builders import regions
from tests.node.world import CHENGDU, HANGZHOU, NOTHING, World, issued, make, reach, running, until


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


@pytest.mark.parametrize("value", [b"", b"\0\0\0\1", b"\0\0\0\0", b"\0\0\0\2ab" + bytes(31), b"\xff\xff\xff\xffab"])
def test_a_row_of_another_form_is_refused(value: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_proof(value)
    assert refused.value.reason is Reason.MALFORMED
