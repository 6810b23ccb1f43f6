"""What becomes of an own envelope: accepted and applied, refused and shown, issued again, or tried again later."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.model import Entry, EnvelopeAnswer, Header
from delegation.values import maker
from node import parts
from node.alarms import raise_alarm
from node.records import EntryRecord, OutboxRecord, WaitingRecord, to_us
from node.sending import reissue, typed_in
from node.state import GAP, Held, State
from node.threads import (
    OWN,
    Item,
    Place,
    an_item,
    apply_next,
    check_chain,
    check_had,
    keep,
    load,
    note_known,
    place_of,
)
from node.writer import Tx
from xieban.federation.v1 import exchange_pb2 as exchange

SHOW_NOT_FOUND = timedelta(hours=24)
ANSWERED = "answered"  # accepted; waits for an earlier entry or a roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the courier does next about one envelope."""

    number: int
    done: bool
    reason: str = ""


_outcome: Final = maker(Outcome)


def apply_result(
    tx: Tx, state: State, at: datetime, *, number: int, key: tuple[str, str], result: exchange.SubmitResult
) -> Outcome:
    """Take the registry's answer to one envelope of the outbox."""
    record = state.outbox.row_of(number) or tx.get(OutboxRecord, key)
    if record is None:
        return Outcome(number=0, done=True)
    if getattr(result, "class") != exchange.RESULT_CLASS_FINAL:
        return _not_final(tx, state, record, result, at)
    entry = parse_entry(result.entry)
    answer = entry.detail
    if not isinstance(answer, EnvelopeAnswer) or not _about(record, answer):
        _alarm(tx, state, record, Reason.ENTRY_MISMATCH, at=at, why="answer")
        return Outcome(number=record.number, done=False, reason=Reason.ENTRY_MISMATCH.value)
    if not answer.accepted:
        _refused(tx, state, record, answer, at)
        return Outcome(number=record.number, done=True, reason=answer.reason)
    settle_own(tx, state, record, entry, result.entry, at)
    return _outcome(number=record.number, done=True)


def _about(record: OutboxRecord, answer: EnvelopeAnswer) -> bool:
    """The registry's word is on exactly what we sent. A row keeps its signatures joined as `signatures_digest` does."""
    ref = answer.envelope
    return (
        ref.header_digest == record.header_digest
        and ref.envelope_id == record.envelope_id
        and ref.sender_unit == record.sender_unit
        and answer.signatures_digest == sha256(record.signatures).digest()
    )


def settle_own(tx: Tx, state: State, record: OutboxRecord, entry: Entry, entry_bytes: bytes, at: datetime) -> bool:
    """Apply the accepted entry of an own envelope, or keep it waiting for what comes before it. True when applied."""
    held = load(tx, state, record.thread_id)
    tx.remember(state.outbox, record.number, False)
    if held is None:
        raise Refusal(Reason.INTERNAL, field="thread")
    trust = state.rosters.version(entry.versions.roster)
    place = place_of(held, entry)
    if place is Place.HAD:
        check_had(tx, entry)
        tx.delete(OutboxRecord, (record.sender_unit, record.envelope_id))
        keep(tx, state, _without(held, record), at=at)
        return True
    if trust is None or place is Place.EARLY:
        cause = GAP if trust is not None else f"roster:{entry.versions.roster}"
        if record.state != ANSWERED:
            tx.put(replace(record, state=ANSWERED))
        wait_for(
            tx,
            state,
            WaitingRecord(
                unit="",
                cursor=record.number,
                thread_id=record.thread_id,
                sequence=entry.thread_sequence,
                delivery=parts.join(record.sender_unit.encode(), record.envelope_id.encode(), entry_bytes),
                cause=cause,
                since=to_us(at),
            ),
        )
        return False
    check_chain(held, entry)
    item = _item(tx, state, record, entry, entry_bytes)
    after = apply_next(tx, state, held, item, trust=trust, at=at)
    tx.delete(OutboxRecord, (record.sender_unit, record.envelope_id))
    keep(
        tx, state, after, at=at, edited=False, entry=True
    )  # its sender saw it as queued: no form of his is stale by that
    return True


def _item(tx: Tx, state: State, record: OutboxRecord, entry: Entry, entry_bytes: bytes) -> Item:
    """The accepted envelope as it was sealed, from memory while it is there."""
    held = state.outbox.bytes_of(record.number)
    if held is None:
        sealed_body, content, _ = typed_in(tx, state, record)
        header, signatures = parse_header(record.header), parts.split_all(record.signatures)
    else:
        header, sealed_body, content, signatures = held.header, held.sealed_body, held.content, held.signatures
    return an_item(
        entry=entry,
        entry_bytes=entry_bytes,
        header=header,
        header_bytes=record.header,
        signatures=signatures,
        sealed_body=sealed_body,
        content=content,
        state=OWN,
    )


