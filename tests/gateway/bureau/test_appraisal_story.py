"""Two committees work an appraisal to its end through the desk's pages alone, on real nodes and a real registry."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import cast

import httpx
import pytest

from delegation.errors import Refusal
from gateway.bureau.draws.linked import second
from tests.gateway.bureau.pages import form_to, forms, words
from tests.gateway.bureau.test_cases_story import approve, page, reads, send
from tests.gateway.test_real_nodes import PASSWORD, Bureau, bureau
from tests.node.appraisals import a_file, a_letter, member, panel_of, reach, see, until_entry, with_pool
from tests.node.appraisals import issue as issue_directly
from tests.node.test_appraisal import Clock, ahead
from tests.node.world import CHENGDU, COMMITTEES, HANGZHOU, World, clerk, issued, now, running

TYPED: dict[str, str | list[str]] = {
    "matter": "DISABILITY_GRADE",
    "appraisal_mode": "ONSITE_ASSIST",
    "appraisal_kind": "FIRST",
    "task_place.code": CHENGDU,
    "task_place.role": "RESIDENCE",
    "letter.worker.name": "王小明",
    "letter.worker.id_number": "11010519491231002X",
    "letter.employer.name": "某某科技有限公司",
    "letter.appraisal.decision_number": "杭人社认〔2026〕5号",
    "letter.appraisal.decided_on": "2026-02-01",
    "letter.appraisal.injured_parts": "腰椎",
    "letter.appraisal.diagnosis": "腰椎骨折",
    "letter.appraisal.records": "出院小结",
    "letter.appraisal.pool_basis": "受托方专家库，一案一议",
    "letter.appraisal.specialties": ["M201"],
    "letter.case_summary": "职工居成都，申请劳动能力鉴定",
    "letter.recusal_declared": "1",
}


async def two(side: Bureau, number: str, verb: str, values: dict[str, str | list[str]]) -> str:
    """A move of two people; what the approver read."""
    return await approve(side.approver, await send(side.clerk, f"/desk/cases/{number}/moves/{verb}", values))


async def one(side: Bureau, number: str, verb: str, values: dict[str, str | list[str]]) -> None:
    """A move of one person."""
    await send(side.clerk, f"/desk/cases/{number}/moves/{verb}", values)


async def issue(home: Bureau) -> str:
    """The letter, by the one window; without the recognition decision it stays a draft."""
    shown = await page(home.clerk, "/desk/intake/new")
    assert "鉴定委托函" in words(shown)
    received = {"clock.application_received_on": (now() - timedelta(days=1)).date().isoformat()}
    typed = {**form_to(shown, "/intake/new"), **TYPED, **received, "_do": "submit"}
    kept = await home.clerk.post("/desk/intake/new", data={**typed, "letter.appraisal.decision_number": ""})
    draft = kept.headers["location"].partition("?")[0]
    held = await page(home.clerk, f"{draft}?check=1")
    assert "第二十三条" in words(held)
    sent = await home.clerk.post(draft, data={**form_to(held, draft), **TYPED, "_do": "submit"})
    assert sent.headers["location"].endswith("/review"), words(await page(home.clerk, sent.headers["location"]))
    review = await page(home.approver, sent.headers["location"])
    assert "劳动功能障碍等级鉴定" in words(review)
    action, values = next((action, values) for action, values in forms(review) if action.endswith("/approve"))
    issued = await home.approver.post(action, data=values)
    assert issued.status_code == 303, words(issued)
    return str(issued.headers["location"].rpartition("/")[2])


async def signed_in_again(client: httpx.AsyncClient, staff_id: str) -> None:
    """Days have passed, the session is over."""
    made = await client.post("/api/v1/session", json={"staff_id": staff_id, "password": PASSWORD})
    assert made.status_code == 201, made.text
    client.headers["x-csrf-token"] = made.json()["csrf"]


async def drawn(client: httpx.AsyncClient, number: str) -> str:
    """Wait until the draw's page shows who was drawn."""
    for _ in range(700):
        shown = await client.get(f"/desk/cases/{number}/draw")
        if shown.status_code == 200 and "抽中的专家" in words(shown):
            return words(shown)
        await asyncio.sleep(0.02)
    raise AssertionError(words(shown))


