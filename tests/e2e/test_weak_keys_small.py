"""No weak key gets in, small: `tests/trials/test_weak_keys.py` tries many more."""

from pathlib import Path

from tests.trials.support import weak_run

_SEED = 17


async def test_none_is_enrolled_over_the_wire(tmp_path: Path) -> None:
    weak_run.check_control()
    found = await weak_run.enrol_over_the_wire(tmp_path, seed=_SEED, count=3)
    assert found.total() > 50


def test_none_is_certified_published_sealed_to_or_opened_with(tmp_path: Path) -> None:
    assert weak_run.ask_the_authority(tmp_path / "asked", seed=_SEED, count=2).total() > 80
    assert weak_run.put_into_the_roster(tmp_path / "roster", seed=_SEED, count=2).total() > 50
    assert weak_run.seal_and_open(tmp_path / "letters", seed=_SEED).total() > 60
