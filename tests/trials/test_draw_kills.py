"""Nodes killed at points of their draws, at full size: twenty draws at once, up to a hundred deaths a side.

Points are drawn from XIEBAN_TRIAL_SEED, which is printed. When every draw is over no more points come; how many came is
told.
"""

import os
import time
from pathlib import Path
from random import Random

import pytest

from tests.node.world import CHENGDU, HANGZHOU
from tests.trials.support.draw_kills import play
from tests.trials.support.draw_points import BOTH, OF_WHO_DRAWS

_SEED = int(os.environ.get("XIEBAN_TRIAL_SEED", "0")) or time.time_ns() % 1_000_000


@pytest.mark.trial
async def test_many_draws_under_many_kills(tmp_path: Path) -> None:
    print(f"seed {_SEED}: repeat with XIEBAN_TRIAL_SEED={_SEED}")
    random = Random(_SEED)  # noqa: S311 - kill points, printed with the seed
    points = {
        HANGZHOU: [random.choice(BOTH) for _ in range(100)],
        CHENGDU: [random.choice(OF_WHO_DRAWS) for _ in range(100)],
    }
    outcome = await play(tmp_path, points, draws=20, patience=15, all_come=False)
    print(outcome)
    assert not outcome.wrong
    assert outcome.draws == 20
    assert min(outcome.deaths.values()) >= 1
