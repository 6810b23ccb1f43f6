"""How close together calls of one sort go: under load each waits a little for company, after a silence none does.

A call costs both ends as much as several of the things it carries, whatever it carries.
"""

import asyncio
from collections.abc import Sized
from time import monotonic
from typing import Final

_LOOK: Final = 0.025  # seconds from one look at what has come together to the next


class Pace:
    """The pace of one sort of call.

    A call that goes within `apart` seconds of the last one waits for the end of them, unless `enough` things wait by
    then. Where `several` is over 1, only a call that carried so many makes the next one wait: the others told of no
    load.
    """

    def __init__(self, *, apart: float, enough: int, several: int = 1) -> None:
        self._apart = apart
        self._enough = enough
        self._several = several
        self._until = 0.0

    def went(self, count: int) -> None:
        """A call went that carried `count` things."""
        self._until = monotonic() + self._apart if count >= self._several else 0.0

    async def gather(self, waiting: Sized) -> None:
        """Let things come together, as long as that pays. `waiting` is looked at again and again."""
        while len(waiting) < self._enough and (left := self._until - monotonic()) > 0:
            await asyncio.sleep(min(left, _LOOK))
