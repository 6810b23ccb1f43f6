"""Hints for the bureau's own system: signed, in order, at least once, from a place in the feed that is on disk.

A webhook says which delegations changed and nothing of them. It goes on from the last number that its receiver took
(any 2xx answer), however long ago that was; while it fails it is tried again after longer and longer waits. The feed
holds a delegation once, so nothing piles up. Only https is spoken, but for addresses of this machine; a redirect is a
failure, so that hints go nowhere else than was set.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from certs.files import read_secret
from delegation.errors import Reason, Refusal
from node.desk.views import NoticeRoute
from node.notices import feed
from node.notices.signing import DELIVERY_HEADER, SHORTEST_SECRET, SIGNATURE_HEADER, TIMESTAMP_HEADER, signature
from node.records import MetaRecord
from node.settings import NodeSettings
from node.state import State
from node.writer import Tx, Writer

_log = structlog.get_logger("node.webhooks")
_MOST_URLS: Final = 8
_AT_A_TIME: Final = 100  # hints in one call: about 15 KiB
_CALL_SECONDS: Final = 10.0
_LOOK_EVERY_SECONDS: Final = 60.0  # a hint that the reader of changes lost is found then
_GATHER_SECONDS: Final = 0.5  # a case is written several times within a second: one call tells all of it
_LONGEST_WAIT_SECONDS: Final = 300.0


class NotTakenError(Exception):
    """The receiver did not take a call; `fault` is a status or the kind of error, never an address or an answer."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def _cursor_name(url: str) -> str:
    return f"webhook/{sha256(url.encode()).hexdigest()[:32]}"


def _begin(tx: Tx, state: State, at: datetime, *, name: str) -> int:
    """Where the webhook goes on; one that was never there begins with what changes from now on."""
    del state, at
    record = tx.get(MetaRecord, (name,))
    if record is not None:
        return int(record.value)
    number = feed.newest(tx)
    tx.put(MetaRecord(name, str(number).encode()))
    return number


def _note(tx: Tx, state: State, at: datetime, *, name: str, number: int) -> None:
    del state, at
    tx.put(MetaRecord(name, str(number).encode()))


def _after(tx: Tx, state: State, at: datetime, *, number: int, limit: int) -> list[feed.Changed]:
    del state, at
    return feed.changed_after(tx, number, limit=limit)


def body_of(bureau: str, changes: Sequence[feed.Changed]) -> bytes:
    """What is sent: hints alone."""
    events = [
        {
            "event": feed.CHANGED,
            "delegation_id": change.thread_id,
            "version": change.version,
            "at": change.at.isoformat().replace("+00:00", "Z"),
        }
        for change in changes
    ]
    return json.dumps({"bureau": bureau, "events": events}, separators=(",", ":")).encode()


class Webhook:
    """One address. `run` until it is cancelled; `wake` when something may have changed."""

    def __init__(
        self,
        url: str,
        *,
        bureau: str,
        secret: bytes,
        writer: Writer[State],
        clock: Callable[[], datetime],
        verify: ssl.SSLContext,
        longest_wait: float = _LONGEST_WAIT_SECONDS,
    ) -> None:
        self._url, self._bureau, self._secret, self._verify = url, bureau, secret, verify
        self._host = urlsplit(url).hostname or ""
        self._name = _cursor_name(url)
        self._writer, self._clock = writer, clock
        self._something = asyncio.Event()
        self._wait = wait_random_exponential(multiplier=0.5, max=longest_wait)
        self._delivered_at: datetime | None = None
        self._failing, self._fault = 0, ""

    def wake(self) -> None:
        """Something may have changed."""
        self._something.set()

    async def state(self) -> NoticeRoute:
        """How far it got."""
        begun = await self._writer.run(partial(_begin, name=self._name))
        waiting = await self._writer.run(partial(_after, number=begun, limit=feed.MOST_EVENTS))
        return NoticeRoute(
            kind="webhook",
            target=self._host,
            delivered_at=self._delivered_at,
            waiting=len(waiting),
            failing=self._failing,
            fault=self._fault,
        )

    async def run(self) -> None:
        """Tell what changed, in order, until it is cancelled."""
        async with client_of(self._verify) as client:
            while True:
                try:
                    await self._tell_all(client)
                except Refusal as refusal:  # the node's store has no time for us; what is on disk stays there
                    if refusal.reason is Reason.STOPPING:
                        return
                    _log.info("webhook waits", host=self._host, reason=refusal.reason.value)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                        await self._something.wait()
                        await asyncio.sleep(_GATHER_SECONDS)
                self._something.clear()

    async def _tell_all(self, client: httpx.AsyncClient) -> None:
        number = await self._writer.run(partial(_begin, name=self._name))
        while changes := await self._writer.run(partial(_after, number=number, limit=_AT_A_TIME)):
            async for attempt in AsyncRetrying(
                wait=self._wait, retry=retry_if_exception_type(NotTakenError), before_sleep=self._failed, reraise=True
            ):
                with attempt:
                    await self._call(client, changes)
            number = changes[-1].number
            self._failing, self._fault, self._delivered_at = 0, "", self._clock()
            await self._writer.run(partial(_note, name=self._name, number=number))

    def _failed(self, attempt: RetryCallState) -> None:
        error = attempt.outcome.exception() if attempt.outcome is not None else None
        self._failing, self._fault = attempt.attempt_number, error.fault if isinstance(error, NotTakenError) else ""
        _log.warning("webhook not taken", host=self._host, fault=self._fault, failures=self._failing)

    async def _call(self, client: httpx.AsyncClient, changes: Sequence[feed.Changed]) -> None:
        delivery = f"{changes[0].number}-{changes[-1].number}"
        body, at = body_of(self._bureau, changes), self._clock()
        await post_signed(client, self._url, secret=self._secret, body=body, delivery=delivery, at=at)


