"""Trial 10 at full size: full for 40 seconds at each of the three, by a file system that is full and by a limit."""

from pathlib import Path

import pytest

from tests.trials.support.full_disk import may_mount, run


@pytest.mark.trial
@pytest.mark.parametrize("kind", ["tmpfs", "limit"])
@pytest.mark.parametrize("side", ["home", "host", "registry"])
def test_a_full_disk_loses_nothing_and_passes(tmp_path: Path, side: str, kind: str) -> None:
    if kind == "tmpfs" and not may_mount(tmp_path):
        pytest.skip("no right to mount a file system of its own")
    outcome = run(tmp_path, side, kind=kind, full_seconds=40.0 if kind == "tmpfs" else 10.0)
    print(outcome)
    assert not outcome.wrong
    assert outcome.recovered_in < 10
