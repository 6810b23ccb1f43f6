"""Experts who are lent, from their proposal to the conclusion, through the desk's pages of two committees."""

from datetime import timedelta
from pathlib import Path

from node.desk.ports import Role
from tests.gateway.bureau.pages import words
from tests.gateway.bureau.test_appraisal_story import at, drawn, two
from tests.gateway.bureau.test_cases_story import page, send
from tests.gateway.test_real_nodes import bureau
from tests.node.appraisals import a_letter, member, panel_of, see, until_accepted, until_entry
from tests.node.world import CHENGDU, COMMITTEES, HANGZHOU, World, now, running, until

Typed = dict[str, str | list[str]]
_TITLES = ("副主任医师", "主任医师", "副主任医师", "主任医师", "副主任医师", "主任医师")


def _rows(field: str, values: dict[int, str]) -> Typed:
    return {f"body.experts.experts.{row}.{field}": value for row, value in values.items()}


async def _commit(world: World) -> None:
    """The home's pool in its new version."""
    node, clerk = world.nodes[HANGZHOU], member(HANGZHOU)
    prepared = await node.pool.prepare_version(clerk)
    await node.desk.approve_move(member(HANGZHOU, Role.APPROVER), prepared.move_id, prepared.move_version)
    await until(lambda: node.pool.list_versions(clerk), lambda versions: versions[0].state == "committed")


async def test_experts_are_lent_admitted_drawn_and_confirmed_by_pages(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        nodes = world.nodes
        number = await until_accepted(
            nodes[HANGZHOU], nodes[CHENGDU], a_letter(appraisal_mode="EXPERT_SECONDMENT")
        )  # fmt: skip
        async with (
            bureau(world, HANGZHOU, unit=COMMITTEES[HANGZHOU]) as home,
            bureau(world, CHENGDU, unit=COMMITTEES[CHENGDU]) as host,
        ):
            six = range(6)
            lent: Typed = _rows("expert_id", {row: f"x-{row}" for row in six})
            lent |= _rows("name", {row: f"川专家{row}" for row in six}) | _rows("title", dict(enumerate(_TITLES)))
            lent |= _rows("specialty", dict.fromkeys(six, "M201")) | _rows("employer", dict.fromkeys(six, "成都某医院"))
            few = {name: value for name, value in lent.items() if name.split(".")[3] in "012"}
            address = f"/desk/cases/{number}/moves/experts-proposed"
            refused = await send(host.clerk, address, few, expect=422)  # twice the panel, at least
            assert "推荐专家须不少于专家组人数的两倍" in words(refused)
            read = await two(host, number, "experts-proposed", lent)
            assert "川专家5" in read
            await at(world, number, "experts_proposed")

            admitted: Typed = _rows("home_expert_id", {row: f"HZ-L{row}" for row in six})
            admitted |= _rows("appointment_number", dict.fromkeys(six, "杭劳鉴聘〔2026〕1号"))
            until_day = (now().date() + timedelta(days=300)).isoformat()
            admitted |= _rows("appointed_until", dict.fromkeys(six, until_day))
            shown = await page(home.clerk, f"/desk/cases/{number}/moves/experts-admitted")
            assert "川专家3" in shown.text  # as the host proposed them: nothing is typed twice
            read = await two(home, number, "experts-admitted", admitted)
            assert "杭劳鉴聘〔2026〕1号" in read
            await at(world, number, "experts_admitted")

            pool = words(await page(home.clerk, "/desk/pool"))
            assert "川专家0" in pool
            await _commit(world)
            plan: Typed = {"plan.0.specialty": "M201", "plan.0.seats": "3", "plan.0.reserves": "2"}
            await two(home, number, "specialty-determined", {**plan, "body.specialties.reason": "伤在腰椎"})
            told = await drawn(home.clerk, number)
            assert "组长" in told
            await at(world, number, "panel_drawn")
            seats = panel_of(await see(nodes[HANGZHOU], HANGZHOU, number))
            assert all(each.startswith("HZ-L") for each in seats)
            seen = (await see(nodes[CHENGDU], CHENGDU, number)).appraisal
            assert seen is not None
            sitting = [each for each in seen.panel if each.status == "sits"]
            best = [each for each in sitting if each.title == "主任医师"] or sitting
            assert [each.expert_id for each in sitting if each.chair] == [best[0].expert_id]

            confirmed: Typed = _rows("recusal_declared", dict.fromkeys(range(3), "1"))
            confirmed |= _rows("available_on", dict.fromkeys(range(3), now().date().isoformat()))
            await two(host, number, "experts-confirmed", confirmed)
            await at(world, number, "experts_confirmed")
            await two(home, number, "completed", {})
            await at(world, number, "completed")
            concluded: Typed = {"body.conclusion.number": "杭劳鉴〔2026〕8号"}
            finding = "body.conclusion.finding"
            concluded |= {"body.conclusion.on": now().date().isoformat(), f"{finding}.grade": "9"}
            concluded |= {f"{finding}.injuries.0.injury": "腰椎骨折", f"{finding}.injuries.0.clause": "5.9.2.13"}
            read = await two(home, number, "conclusion-issued", {**concluded, f"{finding}.injuries.0.grade": "9"})
            assert "九级" in read
            await until_entry(nodes[CHENGDU], CHENGDU, number, "CONCLUSION_ISSUED")
            today = now().date()
            served: Typed = {"body.conclusion.on": today.isoformat(), "body.conclusion.service_method": "直接送达"}
            await two(home, number, "conclusion-served", {**served, "body.conclusion.remedy_told": "1"})
            await until_entry(nodes[HANGZHOU], HANGZHOU, number, "CONCLUSION_SERVED")
            asked = await page(home.clerk, f"/desk/cases/{number}/moves/reappraisal-requested")
            assert "申请期至" in words(asked)
            await two(home, number, "reappraisal-requested", {"body.conclusion.on": today.isoformat()})
            await until_entry(nodes[HANGZHOU], HANGZHOU, number, "REAPPRAISAL_REQUESTED")
            result: Typed = {"body.conclusion.number": "浙劳鉴〔2026〕2号", "body.conclusion.on": today.isoformat()}
            read = await two(home, number, "reappraisal-result", {**result, "body.conclusion.outcome": "维持九级"})
            assert "维持九级" in read
            await until_entry(nodes[CHENGDU], CHENGDU, number, "REAPPRAISAL_RESULT")
            assert not (await see(nodes[HANGZHOU], HANGZHOU, number)).alarms
