"""Trial: 10,000 forged, altered, truncated, re-ordered or replayed envelopes, batches and materials; none is taken."""

import os
import random
from pathlib import Path

import pytest

from tests.trials.support.forge_run import run


@pytest.mark.trial
@pytest.mark.timeout(600)
async def test_ten_thousand_forgeries_and_none_is_taken(tmp_path: Path) -> None:
    seed = int(os.environ.get("XIEBAN_TRIAL_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seed {seed}; XIEBAN_TRIAL_SEED={seed} repeats it")
    tally = await run(tmp_path, seed=seed, envelopes=8400, batches=1500, strangers=4)
    print(tally)
    assert tally.wrong == [], "\n".join(tally.wrong)
    assert tally.count >= 10_000
