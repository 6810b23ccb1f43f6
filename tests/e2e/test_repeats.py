"""Trial 8, small: a repeat gets the first answer and other bytes a conflict, whatever happened in between."""

from pathlib import Path

from tests.trials.support.repeats import Repeats


async def test_the_first_answer_stands_for_ever(tmp_path: Path) -> None:
    outcome = await Repeats(tmp_path, 5).play()
    print(outcome)
    assert not outcome.wrong
    assert (outcome.envelopes, outcome.squatted) == (20, 15)
    assert (len(outcome.eras), outcome.repeats) == (8, 2 * (15 + 7 * 20))
