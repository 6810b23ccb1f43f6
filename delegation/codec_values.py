"""Small steps that every part of the codec takes: refuse a field by its name, read an instant, a day, a code.

A refusal says MALFORMED, UNKNOWN_CODE, UNKNOWN_VERSION or TOO_LARGE and the name of the field; never the value.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Final, NoReturn, TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from delegation import patterns
from delegation.errors import Reason, Refusal
from delegation.payloads import DIGEST_SIZE

MOST_COUNT: Final = 100_000  # no count in a header is near it
MOST_NUMBER: Final = 2**63 - 1  # what every store can hold
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
_FIRST_SECOND: Final = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
_LAST_SECOND: Final = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp())  # exclusive
_NANOS: Final = 1_000_000_000

SomeMessage = TypeVar("SomeMessage", bound=Message)
SomeEnum = TypeVar("SomeEnum", bound=IntEnum)


def malformed(field: str) -> NoReturn:
    """Refuse: the field is missing, out of its pattern or bounds, or must be absent here."""
    raise Refusal(Reason.MALFORMED, field=field)


def too_large(field: str) -> NoReturn:
    """Refuse: more bytes than any good one has."""
    raise Refusal(Reason.TOO_LARGE, field=field)


def unknown(field: str) -> NoReturn:
    """Refuse: the field holds a code that this version does not know."""
    raise Refusal(Reason.UNKNOWN_CODE, field=field)


def parsed(message: type[SomeMessage], data: bytes, *, most: int, field: str) -> SomeMessage:
    """The message of these bytes.

    Raises:
        Refusal: TOO_LARGE over `most` bytes; MALFORMED when they are no such message or a string is not UTF-8.
    """
    if len(data) > most:
        too_large(field)
    try:
        return message.FromString(data)
    except DecodeError:
        raise Refusal(Reason.MALFORMED, field=field) from None  # the library's text may repeat what it read


def table(codes: type[SomeEnum]) -> Mapping[int, SomeEnum]:
    """The members of an enum by number; quicker to ask than the enum."""
    return {int(member): member for member in codes}


class Codes(dict[int, SomeEnum]):
    """The codes of one field by number. Asking for a number that is none refuses it: a look-up and a check in one.

    0 is the enum's own UNSPECIFIED, or (`stated`) refused, where the contract refuses a field that is not set.
    """

    def __init__(self, codes: type[SomeEnum], field: str, *, stated: bool = False) -> None:
        super().__init__({int(member): member for member in codes if member or not stated})
        self._field = field

    def __missing__(self, number: int) -> SomeEnum:
        """Raises Refusal: MALFORMED for 0, UNKNOWN_CODE."""
        if number == 0:
            malformed(self._field)
        unknown(self._field)


def code(known: Mapping[int, SomeEnum], number: int, field: str) -> SomeEnum:
    """The code of a number; 0 is the enum's own UNSPECIFIED.

    Raises:
        Refusal: UNKNOWN_CODE.
    """
    found = known.get(number)
    if found is None:
        unknown(field)
    return found


def stated(known: Mapping[int, SomeEnum], number: int, field: str) -> SomeEnum:
    """As `code`, where the contract refuses a field that is not set.

    Raises:
        Refusal: MALFORMED when unspecified, UNKNOWN_CODE.
    """
    if number == 0:
        malformed(field)
    return code(known, number, field)


def instant(timestamp: Timestamp, field: str) -> datetime:
    """An aware UTC instant with microseconds, from 2000 to 2100. Finer fractions are refused, never rounded.

    Raises:
        Refusal: MALFORMED.
    """
    seconds, nanos = timestamp.seconds, timestamp.nanos
    if not (_FIRST_SECOND <= seconds < _LAST_SECOND and 0 <= nanos < _NANOS) or nanos % 1000:
        malformed(field)
    return _EPOCH + timedelta(0, seconds, nanos // 1000)  # days, seconds, microseconds; by name it costs half more


def put_instant(timestamp: Timestamp, at: datetime) -> None:
    """Write an aware instant.

    Raises:
        ValueError: the instant is naive.
    """
    if at.tzinfo is None:
        raise ValueError("naive instant")
    since = at - _EPOCH
    timestamp.seconds = since.days * 86_400 + since.seconds
    timestamp.nanos = since.microseconds * 1000


def day(text: str, field: str) -> date:
    """The day of an ISO date from 2000 to 2100.

    Raises:
        Refusal: MALFORMED.
    """
    found = patterns.day(text)
    if found is None:
        malformed(field)
    return found


def optional_day(text: str, field: str) -> date | None:
    """As `day`; None for an empty text."""
    return day(text, field) if text else None


def iso(on: date | None) -> str:
    """The text of a day; empty for none."""
    return "" if on is None else on.isoformat()


def digest(value: bytes, field: str) -> bytes:
    """A SHA-256: exactly 32 bytes.

    Raises:
        Refusal: MALFORMED.
    """
    if len(value) != DIGEST_SIZE:
        malformed(field)
    return value


def text(value: str, matches: patterns.Matcher, field: str) -> str:
    """A string of its closed pattern.

    Raises:
        Refusal: MALFORMED.
    """
    if not matches(value):
        malformed(field)
    return value


def optional_text(value: str, matches: patterns.Matcher, field: str) -> str:
    """As `text`; empty is fine."""
    if value and not matches(value):
        malformed(field)
    return value


def listed(value: str, known: frozenset[str], form: patterns.Matcher, field: str) -> str:
    """A string out of a closed list.

    Raises:
        Refusal: UNKNOWN_CODE for one of the right form that the list does not have, MALFORMED for any other.
    """
    if value not in known:
        if form(value):
            unknown(field)
        malformed(field)
    return value


def number(value: int, lowest: int, highest: int, field: str) -> int:
    """A number within its bounds, both included.

    Raises:
        Refusal: MALFORMED.
    """
    if not lowest <= value <= highest:
        malformed(field)
    return value


def at_most(values: Sequence[object], most: int, field: str) -> None:
    """Refuse a list that is longer than its cap.

    Raises:
        Refusal: MALFORMED.
    """
    if len(values) > most:
        malformed(field)


def distinct(values: Sequence[object], field: str) -> None:
    """Refuse a list that names the same twice.

    Raises:
        Refusal: MALFORMED.
    """
    if len(set(values)) != len(values):
        malformed(field)
