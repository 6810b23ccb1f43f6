"""Reserves that are spent, each way out of a short panel, and objections that are answered before the examination."""

from pathlib import Path
from typing import Any

import pytest

from delegation.errors import Refusal
from node.desk.ports import Role
from node.draws.views import SeatView
from node.service import Node
from tests.node import appraisals as a
from tests.node.committees import HELD, PLAN_OF_ONE, Committees, committees
from tests.node.world import CHENGDU, COMMITTEES, DEYANG, HANGZHOU, until

WIDER: dict[str, Any] = {
    "declared": {"strata": [{"seats": 2, "reserves": 1}, {"seats": 1, "reserves": 1}]},
    "body": {"specialties": {"specialties": ["M201", "M101"], "reason": "骨科候补用尽，扩大到神经内科"}},
}


def replaced(leaves: str, code: str = "K01") -> dict[str, object]:
    return {"reasons": [code], "body": {"panel_change": {"leaves": leaves, "reason": "不能到场"}}}


def spent() -> dict[str, object]:
    return {"body": {"specialties": {"remedy": "请委托方另择方式或者委员会"}}}


async def short(both: Committees, case_key: str) -> str:
    """A panel whose only reserve has entered, and of which another cannot come."""
    ref = await both.accepted(case_key=case_key)
    sitting = await both.drawn(ref)
    await both.hosts(ref, "PANEL_REPLACED", replaced(sitting[0], "K02"))
    with pytest.raises(Refusal) as nobody:
        await both.hosts(ref, "PANEL_REPLACED", replaced(sitting[1], "K02"))
    assert nobody.value.details == {"state": "reserves_spent"}
    seen = await both.hosts(ref, "PANEL_SHORT", spent(), "panel_short")
    assert {each.clock for each in seen.due_dates} >= {"panel-short"}
    return ref


async def test_an_objection_is_answered_before_anybody_examines(tmp_path: Path) -> None:
    async with committees(tmp_path) as both:
        ref = await both.accepted()
        sitting = await both.drawn(ref)
        assert [each.expert_id for each in await panel_at(both.home, HANGZHOU, ref) if each.chair] == sitting[:1]
        with pytest.raises(Refusal) as not_spent:  # a reserve is left
            await both.hosts(ref, "PANEL_SHORT", spent())
        assert not_spent.value.details["guard"] == "reserves_spent"
        await both.scheduled(ref, both.day(4))
        objected = {"raised_by": "OBJECTION_BY_EMPLOYER", "expert_id": sitting[0], "reason": "曾任本单位顾问"}
        await a.act(both.home, HANGZHOU, ref, "RECUSAL_RAISED", {"body": {"recusal": objected}})
        seen = await both.entry(ref, "RECUSAL_RAISED")
        (due,) = [each for each in seen.due_dates if each.clock == "recusal"]
        calendar = both.host.state.rosters.current.view.calendar_of(COMMITTEES[CHENGDU])
        assert (due.unit, due.legal) == (COMMITTEES[CHENGDU], calendar.add_workdays(both.today, 2))
        await both.on(4)
        held = {"body": {"examination": {**HELD, "at": f"{both.today}T09:10"}}}
        with pytest.raises(Refusal) as waits:
            await a.act(both.host, CHENGDU, ref, "EXAMINED", held)
        assert waits.value.details["guard"] == "panel_settled"
        kept = {"declared": {"upheld": True}, "body": {"recusal": {"reason": "属实"}}}
        seen = await both.hosts(ref, "RECUSAL_ANSWERED", kept)
        assert "recusal" not in {each.clock for each in seen.due_dates}
        with pytest.raises(Refusal) as still:  # upheld, and who is objected to sits
            await a.act(both.host, CHENGDU, ref, "EXAMINED", held)
        assert still.value.details["guard"] == "panel_settled"
        await both.hosts(ref, "PANEL_REPLACED", replaced(sitting[0]))
        await both.examined(ref)
        shown = (await a.see(both.home, HANGZHOU, ref)).appraisal
        assert shown is not None
        assert [(each.expert_id, each.upheld) for each in shown.recusals] == [(sitting[0], True)]
        assert sitting[0] not in {each.expert_id for each in shown.panel if each.status == "sits"}
        for node, bureau in (
            (both.home, HANGZHOU),
            (both.host, CHENGDU),
        ):  # who presided has left: the next by the rule
            seats = await panel_at(node, bureau, ref)
            assert [each.expert_id for each in seats if each.chair] == [sitting[1]]
        await both.no_alarm(ref)


