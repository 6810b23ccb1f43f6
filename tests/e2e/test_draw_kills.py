"""A draw whose nodes are killed (SIGKILL) at every point between list and panel is one draw, with one result."""

from pathlib import Path

import pytest

from tests.node.world import CHENGDU, HANGZHOU
from tests.trials.support.draw_kills import play
from tests.trials.support.draw_points import BOTH, OF_WHO_DRAWS


@pytest.mark.timeout(120)
async def test_nodes_killed_at_every_point_of_a_draw_draw_once(tmp_path: Path) -> None:
    outcome = await play(tmp_path, {HANGZHOU: BOTH, CHENGDU: OF_WHO_DRAWS})
    print(outcome)
    assert not outcome.wrong
    assert outcome.deaths == {HANGZHOU: len(BOTH), CHENGDU: len(OF_WHO_DRAWS)}
