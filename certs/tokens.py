"""One-time enrolment tokens: what lets a new bureau in, and which authorities it is to believe (protocol 2.4).

The text goes from the registry's operator to the bureau's by a safe way of theirs. It holds a secret, the bureau, its
end, and the digests of both authorities, so that the first connection already knows whom it talks to. The registry
keeps the SHA-256 of the secret alone: 256 random bits need no slow hash. Using it up is the registry's part.

    xb1.<base64url of: 1 | length of bureau | bureau | end, 8 bytes | channel digest | seal digest | secret | check>
"""

import base64
import binascii
import hashlib
import secrets
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from delegation.digits import DigitError, check_bureau_code
from delegation.errors import Reason, Refusal

_PREFIX: Final = "xb1."
_VERSION: Final = 1
_HEAD: Final = struct.Struct(">BB")
_END: Final = struct.Struct(">Q")
_DIGEST: Final = 32
_CHECK: Final = 4
_LABEL: Final = b"xieban/enrolment-token/v1"
MAX_TOKEN: Final = 256  # characters; ours have about 160


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart. `secret` (64 hexadecimal digits) is what the enrolment call sends; it is not shown."""

    bureau: str
    expires: datetime
    channel_ca_digest: bytes
    seal_ca_digest: bytes
    secret: str = field(repr=False)


def new_token(bureau: str, expires: datetime, channel_ca_digest: bytes, seal_ca_digest: bytes) -> tuple[str, bytes]:
    """A new token for a bureau: its text, and the hash of its secret to store.

    Raises ValueError for a bureau code or digest of a wrong form. Digests are SHA-256 of the authorities' DER.
    """
    check_bureau_code(bureau)
    if len(channel_ca_digest) != _DIGEST or len(seal_ca_digest) != _DIGEST:
        raise ValueError("a digest has 32 bytes")
    secret = secrets.token_bytes(_DIGEST)
    name = bureau.encode()
    packed = _HEAD.pack(_VERSION, len(name)) + name + _END.pack(int(expires.timestamp()))
    packed += channel_ca_digest + seal_ca_digest + secret
    packed += hashlib.sha256(_LABEL + packed).digest()[:_CHECK]
    return _PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("="), secret_hash(secret.hex())


def parse_token(text: str, *, at: datetime) -> Token:
    """Take a token apart. Raises Refusal(TOKEN_NOT_VALID, why=form|check|expired); the text is never repeated.

    `check` catches a slip in copying, nothing else: only the registry knows whether the secret is good and unused.
    """
    stripped = text.strip()
    if len(stripped) > MAX_TOKEN or not stripped.startswith(_PREFIX):
        raise _invalid("form")
    encoded = stripped.removeprefix(_PREFIX)
    try:
        packed = base64.b64decode(encoded.encode("ascii") + b"=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise _invalid("form") from error
    if len(packed) < _HEAD.size or base64.urlsafe_b64encode(packed).decode().rstrip("=") != encoded:
        raise _invalid("form")
    version, length = _HEAD.unpack_from(packed)
    if version != _VERSION or len(packed) != _HEAD.size + length + _END.size + 3 * _DIGEST + _CHECK:
        raise _invalid("form")
    if hashlib.sha256(_LABEL + packed[:-_CHECK]).digest()[:_CHECK] != packed[-_CHECK:]:
        raise _invalid("check")
    position = _HEAD.size + length
    try:
        bureau = packed[_HEAD.size : position].decode("ascii")
        check_bureau_code(bureau)
        expires = datetime.fromtimestamp(_END.unpack_from(packed, position)[0], tz=UTC)
    except (UnicodeDecodeError, DigitError, ValueError, OverflowError, OSError) as error:
        raise _invalid("form") from error
    if at >= expires:
        raise _invalid("expired")
    rest = packed[position + _END.size : -_CHECK]
    return Token(bureau, expires, rest[:_DIGEST], rest[_DIGEST : 2 * _DIGEST], rest[2 * _DIGEST :].hex())


def secret_hash(secret: str) -> bytes:
    """What the registry stores and looks up: SHA-256 over a label and the secret as it travels."""
    return hashlib.sha256(_LABEL + b"\x00" + secret.encode("utf-8", "surrogatepass")).digest()


def _invalid(why: str) -> Refusal:
    return Refusal(Reason.TOKEN_NOT_VALID, why=why)
