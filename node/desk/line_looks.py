"""Lines of lists that show a worker's name, noted as looks soon after they were shown.

A list is asked for again and again and shows many cases, so its answer does not wait for this: what was shown is
gathered and written within half a second, all that came up in one transaction. What was not written when the process is
killed is not known afterwards: that half second is the price. A store that takes nothing is tried again; when too much
waits, lists wait for the store too, and are refused while it refuses.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from delegation.errors import Refusal
from node.desk.guard import READS, acting_as
from node.desk.ports import Actor
from node.looks import FIELD, note_lines
from node.state import State
from node.writer import Tx

SOON_SECONDS: Final = 0.5
_MOST_WAITING: Final = 2_000  # lists
_log = structlog.get_logger("node.looks")
_Run = Callable[[Callable[[Tx, State, datetime], None]], Coroutine[Any, Any, None]]  # Any: what asyncio passes on
_Shown = tuple[datetime, Actor, tuple[str, ...]]


class LineLooks:
    """What lists have shown and the store does not know yet."""

    def __init__(self, run: _Run, clock: Callable[[], datetime], *, seconds: float = SOON_SECONDS) -> None:
        self._run = run
        self._clock = clock
        self._seconds = seconds
        self._waiting: list[_Shown] = []
        self._writing: asyncio.Task[None] | None = None

    async def note(self, actor: Actor, subjects: Sequence[str]) -> None:
        """Note that the actor is shown these cases. Waits for nothing, unless too much waits already.

        Raises:
            Refusal: the store's, when too much waits and it takes nothing.
        """
        if not subjects:
            return
        if len(self._waiting) >= _MOST_WAITING:
            await self.flush()
        self._waiting.append((self._clock(), actor, tuple(subjects)))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._soon(), name="line-looks")

    async def _soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._seconds)
            try:
                await self.flush()
            except Refusal as refusal:
                _log.warning("looks not written yet", reason=refusal.reason.value, lists=len(self._waiting))

    async def flush(self) -> None:
        """Write what waits. Refusal: the store's; what waits stays."""
        shown, self._waiting = self._waiting, []
        if not shown:
            return
        try:
            await self._run(lambda tx, state, _at: _write(tx, state, shown))
        except BaseException:
            self._waiting = shown + self._waiting
            raise

    async def close(self) -> None:
        """Write what waits, once; called before the writer stops."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
            self._writing = None
        try:
            await self.flush()
        except Refusal as refusal:
            _log.error("looks not written", reason=refusal.reason.value, lists=len(self._waiting))


def _write(tx: Tx, state: State, shown: Sequence[_Shown]) -> None:
    def keyed(text: str) -> bytes:
        return state.vault.lookup(text, field=FIELD)

    for at, actor, subjects in shown:
        acting = acting_as(actor, *READS)
        on_behalf = acting.staff_id if acting is not None else ""
        note_lines(tx, state.looks, keyed, at=at, who=actor, on_behalf=on_behalf, subjects=subjects)
