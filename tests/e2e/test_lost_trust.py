"""Trial 5, small: what a revoked or expired certificate still gets through while its channel is open."""

import asyncio
from pathlib import Path

import pytest

from tests.trials.support.lost_trust import CASES, KINDS, play

_SMALL = ("sender's channel revoked", "sender's signing key expires", "receiver's channel revoked")


@pytest.mark.timeout(120)
async def test_nothing_passes_once_the_trust_is_gone(tmp_path: Path) -> None:
    outcomes = await asyncio.gather(
        *(play(tmp_path / str(number), name, seconds=8.0) for number, name in enumerate(_SMALL))
    )
    for outcome in outcomes:
        stops = CASES[outcome.name]
        print(outcome.name, {kind: round(outcome.after(kind), 2) for kind in KINDS}, outcome.refused)
        assert all(outcome.before(kind) for kind in KINDS), "nothing passed before: the case says nothing"
        assert all(outcome.after(kind) < 4.0 for kind in stops)
    sender = outcomes[2]
    assert sender.after("accepted") > 4.0, "the other side goes on"
