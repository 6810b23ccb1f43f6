"""Content that was sealed to a key that is gone: asked for, sealed anew by its sender, and read at last."""

from dataclasses import replace
from datetime import datetime

import structlog

from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.model import Acknowledgement, AcknowledgementStatus, Header
from node import parts
from node.acks import acknowledge
from node.contents import note_contents
from node.records import DeliveryRecord, EntryRecord, WaitingRecord
from node.sending import reseal
from node.state import Held, State
from node.store import Where
from node.threads import APPLIED, OWN, PARKED, load, secret_row
from node.writer import Tx

_log = structlog.get_logger("node.reseal")
_CANNOT_OPEN = Reason.CANNOT_OPEN.value


def resealed(tx: Tx, state: State, held: Held, header: Header, content: bytes) -> Held:
    """A reseal opened: its content belongs to the original, whose delivery is acknowledged now. Gives the thread."""
    if header.replaces is None:
        return held
    where = (Where("thread_id", header.thread_id), Where("envelope_id", header.replaces.envelope_id))
    for record in tx.select(EntryRecord, where):
        if record.header_digest != header.replaces.header_digest or record.state != PARKED:
            continue
        if record.reason != _CANNOT_OPEN:
            continue
        row = secret_row(record.thread_id, record.sequence)
        sealed_body = (
            parts.split(state.vault.open(tx, record.thread_id, row, record.secret), 2)[0] if record.secret else b""
        )
        own = record.sender_unit in state.units
        tx.put(
            replace(
                record,
                state=OWN if own else APPLIED,
                reason="",
                secret=state.vault.seal(tx, record.thread_id, row, parts.join(sealed_body, content)),
            )
        )
        tx.remember(state.facts, record.thread_id, False)
        held = replace(held, record=replace(held.record, parked=max(0, held.record.parked - 1)))
        original = parse_header(record.header)
        unit = next((each.unit for each in original.recipients if each.unit in state.units), "")
        cursor = _cursor(tx, record)
        held = note_contents(tx, state, held, original, content, unit=unit, cursor=cursor, at=tx.at)
        _acknowledge(tx, state, record)
    return held


def _cursor(tx: Tx, record: EntryRecord) -> int:
    """Of the delivery that could not be opened."""
    where = (Where("thread_id", record.thread_id), Where("cause", "reseal"), Where("sequence", record.sequence))
    return next((waiting.cursor for waiting in tx.select(WaitingRecord, where)), 0)


def _acknowledge(tx: Tx, state: State, record: EntryRecord) -> None:
    where = (Where("thread_id", record.thread_id), Where("cause", "reseal"), Where("sequence", record.sequence))
    for waiting in tx.select(WaitingRecord, where):
        tx.delete(WaitingRecord, (waiting.unit, waiting.cursor))
        acknowledge(
            tx,
            state,
            unit=waiting.unit,
            cursor=waiting.cursor,
            header_digest=record.header_digest,
            thread_id=record.thread_id,
            status=AcknowledgementStatus.APPLIED,
        )


def parked_elsewhere(tx: Tx, state: State, found: Acknowledgement, *, at: datetime) -> None:
    """An addressee could not open what we sent: seal it anew when the roster shows another key of theirs."""
    if found.reason != _CANNOT_OPEN:
        return
    held = load(tx, state, found.thread_id)
    if held is None:
        return
    for record in tx.select(EntryRecord, (Where("thread_id", found.thread_id),), limit=10_000):
        if record.header_digest == found.header_digest and record.sender_unit in state.units:
            _reseal(tx, state, record, found.unit, at=at)


def _reseal(tx: Tx, state: State, record: EntryRecord, unit: str, *, at: datetime) -> None:
    original = parse_header(record.header)
    if original.kind is Kind.RESEAL:
        return
    held = load(tx, state, record.thread_id)
    used = next((each.key_id for each in original.recipients if each.unit == unit), b"")
    try:
        newest = state.rosters.current.sealing_key(unit, at).key_id
        queued = held is not None and any(
            item.header.kind is Kind.RESEAL and item.header.replaces == original.ref for item in held.pending
        )
        if held is not None and newest != used and not queued:
            reseal(tx, state, held, record, at=at)
    except Refusal as refusal:
        _log.info("reseal waits", reason=refusal.reason.value, thread=record.thread_id)


def reseal_what_is_parked(tx: Tx, state: State, at: datetime) -> None:
    """A new roster is in force: what addressees could not open is sealed to their new keys."""
    where = (Where("status", AcknowledgementStatus.PARKED.value), Where("reason", _CANNOT_OPEN))
    for delivery in tx.select(DeliveryRecord, where, limit=10_000):
        key = (delivery.thread_id, delivery.header_digest, delivery.unit, AcknowledgementStatus.APPLIED.value)
        if tx.get(DeliveryRecord, key) is not None:
            continue
        if _sealed_since(tx, delivery):
            continue
        for record in tx.select(EntryRecord, (Where("thread_id", delivery.thread_id),), limit=10_000):
            if record.header_digest == delivery.header_digest and record.sender_unit in state.units:
                _reseal(tx, state, record, delivery.unit, at=at)


def _sealed_since(tx: Tx, delivery: DeliveryRecord) -> bool:
    """A reseal of it is in the log already."""
    where = (Where("thread_id", delivery.thread_id), Where("kind", int(Kind.RESEAL)))
    for record in tx.select(EntryRecord, where, limit=1000):
        replaced = parse_header(record.header).replaces
        if replaced is not None and replaced.header_digest == delivery.header_digest:
            return True
    return False