def wait_for(tx: Tx, state: State, record: WaitingRecord) -> None:
    """Keep something until what comes before it is here."""
    tx.put(record)
    tx.remember(state.waits, record.thread_id, record.since)
    tx.after.append(lambda: state.signal("waiting"))


def _without(held: Held, record: OutboxRecord) -> Held:
    return replace(held, pending=tuple(item for item in held.pending if item.number != record.number))


def _refused(tx: Tx, state: State, record: OutboxRecord, answer: EnvelopeAnswer, at: datetime) -> None:
    """Final refusal: shown with what was typed; some the node mends by itself."""
    header = parse_header(record.header)
    note_known(tx, state, record.thread_id, header.ref, "refused")
    tx.remember(state.outbox, record.number, False)
    held = load(tx, state, record.thread_id)
    if held is None:
        raise Refusal(Reason.INTERNAL, field="thread")
    held = _without(held, record)
    again, status = False, "refused"
    if answer.reason == Reason.PREDECESSOR_REFUSED.value:
        status = "returned_draft"
    try:
        if _mends(tx, header, answer, state, at):
            held = reissue(tx, state, held, record, at=at, to=_competent(answer))
            again = True
    except Refusal as refusal:
        if refusal.reason is Reason.RECIPIENT_KEY_NOT_VALID:
            tx.after.append(lambda: state.signal("rosters"))
    tx.put(
        replace(
            record,
            state="reissued" if again else status,
            reason=answer.reason,
            details=json.dumps(dict(answer.details), sort_keys=True),
            tried_at=to_us(at),
        )
    )
    keep(tx, state, held, at=at)


def _competent(answer: EnvelopeAnswer) -> str:
    return answer.details.get("competent_unit", "") if answer.reason == Reason.WRONG_PLACE.value else ""


def _mends(tx: Tx, header: Header, answer: EnvelopeAnswer, state: State, at: datetime) -> bool:
    """Whether the node issues it again by itself.

    A key that is not valid: yes. Another unit competent: only if the node's own signed roster says so too, so that a
    dishonest registry cannot name an accomplice. Built on something that was issued again: yes.
    """
    if answer.reason == Reason.RECIPIENT_KEY_NOT_VALID.value:
        return True
    if answer.reason == Reason.WRONG_PLACE.value and header.task_place is not None:
        ours = state.rosters.current.view.competent_units(header.task_place, header.matter, day_of(at))
        return _competent(answer) in {unit.code for unit in ours if unit.is_member}
    if answer.reason == Reason.PREDECESSOR_REFUSED.value and header.predecessor is not None:
        before = tx.get(OutboxRecord, (header.predecessor.sender_unit, header.predecessor.envelope_id))
        return before is not None and before.state == "reissued"
    return False


def _not_final(tx: Tx, state: State, record: OutboxRecord, result: exchange.SubmitResult, at: datetime) -> Outcome:
    reason = result.reason or Reason.UNAVAILABLE.value
    if getattr(result, "class") == exchange.RESULT_CLASS_UNTRUSTED:
        held = load(tx, state, record.thread_id)
        tx.put(replace(record, state="untrusted", reason=reason, tried_at=to_us(at)))
        tx.remember(state.outbox, record.number, False)
        if held is not None:
            keep(tx, state, _without(held, record), at=at)
        _alarm(tx, state, record, _reason(reason), at=at, why="untrusted")
        return Outcome(number=record.number, done=True, reason=reason)
    if record.reason != reason or not record.tried_at:
        tx.put(replace(record, reason=reason, tried_at=to_us(at)))  # since when it is answered so
        tx.after.append(lambda: state.outbox.drop_row(record.number))
    return Outcome(number=record.number, done=False, reason=reason)


def _reason(name: str) -> Reason:
    try:
        return Reason(name)
    except ValueError:
        return Reason.UNAVAILABLE


def _alarm(tx: Tx, state: State, record: OutboxRecord, reason: Reason, *, at: datetime, why: str) -> None:
    raise_alarm(
        tx,
        reason,
        at=at,
        number=state.number("alarms"),
        thread_id=record.thread_id,
        unit=record.sender_unit,
        details={"why": why, "envelope_id": record.envelope_id},
    )


def applied_entry(tx: Tx, thread_id: str, sequence: int) -> EntryRecord | None:
    """An entry that was applied."""
    return tx.get(EntryRecord, (thread_id, sequence))