async def test_each_way_out_of_a_panel_whose_reserves_are_spent(tmp_path: Path) -> None:
    async with committees(tmp_path, experts=20, others=(DEYANG,)) as both:
        widened, moved, other, withdrawn = [await short(both, f"杭劳鉴2026-{number}") for number in range(4)]

        left = {each.expert_id for each in await panel_at(both.home, HANGZHOU, widened) if each.status == "left"}
        await both.drawn(widened, WIDER)  # the host takes in another speciality
        shown = (await a.see(both.home, HANGZHOU, widened)).appraisal
        assert shown is not None
        assert (shown.draw, shown.void_draws) == (2, ((1, "PANEL_SHORT", ""),))
        assert not left & {each.expert_id for each in shown.panel}

        again = {"business": both.letter(appraisal_mode="EXPERT_SECONDMENT"), "reasons": ["T07"]}
        with pytest.raises(Refusal) as same:  # neither another host nor another mode
            await both.homes(moved, "ISSUED", {**again, "business": both.letter()})
        assert same.value.details["guard"] == "other_host_or_mode"
        await both.homes(moved, "ISSUED", again, "issued")
        await a.act(both.host, CHENGDU, moved, "SIGNED_FOR", {})
        await both.both(moved, "signed_for")
        await a.act(both.host, CHENGDU, moved, "ACCEPTED", {})
        seen = await both.both(moved, "accepted")
        assert (seen.row.leg, seen.header["appraisal_mode"]) == (2, "EXPERT_SECONDMENT")
        assert {each.clock for each in seen.due_dates} >= {"experts-propose"}
        await lent_again(both, moved)

        deyang = both.world.nodes[DEYANG]
        place = {"code": DEYANG, "role": "RESIDENCE", "certainty": "DEFINITE"}
        await a.two(both.home, HANGZHOU, other, "ISSUED", {**again, "business": both.letter(task_place=place)})
        await a.reach(deyang, DEYANG, other, "issued")
        await a.act(deyang, DEYANG, other, "SIGNED_FOR", {})
        await a.reach(deyang, DEYANG, other, "signed_for")
        await a.act(deyang, DEYANG, other, "ACCEPTED", {})
        seen = await a.reach(both.home, HANGZHOU, other, "accepted")
        assert (seen.row.leg, seen.row.host_unit) == (2, COMMITTEES[DEYANG])
        former = await a.see(both.host, CHENGDU, other)
        assert former.row.leg == 1 or former.row.host_unit != COMMITTEES[CHENGDU]
        await a.two(deyang, DEYANG, other, "SPECIALTY_DETERMINED", PLAN_OF_ONE)
        await a.reach(deyang, DEYANG, other, "panel_drawn")
        seen = await a.reach(both.home, HANGZHOU, other, "panel_drawn")
        assert seen.appraisal is not None
        assert (seen.appraisal.draw, seen.appraisal.drawing_unit) == (2, COMMITTEES[DEYANG])
        assert dict(seen.appraisal.ineligible).get("I06", 0) == 0  # numbers of another unit's pool are other people
        assert not seen.alarms

        await both.homes(withdrawn, "WITHDRAW_REQUESTED", {"reasons": ["W01"], "text": "申请人撤回"})
        await a.act(both.host, CHENGDU, withdrawn, "WITHDRAW_CONFIRMED", {})
        await both.both(withdrawn, "withdrawn")
        for ref in (widened, moved, withdrawn):
            await both.no_alarm(ref)


async def panel_at(node: Node, bureau: str, ref: str) -> tuple[SeatView, ...]:
    shown = (await a.see(node, bureau, ref)).appraisal
    assert shown is not None
    return shown.panel


async def lent_again(both: Committees, ref: str) -> None:
    """Who left this case's panel is the same person in the home's pool, under whatever number."""
    gone = next(each for each in (await a.see(both.host, CHENGDU, ref)).entries if each.kind == "PANEL_REPLACED")
    assert gone.body is not None
    number = gone.body["panel_change"]["leaves"]  # type: ignore[index]  # JSON
    others = [f"CD-9{each}" for each in range(5)]
    lent = [
        {"expert_id": each, "name": f"川专家{each}", "title": "主任医师", "specialties": ["M201"], "employer": "某医院"}
        for each in (number, *others)
    ]
    await both.hosts(ref, "EXPERTS_PROPOSED", {"body": {"experts": {"experts": lent}}}, "experts_proposed")
    admitted = [
        {"expert_id": each["expert_id"], "appointment_number": "聘1号", "appointed_until": both.day(300)}
        for each in lent
    ]
    await both.homes(ref, "EXPERTS_ADMITTED", {"body": {"experts": {"experts": admitted}}}, "experts_admitted")
    clerk = a.member(HANGZHOU)
    version = await both.home.pool.prepare_version(clerk)
    await both.home.desk.approve_move(a.member(HANGZHOU, Role.APPROVER), version.move_id, version.move_version)
    await until(lambda: both.home.pool.list_versions(clerk), lambda found: found[0].state == "committed")
    await a.two(both.home, HANGZHOU, ref, "SPECIALTY_DETERMINED", PLAN_OF_ONE)
    seen = await both.both(ref, "panel_drawn")
    assert seen.appraisal is not None
    assert dict(seen.appraisal.ineligible) == {"I06": 1}
    assert number not in "".join(each.expert_id for each in seen.appraisal.panel)
