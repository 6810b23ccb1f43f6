"""Reading queued envelopes whole, as they were sealed, for the courier."""

from datetime import datetime
from typing import NamedTuple

from node import parts
from node.queued import Queued
from node.records import OutboxRecord
from node.sending import typed_in
from node.state import State
from node.writer import Tx


class Parcel(NamedTuple):
    """An envelope on its way: number and key of its outbox row, and the bytes."""

    number: int
    key: tuple[str, str]
    header: bytes
    sealed_body: bytes
    signatures: tuple[bytes, ...]


def read_parcels(tx: Tx, state: State, at: datetime, *, chosen: tuple[Queued, ...]) -> list[Parcel]:
    """The chosen envelopes from the store; one that is gone meanwhile is left out."""
    del at
    found: list[Parcel] = []
    for item in chosen:
        key = (item.sender_unit, item.envelope_id)
        record = tx.get(OutboxRecord, key)
        if record is None or record.state != "queued":
            tx.remember(state.outbox, item.number, False)
            continue
        sealed_body, _, _ = typed_in(tx, state, record)
        signatures = parts.split_all(record.signatures)
        found.append(Parcel(item.number, key, record.header, sealed_body, signatures))
    return found
