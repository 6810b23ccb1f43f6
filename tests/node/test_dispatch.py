"""The dispatcher sees headers of every unit of the bureau and hands each on."""

from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor, Filters
from node.records_people import AssignmentRecord
from node.service import Node
from tests.node.world import (
    CHENGDU,
    DEYANG,
    HANGZHOU,
    UNITS_OF,
    an_investigation,
    approver,
    clerk,
    issued,
    make,
    reach,
    running,
)

UNIT = UNITS_OF[CHENGDU]
DISPATCHER = Actor("fp", "分派人", UNIT, frozenset({"dispatcher"}))


async def staff(home: Node, staff_id: str, *roles: str) -> Actor:
    """An account, written beside the accounts' own rules for passwords."""
    found = await home.accounts.create_staff(
        Actor("boss", "管理员", UNIT, frozenset({"administrator"})),
        staff_id=staff_id, name=f"名{staff_id}", password="correct horse battery", units=(UNIT,), roles=roles,
    )  # fmt: skip
    return Actor(found.staff_id, found.name, UNIT, frozenset(roles))


async def refused(call: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await call  # type: ignore[misc] # a coroutine
    return caught.value


async def test_a_case_is_handed_to_a_person_and_found_by_him(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        host = world.nodes[CHENGDU]
        await reach(host, CHENGDU, ref, "issued")
        people = host.people
        page = await people.list_headers(DISPATCHER)
        [row] = page.items
        assert (row.delegation_id, row.unit, row.our_role, row.state, row.assigned_to) == (
            ref, UNIT, "host", "issued", "",
        )  # fmt: skip
        assert not {"王小明", "某某科技有限公司", "因工"} & set(repr(row).split("'"))
        assert "王小明" not in repr(row)
        assert "某某" not in repr(row)
        li, wang = await staff(host, "li", "clerk"), await staff(host, "wang", "investigator")
        await staff(host, "shi", "approver")
        assert len((await people.list_headers(DISPATCHER, assigned="")).items) == 1
        given = await people.assign(DISPATCHER, ref, unit=UNIT, staff_id="li")
        assert given is not None
        assert (given.staff_id, given.name, given.set_by) == ("li", "名li", "fp")
        assert (await people.list_headers(DISPATCHER, assigned="")).items == ()
        [held] = (await people.list_headers(DISPATCHER, assigned="li")).items
        assert (held.assigned_to, held.assigned_name) == ("li", "名li")
        for who, count in ((li, 1), (wang, 0)):
            mine = await host.desk.list_delegations(who, Filters(mine=True))
            assert len(mine.items) == count
            waiting = await host.desk.todo(who, mine=True)
            assert [item.delegation_id for item in waiting.items] == [ref] * count
            assert {each.code: each.count for each in waiting.categories}["to_sign"] == count
        assert (await host.desk.todo(clerk(CHENGDU))).total == 1, "without the filter it waits for every clerk"
        assert (await refused(people.assign(wang, ref, unit=UNIT, staff_id="wang"))).reason is Reason.ROLE_MISSING
        wrong = await refused(people.assign(DISPATCHER, ref, unit=UNIT, staff_id="shi"))
        assert wrong.details["why"] == "role"
        assert (await refused(people.assign(DISPATCHER, ref, unit=UNIT, staff_id="x"))).details["field"] == "staff_id"
        for unit, case in ((UNITS_OF[HANGZHOU], ref), (UNIT, "WT-330100-20260312-000999-X")):
            missing = await refused(people.assign(DISPATCHER, case, unit=unit, staff_id="li"))
            assert missing.reason is Reason.NOT_FOUND
        await people.assign(li, ref, unit=UNIT, staff_id="wang")  # who has it in hand hands it on
        assert (await people.assigned(approver(CHENGDU), ref)) is not None
        await people.assign(approver(CHENGDU), ref, unit=UNIT, staff_id="")
        assert await people.assigned(li, ref) is None
        assert host.store.select(AssignmentRecord) == []


async def test_a_dispatcher_reads_no_case_and_hands_it_to_another_unit_by_a_move(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, DEYANG) as world:
        somewhere = {"code": CHENGDU, "role": "ACCIDENT", "certainty": "UNCERTAIN", "other_candidates": [DEYANG]}
        letter = an_investigation(task_place=somewhere, host_unit=UNIT)
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU, letter)).row.delegation_id
        host = world.nodes[CHENGDU]
        await reach(host, CHENGDU, ref, "issued")
        desk = host.desk
        for call in (
            desk.get_delegation(DISPATCHER, ref),
            desk.get_thread(DISPATCHER, ref),
            desk.list_delegations(DISPATCHER, Filters()),
            desk.todo(DISPATCHER),
            desk.search(DISPATCHER, name="王小明"),
            desk.list_materials(DISPATCHER, ref),
            desk.act(DISPATCHER, ref, "SIGNED_FOR", {}, 1),
        ):
            assert (await refused(call)).reason is Reason.ROLE_MISSING
        for who in (clerk(CHENGDU), approver(CHENGDU)):
            assert (await refused(host.people.list_headers(who))).reason is Reason.ROLE_MISSING
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        seen = await reach(host, CHENGDU, ref, "signed_for")
        assert seen.row.our_role == "host"
        [row] = (await host.people.list_headers(DISPATCHER, unit=UNIT)).items
        assert row.may_go_to_unit
        move = await host.people.hand_to_unit(DISPATCHER, ref, unit=UNIT, to_unit=UNITS_OF[DEYANG], reason="T01")
        assert (move.kind, move.prepared_by) == ("TRANSFERRED", "fp")
        await desk.approve_move(approver(CHENGDU), move.move_id, move.version)
        await reach(world.nodes[DEYANG], DEYANG, ref, "issued")
