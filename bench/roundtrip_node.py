"""One bureau's node as a process of the round trip measurement: `python -m bench.roundtrip_node FOLDER`.

It starts the node on its data folder and drives its desk as staff would, without the gateway. The home's side asks
(`measure`), the host's side answers each question as soon as it is applied (`answering`). Which question arrived is
looked up in the node's memory when its loop is told of a batch, as a page that watches would be, so that the
measurement adds next to nothing of its own.
"""

import asyncio
import contextlib
import cProfile
import json
import sys
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any, Final, cast

from bench.processes import Json, answer_stream, serve
from cli.common import spare_collector
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from node.desk.ports import Actor, Role
from node.service import Node
from node.settings import NodeSettings

_ROUND_TRIP_SECONDS: Final = 30.0  # longer than any that is not lost
_STEP_SECONDS: Final = 60.0
_QUESTION: Final = Kind.QUESTION  # a member of an enum is looked up in Python each time
_ANSWER: Final = Kind.ANSWER


def _number(command: Json, name: str) -> float:
    return float(str(command[name]))


class Driver:
    """The staff of one node."""

    def __init__(self, node: Node, unit: str) -> None:
        self._node = node
        self._loop = asyncio.get_running_loop()
        self._unit = unit
        self._threads = node.state.threads
        self._clerk = Actor("jb-01", "经办", unit, frozenset({Role.CLERK.value}))
        self._approver = Actor("sp-01", "审批", unit, frozenset({Role.APPROVER.value}))
        self._seen: dict[str, int] = {}  # thread: its last question or answer of the other side
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._answers: set[asyncio.Task[None]] = set()
        self._answer_text = ""
        self._failed: list[str] = []
        self._profiles: dict[str, cProfile.Profile] = {}
        node.changes.announce = self._look  # type: ignore[method-assign]  # in place of the pages that would watch

    # what arrives

    def _look(self, delegation_id: str, version: int) -> None:
        """A thread is said to have changed; its last entry tells what came."""
        del version
        held = self._threads.get(delegation_id)
        if held is None or held.thread is None or not held.thread.recent:
            return
        last = held.thread.recent[-1]  # neither kind is kept among the moves, and each waits for the one before
        if last.sender == self._unit or last.sequence <= self._seen.get(delegation_id, 0):
            return
        if last.kind is _QUESTION:
            self._seen[delegation_id] = last.sequence
            known = self._node.state.known.thread(delegation_id) or {}
            # One question at a time in a thread: the last that is known of the other side is the one.
            self._arrived(delegation_id, next(name for sender, name in reversed(known) if sender != self._unit))
        elif last.kind is _ANSWER:
            self._seen[delegation_id] = last.sequence
            self._arrived(delegation_id, "")

    def _arrived(self, thread_id: str, question: str) -> None:
        if question:
            task = self._loop.create_task(self._answer(thread_id, question))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        elif (waiting := self._waiting.pop(thread_id, None)) is not None and not waiting.done():
            waiting.set_result(None)

    async def _answer(self, thread_id: str, question: str) -> None:
        if not self._answer_text:
            return
        data = {"in_reply_to": question, "body": {"question": {"text": self._answer_text}}}
        try:
            await self._node.desk.act(self._clerk, thread_id, "ANSWER", data, None)
        except Exception as error:  # noqa: BLE001 - told at the next command
            self._failed.append(f"{type(error).__name__}: {error}")

    # commands

    async def ready(self, command: Json) -> Mapping[str, object]:
        """Wait until the roster is here and the registry answers."""
        del command
        async with asyncio.timeout(_STEP_SECONDS):
            while not (self._node.state.rosters.ready and self._node.link.connected):
                await asyncio.sleep(0.02)
        return {}

    async def issue(self, command: Json) -> Mapping[str, object]:
        """Draft, approve and issue letters."""
        business = cast("Json", command["business"])
        desk = self._node.desk

        async def one() -> str:
            draft = await desk.create_draft(self._clerk, business)
            if draft.problems:
                raise RuntimeError(str(draft.problems))
            draft = await desk.submit_for_approval(self._clerk, draft.draft_id, draft.version)
            issued = await desk.approve_and_issue(self._approver, draft.draft_id, draft.version)
            return issued.row.delegation_id

        async with asyncio.timeout(_STEP_SECONDS):
            threads = await asyncio.gather(*(one() for _ in range(int(_number(command, "count")))))
        return {"threads": threads}

    async def take(self, command: Json) -> Mapping[str, object]:
        """Sign for, accept and assign each letter."""
        threads = cast("list[str]", command["threads"])
        moves = cast("list[tuple[str, Json]]", command["moves"])

        async def one(thread_id: str) -> None:
            await self._until(thread_id, "issued")
            for kind, data in moves:
                await self._move(thread_id, kind, data)

        async with asyncio.timeout(_STEP_SECONDS):
            await asyncio.gather(*(one(thread_id) for thread_id in threads))
        return {}

    async def _move(self, thread_id: str, kind: str, data: Json) -> None:
        while True:
            view = await self._node.desk.get_delegation(self._clerk, thread_id)
            try:
                await self._node.desk.act(self._clerk, thread_id, kind, data, view.version)
            except Refusal as refusal:
                if refusal.reason is not Reason.EDITED_MEANWHILE:  # an answer came in between: look again
                    raise
            else:
                return

    async def until(self, command: Json) -> Mapping[str, object]:
        """Wait until every thread is in a state and nothing is on its way."""
        async with asyncio.timeout(_STEP_SECONDS):
            for thread_id in cast("list[str]", command["threads"]):
                await self._until(thread_id, str(command["state"]))
        return await self.settle(command)

    async def _until(self, thread_id: str, state: str) -> None:
        while True:
            held = self._node.state.threads.get(thread_id)
            if held is not None and held.thread is not None and held.thread.state.value == state:
                return
            await asyncio.sleep(0.02)

    async def settle(self, command: Json) -> Mapping[str, object]:
        """Wait until nothing is to be sent or acknowledged."""
        del command
        await self._node.settle(seconds=_STEP_SECONDS)
        if self._failed:
            raise RuntimeError(self._failed[0])
        return {"commits": self._node.writer.commits, "use_cases": self._node.writer.use_cases}

    async def answering(self, command: Json) -> Mapping[str, object]:
        """From now on answer each question with this text."""
        self._answer_text = str(command["text"])
        return {}

    async def measure(self, command: Json) -> Mapping[str, object]:
        """Ask for some seconds, so many at a time, one question a thread; a round trip ends with its answer applied."""
        free = deque(cast("list[str]", command["threads"]))
        data = {"declared": {"blocking": False}, "body": {"question": {"text": str(command["text"])}}}
        took: list[float] = []
        began = perf_counter()
        end = began + _number(command, "seconds")

        async def keep_asking() -> None:
            while (start := perf_counter()) < end:
                thread_id = free.popleft()
                answered = self._waiting[thread_id] = self._loop.create_future()
                await self._node.desk.act(self._clerk, thread_id, "QUESTION", data, None)
                await answered
                took.append(perf_counter() - start)
                free.append(thread_id)

        async with asyncio.timeout(_number(command, "seconds") + _ROUND_TRIP_SECONDS):
            await asyncio.gather(*(keep_asking() for _ in range(int(_number(command, "inflight")))))
        return {"seconds": perf_counter() - began, "took": took}

    async def profile(self, command: Json) -> Mapping[str, object]:
        """Profile the loop's and the writer's thread from now on, or (`path`) write down what was seen."""
        path = str(command.get("path", ""))
        if not path:
            self._profiles = {"loop": cProfile.Profile(thread_time), "writer": cProfile.Profile(thread_time)}
            await self._node.writer.run(lambda _tx, _state, _at: self._profiles["writer"].enable())
            self._profiles["loop"].enable()
        elif self._profiles:
            self._profiles["loop"].disable()
            await self._node.writer.run(lambda _tx, _state, _at: self._profiles["writer"].disable())
            for name, profile in self._profiles.items():
                profile.dump_stats(f"{path}-{name}.prof")
            self._profiles = {}
        return {}


async def _main(folder: Path) -> None:
    answers = answer_stream()
    settings = NodeSettings.load(folder)
    async with Node.running(settings, lambda: datetime.now(UTC)) as node:
        spare_collector()  # as `xieban node serve` does
        driver = Driver(node, settings.units[0])
        commands = ("ready", "issue", "take", "until", "settle", "answering", "measure", "profile")
        handlers: dict[str, Any] = {name: getattr(driver, name) for name in commands}  # Any: bound methods by name
        await serve(handlers, answers)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, json.JSONDecodeError):
        asyncio.run(_main(Path(sys.argv[1])))
