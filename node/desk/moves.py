"""Moves of one person, and moves of two: prepared by a handler, approved, sealed and queued by another person."""

import json
from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from delegation.codes import Kind, ThreadType
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.lifecycle import available
from delegation.table import Row
from node.bodies import Hands, MadeBody, Person, make_body
from node.compose import Composed, LetterHeader, compose, may_seal, seal, seal_body, sign_with_seal
from node.desk.building import prepared_view
from node.desk.business import host_of, parse_business
from node.desk.guard import (
    ACTS,
    APPROVES,
    PREPARES,
    READS,
    acting_as,
    need,
    own,
    same_version,
)
from node.desk.hands import approver_of, handler_of, makers_of
from node.desk.light import light_view
from node.desk.ports import Actor, Role
from node.desk.seals import need_seal, pressed
from node.desk.twins import twin_of
from node.desk.views import DelegationView, PreparedMoveView
from node.draws.filling import as_fixed, filled
from node.draws.lending import enacted_by
from node.draws.steps import BY_NODE as DRAWS_BY_NODE
from node.ids import uuid7
from node.move_input import MoveInput, invalid, kind_of, parse_move
from node.queueing import kept_secret, queue
from node.records import MoveRecord, OutboxRecord, to_us
from node.records_pool import PoolVersionRecord
from node.state import Held, State, is_move
from node.threads import keep, local_view
from node.writer import Tx

_LETTERS = (Kind.ISSUED, Kind.LETTER_CORRECTED)
_BY_NODE = (Kind.RESEAL, Kind.PROTEST)


def composed_move(
    tx: Tx,
    state: State,
    held: Held,
    *,
    unit: str,
    kind: Kind,
    raw: Mapping[str, object],
    hands: Hands,
    at: datetime,
) -> Composed:
    """A judged draft of a move; a letter's move has the letter's own form in `business`."""
    if kind is Kind.POOL_COMMITTED:
        _as_frozen(tx, unit, held.thread_id, raw)
    as_fixed(tx, held, unit=unit, kind=kind, raw=raw)
    letter, data = _parsed(state, held, kind, raw, at)
    return _composed(tx, state, held, unit=unit, kind=kind, data=data, hands=hands, at=at, letter=letter)


def _parsed(
    state: State, held: Held, kind: Kind, raw: Mapping[str, object], at: datetime
) -> tuple[LetterHeader | None, MoveInput]:
    if kind in _LETTERS and "business" in raw:
        return _letter(state, held, kind, raw, at)
    return None, parse_move(raw)


def _composed(
    tx: Tx,
    state: State,
    held: Held,
    *,
    unit: str,
    kind: Kind,
    data: MoveInput,
    hands: Hands,
    at: datetime,
    letter: LetterHeader | None,
    made: MadeBody | None = None,
) -> Composed:
    data = _answering(tx, state, held, kind, data, unit=unit, at=at)
    begins = held.thread is None and not held.pending
    return compose(
        tx,
        state,
        held,
        unit=unit,
        kind=kind,
        data=data,
        hands=hands,
        at=at,
        letter=letter,
        thread_type=ThreadType(held.record.thread_type),
        counterpart=held.record.host_unit if begins else "",
        made=made,
    )


def _as_frozen(tx: Tx, unit: str, thread_id: str, raw: Mapping[str, object]) -> None:
    """A pool is committed to as it was frozen (`node.pool.versions`), on the unit's own thread; nobody types a root."""
    said = raw.get("declared")
    declared = said if isinstance(said, Mapping) else {}
    try:
        root = bytes.fromhex(str(declared.get("root", "")))
    except ValueError as error:
        raise invalid("declared.root") from error
    record = tx.get(PoolVersionRecord, (unit, root))
    if record is None or record.thread_id != thread_id:
        raise invalid("declared.root")
    if (record.size, record.version) != (declared.get("size"), declared.get("version")):
        raise invalid("declared.version")


def _letter(
    state: State, held: Held, kind: Kind, raw: Mapping[str, object], at: datetime
) -> tuple[LetterHeader, MoveInput]:
    """A corrected letter, or a letter of the next leg: `business` as for a draft, the rest as for a move."""
    business_json = raw["business"]
    if not isinstance(business_json, Mapping) or held.thread is None:
        raise invalid("business")
    business = parse_business(business_json)
    rest = parse_move({name: value for name, value in raw.items() if name != "business"})
    if business.place is None:
        raise invalid("business.task_place")
    host = held.thread.host_unit
    if kind is Kind.ISSUED:
        found = host_of(business, state.rosters.current.view, day_of(at))
        host = business.host_unit or (found.code if found is not None else host)
    letter = LetterHeader(
        task_place=business.place, fields=business.fields, host_unit=host, case_id=held.thread.case_id
    )
    form = business.move()
    return letter, replace(
        form,
        declared={**form.declared, **rest.declared},
        reasons=rest.reasons,
        replaces=rest.replaces,
        text=rest.text or form.text,
    )


