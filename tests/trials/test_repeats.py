"""Trial 8 at full size: 400 envelopes asked for again in eight eras, with 600 others that would pass for them."""

from pathlib import Path

import pytest

from tests.trials.support.repeats import Repeats


@pytest.mark.trial
async def test_the_first_answer_stands_for_ever(tmp_path: Path) -> None:
    outcome = await Repeats(tmp_path, 100).play()
    print(outcome)
    assert not outcome.wrong
    assert (outcome.envelopes, len(outcome.eras)) == (400, 8)
    assert outcome.conflicts >= 6000
