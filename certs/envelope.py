"""Envelopes: sealed and signed by the sender's node, verified by everyone, opened by their recipients (protocol 4).

The bytes that were signed are the bytes that are verified, hashed and kept; nothing here is serialised a second time.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from google.protobuf.message import DecodeError

from certs.keys import certificate_digest
from certs.sealing import (
    CONTENT_KEY_SIZE,
    Randomness,
    as_named,
    checked_recipients,
    digest_of,
    open_content,
    salt_and_key,
    seal_content,
)
from certs.signing import algorithms, sign_p256
from certs.trust import Trust
from delegation.codec_header import context_bytes, header_bytes
from delegation.codec_written import read_back
from delegation.codes import Kind, SealingSuite, SigningSuite
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.facts import BodyFacts
from delegation.model import Header
from delegation.payloads import MOST_CONTENT, PAYLOAD_TYPE_ENVELOPE, SALT_SIZE, content_commitment, pae
from delegation.values import changer, maker, replaced
from xieban.delegation.v1 import body_pb2

_digest_of_certificate: Final = lru_cache(maxsize=64)(certificate_digest)  # a unit signs for years by the same one


class Keyring(Protocol):
    """Where a node's private keys are: files here, an HSM or a token elsewhere."""

    def signing_key(self, unit: str) -> tuple[EllipticCurvePrivateKey, bytes]:
        """The unit's signing key in use and its certificate (DER). Raises Refusal(NOT_FOUND)."""
        ...

    def sealing_key(self, unit: str, key_id: bytes) -> X25519PrivateKey | None:
        """The unit's private sealing key of that id, also an old one; None when it is not held."""
        ...


@dataclass(frozen=True, slots=True)
class SealedEnvelope:
    """An envelope as it goes to the outbox, whole. `content` (salt and body) stays at home, for a reseal."""

    header_bytes: bytes
    sealed_body: bytes
    signatures: tuple[bytes, ...]
    header: Header
    content: bytes = field(repr=False)


_sealed: Final = maker(SealedEnvelope)


class Unsigned(NamedTuple):
    """An envelope that is sealed and lacks its signature: nothing to send, nothing to keep."""

    header_bytes: bytes
    sealed_body: bytes
    header: Header
    content: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """What a recipient read. `message` is the body as `open_body` read it, so that nobody reads it twice."""

    salt: bytes = field(repr=False)
    body: bytes = field(repr=False)
    message: body_pb2.Body | None = field(default=None, repr=False, compare=False)

    @property
    def content(self) -> bytes:
        """Salt and body together, as a reseal needs them."""
        return self.salt + self.body


_opened: Final = maker(Opened)
_sealed_as: Final = changer(
    Header,
    "content_commitment",
    "recipients",
    "signing_suite",
    "sealing_suite",
    "signer_certificates",
    "payload_type",
)


def seal_and_sign(
    header: Header,
    body: bytes,
    *,
    recipients: Sequence[tuple[str, bytes, bytes]],
    signing_key: EllipticCurvePrivateKey,
    certificate: bytes,
    randomness: Randomness = os.urandom,
) -> SealedEnvelope:
    """Seal a serialised Body to recipients (unit, key id, raw public key) and sign the header of a draft.

    `seal_draft`, then `sign`: what both refuse and do not check.
    """
    unsigned = seal_draft(header, body, recipients=recipients, certificate=certificate, randomness=randomness)
    return sign(unsigned, signing_key)


def seal_draft(
    header: Header,
    body: bytes,
    *,
    recipients: Sequence[tuple[str, bytes, bytes]],
    certificate: bytes,
    facts: BodyFacts | None = None,
    randomness: Randomness = os.urandom,
) -> Unsigned:
    """Seal a serialised Body to recipients (unit, key id, raw public key), under the header of a draft.

    Fills in what follows from that: commitment, recipients, signer certificates, suites, payload type, digests.
    `facts` are what its maker read out of these very bytes; without them they are read here.
    Raises Refusal: as `parse_header` when the draft is not one that others would take, BODY_CONTRADICTS_HEADER when the
    body repeats another kind or thread, TOO_LARGE, WEAK_KEY, RECIPIENT_KEY_NOT_VALID.
    Not checked: the rules, the roster, whether `certificate` is valid.
    """
    if header.kind is Kind.RESEAL:
        raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="kind")  # a reseal has an original: use `reseal`
    if facts is None:
        check_body(header, body)
    else:
        _check_repeated(header, facts.kind, facts.thread_id)
    salt, content_key = salt_and_key(randomness)
    return _seal(header, salt + body, content_key, recipients, certificate)


