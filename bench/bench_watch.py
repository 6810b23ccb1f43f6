"""How fast a province catches up with the log, and what its questions take, with a year in the registry's store.

`python -m bench.bench_watch [--leaves 1200000]` prints JSON lines: a first WatchEntries from leaf 0 over real mutual
TLS by a province and by the national office (items and leaves a second, resident memory at most), and milliseconds
(median, 95th percentile) of a page of the list, of the figures of a year, and of a look at the newest 200 leaves.
Threads, routes and sizes are as in a national year; headers, entries and signatures are random bytes of usual length.
"""

import argparse
import asyncio
import json
import os
import resource
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from delegation.codes import Matter, ThreadType
from delegation.merkle import leaf_hash
from delegation.thread_json import thread_bytes
from delegation.thread_state import ThreadState
from registry.parts import join_parts
from registry.records import AnswerRow, Changes, EntryRow, Head, SightRow, ThreadRow
from registry.setup import open_store
from registry.store import Store
from tests.builders import CHENGDU_RD, HANGZHOU_RD
from tests.registry.federation import SICHUAN, Client, Federation
from xieban.federation.v1 import monitor_pb2 as pb

_AT_A_TIME: Final = 512
_OPEN: Final = 2_000
_LENGTH: Final = 20  # envelopes of a delegation
_CODES: Final = (*range(11, 16), *range(31, 38), *range(41, 47), 50, 51, 52, 53)
_PROVINCES: Final = tuple(f"{number:02d}" for number in _CODES)
_CALLS: Final = 40


def _thread(number: int, leaf: int, head: Head, draw: Random) -> ThreadRow:
    """A delegation between two provinces: large ones send and receive more."""
    home, host = (draw.choices(_PROVINCES, weights=range(1, len(_PROVINCES) + 1))[0] for _ in range(2))
    thread_id = f"WT-{home}0100-20260101-{number:06d}-0"
    state = ThreadState(
        thread_id=thread_id,
        thread_type=ThreadType.DELEGATION,
        matter=Matter.INVESTIGATION,
        case_id="",
        home_unit=home + HANGZHOU_RD[2:],
        host_unit=host + CHENGDU_RD[2:],
        provinces=(),
    )
    at = head.accepted_at
    return ThreadRow(
        thread_id=thread_id,
        data=thread_bytes(state),
        thread_type=1,
        matter=1,
        home_unit=state.home_unit,
        host_unit=state.host_unit,
        state="issued",
        turn="",
        closed=False,
        on_paper=False,
        next_deadline="",
        earliest_due="",
        last_leaf=leaf,
        opened_at=at,
        changed_at=at,
        reported_at=at + timedelta(days=draw.randint(10, 60)),
    )


def fill(store: Store, leaves: int, began: Head) -> int:
    """Write so many accepted envelopes; gives how many threads they make."""
    draw, head = Random(1), began  # noqa: S311 - the same year in every run, no secret
    sequences: dict[str, int] = {}
    going: list[str] = []
    while head.size < leaves:
        entries, answers, hashes = [], [], []
        threads: list[ThreadRow] = []
        sights: list[SightRow] = []
        for leaf in range(head.size, head.size + _AT_A_TIME):
            if len(going) < _OPEN or draw.random() < 1 / _LENGTH:
                threads.append(_thread(len(sequences), leaf, head, draw))
                thread_id = threads[-1].thread_id
                going.append(thread_id)
                provinces = {threads[-1].home_unit[:2], threads[-1].host_unit[:2]}
                sights += [SightRow(province, thread_id, leaf, False) for province in sorted(provinces)]
            else:
                thread_id = draw.choice(going)
            sequence = sequences[thread_id] = sequences.get(thread_id, 0) + 1
            if sequence == _LENGTH:
                going.remove(thread_id)
            data = os.urandom(450)
            digest = sha256(data).digest()
            entries.append(EntryRow(leaf, "envelope", data, digest))
            hashes.append(leaf_hash(digest))
            key, signatures = f"{thread_id}/{leaf}", join_parts([os.urandom(72)])
            answers.append(
                AnswerRow(
                    key, digest, True, leaf, 1, HANGZHOU_RD, thread_id, sequence, os.urandom(900), signatures,
                    head.accepted_at,
                )
            )  # fmt: skip
        frontier, nodes = head.frontier.grow(hashes)
        grown = Head(head.epoch, frontier, head.accepted_at + timedelta(seconds=10))
        store.commit(
            Changes(
                epoch=head.epoch,
                old_size=head.size,
                head=grown,
                entries=entries,
                nodes=nodes,
                answers=answers,
                threads=threads,
                sights=sights,
            )
        )
        head = grown
    return len(sequences)


async def catch_up(client: Client, from_leaf: int = 0) -> tuple[int, int]:
    """Read the stream until it is complete: items, and where to go on from."""
    items, stream = 0, client.monitor.WatchEntries(pb.WatchEntriesRequest(from_leaf=from_leaf, max=1024))
    while True:
        message: Any = await stream.read()
        items += len(message.items)
        if message.complete:
            stream.cancel()
            return items, int(message.next_leaf)


async def timed(call: Callable[[], Awaitable[object]]) -> dict[str, float]:
    """Milliseconds of many calls, one after the other."""
    times = []
    for _ in range(_CALLS):
        began = perf_counter()
        await call()
        times.append((perf_counter() - began) * 1000)
    return {"median_ms": round(median(times), 1), "p95_ms": round(quantiles(times, n=20)[-1], 1)}


def say(**values: object) -> None:
    """A line of the result."""
    print(json.dumps(values), flush=True)


async def measure(folder: Path, leaves: int) -> None:
    """Fill a registry's store, start the registry, ask it."""
    federation = Federation(folder)
    store = open_store(federation.settings)
    began = Head(store.claim(None).epoch, store.head().frontier, federation.clock.at - timedelta(days=300))
    started = perf_counter()
    threads = fill(store, leaves, began)
    store.close()
    say(what="filled", leaves=leaves, threads=threads, seconds=round(perf_counter() - started))
    async with federation.exchange(SICHUAN, "110000") as (_, sichuan, national):
        for who, client in (("province", sichuan), ("national", national)):
            await ask(who, client, first=(began.accepted_at - timedelta(days=1)).date())


async def ask(who: str, client: Client, *, first: date) -> None:
    """What one office waits for."""
    started = perf_counter()
    items, reached = await catch_up(client)
    seconds = perf_counter() - started
    say(
        what="first watch",
        who=who,
        items=items,
        seconds=round(seconds, 1),
        items_a_second=round(items / seconds),
        leaves_a_second=round(reached / seconds),
        memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )
    year = pb.GetFlowsRequest(**{"from": f"{first}", "to": f"{first + timedelta(days=301)}"})
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "a page of the list": lambda: client.monitor.ListThreads(pb.ListThreadsRequest()),
        "the figures of a year": lambda: client.monitor.GetFlows(year),
        "the newest 200 leaves": lambda: catch_up(client, reached - 200),
    }
    for what, call in questions.items():
        say(what=what, who=who, **await timed(call))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, default=200_000)
    leaves = parser.parse_args().leaves
    with TemporaryDirectory(prefix="xieban-watch-") as folder:
        asyncio.run(measure(Path(folder), leaves))


if __name__ == "__main__":
    main()
