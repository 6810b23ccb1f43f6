"""/healthz, /readyz and /metrics on loopback, by hand: three answers need no framework."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress

_MOST_HEAD = 8 * 1024
_SECONDS = 5.0


class HealthServer:
    """Answers operators and their monitors. Knows only GET."""

    def __init__(self, *, readiness: Callable[[], Mapping[str, bool]], metrics: Callable[[], bytes]) -> None:
        self._readiness = readiness
        self._metrics = metrics
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
            writer.write(self._answer(head))
            await asyncio.wait_for(writer.drain(), _SECONDS)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever it was went away or speaks something else
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
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
            return _response(200, "text/plain; version=0.0.4", self._metrics())
        return _response(404, "text/plain", b"")


def _response(status: int, kind: str, body: bytes) -> bytes:
    words = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
    head = f"HTTP/1.1 {status} {words[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
