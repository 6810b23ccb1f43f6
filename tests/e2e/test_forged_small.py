"""The trial of forgeries, small: `tests/trials/test_forged.py` throws twenty times as many."""

import random
from pathlib import Path

from tests.trials.support.forge_run import run


async def test_nothing_forged_is_taken(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    tally = await run(tmp_path, seed=seed, envelopes=400, batches=72, strangers=1)
    print(tally)
    assert tally.wrong == [], "\n".join(tally.wrong)
    assert tally.count >= 500
