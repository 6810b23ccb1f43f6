"""Calls gather company under load and never after a silence."""

import asyncio
from time import monotonic

from node.pace import Pace


async def _waited(pace: Pace, waiting: list[int]) -> float:
    began = monotonic()
    await pace.gather(waiting)
    return monotonic() - began


async def test_the_first_goes_at_once_and_the_next_keeps_its_distance() -> None:
    pace = Pace(apart=0.1, enough=10, many=5)
    assert await _waited(pace, [1]) < 0.05
    pace.went()
    assert await _waited(pace, [1]) > 0.09
    assert await _waited(pace, [1]) < 0.05  # the distance is kept by now


async def test_enough_wait_no_longer() -> None:
    pace = Pace(apart=30.0, enough=3, many=3)
    pace.went()
    waiting = [1]
    asyncio.get_running_loop().call_later(0.05, waiting.extend, (2, 3))
    assert await _waited(pace, waiting) < 5.0


async def test_many_wait_twice_as_long_for_more() -> None:
    pace = Pace(apart=0.4, enough=10, many=2)
    pace.went()
    assert 0.39 < await _waited(pace, [1]) < 0.75
    assert await _waited(pace, [1, 2]) > 0.3  # as long again
    assert await _waited(pace, [1, 2]) < 0.05
