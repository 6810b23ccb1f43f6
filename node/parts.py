"""Several byte strings in one encrypted column: each after its length as four bytes, big-endian."""

from delegation.errors import Reason, Refusal
from delegation.payloads import length_prefixed

join = length_prefixed


def split_all(data: bytes) -> tuple[bytes, ...]:
    """All parts that `join` put together. Refusal INTERNAL (stored_content) for anything else."""
    found: list[bytes] = []
    position = 0
    while position < len(data):
        end = position + 4 + int.from_bytes(data[position : position + 4], "big")
        if position + 4 > len(data) or end > len(data):
            raise Refusal(Reason.INTERNAL, field="stored_content")
        found.append(data[position + 4 : end])
        position = end
    return tuple(found)


def split(data: bytes, count: int) -> tuple[bytes, ...]:
    """The `count` parts that `join` put together. Refusal INTERNAL (stored_content) for anything else."""
    found = split_all(data)
    if len(found) != count:
        raise Refusal(Reason.INTERNAL, field="stored_content")
    return found
