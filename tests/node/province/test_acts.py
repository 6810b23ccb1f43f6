"""What a provincial office does, between real nodes: each act, who may, and what is refused with what reason."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from delegation.codes import Kind, Matter
from delegation.errors import Reason, Refusal
from delegation.roster_records import AgreedTime
from node.desk.ports import Actor, DeskPort, Role
from node.desk.views import Json, PreparedMoveView
from node.province.acts import OfficeActs
from node.province.acts_ports import Done, Terms
from node.records import EntryRecord
from node.service import Node
from node.store import Where
from tests.node.world import (
    CHENGDU,
    DEYANG,
    HANGZHOU,
    NOTHING,
    SICHUAN,
    UNITS_OF,
    ZHEJIANG,
    World,
    an_investigation,
    clerk,
    issued,
    make,
    make_two,
    now,
    reach,
    until,
)

SIGNING = {"text": "争议：事故地不在本市", "reasons": ["R01"]}


class Clock:
    """The wall clock, which may be set on."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.ahead


@contextlib.asynccontextmanager
async def federation(folder: Path, *bureaus: str) -> AsyncIterator[tuple[World, Clock]]:
    clock = Clock()
    world = World(folder, clock=clock)
    try:
        await world.begin(bureaus)
        for bureau in bureaus:
            await world.start_node(bureau)
        yield world, clock
    finally:
        await world.stop()


def boss(bureau: str, role: Role = Role.SUPERVISOR) -> Actor:
    return Actor(f"{bureau}-{role}", "监管", UNITS_OF[bureau], frozenset({role}), "0571-1")


async def sealed(node: Node, bureau: str, done: Done) -> Done:
    """Approved by another person of the office."""
    assert not done.reason
    [approved] = await node.acts.approve(boss(bureau, Role.APPROVER), [(done.move_id, done.version)])
    return approved