async def at(world: World, number: str, state: str) -> None:
    """Both committees see that state."""
    for code in (HANGZHOU, CHENGDU):
        await reach(world.nodes[code], code, number, state)


async def test_an_appraisal_from_its_letter_to_its_conclusion_by_pages(tmp_path: Path) -> None:
    clock = Clock()
    world = World(tmp_path, clock=clock, committees=True)
    try:
        await world.begin((HANGZHOU, CHENGDU))
        for code in (HANGZHOU, CHENGDU):
            await world.start_node(code)
        async with (
            bureau(world, HANGZHOU, unit=COMMITTEES[HANGZHOU]) as home,
            bureau(world, CHENGDU, unit=COMMITTEES[CHENGDU]) as host,
        ):
            await _story(world, clock, home, host)
    finally:
        await world.stop()


async def _story(world: World, clock: Clock, home: Bureau, host: Bureau) -> None:
    await with_pool(world.nodes[CHENGDU], CHENGDU)
    number = await issue(home)
    case = f"/desk/cases/{number}"
    shown = await reads(host.clerk, number, "已送达")
    await host.clerk.post(f"{case}/moves/signed-for", data=form_to(shown, "/signed-for"))
    await at(world, number, "signed_for")
    await one(host, number, "accepted", {})
    await at(world, number, "accepted")
    seats = await _panel(world, home, host, number)
    day = (clock() + timedelta(days=3)).date().isoformat()
    place: dict[str, str | list[str]] = {"body.appointment.at": f"{day}T09:30", "body.appointment.place": "示例路1号"}
    await one(host, number, "scheduled", {**place, "body.appointment.form": "EXAMINATION_FORM_ON_SITE"})
    await at(world, number, "scheduled")
    calendar = words(await page(host.clerk, f"/desk/appointments?month={day[:7]}"))
    assert "示例路1号" in calendar
    assert "未通知职工" in calendar
    proof = await a_file(world.nodes[HANGZHOU], HANGZHOU, number)
    told: dict[str, str | list[str]] = {"declared.served_on": clock().date().isoformat()}
    told |= {"body.worker_notice.method": "邮寄", "body.worker_notice.proof_material_id": proof}
    await one(home, number, "worker-notified", told)
    await at(world, number, "notified")
    async with ahead(world, clock, days=3):
        for side, code in ((home, HANGZHOU), (host, CHENGDU)):
            await signed_in_again(side.clerk, f"{code}-jbr")
            await signed_in_again(side.approver, f"{code}-spr")
        await _conclude(world, home, host, number, day, seats)


async def _panel(world: World, home: Bureau, host: Bureau, number: str) -> list[str]:
    """Specialities by two people, the draw by itself, and one who leaves for an objection."""
    case = f"/desk/cases/{number}"
    plan: dict[str, str | list[str]] = {"plan.0.specialty": "M201", "plan.0.seats": "3", "plan.0.reserves": "2"}
    read = await two(host, number, "specialty-determined", {**plan, "body.specialties.reason": "伤在腰椎"})
    assert "骨科" in read
    assert "伤在腰椎" in await drawn(home.clerk, number)
    await at(world, number, "panel_drawn")
    assert "所核各项全部符合" in words(await page(home.clerk, f"{case}/draw?check=1"))
    assert json.loads((await page(host.clerk, f"{case}/draw-file")).content)
    seats = panel_of(await see(world.nodes[CHENGDU], CHENGDU, number))
    raised = {"body.recusal.raised_by": "OBJECTION_BY_WORKER", "body.recusal.expert_id": seats[0]}
    await one(home, number, "recusal-raised", {**raised, "body.recusal.reason": "曾为主治医师"})
    await until_entry(world.nodes[CHENGDU], CHENGDU, number, "RECUSAL_RAISED")
    await two(host, number, "recusal-answered", {"declared.upheld": "1", "body.recusal.reason": "属实"})
    await until_entry(world.nodes[CHENGDU], CHENGDU, number, "RECUSAL_ANSWERED")
    leaves = {"reasons": "K01", "body.panel_change.leaves": seats[0], "body.panel_change.reason": "回避"}
    read = await two(host, number, "panel-replaced", {**leaves})
    assert "递补" in read
    await until_entry(world.nodes[HANGZHOU], HANGZHOU, number, "PANEL_REPLACED")
    await until_entry(world.nodes[CHENGDU], CHENGDU, number, "PANEL_REPLACED")
    return seats


