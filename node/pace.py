"""How close together calls of one sort go: under load each waits a little for company, after a silence none does.

A call costs both ends as much as several of the things it carries, whatever it carries. Not for envelopes: somebody's
next move waits for each, and at 64 in flight a pace of 20 ms cost more of the rate than it saved of the processor.
"""

import asyncio
from collections.abc import Sized
from time import monotonic
from typing import Final

_LOOK: Final = 0.025  # seconds from one look at what has come together to the next


class Pace:
    """The pace of one sort of call.

    A call that goes within `apart` seconds of the last one waits for the end of them, and as long again while `many`
    things wait, unless `enough` wait by then.
    """

    def __init__(self, *, apart: float, enough: int, many: int) -> None:
        self._apart = apart
        self._enough = enough
        self._many = many
        self._until = 0.0

    def went(self) -> None:
        """A call went."""
        self._until = monotonic() + self._apart

    async def gather(self, waiting: Sized) -> None:
        """Let things come together, as long as that pays. `waiting` is looked at again and again."""
        while (count := len(waiting)) < self._enough:
            left = self._until - monotonic() + (self._apart if count >= self._many else 0.0)
            if left <= 0:
                return
            await asyncio.sleep(min(left, _LOOK))
