"""What arrives: envelopes, evidence of delivery, negative evidence. Each is applied, kept waiting, or parked.

Applying and queueing the acknowledgement are one transaction, and the cursor moves with it: a delivery that comes twice
is recognised by the cursor (or by its place in the thread) and acknowledged again, one that was half processed is
processed. Nothing that arrives stops what is behind it: what cannot be used is parked with a signed PARKED and, where
the protocol says so, a PROTEST.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certs.envelope import verify_signatures
from certs.protest import protest_ground
from certs.trust import Trust
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.model import AcknowledgementStatus, Entry, EnvelopeAnswer, Header, NegativeEvidence
from delegation.payloads import signatures_digest
from node import parts
from node.acks import acknowledge, note_delivered
from node.alarms import raise_alarm
from node.contents import note_contents
from node.evidence import entry_of, verified
from node.legs import next_leg
from node.opening import Reading, read_body
from node.outbox import Outcome, apply_result, settle_own, wait_for
from node.records import (
    CursorRecord,
    EntryRecord,
    NegativeRecord,
    OutboxRecord,
    WaitingRecord,
    to_us,
)
from node.resealing import parked_elsewhere, resealed
from node.sending import protest
from node.state import GAP, Held, State, goes_on
from node.store import Where
from node.threads import (
    PARKED,
    Item,
    Place,
    apply_next,
    check_chain,
    check_had,
    keep,
    load,
    new_record,
    place_of,
)
from node.writer import Tx
from xieban.federation.v1 import exchange_pb2 as exchange

_FORGED = frozenset(
    {Reason.BAD_SIGNATURE, Reason.SIGNER_NOT_VALID, Reason.SUITE_NOT_ALLOWED, Reason.UNKNOWN_FEDERATION}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One envelope with its entry, and for which of our mailboxes it came; unit and cursor empty for ReadThread."""

    unit: str
    cursor: int
    header: bytes
    sealed_body: bytes
    signatures: tuple[bytes, ...]
    entry: bytes


def take(tx: Tx, state: State, at: datetime, *, delivery: exchange.Delivery) -> None:
    """Take one delivery of the stream."""
    unit, cursor = delivery.unit, delivery.cursor
    if unit not in state.units:
        raise Refusal(Reason.NOT_YOUR_UNIT)
    again = cursor <= _cursor(tx, state, unit)
    kind = delivery.WhichOneof("item")
    if kind == "envelope":
        envelope = delivery.envelope.envelope
        arrival = Arrival(
            unit=unit,
            cursor=cursor,
            header=envelope.header,
            sealed_body=envelope.sealed_body,
            signatures=tuple(envelope.signatures),
            entry=delivery.envelope.entry,
        )
        take_envelope(tx, state, arrival, at=at, raw=delivery)
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
    tx.put(CursorRecord(unit, cursor))
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
    _alarm(tx, state, refusal, at=at, thread_id=thread_id, unit=unit)


def _named(delivery: exchange.Delivery) -> tuple[str, bytes]:
    """Thread and header digest by the registry's entry, when that can be read."""
    try:
        entry = parse_entry(delivery.envelope.entry)
    except Refusal:
        return "", b""
    detail = entry.detail
    return entry.thread_id, detail.envelope.header_digest if isinstance(detail, EnvelopeAnswer) else b""


def take_envelope(tx: Tx, state: State, arrival: Arrival, *, at: datetime, raw: bytes | exchange.Delivery) -> None:
    """Apply an accepted envelope, or keep it (`raw`, as it came) until what comes before it is here."""
    entry = parse_entry(arrival.entry)
    if not isinstance(entry.detail, EnvelopeAnswer) or not entry.detail.accepted:
        raise Refusal(Reason.ENTRY_MISMATCH, why="kind")
    trust = state.rosters.version(entry.versions.roster)
    held = load(tx, state, entry.thread_id)
    place = place_of(held, entry)
    if trust is None or place is Place.EARLY:
        wait_for(
            tx,
            state,
            WaitingRecord(
                unit=arrival.unit,
                cursor=arrival.cursor or -entry.thread_sequence,
                thread_id=entry.thread_id,
                sequence=entry.thread_sequence,
                delivery=raw if isinstance(raw, bytes) else raw.SerializeToString(),
                cause=GAP if trust is not None else f"roster:{entry.versions.roster}",
                since=to_us(at),
            ),
        )
        return
    if place is Place.HAD:
        check_had(tx, entry)
        _again(tx, state, arrival, entry)
        return
    check_chain(held, entry)
    _apply(tx, state, held, arrival, entry, trust, at=at)


