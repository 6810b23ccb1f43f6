"""Passwords: argon2id (RFC 9106, 4: t=3, m=64 MiB, p=4), worked out in threads, a few at a time, never on the loop."""

import asyncio
import base64
import os
import secrets
import unicodedata
from collections.abc import Callable
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from delegation.errors import Reason, Refusal

T = TypeVar("T")
LEAST: Final = 10
MOST: Final = 256  # characters; a longer one is refused before it is worked on
_AT_ONCE: Final = 2  # 64 MiB each: the cores of a small machine, and no more memory than this
_MOST_WAITING: Final = 64
_READ_OUT: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def check_password(password: str, *, staff_id: str) -> None:
    """Length, and that it is not the account's own name. Refusal INVALID_INPUT (field, why), never the text.

    Not checked: lists of common passwords; five failures lock the account.
    """
    if not LEAST <= len(password) <= MOST:
        raise Refusal(Reason.INVALID_INPUT, field="password", why="length")
    if password.strip().casefold() == staff_id.casefold() or len(set(password)) == 1:
        raise Refusal(Reason.INVALID_INPUT, field="password", why="easy")


def one_time_password() -> str:
    """A password of 80 random bits in four groups that can be read out: no 0, 1, I, O."""
    return "-".join("".join(secrets.choice(_READ_OUT) for _ in range(4)) for _ in range(4))


class Passwords:
    """Hashes and verifies. `verify` without a stored hash does the same work and says no."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = _hash_of_nothing(self._hasher)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The encoded hash of a checked password. Refusal UNAVAILABLE when too many wait."""
        return await self._work(lambda: self.hash_now(password))

    def hash_now(self, password: str) -> str:
        """The same on the calling thread, for commands on the machine itself."""
        return self._hasher.hash(_normal(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password of the stored hash; None is an account that does not exist, at the same cost."""
        return await self._work(lambda: self._verified(stored, password))

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verified(self, stored: str | None, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobody, _normal(password[:MOST]))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None and len(password) <= MOST

    async def _work(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Refusal(Reason.UNAVAILABLE, field="password")
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _normal(password: str) -> bytes:
    """One spelling for what looks the same (RFC 8265, 4.2), in bytes; a lone surrogate is no text of anybody."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A well-formed hash of these parameters that no password has: random bytes where salt and hash stand."""
    salt, tag = (
        base64.b64encode(os.urandom(size)).decode("ascii").rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${tag}"
