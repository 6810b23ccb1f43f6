"""A panel that is short after its reserves, told by the host and led to another mode by the home, through the pages."""

from pathlib import Path

from tests.gateway.bureau.pages import words
from tests.gateway.bureau.test_appraisal_story import at, two
from tests.gateway.bureau.test_cases_story import page, reads, send
from tests.gateway.test_real_nodes import bureau
from tests.node.appraisals import panel_of, see, until_accepted, until_entry, with_pool
from tests.node.appraisals import two as made
from tests.node.committees import PLAN_OF_ONE
from tests.node.world import CHENGDU, COMMITTEES, HANGZHOU, running

Typed = dict[str, str | list[str]]


async def test_a_short_panel_is_told_and_the_mode_is_changed_by_pages(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        nodes = world.nodes
        await with_pool(nodes[CHENGDU], CHENGDU)
        number = await until_accepted(nodes[HANGZHOU], nodes[CHENGDU])
        await made(nodes[CHENGDU], CHENGDU, number, "SPECIALTY_DETERMINED", PLAN_OF_ONE)
        await at(world, number, "panel_drawn")
        seats = panel_of(await see(nodes[CHENGDU], CHENGDU, number))
        async with (
            bureau(world, HANGZHOU, unit=COMMITTEES[HANGZHOU]) as home,
            bureau(world, CHENGDU, unit=COMMITTEES[CHENGDU]) as host,
        ):
            leaves: Typed = {"reasons": "K02", "body.panel_change.leaves": seats[0]}
            await two(host, number, "panel-replaced", {**leaves, "body.panel_change.reason": "出差"})
            await until_entry(nodes[CHENGDU], CHENGDU, number, "PANEL_REPLACED")
            gone: Typed = {"reasons": "K02", "body.panel_change.leaves": seats[1]}
            address = f"/desk/cases/{number}/moves/panel-replaced"
            refused = await send(host.clerk, address, {**gone, "body.panel_change.reason": "患病"}, expect=409)
            assert "请登记“专家不足”" in words(refused)
            read = await two(host, number, "panel-short", {"body.specialties.remedy": "请改为聘请当地医学专家"})
            assert "请改为聘请当地医学专家" in read
            await at(world, number, "panel_short")
            await reads(home.clerk, number, "专家不足")
            again: Typed = {"reasons": "T07", "appraisal_mode": "EXPERT_SECONDMENT"}
            read = await two(home, number, "issued", again)
            assert "聘请" in read
            await at(world, number, "issued")
            shown = await reads(host.clerk, number, "已送达")
            assert "聘请" in words(shown)
            await page(host.clerk, f"/desk/cases/{number}/draw")
            seen = await see(nodes[CHENGDU], CHENGDU, number)
            assert (seen.row.leg, seen.header["appraisal_mode"]) == (2, "EXPERT_SECONDMENT")