def _again(tx: Tx, state: State, arrival: Arrival, entry: Entry) -> None:
    """A delivery of something applied before: say again what became of it, unless that still waits for its answer."""
    record = tx.get(EntryRecord, (entry.thread_id, entry.thread_sequence))
    if record is None or arrival.cursor <= 0:
        return
    parked = record.state == PARKED
    acknowledge(
        tx,
        state,
        unit=arrival.unit,
        cursor=arrival.cursor,
        header_digest=record.header_digest,
        thread_id=entry.thread_id,
        status=AcknowledgementStatus.PARKED if parked else AcknowledgementStatus.APPLIED,
        reason=record.reason,
    )


def _apply(
    tx: Tx, state: State, held: Held | None, arrival: Arrival, entry: Entry, trust: Trust, *, at: datetime
) -> None:
    header = parse_header(arrival.header)
    _check_entry(entry, header, arrival)
    try:
        verify_signatures(arrival.header, arrival.signatures, header, trust, at=entry.accepted_at)
        for digest in header.signer_certificates:
            if state.rosters.current.compromised(digest, entry.accepted_at):
                raise Refusal(Reason.SIGNER_NOT_VALID, why="compromised")
        forged = None
    except Refusal as refusal:
        if refusal.reason not in _FORGED:
            raise
        forged = refusal
    if held is None:
        held = Held(record=new_record(header, at=at), thread=None)
        state.known.load(header.thread_id, {})
    if forged is not None:
        reading = Reading(state=PARKED, reason=forged.reason.value, refusal=forged, unit=arrival.unit)
    else:
        reading = read_body(tx, state, held, header, arrival.sealed_body, trust, unit=arrival.unit)
    item = Item(
        entry=entry,
        entry_bytes=arrival.entry,
        header=header,
        header_bytes=arrival.header,
        signatures=arrival.signatures,
        sealed_body=arrival.sealed_body,
        content=reading.content,
        state=reading.state,
        reason=reading.reason,
    )
    after = apply_next(tx, state, held, item, trust=trust, at=at)
    record = tx.get(EntryRecord, (header.thread_id, entry.thread_sequence))
    parked = record is not None and record.state == PARKED
    reason = record.reason if record is not None else ""
    if header.kind is Kind.RESEAL and not parked and reading.content:
        after = resealed(tx, state, after, header, reading.content)
    elif reading.content and not parked:
        after = note_contents(
            tx, state, after, header, reading.content, unit=reading.unit, cursor=max(arrival.cursor, 0), at=at
        )
    if reading.refusal is not None:
        _alarm(tx, state, reading.refusal, at=at, thread_id=header.thread_id, unit=arrival.unit)
    after = keep(tx, state, after, at=at)
    if parked and reading.refusal is not None and reading.unit and header.kind not in (Kind.RESEAL, Kind.PROTEST):
        _protest(tx, state, after, header, reading, at=at)
    if arrival.cursor > 0 and arrival.unit:
        acknowledge(
            tx,
            state,
            unit=arrival.unit,
            cursor=arrival.cursor,
            header_digest=header.digest,
            thread_id=header.thread_id,
            status=AcknowledgementStatus.PARKED if parked else AcknowledgementStatus.APPLIED,
            reason=reason,
        )
        if parked and reason == Reason.CANNOT_OPEN.value:
            tx.put(_awaiting_reseal(arrival, header, entry, at))
    if header.kind in (Kind.TRANSFERRED, Kind.DESIGNATED):
        _follow(tx, state, header.thread_id, at=at)
    wake(tx, state, header.thread_id, at=at)


