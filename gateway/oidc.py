"""Signing in through a bureau's own sign-in service: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636).

The service vouches for a subject; which account that is, an administrator has said before. No account is ever made
here. Checked of an answer: state and the browser that it was begun in, the token's signature by a key that the service
publishes, algorithm, issuer, audience, authorized party, expiry, age and nonce. NOT asked for: names or groups.

Needs the extra `oidc` (authlib, joserfc), which is looked for when the settings ask for it.
"""

import hmac
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.settings import OidcSettings, is_loopback
from gateway.sign_in_service import Begun, SignInServiceError

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")  # of signatures; never none, never one with a shared secret
_WAITING: Final = timedelta(minutes=10)
_MOST_WAITING: Final = 1000
_KEPT: Final = 3600.0  # seconds that discovery and keys are believed
_AGAIN: Final = 60.0  # seconds between two looks for a key that was not known
_MOST_BYTES: Final = 256 * 1024
_LEEWAY: Final = 60
_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    browser: bytes
    nonce: str
    verifier: str
    after: str
    until: datetime


class OidcClient:
    """One bureau's client at one service. Begun sign-ins are kept in memory alone: a restart asks to begin again."""

    def __init__(
        self,
        settings: OidcSettings,
        *,
        clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._transport = transport
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._found: tuple[float, Mapping[str, object]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def issuer(self) -> str:
        """See SignInService."""
        return self.settings.issuer

    @property
    def label(self) -> str:
        """See SignInService."""
        return self.settings.label

    async def begin(self, after: str) -> Begun:
        """Begin a sign-in that goes on at `after`. Raises SignInServiceError when the service cannot be asked."""
        about = await self._discover()
        state, nonce, verifier, browser = (secrets.token_urlsafe(32) for _ in range(4))
        waiting = _Waiting(sha256(browser.encode()).digest(), nonce, verifier, after, self._clock() + _WAITING)
        self._waiting[state] = waiting
        while len(self._waiting) > _MOST_WAITING:
            self._waiting.popitem(last=False)
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]  # no types
            "code_challenge_method": "S256",
        }
        address = _address(about, "authorization_endpoint")
        return Begun(f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}", browser)

    async def finish(self, *, state: str, code: str, browser: str) -> tuple[str, str]:
        """The subject that the service vouches for, and where to go on. Raises SignInServiceError."""
        waiting = self._waiting.pop(state, None)  # whatever becomes of it: a state is good for one answer
        shown = sha256(browser.encode()).digest()
        if waiting is None or waiting.until <= self._clock() or not hmac.compare_digest(waiting.browser, shown):
            raise SignInServiceError("state")
        about = await self._discover()
        token = await self._id_token(about, code, waiting.verifier)
        claims = await self._verified(about, token)
        return self._subject(claims, waiting.nonce), waiting.after

    async def _id_token(self, about: Mapping[str, object], code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.redirect,
            "code_verifier": verifier,
        }
        secret = self.settings.secret()
        auth = httpx.BasicAuth(self.settings.client_id, secret) if secret else None
        if auth is None:
            form["client_id"] = self.settings.client_id
        answer = await self._ask("POST", _address(about, "token_endpoint"), form=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInServiceError("token")
        return token

    async def _verified(self, about: Mapping[str, object], token: str) -> dict[str, object]:
        """The claims of a token whose signature is the service's; a key that is not known is looked for once more."""
        for again in (False, True):
            keys = await self._key_set(about, again=again)
            try:
                return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
            except (JoseError, ValueError):
                if again:
                    raise SignInServiceError("signature") from None
        raise SignInServiceError("signature")

    def _subject(self, claims: dict[str, object], nonce: str) -> str:
        """OpenID Connect Core 3.1.3.7, by authlib; issuer and audience exactly, and the nonce of this browser."""
        checked = CodeIDToken(
            claims,
            header={"alg": "ES256"},
            options={
                "iss": {"essential": True, "value": self.settings.issuer},
                "aud": {"essential": True, "value": self.settings.client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            },
            params={"client_id": self.settings.client_id, "nonce": nonce},
        )
        now = int(self._clock().timestamp())
        try:
            checked.validate(now=now, leeway=_LEEWAY)
        except Exception:  # noqa: BLE001 - the library's refusals have no common base, and their texts hold claims
            raise SignInServiceError("claims") from None
        issued, subject = claims.get("iat"), claims.get("sub")
        if not isinstance(issued, int) or issued > now + _LEEWAY or not isinstance(subject, str) or not subject:
            raise SignInServiceError("claims")
        return subject

    async def _discover(self) -> Mapping[str, object]:
        if self._found is not None and time.monotonic() - self._found[0] < _KEPT:
            return self._found[1]
        address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        about = await self._ask("GET", address)
        if about.get("issuer") != self.settings.issuer:
            raise SignInServiceError("issuer")
        self._found = (time.monotonic(), about)
        return about

    async def _key_set(self, about: Mapping[str, object], *, again: bool) -> KeySet:
        held = self._keys
        age = time.monotonic() - held[0] if held is not None else _KEPT
        if held is not None and age < (_AGAIN if again else _KEPT):
            return held[1]
        found = await self._ask("GET", _address(about, "jwks_uri"))
        try:
            keys = KeySet.import_key_set(found)  # type: ignore[arg-type]  # checked by the library
        except (JoseError, ValueError, KeyError, TypeError):
            raise SignInServiceError("keys") from None
        self._keys = (time.monotonic(), keys)
        return keys

    async def _ask(
        self, method: str, address: str, *, form: Mapping[str, str] | None = None, auth: httpx.BasicAuth | None = None
    ) -> Mapping[str, object]:
        """A JSON object from the service; no redirect is followed and no more is read than it may be."""
        try:
            async with (
                httpx.AsyncClient(transport=self._transport, timeout=_SECONDS, follow_redirects=False) as client,
                client.stream(method, address, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT) as answer,
            ):
                data = b""
                async for piece in answer.aiter_bytes():
                    data += piece
                    if len(data) > _MOST_BYTES:
                        raise SignInServiceError("too_large")
                status = answer.status_code
        except httpx.HTTPError:
            raise SignInServiceError("away") from None
        try:
            found = json.loads(data) if status == httpx.codes.OK else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise SignInServiceError("answer")
        return found


def _address(about: Mapping[str, object], name: str) -> str:
    """An address that the service published; HTTPS, but on the machine itself."""
    found = about.get(name)
    parts = urlsplit(found) if isinstance(found, str) else None
    if parts is None or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))):
        raise SignInServiceError("address")
    return str(found)
