"""A delegated appraisal between two real nodes: letter, list, draw, examination, opinion, conclusion."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from certs.draw_proof import verify_draw_file
from delegation.deadlines import day_of
from node.desk.ports import Actor, Role
from node.draws.beside import draw_file_beside
from node.service import Node
from node.verify import open_for_verification, verify_thread
from tests.node import appraisals as a
from tests.node.world import CHENGDU, COMMITTEES, HANGZHOU, World, now, regions, running, until


class Clock:
    """The wall clock, and how far ahead of it the federation is."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.ahead


@asynccontextmanager
async def ahead(world: World, clock: Clock, **by: int) -> AsyncIterator[None]:
    """The clock is set forward while the registry is away: its own must not jump under it."""
    await world.stop_registry()
    clock.ahead += timedelta(**by)
    await world.start_registry()
    yield


async def waits(node: Node, bureau: str, words: str) -> None:
    """The one line of the committee's to-do list says what is to be done next, not only how far the case has come."""
    (item,) = (await node.desk.todo(a.member(bureau))).items
    assert (item.category, item.label) == ("to_handle", words)


async def test_the_experts_are_drawn_by_the_nodes_themselves(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        await a.with_pool(host, CHENGDU)
        delegation_id = await a.until_accepted(home, host)
        assert await a.two(host, CHENGDU, delegation_id, "SPECIALTY_DETERMINED", a.PLAN) == "SPECIALTY_DETERMINED"
        seen = await a.both_reach(home, host, delegation_id, "panel_drawn")
        kinds = [each.kind for each in seen.entries]
        assert kinds.count("DRAW_COMMITTED") == 2
        assert kinds.count("DRAW_REVEALED") == 2
        assert kinds[-1] == "PANEL_DRAWN"
        assert not seen.alarms
        experts = a.panel_of(seen)
        shown = seen.appraisal
        assert shown is not None
        assert (shown.mode, shown.draw, shown.drawing_unit) == ("ONSITE_ASSIST", 1, COMMITTEES[CHENGDU])
        assert [(each.label, each.seats, each.eligible) for each in shown.strata] == [
            ("骨科", 2, 8),
            ("神经内科", 1, 4),
        ]
        assert [each.kind for each in shown.steps] == kinds[-6:]
        assert {each.expert_id for each in shown.panel if each.status == "sits"} == set(experts)
        assert all(each.name for each in shown.panel)
        await whole_file(home, host, delegation_id, experts)
        for bureau in (HANGZHOU, CHENGDU):
            held = open_for_verification(world.settings[bureau], clock=now, regions=regions())
            try:
                verified = await verify_thread(held, delegation_id, at=now())
                beside = await draw_file_beside(held, delegation_id, at=now(), names=False)
            finally:
                await held.close()
            assert verified.ok, verified.failed
            assert verify_draw_file(beside).ok


async def whole_file(home: Node, host: Node, delegation_id: str, experts: list[str]) -> None:
    """Either side's file proves the draw to anybody; without names it proves the same of nobody."""
    for node, bureau in ((home, HANGZHOU), (host, CHENGDU)):
        clerk = a.member(bureau)
        named = await node.draws.draw_file(clerk, delegation_id)
        report = verify_draw_file(named)
        assert report.ok, report.failed
        assert set(experts) <= set(re.findall(r"CD-[0-9]{4}", named.decode()))
        bare = await node.draws.draw_file(clerk, delegation_id, names=False)
        assert verify_draw_file(bare).ok
        assert "专家" not in bare.decode()
        assert not re.findall(r"CD-[0-9]{4}", bare.decode())
        assert (await node.draws.check_draw(clerk, delegation_id)).ok


async def the_calendar_is_a_list(node: Node, delegation_id: str, day: date) -> None:
    """It shows day, time and place without a look at the case, and is noted as a list."""
    reader = a.member(HANGZHOU, name="看排期的人")
    (line,) = await node.draws.appointments(reader)
    assert (line.delegation_id, line.worker_name, line.notified) == (delegation_id, "王小明", False)
    shown = line.appointment
    assert (shown.day, shown.at, shown.place, shown.state) == (day, f"{day}T09:00", "成都某医院", "stands")
    looks = await until(
        lambda: node.people.looks(member_of_audit(), staff_id=reader.staff_id), lambda page: bool(page.items)
    )
    assert [each.what for each in looks.items] == ["lines"]
    (of_case,) = [each for each in (await node.people.looks(member_of_audit(), delegation_id=delegation_id)).items
                  if each.staff_id == reader.staff_id]  # fmt: skip
    assert of_case.what == "lines"


def member_of_audit() -> Actor:
    """Who reads the log of looks."""
    return a.member(HANGZHOU, Role.READER)


async def test_an_appraisal_from_its_letter_to_the_served_conclusion(tmp_path: Path) -> None:
    clock = Clock()
    world = World(tmp_path, clock=clock, committees=True)
    try:
        await world.begin((HANGZHOU, CHENGDU))
        home, host = await world.start_node(HANGZHOU), await world.start_node(CHENGDU)
        await a.with_pool(host, CHENGDU)
        ref = await a.until_accepted(home, host)
        await waits(host, CHENGDU, "待组成专家组")
        await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", a.PLAN)
        experts = a.panel_of(await a.both_reach(home, host, ref, "panel_drawn"))

        objected = {"raised_by": "OBJECTION_BY_WORKER", "expert_id": experts[0], "reason": "曾经治疗"}
        await a.act(home, HANGZHOU, ref, "RECUSAL_RAISED", {"body": {"recusal": objected}})
        await a.until_entry(host, CHENGDU, ref, "RECUSAL_RAISED")
        upheld = {"declared": {"upheld": True}, "body": {"recusal": {"reason": "属实"}}}
        await a.two(host, CHENGDU, ref, "RECUSAL_ANSWERED", upheld)
        replaced = {"reasons": ["K01"], "body": {"panel_change": {"leaves": experts[0], "reason": "回避"}}}
        await a.two(host, CHENGDU, ref, "PANEL_REPLACED", replaced)
        seen = await a.until_entry(home, HANGZHOU, ref, "PANEL_REPLACED")
        entered = seen.entries[-1].body["panel_change"]["enters"]["expert_id"]  # type: ignore[index]  # JSON
        sitting = [*experts[1:], entered]

        day = day_of(clock() + timedelta(days=3))
        appointment = {"at": f"{day}T09:00", "place": "成都某医院", "form": "EXAMINATION_FORM_ON_SITE"}
        await a.act(host, CHENGDU, ref, "SCHEDULED", {"body": {"appointment": appointment}})
        await a.both_reach(home, host, ref, "scheduled")
        await the_calendar_is_a_list(home, ref, day)
        proof = await a.a_file(home, HANGZHOU, ref)
        notice = {
            "declared": {"served_on": day_of(clock()).isoformat()},
            "body": {"worker_notice": {"method": "直接送达", "proof_material_id": proof}},
            "materials": [proof],
        }
        await a.act(home, HANGZHOU, ref, "WORKER_NOTIFIED", notice)
        await a.both_reach(home, host, ref, "notified")

        async with ahead(world, clock, days=3):
            examination = {
                "at": f"{day}T09:10",
                "form": "EXAMINATION_FORM_ON_SITE",
                "identity_check": "身份证",
                "identity_matches": True,
                "findings": "活动受限",
            }
            await a.act(host, CHENGDU, ref, "EXAMINED", {"body": {"examination": examination}})
            seen = await a.both_reach(home, host, ref, "examined")
            assert sorted(seen.entries[-1].body["examination"]["experts"]) == sorted(sitting)  # type: ignore[index]
            await waits(host, CHENGDU, "待专家组意见")
            await a.act(host, CHENGDU, ref, "OPINION_FORMED", a.an_opinion(sitting))
            await a.both_reach(home, host, ref, "opinion_formed")
            await waits(host, CHENGDU, "待提交结果")
            result = {"report": "经鉴定，伤残九级", "reviewer_staff_id": f"{CHENGDU}-reviewer"}
            await a.two(host, CHENGDU, ref, "APPRAISAL_REPORTED", {"body": {"appraisal_result": result}})
            seen = await a.both_reach(home, host, ref, "reported")
            told = seen.entries[-1].body["appraisal_result"]["opinion"]  # type: ignore[index]  # JSON
            assert {each["expert_id"] for each in told["opinions"]} == set(sitting)
            assert all(each["name"].startswith("专家") for each in told["opinions"])
            await a.two(home, HANGZHOU, ref, "COMPLETED", {})
            await a.both_reach(home, host, ref, "completed")
            on = day_of(clock()).isoformat()
            conclusion = {"number": "杭劳鉴〔2026〕9号", "on": on, "finding": a.FINDING}
            await a.two(home, HANGZHOU, ref, "CONCLUSION_ISSUED", {"body": {"conclusion": conclusion}})
            served = {"on": on, "service_method": "直接送达", "remedy_told": True}
            await a.two(home, HANGZHOU, ref, "CONCLUSION_SERVED", {"body": {"conclusion": served}})
            seen = await a.until_entry(host, CHENGDU, ref, "CONCLUSION_SERVED")
            assert seen.entries[-1].body["conclusion"]["number"] == "杭劳鉴〔2026〕9号"  # type: ignore[index]  # JSON
            for node, bureau in ((home, HANGZHOU), (host, CHENGDU)):
                seen = await a.see(node, bureau, ref)
                assert not seen.alarms
                assert {each.state for each in seen.entries} <= {"applied", "own"}
    finally:
        await world.stop()
