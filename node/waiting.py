"""What waits for something before it: an earlier entry of its thread, a roster, the registry's answer to our own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from delegation.codec_entry import parse_entry
from delegation.errors import Refusal
from node import parts
from node.arrivals import alarm, arrival_of, take_envelope, take_evidence
from node.outbox import settle_own
from node.records import OutboxRecord, WaitingRecord
from node.state import State, goes_on
from node.store import Where
from node.threads import load
from node.writer import Tx
from xieban.federation.v1 import exchange_pb2 as exchange


def wake(tx: Tx, state: State, thread_id: str, *, at: datetime) -> None:
    """Try what waits for this thread again, in order, as long as something of it goes on; what still waits stays."""
    if thread_id not in state.waits.threads and tx.recall(state.waits, thread_id) is None:
        return
    moved = True
    while moved:
        moved, left = False, 0
        for record in waiting_of(tx, (Where("thread_id", thread_id),)):
            if retry(tx, state, record, at=at):
                moved = True
            else:
                left += 1
    if not left:
        tx.remember(state.waits, thread_id, 0)


def wake_roster(tx: Tx, state: State, at: datetime, *, version: int) -> None:
    """Try again what waited for a roster, and what waited for that."""
    found = waiting_of(tx, (Where("cause", f"roster:{version}"),))
    for record in found:
        retry(tx, state, record, at=at)
    for thread_id in {record.thread_id for record in found}:
        wake(tx, state, thread_id, at=at)


def waiting_of(tx: Tx, where: Sequence[Where]) -> list[WaitingRecord]:
    """What waits and may be tried again: not what was parked, nor what waits for a reseal."""
    found = tx.select(WaitingRecord, where, order=("thread_id", "sequence", "cursor"))
    return [item for item in found if goes_on(item.cause)]


def retry(tx: Tx, state: State, record: WaitingRecord, *, at: datetime) -> bool:
    """Try one waiting thing. True when it is done; what waits for that is the caller's to try."""
    held = load(tx, state, record.thread_id) if record.thread_id else None
    have = held.thread.sequence if held is not None and held.thread is not None else 0
    if record.sequence > have + 1:
        return False
    tx.delete(WaitingRecord, (record.unit, record.cursor))
    if record.unit == "" and record.cursor > 0:
        sender, envelope_id, entry_bytes = parts.split(record.delivery, 3)
        mine = tx.get(OutboxRecord, (sender.decode(), envelope_id.decode()))
        return mine is None or settle_own(tx, state, mine, parse_entry(entry_bytes), entry_bytes, at)
    if record.sequence == 0:
        evidence = exchange.DeliveryEvidence.FromString(record.delivery)
        take_evidence(tx, state, evidence, at=at, waiting=(record.unit, record.cursor))
        return tx.get(WaitingRecord, (record.unit, record.cursor)) is None
    delivery = exchange.Delivery.FromString(record.delivery)
    arrival = arrival_of(record.unit, max(record.cursor, 0), delivery.envelope)
    try:
        take_envelope(tx, state, arrival, at=at, raw=record.delivery)
    except Refusal as refusal:
        alarm(tx, state, refusal, at=at, thread_id=record.thread_id, unit=record.unit)
        tx.put(replace(record, cause=f"parked:{refusal.reason.value}"))
        return True
    return tx.get(WaitingRecord, (record.unit, record.cursor)) is None
