"""What the to-do list, a list and a search take with 100,000 delegations in a node's store, beside a nearly empty one.

`python -m bench.bench_todo` prints one JSON line a question and store: milliseconds (median and 95th percentile) of the
node's answer, and of the desk's page over ASGI. The first store, of 100 delegations, is the baseline of the same run;
then one with a twentieth of them open, as a busy bureau has, and one where all are open, which no bureau ever has.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Final

import httpx

from delegation.deadlines import day_of
from delegation.table import State as Stage
from delegation.thread_json import thread_bytes
from delegation.thread_state import ThreadState
from delegation.values import replaced
from gateway.app import create_app
from gateway.settings import GatewaySettings
from node.desk.ports import Filters
from node.desk.rows import secret_row
from node.logs import configure
from node.records import LookupRecord, PartyRecord, Record, TaskRecord, ThreadRecord, to_us
from node.service import Node
from node.state import State
from node.store import Where
from node.tasks import tasks_of
from node.threads import load
from node.writer import Tx
from tests.builders import CHENGDU_RD, HANGZHOU_RD
from tests.node.world import CHENGDU, HANGZHOU, clerk, issued, now, running, until, view

_CALLS: Final = 40
_AT_A_TIME: Final = 2_000
_FEW: Final = 100
_PASSWORD: Final = "a long enough password"  # noqa: S105 - of an account that lives as long as this run
_WORKING: Final = (  # state, whose turn, whether we are the home
    (Stage.ISSUED, CHENGDU_RD, True),
    (Stage.ISSUED, HANGZHOU_RD, False),
    (Stage.SIGNED_FOR, HANGZHOU_RD, False),
    (Stage.IN_PROGRESS, HANGZHOU_RD, False),
    (Stage.IN_PROGRESS, CHENGDU_RD, True),
    (Stage.REPORTED, HANGZHOU_RD, True),
)


def _made(tx: Tx, state: State, like: ThreadState, record: ThreadRecord, number: int, *, is_open: bool) -> list[Record]:
    """Every row of one delegation, as the node writes them."""
    draw = Random(number)  # noqa: S311 - the same delegations in every run, no secret
    stage, turn, home = draw.choice(_WORKING) if is_open else (Stage.ARCHIVED, "", draw.random() < 0.5)
    sides = (HANGZHOU_RD, CHENGDU_RD) if home else (CHENGDU_RD, HANGZHOU_RD)
    thread_id = f"WT-330100-20260101-{number:06d}-X"
    due = (day_of(now()) + timedelta(days=draw.randint(-5, 40))).isoformat() if is_open else ""
    thread = replaced(like, thread_id=thread_id, state=stage, turn=turn, home_unit=sides[0], host_unit=sides[1])
    words = {"worker_name": f"职工{number}", "employer_name": f"单位{number % 977}"}
    made: list[Record] = [
        replace(
            record,
            thread_id=thread_id,
            state_bytes=thread_bytes(thread),
            home_unit=sides[0],
            host_unit=sides[1],
            state=stage.value,
            turn=turn,
            is_open=is_open,
            next_due=due,
            secret=state.vault.seal(tx, thread_id, secret_row(thread_id), json.dumps(words).encode()),
            changed_at=to_us(tx.at),
            change_number=state.number("changes"),
        ),
        PartyRecord(HANGZHOU_RD, thread_id, "home" if home else "host"),
        LookupRecord(state.vault.lookup(words["worker_name"], field="name"), thread_id),
    ]
    for task in tasks_of(thread, (HANGZHOU_RD,), None):
        made.append(replace(task, due=due))
    return made


def _fill(tx: Tx, state: State, *, thread_id: str, numbers: Sequence[int], is_open: Callable[[int], bool]) -> None:
    held = load(tx, state, thread_id)
    if held is None or held.thread is None:
        raise RuntimeError("the delegation to be copied is not here")
    for number in numbers:
        where = (Where("unit", HANGZHOU_RD), Where("thread_id", f"WT-330100-20260101-{number:06d}-X"))
        for task in tx.store.select(TaskRecord, where) if number < _FEW else ():  # of the store before this one
            tx.delete(TaskRecord, TaskRecord.key_of(task))
        for record in _made(tx, state, held.thread, held.record, number, is_open=is_open(number)):
            tx.put(record)
    tx.after.append(state.task_counts.forget)  # rows were written past `node.tasks`


async def fill(node: Node, thread_id: str, *, of: int, open_of_them: int) -> None:
    """Bring the store to `of` delegations, so many of them open, spread evenly; what is there is written over."""
    every = of / max(1, open_of_them)

    def is_open(number: int) -> bool:
        return int(number / every) != int((number - 1) / every)

    for first in range(0, of, _AT_A_TIME):
        numbers = range(first, min(of, first + _AT_A_TIME))

        def use_case(tx: Tx, state: State, _at: object, numbers: Sequence[int] = numbers) -> None:
            _fill(tx, state, thread_id=thread_id, numbers=numbers, is_open=is_open)

        await node.writer.run(use_case)


async def _milliseconds(ask: Callable[[], Awaitable[object]]) -> tuple[float, float, float]:
    """Median, 95th percentile, and median of the processor's time: other work of the machine shows in the first two."""
    await ask()
    took, worked = [], []
    for _ in range(_CALLS):
        began, worked_before = perf_counter(), process_time()
        await ask()
        took.append((perf_counter() - began) * 1e3)
        worked.append((process_time() - worked_before) * 1e3)
    return median(took), quantiles(took, n=20)[18], median(worked)