def _answering(tx: Tx, state: State, held: Held, kind: Kind, data: MoveInput, *, unit: str, at: datetime) -> MoveInput:
    """What the rule book says that this move answers, where nothing else was said (silence, requests)."""
    if data.in_reply_to or kind in (Kind.ANSWER, Kind.QUESTION, Kind.PROGRESS):
        return data
    view = state.rosters.current.view
    local = local_view(tx, state, held, roster=view, at=at)[0] if held.pending else held.thread
    if local is None:
        return data
    for move in available(local, unit=unit, on=day_of(at), at=at, roster=view, of=kind):
        if move.allowed and move.in_reply_to is not None:
            return replace(data, in_reply_to=move.in_reply_to.envelope_id)
    return data


def _approval(row: Row, data: Mapping[str, object]) -> int:
    return 2 if "paper" in data else row.approval


def act(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    actor: Actor,
    delegation_id: str,
    kind: str,
    data: Mapping[str, object],
    version: int | None,
) -> Generator[None, None, DelegationView]:
    """Make a move that needs one person, step by step (`node.writer.Staged`).

    Its body made, judged with its header, sealed, signed, encrypted for the outbox, queued.
    """
    need(actor, state, *ACTS)
    held = own(tx, state, actor, delegation_id)
    chosen = kind_of(kind)
    if chosen in _BY_NODE or (chosen in DRAWS_BY_NODE and not data.get("replaces")):
        raise Refusal(Reason.NOT_ALLOWED, kind=chosen.name)
    same_version(version, held.record.version, needed=is_move(chosen))
    hands = Hands(handler=handler_of(actor, among=ACTS))
    _, data = filled(tx, state, held, unit=actor.unit, staff_id=actor.staff_id, kind=chosen, raw=data, at=at)
    letter, move = _parsed(state, held, chosen, data, at)
    may_seal(state, at=at)
    made = make_body(tx, state, kind=chosen, thread_id=delegation_id, data=move, hands=hands, at=at)
    yield
    composed = _composed(
        tx, state, held, unit=actor.unit, kind=chosen, data=move, hands=hands, at=at, letter=letter, made=made
    )
    if _approval(composed.row, data) == 2:
        raise Refusal(Reason.FOUR_EYES, missing="approver")
    yield
    unsigned, key = seal_body(state, composed)
    yield
    sealed = sign_with_seal(state, unsigned, key, at=at)
    yield
    secret = kept_secret(tx, state, sealed, data)
    yield
    held = queue(tx, state, held, sealed, at=at, judged=composed.judged, secret=secret)
    return light_view(tx, state, held, actor, at)


def prepare(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    actor: Actor,
    delegation_id: str,
    kind: str,
    data: Mapping[str, object],
    version: int | None,
) -> PreparedMoveView:
    """Prepare a move of two persons, judged as if somebody had approved it."""
    need(actor, state, *PREPARES)
    held = own(tx, state, actor, delegation_id)
    chosen = kind_of(kind)
    if chosen in _BY_NODE or (chosen in DRAWS_BY_NODE and not data.get("replaces")):
        raise Refusal(Reason.NOT_ALLOWED, kind=chosen.name)
    same_version(version, held.record.version, needed=is_move(chosen))
    chosen, data = filled(tx, state, held, unit=actor.unit, staff_id=actor.staff_id, kind=chosen, raw=data, at=at)
    twin = twin_of(tx, state, actor, chosen, data, thread_id=delegation_id)
    if twin is not None:
        return prepared_view(tx, state, twin)
    _trial(tx, state, held, actor, chosen, data, at)
    move_id = uuid7(at)
    record = MoveRecord(
        move_id=move_id,
        thread_id=delegation_id,
        unit=actor.unit,
        kind=int(chosen),
        version=1,
        state="prepared",
        secret=move_secret(tx, state, delegation_id, move_id, data, actor),
        prepared_by=actor.staff_id,
        prepared_at=to_us(at),
    )
    tx.put(record)
    tx.after.append(lambda: state.signal(f"thread:{delegation_id}:{held.record.version}"))
    return prepared_view(tx, state, record)


SOMEBODY: Final = Person(staff_id="somebody", role="approver")


