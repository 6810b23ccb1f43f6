"""Putting a sealed envelope into the outbox: the row that holds all of it, and its place in the thread's queue.

The row is written whole, sealed and signed, in the transaction of the use case; nothing is ever sealed or signed a
second time for the same envelope. What was typed stays beside it until its accepted entry is kept.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from certs.envelope import SealedEnvelope
from delegation.values import maker
from node import parts
from node.queued import Queued, ranked
from node.records import MaterialRecord, OutboxRecord, to_us
from node.state import Held, Judged, Pending, State, is_move
from node.threads import keep
from node.writer import Tx

_OTHER_BYTES: Final = 256  # of an envelope in a message, beside header and sealed body
_to_json = json.JSONEncoder(ensure_ascii=False).encode
_record = maker(OutboxRecord)
_queued = maker(Queued)
_pending = maker(Pending)


def kept_secret(tx: Tx, state: State, sealed: SealedEnvelope, data: Mapping[str, object] | None = None) -> bytes:
    """What the outbox keeps of an envelope encrypted: sealed body, content, and what was typed."""
    header = sealed.header
    typed = _to_json(data if isinstance(data, dict) else dict(data or {})).encode()
    row = f"outbox/{header.sender_unit}/{header.envelope_id}/secret"
    return state.vault.seal(tx, header.thread_id, row, parts.join(sealed.sealed_body, sealed.content, typed))


def queue(
    tx: Tx,
    state: State,
    held: Held,
    sealed: SealedEnvelope,
    *,
    at: datetime,
    data: Mapping[str, object] | None = None,
    judged: Judged | None = None,
    secret: bytes | None = None,
) -> Held:
    """Put a sealed envelope into the outbox, with what was typed beside it, and into the thread's queue.

    `secret` is what `kept_secret` gave already for the same envelope and data.
    """
    header, number = sealed.header, state.number("outbox")
    sender, envelope_id, thread_id = header.sender_unit, header.envelope_id, header.thread_id
    record = _record(
        sender_unit=sender,
        envelope_id=envelope_id,
        number=number,
        thread_id=thread_id,
        kind=int(header.kind),
        header=sealed.header_bytes,
        header_digest=header.digest,
        signatures=parts.join(*sealed.signatures),
        secret=secret if secret is not None else kept_secret(tx, state, sealed, data),
        state="queued",
        reason="",
        details="{}",
        queued_at=to_us(at),
        tried_at=0,
    )
    tx.put(record)
    materials = tuple([item.material_id for item in header.manifest])
    size = len(sealed.header_bytes) + len(sealed.sealed_body) + _OTHER_BYTES
    day, urgent = ranked(header, held.record.priority, at)
    queued = _queued(number, sender, envelope_id, thread_id, size, materials, day, urgent)
    tx.remember(state.outbox, number, (queued, sealed, record))
    tx.after.append(partial(state.signal, "outbox"))
    if materials:
        _attach(tx, materials, envelope_id)
        tx.after.append(partial(state.signal, "materials"))  # they go first
    pending = _pending(number=number, header=header, moving=is_move(header.kind), judged=judged)
    return keep(tx, state, held, at=at, pending=(*held.pending, pending))


def _attach(tx: Tx, materials: tuple[str, ...], envelope_id: str) -> None:
    """Note of each file which envelope it travels with."""
    for material_id in materials:
        material = tx.get(MaterialRecord, (material_id,))
        if material is not None and material.envelope_id != envelope_id:
            tx.put(replace(material, envelope_id=envelope_id))