def _follow(tx: Tx, state: State, thread_id: str, *, at: datetime) -> None:
    """The host changes: the home's node issues the next leg at once, where nobody has to decide."""
    held = load(tx, state, thread_id)
    if held is not None and held.thread is not None and held.thread.home_unit in state.units:
        next_leg(tx, state, held, at=at)


def _awaiting_reseal(arrival: Arrival, header: Header, entry: Entry, at: datetime) -> WaitingRecord:
    """Remember which delivery is to be acknowledged once a reseal opened it."""
    return WaitingRecord(
        unit=arrival.unit,
        cursor=arrival.cursor,
        thread_id=header.thread_id,
        sequence=entry.thread_sequence,
        delivery=b"",
        cause="reseal",
        since=to_us(at),
    )


def _check_entry(entry: Entry, header: Header, arrival: Arrival) -> None:
    """The registry's word is about exactly these bytes. Refusal ENTRY_MISMATCH."""
    answer = entry.detail
    assert isinstance(answer, EnvelopeAnswer)  # noqa: S101 - checked by take_envelope, for the type checker
    if answer.envelope != header.ref or entry.thread_id != header.thread_id:
        raise Refusal(Reason.ENTRY_MISMATCH, why="envelope")
    if answer.signatures_digest != signatures_digest(arrival.signatures):
        raise Refusal(Reason.ENTRY_MISMATCH, why="signatures")


def _protest(tx: Tx, state: State, held: Held, header: Header, reading: Reading, *, at: datetime) -> None:
    refusal = reading.refusal
    ground = protest_ground(refusal) if refusal is not None else None
    if ground is None or refusal is None:
        return
    try:
        protest(
            tx,
            state,
            held,
            header,
            unit=reading.unit,
            ground=ground,
            guard=refusal.details.get("guard", ""),
            at=at,
        )
    except Refusal as failed:  # no key, no roster: the alarm stands, a person protests
        _alarm(tx, state, failed, at=at, thread_id=header.thread_id, unit=reading.unit)


def take_evidence(
    tx: Tx, state: State, evidence: exchange.DeliveryEvidence, *, at: datetime, waiting: tuple[str, int]
) -> None:
    """Verify another node's acknowledgement of our envelope and let its clocks start."""
    entry = entry_of(state, evidence)
    trust = state.rosters.version(entry.versions.roster)
    found = None
    if trust is not None:
        found = verified(state, evidence, entry, trust)
        known = load(tx, state, found.thread_id)
        in_log = known is not None and not any(p.header.digest == found.header_digest for p in known.pending)
    if trust is None or found is None or not in_log:
        cause = f"roster:{entry.versions.roster}" if trust is None else "envelope"
        wait_for(
            tx,
            state,
            WaitingRecord(
                unit=waiting[0],
                cursor=waiting[1],
                thread_id=found.thread_id if found is not None else "",
                sequence=0,
                delivery=evidence.SerializeToString(),
                cause=cause,
                since=to_us(at),
            ),
        )
        return
    note_delivered(
        tx,
        state,
        thread_id=found.thread_id,
        header_digest=found.header_digest,
        unit=found.unit,
        status=found.status,
        reason=found.reason,
        entry=entry,
        evidence=evidence.SerializeToString(),
        at=at,
    )
    if found.status is AcknowledgementStatus.PARKED:
        parked_elsewhere(tx, state, found, at=at)


def take_negative(tx: Tx, state: State, data: bytes) -> None:
    """Keep negative evidence."""
    del state
    entry = parse_entry(data)
    if not isinstance(entry.detail, NegativeEvidence):
        raise Refusal(Reason.ENTRY_MISMATCH, why="kind")
    tx.put(NegativeRecord(entry.thread_id, entry.leaf_index, data))


def take_read(tx: Tx, state: State, at: datetime, *, arrival: Arrival) -> bool:
    """Take one envelope that ReadThread gave. True when the thread moved on."""
    entry = parse_entry(arrival.entry)
    held = load(tx, state, entry.thread_id)
    if state.rosters.version(entry.versions.roster) is None:
        raise Refusal(Reason.ROSTER_NOT_READY, version=str(entry.versions.roster))
    if place_of(held, entry) is not Place.NEXT:
        return False
    mine = tx.get(OutboxRecord, (_sender(entry), _envelope_id(entry)))
    if mine is not None:
        return settle_own(tx, state, mine, entry, arrival.entry, at) and _woken(tx, state, entry.thread_id, at)
    take_envelope(tx, state, arrival, at=at, raw=b"")
    return True


