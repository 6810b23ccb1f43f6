"""Both nodes of a draw are killed at named points, one after another, while the registry goes on.

The appraisals are brought up to their lists by nodes in this process, in which nobody carries a draw on. Then both data
folders are given to processes that kill themselves; each is started again until it has died at every point of its list.
At the end nodes in this process open the folders, and what there is must be one draw each, whole.
"""

import asyncio
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from node.draws.runner import Drawer
from tests.node import appraisals as a
from tests.node.world import CHENGDU, COMMITTEES, HANGZHOU, World, until
from tests.trials.support.nursery import Nursery

_SECRETS: Final = "SELECT name, value FROM meta WHERE name LIKE 'draw/%/secret/%'"
_SIDES: Final = (HANGZHOU, CHENGDU)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How often each side died, and what was not as it should be."""

    deaths: Mapping[str, int]
    draws: int
    wrong: list[str]


async def _idle(self: Drawer) -> None:
    del self
    await asyncio.Event().wait()


async def play(
    folder: Path, points: Mapping[str, Sequence[str]], *, draws: int = 1, patience: int = 20, all_come: bool = True
) -> Outcome:
    """Kill each side at its points in order. `all_come` False: a side that comes to a point no more is done."""
    world = World(folder, committees=True)
    nursery = Nursery(folder / "nursery.log")  # it imports while the appraisals are brought up
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Drawer, "run", _idle)
            numbers = await _listed(world, draws)
        kept: dict[str, dict[str, bytes]] = {bureau: {} for bureau in _SIDES}
        wrong: list[str] = []
        lock = asyncio.Lock()
        sides = [
            _Side(
                world=world,
                nursery=nursery,
                lock=lock,
                bureau=bureau,
                patience=patience,
                all_come=all_come,
                wrong=wrong,
                kept=kept[bureau],
            )
            for bureau in _SIDES
        ]
        died = await asyncio.gather(*(side.die_at(points[side.bureau]) for side in sides))
        deaths = dict(zip(_SIDES, died, strict=True))
        for bureau in _SIDES:
            await world.start_node(bureau)
        for number in numbers:
            wrong += await _looked_at(world, number)
        for bureau in _SIDES:
            now = _secrets(world, bureau)
            wrong += [f"{bureau}: another secret" for name, value in kept[bureau].items() if now.get(name) != value]
        wrong += _refused(folder)
        return Outcome(deaths=deaths, draws=len(numbers), wrong=wrong)
    finally:
        nursery.close()
        await world.stop()


async def _listed(world: World, draws: int) -> list[str]:
    """Appraisals whose experts are about to be drawn; no node runs any more."""
    await world.begin(_SIDES)
    home, host = [await world.start_node(bureau) for bureau in _SIDES]
    await a.with_pool(host, CHENGDU)
    numbers = []
    for number in range(draws):
        found = await a.until_accepted(home, host, a.a_letter(case_key=f"杭劳鉴2026-{number}"))
        await a.two(host, CHENGDU, found, "SPECIALTY_DETERMINED", a.PLAN)
        await a.both_reach(home, host, found, "specialty_set")
        numbers.append(found)
    for bureau in _SIDES:
        await world.nodes[bureau].settle()
        await world.stop_node(bureau)
        world.settings[bureau].save()
    return numbers


@dataclass(slots=True, kw_only=True)
class _Side:
    """One side's lives, each to the next point."""

    world: World
    nursery: Nursery
    lock: asyncio.Lock  # the nursery answers one question at a time
    bureau: str
    patience: int
    all_come: bool
    wrong: list[str]
    kept: dict[str, bytes]  # secrets as they lay on disk after the last death

    async def die_at(self, points: Sequence[str]) -> int:
        """How many of the points it came to."""
        deaths = 0
        log = self.world.folder / f"{self.bureau}.log"
        for point in points:
            folder = self.world.settings[self.bureau].data_dir
            start = partial(self.nursery.start, point=point, patience=self.patience)
            async with self.lock:
                pid = await asyncio.to_thread(start, "draw_node", folder, log)
            status = await self._end_of(pid)
            if os.WTERMSIG(status) != signal.SIGKILL:
                if self.all_come or os.WTERMSIG(status) != signal.SIGALRM:
                    self.wrong.append(f"{self.bureau}: {point} did not come, status {status}")
                break
            deaths += 1
            secrets = _secrets(self.world, self.bureau)
            self.wrong += [
                f"{self.bureau}: another secret at {point}"
                for name, value in self.kept.items()
                if secrets.get(name) != value
            ]
            self.kept.update(secrets)
        return deaths

    async def _end_of(self, pid: int) -> int:
        """Its wait status; the nursery serves the other side meanwhile."""
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        watched = os.pidfd_open(pid)
        loop.add_reader(watched, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(watched)
            os.close(watched)
        async with self.lock:
            return await asyncio.to_thread(self.nursery.reap, pid)


def _secrets(world: World, bureau: str) -> dict[str, bytes]:
    """What is on disk of the side's own secrets, encrypted."""
    with sqlite3.connect(world.settings[bureau].data_dir / "node.db") as connection:
        return {str(name): bytes(value) for name, value in connection.execute(_SECRETS)}


async def _looked_at(world: World, number: str) -> list[str]:
    """What is wrong with a draw at the end."""
    home, host = (world.nodes[bureau] for bureau in _SIDES)
    seen = await a.both_reach(home, host, number, "panel_drawn")
    sides = (COMMITTEES[HANGZHOU], COMMITTEES[CHENGDU])
    expected = Counter({("PANEL_DRAWN", COMMITTEES[CHENGDU]): 1})
    expected.update((kind, unit) for kind in ("DRAW_COMMITTED", "DRAW_REVEALED") for unit in sides)
    wrong = []
    for node, bureau in ((home, HANGZHOU), (host, CHENGDU)):
        seen = await until(partial(a.see, node, bureau, number), lambda found: not found.queued)
        found = Counter((each.kind, each.sender_unit) for each in seen.entries if each.kind.startswith("DRAW_"))
        found.update((each.kind, each.sender_unit) for each in seen.entries if each.kind == "PANEL_DRAWN")
        if found != expected:
            wrong.append(f"{bureau}: {number} has {dict(found)}")
        wrong += [f"{bureau}: alarm {alarm.reason} in {number}" for alarm in seen.alarms]
        report = await node.draws.check_draw(a.member(bureau), number)
        wrong += [f"{bureau}: {check.name} {check.detail} in {number}" for check in report.failed]
    return wrong


def _refused(folder: Path) -> list[str]:
    """Envelopes that the registry refused: a second commitment, secret or panel would be one."""
    with sqlite3.connect(folder / "registry" / "registry.db") as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM envelope_answer WHERE NOT accepted")
    return [f"{count} envelopes were refused"] if count else []
