"""The node's own envelopes that nobody decides: protests, reseals and re-issues of unchanged content."""

import json
import os
from dataclasses import replace
from datetime import datetime

from certs.envelope import reseal as reseal_content
from certs.envelope import seal_and_sign
from certs.sealing import Randomness
from certs.trust import Trust
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.model import EnvelopeRef, Header
from delegation.payloads import SALT_SIZE
from node import parts
from node.bodies import Hands
from node.case_facts import content_of
from node.compose import compose, may_seal, position, recipients_of, seal
from node.ids import uuid7
from node.move_input import MoveInput
from node.queueing import queue
from node.records import EntryRecord, OutboxRecord
from node.state import Held, State
from node.writer import Tx


def protest(
    tx: Tx, state: State, held: Held, protested: Header, *, unit: str, ground: int, guard: str, at: datetime
) -> Held:
    """Queue a PROTEST: it does not open, contradicts its header, or fails a body guard (protocol 5.5)."""
    data = MoveInput(
        declared={"ground": ground},
        in_reply_to=protested.envelope_id,
        body={"protest": {"guard": guard}} if guard else {},
        to=(protested.sender_unit,),
    )
    composed = compose(tx, state, held, unit=unit, kind=Kind.PROTEST, data=data, hands=Hands(), at=at)
    return queue(tx, state, held, seal(state, composed, at=at), at=at)


def reseal(tx: Tx, state: State, held: Held, record: EntryRecord, *, at: datetime) -> Held:
    """Queue a RESEAL of an own accepted envelope: the same content, sealed to the newest keys (protocol 5.4).

    Raises:
        Refusal: MATERIAL_MISSING when its content is gone, RECIPIENT_KEY_NOT_VALID while an addressee has no good key.
    """
    content = content_of(tx, state, record)
    if not content:
        raise Refusal(Reason.MATERIAL_MISSING, why="content")
    trust = may_seal(state, at=at)
    original = parse_header(record.header)
    base, predecessor = position(held, original.sender_unit)
    recipients = recipients_of(trust, original.sender_unit, original.addressees, at)
    draft = Header(
        envelope_id=uuid7(at),
        federation_id=original.federation_id,
        thread_id=original.thread_id,
        thread_type=original.thread_type,
        kind=Kind.RESEAL,
        sender_unit=original.sender_unit,
        counterpart_unit=original.counterpart_unit,
        recipients=recipients,
        case_id=original.case_id,
        leg=original.leg,
        round=original.round,
        hop=original.hop,
        claimed_at=at,
        base=base,
        predecessor=predecessor,
        replaces=original.ref,
        roster_version=trust.view.version,
        manifest=original.manifest,
    )
    key, certificate = state.keyring.signing_key(original.sender_unit)
    sealed = reseal_content(
        original,
        content,
        draft,
        recipients=_keys(trust, draft, at),
        signing_key=key,
        certificate=certificate,
    )
    return queue(tx, state, held, sealed, at=at)


def _keys(trust: Trust, header: Header, at: datetime) -> list[tuple[str, bytes, bytes]]:
    return [(each.unit, each.key_id, trust.sealing_key(each.unit, at).public_key) for each in header.recipients]


def typed_in(tx: Tx, state: State, record: OutboxRecord) -> tuple[bytes, bytes, dict[str, object]]:
    """Sealed body, content, and what was typed, of an outbox row."""
    row = f"outbox/{record.sender_unit}/{record.envelope_id}/secret"
    sealed_body, content, typed = parts.split(state.vault.open(tx, record.thread_id, row, record.secret), 3)
    return sealed_body, content, json.loads(typed)


def reissue(tx: Tx, state: State, held: Held, record: OutboxRecord, *, at: datetime, to: str = "") -> Held:
    """Queue the same content again under a new id, naming what it replaces: for new keys, or (`to`) another host.

    Its predecessor is what was queued before it, or issued again already; what was queued behind it comes by its own
    answer. Raises Refusal RECIPIENT_KEY_NOT_VALID while there is no other key than the one refused.
    """

    trust = may_seal(state, at=at)
    old = parse_header(record.header)
    if old.kind is Kind.RESEAL:
        raise Refusal(Reason.NOT_ALLOWED, kind=old.kind.name)  # a reseal is made anew from its original
    _, content, typed = typed_in(tx, state, record)
    others = (to,) if to else old.addressees
    recipients = recipients_of(trust, old.sender_unit, others, at)
    if not to and recipients == old.recipients:
        raise Refusal(Reason.RECIPIENT_KEY_NOT_VALID, unit=old.counterpart_unit)
    base, _ = position(held, old.sender_unit)
    predecessor: EnvelopeRef | None = held.own_last.get(old.sender_unit)
    for item in held.pending:
        again = item.header.replaces is not None
        if item.moving and item.header.sender_unit == old.sender_unit and (item.number < record.number or again):
            predecessor = item.header.ref
    draft = replace(
        old,
        envelope_id=uuid7(at),
        recipients=recipients,
        counterpart_unit=to or old.counterpart_unit,
        claimed_at=at,
        base=base,
        predecessor=predecessor,
        replaces=old.ref,
        roster_version=trust.view.version,
    )
    key, certificate = state.keyring.signing_key(old.sender_unit)
    sealed = seal_and_sign(
        draft,
        content[SALT_SIZE:],
        recipients=_keys(trust, draft, at),
        signing_key=key,
        certificate=certificate,
        randomness=same_salt(content),
    )
    return queue(tx, state, held, sealed, at=at, data=typed)


def same_salt(content: bytes) -> Randomness:
    """Randomness for sealing content again under the same commitment: its own salt first, fresh bytes after that."""
    salts = [content[:SALT_SIZE]]
    return lambda size: salts.pop() if salts and size == SALT_SIZE else os.urandom(size)
