"""Who is told that a mailbox grew: the open stream of the unit's bureau, at once and without polling."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence

from delegation.errors import Reason, Refusal
from registry.records import MailboxItem
from registry.tail import Tail


class Line:
    """One open stream of a bureau: its bell, what comes next, and what it has sent that nobody acknowledged yet."""

    def __init__(self, bureau: str) -> None:
        self.bureau = bureau
        self.unacknowledged: set[tuple[str, int]] = set()
        self.fresh: set[str] = set()
        self.serves: Collection[str] = ()
        self.tail = Tail()
        self._turn = ""
        self._bell = asyncio.Event()
        self._head_due = False
        self._ended: Reason | None = None

    def take_fresh(self, units: Collection[str]) -> list[str]:
        """Units whose mailboxes may have something new, from the one after the first of last time; none stays fresh."""
        found = sorted(unit for unit in self.fresh if unit in units)
        self.fresh.clear()
        turned = [unit for unit in found if unit > self._turn] + [unit for unit in found if unit <= self._turn]
        self._turn = turned[0] if turned else self._turn
        return turned

    def ring(self) -> None:
        """Something happened."""
        self._bell.set()

    def end(self, reason: Reason) -> None:
        """The stream is to end."""
        self._ended = reason
        self._bell.set()

    def check(self) -> None:
        """Raise Refusal when the stream is to end."""
        if self._ended is not None:
            raise Refusal(self._ended)

    async def wait(self, seconds: float) -> bool:
        """Wait for the bell; False when a head is due: it stayed silent, or a roster was announced."""
        if not self._bell.is_set():
            timer = asyncio.get_running_loop().call_later(seconds, self.announce)
            try:
                await self._bell.wait()
            finally:
                timer.cancel()
        due, self._head_due = self._head_due, False
        self._bell.clear()
        return not due

    def announce(self) -> None:
        """A head is due, which names the roster in force."""
        self._head_due = True
        self._bell.set()


class Routes:
    """The open lines: one a bureau."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._bureaus: dict[str, str] = {}

    def open(self, bureau: str) -> Line:
        """A new line; an older one of the same bureau ends with STREAM_REPLACED."""
        older = self._lines.get(bureau)
        if older is not None:
            older.end(Reason.STREAM_REPLACED)
        line = self._lines[bureau] = Line(bureau)
        return line

    def close(self, line: Line) -> None:
        """The line's stream ended."""
        if self._lines.get(line.bureau) is line:
            del self._lines[line.bureau]

    def serve(self, line: Line, units: Collection[str]) -> None:
        """Which units the line is for, as the roster says now; the same collection is not read again."""
        if line.serves is units:
            return
        line.serves = units
        for unit in units:
            self._bureaus[unit] = line.bureau

    def grown(self, mail: Mapping[str, Sequence[MailboxItem]]) -> None:
        """What was committed into mailboxes, by unit."""
        for unit, items in mail.items():
            line = self._lines.get(self._bureaus.get(unit, ""))
            if line is not None:
                line.tail.put(unit, items)
                line.fresh.add(unit)
                line.ring()

    def acknowledged(self, bureau: str, deliveries: Iterable[tuple[str, int]]) -> None:
        """The bureau acknowledged deliveries, so that more may be sent."""
        line = self._lines.get(bureau)
        if line is not None:
            line.unacknowledged.difference_update(deliveries)
            if line.fresh:  # what waits for nothing else than this
                line.ring()

    def announce_all(self) -> None:
        """A new roster: every line looks whether it may go on, and tells its bureau of the roster at once."""
        for line in self._lines.values():
            line.announce()

    def end_all(self, reason: Reason) -> None:
        """Every stream is to end."""
        for line in tuple(self._lines.values()):
            line.end(reason)

    def is_open(self, bureau: str) -> bool:
        """Whether the bureau has a line."""
        return bureau in self._lines

    @property
    def count(self) -> int:
        """Open lines."""
        return len(self._lines)
