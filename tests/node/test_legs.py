"""A change of counterpart: the home's node issues the unchanged letter to the new host, if its own roster agrees."""

from pathlib import Path

from tests.node.world import (
    CHENGDU,
    DEYANG,
    HANGZHOU,
    UNITS_OF,
    an_investigation,
    issued,
    make,
    make_two,
    reach,
    running,
    until,
    view,
)

SOMEWHERE = {"code": CHENGDU, "role": "ACCIDENT", "certainty": "UNCERTAIN", "other_candidates": [DEYANG]}


async def test_a_transferred_letter_is_issued_to_the_unit_named(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, DEYANG) as world:
        home = world.nodes[HANGZHOU]
        business = an_investigation(task_place=SOMEWHERE, host_unit=UNITS_OF[CHENGDU])
        ref = (await issued(home, HANGZHOU, business)).row.delegation_id
        await reach(world.nodes[CHENGDU], CHENGDU, ref, "issued")
        await make(world.nodes[CHENGDU], CHENGDU, ref, "SIGNED_FOR", {})
        moved = {"reasons": ["T01"], "declared": {"unit": UNITS_OF[DEYANG]}, "text": "事发地在德阳"}
        await make_two(world.nodes[CHENGDU], CHENGDU, ref, "TRANSFERRED", moved)

        seen = await reach(world.nodes[DEYANG], DEYANG, ref, "issued")
        assert seen.row.leg == 2
        assert seen.row.worker_name == "王小明"
        bodies = [entry.kind for entry in seen.entries if entry.body is not None]
        assert bodies == ["ISSUED"]  # what was said to the first host is not ours to read
        letters = [entry for entry in (await view(home, HANGZHOU, ref)).entries if entry.kind == "ISSUED"]
        assert [entry.leg for entry in letters] == [1, 2]
        former = await until(
            lambda: view(world.nodes[CHENGDU], CHENGDU, ref), lambda v: v.entries[-1].kind == "TRANSFERRED"
        )
        assert len(former.entries) == 3  # the old host receives nothing later
        await make(world.nodes[DEYANG], DEYANG, ref, "SIGNED_FOR", {})
        await reach(home, HANGZHOU, ref, "signed_for")


async def test_a_wrong_place_is_issued_again_only_if_our_roster_agrees(tmp_path: Path) -> None:
    """The registry names another unit: the node looks it up in its own signed roster first."""
    from functools import partial

    from node.outbox import apply_result
    from node.records import OutboxRecord
    from xieban.federation.v1 import exchange_pb2

    async with running(tmp_path, HANGZHOU, CHENGDU, DEYANG) as world:
        home = world.nodes[HANGZHOU]
        await world.stop_node(HANGZHOU)
        home = await world.start_node(HANGZHOU, carry=False)
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        [row] = home.store.select(OutboxRecord)
        lie = exchange_pb2.SubmitResult(entry=_refusal(home, row, UNITS_OF[DEYANG]))
        setattr(lie, "class", exchange_pb2.RESULT_CLASS_FINAL)
        key = (row.sender_unit, row.envelope_id)
        await home.writer.run(partial(apply_result, number=row.number, key=key, result=lie))
        shown = await view(home, HANGZHOU, ref)
        assert [(item.state, item.reason) for item in shown.queued] == [("refused", "WRONG_PLACE")]
        assert [item.state for item in home.store.select(OutboxRecord)] == ["refused"]


def _refusal(node: object, row: object, unit: str) -> bytes:
    from delegation.codec_entry import entry_bytes
    from delegation.model import Entry, EntryKind, EnvelopeAnswer, EnvelopeRef
    from delegation.payloads import signatures_digest
    from node import parts
    from tests.node.world import now

    view_ = node.state.rosters.current.view  # type: ignore[attr-defined]  # a Node
    return entry_bytes(
        Entry(
            kind=EntryKind.ENVELOPE,
            federation_id=view_.federation_id,
            leaf_index=1,
            accepted_at=now(),
            versions=view_.versions(now().date()),
            thread_id=row.thread_id,  # type: ignore[attr-defined]  # an OutboxRecord
            detail=EnvelopeAnswer(
                envelope=EnvelopeRef(row.sender_unit, row.envelope_id, row.header_digest),  # type: ignore[attr-defined]
                signatures_digest=signatures_digest(parts.split(row.signatures, 1)),  # type: ignore[attr-defined]
                accepted=False,
                reason="WRONG_PLACE",
                details={"competent_unit": unit},
            ),
        )
    )
