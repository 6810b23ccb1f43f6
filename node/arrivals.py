"""One thing that arrived: an envelope, evidence of a delivery, negative evidence. Applied, kept waiting, or parked.

Applying and queueing the acknowledgement are one transaction. What cannot be used is parked with a signed PARKED and,
where the protocol says so, a PROTEST. What waited for it is tried again by the caller (`node.waiting`).
"""

from datetime import datetime
from typing import NamedTuple

from certs.envelope import verify_signatures
from certs.protest import protest_ground
from certs.trust import Trust
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.model import AcknowledgementStatus, Entry, EnvelopeAnswer, Header, NegativeEvidence
from delegation.payloads import signatures_digest
from node.acks import acknowledge, note_delivered
from node.alarms import raise_alarm
from node.checked import Checked
from node.contents import note_contents
from node.evidence import entry_of, verified
from node.legs import next_leg
from node.opening import Reading, read_body
from node.outbox import wait_for
from node.records import EntryRecord, NegativeRecord, WaitingRecord, to_us
from node.resealing import parked_elsewhere, resealed
from node.sending import protest
from node.state import GAP, Held, State
from node.threads import PARKED, Place, an_item, apply_next, check_chain, check_had, keep, load, new_record, place_of
from node.writer import Tx
from xieban.federation.v1 import exchange_pb2 as exchange

_FORGED = frozenset(
    {Reason.BAD_SIGNATURE, Reason.SIGNER_NOT_VALID, Reason.SUITE_NOT_ALLOWED, Reason.UNKNOWN_FEDERATION}
)
_HANDED_ON = frozenset({Kind.TRANSFERRED, Kind.DESIGNATED})
_NOT_PROTESTED = frozenset({Kind.RESEAL, Kind.PROTEST})


class Arrival(NamedTuple):
    """One envelope with its entry, and for which of our mailboxes it came; unit and cursor empty for ReadThread."""

    unit: str
    cursor: int
    header: bytes
    sealed_body: bytes
    signatures: tuple[bytes, ...]
    entry: bytes


def arrival_of(unit: str, cursor: int, accepted: exchange.DeliveredEnvelope) -> Arrival:
    """An accepted envelope as the registry gives it."""
    envelope = accepted.envelope
    return Arrival(unit, cursor, envelope.header, envelope.sealed_body, tuple(envelope.signatures), accepted.entry)


def take_envelope(
    tx: Tx,
    state: State,
    arrival: Arrival,
    *,
    at: datetime,
    raw: bytes | exchange.Delivery,
    checked: Checked | None = None,
) -> str:
    """Apply an accepted envelope, or keep it (`raw`, as it came) until what comes before it is here.

    `checked` is what is known of these very bytes already. Gives the thread that moved on by it, empty when none did.
    """
    entry = parse_entry(arrival.entry) if checked is None else checked.entry
    answer = entry.detail
    if not isinstance(answer, EnvelopeAnswer) or not answer.accepted:
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
        return ""
    if place is Place.HAD:
        check_had(tx, entry)
        _again(tx, state, arrival, entry)
        return ""
    check_chain(held, entry)
    _apply(tx, state, held, arrival, entry, answer, trust, at=at, checked=checked)
    return entry.thread_id


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
    tx: Tx,
    state: State,
    held: Held | None,
    arrival: Arrival,
    entry: Entry,
    answer: EnvelopeAnswer,
    trust: Trust,
    *,
    at: datetime,
    checked: Checked | None,
) -> None:
    header = parse_header(arrival.header) if checked is None else checked.header
    _check_entry(entry, answer, header, arrival)
    verified = checked is not None and checked.trust is trust
    try:
        if not verified:
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
        body = checked.body if checked is not None and verified else None
        reading = read_body(tx, state, held, header, arrival.sealed_body, trust, unit=arrival.unit, body=body)
    item = an_item(
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
        alarm(tx, state, reading.refusal, at=at, thread_id=header.thread_id, unit=arrival.unit)
    after = keep(tx, state, after, at=at, entry=True)
    if parked and reading.refusal is not None and reading.unit and header.kind not in _NOT_PROTESTED:
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
    if header.kind in _HANDED_ON:
        _follow(tx, state, header.thread_id, at=at)


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


def _check_entry(entry: Entry, answer: EnvelopeAnswer, header: Header, arrival: Arrival) -> None:
    """The registry's word is about exactly these bytes. Refusal ENTRY_MISMATCH."""
    about = answer.envelope
    if (
        about.header_digest != header.digest
        or about.envelope_id != header.envelope_id
        or about.sender_unit != header.sender_unit
        or entry.thread_id != header.thread_id
    ):
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
        alarm(tx, state, failed, at=at, thread_id=header.thread_id, unit=reading.unit)


def take_evidence(
    tx: Tx, state: State, evidence: exchange.DeliveryEvidence, *, at: datetime, waiting: tuple[str, int]
) -> None:
    """Verify another node's acknowledgement of our envelope and let its clocks start."""
    entry = entry_of(state, evidence)
    trust = state.rosters.version(entry.versions.roster)
    found, held, in_log = None, None, False
    if trust is not None:
        found = verified(state, evidence, entry, trust)
        held = load(tx, state, found.thread_id)
        in_log = _in_log(held, found.header_digest)
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
        held,
        thread_id=found.thread_id,
        header_digest=found.header_digest,
        unit=found.unit,
        status=found.status,
        reason=found.reason,
        entry=entry,
        trust=trust,
        evidence=evidence.SerializeToString(),
        at=at,
    )
    if found.status is AcknowledgementStatus.PARKED:
        parked_elsewhere(tx, state, found, at=at)


def _in_log(held: Held | None, header_digest: bytes) -> bool:
    """Whether our own envelope's entry is applied: it does not wait in the queue any more."""
    if held is None:
        return False
    return header_digest not in [item.header.digest for item in held.pending]


def take_negative(tx: Tx, state: State, data: bytes) -> None:
    """Keep negative evidence."""
    entry = parse_entry(data)
    if not isinstance(entry.detail, NegativeEvidence):
        raise Refusal(Reason.ENTRY_MISMATCH, why="kind")
    tx.put(NegativeRecord(entry.thread_id, entry.leaf_index, data))
    tx.after.append(lambda: state.look_for(entry.leaf_index, entry.digest, entry.thread_id))


def alarm(tx: Tx, state: State, refusal: Refusal, *, at: datetime, thread_id: str, unit: str) -> None:
    """Raise an alarm of a refusal."""
    raise_alarm(
        tx,
        refusal.reason,
        at=at,
        number=state.number("alarms"),
        thread_id=thread_id,
        unit=unit,
        details=dict(refusal.details),
    )
