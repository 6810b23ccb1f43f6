"""What the node sends by itself when the other side was silent: EXTENSION_DEEMED, WITHDRAWN; and the next leg.

Silence alone moves nothing; the sweep sends the row that silence made legal, once (protocol 5.7). The rule book says
whether it is legal; a row that needs a person is left to the to-do list.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Refusal
from delegation.lifecycle import available
from delegation.table import State as Legal
from node.bodies import Hands
from node.compose import compose, seal
from node.desk.once import forget_old
from node.expiry import Expiry, remind
from node.legs import next_leg
from node.materials import MaterialFolder
from node.move_input import MoveInput
from node.purging import former_hosts, purge_former
from node.queueing import queue
from node.records import EntryRecord, ThreadRecord
from node.state import Held, State
from node.store import Op, Where
from node.threads import load, local_view
from node.writer import Tx, Writer

_log = structlog.get_logger("node.silence")
_BY_NODE = (Kind.EXTENSION_DEEMED, Kind.WITHDRAWN)
_LEGS = (Legal.TRANSFERRED, Legal.AWAITING_DESIGNATION)
_PAGE = 500
_HOUSE_EVERY = timedelta(hours=1)


class Sweeper:
    """Looks through open threads now and then."""

    def __init__(
        self,
        *,
        writer: Writer[State],
        state: State,
        seconds: float,
        folder: MaterialFolder,
        expiries: Callable[[], Sequence[Expiry]],
    ) -> None:
        self._writer = writer
        self._state = state
        self._seconds = seconds
        self._folder = folder
        self._expiries = expiries
        self._housekept: datetime | None = None

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(self._seconds)
            if not self._state.rosters.ready:
                continue
            try:
                await self.sweep()
                await self.keep_house()
            except Refusal as refusal:
                _log.info("sweep waits", reason=refusal.reason.value)

    async def sweep(self) -> int:
        """Look at every open thread once; the number of envelopes queued."""
        done, after = 0, ""
        while True:
            found = await self._writer.run(partial(_due, after=after))
            for thread_id in found:
                done += await self._writer.run(partial(sweep_thread, thread_id=thread_id))
            if len(found) < _PAGE:
                return done
            after = found[-1]

    async def keep_house(self, *, force: bool = False) -> int:
        """Once an hour by the writer's clock: keys that run out soon, content of former hosts. What was purged."""
        at = await self._writer.run(_now)
        if not force and self._housekept is not None and at - self._housekept < _HOUSE_EVERY:
            return 0
        self._housekept = at
        await self._writer.run(partial(remind, of_bureau=self._expiries()))
        page = await self._writer.run(forget_old)
        while page:
            page = await self._writer.run(partial(forget_old, after=page))
        done, after = 0, ""
        while found := await self._writer.run(partial(former_hosts, after=after)):
            after = found[-1]
            for thread_id in found:
                files = await self._writer.run(partial(purge_former, thread_id=thread_id))
                done += files is not None
                for material_id in files or ():
                    try:
                        await asyncio.to_thread(self._folder.drop, material_id)
                    except OSError as error:  # its key is gone already: nobody opens what is left of it
                        _log.warning("file not deleted", material=material_id, error=type(error).__name__)
        return done


def _now(tx: Tx, state: State, at: datetime) -> datetime:
    del tx, state
    return at


def _due(tx: Tx, state: State, at: datetime, *, after: str) -> list[str]:
    del state, at
    where = (Where("is_open", True), Where("thread_id", after, Op.GT))
    return [record.thread_id for record in tx.select(ThreadRecord, where, order=("thread_id",), limit=_PAGE)]


def sweep_thread(tx: Tx, state: State, at: datetime, *, thread_id: str) -> int:
    """Send what silence made legal in one thread, or the next leg; 1 when something was queued."""
    held = load(tx, state, thread_id)
    if held is None or held.thread is None:
        return 0
    thread, view = held.thread, state.rosters.current.view
    if next_leg(tx, state, held, at=at):
        return 1
    if thread.state in _LEGS and thread.home_unit in state.units:
        return 0
    if not thread.open_clocks:
        return 0
    local, _ = local_view(tx, state, held, roster=view, at=at)
    if local is None:
        return 0
    for unit in sorted({thread.home_unit, thread.host_unit} & state.units):
        for move in available(local, unit=unit, on=day_of(at), at=at, roster=view):
            if move.kind in _BY_NODE and move.allowed and move.row.approval == 0 and move.in_reply_to is not None:
                return int(_send(tx, state, held, unit, move.kind, move.in_reply_to.envelope_id, at=at))
    return 0


def _reasons_of(tx: Tx, held: Held, envelope_id: str) -> tuple[str, ...]:
    """The reasons in the header of an envelope of the thread, in the log or queued."""
    for item in held.pending:
        if item.header.envelope_id == envelope_id:
            return item.header.reasons
    where = (Where("thread_id", held.thread_id), Where("envelope_id", envelope_id))
    return next((parse_header(record.header).reasons for record in tx.select(EntryRecord, where)), ())


def _send(tx: Tx, state: State, held: Held, unit: str, kind: Kind, reply: str, *, at: datetime) -> bool:
    thread = held.thread
    declared: dict[str, object] = {}
    reasons: tuple[str, ...] = ()
    if kind is Kind.WITHDRAWN:  # for the reasons that the home gave when it asked
        reasons = _reasons_of(tx, held, reply)
    if kind is Kind.EXTENSION_DEEMED and thread is not None:
        declared["working_days"] = min(10, thread.work.extension_asked)
    data = MoveInput(declared=declared, reasons=reasons, in_reply_to=reply)
    try:
        composed = compose(tx, state, held, unit=unit, kind=kind, data=data, hands=Hands(), at=at)
        queue(tx, state, held, seal(state, composed, at=at), at=at)
    except Refusal as refusal:
        _log.info("silence not answered", kind=kind.name, reason=refusal.reason.value, thread=held.thread_id)
        return False
    return True