async def refused(what: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await what  # type: ignore[misc]  # any of the office's acts
    return caught.value


async def kinds(node: Node, ref: str) -> list[Kind]:
    rows = node.store.select(EntryRecord, (Where("thread_id", ref),), order=("sequence",))
    return [Kind(row.kind) for row in rows]


async def waits_for(node: Node, actor: Actor, code: str) -> str:
    """The one thread that stands under that word in the to-do list."""
    seen = await until(lambda: node.desk.todo(actor, code), lambda found: bool(found.items))
    [thread_id] = {item.delegation_id for item in seen.items}
    return thread_id


async def test_an_office_reminds_supervises_and_asks_its_colleague(tmp_path: Path) -> None:
    async with federation(tmp_path, ZHEJIANG, SICHUAN, HANGZHOU, CHENGDU) as (world, clock):
        office, other = world.nodes[ZHEJIANG], world.nodes[SICHUAN]
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        refs = [
            (await issued(home, HANGZHOU, an_investigation(case_key=f"案{number}"))).row.delegation_id
            for number in range(3)
        ]
        for ref in refs:
            await reach(host, CHENGDU, ref, "issued")
        ref, supervisor = refs[0], boss(ZHEJIANG)

        # many at once, one of them nobody's: an envelope each, a result each
        unknown = "WT-330100-20260101-999999-Z"
        done = await office.acts.remind(supervisor, [*refs, unknown], "请尽快签收")
        assert [(each.unit, each.reason) for each in done] == [(UNITS_OF[CHENGDU], "")] * 3 + [("", "NOT_FOUND")]
        for each in refs:
            await until(partial(kinds, host, each), lambda found: found == [Kind.ISSUED, Kind.REMIND])
        [again] = await office.acts.remind(supervisor, [ref], "再催")
        assert (again.reason, again.details["why"]) == ("QUOTA_EXCEEDED", "once_a_day")
        [home_side] = await office.acts.remind(supervisor, [ref], "请说明", unit=UNITS_OF[HANGZHOU])
        assert not home_side.reason  # the other side may be reminded on the same day
        [by_other] = await other.acts.remind(boss(SICHUAN), [ref], "请尽快签收")
        assert not by_other.reason  # of the host's province too

        # the own unit answers; another province's is not to be supervised
        wrong = await refused(
            office.acts.supervise(supervisor, ref, unit=UNITS_OF[CHENGDU], working_days=3, text="请报告")
        )
        assert wrong.reason is Reason.NOT_ALLOWED
        assert (wrong.details["why"], wrong.details["office"]) == ("other_province", UNITS_OF[SICHUAN])
        asked = await office.acts.supervise(supervisor, ref, unit=UNITS_OF[HANGZHOU], working_days=3, text="请报告")
        alone = Actor(supervisor.staff_id, "监管", supervisor.unit, frozenset({Role.SUPERVISOR, Role.APPROVER}))
        [self_approved] = await office.acts.approve(alone, [(asked.move_id, asked.version)])
        assert self_approved.reason == "FOUR_EYES"
        assert not (await sealed(office, ZHEJIANG, asked)).reason
        assert await waits_for(home, clerk(HANGZHOU), "to_answer_supervision") == ref
        await make_two(home, HANGZHOU, ref, "SUPERVISE_ANSWER", {"text": "已与受托方联系"})
        await until(lambda: kinds(office, ref), lambda found: found[-1] is Kind.SUPERVISE_ANSWER)
        [said] = (await until(lambda: office.acts.waiting(supervisor), lambda seen: bool(seen.answers))).answers
        assert (said.thread_id, said.unit) == (ref, UNITS_OF[HANGZHOU])

        # its office is asked instead, and answers
        asking = await office.acts.coordinate(supervisor, ref, unit=UNITS_OF[CHENGDU], text="请督促签收")
        assert asking.unit == UNITS_OF[SICHUAN]
        assert not (await sealed(office, ZHEJIANG, asking)).reason
        assert await waits_for(other, boss(SICHUAN), "to_answer") == asking.thread_id
        [waits] = (await other.acts.waiting(boss(SICHUAN))).waits
        assert (waits.what, waits.thread_id, waits.due is not None) == ("coordination", asking.thread_id, True)
        reply = await other.acts.answer_coordination(boss(SICHUAN), asking.thread_id, text="已督促")
        assert not (await sealed(other, SICHUAN, reply)).reason
        await until(lambda: kinds(office, asking.thread_id), lambda found: found[-1] is Kind.COORDINATION_ANSWERED)

        # announcements reach the own units, and no other's
        own, foreign = await office.acts.announce(supervisor, [UNITS_OF[HANGZHOU], UNITS_OF[CHENGDU]], "通告")
        assert (foreign.reason, foreign.details["why"]) == ("NOT_ALLOWED", "other_province")
        assert not (await sealed(office, ZHEJIANG, own)).reason
        await until(lambda: kinds(home, own.thread_id), lambda found: found == [Kind.ANNOUNCED])

        clock.ahead = timedelta(days=1)
        [tomorrow] = await office.acts.remind(supervisor, [ref], "再催")
        assert not tomorrow.reason

        # nobody else has these acts
        for node, actor in ((office, boss(ZHEJIANG, Role.READER)), (home, boss(HANGZHOU))):
            nobody = await refused(node.acts.remind(actor, [ref], "催"))
            assert nobody.reason is Reason.ROLE_MISSING

        # the registry tells when it heard the members: once the host's node is off for hours, its office is alerted
        await world.stop_node(CHENGDU)
        clock.ahead += timedelta(hours=5)
        await until(partial(_alerted, other, boss(SICHUAN)), lambda found: ("bureau_offline", CHENGDU) in found)
        assert ("bureau_offline", CHENGDU) not in await _alerted(office, supervisor)  # another province's


async def _alerted(node: Node, actor: Actor) -> set[tuple[str, str]]:
    """What stands after a look, with the unit or bureau that it is about."""
    await node.alerts.look()
    page = await node.alerts.alerts(actor, standing=True)
    return {(each.rule.value, each.unit) for each in page.items}


class Meanwhile:
    """A desk to which something comes between a look at a thread and the act on it, twice."""

    def __init__(self, desk: DeskPort) -> None:
        self._desk = desk
        self._left = 2

    async def prepare_move(
        self, actor: Actor, delegation_id: str, kind: str, data: Json, version: int
    ) -> PreparedMoveView:
        seen = version - 1 if self._left else version
        self._left -= bool(self._left)
        return await self._desk.prepare_move(actor, delegation_id, kind, data, seen)


async def test_two_provinces_name_the_unit_and_a_thread_that_moved_on_is_stale(tmp_path: Path) -> None:
    async with federation(tmp_path, ZHEJIANG, SICHUAN, HANGZHOU, CHENGDU, DEYANG) as (world, _):
        office, other = world.nodes[ZHEJIANG], world.nodes[SICHUAN]
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
        early = await refused(
            office.acts.designate(boss(ZHEJIANG), ref, unit=UNITS_OF[DEYANG], seen=1, text="由德阳办理")
        )
        assert early.reason in (Reason.STALE, Reason.NOT_ALLOWED)
        await make_two(host, CHENGDU, ref, "COMPETENCE_DISPUTED", {**SIGNING, "declared": {"unit": UNITS_OF[DEYANG]}})
        await reach(home, HANGZHOU, ref, "awaiting_designation")
        assert await waits_for(office, boss(ZHEJIANG), "to_handle") == ref
        [decide] = (await office.acts.waiting(boss(ZHEJIANG))).waits
        assert (decide.what, decide.thread_id, decide.other_unit) == ("designation", ref, UNITS_OF[HANGZHOU])
        acts = OfficeActs(office.writer, cast("DeskPort", Meanwhile(office.desk)), office.courier.read_thread, now)
        first = await acts.designate(boss(ZHEJIANG), ref, unit=UNITS_OF[DEYANG], seen=3, text="由德阳办理")
        stale = await refused(
            other.acts.designate(boss(SICHUAN), ref, unit=UNITS_OF[DEYANG], seen=2, text="由德阳办理")
        )
        assert stale.reason is Reason.STALE
        assert stale.details["since"] == "3"
        assert (stale.details["kind"], stale.details["state"]) == ("COMPETENCE_DISPUTED", "awaiting_designation")
        assert not (await sealed(office, ZHEJIANG, first)).reason
        second = await other.acts.designate(boss(SICHUAN), ref, unit=UNITS_OF[DEYANG], seen=3, text="由德阳办理")
        assert not (await sealed(other, SICHUAN, second)).reason
        seen = await reach(world.nodes[DEYANG], DEYANG, ref, "issued")  # the next leg went out as designated
        assert seen.row.leg == 2

        # prepared, and the home withdraws before it is approved
        later = (await issued(home, HANGZHOU, an_investigation(case_key="另案"))).row.delegation_id
        await reach(host, CHENGDU, later, "issued")
        await make(host, CHENGDU, later, "SIGNED_FOR", NOTHING)
        await make_two(host, CHENGDU, later, "COMPETENCE_DISPUTED", {**SIGNING, "declared": {"unit": UNITS_OF[DEYANG]}})
        await reach(home, HANGZHOU, later, "awaiting_designation")
        waiting = await office.acts.designate(boss(ZHEJIANG), later, unit=UNITS_OF[DEYANG], seen=3, text="由德阳办理")
        await make_two(home, HANGZHOU, later, "WITHDRAWN", {"reasons": ["W01"], "text": "申请人撤回"})
        await reach(home, HANGZHOU, later, "withdrawn")
        moved = await sealed(office, ZHEJIANG, waiting)
        assert (moved.reason, moved.details["kind"], moved.details["state"]) == ("STALE", "WITHDRAWN", "withdrawn")


async def test_two_offices_agree_for_their_units_and_end_it(tmp_path: Path) -> None:
    async with federation(tmp_path, ZHEJIANG, SICHUAN) as (world, clock):
        office, other = world.nodes[ZHEJIANG], world.nodes[SICHUAN]
        terms = Terms(
            matters=(Matter.INVESTIGATION,), times=(AgreedTime("investigate", 10, 5),), valid_from=clock().date()
        )
        too_long = replace(terms, times=(AgreedTime("investigate", 37),))
        unlawful = await refused(office.acts.propose_agreement(boss(ZHEJIANG), UNITS_OF[SICHUAN], too_long))
        assert unlawful.reason is Reason.BODY_GUARD_FAILED
        assert (unlawful.details["guard"], unlawful.details["article"]) == ("terms_lawful", "regulation-20")
        proposed = await office.acts.propose_agreement(boss(ZHEJIANG), UNITS_OF[SICHUAN], terms)
        assert not (await sealed(office, ZHEJIANG, proposed)).reason
        ref = proposed.thread_id
        assert await waits_for(other, boss(SICHUAN), "to_handle") == ref
        assert not (await sealed(other, SICHUAN, await other.acts.countersign(boss(SICHUAN), ref))).reason
        await reach(office, ZHEJIANG, ref, "in_force")
        assert not (await sealed(office, ZHEJIANG, await office.acts.end_agreement(boss(ZHEJIANG), ref))).reason
        await reach(other, SICHUAN, ref, "ended")
