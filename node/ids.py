"""Identifiers that this node draws."""

import os
import uuid
from datetime import datetime
from typing import Final

from node.records import to_us

_BYTES: Final = 10  # of which 74 bits are used
_DRAWN_AT_ONCE: Final = 64
_drawn: Final[list[bytes]] = []  # random, each used once; asking the system each time costs more than all the rest
os.register_at_fork(after_in_child=_drawn.clear)


def _random() -> int:
    """Eighty random bits that nobody was given before. Any thread may ask."""
    try:
        piece = _drawn.pop()
    except IndexError:
        drawn = os.urandom(_BYTES * _DRAWN_AT_ONCE)
        piece, *rest = [drawn[start : start + _BYTES] for start in range(0, len(drawn), _BYTES)]
        _drawn.extend(rest)
    return int.from_bytes(piece, "big")


def uuid7(at: datetime) -> str:
    """A UUIDv7 (RFC 9562 5.7): milliseconds of `at`, then 74 random bits."""
    random = _random()
    number = ((to_us(at) // 1000) & ((1 << 48) - 1)) << 80 | random
    number = number & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0b10 << 62  # version and variant
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def uuid4() -> str:
    """A random UUIDv4."""
    return str(uuid.uuid4())
