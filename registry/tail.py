"""The end of mailboxes in memory: what was just committed goes to an open stream without being read from the store.

The store stays the source. A tail gives only what follows a cursor without a gap; whatever it does not hold, or no
longer holds, is read.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from registry.records import MailboxItem

_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_ITEMS: Final = 4096
_OVERHEAD: Final = 1024  # of one thing on the wire and in memory, generously


def size_of(item: MailboxItem) -> int:
    """About how many bytes a thing is on the wire."""
    return len(item.header) + len(item.sealed_body) + len(item.evidence) + len(item.entry) + _OVERHEAD


class Tail:
    """What one stream's mailboxes end with; bounded, and emptied when it would grow over that."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[tuple[MailboxItem, int]]] = {}  # each with its size
        self._size = 0
        self._count = 0

    def put(self, unit: str, items: Sequence[MailboxItem]) -> None:
        """Things that were committed into the unit's mailbox, in the order of their cursors."""
        if self._count + len(items) > _MOST_ITEMS or self._size > _MOST_BYTES:
            self._clear()
        line = self._lines.get(unit)
        if line is None:
            line = self._lines[unit] = deque()
        for item in items:
            size = size_of(item)
            line.append((item, size))
            self._size += size
        self._count += len(items)

    def _clear(self) -> None:
        self._lines.clear()
        self._size = self._count = 0

    def take(self, unit: str, after: int, *, most: int, size: int) -> list[MailboxItem]:
        """What follows a cursor, at most so many things and, but for the first, so many bytes.

        Nothing when the next one is not here: then the store is to be asked. What is taken, and what lies before the
        cursor, is forgotten.
        """
        found: list[MailboxItem] = []
        line = self._lines.get(unit)
        if not line:
            return found
        left, held = size, len(line)
        while line:
            item, own = line[0]
            if item.cursor > after:
                if item.cursor > after + 1 or len(found) >= most or (own > left and found):
                    break
                left -= own
                after += 1
                found.append(item)
            line.popleft()
            self._size -= own
        self._count -= held - len(line)
        return found

    def holds(self, unit: str) -> bool:
        """Whether more of the unit is here."""
        return bool(self._lines.get(unit))