def _questions(node: Node, client: httpx.AsyncClient) -> Iterator[tuple[str, Callable[[], Awaitable[object]]]]:
    desk, actor, today = node.desk, clerk(HANGZHOU), day_of(now())
    yield "todo", lambda: desk.todo(actor)
    yield "todo of a category", lambda: desk.todo(actor, "sent_out")
    yield "list", lambda: desk.list_delegations(actor, Filters())
    yield "list, open", lambda: desk.list_delegations(actor, Filters(open=True))
    yield "list, our turn", lambda: desk.list_delegations(actor, Filters(our_turn=True))
    yield "list, a state", lambda: desk.list_delegations(actor, Filters(state="reported"))
    yield "list, overdue", lambda: desk.list_delegations(actor, Filters(overdue=True))
    yield "list, by due", lambda: desk.list_delegations(actor, Filters(open=True, sort="due"))
    yield "list, due before", lambda: desk.list_delegations(actor, Filters(due_before=today, sort="due"))
    yield "search", lambda: desk.search(actor, name="职工77")
    yield "events", lambda: desk.events(actor, after=0, limit=100)
    yield "page /desk/todo", lambda: _page(client, "/desk/todo")
    yield "page /desk/cases", lambda: _page(client, "/desk/cases")


async def _page(client: httpx.AsyncClient, address: str) -> None:
    answer = await client.get(address)
    answer.raise_for_status()


async def _measure(node: Node, store: str, client: httpx.AsyncClient, baseline: dict[str, float]) -> None:
    for question, ask in _questions(node, client):
        middle, p95, worked = await _milliseconds(ask)
        figures = {"median_ms": middle, "p95_ms": p95, "processor_ms": worked}
        found: dict[str, object] = {"question": question, "store": store}
        found |= {name: round(value, 2) for name, value in figures.items()}
        if question in baseline:
            found["times_baseline"] = round(worked / baseline[question], 1)
        else:
            baseline[question] = worked
        print(json.dumps(found, ensure_ascii=False), flush=True)


async def _signed_in(node: Node) -> httpx.AsyncClient:
    await node.accounts.create_staff(
        None, staff_id="bench", name="测", password=_PASSWORD, units=[HANGZHOU_RD], roles=["clerk"]
    )
    app = create_app(node, GatewaySettings(), clock=now)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk.bench")
    session = await node.accounts.sign_in("bench", _PASSWORD)
    client.cookies.set("xieban_session", session.token)
    return client


async def run(of: int) -> None:
    """All of it."""
    with TemporaryDirectory() as folder:
        async with running(Path(folder), HANGZHOU, CHENGDU) as world:
            node = world.nodes[HANGZHOU]
            ref = (await issued(node, HANGZHOU)).row.delegation_id
            await until(lambda: view(node, HANGZHOU, ref), lambda seen: bool(seen.entries))
            client = await _signed_in(node)
            baseline: dict[str, float] = {}
            for count, open_of_them in ((min(_FEW, of), min(_FEW, of)), (of, of // 20), (of, of)):
                began = perf_counter()
                await fill(node, ref, of=count, open_of_them=open_of_them)
                store = f"{count} delegations, {open_of_them} open"
                print(json.dumps({"filled": store, "seconds": round(perf_counter() - began, 1)}), flush=True)
                await _measure(node, store, client, baseline)
            await client.aclose()


def main() -> None:
    """Measure."""
    configure("error")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delegations", type=int, default=100_000)
    asyncio.run(run(parser.parse_args().delegations))


if __name__ == "__main__":
    main()
