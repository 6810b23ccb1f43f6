"""Trial 10, small: a disk that is full for some seconds, at each side."""

from pathlib import Path

import pytest

from tests.trials.support.full_disk import may_mount, run


@pytest.mark.timeout(150)
@pytest.mark.parametrize("side", ["home", "registry"])
def test_a_full_disk_loses_nothing_and_passes(tmp_path: Path, side: str) -> None:
    kind = "tmpfs" if may_mount(tmp_path) else "limit"
    outcome = run(tmp_path, side, kind=kind, full_seconds=5.0)
    print(outcome)
    assert not outcome.wrong
    assert outcome.recovered_in < 10
    if side == "home":
        assert outcome.refused, "nobody was told that the disk is full"
