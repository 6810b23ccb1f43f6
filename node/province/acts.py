"""The acts of a provincial office as signed envelopes: see `acts_ports`. The rule book judges them as anyone's."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Generator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from delegation.codec_body import agreement_record
from delegation.codec_header import parse_header
from delegation.codec_roster_write import agreement_bytes
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.roster_records import Agreement, UnitType
from delegation.roster_view import RosterView
from node.case_facts import body_of
from node.desk import moves
from node.desk.guard import APPROVES, need, own
from node.desk.ports import Actor, DeskPort, Role
from node.desk.views import DelegationView, Json
from node.ids import uuid7
from node.province.acts_ports import AgreementLine, Done, OfficeUnits, OfficeWork, Possible, Terms
from node.province.acts_reading import agreements_of, possible_in, units_of
from node.province.acts_waiting import office_work
from node.records import EntryRecord, MoveRecord, from_us
from node.state import Held, State
from node.store import Where
from node.threads import load
from node.writer import Staged, Tx, Writer

MOST_AT_ONCE: Final = 200
_AT_A_TIME: Final = 16  # delegations read of the registry beside one another: their commits go together
COORDINATION_DAYS: Final = 5  # working days in which the other office has to answer
MOST_ANSWER_DAYS: Final = 60
_OFFICES: Final = frozenset({UnitType.PROVINCIAL, UnitType.NATIONAL})
_LOOKS: Final = (Role.SUPERVISOR, Role.APPROVER, Role.READER)
_MOST_ENTRIES: Final = 10_000
_TRIES: Final = 3  # an entry that arrives between looking and preparing makes it another version
_AWAY: Final = frozenset({Reason.UNAVAILABLE, Reason.STORAGE_UNAVAILABLE, Reason.STOPPING, Reason.ROSTER_NOT_READY})


class OfficeActs:
    """`ProvincialActs` over the node's desk; `read` fetches a thread's entries as far as the node may see them."""

    def __init__(
        self,
        writer: Writer[State],
        desk: DeskPort,
        read: Callable[[str], Awaitable[int]],
        clock: Callable[[], datetime],
    ) -> None:
        self._run = writer.run
        self._desk = desk
        self._read = read
        self._clock = clock

    async def remind(self, actor: Actor, thread_ids: Sequence[str], text: str, *, unit: str = "") -> tuple[Done, ...]:
        """See `ProvincialActs`."""
        await self._run(partial(_office, actor=actor))
        turns = asyncio.Semaphore(_AT_A_TIME)

        async def in_turn(thread_id: str) -> Done:
            async with turns:
                return await self._remind(actor, thread_id, text, unit)

        return tuple(await asyncio.gather(*(in_turn(thread_id) for thread_id in _each(thread_ids))))

    async def _remind(self, actor: Actor, thread_id: str, text: str, unit: str) -> Done:
        try:
            await self._fetch(actor, thread_id)
            to = await self._run(partial(_side_to_remind, actor=actor, thread_id=thread_id, unit=unit))
            await self._run(Staged(thread_id, partial(_reminding, actor=actor, thread_id=thread_id, to=to, text=text)))
        except Refusal as refusal:
            return _not_done(thread_id, refusal, unit=unit)
        return Done(thread_id=thread_id, unit=to)

    async def supervise(self, actor: Actor, thread_id: str, *, unit: str, working_days: int, text: str) -> Done:
        """See `ProvincialActs`."""
        await self._run(partial(_own_unit, actor=actor, unit=unit, kind=Kind.SUPERVISE))
        if not 1 <= working_days <= MOST_ANSWER_DAYS:
            raise Refusal(Reason.INVALID_INPUT, field="working_days")
        data: Json = {"declared": {"working_days": working_days}, "to": [unit], "text": _told(text)}
        return await self._prepare(actor, thread_id, Kind.SUPERVISE, data, unit=unit)

    async def designate(self, actor: Actor, thread_id: str, *, unit: str, seen: int, text: str) -> Done:
        """See `ProvincialActs`."""
        await self._run(partial(_office, actor=actor))
        data: Json = {"declared": {"unit": unit}, "reasons": ["T06"], "text": _told(text)}
        return await self._prepare(actor, thread_id, Kind.DESIGNATED, data, unit=unit, seen=seen)

    async def give_opinion(self, actor: Actor, thread_id: str, *, text: str) -> Done:
        """See `ProvincialActs`."""
        return await self._prepare(actor, thread_id, Kind.OPINION, {"text": _told(text)})

    async def coordinate(self, actor: Actor, thread_id: str, *, unit: str, text: str) -> Done:
        """See `ProvincialActs`."""
        await self._run(partial(_office, actor=actor))
        await self._fetch(actor, thread_id)
        office = await self._run(partial(_office_to_ask, actor=actor, thread_id=thread_id, unit=unit))
        data: Json = {"declared": {"working_days": COORDINATION_DAYS}, "text": f"{thread_id}\n{_told(text)}"}
        return _begun(await self._desk.start_thread(actor, Kind.COORDINATION_REQUESTED.name, (office,), data), office)

    async def answer_coordination(self, actor: Actor, thread_id: str, *, text: str) -> Done:
        """See `ProvincialActs`."""
        return await self._prepare(actor, thread_id, Kind.COORDINATION_ANSWERED, {"text": _told(text)})

    async def announce(self, actor: Actor, units: Sequence[str], text: str) -> tuple[Done, ...]:
        """See `ProvincialActs`."""
        data: Json = {"text": _told(text)}
        every = await self._run(partial(_units_below, actor=actor))
        done: list[Done] = []
        for unit in _each(units) if units else every:
            try:
                await self._run(partial(_own_unit, actor=actor, unit=unit, kind=Kind.ANNOUNCED))
                begun = await self._desk.start_thread(actor, Kind.ANNOUNCED.name, (unit,), data)
                done.append(_begun(begun, unit))
            except Refusal as refusal:
                done.append(_not_done("", refusal, unit=unit))
        return tuple(done)

    async def propose_agreement(self, actor: Actor, office: str, terms: Terms) -> Done:
        """See `ProvincialActs`."""
        await self._run(partial(_office, actor=actor))
        first, second = sorted((actor.unit, office))
        agreement = Agreement(
            agreement_id=uuid7(self._clock()),
            units=(first, second),
            matters=terms.matters,
            modes=terms.modes,
            times=terms.times,
            valid_from=terms.valid_from,
            valid_to=terms.valid_to,
        )
        data = _signed_terms(agreement_bytes(agreement))
        return _begun(await self._desk.start_thread(actor, Kind.AGREEMENT_PROPOSED.name, (office,), data), office)

    async def countersign(self, actor: Actor, thread_id: str) -> Done:
        """See `ProvincialActs`."""
        data = _signed_terms(await self._run(partial(_terms_of, actor=actor, thread_id=thread_id)))
        return await self._prepare(actor, thread_id, Kind.AGREEMENT_COUNTERSIGNED, data)

    async def end_agreement(self, actor: Actor, thread_id: str) -> Done:
        """See `ProvincialActs`."""
        data = _signed_terms(await self._run(partial(_terms_of, actor=actor, thread_id=thread_id)))
        return await self._prepare(actor, thread_id, Kind.AGREEMENT_ENDED, data)

    async def approve(self, actor: Actor, moves: Sequence[tuple[str, int]]) -> tuple[Done, ...]:
        """See `ProvincialActs`."""
        await self._run(partial(_office, actor=actor, roles=APPROVES))
        if len(moves) > MOST_AT_ONCE:
            raise Refusal(Reason.INVALID_INPUT, field="moves")
        return tuple([await self._approve(actor, move_id, version) for move_id, version in moves])

    async def _approve(self, actor: Actor, move_id: str, version: int) -> Done:
        thread_id = ""
        try:
            thread_id = (await self._desk.get_move(actor, move_id)).delegation_id
            await self._fetch(actor, thread_id)
            await self._run(partial(_not_moved_on_since, actor=actor, move_id=move_id))
            await self._desk.approve_move(actor, move_id, version)
        except Refusal as refusal:
            return _not_done(thread_id, refusal, move_id=move_id)
        return Done(thread_id=thread_id, move_id=move_id)

    async def waiting(self, actor: Actor) -> OfficeWork:
        """See `ProvincialActs`."""
        return await self._run(partial(_waiting, actor=actor))

    async def possible(self, actor: Actor, thread_id: str) -> Possible:
        """See `ProvincialActs`."""
        await self._run(partial(_office, actor=actor))
        return await self._run(partial(possible_in, actor=actor, thread_id=thread_id))

    async def units(self, actor: Actor) -> OfficeUnits:
        """See `ProvincialActs`."""
        return units_of(await self._run(partial(_office, actor=actor)), actor.unit)

    async def agreements(self, actor: Actor) -> tuple[AgreementLine, ...]:
        """See `ProvincialActs`."""
        return await self._run(partial(_agreements, actor=actor))

    async def _prepare(
        self, actor: Actor, thread_id: str, kind: Kind, data: Json, *, unit: str = "", seen: int | None = None
    ) -> Done:
        """Prepare an act on the thread as it is now, or as it was `seen`: what arrives meanwhile is looked at again."""
        await self._run(partial(_office, actor=actor))
        await self._fetch(actor, thread_id)
        for left in reversed(range(_TRIES)):
            if seen is not None:
                await self._run(partial(_not_moved_on, actor=actor, thread_id=thread_id, seen=seen))
            version = await self._run(partial(_version, actor=actor, thread_id=thread_id))
            try:
                move = await self._desk.prepare_move(actor, thread_id, kind.name, data, version)
            except Refusal as refusal:
                if refusal.reason is Reason.EDITED_MEANWHILE and left:
                    continue
                raise
            return Done(thread_id=thread_id, unit=unit, move_id=move.move_id, version=move.version)
        raise AssertionError("the last try returns or raises")

    async def _fetch(self, actor: Actor, thread_id: str) -> None:
        """What the registry has of the thread by now. Without the registry, what is held; not yet sent: nothing new."""
        try:
            await self._read(thread_id)
        except Refusal as refusal:
            held = refusal.reason in _AWAY or refusal.reason is Reason.NOT_FOUND
            if not held or not await self._run(partial(_is_held, actor=actor, thread_id=thread_id)):
                raise


def _each(asked: Sequence[str]) -> tuple[str, ...]:
    each = tuple(dict.fromkeys(asked))
    if not 1 <= len(each) <= MOST_AT_ONCE:
        raise Refusal(Reason.INVALID_INPUT, field="ids")
    return each


def _told(text: str) -> str:
    if not text.strip():
        raise Refusal(Reason.INVALID_INPUT, field="text")
    return text


def _not_done(thread_id: str, refusal: Refusal, *, unit: str = "", move_id: str = "") -> Done:
    return Done(
        thread_id=thread_id, unit=unit, move_id=move_id, reason=refusal.reason.value, details=dict(refusal.details)
    )


def _begun(view: DelegationView, unit: str) -> Done:
    move = view.prepared[-1]
    return Done(thread_id=view.row.delegation_id, unit=unit, move_id=move.move_id, version=move.version)


def _signed_terms(record: bytes) -> Json:
    return {"body": {"agreement": {"record": base64.b64encode(record).decode()}}}


def _office(
    tx: Tx, state: State, at: datetime, *, actor: Actor, roles: tuple[Role, ...] = (Role.SUPERVISOR,)
) -> RosterView:
    """The roster, for a person of an office. Refusal ROLE_MISSING."""
    del tx, at
    need(actor, state, *roles)
    view = state.rosters.current.view
    if view.unit(actor.unit).type not in _OFFICES:
        raise Refusal(Reason.ROLE_MISSING, role=roles[0].value)
    return view


def _waiting(tx: Tx, state: State, at: datetime, *, actor: Actor) -> OfficeWork:
    _office(tx, state, at, actor=actor, roles=_LOOKS)
    return office_work(tx, actor.unit, at)


def _agreements(tx: Tx, state: State, at: datetime, *, actor: Actor) -> tuple[AgreementLine, ...]:
    view = _office(tx, state, at, actor=actor, roles=_LOOKS)
    return agreements_of(tx, state, view, actor.unit)


def _office_of(view: RosterView, unit: str) -> str:
    if unit not in view.units:
        raise Refusal(Reason.INVALID_INPUT, field="unit")
    office = view.provincial_office(unit)
    return office.code if office is not None else ""


def _own_unit(tx: Tx, state: State, at: datetime, *, actor: Actor, unit: str, kind: Kind) -> None:
    view = _office(tx, state, at, actor=actor)
    office = _office_of(view, unit)
    if office != actor.unit:
        raise Refusal(Reason.NOT_ALLOWED, kind=kind.name, why="other_province", office=office)


def _units_below(tx: Tx, state: State, at: datetime, *, actor: Actor) -> tuple[str, ...]:
    view = _office(tx, state, at, actor=actor)
    return tuple(
        sorted(
            code
            for code, unit in view.units.items()
            if unit.is_member and code != actor.unit and _office_of(view, code) == actor.unit
        )
    )


def _office_to_ask(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str, unit: str) -> str:
    view = _office(tx, state, at, actor=actor)
    thread = _thread(tx, state, actor, thread_id).thread
    if thread is None or unit not in (thread.home_unit, thread.host_unit):
        raise Refusal(Reason.INVALID_INPUT, field="unit")
    office = _office_of(view, unit)
    if office == actor.unit:
        raise Refusal(Reason.NOT_ALLOWED, kind=Kind.COORDINATION_REQUESTED.name, why="own_province")
    if not office or not view.units[office].is_member:
        raise Refusal(Reason.UNIT_NOT_ACTIVE, unit=office or unit)
    return office


def _thread(tx: Tx, state: State, actor: Actor, thread_id: str) -> Held:
    return own(tx, state, actor, thread_id)


def _is_held(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str) -> bool:
    del at
    held = load(tx, state, thread_id)
    return held is not None and actor.unit in held.roles


def _version(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str) -> int:
    del at
    return _thread(tx, state, actor, thread_id).record.version


def _side_to_remind(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str, unit: str) -> str:
    """The side named, else whose turn it is, else whose day comes first."""
    del at
    thread = _thread(tx, state, actor, thread_id).thread
    if thread is None:
        raise Refusal(Reason.NOT_FOUND)
    sides = (thread.home_unit, thread.host_unit)
    if unit:
        if unit not in sides:
            raise Refusal(Reason.INVALID_INPUT, field="unit")
        return unit
    if thread.turn in sides:
        return thread.turn
    ours = sorted((clock.due.legal, clock.unit) for clock in thread.deadlines if clock.unit in sides)
    return ours[0][1] if ours else thread.host_unit


def _reminding(
    tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str, to: str, text: str
) -> Generator[None, None, DelegationView]:
    held = _thread(tx, state, actor, thread_id)
    where = (Where("thread_id", thread_id), Where("sender_unit", actor.unit), Where("kind", int(Kind.REMIND)))
    today = [
        parse_header(row.header)
        for row in tx.select(EntryRecord, where, limit=_MOST_ENTRIES)
        if day_of(from_us(row.accepted_at)) == day_of(at)
    ]
    queued = [each.header for each in held.pending if each.header.kind is Kind.REMIND]
    if any(to in header.addressees for header in (*today, *queued)):
        raise Refusal(Reason.QUOTA_EXCEEDED, kind=Kind.REMIND.name, why="once_a_day")
    data: Json = {"to": [to], "text": text}
    return (
        yield from moves.act(
            tx, state, at, actor=actor, delegation_id=thread_id, kind=Kind.REMIND.name, data=data, version=None
        )
    )


def _moving(tx: Tx, thread_id: str, unit: str) -> list[EntryRecord]:
    """Moves of others on the thread that a designation does not stand beside, in order."""
    rows = tx.select(EntryRecord, (Where("thread_id", thread_id),), order=("sequence",), limit=_MOST_ENTRIES)
    return [row for row in rows if row.moving and row.sender_unit != unit and row.kind != Kind.DESIGNATED]


def _refuse_moved(held: Held, since: list[EntryRecord]) -> None:
    """Refusal STALE where a move came in between, or another unit was designated for good."""
    thread = held.thread
    if thread is None:
        raise Refusal(Reason.NOT_FOUND)
    if since or thread.work.designated:
        details = {"state": thread.state.value, "sequence": str(thread.sequence)}
        if since:
            details |= {"since": str(since[0].sequence), "kind": Kind(since[0].kind).name}
        if thread.work.designated:
            details |= {"unit": thread.work.designated}
        raise Refusal(Reason.STALE, **details)


def _not_moved_on(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str, seen: int) -> None:
    del at
    held = _thread(tx, state, actor, thread_id)
    _refuse_moved(held, [row for row in _moving(tx, thread_id, actor.unit) if row.sequence > seen])


def _not_moved_on_since(tx: Tx, state: State, at: datetime, *, actor: Actor, move_id: str) -> None:
    """What was prepared is still about the thread as it stands: for a designation, no move came since."""
    del at
    record = tx.get(MoveRecord, (move_id,))
    if record is None or record.unit != actor.unit:
        raise Refusal(Reason.NOT_FOUND)
    if record.kind == Kind.DESIGNATED:
        held = _thread(tx, state, actor, record.thread_id)
        since = [row for row in _moving(tx, record.thread_id, actor.unit) if row.accepted_at > record.prepared_at]
        _refuse_moved(held, since)


def _terms_of(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str) -> bytes:
    """The terms as they were proposed. Refusal NOT_ALLOWED for a thread that is no agreement."""
    _office(tx, state, at, actor=actor)
    _thread(tx, state, actor, thread_id)
    where = (Where("thread_id", thread_id), Where("kind", int(Kind.AGREEMENT_PROPOSED)))
    found = tx.select(EntryRecord, where, limit=1)
    if not found:
        raise Refusal(Reason.NOT_ALLOWED, kind="agreement")
    return agreement_record(body_of(tx, state, found[0]))
