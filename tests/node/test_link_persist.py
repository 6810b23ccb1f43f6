"""Trying again: the first attempt is made at once, only what may pass is tried again, and nothing is tried forever."""

from datetime import UTC, datetime

import grpc
import pytest

from delegation.errors import Reason, Refusal
from node.link import Link


def a_link() -> Link:
    return Link(
        address="127.0.0.1:1",
        credentials=lambda: grpc.ssl_channel_credentials(),
        clock=lambda: datetime.now(UTC),
        most_wait=0.3,
    )


class Attempts:
    """Fails with each reason in turn, then answers."""

    def __init__(self, *reasons: Reason) -> None:
        self.reasons = list(reasons)
        self.made = 0

    async def __call__(self) -> str:
        self.made += 1
        if self.reasons:
            raise Refusal(self.reasons.pop(0))
        return "answer"


@pytest.mark.parametrize("failures", [0, 1, 3])
async def test_what_may_pass_is_tried_again_until_it_is_answered(failures: int) -> None:
    attempts = Attempts(*[Reason.UNAVAILABLE] * failures)
    assert await a_link().persist(attempts, what="test") == "answer"
    assert attempts.made == failures + 1


@pytest.mark.parametrize("before", [[], [Reason.DISK_FULL], [Reason.UNAVAILABLE, Reason.QUOTA_EXCEEDED]])
async def test_what_trying_again_does_not_mend_is_told_at_once(before: list[Reason]) -> None:
    attempts = Attempts(*before, Reason.NOT_YOUR_UNIT)
    with pytest.raises(Refusal) as caught:
        await a_link().persist(attempts, what="test")
    assert caught.value.reason is Reason.NOT_YOUR_UNIT
    assert attempts.made == len(before) + 1


@pytest.mark.parametrize(("reason", "longest"), [(Reason.DISK_FULL, 3.5), (Reason.STORAGE_UNAVAILABLE, 3.5)])
async def test_space_that_comes_back_is_noticed_within_seconds_however_long_it_was_gone(
    reason: Reason, longest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def noted(seconds: float) -> None:
        waits.append(seconds)

    link = Link(
        address="127.0.0.1:1", credentials=lambda: grpc.ssl_channel_credentials(), clock=lambda: datetime.now(UTC)
    )
    monkeypatch.setattr(link, "_sleep", noted)
    assert await link.persist(Attempts(*[reason] * 30), what="test") == "answer"
    assert max(waits) <= longest
    waits.clear()
    assert await link.persist(Attempts(*[Reason.UNAVAILABLE] * 30), what="test") == "answer"
    assert max(waits) > 10.0
