"""Several byte strings kept in one column."""

from collections.abc import Sequence

from delegation.payloads import length_prefixed


def join_parts(parts: Sequence[bytes]) -> bytes:
    """Each part after its length."""
    if len(parts) == 1:
        return len(parts[0]).to_bytes(4, "big") + parts[0]
    return length_prefixed(*parts)


def split_parts(data: bytes) -> tuple[bytes, ...]:
    """The inverse of `join_parts`. Raises ValueError for what it did not make."""
    end = 4 + int.from_bytes(data[:4], "big")
    if end == len(data):  # one alone, as nearly always
        return (data[4:],)
    parts, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            raise ValueError("parts are cut off")
        parts.append(data[at + 4 : end])
        at = end
    return tuple(parts)
