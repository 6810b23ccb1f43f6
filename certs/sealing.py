"""Content and sealed body: commitment, padding, content key, HPKE to each recipient (protocol 4.3, 4.4).

    content     salt, 32 bytes | body                         at most 64 KiB, padded with Padmé
    ciphertext  AES-256-GCM(content key, padded content, nonce zero, AAD = label | SHA-256(context))
    keys        HPKE(recipient, content key, info = length-prefixed label, SHA-256(context), unit, key id)

The nonce is zero because a content key is drawn for one encryption and used for no other. HPKE authenticates nobody:
the signature over the header does, which is why a header is verified before its body is opened.
"""

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from certs.padding import PaddingError, pad, unpad
from certs.requests import checked_sealing_key
from delegation.codec_entry import pack_sealed, parse_sealed
from delegation.codec_header import MOST_RECIPIENTS
from delegation.errors import Reason, Refusal
from delegation.model import Recipient
from delegation.payloads import MOST_CONTENT, SALT_SIZE, hpke_info, sealing_key_id

LABEL_CONTENT: Final = b"xieban/content/v1"
CONTENT_KEY_SIZE: Final = 32
SEALED_KEY_SIZE: Final = 32 + CONTENT_KEY_SIZE + 16  # encapsulated key, ciphertext, tag
_NONCE: Final = bytes(12)
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

Randomness = Callable[[int], bytes]


class SealTo(NamedTuple):
    """A recipient to seal to: unit, key id, raw public sealing key."""

    unit: str
    key_id: bytes
    public_key: bytes


def checked_recipients(recipients: Sequence[tuple[str, bytes, bytes]]) -> tuple[tuple[SealTo, X25519PublicKey], ...]:
    """Judge every key before anything is sealed.

    Raises Refusal: WEAK_KEY (why), RECIPIENT_KEY_NOT_VALID when an id is not that of its key, MALFORMED (field=
    recipients) for none or too many.
    """
    if not 0 < len(recipients) <= MOST_RECIPIENTS:
        raise Refusal(Reason.MALFORMED, field="recipients")
    return _all_checked(tuple(recipients))


@lru_cache(maxsize=4096)  # the units of a thread are the same in each of its envelopes; what is refused is judged again
def _all_checked(recipients: tuple[tuple[str, bytes, bytes], ...]) -> tuple[tuple[SealTo, X25519PublicKey], ...]:
    found = []
    for recipient in recipients:
        to = SealTo(*recipient)
        key, key_id = _checked(to.public_key)
        if key_id != to.key_id:
            raise Refusal(Reason.RECIPIENT_KEY_NOT_VALID, unit=to.unit)
        found.append((to, key))
    return tuple(found)


@lru_cache(maxsize=4096)
def as_named(recipients: tuple[tuple[str, bytes, bytes], ...]) -> tuple[Recipient, ...]:
    """How a header names those whom it is sealed to. NOT checked: their keys."""
    return tuple([Recipient(unit, key_id) for unit, key_id, _ in recipients])


@lru_cache(maxsize=4096)  # every unit of the country; a refused key is judged again
def _checked(raw: bytes) -> tuple[X25519PublicKey, bytes]:
    return checked_sealing_key(raw), sealing_key_id(raw)


def salt_and_key(randomness: Randomness) -> tuple[bytes, bytes]:
    """A salt and a content key, in one draw where the system gives them: asking it costs more than what it gives."""
    if randomness is os.urandom:
        drawn = os.urandom(SALT_SIZE + CONTENT_KEY_SIZE)
        return drawn[:SALT_SIZE], drawn[SALT_SIZE:]
    return randomness(SALT_SIZE), randomness(CONTENT_KEY_SIZE)


def seal_content(
    content: bytes,
    *,
    content_key: bytes,
    context_digest: bytes,
    recipients: Sequence[tuple[SealTo, X25519PublicKey]],
) -> bytes:
    """The serialised SealedBody: the content encrypted once, its key sealed to each recipient in the header's order.

    `content_key` is 32 fresh random bytes, used for this and nothing else. Raises Refusal(TOO_LARGE) above 64 KiB of
    salt and body. HPKE draws its own randomness in the library.
    """
    if len(content) > MOST_CONTENT:
        raise Refusal(Reason.TOO_LARGE, field="body")
    ciphertext = AESGCM(content_key).encrypt(_NONCE, pad(content), LABEL_CONTENT + context_digest)
    keys = [
        _SUITE.encrypt(content_key, public_key, hpke_info(context_digest, to.unit, to.key_id))
        for to, public_key in recipients
    ]
    return pack_sealed(keys, ciphertext)


def open_content(
    sealed_body: bytes,
    *,
    context_digest: bytes,
    position: int,
    count: int,
    unit: str,
    key: X25519PrivateKey,
    key_id: bytes,
) -> bytes:
    """The content (salt and body) that a recipient opens: the one at `position` of `count` in the header's order.

    Raises Refusal(CANNOT_OPEN, why=form|key|content|padding).
    """
    try:
        sealed = parse_sealed(sealed_body)
    except Refusal as refusal:
        raise _closed("form") from refusal
    if len(sealed.keys) != count or len(sealed.keys[position]) != SEALED_KEY_SIZE:
        raise _closed("form")
    info = hpke_info(context_digest, unit, key_id)
    try:
        content_key = _SUITE.decrypt(sealed.keys[position], key, info)
    except (InvalidTag, ValueError) as error:  # a low-order encapsulated key raises a bare ValueError
        raise _closed("key") from error
    if len(content_key) != CONTENT_KEY_SIZE:
        raise _closed("key")
    try:
        padded = AESGCM(content_key).decrypt(_NONCE, sealed.ciphertext, LABEL_CONTENT + context_digest)
    except (InvalidTag, ValueError) as error:
        raise _closed("content") from error
    try:
        content = unpad(padded)
    except PaddingError as error:
        raise _closed("padding") from error
    if len(content) < SALT_SIZE:
        raise _closed("padding")
    return content


def hpke_seal(plaintext: bytes, public_key: X25519PublicKey, info: bytes) -> bytes:
    """A few bytes sealed to a checked key under an `info` that is the caller's own: encapsulated key and ciphertext."""
    return _SUITE.encrypt(plaintext, public_key, info)


def hpke_open(sealed: bytes, key: X25519PrivateKey, info: bytes) -> bytes | None:
    """What `hpke_seal` sealed; None when it does not open with this key and info."""
    try:
        return _SUITE.decrypt(sealed, key, info)
    except (InvalidTag, ValueError):  # a low-order encapsulated key raises a bare ValueError
        return None


def digest_of(sealed_body: bytes) -> tuple[bytes, int]:
    """What the header says of a sealed body: SHA-256 and length."""
    return sha256(sealed_body).digest(), len(sealed_body)


def _closed(why: str) -> Refusal:
    return Refusal(Reason.CANNOT_OPEN, why=why)
