"""What is hashed and signed, byte by byte: DSSE encoding, digest of signatures, commitment, HPKE info (protocol 4).

Everything here is length-prefixed or of fixed length, so that no two inputs give the same bytes.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

PAYLOAD_TYPE_ENVELOPE: Final = "application/vnd.xieban.header.v1+protobuf"
PAYLOAD_TYPE_ROSTER_STATEMENT: Final = "application/vnd.xieban.roster-statement.v1+protobuf"
PAYLOAD_TYPE_SEALING_KEY: Final = "application/vnd.xieban.sealing-key.v1+protobuf"
PAYLOAD_TYPE_ACKNOWLEDGEMENTS: Final = "application/vnd.xieban.acknowledgements.v1+protobuf"

LABEL_COMMITMENT: Final = b"xieban/content-commitment/v1"
LABEL_HPKE_INFO: Final = b"xieban/hpke-info/v1"

DIGEST_SIZE: Final = 32
KEY_ID_SIZE: Final = 16
SALT_SIZE: Final = 32
MOST_CONTENT: Final = 64 * 1024  # salt and body together (protocol 4.3)
MOST_BODY: Final = MOST_CONTENT - SALT_SIZE


def pae(payload_type: str, payload: bytes) -> bytes:
    """The DSSE v1 pre-authentication encoding, which is what every signature is over (protocol 4.2)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def length_prefixed(*parts: bytes) -> bytes:
    """Each part after its length as four bytes, big-endian."""
    pieces: list[bytes] = []
    for part in parts:
        pieces += (len(part).to_bytes(4, "big"), part)  # not joined one by one: a body would be copied twice
    return b"".join(pieces)


def signatures_digest(signatures: Sequence[bytes]) -> bytes:
    """SHA-256 over the length-prefixed signatures in the suite's order; what an entry says of them."""
    return sha256(length_prefixed(*signatures)).digest()


_COMMITMENT_HEAD: Final = length_prefixed(LABEL_COMMITMENT) + SALT_SIZE.to_bytes(4, "big")
_HPKE_HEAD: Final = length_prefixed(LABEL_HPKE_INFO)


def commitment_input(salt: bytes, body: bytes) -> bytes:
    """What the content commitment is the SHA-256 of: length-prefixed label, salt and body (protocol 4.3)."""
    return length_prefixed(LABEL_COMMITMENT, salt, body)


def content_commitment(salt: bytes, body: bytes) -> bytes:
    """The commitment that a court compares with the signed header. ``salt`` is 32 random bytes.

    Raises:
        ValueError: the salt has another length.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError("salt")
    return sha256(b"".join((_COMMITMENT_HEAD, salt, len(body).to_bytes(4, "big"), body))).digest()


def hpke_info(context_digest: bytes, unit: str, key_id: bytes) -> bytes:
    """The HPKE info of one recipient: length-prefixed label, digest of the context, unit, key id (protocol 4.4)."""
    size = len(context_digest).to_bytes(4, "big")
    return b"".join((_HPKE_HEAD, size, context_digest, _recipient_named(unit, key_id)))


@lru_cache(maxsize=4096)  # as many as the country has units; keys change once a year
def _recipient_named(unit: str, key_id: bytes) -> bytes:
    return length_prefixed(unit.encode(), key_id)


def sealing_key_id(public_key: bytes) -> bytes:
    """The id of a sealing key: the first 16 bytes of the SHA-256 of its raw public bytes."""
    return sha256(public_key).digest()[:KEY_ID_SIZE]
