"""Padmé padding: hide the exact length of a sealed body at a cost of at most 12 per cent.

From "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs" (Nikitin et al., 2019), section 4:
a length of L bits keeps its leading floor(log2 log2 L) + 1 mantissa bits and is rounded up in the others, so that a
padded length tells O(log log L) bits where the plain one told O(log L).
"""

import struct
from enum import StrEnum

from delegation.errors import Reason, Refusal

MAX_CONTENT = 64 * 1024  # salt and body together; what is larger is a material
_PREFIX = struct.Struct(">I")
PREFIX_SIZE = _PREFIX.size


class PaddingCode(StrEnum):
    """Why a content or a padded block was refused."""

    TOO_LARGE = "TOO_LARGE"
    TRUNCATED = "TRUNCATED"
    LENGTH_MISMATCH = "LENGTH_MISMATCH"
    NOT_ZERO = "NOT_ZERO"


class PaddingError(Refusal, ValueError):
    """A content is too large, or a block is not what `pad` gives; `code` says why. No content is repeated."""

    def __init__(self, code: PaddingCode) -> None:
        super().__init__(Reason.TOO_LARGE if code is PaddingCode.TOO_LARGE else Reason.MALFORMED, code=code)
        self.code = code


def padme(length: int) -> int:
    """The padded length, in bytes, for a length of `length` bytes; lengths 0 and 1 stay as they are.

    Raises ValueError for a negative length.
    """
    if length < 0:
        raise ValueError("a length is not negative")
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    mantissa_bits = exponent.bit_length()
    mask = (1 << (exponent - mantissa_bits)) - 1
    return (length + mask) & ~mask


MAX_PADDED = padme(PREFIX_SIZE + MAX_CONTENT)


def pad(content: bytes) -> bytes:
    """4-byte big-endian length, content, zero bytes up to the Padmé length of the whole.

    Raises PaddingError above MAX_CONTENT bytes. Hides a length, nothing else: encrypt the result.
    """
    if len(content) > MAX_CONTENT:
        raise PaddingError(PaddingCode.TOO_LARGE)
    used = PREFIX_SIZE + len(content)
    return b"".join((_PREFIX.pack(len(content)), content, bytes(padme(used) - used)))


def unpad(padded: bytes) -> bytes:
    """The content of a padded block. Raises PaddingError for every block that `pad` does not give.

    One content has one block: another length, or a byte that is not zero, is refused and not skipped, so padding
    carries no hidden data. Not constant-time: call it on what an AEAD has authenticated.
    """
    if len(padded) > MAX_PADDED:
        raise PaddingError(PaddingCode.TOO_LARGE)
    if len(padded) < PREFIX_SIZE:
        raise PaddingError(PaddingCode.TRUNCATED)
    (length,) = _PREFIX.unpack_from(padded)
    if length > MAX_CONTENT:
        raise PaddingError(PaddingCode.TOO_LARGE)
    end = PREFIX_SIZE + length
    if len(padded) != padme(end):
        raise PaddingError(PaddingCode.LENGTH_MISMATCH)
    if padded.count(0, end) != len(padded) - end:
        raise PaddingError(PaddingCode.NOT_ZERO)
    return padded[PREFIX_SIZE:end]
