"""How a webhook is signed, and how its receiver checks that: HMAC-SHA256 over the time, a full stop and the body."""

import hmac
from hashlib import sha256
from typing import Final

SIGNATURE_HEADER: Final = "Xieban-Signature"
TIMESTAMP_HEADER: Final = "Xieban-Timestamp"
DELIVERY_HEADER: Final = "Xieban-Delivery"
SHORTEST_SECRET: Final = 32  # bytes; as long as the hash
_VERSION: Final = "v1="


def signature(secret: bytes, *, timestamp: int, body: bytes) -> str:
    """What stands in `Xieban-Signature`. `timestamp` is in seconds since 1970 UTC, as in `Xieban-Timestamp`."""
    return _VERSION + hmac.digest(secret, b"%d." % timestamp + body, sha256).hex()


def is_signed(secret: bytes, *, timestamp: int, body: bytes, shown: str) -> bool:
    """Whether a signature is right. Does not look at how old `timestamp` is: the receiver does."""
    return hmac.compare_digest(signature(secret, timestamp=timestamp, body=body), shown)
