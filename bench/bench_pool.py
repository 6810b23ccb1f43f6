"""What a pool of 5,000 experts takes at a node: importing it, importing it again, committing to it, a draw's lists.

`python -m bench.bench_pool` prints one JSON line a question: milliseconds, and the ratio to hashing the same number of
leaves alone, as a yardstick of the machine. The store is SQLite as a node has it, each commit on disk.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, TypeVar

from delegation.eligibility import Asked, Parties
from delegation.specialties import SPECIALTIES
from node.desk.ports import Actor
from node.logs import configure
from node.pool.eligible import EligibleList, OpenedExpert, fix_list, open_places
from node.pool.ports import ExpertFilters
from node.service import Node
from node.state import State
from node.writer import Tx
from tests.node.world import CHENGDU, COMMITTEES, running, until

_EXPERTS: Final = 5_000
_DRAWS: Final = 20
_THREAD: Final = "01986f2a-0000-7000-8000-000000000001"
_PLAN: Final = (Asked("M201", 3, 3), Asked("M101", 1, 2), Asked("M301", 1, 2))
_PARTIES: Final = Parties(worker_name="王小明", employer_name="某建筑公司", treating_hospitals=("第三人民医院",))
_T = TypeVar("_T")


def rows(bad_every: int = 50) -> list[dict[str, str]]:
    """The same pool in every run, one row in `bad_every` wrong."""
    draw = Random(4)  # noqa: S311 - no secret
    codes = list(SPECIALTIES)
    return [
        {
            "number": f"CD-{number:05}",
            "name": f"专家{number}",
            "title": draw.choice(("主任医师", "副主任医师", "主治医师")) if number % bad_every else "",
            "specialties": ",".join(draw.sample(codes, draw.randint(1, 3))),
            "employer": f"第{number % 211}医院",
            "appointed_from": "2024-01-01",
            "appointed_until": draw.choice(("2099-12-31", "2025-12-31")),
            "conflicts": f"亲属:亲属{number}" if number % 10 == 0 else "",
        }
        for number in range(_EXPERTS)
    ]


def _yardstick() -> float:
    """Milliseconds to hash as many leaves of about that size, two hashes a leaf."""
    start = perf_counter()
    for number in range(2 * _EXPERTS):
        hashlib.sha256(number.to_bytes(200, "big")).digest()
    return (perf_counter() - start) * 1000


def _told(question: str, milliseconds: list[float], **more: object) -> None:
    ratio = round(median(milliseconds) / _yardstick(), 1)
    line = {"bench": "pool", "question": question, "ms": round(median(milliseconds), 1), "ratio_to_hashes": ratio}
    print(json.dumps({**line, "worst_ms": round(max(milliseconds), 1), **more}))


async def _timed(call: Callable[[], Awaitable[_T]], into: list[float]) -> _T:
    start = perf_counter()
    found = await call()
    into.append((perf_counter() - start) * 1000)
    return found


async def _pool(node: Node) -> None:
    unit = COMMITTEES[CHENGDU]
    keeper = Actor("a", "甲", unit, frozenset({"administrator"}))
    clerk, approver = Actor("b", "乙", unit, frozenset({"clerk"})), Actor("c", "丙", unit, frozenset({"approver"}))
    pool, given = node.pool, rows()
    for question in ("import 5000", "import the same again"):
        took: list[float] = []
        outcomes = await _timed(partial(pool.import_experts, keeper, given), took)
        states = [each.state for each in outcomes]
        _told(question, took, **{name: states.count(name) for name in ("added", "known", "wrong")})
    took = []
    await _timed(partial(pool.list_experts, clerk, ExpertFilters(text="第7医院")), took)
    _told("list with a filter", took)
    took = []
    prepared = await _timed(partial(pool.prepare_version, clerk), took)
    _told("freeze and prepare a version", took)
    await node.desk.approve_move(approver, prepared.move_id, prepared.move_version)
    await until(partial(pool.list_versions, clerk), lambda versions: versions[0].state == "committed")
    await _lists(node, unit)


async def _lists(node: Node, unit: str) -> None:
    def fix(tx: Tx, state: State, at: datetime) -> EligibleList:
        return fix_list(
            tx, state, at, unit=unit, staff_id="b", thread_id=_THREAD, leg=1, draw=1, plan=_PLAN, parties=_PARTIES
        )

    fixing, opening = list[float](), list[float]()
    for _ in range(_DRAWS):
        fixed = await _timed(partial(node.writer.run, fix), fixing)

        def opened(tx: Tx, state: State, at: datetime, root: bytes = fixed.root) -> tuple[OpenedExpert, ...]:
            del at
            places = [(0, 0), (0, 5), (0, 9), (0, 11), (0, 12), (0, 13), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]
            return open_places(tx, state, unit=unit, thread_id=_THREAD, root=root, places=places)

        await _timed(partial(node.writer.run, opened), opening)
    eligible = [each.eligible for each in fixed.figures]
    _told("fix the list of eligible experts", fixing, eligible=eligible)
    _told("open a panel of five with seven reserves", opening)


async def main() -> None:
    """All questions."""
    configure("error")
    with TemporaryDirectory() as folder:
        async with running(Path(folder), CHENGDU, committees=True) as world:
            await _pool(world.nodes[CHENGDU])


if __name__ == "__main__":
    asyncio.run(main())
