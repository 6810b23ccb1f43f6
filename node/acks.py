"""Acknowledgements: queued with what they acknowledge, in one transaction; sent in signed batches until answered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, cast

from certs.trust import Trust
from delegation.codec_entry import acknowledgement_bytes, parse_entry
from delegation.errors import Reason, Refusal
from delegation.lifecycle import delivered
from delegation.merkle import batch_root_and_paths
from delegation.model import Acknowledgement, AcknowledgementStatus, Entry
from delegation.values import maker, replaced
from node.alarms import raise_alarm
from node.records import AckRecord, DeliveryRecord, to_us
from node.state import Held, State
from node.threads import keep, load
from node.writer import Tx
from xieban.federation.v1 import exchange_pb2 as exchange

MOST_IN_BATCH = 512
_ack_record: Final = maker(AckRecord)
_acknowledgement: Final = maker(Acknowledgement)
_delivery_record: Final = maker(DeliveryRecord)
_NAMES = {status: status.value for status in AcknowledgementStatus}
_STATUSES = {name: status for status, name in _NAMES.items()}
# What the registry says of a batch's content, and will say again; all other refusals are about the caller or the time.
OF_THE_CONTENT = frozenset(
    {Reason.NOT_FOUND, Reason.MALFORMED, Reason.NOT_YOUR_UNIT, Reason.UNKNOWN_CODE, Reason.TOO_LARGE}
)


def acknowledge(
    tx: Tx,
    state: State,
    *,
    unit: str,
    cursor: int,
    header_digest: bytes,
    thread_id: str,
    status: AcknowledgementStatus,
    reason: str = "",
) -> None:
    """Queue one acknowledgement. Cursor 0 is for what came by ReadThread: nothing to acknowledge.

    What still waits to be said is not queued again: a batch that says the same twice is refused whole (protocol 8.3).
    """
    about = (unit, cursor, _NAMES[status])
    if cursor == 0 or about in state.acks.about or tx.recall(state.acks, about) is not None:
        return
    acks = state.acks
    if acks.gathered >= MOST_IN_BATCH:
        state.open_batch()
    acks.gathered += 1
    number = state.number("acks")
    record = _ack_record(
        number=number,
        batch=acks.open,
        data=acknowledgement_bytes(
            _acknowledgement(
                unit=unit,
                cursor=cursor,
                header_digest=header_digest,
                status=status,
                thread_id=thread_id,
                reason=reason if status is AcknowledgementStatus.PARKED else "",
            )
        ),
        unit=unit,
        cursor=cursor,
        thread_id=thread_id,
        header_digest=header_digest,
        status=_NAMES[status],
    )
    tx.put(record)
    tx.remember(acks, number, record)
    tx.remember(acks, about, number)
    tx.after.append(lambda: state.signal("acks"))


def form_batch(tx: Tx, state: State, at: datetime) -> tuple[AckRecord, ...]:
    """The next batch to send: the oldest that was not answered. Nothing is gathered into it from now on.

    A batch is on disk before it is sent, so that it is sent again as it was: the registry knows it by its root.
    """
    del at
    waiting = dict(state.acks.waiting)
    for (number,), record in tx.touched(AckRecord):  # written with this very commit
        if record is not None:
            waiting[cast("int", number)] = record
        else:
            waiting.pop(cast("int", number), None)
    if not waiting:
        return ()
    first = min([record.batch for record in waiting.values()])
    if first == state.acks.open:
        state.open_batch()
    return tuple([waiting[number] for number in sorted(waiting) if waiting[number].batch == first][:MOST_IN_BATCH])


def refuse_batch(tx: Tx, state: State, at: datetime, *, batch: Sequence[AckRecord], reason: Reason) -> None:
    """A formed batch that the registry will never take, such as after it was restored from an old backup.

    It is halved into new batches until the one acknowledgement is alone that is refused; that one is given up with an
    alarm, and what waits behind it goes on.
    """
    if len(batch) > 1:
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            number = state.number("batches")
            for item in half:
                moved = replace(item, batch=number)
                tx.put(moved)
                tx.remember(state.acks, moved.number, moved)
        return
    for item in batch:
        tx.delete(AckRecord, (item.number,))
        tx.remember(state.acks, item.number, False)
        details = {"why": "acknowledgement", "status": item.status, "cursor": str(item.cursor)}
        raise_alarm(
            tx, reason, at=at, number=state.number("alarms"), thread_id=item.thread_id, unit=item.unit, details=details
        )


def note_answer(tx: Tx, state: State, at: datetime, *, batch: Sequence[AckRecord], entry_bytes: bytes) -> None:
    """The registry logged the batch: clocks that start at delivery start on the day of its entry.

    Raises:
        Refusal: ROSTER_NOT_READY until the roster that the entry names is here; the batch is then asked for again.
    """
    entry = parse_entry(entry_bytes)
    trust = state.rosters.version(entry.versions.roster)
    if trust is None:
        raise Refusal(Reason.ROSTER_NOT_READY, version=str(entry.versions.roster))
    paths = batch_root_and_paths([record.data for record in batch]).paths
    waiting = state.acks.waiting
    for index, (record, path) in enumerate(zip(batch, paths, strict=True)):
        if record.number not in waiting:
            continue
        thread_id = record.thread_id
        tx.delete(AckRecord, (record.number,))
        tx.remember(state.acks, record.number, False)
        note_delivered(
            tx,
            state,
            load(tx, state, thread_id),
            thread_id=thread_id,
            header_digest=record.header_digest,
            unit=record.unit,
            status=_STATUSES[record.status],
            reason="",
            entry=entry,
            trust=trust,
            evidence=_own_evidence(record, index, path, entry_bytes),
            at=at,
        )


def _own_evidence(record: AckRecord, index: int, path: Sequence[bytes], entry_bytes: bytes) -> bytes:
    """What shows later that our word is in the log; the node key's signature over it is named there by its digest."""
    return exchange.DeliveryEvidence(
        acknowledgement=record.data, index=index, path=path, entry=entry_bytes
    ).SerializeToString()


def note_delivered(
    tx: Tx,
    state: State,
    held: Held | None,
    *,
    thread_id: str,
    header_digest: bytes,
    unit: str,
    status: AcknowledgementStatus,
    reason: str,
    entry: Entry,
    trust: Trust,
    evidence: bytes,
    at: datetime,
) -> None:
    """Note that an addressee's node has an envelope (or its materials, or parked it); the first word counts.

    `held` is the thread, None when it is not here; `trust` is the roster that the entry names.
    """
    tx.put(
        _delivery_record(
            thread_id=thread_id,
            header_digest=header_digest,
            unit=unit,
            status=_NAMES[status],
            reason=reason,
            at=to_us(entry.accepted_at),
            evidence=evidence,
        )
    )
    tx.after.append(lambda: state.look_for(entry.leaf_index, entry.digest, thread_id))
    if status is not AcknowledgementStatus.APPLIED or held is None or held.thread is None:
        return
    thread = delivered(held.thread, header_digest, unit=unit, at=entry.accepted_at, roster=trust.view)
    if thread is not held.thread:
        keep(tx, state, replaced(held, thread=thread), at=at, edited=False)
