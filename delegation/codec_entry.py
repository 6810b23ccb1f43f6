"""Entries, acknowledgements and what travels around a header, between bytes and values (protocol 4.4, 8).

Serialisation is deterministic: the registry writes an entry once, and its SHA-256 is the leaf of the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from delegation import codec_values as take
from delegation import model, patterns
from delegation.codec_header import (
    MOST_HEADER,
    MOST_RECIPIENTS,
    MOST_SEALED_BODY,
    read_ref,
    write_ref,
)
from delegation.errors import Reason
from delegation.values import Remembered
from xieban.delegation.v1 import entry_pb2 as pb
from xieban.delegation.v1 import header_pb2
from xieban.federation.v1 import exchange_pb2

MOST_ENTRY: Final = 64 * 1024
MOST_BATCH: Final = 512
_MOST_ACKNOWLEDGEMENT: Final = 1024
_MOST_DUE_DATES: Final = 64
_MOST_DETAILS: Final = 16
_MOST_SIGNATURES: Final = 4
_MOST_SIGNATURE: Final = 8 * 1024  # ML-DSA-65 has 3309 bytes
_MOST_SEALED_KEY: Final = 4 * 1024  # MLKEM768_X25519 has 1168 bytes
_MOST_ENVELOPE: Final = MOST_HEADER + MOST_SEALED_BODY + _MOST_SIGNATURES * _MOST_SIGNATURE + 1024

_REASONS: Final[frozenset[str]] = frozenset(Reason)

_KIND_NUMBERS: Final = {
    model.EntryKind.ENVELOPE: pb.ENTRY_KIND_ENVELOPE,
    model.EntryKind.ACKNOWLEDGEMENTS: pb.ENTRY_KIND_ACKNOWLEDGEMENTS,
    model.EntryKind.NEGATIVE: pb.ENTRY_KIND_NEGATIVE,
    model.EntryKind.ROSTER: pb.ENTRY_KIND_ROSTER,
    model.EntryKind.KEY: pb.ENTRY_KIND_KEY,
}
KINDS: Final = {int(number): kind for kind, number in _KIND_NUMBERS.items()}
_STATUS_NUMBERS: Final = {
    model.AcknowledgementStatus.APPLIED: pb.ACKNOWLEDGEMENT_STATUS_APPLIED,
    model.AcknowledgementStatus.MATERIALS_HELD: pb.ACKNOWLEDGEMENT_STATUS_MATERIALS_HELD,
    model.AcknowledgementStatus.PARKED: pb.ACKNOWLEDGEMENT_STATUS_PARKED,
}
STATUSES: Final = {int(number): status for status, number in _STATUS_NUMBERS.items()}
_Detail = (
    model.EnvelopeAnswer | model.AcknowledgementBatch | model.NegativeEvidence | model.RosterPublished | model.KeyEvent
)


# entries


def parse_entry(data: bytes) -> model.Entry:
    """The facts of an entry, with the SHA-256 of its bytes.

    NOT checked: that the log holds it, that it follows the thread's previous entry, that the versions exist.

    Raises:
        Refusal: MALFORMED, TOO_LARGE or UNKNOWN_CODE with the name of the `field`.
    """
    e = take.parsed(pb.Entry, data, most=MOST_ENTRY, field="entry")
    if e.kind == pb.ENTRY_KIND_UNSPECIFIED:
        take.malformed("kind")
    kind = KINDS.get(e.kind)
    if kind is None:
        take.unknown("kind")
    if e.WhichOneof("detail") != kind.value:
        take.malformed("detail")
    if not e.HasField("accepted_at"):
        take.malformed("accepted_at")
    take.at_most(e.due_dates, _MOST_DUE_DATES, "due_dates")
    found = model.Entry(
        kind=kind,
        federation_id=take.text(e.federation_id, patterns.is_federation, "federation_id"),
        leaf_index=take.number(e.leaf_index, 0, take.MOST_NUMBER, "leaf_index"),
        accepted_at=take.instant(e.accepted_at, "accepted_at"),
        versions=model.Versions(
            roster=take.number(e.roster_version, 0, take.MOST_NUMBER, "roster_version"),
            rules=take.number(e.rule_version, 0, take.MOST_NUMBER, "rule_version"),
            calendar=take.number(e.calendar_version, 0, take.MOST_NUMBER, "calendar_version"),
            agreements=take.number(e.agreement_version, 0, take.MOST_NUMBER, "agreement_version"),
        ),
        thread_id=_thread(e.thread_id, kind in {model.EntryKind.ENVELOPE, model.EntryKind.NEGATIVE}),
        thread_sequence=take.number(e.thread_sequence, 0, take.MOST_NUMBER, "thread_sequence"),
        previous_entry_digest=e.previous_entry_digest,
        state_version=take.number(e.state_version, 0, take.MOST_NUMBER, "state_version"),
        due_dates=tuple([_due_date(d.clock, d.unit, d.nominal, d.legal, d.provisional) for d in e.due_dates]),
        detail=_detail(e, kind),
        digest=sha256(data).digest(),
    )
    _check_position(found)
    return found


def _thread(text: str, has_thread: bool) -> str:
    if has_thread != bool(text):
        take.malformed("thread_id")
    if text and not (patterns.is_delegation_number(text) or patterns.is_uuid7(text)):
        take.malformed("thread_id")
    return text


def _check_position(entry: model.Entry) -> None:
    """Accepted envelopes alone have a place in the thread; the first one names no previous entry (protocol 8.1)."""
    has_place = isinstance(entry.detail, model.EnvelopeAnswer) and entry.detail.accepted
    if has_place != bool(entry.thread_sequence):
        take.malformed("thread_sequence")
    if len(entry.previous_entry_digest) != (32 if entry.thread_sequence > 1 else 0):
        take.malformed("previous_entry_digest")


@lru_cache(maxsize=4096)  # most entries repeat the dates of the one before
def _due_date(clock: str, unit: str, nominal: str, legal: str, provisional: bool) -> model.DueDate:
    return model.DueDate(
        clock=take.text(clock, patterns.is_clock_name, "due_dates.clock"),
        unit=take.text(unit, patterns.is_unit, "due_dates.unit"),
        nominal=take.day(nominal, "due_dates.nominal"),
        legal=take.day(legal, "due_dates.legal"),
        provisional=provisional,
    )


def _detail(e: pb.Entry, kind: model.EntryKind) -> _Detail:
    match kind:
        case model.EntryKind.ENVELOPE:
            return _envelope_answer(e.envelope)
        case model.EntryKind.ACKNOWLEDGEMENTS:
            batch = e.acknowledgements
            return model.AcknowledgementBatch(
                bureau=take.text(batch.bureau, patterns.is_bureau, "acknowledgements.bureau"),
                root=take.digest(batch.root, "acknowledgements.root"),
                count=take.number(batch.count, 1, MOST_BATCH, "acknowledgements.count"),
                node_certificate=take.digest(batch.node_certificate, "acknowledgements.node_certificate"),
                signature_digest=take.digest(batch.signature_digest, "acknowledgements.signature_digest"),
            )
        case model.EntryKind.NEGATIVE:
            negative = e.negative
            return model.NegativeEvidence(
                clock=take.text(negative.clock, patterns.is_clock_name, "negative.clock"),
                awaited_unit=take.text(negative.awaited_unit, patterns.is_unit, "negative.awaited_unit"),
                started_by=read_ref(negative.started_by, "negative.started_by"),
                due=take.day(negative.due, "negative.due"),
                log_size=take.number(negative.log_size, 0, take.MOST_NUMBER, "negative.log_size"),
            )
        case model.EntryKind.ROSTER:
            return model.RosterPublished(
                version=take.number(e.roster.version, 1, take.MOST_NUMBER, "roster.version"),
                roster_digest=take.digest(e.roster.roster_digest, "roster.roster_digest"),
                statement_digest=take.digest(e.roster.statement_digest, "roster.statement_digest"),
            )
        case model.EntryKind.KEY:
            return model.KeyEvent(
                key_digest=take.digest(e.key.key_digest, "key.key_digest"),
                event=take.text(e.key.event, patterns.is_event_name, "key.event"),
            )


def _envelope_answer(answer: pb.EnvelopeAnswer) -> model.EnvelopeAnswer:
    if answer.accepted == bool(answer.reason) or (answer.accepted and answer.details):
        take.malformed("envelope.reason")
    if answer.reason:
        take.listed(answer.reason, _REASONS, patterns.is_reason_name, "envelope.reason")
    return model.EnvelopeAnswer(
        envelope=read_ref(answer.envelope, "envelope.envelope"),
        signatures_digest=take.digest(answer.signatures_digest, "envelope.signatures_digest"),
        accepted=answer.accepted,
        reason=answer.reason,
        details=read_details(answer.details, "envelope.details"),
    )


def read_details(details: Sequence[pb.Detail], field: str) -> dict[str, str]:
    """Typed details of a refusal: closed patterns only, each name once.

    Raises:
        Refusal: MALFORMED with the path below `field`.
    """
    take.at_most(details, _MOST_DETAILS, field)
    take.distinct([detail.name for detail in details], f"{field}.name")
    return {
        take.text(detail.name, patterns.is_detail_name, f"{field}.name"): take.optional_text(
            detail.value, patterns.is_detail_value, f"{field}.value"
        )
        for detail in details
    }


def entry_bytes(entry: model.Entry) -> bytes:
    """The bytes of an entry, always the same for the same facts; details go in the order of their names.

    NOT checked: what `parse_entry` checks; a writer that wants to be sure parses what it wrote.
    """
    e = pb.Entry(
        kind=_KIND_NUMBERS[entry.kind],
        federation_id=entry.federation_id,
        leaf_index=entry.leaf_index,
        roster_version=entry.versions.roster,
        rule_version=entry.versions.rules,
        calendar_version=entry.versions.calendar,
        agreement_version=entry.versions.agreements,
        thread_id=entry.thread_id,
        thread_sequence=entry.thread_sequence,
        previous_entry_digest=entry.previous_entry_digest,
        state_version=entry.state_version,
        due_dates=_due_message.each(entry.due_dates),
    )
    take.put_instant(e.accepted_at, entry.accepted_at)
    _write_detail(e, entry.detail)
    return e.SerializeToString(deterministic=True)


def write_due_date(due: model.DueDate) -> pb.DueDate:
    """A due date as a message."""
    return pb.DueDate(
        clock=due.clock,
        unit=due.unit,
        nominal=take.iso(due.nominal),
        legal=take.iso(due.legal),
        provisional=due.provisional,
    )


_due_message = Remembered(write_due_date)  # most entries repeat the dates of the one before; copied, never changed


def _write_detail(e: pb.Entry, detail: _Detail) -> None:
    match detail:
        case model.EnvelopeAnswer():
            write_ref(e.envelope.envelope, detail.envelope)
            e.envelope.signatures_digest = detail.signatures_digest
            e.envelope.accepted, e.envelope.reason = detail.accepted, detail.reason
            e.envelope.details.extend(
                pb.Detail(name=name, value=value) for name, value in sorted(detail.details.items())
            )
        case model.AcknowledgementBatch():
            e.acknowledgements.CopyFrom(
                pb.AcknowledgementBatch(
                    bureau=detail.bureau,
                    root=detail.root,
                    count=detail.count,
                    node_certificate=detail.node_certificate,
                    signature_digest=detail.signature_digest,
                )
            )
        case model.NegativeEvidence():
            e.negative.CopyFrom(
                pb.NegativeEvidence(
                    clock=detail.clock,
                    awaited_unit=detail.awaited_unit,
                    due=take.iso(detail.due),
                    log_size=detail.log_size,
                )
            )
            write_ref(e.negative.started_by, detail.started_by)
        case model.RosterPublished():
            e.roster.CopyFrom(
                pb.RosterEntry(
                    version=detail.version,
                    roster_digest=detail.roster_digest,
                    statement_digest=detail.statement_digest,
                )
            )
        case model.KeyEvent():
            e.key.CopyFrom(pb.KeyEntry(key_digest=detail.key_digest, event=detail.event))


# acknowledgements


def parse_acknowledgement(data: bytes) -> model.Acknowledgement:
    """One leaf of a batch.

    Raises:
        Refusal: MALFORMED, TOO_LARGE or UNKNOWN_CODE with the name of the `field`.
    """
    a = take.parsed(pb.Acknowledgement, data, most=_MOST_ACKNOWLEDGEMENT, field="acknowledgement")
    if a.status == pb.ACKNOWLEDGEMENT_STATUS_UNSPECIFIED:
        take.malformed("status")
    status = STATUSES.get(a.status)
    if status is None:
        take.unknown("status")
    if bool(a.reason) != (status is model.AcknowledgementStatus.PARKED):
        take.malformed("reason")
    if a.reason:
        take.listed(a.reason, _REASONS, patterns.is_reason_name, "reason")
    return model.Acknowledgement(
        unit=take.text(a.unit, patterns.is_unit, "unit"),
        cursor=take.number(a.cursor, 1, take.MOST_NUMBER, "cursor"),
        header_digest=take.digest(a.header_digest, "header_digest"),
        status=status,
        thread_id=_thread(a.thread_id, has_thread=True),
        reason=a.reason,
    )


def acknowledgement_bytes(acknowledgement: model.Acknowledgement) -> bytes:
    """The bytes of one leaf. NOT checked: what `parse_acknowledgement` checks."""
    return pb.Acknowledgement(
        unit=acknowledgement.unit,
        cursor=acknowledgement.cursor,
        header_digest=acknowledgement.header_digest,
        status=_STATUS_NUMBERS[acknowledgement.status],
        reason=acknowledgement.reason,
        thread_id=acknowledgement.thread_id,
    ).SerializeToString(deterministic=True)


def acknowledgement_root_bytes(federation_id: str, bureau: str, root: bytes, count: int) -> bytes:
    """What a node key signs for a batch (protocol 8.3), under `PAYLOAD_TYPE_ACKNOWLEDGEMENTS`."""
    return exchange_pb2.AcknowledgementRoot(
        federation_id=federation_id, bureau=bureau, root=root, count=count
    ).SerializeToString(deterministic=True)


# what travels around a header


@dataclass(frozen=True, slots=True)
class SealedParts:
    """A sealed body taken apart: the content key sealed to each recipient in the header's order, and the ciphertext."""

    keys: tuple[bytes, ...]
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class EnvelopeParts:
    """An envelope taken apart; each part as the bytes that came."""

    header: bytes
    sealed_body: bytes
    signatures: tuple[bytes, ...]


