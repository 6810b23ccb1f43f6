"""The courier: carries envelopes, acknowledgements and materials between this node and the registry, and back.

It dials out only. The roster comes first; then what is queued goes, what was delivered comes, what was received is
acknowledged. Loops wait for events, not for time; each fails alone, tries again by the link's back-off, and picks up
where it was, because what it carries is on disk before and after.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from certs.acknowledge import sign_batch
from delegation.errors import Reason, Refusal
from node.acks import OF_THE_CONTENT, form_batch, note_answer, refuse_batch
from node.alarms import raise_alarm
from node.arrivals import Arrival, arrival_of
from node.checked import Checks, check_all
from node.inbox import take_read, take_result
from node.intake import take_or_park
from node.link import Link
from node.log_keeper import LogKeeper
from node.material_mover import MaterialMover
from node.outbox import Outcome
from node.outgoing import Parcel, read_parcels
from node.pace import Pace
from node.queued import Queued, in_order
from node.records import CursorRecord
from node.roster_keeper import RosterKeeper
from node.settings import NodeSettings
from node.state import State
from node.threads import load
from node.writer import Tx, Writer, place_of_error
from xieban.federation.v1 import exchange_pb2 as exchange

_log = structlog.get_logger("node.courier")
MOST_ENVELOPES = 256
MOST_BYTES = 2 * 1024 * 1024 - 64 * 1024
_TRY_LATER = 1.0  # seconds before an envelope that was told `try again` is sent again; doubles up to a minute
_ACKS_APART = 0.25  # seconds from one batch of acknowledgements to the next; nobody's move waits for one
_ACKS_AT_ONCE = 256  # so many wait for no company: half of what the registry delivers unacknowledged
_MANY_ACKS = 64  # so many in one wait tell of a load under which half as many batches are half the work of them
_AFTER_REPLACED = 15.0
_MOST_BEHIND = 60.0  # seconds that a mailbox may show more than it delivers
# What keeps the registry from everybody's envelopes ends for all of them at once, and soon: 10 seconds after it has
# space again everything is to be on its way, so each is tried again every 5.
_SHARED = frozenset({Reason.STORAGE_UNAVAILABLE.value, Reason.UNAVAILABLE.value, Reason.STOPPING.value})
_SHARED_LATER = 5.0
_WAKES = ("outbox", "acks", "rosters", "materials", "waiting", "log")


class Courier:
    """One node's carrier. `run` until cancelled; `wake` from any thread of the loop."""

    def __init__(
        self,
        *,
        settings: NodeSettings,
        writer: Writer[State],
        state: State,
        link: Link,
        rosters: RosterKeeper,
        log: LogKeeper,
        materials: MaterialMover,
        node_key: EllipticCurvePrivateKey,
        node_certificate: bytes,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._state = state
        self.link = link
        self._rosters = rosters
        self._watch = log
        self._materials = materials
        self._node_key = node_key
        self._node_certificate = node_certificate
        self._clock = clock
        self._events = {name: asyncio.Event() for name in _WAKES}
        self._later: dict[int, tuple[float, float]] = {}  # number: not before, next delay
        self._behind: dict[str, float] = {}

    def wake(self, what: str) -> None:
        """Something came up; unknown names are none of the courier's business."""
        event = self._events.get(what)
        if event is not None:
            event.set()

    async def run(self) -> None:
        """Carry until cancelled."""
        loops: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = (
            self._keep_rosters,
            self._send,
            self._acknowledge,
            self._receive,
            self._fill_gaps,
            self._move_materials,
            self._watch_log,
        )
        async with asyncio.TaskGroup() as group:
            for loop in loops:
                group.create_task(self._forever(loop), name=f"courier{loop.__name__}")

    async def _forever(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Run one loop; what it raises is logged and it starts again, after a while."""
        while True:
            try:
                await loop()
            except Refusal as refusal:
                _log.info("courier waits", loop=loop.__name__, reason=refusal.reason.value)
                if (
                    refusal.reason is Reason.STREAM_REPLACED
                ):  # another node of this bureau: do not steal it back at once
                    await asyncio.sleep(_AFTER_REPLACED)
                elif refusal.reason is not Reason.UNAVAILABLE:
                    await asyncio.sleep(1.0)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - one loop's bug must not stop the others; it is logged
                _log.error(
                    "courier failed", loop=loop.__name__, error=type(error).__name__, where=place_of_error(error)
                )
            await self.link.pause(1.0)

    async def _wait(self, what: str, seconds: float | None = None) -> None:
        event = self._events[what]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # not wait_for, which may swallow a cancellation before Python 3.12
                await event.wait()
        event.clear()

    # roster

    async def _keep_rosters(self) -> None:
        while True:
            await self._rosters.refresh()
            self.wake("outbox")
            await self._wait("rosters", self._settings.roster_refresh_seconds)

    # out

    def _sendable(self) -> list[Queued]:
        """The next envelopes in the order of the outbox; behind one that must wait its thread waits."""
        now, size = monotonic(), 0
        chosen: list[Queued] = []
        blocked: set[str] = set()
        for item in in_order(self._state.outbox.queued):
            if item.thread_id in blocked:
                continue
            later = self._later.get(item.number)
            if (later is not None and later[0] > now) or not self._materials.all_uploaded(item.materials):
                blocked.add(item.thread_id)
                continue
            if len(chosen) == MOST_ENVELOPES or (chosen and size + item.size > MOST_BYTES):
                break
            chosen.append(item)
            size += item.size
        return chosen

    def _next_try(self) -> float | None:
        now = monotonic()
        waits = [when - now for number, (when, _) in self._later.items() if number in self._state.outbox.queued]
        return max(0.05, min(waits)) if waits else None

    async def _send(self) -> None:
        await self._rosters.ready.wait()
        while True:
            chosen = self._sendable()
            if not chosen:
                await self._wait("outbox", self._next_try())
                continue
            parcels = await self._parcels(chosen)
            if not parcels:
                await self._wait("outbox", 1.0)
                continue
            request = exchange.SubmitEnvelopesRequest()
            for parcel in parcels:
                request.envelopes.add(
                    header=parcel.header, sealed_body=parcel.sealed_body, signatures=parcel.signatures
                )
            answer = await self.link.persist(partial(self.link.submit, request), what="submit")
            self._rosters.seen(answer.roster_version)
            self._watch.see(answer.checkpoint)
            if len(answer.results) != len(parcels):
                raise Refusal(Reason.ENTRY_MISMATCH, why="results")
            await self._take_results(list(zip(parcels, answer.results, strict=True)))

    async def _parcels(self, chosen: list[Queued]) -> list[Parcel]:
        """The envelopes as sealed: from memory, else from the store."""
        held = [self._state.outbox.bytes_of(item.number) for item in chosen]
        if all(sealed is not None for sealed in held):
            return [
                Parcel(item.number, (item.sender_unit, item.envelope_id), s.header_bytes, s.sealed_body, s.signatures)
                for item, s in zip(chosen, held, strict=True)
                if s is not None
            ]
        return await self._writer.run(partial(read_parcels, chosen=tuple(chosen)))

    async def _take_results(self, answered: list[tuple[Parcel, exchange.SubmitResult]]) -> None:
        """Take a call's results together; what the disk refuses is tried again one by one."""
        use_cases = [
            partial(take_result, number=parcel.number, key=parcel.key, result=result) for parcel, result in answered
        ]
        outcomes = await self._writer.run_each(use_cases)
        for (parcel, _), use_case, outcome in zip(answered, use_cases, outcomes, strict=True):
            taken = outcome
            if isinstance(taken, Refusal):
                taken = await self.link.persist(partial(self._writer.run, use_case), what="result")
            await self._go_on(parcel, taken)

    async def _go_on(self, parcel: Parcel, outcome: Outcome) -> None:
        if outcome.done:
            self._later.pop(parcel.number, None)
            return
        _, delay = self._later.get(parcel.number, (0.0, _TRY_LATER))
        most = _SHARED_LATER if outcome.reason in _SHARED else 60.0
        self._later[parcel.number] = (monotonic() + min(delay, most), min(delay * 2, most))
        if outcome.reason == Reason.MATERIAL_MISSING.value:
            await self._writer.run(partial(_upload_again, self._materials, parcel.number))
            self.wake("materials")
        if outcome.reason in (Reason.ROSTER_NOT_READY.value, Reason.ROSTER_TOO_OLD.value):
            self.wake("rosters")

    # acknowledgements

    async def _acknowledge(self) -> None:
        await self._rosters.ready.wait()
        pace = Pace(apart=_ACKS_APART, enough=_ACKS_AT_ONCE, many=_MANY_ACKS)
        while True:
            if not self._state.acks.waiting:
                await self._wait("acks")
                continue
            await pace.gather(self._state.acks.waiting)
            pace.went()
            batch = await self._writer.run(form_batch)
            if not batch:
                continue
            trust = self._state.rosters.current
            signed = sign_batch(
                [item.data for item in batch],
                federation_id=trust.view.federation_id,
                bureau=self._settings.bureau,
                node_key=self._node_key,
            )
            request = exchange.AcknowledgeDeliveriesRequest(
                acknowledgements=signed.acknowledgements,
                signature=signed.signature,
                node_certificate=self._node_certificate,
            )
            try:
                answer = await self.link.persist(partial(self.link.acknowledge, request), what="acknowledge")
            except Refusal as refusal:
                if refusal.reason not in OF_THE_CONTENT:
                    raise
                await self._writer.run(partial(refuse_batch, batch=batch, reason=refusal.reason))
                continue
            self._watch.see(answer.checkpoint)
            while True:
                try:
                    await self._writer.run(partial(note_answer, batch=batch, entry_bytes=answer.entry))
                    break
                except Refusal as refusal:
                    if refusal.reason is not Reason.ROSTER_NOT_READY:
                        raise
                    await self._rosters.fetch(int(refusal.details["version"]))

    # in

    async def _receive(self) -> None:
        await self._rosters.ready.wait()
        cursors = await self._writer.run(_cursors)
        request = exchange.ReceiveDeliveriesRequest()
        for unit in sorted(self._state.units):
            request.cursors.add(unit=unit, cursor=cursors.get(unit, 0))
        self._watch.stream_opened()
        async with aclosing(self.link.receive(request)) as messages:
            async for message in messages:
                self._rosters.seen(message.roster_version)
                self._watch.see(message.checkpoint, stream=True)
                if message.deliveries:
                    await self._take(message.deliveries)
                await self._compare_heads(message)

    async def _compare_heads(self, message: exchange.ReceiveDeliveriesResponse) -> None:
        """A mailbox whose head is ahead of what it delivers for a minute drops things: alarm, and ask again."""
        now = monotonic()
        for head in message.heads:
            if head.unit not in self._state.units or head.cursor <= self._state.cursors.last.get(head.unit, 0):
                self._behind.pop(head.unit, None)
                continue
            since = self._behind.setdefault(head.unit, now)
            if now - since > _MOST_BEHIND:
                self._behind.clear()
                await self._writer.run(partial(_alarm_dropped, unit=head.unit))
                raise Refusal(Reason.ENTRY_MISMATCH, why="mailbox")

    async def _take(self, deliveries: Sequence[exchange.Delivery]) -> None:
        """Take a message's deliveries together; what the disk refuses is waited for, in order."""
        checks: Checks = {}
        use_cases = [
            partial(check_all, deliveries=deliveries, into=checks),
            *(
                partial(take_or_park, delivery=delivery, checks=checks, place=place)
                for place, delivery in enumerate(deliveries)
            ),
        ]
        for use_case, outcome in zip(use_cases, await self._writer.run_each(use_cases), strict=True):
            if isinstance(outcome, Refusal) and use_case is not use_cases[0]:  # nothing hangs on the look beforehand
                await self.link.persist(partial(self._writer.run, use_case), what="take")

    async def _fill_gaps(self) -> None:
        await self._rosters.ready.wait()
        while True:
            waiting = dict(self._state.waits.threads)
            if not waiting:
                await self._wait("waiting")
                continue
            await self._rosters.fetch_wanted()
            await asyncio.sleep(self._settings.gap_wait_seconds)
            still = [thread_id for thread_id in waiting if thread_id in self._state.waits.threads and thread_id]
            for thread_id in still:
                await self.read_thread(thread_id)
            if still:
                await asyncio.sleep(self._settings.gap_wait_seconds)

    async def read_thread(self, thread_id: str, *, from_sequence: int = 0) -> int:
        """Read a thread from where we are and apply what is new; the number of entries applied."""
        done = 0
        sequence = from_sequence or await self._writer.run(partial(_next_sequence, thread_id=thread_id))
        while sequence:
            request = exchange.ReadThreadRequest(
                thread_id=thread_id, from_sequence=sequence, page_size=100, with_bodies=True
            )
            page = await self.link.read_thread(request)
            self._watch.see(page.checkpoint)
            for item in page.envelopes:
                done += await self._take_read(arrival_of("", 0, item))
            sequence = page.next_sequence
        return done

    async def _take_read(self, arrival: Arrival) -> int:
        while True:
            try:
                return int(await self._writer.run(partial(take_read, arrival=arrival)))
            except Refusal as refusal:
                if refusal.reason is not Reason.ROSTER_NOT_READY or "version" not in refusal.details:
                    raise
                await self._rosters.fetch(int(refusal.details["version"]))

    # materials and log

    async def _move_materials(self) -> None:
        await self._rosters.ready.wait()
        while True:
            moved = await self._materials.move(self.link)
            if moved:
                self.wake("outbox")
                continue
            await self._wait("materials", self._materials.next_try)

    async def _watch_log(self) -> None:
        await self._rosters.ready.wait()
        while True:
            await self._watch.prove(self.link)
            await asyncio.sleep(self._watch.pause)
            await self._wait("log", 600.0)


def _alarm_dropped(tx: Tx, state: State, at: datetime, *, unit: str) -> None:
    details = {"why": "mailbox"}
    raise_alarm(tx, Reason.ENTRY_MISMATCH, at=at, number=state.number("alarms"), unit=unit, details=details)


def _cursors(tx: Tx, state: State, at: datetime) -> dict[str, int]:
    del state, at
    return {record.unit: record.cursor for record in tx.select(CursorRecord)}


def _next_sequence(tx: Tx, state: State, at: datetime, *, thread_id: str) -> int:

    del at
    held = load(tx, state, thread_id)
    return 1 + (held.thread.sequence if held is not None and held.thread is not None else 0)


def _upload_again(mover: MaterialMover, number: int, tx: Tx, state: State, at: datetime) -> None:
    """The registry says that a material of this envelope is not there: what we noted as uploaded is not."""
    del at
    queued = state.outbox.queued.get(number)
    if queued is not None:
        mover.forget_uploads(tx, queued.materials)
