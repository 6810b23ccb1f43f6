"""Threads of another type than a delegation: notices, agreements, announcements, requests for coordination."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from delegation import patterns
from delegation.codec_json import agreement_to_json
from delegation.codes import Kind, ThreadType
from delegation.errors import Reason, Refusal
from node.bodies import Hands
from node.compose import seal
from node.desk.building import prepared_of
from node.desk.guard import PREPARES, need, own
from node.desk.hands import handler_of
from node.desk.light import light_view
from node.desk.moves import SOMEBODY, composed_move, move_secret
from node.desk.ports import Actor
from node.desk.twins import twin_of
from node.desk.views import DelegationView
from node.ids import uuid7
from node.move_input import kind_of
from node.queueing import queue
from node.records import MoveRecord, PartyRecord, ThreadRecord, to_us
from node.state import Held, State
from node.threads import keep
from node.writer import Tx

_THREAD_TYPES: Final = {
    Kind.NOTICE_SENT: ThreadType.NOTICE,
    Kind.AGREEMENT_PROPOSED: ThreadType.AGREEMENT,
    Kind.POOL_COMMITTED: ThreadType.UNIT,
    Kind.ANNOUNCED: ThreadType.COORDINATION,
    Kind.COORDINATION_REQUESTED: ThreadType.COORDINATION,
}


def start_thread(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    actor: Actor,
    kind: str,
    recipients: Sequence[str],
    data: Mapping[str, object],
) -> DelegationView:
    """Open a thread of another type; where the table asks for two persons it waits as a prepared move."""
    need(actor, state, *PREPARES)
    chosen = kind_of(kind)
    thread_type = _THREAD_TYPES.get(chosen)
    if thread_type is None:
        raise Refusal(Reason.NOT_ALLOWED, kind=chosen.name)
    raw = {**data, "to": list(recipients)}
    twin = twin_of(tx, state, actor, chosen, raw)
    if twin is not None:
        begun = own(tx, state, actor, twin.thread_id)
        waiting = prepared_of(tx, state, twin.thread_id, actor.unit)
        return light_view(tx, state, begun, actor, at, prepared=waiting)
    thread_id = _agreement_id(raw) if chosen is Kind.AGREEMENT_PROPOSED else uuid7(at)
    if tx.get(ThreadRecord, (thread_id,)) is not None:
        raise Refusal(Reason.INVALID_INPUT, field="agreement_id")
    counterpart = recipients[0] if len(recipients) == 1 else actor.unit if chosen is Kind.POOL_COMMITTED else ""
    record = replace(
        empty_record(thread_id, thread_type, actor.unit, counterpart), created_at=to_us(at), changed_at=to_us(at)
    )
    held = Held(record=record, thread=None, roles={actor.unit: "home"})
    state.known.load(thread_id, {})
    hands = Hands(handler=handler_of(actor, among=PREPARES), approver=SOMEBODY)
    composed = composed_move(tx, state, held, unit=actor.unit, kind=chosen, raw=raw, hands=hands, at=at)
    tx.put(PartyRecord(actor.unit, thread_id, "home"))
    held = keep(tx, state, held, at=at)
    if composed.row.approval == 2:
        move_id = uuid7(at)
        tx.put(
            MoveRecord(
                move_id=move_id,
                thread_id=thread_id,
                unit=actor.unit,
                kind=int(chosen),
                version=1,
                state="prepared",
                secret=move_secret(tx, state, thread_id, move_id, raw, actor),
                prepared_by=actor.staff_id,
                prepared_at=to_us(at),
            )
        )
    else:
        alone = Hands(handler=handler_of(actor, among=PREPARES))
        composed = composed_move(tx, state, held, unit=actor.unit, kind=chosen, raw=raw, hands=alone, at=at)
        held = queue(tx, state, held, seal(state, composed, at=at), at=at, data=raw)
    return light_view(tx, state, held, actor, at, prepared=prepared_of(tx, state, thread_id, actor.unit))


def _agreement_id(raw: Mapping[str, object]) -> str:
    """The id that the terms carry is the thread's (roster.proto, AgreementRecord), so that a roster names the proof."""
    body = raw.get("body")
    part = body.get("agreement") if isinstance(body, Mapping) else None
    record = part.get("record") if isinstance(part, Mapping) else None
    try:
        found = agreement_to_json(base64.b64decode(str(record or ""), validate=True)).get("agreement_id")
    except (ValueError, Refusal) as error:
        raise Refusal(Reason.INVALID_INPUT, field="agreement") from error
    if not isinstance(found, str) or not patterns.is_uuid7(found):
        raise Refusal(Reason.INVALID_INPUT, field="agreement_id")
    return found


def empty_record(thread_id: str, thread_type: ThreadType, unit: str, counterpart: str) -> ThreadRecord:
    """The row of a thread that nothing was said in yet."""
    return ThreadRecord(
        thread_id=thread_id,
        thread_type=int(thread_type),
        state_bytes=b"",
        version=0,
        home_unit=unit,
        host_unit=counterpart,
        state="none",
        turn="",
        matter=0,
        priority=0,
        place="",
        is_open=True,
        next_due="",
        leg=1,
        round=1,
        case_id="",
        secret=b"",
        letter_sequence=0,
        queued=0,
        parked=0,
        created_at=0,
        changed_at=0,
    )