def pack_sealed(keys: Sequence[bytes], ciphertext: bytes) -> bytes:
    """The sealed body as it travels."""
    sealed = [header_pb2.SealedKey(sealed=key) for key in keys]
    return header_pb2.SealedBody(keys=sealed, ciphertext=ciphertext).SerializeToString(deterministic=True)


def parse_sealed(data: bytes) -> SealedParts:
    """Take a sealed body apart. NOT checked: that it has a key for each recipient, or opens.

    Raises:
        Refusal: TOO_LARGE over 128 KiB, MALFORMED.
    """
    body = take.parsed(header_pb2.SealedBody, data, most=MOST_SEALED_BODY, field="sealed_body")
    take.number(len(body.keys), 1, MOST_RECIPIENTS, "sealed_body.keys")
    keys = tuple(key.sealed for key in body.keys)
    if not all(1 <= len(key) <= _MOST_SEALED_KEY for key in keys):
        take.malformed("sealed_body.keys")
    if not body.ciphertext:
        take.malformed("sealed_body.ciphertext")
    return SealedParts(keys, body.ciphertext)


def pack_envelope(header: bytes, sealed_body: bytes, signatures: Sequence[bytes]) -> bytes:
    """An envelope as it travels and as an outbox keeps it."""
    return header_pb2.Envelope(header=header, sealed_body=sealed_body, signatures=signatures).SerializeToString(
        deterministic=True
    )


