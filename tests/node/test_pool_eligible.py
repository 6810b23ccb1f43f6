"""The list of eligible experts that a draw rests on: kept with its salts, opened by place, told when too short."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict

from certs.draw_file import opening_of
from delegation.codes import Kind
from delegation.draw import Stratum, picks
from delegation.draw_lists import EligibleExpert, eligible_stands_in, pool_stands_in
from delegation.eligibility import Asked, Parties, WayOut
from delegation.errors import Reason, Refusal
from delegation.specialties import Ineligibility
from node.desk.ports import Role
from node.pool.eligible import (
    EligibleList,
    commitment_of,
    fix_list,
    list_of,
    members_at,
    open_places,
    reasons_of,
)
from node.records_pool import EligibleListRecord
from node.service import Node
from node.state import State
from node.writer import Tx
from tests.node.test_pool import UNIT, actor, committed, row
from tests.node.world import CHENGDU, running
from xieban.delegation.v1 import appraisal_pb2

THREAD = "01986f2a-0000-7000-8000-000000000001"
PLAN = (Asked("M201", 2, 2), Asked("M101", 1, 1))
CASE = Parties(worker_name="王小明", employer_name="某建筑有限公司", treating_hospitals=("成都市第三人民医院",))
ROWS = [row(number, specialties="M201") for number in range(10)] + [
    *(row(number, specialties="M101,M201") for number in range(10, 12)),
    *(row(number, specialties="M101") for number in range(12, 15)),
    row(15, specialties="M101", employer="成都市第三人民医院"),
    row(16, specialties="M101", appointed_until="2024-06-30"),
    row(17, specialties="M301"),
    row(18, specialties="M101", conflicts="亲属:王小明"),
]


async def fix(node: Node, plan: tuple[Asked, ...] = PLAN, **more: object) -> EligibleList:
    def use(tx: Tx, state: State, at: datetime) -> EligibleList:
        given = {"unit": UNIT, "staff_id": "a", "thread_id": THREAD, "leg": 1, "draw": 1, "plan": plan, "parties": CASE}
        return fix_list(tx, state, at, **{**given, **more})  # type: ignore[arg-type]  # as given

    return await node.writer.run(use)


async def test_a_list_is_fixed_and_every_place_of_it_can_be_opened(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU, committees=True) as world:
        node = world.nodes[CHENGDU]
        await node.pool.import_experts(actor(), ROWS)
        with pytest.raises(Refusal) as early:
            await fix(node)
        assert early.value.details == {"state": "pool_not_committed"}
        pool_root = bytes.fromhex(await committed(node, actor(Role.CLERK)))
        fixed = await fix(node)
        assert fixed.figures == (Stratum(2, 2, 12), Stratum(1, 1, 3))
        assert (fixed.is_short, fixed.pool_version, fixed.pool_root, fixed.pool_changed) == (False, 1, pool_root, False)
        assert dict(fixed.ineligible) == {
            Ineligibility.TREATING_HOSPITAL: 1, Ineligibility.TERM_OVER: 1, Ineligibility.SPECIALTY_NOT_ASKED: 1,
            Ineligibility.KINSHIP: 1,
        }  # fmt: skip
        again = await fix(node)
        assert again.root != fixed.root  # salts of its own

        await world.stop_node(CHENGDU)
        node = await world.start_node(CHENGDU)
        drawn = picks(bytes(range(32)), fixed.figures)
        places = [(stratum, place) for stratum, each in enumerate(drawn) for place in (*each.seats, *each.reserves)]

        def use(tx: Tx, state: State, at: datetime) -> None:
            del at
            everyone = [(0, place) for place in range(12)] + [(1, place) for place in range(3)]
            opened = open_places(tx, state, unit=UNIT, thread_id=THREAD, root=fixed.root, places=everyone)
            assert len({each.expert.expert_id for each in opened}) == 15
            for each in opened:
                expert = EligibleExpert(
                    expert_id=each.expert.expert_id, name=each.expert.name, title=each.expert.title,
                    employer=each.expert.employer, specialty=each.specialty,
                )  # fmt: skip
                stands = partial(
                    eligible_stands_in, salt=each.salt, strata=fixed.figures, stratum=each.stratum,
                    position=each.position, path=each.path, root=fixed.root,
                )  # fmt: skip
                assert stands(expert=expert)
                assert not stands(expert=replace(expert, name="别人"))
                assert pool_stands_in(
                    salt=each.pool_salt, expert=each.expert, index=each.pool_index, size=19, path=each.pool_path,
                    root=pool_root,
                )  # fmt: skip
            chosen = open_places(tx, state, unit=UNIT, thread_id=THREAD, root=fixed.root, places=places)
            bodies = [ParseDict(each.body(reserve=False), appraisal_pb2.PanelExpert()) for each in chosen]
            assert [opening_of(body).path for body in bodies] == [each.path for each in chosen]
            numbers = members_at(tx, state, unit=UNIT, thread_id=THREAD, root=fixed.root, places=places)
            assert numbers == tuple(each.expert.expert_id for each in chosen)
            told = reasons_of(tx, state, unit=UNIT, list_id=fixed.list_id)
            assert [(number, reason) for number, _, reason in told] == [
                ("CD-0015", "I09"), ("CD-0016", "I03"), ("CD-0017", "I10"), ("CD-0018", "I07"),
            ]  # fmt: skip
            assert commitment_of(tx, unit=UNIT, pool_root=pool_root).kind == Kind.POOL_COMMITTED
            for wrong in (
                {"unit": "x"},
                {"thread_id": "x"},
                {"root": b""},
                {"places": [(2, 0)]},
                {"places": [(0, 12)]},
            ):
                given = {"unit": UNIT, "thread_id": THREAD, "root": fixed.root, "places": places, **wrong}
                with pytest.raises(Refusal) as none:
                    open_places(tx, state, **given)  # type: ignore[arg-type]  # as given
                assert none.value.reason is Reason.NOT_FOUND

        await node.writer.run(use)
        for record in node.store.select(EligibleListRecord):
            assert b"CD-00" not in record.secret


async def test_later_changes_of_the_pool_do_not_reach_a_list_but_later_conflicts_do(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU, committees=True) as world:
        node = world.nodes[CHENGDU]
        await node.pool.import_experts(actor(), ROWS)
        await committed(node, actor(Role.CLERK))
        more = [row(50, specialties="M101"), row(0, specialties="M201", conflicts="单位:某建筑有限公司")]
        await node.pool.import_experts(actor(), more)
        found = await fix(node)
        assert found.pool_changed
        assert found.figures == (Stratum(2, 2, 11), Stratum(1, 1, 3))  # one left out, nobody brought in
        first = await fix(node, void=["CD-0001"], recused=["CD-0002", "CD-0001"])
        assert dict(first.ineligible)["I05"] == 1
        assert dict(first.ineligible)["I06"] == 1

        def numbers(tx: Tx, state: State, at: datetime) -> tuple[str, ...]:
            del at
            assert list_of(tx, unit=UNIT, thread_id=THREAD, root=first.root).list_id == first.list_id
            places = [(0, place) for place in range(first.figures[0].eligible)]
            return members_at(tx, state, unit=UNIT, thread_id=THREAD, root=first.root, places=places)

        assert not {"CD-0000", "CD-0001", "CD-0002"} & set(await node.writer.run(numbers))


async def test_too_few_is_a_state_with_ways_out(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU, committees=True) as world:
        node = world.nodes[CHENGDU]
        await node.pool.import_experts(actor(), ROWS)
        await committed(node, actor(Role.CLERK))
        short = await fix(node, (Asked("M101", 3, 4), Asked("M301", 2, 0)))
        assert (short.is_short, short.root) == (True, b"")
        assert [(each.specialty, each.eligible) for each in short.shortages] == [("M101", 5), ("M301", 1)]
        assert short.ways_out == (WayOut.WIDEN, WayOut.SECONDMENT, WayOut.OTHER_COMMITTEE)
        assert [(each.specialty, each.experts) for each in short.spare] == [("M201", 10)]
        with pytest.raises(Refusal) as wrong:
            await fix(node, (Asked("M101", 2, 0),))
        assert wrong.value.details == {"field": "plan", "state": "panel_size"}