def sign(unsigned: Unsigned, signing_key: EllipticCurvePrivateKey) -> SealedEnvelope:
    """Sign the header of what was sealed. Not checked: that the key is of the certificate which the header names.

    A node verifies its own envelope (`verify_signatures`) before the outbox takes it.
    """
    header_bytes, sealed_body, header, content = unsigned
    signature = sign_p256(signing_key, PAYLOAD_TYPE_ENVELOPE, header_bytes)
    return _sealed(header_bytes, sealed_body, (signature,), header, content)


def reseal(
    original: Header,
    content: bytes,
    draft: Header,
    *,
    recipients: Sequence[tuple[str, bytes, bytes]],
    signing_key: EllipticCurvePrivateKey,
    certificate: bytes,
    randomness: Randomness = os.urandom,
) -> SealedEnvelope:
    """Seal the content of an earlier envelope anew, under the header `draft` of kind RESEAL: the same commitment.

    `content` is salt and body as they were first sealed. Sets `replaces` to the original. Raises Refusal:
    COMMITMENT_MISMATCH when it is not the original's content, BODY_CONTRADICTS_HEADER when the draft is of another
    thread or sender or no reseal; else as `seal_and_sign`.
    """
    if draft.kind is not Kind.RESEAL or draft.thread_id != original.thread_id:
        raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="kind" if draft.kind is not Kind.RESEAL else "thread_id")
    if draft.sender_unit != original.sender_unit:
        raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="sender_unit")
    if len(content) < SALT_SIZE or len(content) > MOST_CONTENT:
        raise Refusal(Reason.COMMITMENT_MISMATCH)
    salt, body = content[:SALT_SIZE], content[SALT_SIZE:]
    if not compare_digest(content_commitment(salt, body), original.content_commitment):
        raise Refusal(Reason.COMMITMENT_MISMATCH)
    check_body(original, body)
    draft = replaced(draft, replaces=original.ref)
    return sign(_seal(draft, content, randomness(CONTENT_KEY_SIZE), recipients, certificate), signing_key)


def verify_signatures(
    header_bytes: bytes, signatures: Sequence[bytes], header: Header, trust: Trust, *, at: datetime
) -> None:
    """Verify every signature of an envelope by the roster in `trust`, the signers judged at the instant `at`.

    `at` is the moment of acceptance: now for the registry, the entry's accepted-at for everyone later. `header` is
    what `parse_header` gave for the same bytes. Raises Refusal: DIGEST_MISMATCH when it is not, UNKNOWN_FEDERATION,
    SUITE_NOT_ALLOWED, BAD_SIGNATURE, SIGNER_NOT_VALID (why), BAD_SIGNATURE when their number is not the suite's.
    Not checked: the sealed body (`verify_sealed`), and that the signer's unit may do this.
    """
    if sha256(header_bytes).digest() != header.digest:
        raise Refusal(Reason.DIGEST_MISMATCH, field="header")
    if header.federation_id != trust.view.federation_id:
        raise Refusal(Reason.UNKNOWN_FEDERATION)
    if not trust.suite_allowed(header.signing_suite, header.sealing_suite, day_of(at)):
        raise Refusal(Reason.SUITE_NOT_ALLOWED)
    verifiers = algorithms(header.signing_suite)
    if len(signatures) != len(verifiers) or len(header.signer_certificates) != len(verifiers):
        raise Refusal(Reason.BAD_SIGNATURE, why="count")
    data = pae(header.payload_type, header_bytes)
    for verifier, digest, signature in zip(verifiers, header.signer_certificates, signatures, strict=True):
        signer = trust.signer(digest, at)
        if signer.unit != header.sender_unit:
            raise Refusal(Reason.SIGNER_NOT_VALID, why="unit")
        if not verifier(signer.public_key, signature, data):
            raise Refusal(Reason.BAD_SIGNATURE)


def verify_sealed(header: Header, sealed_body: bytes) -> None:
    """The sealed body is the one that the header names. Raises Refusal(DIGEST_MISMATCH). Needs no key."""
    digest, size = digest_of(sealed_body)
    if size != header.sealed_body_size or not compare_digest(digest, header.sealed_body_digest):
        raise Refusal(Reason.DIGEST_MISMATCH, field="sealed_body")


