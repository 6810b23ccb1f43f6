"""A material that is not what its body says: shown as damaged, alarmed, protested once, and mended by sending again."""

from pathlib import Path
from typing import Any

import pytest

from delegation.errors import Reason
from node import bodies
from node.desk.ports import FileFacts
from node.desk.views import DeliveryView
from node.records import AlarmRecord
from node.service import Node
from tests.node.world import CHENGDU, HANGZHOU, clerk, issued, make, reach, running, stream, until, view

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


async def added(node: Node, ref: str, name: str) -> str:
    return (await node.desk.add_file(clerk(HANGZHOU), ref, stream(PDF), FileFacts(name=name))).material_id


async def test_damaged_materials_are_protested_and_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest, lying = bodies.material_info, True

    def info(state: Any, tx: Any, record: Any) -> dict[str, object]:
        found = honest(state, tx, record)
        return {**found, "sha256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="} if lying else found

    monkeypatch.setattr(bodies, "material_info", info)
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        files = [await added(home, ref, name) for name in ("a.pdf", "b.pdf")]
        question = {"body": {"question": {"text": "请看附件"}}}
        await make(home, HANGZHOU, ref, "QUESTION", {**question, "materials": files})
        shown = await until(lambda: host.desk.list_materials(clerk(CHENGDU), ref), both("damaged"))
        assert {material.material_id for material in shown} == set(files)
        protested = await until(lambda: view(home, HANGZHOU, ref), lambda v: v.entries[-1].kind == "PROTEST")
        wrong = next(entry for entry in protested.entries if entry.kind == "QUESTION")
        assert protested.entries[-1].in_reply_to == wrong.envelope_id
        assert protested.row.our_turn
        await host.settle()
        assert [entry.kind for entry in (await view(host, CHENGDU, ref)).entries].count("PROTEST") == 1
        raised = [alarm for alarm in host.store.select(AlarmRecord) if alarm.reason == Reason.MATERIAL_DAMAGED.value]
        assert len(raised) == 2

        async def evidence() -> tuple[DeliveryView, ...]:  # which may come after the protest
            entries = (await view(home, HANGZHOU, ref)).entries
            return next(entry.deliveries for entry in entries if entry.envelope_id == wrong.envelope_id)

        assert (await until(evidence, bool))[0].materials_held_at is None

        lying = False
        again = [await added(home, ref, name) for name in ("a.pdf", "b.pdf")]
        await make(home, HANGZHOU, ref, "QUESTION", {**question, "materials": again, "replaces": wrong.envelope_id})
        held = await until(
            lambda: host.desk.list_materials(clerk(CHENGDU), ref),
            lambda all_: {m.material_id for m in all_ if m.state == "held"} == set(again),
        )
        assert len(held) == 4
        seen = await until(
            lambda: view(home, HANGZHOU, ref),
            lambda v: v.entries[-1].replaces == wrong.envelope_id and not v.row.our_turn,  # the turn goes back
        )
        assert seen.row.state == "issued"


def both(state: str) -> Any:
    return lambda found: [material.state for material in found] == [state, state]
