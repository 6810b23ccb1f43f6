"""Page tokens sealed by the gateway: one that was changed, or belongs to another list or unit, is refused here.

The node's own tokens name its rows; whoever could write them could ask its store for anything that parses. The key is
drawn at the start, so a list that was begun before a restart is begun again.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Final

from delegation.errors import Reason, Refusal

_TAG_BYTES: Final = 16


class PageTokens:
    """Seals and opens tokens."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def _tag(self, inner: bytes, of: str) -> bytes:
        name = of.encode("utf-8")
        return hmac.digest(self._key, len(name).to_bytes(4, "big") + name + inner, sha256)[:_TAG_BYTES]

    def seal(self, token: str, *, of: str) -> str:
        """A node's token for callers; `of` names the list: whose, and with which filters. The end stays empty."""
        if not token:
            return ""
        inner = token.encode("utf-8")
        return urlsafe_b64encode(self._tag(inner, of) + inner).decode("ascii").rstrip("=")

    def open(self, text: str, *, of: str) -> str:
        """The node's token again.

        Raises:
            Refusal: INVALID_INPUT for anything that was not sealed here for this list.
        """
        if not text:
            return ""
        try:
            sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (Base64Error, ValueError):
            raise Refusal(Reason.INVALID_INPUT, field="query.page_token") from None
        tag, inner = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(inner, of)):
            raise Refusal(Reason.INVALID_INPUT, field="query.page_token")
        return inner.decode("utf-8")
