"""/healthz, /readyz, /metrics and /federation on loopback, by hand: a few answers need no framework."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from delegation.errors import Refusal
from registry.health import FederationHealth
from registry.health_page import STYLE, as_json, as_page

_MOST_HEAD = 8 * 1024
_SECONDS = 5.0
_HTML: Final = "text/html; charset=utf-8"
_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class HealthServer:
    """Answers operators and their monitors. Knows only GET."""

    def __init__(
        self,
        *,
        readiness: Callable[[], Mapping[str, bool]],
        metrics: Callable[[], Awaitable[bytes]],
        health: Callable[[], Awaitable[FederationHealth]],
    ) -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._health = health
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; gives the port."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=_MOST_HEAD)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._server.wait_closed(), 1.0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _SECONDS)
            writer.write(await self._answer(head))
            await asyncio.wait_for(writer.drain(), _SECONDS)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever it was went away or speaks something else
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path, _, query = rest.partition(b" ")[0].partition(b"?")
        if method != b"GET":
            return _response(405, "text/plain", b"")
        if path == b"/healthz":
            return _response(200, "application/json", b'{"status": "alive"}')
        if path == b"/readyz":
            parts = dict(self._readiness())
            ready = all(parts.values())
            body = json.dumps({"status": "ready" if ready else "not ready", "parts": parts}).encode()
            return _response(200 if ready else 503, "application/json", body)
        if path == b"/metrics":
            return _response(200, "text/plain; version=0.0.4", await self._metrics())
        if path == b"/federation.css":
            return _response(200, "text/css; charset=utf-8", STYLE.encode())
        if path not in (b"/federation", b"/federation.json"):
            return _response(404, "text/plain", b"")
        try:
            health = await self._health()
        except Refusal as refusal:
            return _response(503, "application/json", json.dumps({"reason": refusal.reason.value}).encode())
        if path == b"/federation.json":
            return _response(200, "application/json", as_json(health))
        return _response(200, _HTML, as_page(health, _language(query, head)))


def _language(query: bytes, head: bytes) -> str:
    """What the address asks for, else what the browser wants first, else Chinese."""
    if query in (b"lang=zh", b"lang=en"):
        return query[-2:].decode()
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"accept-language":
            return "en" if value.strip().lower().startswith(b"en") else "zh"
    return "zh"


def _response(status: int, kind: str, body: bytes) -> bytes:
    words = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
    head = (
        f"HTTP/1.1 {status} {words[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Content-Security-Policy: {_POLICY}\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
        "Cache-Control: no-store\r\n"
    )
    return f"{head}Connection: close\r\n\r\n".encode() + body