def _trial(
    tx: Tx, state: State, held: Held, actor: Actor, kind: Kind, data: Mapping[str, object], at: datetime
) -> None:
    hands = Hands(handler=handler_of(actor, among=PREPARES), approver=SOMEBODY)
    composed_move(tx, state, held, unit=actor.unit, kind=kind, raw=data, hands=hands, at=at)


def move_secret(
    tx: Tx,
    state: State,
    thread_id: str,
    move_id: str,
    data: Mapping[str, object],
    actor: Actor,
    note: str = "",
    *,
    among: tuple[Role, ...] = PREPARES,
) -> bytes:
    """What a prepared move says, sealed; `among` are the roles by one of which the actor prepares it."""
    handler, acting = handler_of(actor, among=among), acting_as(actor, *among)
    content = {
        "data": data,
        "prepared_by_name": handler.name,
        "prepared_for": acting.staff_id if acting is not None else "",
        "phone": actor.phone,
        "role": handler.role,
        "note": note,
    }
    plain = json.dumps(content, ensure_ascii=False).encode()
    return state.vault.seal(tx, thread_id, f"moves/{move_id}/secret", plain)


def _load(tx: Tx, state: State, actor: Actor, move_id: str) -> tuple[MoveRecord, dict[str, object]]:
    record = tx.get(MoveRecord, (move_id,))
    if record is None or record.unit != actor.unit:
        raise Refusal(Reason.NOT_FOUND)
    content = json.loads(state.vault.open(tx, record.thread_id, f"moves/{move_id}/secret", record.secret))
    return record, content


def _waiting(record: MoveRecord, version: int) -> None:
    same_version(version, record.version)
    if record.state not in ("prepared", "reviewed", "draft"):
        raise Refusal(Reason.NOT_ALLOWED, state=record.state)


def get(tx: Tx, state: State, at: datetime, *, actor: Actor, move_id: str) -> PreparedMoveView:
    """One prepared move."""
    del at
    need(actor, state, *READS)
    return prepared_view(tx, state, _load(tx, state, actor, move_id)[0])


def update(
    tx: Tx, state: State, at: datetime, *, actor: Actor, move_id: str, version: int, data: Mapping[str, object]
) -> PreparedMoveView:
    """Change a prepared move; the one who changed it is now the one who prepared it."""
    need(actor, state, *PREPARES)
    record, _ = _load(tx, state, actor, move_id)
    _waiting(record, version)
    held = own(tx, state, actor, record.thread_id)
    kind, data = filled(
        tx, state, held, unit=actor.unit, staff_id=actor.staff_id, kind=Kind(record.kind), raw=data, at=at
    )
    _trial(tx, state, held, actor, kind, data, at)
    changed = replace(
        record,
        kind=int(kind),
        version=record.version + 1,
        state="prepared",
        prepared_by=actor.staff_id,
        prepared_at=to_us(at),
        secret=move_secret(tx, state, record.thread_id, move_id, data, actor),
    )
    tx.put(changed)
    return prepared_view(tx, state, changed)


def drop(
    tx: Tx, state: State, at: datetime, *, actor: Actor, move_id: str, version: int, note: str
) -> PreparedMoveView:
    """Take it back; with a note an approver sends it back to its handler."""
    del at
    need(actor, state, *PREPARES, *APPROVES)
    record, content = _load(tx, state, actor, move_id)
    _waiting(record, version)
    back = bool(note) and actor.has(*APPROVES) and actor.staff_id != record.prepared_by
    content["note"] = note[:2000]
    row = f"moves/{move_id}/secret"
    secret = state.vault.seal(tx, record.thread_id, row, json.dumps(content, ensure_ascii=False).encode())
    changed = replace(record, version=record.version + 1, state="draft" if back else "dropped", secret=secret)
    tx.put(changed)
    return prepared_view(tx, state, changed)


def review(tx: Tx, state: State, at: datetime, *, actor: Actor, move_id: str, version: int) -> PreparedMoveView:
    """Say that it may be sealed, and leave the seal to whoever holds it (审核, then 用印); judged as if it were sealed.

    Where one person does both, `approve` is enough. Refusal FOUR_EYES for whoever prepared it, NOT_ALLOWED unless it
    waits for a review.
    """
    need(actor, state, *APPROVES)
    record, content = _load(tx, state, actor, move_id)
    same_version(version, record.version)
    if record.state != "prepared":
        raise Refusal(Reason.NOT_ALLOWED, state=record.state)
    reviewer = approver_of(actor, record, content)
    data = content["data"]
    if not isinstance(data, Mapping):
        raise Refusal(Reason.INTERNAL, field="stored_content")
    held = own(tx, state, actor, record.thread_id)
    hands = Hands(handler=_handler_of(record, content), approver=reviewer)
    composed_move(tx, state, held, unit=actor.unit, kind=Kind(record.kind), raw=data, hands=hands, at=at)
    content |= {"reviewed_by": actor.staff_id, "reviewed_by_name": reviewer.name, "reviewed_at": at.isoformat()}
    row = f"moves/{move_id}/secret"
    secret = state.vault.seal(tx, record.thread_id, row, json.dumps(content, ensure_ascii=False).encode())
    changed = replace(record, version=record.version + 1, state="reviewed", secret=secret)
    tx.put(changed)
    return prepared_view(tx, state, changed)


