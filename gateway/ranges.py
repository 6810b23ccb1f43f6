"""One byte range of a file (RFC 9110 clause 14). Several at once get the whole file, as the RFC allows."""

import re
from dataclasses import dataclass
from typing import Final

_ONE_RANGE: Final = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` to before `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Number of bytes."""
        return self.end - self.start

    def content_range(self, size: int) -> str:
        """Value of the header Content-Range."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


class RangeNotSatisfiableError(Exception):
    """The range lies outside the file; `size` is the file's."""

    def __init__(self, size: int) -> None:
        super().__init__(f"size={size}")
        self.size = size


def requested_range(value: str | None, size: int) -> ByteRange | None:
    """The range that `value` (header Range) asks of a file of `size` bytes; None means the whole file.

    A header that is malformed, in other units or asks for several ranges is ignored (RFC 9110 clause 14.2).

    Raises:
        RangeNotSatisfiableError: a well-formed range of which the file holds no byte.
    """
    match = _ONE_RANGE.fullmatch(value.strip()) if value is not None else None
    if match is None or (not match[1] and not match[2]):
        return None
    if not match[1]:  # the last bytes
        length = int(match[2])
        if length == 0 or size == 0:
            raise RangeNotSatisfiableError(size)
        return ByteRange(max(size - length, 0), size)
    start = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < start:
        return None  # not a range at all
    if start >= size:
        raise RangeNotSatisfiableError(size)
    return ByteRange(start, min(last + 1, size))
