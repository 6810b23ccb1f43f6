"""What the nursery's children become: the registry, and nodes with staff who work on their own.

Staff write down what they were told to be done, one JSON line each, after the node's answer and not before: the journal
is what a person would swear to. It is one `write` a line to a file outside of the data folder, so it outlives a kill.
"""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, cast

from delegation import patterns
from delegation.errors import Reason, Refusal
from delegation.regions import load_regions
from node.case_facts import body_of
from node.desk.ports import Actor
from node.desk.views import DelegationView
from node.logs import configure
from node.records import AlarmRecord, DraftRecord, EntryRecord, ThreadRecord
from node.service import Node
from node.settings import NodeSettings
from node.state import State
from node.writer import Tx
from registry.server import serve as serve_registry
from registry.settings import RegistrySettings
from tests.trials.support.draw_points import draw_node
from xieban.delegation.v1 import body_pb2

Options = Mapping[str, object]
REGIONS: Final = load_regions()  # in the nursery, once for every child
ASK_EACH: Final = 4  # the host asks about every fourth delegation, and the home answers
LETTER_NUMBER: Final = "杭人社工受2026第{}号"
_LOOK_AGAIN = 1.0  # seconds between looks at everything, for hints that a kill or a full queue lost


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Journal:
    """What one node's staff were told."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def write(self, **values: object) -> None:
        """One line, in one write."""
        os.write(self._descriptor, (json.dumps({**values, "at": now().timestamp()}) + "\n").encode())


def read_journal(path: Path) -> list[dict[str, object]]:
    """Every whole line."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_whole(path: Path, value: object) -> None:
    """Replace a file at once: a reader sees the old one or the new one."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(value), encoding="utf-8")
    draft.replace(path)


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def _registry(folder: Path, options: Options) -> None:
    del options
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve_registry(RegistrySettings.load(folder), stop=stop)


class Staff:
    """Clerk and approver of one unit. `journal` is theirs alone."""

    def __init__(self, node: Node, options: Options) -> None:
        self.node = node
        self.unit = node.settings.units[0]
        self.clerk = Actor(f"{self.unit}-jbr", "经办人甲", self.unit, frozenset({"clerk"}), "0571-1")
        self.approver = Actor(f"{self.unit}-spr", "审批人乙", self.unit, frozenset({"approver"}))
        self.journal = Journal(Path(cast("str", options["journal"])))
        self._status = Path(cast("str", options["status"]))
        self._threads: asyncio.Queue[str] = asyncio.Queue()
        self._queued: set[str] = set()
        self._in_hand = 0
        self._done = self.done_before(read_journal(Path(cast("str", options["journal"]))))

    def done_before(self, lines: list[dict[str, object]]) -> set[str]:
        """Threads that need nothing more of this unit, as the journal tells."""
        raise NotImplementedError

    # what comes up

    async def watch(self) -> None:
        """Take up every thread that changes, and now and then every open one."""
        async with self.node.desk.changes() as changes:
            again = asyncio.create_task(self._look_at_all())
            try:
                async for change in changes:
                    self._take_up(change.delegation_id)
            finally:
                again.cancel()

    async def _look_at_all(self) -> None:
        while True:
            for thread_id in await self.node.writer.run(self._open):
                self._take_up(thread_id)
            await asyncio.sleep(_LOOK_AGAIN)

    def _open(self, tx: Tx, state: State, at: datetime) -> list[str]:
        del state, at
        return [str(row[0]) for row in tx.store.select_columns(ThreadRecord, ("thread_id",))]

    def _take_up(self, thread_id: str) -> None:
        if not patterns.is_delegation_number(thread_id):  # a draft's id
            return
        if thread_id not in self._queued and thread_id not in self._done:
            self._queued.add(thread_id)
            self._threads.put_nowait(thread_id)

    async def handle(self) -> None:
        """Do what each thread needs, one after another."""
        while True:
            thread_id = await self._threads.get()
            self._queued.discard(thread_id)
            self._in_hand += 1
            try:
                if await self.work(thread_id):
                    self._done.add(thread_id)
            except Refusal as refusal:
                if refusal.reason is not Reason.EDITED_MEANWHILE:  # somebody else was faster: look again
                    self.journal.write(refused=refusal.reason.value, thread=thread_id)
                    await asyncio.sleep(0.2)
                self._take_up(thread_id)
            finally:
                self._in_hand -= 1

    async def work(self, thread_id: str) -> bool:
        """What the thread needs of this unit; True when it never needs anything again."""
        raise NotImplementedError

    # acts

    async def view(self, thread_id: str) -> DelegationView:
        """The thread as the clerk sees it."""
        return await self.node.desk.get_delegation(self.clerk, thread_id)

    async def act(self, seen: DelegationView, kind: str, data: Mapping[str, object]) -> DelegationView:
        """Make a move and write down that it was taken."""
        thread_id = seen.row.delegation_id
        after = await self.node.desk.act(self.clerk, thread_id, kind, data, seen.version)
        self.note(after, kind)
        return after

    def note(self, view: DelegationView, kind: str) -> None:
        """Write an act down under the id that its envelope has."""
        found = [item.envelope_id for item in view.queued if item.kind == kind]
        found += [item.envelope_id for item in view.entries if item.kind == kind and item.sender_unit == self.unit]
        self.journal.write(kind=kind, unit=self.unit, thread=view.row.delegation_id, envelope=found[0])

    # status

    async def tell(self) -> None:
        """Write down, again and again, whether everything that was begun is through."""
        state = self.node.state
        while True:
            waits = state.outbox.queued or state.acks.waiting or state.waits.threads
            quiet = not (waits or self._queued or self._in_hand)
            write_whole(self._status, {"pid": os.getpid(), "at": now().timestamp(), "quiet": quiet})
            await asyncio.sleep(0.1)

    async def run(self, *more: Callable[[], Awaitable[None]]) -> None:
        """Work until SIGTERM."""
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        tasks: list[asyncio.Future[None]] = [
            asyncio.ensure_future(each()) for each in (self.watch, self.handle, self.handle, self.tell, *more)
        ]
        tasks.append(asyncio.ensure_future(_set(stop)))
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for task in done:
            task.result()


class Home(Staff):
    """Issues as many letters as a file says, and answers what the host asks."""

    def __init__(self, node: Node, options: Options) -> None:
        super().__init__(node, options)
        path = Path(cast("str", options["journal"]))
        lines = read_journal(path)
        self._next = 1 + max((cast("int", line["try"]) for line in lines if "try" in line), default=0)
        self._issued = sum(line.get("kind") == "ISSUED" for line in lines)
        self._allowed = Path(cast("str", options["allowed"]))
        self._business = cast("Mapping[str, object]", options["business"])
        self._pause = cast("float", options.get("pause", 0.0))

    async def issue(self) -> None:
        """Letter after letter; each number is used for one try."""
        while True:
            if self._issued >= int(self._allowed.read_text(encoding="utf-8")):
                await asyncio.sleep(0.02)
                continue
            number, self._next = self._next, self._next + 1
            self._issued += 1  # of several who write, none writes one too many
            try:
                await self._letter(number)
            except Refusal as refusal:
                self._issued -= 1
                self.journal.write(refused=refusal.reason.value, number=number)
                await asyncio.sleep(0.2)
            if self._pause:
                await asyncio.sleep(self._pause)

    async def _letter(self, number: int) -> None:
        self.journal.write(**{"try": number})
        letter = {
            **cast("dict[str, object]", self._business["letter"]),
            "acceptance_number": LETTER_NUMBER.format(number),
        }
        draft = await self.node.desk.create_draft(self.clerk, {**self._business, "letter": letter})
        self.journal.write(draft=draft.draft_id, number=number)
        draft = await self.node.desk.submit_for_approval(self.clerk, draft.draft_id, draft.version)
        issued = await self.node.desk.approve_and_issue(self.approver, draft.draft_id, draft.version)
        self.journal.write(
            kind="ISSUED",
            unit=self.unit,
            thread=issued.row.delegation_id,
            envelope=(issued.queued[0] if issued.queued else issued.entries[0]).envelope_id,
            number=number,
            draft=draft.draft_id,
        )

    def done_before(self, lines: list[dict[str, object]]) -> set[str]:
        return {str(line["thread"]) for line in lines if line.get("kind") == "ANSWER"}

    async def work(self, thread_id: str) -> bool:
        if not asks_about(thread_id):
            return True
        seen = await self.view(thread_id)
        kinds = kinds_of(seen)
        asked = [item for item in seen.entries if item.kind == "QUESTION"]
        if asked and "ANSWER" not in kinds:
            data = {"in_reply_to": asked[0].envelope_id, "body": {"question": {"text": "市一医院"}}}
            await self.act(seen, "ANSWER", data)
            return True
        return "ANSWER" in kinds


class Host(Staff):
    """Signs for, accepts, and asks about some."""

    def done_before(self, lines: list[dict[str, object]]) -> set[str]:
        last = {(str(line["thread"]), line.get("kind")) for line in lines if "kind" in line}
        return {thread for thread, kind in last if kind == ("QUESTION" if asks_about(thread) else "ACCEPTED")}

    async def work(self, thread_id: str) -> bool:
        seen = await self.view(thread_id)
        state = seen.queued_state or seen.row.state
        if state == "issued":
            seen = await self.act(seen, "SIGNED_FOR", {})
            state = "signed_for"
        if state == "signed_for":
            seen = await self.act(seen, "ACCEPTED", {})
        kinds = kinds_of(seen)
        if asks_about(thread_id) and "QUESTION" not in kinds:
            await self.act(seen, "QUESTION", {"body": {"question": {"text": "伤者住哪家医院?"}}})
        return True


def kinds_of(view: DelegationView) -> list[str]:
    """Kinds of what is in the thread and of what is queued."""
    return [item.kind for item in view.entries] + [item.kind for item in view.queued]


def asks_about(thread_id: str) -> bool:
    """Whether the host asks about this delegation: told from its number, so that both sides know."""
    return sum(map(ord, thread_id)) % ASK_EACH == 0


async def _bureau(staff: type[Staff], folder: Path, options: Options) -> None:
    configure("info")
    node = await Node.start(NodeSettings.load(folder), now, regions=REGIONS)
    try:
        while not node.readiness:  # the first roster is on its way
            await asyncio.sleep(0.02)
        people = staff(node, options)
        more = [people.issue] * cast("int", options.get("writers", 8)) if isinstance(people, Home) else []
        await people.run(*more)
    finally:
        await node.stop()


async def _report(folder: Path, options: Options) -> None:
    """Read every letter and draft of a node that does not run, and write down what is there."""
    node = await Node.start(NodeSettings.load(folder), now, regions=REGIONS, carry=False)
    try:
        numbers: dict[str, str] = {}
        for row in node.store.select_columns(ThreadRecord, ("thread_id",)):
            numbers[str(row[0])] = await node.writer.run(partial(_letter_number, thread_id=str(row[0])))
        drafts = {str(row[0]): str(row[1]) for row in node.store.select_columns(DraftRecord, ("draft_id", "state"))}
        alarms = [str(row[0]) for row in node.store.select_columns(AlarmRecord, ("reason",))]
        write_whole(Path(cast("str", options["report"])), {"numbers": numbers, "drafts": drafts, "alarms": alarms})
    finally:
        await node.stop()


def _letter_number(tx: Tx, state: State, at: datetime, *, thread_id: str) -> str:
    """The number that stands in a thread's letter, opened from what is kept sealed at rest; empty without one."""
    del at
    record = tx.get(EntryRecord, (thread_id, 1))
    body = b"" if record is None else body_of(tx, state, record)
    return body_pb2.Body.FromString(body).letter.acceptance_number


ROLES: Final[Mapping[str, Callable[[Path, Options], Coroutine[None, None, None]]]] = {
    "registry": _registry,
    "home": partial(_bureau, Home),
    "host": partial(_bureau, Host),
    "report": _report,
    "draw_node": partial(draw_node, regions=REGIONS),
}
