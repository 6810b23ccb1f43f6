"""Hints of what came up: collected where it happens, told in the loop once a batch, with the batch's answers.

Waking a loop from another thread costs a system call and takes the interpreter away from the writer. So its thread only
collects; the writer's own wake-up tells all of it (`Writer(spread=...)`).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from threading import get_ident

import structlog

from node.writer import place_of_error

_log = structlog.get_logger("node.hints")


class Hints:
    """Names on their way to `tell`, which is called in the loop, once for each name of a batch. Made in its thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tell: Callable[[str], None]) -> None:
        self._loop = loop
        self._ident = get_ident()
        self._tell = tell
        self._names: deque[str] = deque()

    def signal(self, what: str) -> None:
        """Something came up: told at once in the loop; from the writer's thread, with the answers of its batch."""
        if get_ident() == self._ident:
            self._tell(what)
        else:
            self._names.append(what)

    def spread(self) -> None:
        """Tell what was collected; in another loop than ours it is handed over."""
        names = self._names
        if not names:
            return
        if _running() is not self._loop:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self.spread)
            return
        found: dict[str, None] = {}
        while names:  # one by one: the writer's thread may be adding
            found[names.popleft()] = None
        for name in found:
            try:
                self._tell(name)
            except Exception as error:  # noqa: BLE001 - one that fails must not cost the others theirs
                _log.error("hint failed", error=type(error).__name__, where=place_of_error(error))


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
