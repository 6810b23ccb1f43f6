"""A body that contradicts its header is parked and protested, whatever the kind; the same kind is sent again."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from delegation.codes import Kind
from delegation.model import AssignmentDeclared, ResultDeclared
from node import compose as composing
from node.desk.views import DelegationView
from node.records import CursorRecord, WaitingRecord
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    HANGZHOU,
    NOTHING,
    UNITS_OF,
    a_result,
    issued,
    make,
    make_two,
    reach,
    running,
    until,
    view,
)
from xieban.federation.v1 import exchange_pb2

LIES = {
    Kind.ASSIGNED: AssignmentDeclared(3),
    Kind.REPORTED: ResultDeclared(2, 0, 0, 2, 2, checks_met=2, evidence=1),
}


def takes_the_place_of(name: str, seen: DelegationView) -> bool:
    return seen.entries[-1].replaces == name


async def test_lies_are_protested_and_the_truth_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest, lying = composing.seal_body, True

    def seal_body(state: Any, composed: Any) -> Any:
        lie = LIES.get(composed.header.kind) if lying else None
        header = replace(composed.header, declared=lie) if lie is not None else composed.header
        return honest(state, replace(composed, header=header))

    for sealing in ("node.compose.seal_body", "node.desk.moves.seal_body"):
        monkeypatch.setattr(sealing, seal_body)
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        for kind in ("SIGNED_FOR", "ACCEPTED"):
            await make(host, CHENGDU, ref, kind, NOTHING)
        for kind, data, two in (("ASSIGNED", ASSIGNMENT, False), ("REPORTED", a_result(), True)):
            lying, act = True, make_two if two else make
            await act(host, CHENGDU, ref, kind, data)
            seen = await until(
                lambda: view(host, CHENGDU, ref), lambda v: v.entries[-1].kind == "PROTEST" and not v.queued
            )
            assert seen.row.our_turn
            wrong = [entry for entry in seen.entries if entry.kind == kind][-1]
            assert seen.entries[-1].in_reply_to == wrong.envelope_id
            lying = False
            name = wrong.envelope_id
            await act(host, CHENGDU, ref, kind, {**data, "replaces": name})
            taken = await until(partial(view, home, HANGZHOU, ref), partial(takes_the_place_of, name))
            assert [entry.state for entry in taken.entries if entry.kind == kind] == ["parked", "applied"]
        assert (await view(home, HANGZHOU, ref)).row.state == "reported"


async def test_a_poisoned_delivery_is_parked_and_what_is_behind_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        have = host.store.get(CursorRecord, (UNITS_OF[CHENGDU],))
        assert have is not None
        poison = [exchange_pb2.Delivery(unit=UNITS_OF[CHENGDU], cursor=have.cursor + n) for n in (1, 2)]
        for each in poison:
            each.envelope.entry = b"\xff\xff not an entry"
        await host.courier._take(poison)
        parked = host.store.select(WaitingRecord)
        assert [record.cause.split(":")[0] for record in parked] == ["parked", "parked"]
        assert host.state.cursors.last[UNITS_OF[CHENGDU]] == have.cursor + 2
