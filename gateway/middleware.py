"""What every request passes, outermost first: safe headers, then the guard that turns any failure into a problem.

Plain ASGI: Starlette's own error middleware raises again, and the server would then log the exception with its text,
which may hold what somebody submitted. The guard logs the type and the place in the code, nothing else.
"""

import time
import traceback
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from delegation.errors import Reason, Refused
from gateway.access import operation_of
from gateway.metrics import Metrics
from gateway.problems import problem_response, refused_problem, wire_problem
from gateway.wire_reasons import WireReason

_log = structlog.get_logger(__name__)
_CALLER_LEFT: Final = 499

# An answer is for the caller alone and is never a page of another site.
SAFE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HSTS: Final = "max-age=31536000"


class SafeHeaders:
    """Adds the headers of `SAFE_HEADERS` that an answer did not set itself."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self.app = app
        self.headers = {**SAFE_HEADERS, **({"Strict-Transport-Security": _HSTS} if tls else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; add to the start of the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class Guard:
    """Bounds how many requests run, counts them, and answers what nobody foresaw with INTERNAL.

    `uncounted` is the address of streams that stay open; they have a bound of their own.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, concurrency: int, uncounted: str) -> None:
        self.app = app
        self.metrics = metrics
        self.concurrency = concurrency
        self.uncounted = uncounted
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, at most `concurrency` at a time."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.monotonic()
        status = 0

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        counted = int(scope["path"] != self.uncounted)
        self._running += counted
        self.metrics.running.set(self._running)
        try:
            if counted and self._running > self.concurrency:
                await problem_response(wire_problem(WireReason.BUSY), scope)(scope, receive, send_noting)
            else:
                await self.app(scope, receive, send_noting)
        except ClientDisconnect:
            status = _CALLER_LEFT
        except Exception as error:  # noqa: BLE001 - the last one who could answer; its text may hold case data
            self._note(error, scope)
            if not status:
                await problem_response(refused_problem(Refused(Reason.INTERNAL)), scope)(scope, receive, send_noting)
            # else the answer stays incomplete: the server closes the connection, so the caller cannot take it for whole
        finally:
            self._running -= counted
            self.metrics.running.set(self._running)
            self.metrics.answered(operation_of(scope), status or _CALLER_LEFT, time.monotonic() - begun)

    def _note(self, error: Exception, scope: Scope) -> None:
        self.metrics.failures.inc()
        places = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        _log.error("request failed", error=type(error).__name__, operation=operation_of(scope), places=places[-4:])