def _handler_of(record: MoveRecord, content: Mapping[str, object]) -> Person:
    return Person(
        staff_id=record.prepared_by,
        name=str(content["prepared_by_name"]),
        phone=str(content["phone"]),
        role=str(content["role"]),
    )


def approve(tx: Tx, state: State, at: datetime, *, actor: Actor, move_id: str, version: int) -> DelegationView:
    """Approve, seal, sign and queue. Refusal FOUR_EYES for whoever prepared it; judged again as everything else.

    Refusal ROLE_MISSING where the unit keeps the seal for its seal holder: `review` says yes, `press_seal` seals.
    """
    need(actor, state, *APPROVES)
    need_seal(tx, actor)
    record, content = _load(tx, state, actor, move_id)
    _waiting(record, version)
    if record.state == "draft":  # sent back or handed over: its handler has to hand it in first
        raise Refusal(Reason.NOT_ALLOWED, state=record.state)
    approver = approver_of(actor, record, content)
    content |= {"reviewed_by": actor.staff_id, "reviewed_by_name": approver.name, "reviewed_at": at.isoformat()}
    return _sealed(tx, state, at, actor, record, content, approver)


def press_seal(tx: Tx, state: State, at: datetime, *, actor: Actor, move_id: str, version: int) -> DelegationView:
    """Press the seal on what was reviewed, sign and queue: whoever reviewed it stays its approver.

    Refusal ROLE_MISSING, FOUR_EYES for whoever prepared it, NOT_ALLOWED unless it was reviewed; judged again. Who
    pressed it, and for whom, is kept with the move.
    """
    need(actor, state, Role.SEAL_HOLDER, *APPROVES)
    need_seal(tx, actor)
    record, content = _load(tx, state, actor, move_id)
    same_version(version, record.version)
    if record.state != "reviewed":
        raise Refusal(Reason.NOT_ALLOWED, state=record.state)
    reviewer = Person(
        staff_id=str(content["reviewed_by"]), name=str(content.get("reviewed_by_name", "")), role="approver"
    )
    return _sealed(tx, state, at, actor, record, content, reviewer)


def _sealed(
    tx: Tx,
    state: State,
    at: datetime,
    actor: Actor,
    record: MoveRecord,
    content: Mapping[str, object],
    approver: Person,
) -> DelegationView:
    content = {**content, **pressed(tx, actor, makers_of(record, content), at)}
    held = own(tx, state, actor, record.thread_id)
    data = content["data"]
    if not isinstance(data, Mapping):
        raise Refusal(Reason.INTERNAL, field="stored_content")
    hands = Hands(handler=_handler_of(record, content), approver=approver)
    composed = composed_move(tx, state, held, unit=actor.unit, kind=Kind(record.kind), raw=data, hands=hands, at=at)
    held = queue(tx, state, held, seal(state, composed, at=at), at=at, data=data)
    enacted_by(tx, state, at, actor=actor, kind=Kind(record.kind), data=data)
    row = f"moves/{record.move_id}/secret"
    secret = state.vault.seal(tx, record.thread_id, row, json.dumps(content, ensure_ascii=False).encode())
    tx.put(replace(record, state="approved", version=record.version + 1, secret=secret))
    return light_view(tx, state, held, actor, at)


def drop_queued(
    tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str, envelope_id: str
) -> DelegationView:
    """Put a refused or returned own envelope out of sight."""
    need(actor, state, *ACTS, *APPROVES)
    held = own(tx, state, actor, delegation_id)
    record = tx.get(OutboxRecord, (actor.unit, envelope_id))
    if record is None or record.thread_id != delegation_id:
        raise Refusal(Reason.NOT_FOUND)
    if record.state in ("queued", "answered"):
        raise Refusal(Reason.NOT_ALLOWED, state=record.state)
    tx.put(replace(record, state="dropped"))
    return light_view(tx, state, keep(tx, state, held, at=at), actor, at)
