"""Encryption at rest: a data key a delegation, wrapped by a master key outside the database and its backup.

    wrapped data key   1 | nonce | AES-256-GCM(wrapping key, data key, AAD = label, delegation id)
    row                1 | nonce | AES-256-GCM(data key, plaintext, AAD = label, row id)

The row's id is authenticated with it, so that ciphertexts of two rows cannot change places. Nonces are random: a
delegation has thousands of rows, far from the 2^32 that one key may have. Deleting the wrapped key purges the case.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certs.files import KeyFileCode, KeyFileError, read_secret, write_atomically
from delegation.payloads import length_prefixed

KEY_SIZE: Final = 32
NONCE_SIZE: Final = 12
TAG_SIZE: Final = 16
OVERHEAD: Final = 1 + NONCE_SIZE + TAG_SIZE
_VERSION: Final = b"\x01"
_FILE_LABEL: Final = "xieban-master-v1"
_WRAP: Final = length_prefixed(b"xieban/rest/wrap/v1")  # labels, each after its length
_ROW: Final = length_prefixed(b"xieban/rest/row/v1")
_LABEL_LOOKUP: Final = b"xieban/rest/lookup/v1"
_NONCES_AT_ONCE: Final = 64
_nonces: Final[list[bytes]] = []  # random, each used once; asking the system for each costs as much as encrypting
os.register_at_fork(after_in_child=_nonces.clear)


class RestError(Exception):
    """A stored ciphertext does not open: another key, another row, or damaged. Nothing of it is repeated."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A node's master key: one key that wraps data keys, another that look-ups are hashed with."""

    _wrapping: bytes = field(repr=False)
    _lookup: bytes = field(repr=False)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Draw new keys and write them, mode 0600. Raises KeyFileError(EXISTS) rather than replace a file."""
        keys = (os.urandom(KEY_SIZE), os.urandom(KEY_SIZE))
        text = "\n".join((_FILE_LABEL, *(key.hex() for key in keys), ""))
        write_atomically(path, text.encode(), replace=False)
        return cls(*keys)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that `create` wrote. Raises KeyFileError: missing, readable by others, malformed."""
        try:
            label, wrapping, lookup = read_secret(path).decode("ascii").splitlines()
            keys = (bytes.fromhex(wrapping), bytes.fromhex(lookup))
        except ValueError as error:  # the underlying text would be the key: cut the chain
            del error
            raise KeyFileError(KeyFileCode.MALFORMED, path) from None
        if label != _FILE_LABEL or any(len(key) != KEY_SIZE for key in keys):
            raise KeyFileError(KeyFileCode.MALFORMED, path)
        return cls(*keys)

    def wrap(self, data_key: bytes, delegation_id: str) -> bytes:
        """A data key as it is stored beside its delegation."""
        return _seal(self._wrapping, data_key, _WRAP, delegation_id)

    def unwrap(self, wrapped: bytes, delegation_id: str) -> bytes:
        """The data key again. Raises RestError for another master key or another delegation's wrapped key."""
        return _open(self._wrapping, wrapped, _WRAP, delegation_id)

    def lookup_hash(self, value: str, *, field: str = "id_number") -> bytes:
        """What a look-up column holds: HMAC-SHA-256 over the field's name and the value, trimmed and in capitals.

        Without the key, nobody can try all ID numbers against it. Equal values give equal hashes, by intent.
        """
        message = length_prefixed(_LABEL_LOOKUP, field.encode(), value.strip().upper().encode())
        return hmac.new(self._lookup, message, hashlib.sha256).digest()


def new_data_key() -> bytes:
    """A fresh AES-256 key for one delegation."""
    return os.urandom(KEY_SIZE)


def encrypt(data_key: bytes, row_id: str, plaintext: bytes) -> bytes:
    """A row as it is stored. `row_id` names table, row and column, and is never reused for another."""
    return _seal(data_key, plaintext, _ROW, row_id)


def decrypt(data_key: bytes, row_id: str, ciphertext: bytes) -> bytes:
    """The row again. Raises RestError for another key, another row's ciphertext, or a damaged one.

    Not detected: an older ciphertext of the same row put back; where that matters, `row_id` names the version too.
    """
    return _open(data_key, ciphertext, _ROW, row_id)


def _new_nonce() -> bytes:
    """Twelve random bytes that nobody was given before. Any thread may ask."""
    try:
        return _nonces.pop()
    except IndexError:
        drawn = os.urandom(NONCE_SIZE * _NONCES_AT_ONCE)
        first, *rest = [drawn[start : start + NONCE_SIZE] for start in range(0, len(drawn), NONCE_SIZE)]
        _nonces.extend(rest)
        return first


def _seal(key: bytes, plaintext: bytes, head: bytes, identity: str) -> bytes:
    nonce = _new_nonce()
    return b"".join((_VERSION, nonce, AESGCM(key).encrypt(nonce, plaintext, _aad(head, identity))))


def _open(key: bytes, stored: bytes, head: bytes, identity: str) -> bytes:
    if len(stored) < OVERHEAD or stored[:1] != _VERSION:
        raise RestError("stored ciphertext is malformed")
    nonce = stored[1 : 1 + NONCE_SIZE]
    try:
        return AESGCM(key).decrypt(nonce, stored[1 + NONCE_SIZE :], _aad(head, identity))
    except InvalidTag as error:
        raise RestError("stored ciphertext does not open") from error


def _aad(head: bytes, identity: str) -> bytes:
    """As `length_prefixed` of label (`head`: with its length before it) and identity."""
    named = identity.encode()
    return b"".join((head, len(named).to_bytes(4, "big"), named))
