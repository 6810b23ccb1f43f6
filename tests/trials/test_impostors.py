"""Trial 7 at full size: the matrix of the small run, in each state that a delegation passes on its way to work."""

from collections import Counter
from pathlib import Path

import pytest

from tests.trials.support.impostors import play


@pytest.mark.trial
@pytest.mark.parametrize("taken", range(4))
async def test_every_bureau_fails_to_act_as_every_other(tmp_path: Path, taken: int) -> None:
    outcome = await play(tmp_path, taken=taken)
    print(len(outcome.told), Counter(each.reason for each in outcome.told))
    assert not outcome.succeeded
    assert not outcome.traces
