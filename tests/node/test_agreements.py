"""An agreement from its proposal to its end: signed by two nodes, proved to the authority, relied on by letters."""

import base64
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from certs.agreement_proof import proof_from_json
from certs.roster_grants import take_agreement
from delegation.codec_roster_write import agreement_bytes
from delegation.codes import AppraisalMode, Matter
from delegation.errors import Reason, Refusal
from delegation.roster_records import AgreedTime, Agreement
from node.desk.ports import Actor
from node.ids import uuid7
from node.service import Node
from tests.builders import CHENGDU_AC, HANGZHOU_AC
from tests.delegation.appraisal_details import REQUEST
from tests.node.world import (
    CHENGDU,
    HANGZHOU,
    UNITS_OF,
    World,
    an_investigation,
    clerk,
    issued,
    now,
    reach,
    running,
    until,
)

HOME, HOST = UNITS_OF[HANGZHOU], UNITS_OF[CHENGDU]
LETTER = cast("dict[str, object]", an_investigation()["letter"])


class Clock:
    """The wall clock, which may be set on."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.ahead


def terms(agreement_id: str, since: date) -> bytes:
    first, second = sorted((HOME, HOST))
    return agreement_bytes(
        Agreement(
            agreement_id=agreement_id,
            units=(first, second),
            matters=(Matter.INVESTIGATION,),
            times=(AgreedTime("investigate", 7, 4),),
            valid_from=since,
        )
    )


def of_committees(agreement_id: str, since: date) -> bytes:
    """委托鉴定 of two committees."""
    first, second = sorted((HANGZHOU_AC, CHENGDU_AC))
    return agreement_bytes(
        Agreement(
            agreement_id=agreement_id,
            units=(first, second),
            matters=(Matter.DISABILITY_GRADE,),
            modes=(AppraisalMode.FULL_ENTRUST,),
            valid_from=since,
        )
    )


def an_entrusted_appraisal(agreement_id: str, key: str) -> dict[str, object]:
    return an_investigation(
        matter="DISABILITY_GRADE",
        task_place={"code": CHENGDU, "role": "RESIDENCE", "certainty": "DEFINITE"},
        appraisal_kind="FIRST",
        appraisal_mode="FULL_ENTRUST",
        legal_basis="AGREEMENT" if agreement_id else "SINGLE_CASE",
        agreement_id=agreement_id,
        clock={"application_received_on": now().date().isoformat()},
        case_key=key,
        letter={**LETTER, "appraisal": REQUEST},
    )


def signed(record: bytes) -> dict[str, object]:
    return {"body": {"agreement": {"record": base64.b64encode(record).decode()}}}


async def proposed(home: Node, record: bytes, *, unit: str = HOME, to: str = HOST) -> str:
    begun = await home.desk.start_thread(at(unit), "AGREEMENT_PROPOSED", (to,), signed(record))
    move = begun.prepared[-1]
    await home.desk.approve_move(at(unit, "approver"), move.move_id, move.version)
    return begun.row.delegation_id


async def said(node: Node, unit: str, ref: str, kind: str, record: bytes) -> None:
    seen = await node.desk.get_delegation(at(unit), ref)
    move = await node.desk.prepare_move(at(unit), ref, kind, signed(record), seen.version)
    await node.desk.approve_move(at(unit, "approver"), move.move_id, move.version)


def at(unit: str, role: str = "clerk") -> Actor:
    return Actor(f"{unit}-{role}", role, unit, frozenset({role}), "0571-1")


async def standing(node: Node, unit: str, ref: str, state: str) -> None:
    await until(lambda: node.desk.get_delegation(at(unit), ref), lambda v: v.row.state == state and not v.queued)


async def sent(node: Node, unit: str, business: dict[str, object]) -> str:
    draft = await node.desk.create_draft(at(unit), business)
    draft = await node.desk.submit_for_approval(at(unit), draft.draft_id, draft.version)
    issued = await node.desk.approve_and_issue(at(unit, "approver"), draft.draft_id, draft.version)
    return issued.row.delegation_id


async def published(world: World, text: str) -> None:
    """The authority takes the proof into its book and signs the next roster; both nodes have it."""
    book = world.book
    take_agreement(book, world.authority, proof_from_json(text), world.clock())
    version = world.publish(book)
    for node in world.nodes.values():
        node.courier.wake("rosters")
        await until(partial(_version, node), lambda found: found >= version)


async def _version(node: Node) -> int:
    return node.state.rosters.current.view.version


def relying(agreement_id: str, key: str) -> dict[str, object]:
    return an_investigation(legal_basis="AGREEMENT", agreement_id=agreement_id, case_key=key)


async def test_a_letter_may_rely_on_what_both_signed_once_the_roster_says_so(tmp_path: Path) -> None:
    clock = Clock()
    world = World(tmp_path, clock=clock)
    try:
        await world.begin((HANGZHOU, CHENGDU))
        home, host = await world.start_node(HANGZHOU), await world.start_node(CHENGDU)
        record = terms(uuid7(clock()), clock().date())
        ref = await proposed(home, record)
        await reach(host, CHENGDU, ref, "proposed")
        with pytest.raises(Refusal) as early:  # nobody takes one side's word
            await host.desk.agreement_file(clerk(CHENGDU), ref)
        assert early.value.reason is Reason.NOT_ALLOWED
        await said(host, HOST, ref, "AGREEMENT_COUNTERSIGNED", record)
        await reach(home, HANGZHOU, ref, "in_force")
        with pytest.raises(Refusal) as unknown:  # signed by both, but in no roster yet
            await issued(home, HANGZHOU, relying(ref, "案一"))
        assert unknown.value.details["guard"] == "agreement_holds"

        texts = {await home.desk.agreement_file(clerk(HANGZHOU), ref)}
        texts.add(await host.desk.agreement_file(clerk(CHENGDU), ref))
        assert len(texts) == 1  # either side gives the same file
        await published(world, texts.pop())
        first = (await issued(home, HANGZHOU, relying(ref, "案二"))).row.delegation_id
        seen = await reach(host, CHENGDU, first, "issued")
        assert seen.header["agreement_id"] == ref

        await said(host, HOST, ref, "AGREEMENT_ENDED", record)
        await reach(home, HANGZHOU, ref, "ended")
        await published(world, await home.desk.agreement_file(clerk(HANGZHOU), ref))
        await reach(host, CHENGDU, (await issued(home, HANGZHOU, relying(ref, "案三"))).row.delegation_id, "issued")
        await world.stop_registry()
        clock.ahead = timedelta(days=1)  # it holds through the day on which it was ended
        await world.start_registry()
        with pytest.raises(Refusal) as over:
            await issued(home, HANGZHOU, relying(ref, "案四"))
        assert over.value.details["guard"] == "agreement_holds"
    finally:
        await world.stop()


async def test_an_appraisal_is_entrusted_where_the_roster_has_an_agreement_on_it_alone(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        record = of_committees(uuid7(now()), now().date())
        with pytest.raises(Refusal) as without:
            await sent(home, HANGZHOU_AC, an_entrusted_appraisal("", "鉴一"))
        assert without.value.details == {"guard": "mode_agreed", "needs": "agreement-on-matter-and-mode"}
        ref = await proposed(home, record, unit=HANGZHOU_AC, to=CHENGDU_AC)
        await standing(host, CHENGDU_AC, ref, "proposed")
        await said(host, CHENGDU_AC, ref, "AGREEMENT_COUNTERSIGNED", record)
        await standing(home, HANGZHOU_AC, ref, "in_force")
        with pytest.raises(Refusal) as too_early:
            await sent(home, HANGZHOU_AC, an_entrusted_appraisal(ref, "鉴二"))
        assert too_early.value.details["guard"] == "mode_agreed"
        await published(world, await home.desk.agreement_file(at(HANGZHOU_AC), ref))
        number = await sent(home, HANGZHOU_AC, an_entrusted_appraisal(ref, "鉴三"))
        await standing(host, CHENGDU_AC, number, "issued")