async def _conclude(world: World, home: Bureau, host: Bureau, number: str, day: str, seats: list[str]) -> None:
    """Examination, an opinion whose odd grade must be answered, the result, the conclusion and its service."""
    case = f"/desk/cases/{number}"
    examined: dict[str, str | list[str]] = {"body.examination.identity_check": "身份证读卡"}
    examined |= {"body.examination.identity_checked_by": "甲", "body.examination.identity_matches": "1"}
    await one(host, number, "examined", {**examined, "body.examination.findings": "活动受限"})
    await at(world, number, "examined")
    at_ = "body.opinion.majority"
    opinion: dict[str, str | list[str]] = {f"{at_}.injuries.0.injury": "腰椎骨折", f"{at_}.injuries.0.grade": "9"}
    opinion |= {f"{at_}.injuries.0.clause": "5.9.2.13", f"{at_}.grade": "8", f"{at_}.care_asked": "1"}
    opinion |= {f"{at_}.self_care.eating": "1"}
    address = f"{case}/moves/opinion-formed"
    form = await page(host.clerk, address)
    assert seats[0] not in form.text
    warned = await host.clerk.post(address, data={**form_to(form, address), **opinion})
    assert warned.status_code == 422
    assert "最重单项不足两项相同而晋级" in words(warned)
    assert "生活部分不能自理" in words(warned)
    answered = {**form_to(warned, address), **opinion, "answer.G04": "另有陈旧伤"}
    sent = await host.clerk.post(address, data=answered)
    assert sent.status_code == 303, words(sent)
    await at(world, number, "opinion_formed")
    result = {"body.appraisal_result.report": "经鉴定", "body.appraisal_result.reviewer_staff_id": f"{CHENGDU}-spr"}
    read = await two(host, number, "appraisal-reported", {**result})
    assert all(text in read for text in ("八级", "生活部分不能自理", "另有陈旧伤"))
    await at(world, number, "reported")
    await two(home, number, "completed", {})
    await at(world, number, "completed")
    concluded: dict[str, str | list[str]] = {"body.conclusion.number": "杭劳鉴〔2026〕5号", "body.conclusion.on": day}
    read = await two(home, number, "conclusion-issued", concluded)
    assert "八级" in read
    await until_entry(world.nodes[HANGZHOU], HANGZHOU, number, "CONCLUSION_ISSUED")
    served: dict[str, str | list[str]] = {"body.conclusion.on": day, "body.conclusion.service_method": "直接送达"}
    await two(home, number, "conclusion-served", {**served, "body.conclusion.remedy_told": "1"})
    await until_entry(world.nodes[HANGZHOU], HANGZHOU, number, "CONCLUSION_SERVED")
    papers = words(await page(home.clerk, f"{case}/papers"))
    assert all(title in papers for title in ("委托鉴定函", "专家组抽取记录", "鉴定通知书", "鉴定结论书"))


async def test_the_two_hosts_of_a_case_learn_nothing_of_each_other(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        first = (await issued(home, HANGZHOU)).row.delegation_id
        held = await home.desk.get_delegation(clerk(HANGZHOU), first)
        drafted = second(held)
        whole = a_letter()
        letter, request = (cast("dict[str, object]", made["letter"]) for made in (drafted, whole))
        appraisal = {
            **cast("dict[str, object]", request["appraisal"]),
            **cast("dict[str, object]", letter["appraisal"]),
        }
        filled_in = {**letter, "appraisal": appraisal, "recusal_declared": True}
        told = {name: whole[name] for name in ("task_place", "clock")}
        later = (await issue_directly(home, {**drafted, **told, "letter": filled_in})).row.delegation_id
        await reach(host, CHENGDU, later, "issued")
        shown = await see(host, CHENGDU, later)
        assert shown.header["case_id"] != held.header["case_id"]
        assert shown.header["related_thread_id"] == ""
        sealed = json.dumps([dict(shown.header), shown.letter, shown.entries[0].body], default=str, ensure_ascii=False)
        assert first not in sealed
        assert str(held.header["case_id"]) not in sealed
        assert later != first
        with pytest.raises(Refusal):
            await host.desk.get_delegation(member(CHENGDU), first)