def _woken(tx: Tx, state: State, thread_id: str, at: datetime) -> bool:
    wake(tx, state, thread_id, at=at)
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


def _sender(entry: Entry) -> str:
    return entry.detail.envelope.sender_unit if isinstance(entry.detail, EnvelopeAnswer) else ""


def _envelope_id(entry: Entry) -> str:
    return entry.detail.envelope.envelope_id if isinstance(entry.detail, EnvelopeAnswer) else ""


def wake(tx: Tx, state: State, thread_id: str, *, at: datetime) -> None:
    """Try what waits for this thread again, in order; what still waits stays."""
    if thread_id not in state.waits.threads and tx.recall(state.waits, thread_id) is None:
        return
    left = 0
    for record in waiting_of(tx, (Where("thread_id", thread_id),)):
        left += 0 if retry(tx, state, record, at=at) else 1
    if not left:
        tx.remember(state.waits, thread_id, 0)


def wake_roster(tx: Tx, state: State, at: datetime, *, version: int) -> None:
    """Try again what waited for a roster."""
    found = waiting_of(tx, (Where("cause", f"roster:{version}"),))
    for record in found:
        retry(tx, state, record, at=at)
    for thread_id in {record.thread_id for record in found}:
        if not waiting_of(tx, (Where("thread_id", thread_id),)):
            tx.remember(state.waits, thread_id, 0)


def waiting_of(tx: Tx, where: Sequence[Where]) -> list[WaitingRecord]:
    """What waits and may be tried again: not what was parked, nor what waits for a reseal."""
    found = tx.select(WaitingRecord, where, order=("thread_id", "sequence", "cursor"))
    return [item for item in found if goes_on(item.cause)]


def retry(tx: Tx, state: State, record: WaitingRecord, *, at: datetime) -> bool:
    """Try one waiting thing. True when it is done."""
    held = load(tx, state, record.thread_id) if record.thread_id else None
    have = held.thread.sequence if held is not None and held.thread is not None else 0
    if record.sequence > have + 1:
        return False
    tx.delete(WaitingRecord, (record.unit, record.cursor))
    if record.unit == "" and record.cursor > 0:
        sender, envelope_id, entry_bytes = parts.split(record.delivery, 3)
        mine = tx.get(OutboxRecord, (sender.decode(), envelope_id.decode()))
        if mine is not None:
            done = settle_own(tx, state, mine, parse_entry(entry_bytes), entry_bytes, at)
            if done:
                wake(tx, state, record.thread_id, at=at)
            return done
        return True
    if record.sequence == 0:
        evidence = exchange.DeliveryEvidence.FromString(record.delivery)
        take_evidence(tx, state, evidence, at=at, waiting=(record.unit, record.cursor))
        return tx.get(WaitingRecord, (record.unit, record.cursor)) is None
    delivery = exchange.Delivery.FromString(record.delivery)
    envelope = delivery.envelope.envelope
    arrival = Arrival(
        unit=record.unit,
        cursor=max(record.cursor, 0),
        header=envelope.header,
        sealed_body=envelope.sealed_body,
        signatures=tuple(envelope.signatures),
        entry=delivery.envelope.entry,
    )
    try:
        take_envelope(tx, state, arrival, at=at, raw=record.delivery)
    except Refusal as refusal:
        _alarm(tx, state, refusal, at=at, thread_id=record.thread_id, unit=record.unit)
        tx.put(replace(record, cause=f"parked:{refusal.reason.value}"))
        return True
    return tx.get(WaitingRecord, (record.unit, record.cursor)) is None


def _alarm(tx: Tx, state: State, refusal: Refusal, *, at: datetime, thread_id: str, unit: str) -> None:
    raise_alarm(
        tx,
        refusal.reason,
        at=at,
        number=state.number("alarms"),
        thread_id=thread_id,
        unit=unit,
        details=dict(refusal.details),
    )