def parse_envelope(data: bytes, *, with_body: bool = True) -> EnvelopeParts:
    """Take an envelope apart. NOT checked: the header and what is sealed. As `envelope_parts` where the body is gone.

    Raises:
        Refusal: TOO_LARGE, MALFORMED.
    """
    envelope = take.parsed(header_pb2.Envelope, data, most=_MOST_ENVELOPE, field="envelope")
    return envelope_parts(envelope, with_body=with_body)


def envelope_parts(envelope: header_pb2.Envelope, *, with_body: bool = True) -> EnvelopeParts:
    """The parts of an envelope that came inside another message; without a body where the registry holds it no longer.

    Raises:
        Refusal: TOO_LARGE, MALFORMED.
    """
    if len(envelope.header) > MOST_HEADER:
        take.too_large("header")
    if len(envelope.sealed_body) > MOST_SEALED_BODY:
        take.too_large("sealed_body")
    if not envelope.header:
        take.malformed("header")
    if with_body and not envelope.sealed_body:
        take.malformed("sealed_body")
    take.number(len(envelope.signatures), 1, _MOST_SIGNATURES, "signatures")
    if not all(1 <= len(signature) <= _MOST_SIGNATURE for signature in envelope.signatures):
        take.malformed("signatures")
    return EnvelopeParts(envelope.header, envelope.sealed_body, tuple(envelope.signatures))
