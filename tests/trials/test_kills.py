"""Trial 1 at full size: 200 times kill -9 of registry, home or host, alone and together, over thousands of delegations.

XIEBAN_TRIAL_DELEGATIONS (5,000) are spread over the kills; XIEBAN_TRIAL_SECONDS (480) is about what the kills may take.
Kill points follow from XIEBAN_TRIAL_SEED, which is printed, and from how fast the machine is. On two busy cores some
15 to 30 delegations a second pass while everything is up, each with 3 to 5 envelopes; when the time is over no more
letters are begun, the remaining kills still come, and the outcome says how many delegations there were.
"""

import os
import time
from pathlib import Path

import pytest

from tests.trials.support.kills import Plan, run

_DELEGATIONS = int(os.environ.get("XIEBAN_TRIAL_DELEGATIONS", "5000"))
_SECONDS = float(os.environ.get("XIEBAN_TRIAL_SECONDS", "480"))
_SEED = int(os.environ.get("XIEBAN_TRIAL_SEED", "0")) or time.time_ns() % 1_000_000
_KILLS = 200


@pytest.mark.trial
def test_two_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    print(f"seed {_SEED}: repeat with XIEBAN_TRIAL_SEED={_SEED}")
    outcome = run(tmp_path, Plan(delegations=_DELEGATIONS, kills=_KILLS, seconds=_SECONDS, verified=100, seed=_SEED))
    print(outcome)
    assert not outcome.wrong
    assert outcome.processes_killed >= _KILLS
    assert outcome.delegations >= _DELEGATIONS / 5, "the machine was too slow for the trial to say anything"
