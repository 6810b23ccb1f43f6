"""Identifiers that this node draws."""

import os
import uuid
from datetime import datetime

from node.records import to_us


def uuid7(at: datetime) -> str:
    """A UUIDv7 (RFC 9562 5.7): milliseconds of `at`, then 74 random bits."""
    value = (to_us(at) // 1000) & ((1 << 48) - 1)
    random = int.from_bytes(os.urandom(10), "big")
    number = (value << 80) | (0x7 << 76) | ((random >> 68) & 0xFFF) << 64 | (0b10 << 62) | (random & ((1 << 62) - 1))
    return str(uuid.UUID(int=number))


def uuid4() -> str:
    """A random UUIDv4."""
    return str(uuid.uuid4())
