"""What came up is told in the loop, once a batch, and nothing that fails costs another its hint."""

import asyncio

from node.hints import Hints


async def test_what_another_thread_collects_is_told_once_when_it_is_spread() -> None:
    told: list[str] = []
    hints = Hints(asyncio.get_running_loop(), told.append)

    def in_the_writers_thread() -> None:
        for what in ("acks", "outbox", "acks"):
            hints.signal(what)

    await asyncio.to_thread(in_the_writers_thread)
    assert told == []
    hints.spread()
    hints.spread()
    assert told == ["acks", "outbox"]


async def test_in_the_loop_a_hint_is_told_at_once() -> None:
    told: list[str] = []
    Hints(asyncio.get_running_loop(), told.append).signal("log")
    assert told == ["log"]


async def test_a_hint_that_fails_costs_no_other_one() -> None:
    told: list[str] = []

    def tell(what: str) -> None:
        if what == "bad":
            raise ValueError
        told.append(what)

    hints = Hints(asyncio.get_running_loop(), tell)
    await asyncio.to_thread(hints.signal, "bad")
    await asyncio.to_thread(hints.signal, "good")
    hints.spread()
    assert told == ["good"]


async def test_another_thread_hands_the_telling_over() -> None:
    told: list[str] = []
    hints = Hints(asyncio.get_running_loop(), told.append)

    def elsewhere() -> None:
        hints.signal("outbox")
        hints.spread()

    await asyncio.to_thread(elsewhere)
    async with asyncio.timeout(5):
        while not told:
            await asyncio.sleep(0)
    assert told == ["outbox"]
