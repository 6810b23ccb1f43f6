"""Who looked at which case: a chain of rows that nobody can alter without the master key being in hand.

Each row's digest is a keyed hash over the row and the digest of the row before it; the last number and digest stand,
with a keyed hash of their own, beside the rows, so that rows cut off at the end are missed too. The key lies outside
the database (`certs.rest`). NOT found out: a whole database put back as it was on an earlier day; for that the last
digest is told to the machine's log now and then.

The first look of a person at a part of a case is written in the transaction that reads it, before the answer goes out;
another within the same minute is not written again. Lines of lists, which show a name and little else, are noted soon
after (`node.desk.line_looks`): one row a list with the numbers of its cases, each case once an hour a person.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol, cast

import structlog

from node.records import MetaRecord, to_us
from node.records_people import LookLineRecord, LookRecord
from node.writer import Tx

HEAD: Final = "looks/head"
NOTHING: Final = bytes(32)
_MINUTE: Final = 60_000_000  # microseconds
_HOUR: Final = 60 * _MINUTE
_MOST_RECENT: Final = 200_000
_TELL_EVERY: Final = 1000
FIELD: Final = "looks"  # of the keyed hash
_log = structlog.get_logger("node.looks")
Keyed = Callable[[str], bytes]
_Key = tuple[str, str, str, str, str]


class What(StrEnum):
    """What was looked at."""

    CASE = "case"
    THREAD = "thread"
    FILES = "files"
    FILE = "file"
    SEARCH = "search"
    MOVE = "move"
    DRAFT = "draft"
    PAPER = "paper"
    REQUEST = "request"
    LINES = "lines"  # of a list: `part` has the numbers of the cases, with a space between
    OLD_CASE = "old_case"


class LookRoom:
    """The end of the chain, and who looked within the last minute; follows the store with each commit."""

    def __init__(self) -> None:
        self.head: tuple[int, bytes] | None = None
        self.recent: OrderedDict[_Key, int] = OrderedDict()

    def settle(self, values: Mapping[object, object]) -> None:
        """Take over what was committed."""
        for key, value in values.items():
            if key == HEAD:
                self.head = cast("tuple[int, bytes]", value)
                if self.head[0] % _TELL_EVERY == 0:
                    _log.info("look log", number=self.head[0], digest=self.head[1].hex())
            else:
                self.recent[cast("_Key", key)] = cast("int", value)
                self.recent.move_to_end(cast("_Key", key))
        while len(self.recent) > _MOST_RECENT:
            self.recent.popitem(last=False)

    def forget(self) -> None:
        """Drop what may differ from the store."""
        self.head = None
        self.recent.clear()


class Looker(Protocol):
    """Who looks."""

    @property
    def staff_id(self) -> str:
        """Whose account it is."""
        ...

    @property
    def unit(self) -> str:
        """In which unit."""
        ...


def note_look(
    tx: Tx,
    room: LookRoom,
    keyed: Keyed,
    *,
    at: datetime,
    who: Looker,
    on_behalf: str,
    what: What,
    subject: str,
    part: str = "",
) -> None:
    """Write that somebody looks, unless it was written within the last minute."""
    if _is_new(tx, room, (who.staff_id, who.unit, what.value, subject, part), to_us(at), within=_MINUTE):
        _append(tx, room, keyed, at=at, who=who, on_behalf=on_behalf, what=what, subject=subject, part=part)


def note_lines(
    tx: Tx, room: LookRoom, keyed: Keyed, *, at: datetime, who: Looker, on_behalf: str, subjects: Sequence[str]
) -> None:
    """Write that a list showed these cases: one row, and a way from each case to it; none seen within the hour."""
    now = to_us(at)
    new = [
        subject
        for subject in dict.fromkeys(subjects)
        if _is_new(tx, room, (who.staff_id, who.unit, What.LINES.value, subject, ""), now, within=_HOUR)
    ]
    if new:
        number = _append(
            tx, room, keyed, at=at, who=who, on_behalf=on_behalf, what=What.LINES, subject="", part=" ".join(new)
        )
        for subject in new:
            tx.put(LookLineRecord(subject=subject, number=number, unit=who.unit))


def _is_new(tx: Tx, room: LookRoom, key: _Key, now: int, *, within: int) -> bool:
    """Whether it was not noted lately; it is from now on."""
    last = cast("int | None", tx.recall(room, key)) or room.recent.get(key)
    if last is not None and 0 <= now - last < within:
        return False
    tx.remember(room, key, now)
    return True


def _append(
    tx: Tx,
    room: LookRoom,
    keyed: Keyed,
    *,
    at: datetime,
    who: Looker,
    on_behalf: str,
    what: What,
    subject: str,
    part: str,
) -> int:
    number, previous = _end(tx, room)
    row = LookRecord(
        number=number + 1,
        previous=previous,
        at=to_us(at),
        staff_id=who.staff_id,
        on_behalf=on_behalf,
        unit=who.unit,
        what=what.value,
        subject=subject,
        part=part,
        digest=b"",
    )
    row = replace(row, digest=digest_of(keyed, row))
    tx.put(row)
    tx.put(MetaRecord(HEAD, head_value(keyed, row.number, row.digest)))
    tx.remember(room, HEAD, (row.number, row.digest))
    return row.number


def _end(tx: Tx, room: LookRoom) -> tuple[int, bytes]:
    held = cast("tuple[int, bytes] | None", tx.recall(room, HEAD)) or room.head
    if held is not None:
        return held
    number = tx.store.maximum(LookRecord, "number")
    last = tx.get(LookRecord, (number,)) if number else None
    return (number, last.digest) if last is not None else (0, NOTHING)


def digest_of(keyed: Keyed, row: LookRecord) -> bytes:
    """The keyed hash of a row and of all rows before it."""
    texts = (row.staff_id, row.on_behalf, row.unit, row.what, row.subject, row.part)
    return _mac(keyed, b"look", row.number.to_bytes(8), row.at.to_bytes(8), row.previous, *map(str.encode, texts))


def head_value(keyed: Keyed, number: int, digest: bytes) -> bytes:
    """Where the chain ends, as it is kept."""
    return number.to_bytes(8) + digest + _mac(keyed, b"look head", number.to_bytes(8), digest)


def _mac(keyed: Keyed, *parts: bytes) -> bytes:
    """Keyed over a digest in hexadecimal: the look-up hash takes text without regard to case."""
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(4) + part)
    return keyed(digest.hexdigest())


def is_whole(keyed: Keyed, row: LookRecord) -> bool:
    """The row is what was written."""
    return digest_of(keyed, row) == row.digest


def first_broken(keyed: Keyed, rows: Iterable[LookRecord], head: bytes, *, after: int = 0) -> int:
    """The number of the first row that was altered, put in or taken out; 0 for a whole chain.

    `rows` in order from the one after number `after`, whose own digest is then taken from the first of them; `head`
    what is kept of the end (empty when nothing ever was).
    """
    number, previous = after, NOTHING
    for row in rows:
        follows = row.previous == previous or (after and number == after)
        number += 1
        if row.number != number or not follows or not is_whole(keyed, row):
            return number
        previous = row.digest
    if not head and not number:
        return 0
    return 0 if head == head_value(keyed, number, previous) else number + 1


def last_number(head: bytes) -> int:
    """The number that the kept end of the chain names; 0 for none."""
    return int.from_bytes(head[:8]) if len(head) > len(NOTHING) else 0