def client_of(verify: ssl.SSLContext) -> httpx.AsyncClient:
    """What calls are made with: one at a time, no redirect, no settings of the environment."""
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    return httpx.AsyncClient(
        timeout=_CALL_SECONDS, follow_redirects=False, verify=verify, trust_env=False, limits=limits
    )


async def post_signed(
    client: httpx.AsyncClient, url: str, *, secret: bytes, body: bytes, delivery: str, at: datetime
) -> None:
    """One call, signed as `node.notices.signing` says. Raises NotTakenError for anything but a 2xx answer."""
    timestamp = int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: signature(secret, timestamp=timestamp, body=body),
        DELIVERY_HEADER: delivery,
    }
    try:
        async with (
            asyncio.timeout(2 * _CALL_SECONDS),  # httpx bounds each step, not the call
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code  # its content is not read
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        raise NotTakenError(type(error).__name__) from None
    if not 200 <= status < 300:
        raise NotTakenError(str(status))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def checked_url(url: str) -> SplitResult:
    """An address that hints may be sent to. Refusal INVALID_INPUT (webhook_urls) with why."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a port that is none is told when it is looked at
    except ValueError:
        raise Refusal(Reason.INVALID_INPUT, field="webhook_urls", why="malformed") from None
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or parts.fragment:
        raise Refusal(Reason.INVALID_INPUT, field="webhook_urls", why="malformed")
    if parts.username or parts.password:
        raise Refusal(Reason.INVALID_INPUT, field="webhook_urls", why="credentials_in_address")
    if parts.scheme == "http" and not _is_loopback(host):
        raise Refusal(Reason.INVALID_INPUT, field="webhook_urls", why="https_needed")
    return parts


def secret_of(path: Path | None) -> bytes:
    """The secret of a file. Refusal INVALID_INPUT (webhook_secret_file); KeyFileError where others can read it."""
    if path is None:
        raise Refusal(Reason.INVALID_INPUT, field="webhook_secret_file", why="missing")
    secret = read_secret(path).strip()
    if len(secret) < SHORTEST_SECRET:
        raise Refusal(Reason.INVALID_INPUT, field="webhook_secret_file", why="shorter_than_32_bytes")
    return secret


def trusting(authorities: Path | None) -> ssl.SSLContext:
    """Whom to believe: the authorities of the system, or those of a file. Refusal INVALID_INPUT when it holds none."""
    try:
        return ssl.create_default_context(cafile=str(authorities) if authorities is not None else None)
    except (OSError, ssl.SSLError):
        raise Refusal(Reason.INVALID_INPUT, field="notice_authorities", why="unreadable") from None


def webhooks_of(settings: NodeSettings, writer: Writer[State], *, clock: Callable[[], datetime]) -> tuple[Webhook, ...]:
    """The webhooks that the settings ask for.

    Raises:
        Refusal: INVALID_INPUT naming the setting.
        KeyFileError: the secret's file is missing, too large, or others can read it.
    """
    urls = dict.fromkeys(settings.webhook_urls)
    if len(urls) > _MOST_URLS:
        raise Refusal(Reason.INVALID_INPUT, field="webhook_urls", why="too_many")
    for url in urls:
        checked_url(url)
    if not urls:
        return ()
    secret, verify = secret_of(settings.webhook_secret_file), trusting(settings.notice_authorities)
    return tuple(
        Webhook(url, bureau=settings.bureau, secret=secret, writer=writer, clock=clock, verify=verify) for url in urls
    )