def open_body(
    header: Header, sealed_body: bytes, *, unit: str, private_key: X25519PrivateKey, judged_by: Header | None = None
) -> Opened:
    """Open a body as the recipient `unit` and compare it with the signed header.

    `judged_by` is the original's header when `header` is a reseal: commitment, kind and thread are compared with it;
    only what the sealing binds uses the reseal's own context. Raises Refusal: DIGEST_MISMATCH, CANNOT_OPEN (why),
    COMMITMENT_MISMATCH, BODY_CONTRADICTS_HEADER (field); see `protest_ground`.
    Not checked: signatures (`verify_signatures` comes first) and everything else in the body (class B guards).
    """
    verify_sealed(header, sealed_body)
    judged = _judge_of(header, judged_by)
    units = [recipient.unit for recipient in header.recipients]
    if unit not in units:
        raise Refusal(Reason.CANNOT_OPEN, why="recipient")
    position = units.index(unit)
    content = open_content(
        sealed_body,
        context_digest=header.context_digest,
        position=position,
        count=len(header.recipients),
        unit=unit,
        key=private_key,
        key_id=header.recipients[position].key_id,
    )
    salt, body = content[:SALT_SIZE], content[SALT_SIZE:]
    _check_commitment(judged, salt, body)
    return _opened(salt, body, _read_repeated(judged, body))


def check_commitment(header: Header, opened: Opened) -> None:
    """An opened body is the one committed to: what a court checks without a private key (protocol 4.3).

    Raises Refusal(COMMITMENT_MISMATCH).
    """
    _check_commitment(header, opened.salt, opened.body)


def _check_commitment(header: Header, salt: bytes, body: bytes) -> None:
    if not compare_digest(content_commitment(salt, body), header.content_commitment):
        raise Refusal(Reason.COMMITMENT_MISMATCH)


def check_body(header: Header, body: bytes) -> None:
    """The body repeats the header's kind and thread. Raises Refusal(BODY_CONTRADICTS_HEADER, field=...)."""
    _read_repeated(header, body)


def _read_repeated(header: Header, body: bytes) -> body_pb2.Body:
    try:
        message = body_pb2.Body.FromString(body)
    except DecodeError as error:
        raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="body") from error
    _check_repeated(header, int(message.kind), message.thread_id)
    return message


def _check_repeated(header: Header, kind: int, thread_id: str) -> None:
    if kind != header.kind:
        raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="kind")
    if thread_id != header.thread_id:
        raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="thread_id")


def _judge_of(header: Header, judged_by: Header | None) -> Header:
    if header.kind is not Kind.RESEAL:
        if judged_by is not None:
            raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="kind")
        return header
    if judged_by is None or header.replaces != judged_by.ref:
        raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="replaces")
    if (header.thread_id, header.sender_unit) != (judged_by.thread_id, judged_by.sender_unit):
        raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="thread_id")
    if header.content_commitment != judged_by.content_commitment:
        raise Refusal(Reason.COMMITMENT_MISMATCH)
    return judged_by


def _seal(
    draft: Header,
    content: bytes,
    content_key: bytes,
    recipients: Sequence[tuple[str, bytes, bytes]],
    certificate: bytes,
) -> Unsigned:
    if len(content) > MOST_CONTENT:
        raise Refusal(Reason.TOO_LARGE, field="body")
    to = checked_recipients(recipients)
    filled = _sealed_as(
        draft,
        content_commitment(content[:SALT_SIZE], content[SALT_SIZE:]),
        as_named(tuple(recipients)),
        SigningSuite.ECDSA_P256_SHA256,
        SealingSuite.X25519_AES256GCM,
        (_digest_of_certificate(certificate),),
        PAYLOAD_TYPE_ENVELOPE,
    )
    context = context_bytes(filled)
    sealed_body = seal_content(content, content_key=content_key, context_digest=sha256(context).digest(), recipients=to)
    named = digest_of(sealed_body)
    signed = header_bytes(context, *named)
    parsed = read_back(filled, context, signed, sealed_body=named)  # never sign what others would refuse to read
    return Unsigned(signed, sealed_body, parsed, content)
