"""The evidence under a draw's file: checkpoints, signatures, entries and their places in the log (protocol 4.2, 8).

Nothing here knows what a draw is. Revocation and competence are the roster's: that the registry accepted an envelope by
the roster that its entry names is what the entry says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from certs.draw_file import DrawFile, LoggedEnvelope
from certs.draw_report import Wrong, expect, located
from certs.identity import CertificateInfo, Purpose, load_certificate, verify_certificate
from certs.keys import certificate_digest
from certs.notes import Checkpoint, parse_and_verify
from certs.signing import algorithms
from certs.weak import load_ed25519_public
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Refusal
from delegation.merkle import leaf_hash, verify_consistency, verify_inclusion
from delegation.model import Entry, EntryKind, EnvelopeAnswer, Header
from delegation.payloads import PAYLOAD_TYPE_ENVELOPE, pae, signatures_digest


@dataclass(frozen=True, slots=True)
class Event:
    """An envelope of the file, read."""

    header: Header
    entry: Entry
    logged: LoggedEnvelope


def read_event(logged: LoggedEnvelope) -> Event:
    """Header and entry as values. Raises Refusal as the codec."""
    return Event(parse_header(logged.header), parse_entry(logged.entry), logged)


def check_checkpoints(file: DrawFile) -> tuple[Checkpoint, ...]:
    """The checkpoints, each signed by the file's log key, ascending, each an extension of the one before.

    Raises Wrong, Refusal, MerkleError.
    """
    key = load_ed25519_public(file.log_public_key)
    found = tuple(parse_and_verify(note, file.log_origin, key) for note in file.checkpoints)
    expect(bool(found) and len(file.consistency) == len(found) - 1, "count")
    expect(file.draw_checkpoint < len(found), "draw_checkpoint")
    for (old, new), path in zip(pairwise(found), file.consistency, strict=True):
        expect(old.size < new.size, "order")
        verify_consistency(old_size=old.size, new_size=new.size, old_root=old.root, new_root=new.root, proof=path)
    return found


def check_signatures(file: DrawFile, events: Sequence[Event]) -> None:
    """Each header is signed by the unit that it names, by a certificate under an authority of the file.

    In date when the registry accepted it. Certificates and authorities that vouch for nothing are told, so that nothing
    stands in a file unread. Raises Wrong, Refusal. Not checked: revocation, who the authority is.
    """
    by_digest = {certificate_digest(der): der for der in file.certificates}
    for heap in (file.certificates, file.seal_authorities):
        digests = [certificate_digest(der) for der in heap]
        expect(digests == sorted(set(digests)), "order of certificates")
    for der in file.seal_authorities:
        _check_own_signature(der)
    used_authorities: set[bytes] = set()
    used: set[bytes] = set()
    for event in events:
        with located(place_of(event)):
            signed, authorities = _check_signed(file, by_digest, event)
        used |= signed
        used_authorities |= authorities
    expect(used == set(by_digest), "certificate of nobody")
    expect(used_authorities == set(file.seal_authorities), "authority of nobody")


def _check_signed(
    file: DrawFile, by_digest: Mapping[bytes, bytes], event: Event
) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """The certificates and authorities that vouch for a header. Raises Wrong, Refusal."""
    used: set[bytes] = set()
    authorities: set[bytes] = set()
    for digest, signature, verifies in zip(
        event.header.signer_certificates,
        event.logged.signatures,
        algorithms(event.header.signing_suite),
        strict=False,
    ):
        held = by_digest.get(digest)
        if held is None:
            raise Wrong("certificate missing")
        info, authority = _certificate(file, held, event)
        used.add(digest)
        authorities.add(authority)
        expect(info.name == event.header.sender_unit, "unit")
        expect(info.trust_domain == event.header.federation_id, "federation")
        expect(verifies(info.public_key, signature, pae(PAYLOAD_TYPE_ENVELOPE, event.logged.header)), "signature")
    count = len(algorithms(event.header.signing_suite))
    expect(len(event.logged.signatures) == count == len(event.header.signer_certificates), "signatures")
    return frozenset(used), frozenset(authorities)


def place_of(event: Event) -> str:
    """Where an event stands, for people: its number in its thread, or that it is the pool's."""
    if event.header.kind is Kind.POOL_COMMITTED:
        return "pool"
    return f"entry {event.entry.thread_sequence} {event.header.kind.name}"


def _certificate(file: DrawFile, der: bytes, event: Event) -> tuple[CertificateInfo, bytes]:
    at = event.entry.accepted_at
    refused: Refusal | None = None
    for authority in file.seal_authorities:
        try:
            found = verify_certificate(der, purpose=Purpose.UNIT_SIGNING, authorities=(authority,), at=at)
        except Refusal as refusal:
            refused = refusal
        else:
            return found, authority
    raise refused or Wrong("authority missing")


def _check_own_signature(der: bytes) -> None:
    """An authority signs itself; chains are judged without it, so that a changed byte of it would go unnoticed."""
    certificate: x509.Certificate = load_certificate(der)
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise Wrong("authority") from error


def check_answer(event: Event) -> None:
    """The entry is the registry's acceptance of just this header with just these signatures. Raises Wrong."""
    detail = event.entry.detail
    expect(event.entry.kind is EntryKind.ENVELOPE and isinstance(detail, EnvelopeAnswer), "kind")
    assert isinstance(detail, EnvelopeAnswer)  # noqa: S101 - for the type checker
    expect(detail.accepted, "refused")
    expect(detail.envelope == event.header.ref, "envelope")
    expect(detail.signatures_digest == signatures_digest(event.logged.signatures), "signatures")
    expect(event.entry.federation_id == event.header.federation_id, "federation")
    expect(event.entry.thread_id == event.header.thread_id, "thread")


def check_entries(events: Sequence[Event]) -> None:
    """The thread from its first entry on, without a gap: each names the one before (protocol 8.1). Raises Wrong."""
    expect(bool(events), "empty")
    previous = b""
    for sequence, event in enumerate(events, 1):
        with located(f"entry {sequence} {event.header.kind.name}"):
            check_answer(event)
            expect(event.entry.thread_sequence == sequence, "sequence")
            expect(event.entry.previous_entry_digest == previous, "previous")
            previous = event.entry.digest
            expect(event.header.thread_id == events[0].header.thread_id, "thread")
            expect(event.header.federation_id == events[0].header.federation_id, "federation")
    for before, after in pairwise(events):
        with located(place_of(after)):
            expect(before.entry.leaf_index < after.entry.leaf_index, "order")
            expect(before.entry.accepted_at <= after.entry.accepted_at, "time")


def check_inclusion(events: Sequence[Event], checkpoints: Sequence[Checkpoint]) -> None:
    """Each entry is in the log. Raises Wrong, MerkleError."""
    for event in events:
        with located(place_of(event)):
            expect(event.logged.checkpoint < len(checkpoints), "checkpoint")
            stands_in_log(event.entry, checkpoints[event.logged.checkpoint], event.logged.path)


def stands_in_log(entry: Entry, checkpoint: Checkpoint, path: Sequence[bytes]) -> None:
    """The entry is in the tree of this checkpoint. Raises MerkleError."""
    verify_inclusion(
        index=entry.leaf_index,
        size=checkpoint.size,
        leaf=leaf_hash(entry.digest),
        proof=path,
        root=checkpoint.root,
    )
