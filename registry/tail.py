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
        self._lines: dict[str, deque[MailboxItem]] = {}
        self._size = 0
        self._count = 0

    def put(self, unit: str, items: Sequence[MailboxItem]) -> None:
        """Things that were committed into the unit's mailbox, in the order of their cursors."""
        if self._count + len(items) > _MOST_ITEMS or self._size > _MOST_BYTES:
            self._clear()
        self._lines.setdefault(unit, deque()).extend(items)
        self._size += sum(map(size_of, items))
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
        if line is None:
            return found
        while line and line[0].cursor <= after:
            self._drop(line)
        while line and len(found) < most and line[0].cursor == after + 1:
            size -= size_of(line[0])
            if size < 0 and found:
                break
            after += 1
            found.append(line[0])
            self._drop(line)
        return found

    def holds(self, unit: str) -> bool:
        """Whether more of the unit is here."""
        return bool(self._lines.get(unit))

    def _drop(self, line: deque[MailboxItem]) -> None:
        self._size -= size_of(line.popleft())
        self._count -= 1
