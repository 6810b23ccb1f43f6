"""A delegated appraisal between two real nodes: letter, list, draw, examination, opinion, conclusion."""

from pathlib import Path

from tests.node import appraisals as a
from tests.node.world import CHENGDU, HANGZHOU, running


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
        assert len(a.panel_of(seen)) == 3
        assert not seen.alarms
