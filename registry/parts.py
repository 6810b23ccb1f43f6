"""Several byte strings kept in one column."""

from collections.abc import Sequence

from delegation.payloads import length_prefixed


def join_parts(parts: Sequence[bytes]) -> bytes:
    """Each part after its length."""
    return length_prefixed(*parts)


def split_parts(data: bytes) -> tuple[bytes, ...]:
    """The inverse of `join_parts`. Raises ValueError for what it did not make."""
    parts, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            raise ValueError("parts are cut off")
        parts.append(data[at + 4 : end])
        at = end
    return tuple(parts)
