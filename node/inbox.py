"""What arrives, in its turn: a delivery of the stream, an envelope that was read, the registry's answer to our own.

The cursor moves with what was taken, in one transaction: a delivery that comes twice is recognised by the cursor (or by
its place in the thread) and acknowledged again, one that was half processed is processed. Nothing that arrives stops
what is behind it.
"""

from datetime import datetime
from typing import Final

from delegation.codec_entry import parse_entry
from delegation.errors import Reason, Refusal
from delegation.model import AcknowledgementStatus, Entry, EnvelopeAnswer
from delegation.values import maker
from node.acks import acknowledge
from node.arrivals import Arrival, alarm, arrival_of, take_envelope, take_evidence, take_negative
from node.checked import Checked
from node.outbox import Outcome, apply_result, settle_own
from node.records import CursorRecord, OutboxRecord, WaitingRecord, to_us
from node.state import State
from node.threads import Place, load, place_of
from node.waiting import wake
from node.writer import Tx
from xieban.federation.v1 import exchange_pb2 as exchange

_cursor_record: Final = maker(CursorRecord)


def take(tx: Tx, state: State, at: datetime, *, delivery: exchange.Delivery, checked: Checked | None = None) -> None:
    """Take one delivery of the stream; `checked` is what is known of its envelope already."""
    unit, cursor = delivery.unit, delivery.cursor
    if unit not in state.units:
        raise Refusal(Reason.NOT_YOUR_UNIT)
    again = cursor <= _cursor(tx, state, unit)
    kind = delivery.WhichOneof("item")
    if kind == "envelope":
        arrival = arrival_of(unit, cursor, delivery.envelope)
        moved = take_envelope(tx, state, arrival, at=at, raw=delivery, checked=checked)
        if moved:
            wake(tx, state, moved, at=at)
    elif not again and kind == "evidence":
        take_evidence(tx, state, delivery.evidence, at=at, waiting=(unit, cursor))
    elif not again and kind == "negative_entry":
        take_negative(tx, state, delivery.negative_entry)
    elif not again:
        raise Refusal(Reason.UNKNOWN_CODE, field="item")
    if not again:
        _advance(tx, state, unit, cursor)


def _cursor(tx: Tx, state: State, unit: str) -> int:
    fresh = tx.recall(state.cursors, unit)
    return fresh if isinstance(fresh, int) else state.cursors.last.get(unit, 0)


def _advance(tx: Tx, state: State, unit: str, cursor: int) -> None:
    tx.put(_cursor_record(unit, cursor))
    tx.remember(state.cursors, unit, cursor)


def park_raw(tx: Tx, state: State, at: datetime, *, delivery: exchange.Delivery, refusal: Refusal) -> None:
    """Keep a delivery that could not even be placed, say so, and go on behind it."""
    unit, cursor = delivery.unit, delivery.cursor
    if unit not in state.units or cursor <= _cursor(tx, state, unit):
        return
    header = delivery.envelope.envelope.header if delivery.WhichOneof("item") == "envelope" else b""
    thread_id, digest = _named(delivery)
    tx.put(
        WaitingRecord(
            unit=unit,
            cursor=cursor,
            thread_id=thread_id,
            sequence=0,
            delivery=delivery.SerializeToString(),
            cause=f"parked:{refusal.reason.value}",
            since=to_us(at),
        )
    )
    if header and thread_id:
        acknowledge(
            tx,
            state,
            unit=unit,
            cursor=cursor,
            header_digest=digest,
            thread_id=thread_id,
            status=AcknowledgementStatus.PARKED,
            reason=refusal.reason.value,
        )
    _advance(tx, state, unit, cursor)
    alarm(tx, state, refusal, at=at, thread_id=thread_id, unit=unit)


def _named(delivery: exchange.Delivery) -> tuple[str, bytes]:
    """Thread and header digest by the registry's entry, when that can be read."""
    try:
        entry = parse_entry(delivery.envelope.entry)
    except Refusal:
        return "", b""
    detail = entry.detail
    return entry.thread_id, detail.envelope.header_digest if isinstance(detail, EnvelopeAnswer) else b""


def take_read(tx: Tx, state: State, at: datetime, *, arrival: Arrival) -> bool:
    """Take one envelope that ReadThread gave. True when the thread moved on."""
    entry = parse_entry(arrival.entry)
    held = load(tx, state, entry.thread_id)
    if state.rosters.version(entry.versions.roster) is None:
        raise Refusal(Reason.ROSTER_NOT_READY, version=str(entry.versions.roster))
    if place_of(held, entry) is not Place.NEXT:
        return False
    mine = tx.get(OutboxRecord, _sent_as(entry))
    if mine is None:
        take_envelope(tx, state, arrival, at=at, raw=b"")
    elif not settle_own(tx, state, mine, entry, arrival.entry, at):
        return False
    wake(tx, state, entry.thread_id, at=at)
    return True


def take_result(
    tx: Tx, state: State, at: datetime, *, number: int, key: tuple[str, str], result: exchange.SubmitResult
) -> Outcome:
    """Take the registry's answer to one envelope of the outbox, and what came before the answer and waited for it.

    Its delivery evidence may be here first: the other side applied it before the answer reached us, or a crash lost it.
    """
    queued = state.outbox.queued.get(number)
    outcome = apply_result(tx, state, at, number=number, key=key, result=result)
    if outcome.done and queued is not None:
        wake(tx, state, queued.thread_id, at=at)
    return outcome


def _sent_as(entry: Entry) -> tuple[str, str]:
    """Sender and id of the envelope that an entry is about."""
    detail = entry.detail
    return (
        (detail.envelope.sender_unit, detail.envelope.envelope_id) if isinstance(detail, EnvelopeAnswer) else ("", "")
    )
