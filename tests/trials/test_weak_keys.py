"""Trial: weak keys at enrolment, in a unit's request, in a roster, in a letter; none is taken."""

import os
import random
from pathlib import Path

import pytest

from tests.trials.support import weak_run


@pytest.mark.trial
@pytest.mark.timeout(600)
async def test_no_weak_key_is_enrolled_anywhere(tmp_path: Path) -> None:
    seed = int(os.environ.get("XIEBAN_TRIAL_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seed {seed}; XIEBAN_TRIAL_SEED={seed} repeats it")
    weak_run.check_control()
    tallies = [
        await weak_run.enrol_over_the_wire(tmp_path / "wire", seed=seed, count=400),
        weak_run.ask_the_authority(tmp_path / "asked", seed=seed, count=400),
        weak_run.put_into_the_roster(tmp_path / "roster", seed=seed, count=60),
        weak_run.seal_and_open(tmp_path / "letters", seed=seed),
    ]
    for tally in tallies:
        print(tally.total(), dict(sorted(tally.items())))
    assert sum(tally.total() for tally in tallies) > 4000
