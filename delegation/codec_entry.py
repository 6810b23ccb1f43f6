"""Entries, acknowledgements and what travels around a header, between bytes and values (protocol 4.4, 8).

Serialisation is deterministic: the registry writes an entry once, and its SHA-256 is the leaf of the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, NoReturn

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
from delegation.payloads import DIGEST_SIZE
from delegation.values import Remembered, maker
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
_FIELD_OF_KIND: Final = {kind: kind.value for kind in model.EntryKind}  # the field of its detail
_STATUS_NUMBERS: Final = {
    model.AcknowledgementStatus.APPLIED: pb.ACKNOWLEDGEMENT_STATUS_APPLIED,
    model.AcknowledgementStatus.MATERIALS_HELD: pb.ACKNOWLEDGEMENT_STATUS_MATERIALS_HELD,
    model.AcknowledgementStatus.PARKED: pb.ACKNOWLEDGEMENT_STATUS_PARKED,
}
STATUSES: Final = {int(number): status for status, number in _STATUS_NUMBERS.items()}
_Detail = (
    model.EnvelopeAnswer | model.AcknowledgementBatch | model.NegativeEvidence | model.RosterPublished | model.KeyEvent
)

_entry_of: Final = maker(model.Entry)
_answer_of: Final = maker(model.EnvelopeAnswer)
_acknowledgement_of: Final = maker(model.Acknowledgement)


# entries


def parse_entry(data: bytes) -> model.Entry:
    """The facts of an entry, with the SHA-256 of its bytes.

    NOT checked: that the log holds it, that it follows the thread's previous entry, that the versions exist.

    Raises:
        Refusal: MALFORMED, TOO_LARGE or UNKNOWN_CODE with the name of the `field`.
    """
    e = take.parsed(pb.Entry, data, most=MOST_ENTRY, field="entry")
    kind = KINDS.get(e.kind)
    if kind is None:
        _refuse_code(e.kind, "kind")
    if e.WhichOneof("detail") != _FIELD_OF_KIND[kind]:
        take.malformed("detail")
    if not e.HasField("accepted_at"):
        take.malformed("accepted_at")
    due_dates, federation_id = e.due_dates, e.federation_id
    if len(due_dates) > _MOST_DUE_DATES:
        take.malformed("due_dates")
    if not patterns.is_federation(federation_id):
        take.malformed("federation_id")
    leaf_index, sequence, state_version = e.leaf_index, e.thread_sequence, e.state_version
    if leaf_index > take.MOST_NUMBER:
        take.malformed("leaf_index")
    if sequence > take.MOST_NUMBER:
        take.malformed("thread_sequence")
    if state_version > take.MOST_NUMBER:
        take.malformed("state_version")
    of_envelope = kind is model.EntryKind.ENVELOPE
    detail = _envelope_answer(e.envelope) if of_envelope else _detail(e, kind)
    previous = e.previous_entry_digest
    # Accepted envelopes alone have a place in the thread; the first one names no previous entry (protocol 8.1).
    if (isinstance(detail, model.EnvelopeAnswer) and detail.accepted) != bool(sequence):
        take.malformed("thread_sequence")
    if len(previous) != (32 if sequence > 1 else 0):
        take.malformed("previous_entry_digest")
    return _entry_of(
        kind=kind,
        federation_id=federation_id,
        leaf_index=leaf_index,
        accepted_at=take.instant(e.accepted_at, "accepted_at"),
        versions=_versions(e.roster_version, e.rule_version, e.calendar_version, e.agreement_version),
        thread_id=_thread(e.thread_id, of_envelope or kind is model.EntryKind.NEGATIVE),
        thread_sequence=sequence,
        previous_entry_digest=previous,
        state_version=state_version,
        due_dates=tuple([_due_date(d.clock, d.unit, d.nominal, d.legal, d.provisional) for d in due_dates]),
        detail=detail,
        digest=sha256(data).digest(),
    )


def _refuse_code(number: int, field: str) -> NoReturn:
    if number == 0:
        take.malformed(field)
    take.unknown(field)


@lru_cache(maxsize=256)  # entries of one day have the same
def _versions(roster: int, rules: int, calendar: int, agreements: int) -> model.Versions:
    return model.Versions(
        roster=take.number(roster, 0, take.MOST_NUMBER, "roster_version"),
        rules=take.number(rules, 0, take.MOST_NUMBER, "rule_version"),
        calendar=take.number(calendar, 0, take.MOST_NUMBER, "calendar_version"),
        agreements=take.number(agreements, 0, take.MOST_NUMBER, "agreement_version"),
    )


def _thread(text: str, has_thread: bool) -> str:
    if has_thread != bool(text):
        take.malformed("thread_id")
    if text and not (patterns.is_delegation_number(text) or patterns.is_uuid7(text)):
        take.malformed("thread_id")
    return text


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
    accepted, reason, details = answer.accepted, answer.reason, answer.details
    if accepted == bool(reason) or (accepted and details):
        take.malformed("envelope.reason")
    if reason:
        take.listed(reason, _REASONS, patterns.is_reason_name, "envelope.reason")
    return _answer_of(
        read_ref(answer.envelope, "envelope.envelope"),
        take.digest(answer.signatures_digest, "envelope.signatures_digest"),
        accepted,
        reason,
        read_details(details, "envelope.details") if details else {},
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
        due_dates=due_message.each(entry.due_dates),
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


# Most entries repeat the dates of the one before. What is given is copied, never changed.
due_message: Final = Remembered(write_due_date)


def _write_detail(e: pb.Entry, detail: _Detail) -> None:
    match detail:
        case model.EnvelopeAnswer():
            answer = e.envelope
            write_ref(answer.envelope, detail.envelope)
            answer.signatures_digest = detail.signatures_digest
            answer.accepted, answer.reason = detail.accepted, detail.reason
            if detail.details:
                answer.details.extend(
                    [pb.Detail(name=name, value=value) for name, value in sorted(detail.details.items())]
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
    status, reason = STATUSES.get(a.status), a.reason
    unit, cursor, digest = a.unit, a.cursor, a.header_digest
    if status is None:
        _refuse_code(a.status, "status")
    if reason or status is model.AcknowledgementStatus.PARKED:
        if not reason or status is not model.AcknowledgementStatus.PARKED:
            take.malformed("reason")
        take.listed(reason, _REASONS, patterns.is_reason_name, "reason")
    if not patterns.is_unit(unit):
        take.malformed("unit")
    if not 0 < cursor <= take.MOST_NUMBER:
        take.malformed("cursor")
    if len(digest) != DIGEST_SIZE:
        take.malformed("header_digest")
    return _acknowledgement_of(unit, cursor, digest, status, _thread(a.thread_id, has_thread=True), reason)


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


_sealed_parts: Final = maker(SealedParts)


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
    sealed, ciphertext = body.keys, body.ciphertext
    take.number(len(sealed), 1, MOST_RECIPIENTS, "sealed_body.keys")
    keys = tuple([key.sealed for key in sealed])
    for key in keys:
        if not 0 < len(key) <= _MOST_SEALED_KEY:
            take.malformed("sealed_body.keys")
    if not ciphertext:
        take.malformed("sealed_body.ciphertext")
    return _sealed_parts(keys, ciphertext)


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
    header, sealed_body, signatures = envelope.header, envelope.sealed_body, tuple(envelope.signatures)
    if len(header) > MOST_HEADER:
        take.too_large("header")
    if len(sealed_body) > MOST_SEALED_BODY:
        take.too_large("sealed_body")
    if not header:
        take.malformed("header")
    if with_body and not sealed_body:
        take.malformed("sealed_body")
    take.number(len(signatures), 1, _MOST_SIGNATURES, "signatures")
    for signature in signatures:
        if not 0 < len(signature) <= _MOST_SIGNATURE:
            take.malformed("signatures")
    return EnvelopeParts(header, sealed_body, signatures)
