"""Sealed chunks of a material: a large file encrypted piece by piece, each piece to be checked and resent alone.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015; age uses it too) over AES-256-GCM:

    plaintext   cut into CHUNK bytes; the last chunk is shorter or full, and empty only when the whole file is
    nonce       7 zero bytes || chunk number, 4 bytes big-endian || 1 when the chunk is the last, else 0
    AAD         "xieban material chunk v1" || 0x00 || material id
    chunk       ciphertext || 16-byte tag
    root        RFC 6962 root over the sealed chunks (leaf data = sealed chunk), as the manifest names it

The number in the nonce stops re-ordering and repeats, the last mark stops cutting and extending, the material id stops
swapping between files. The nonce's prefix is zero because the key is used for one file alone: **a key is drawn once for
a copy that never changes; a changed file is a new material with a new key.** Sealing two plaintexts under one key and
number gives both away, so a resumed upload goes through `reseal_chunk`, which lets out only what was let out before.

Memory is constant: one chunk, its successor, and 32 bytes a chunk for the leaf hashes. AES-GCM and SHA-256 release the
GIL over a chunk (hashing is most of the time), so a service runs `seal_chunk`, `open_chunk` and `check_*` in threads
and its loop stays free; one ChunkSealer is for one thread at a time.
"""

import secrets
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from delegation.errors import Reason, Refusal
from delegation.merkle import Frontier, MerkleError, leaf_hash, root_of, verify_inclusion

CHUNK = 256 * 1024  # plaintext bytes; 1 MiB was no faster and took more memory
TAG_SIZE = 16
KEY_SIZE = 32
SEALED_CHUNK = CHUNK + TAG_SIZE
DEFAULT_MAX_SIZE = 1024**3  # plaintext bytes: 4,096 chunks
# What any setting may allow: 4 GiB, a list of leaf hashes of half a MiB. The nonce would hold far more.
MAX_CHUNKS = 16_384
MAX_SIZE = MAX_CHUNKS * CHUNK
MAX_ID_SIZE = 64

_LABEL = b"xieban material chunk v1\x00"
_NONCE = struct.Struct(">7xIB")


class ChunkCode(StrEnum):
    """Why a chunk, a sequence of chunks or a file was refused."""

    BAD_KEY = "BAD_KEY"
    BAD_ID = "BAD_ID"
    CHUNK_NUMBER = "CHUNK_NUMBER"
    CHUNK_SIZE = "CHUNK_SIZE"
    CHUNK_SEAL = "CHUNK_SEAL"
    TOO_LARGE = "TOO_LARGE"
    TRUNCATED = "TRUNCATED"
    EXTENDED = "EXTENDED"
    MATERIAL_SIZE = "MATERIAL_SIZE"
    MATERIAL_DIGEST = "MATERIAL_DIGEST"
    MATERIAL_CHANGED = "MATERIAL_CHANGED"


_REASONS = {
    ChunkCode.BAD_KEY: Reason.MALFORMED,
    ChunkCode.BAD_ID: Reason.MALFORMED,
    ChunkCode.CHUNK_NUMBER: Reason.MALFORMED,
    ChunkCode.CHUNK_SIZE: Reason.MALFORMED,
    ChunkCode.CHUNK_SEAL: Reason.CANNOT_OPEN,
    ChunkCode.TOO_LARGE: Reason.TOO_LARGE,
    ChunkCode.TRUNCATED: Reason.MATERIAL_DAMAGED,
    ChunkCode.EXTENDED: Reason.MATERIAL_DAMAGED,
    ChunkCode.MATERIAL_SIZE: Reason.MALFORMED,
    ChunkCode.MATERIAL_DIGEST: Reason.DIGEST_MISMATCH,
    ChunkCode.MATERIAL_CHANGED: Reason.MATERIAL_DAMAGED,
}


class ChunkError(Refusal, ValueError):
    """A chunk or material is refused; `code` says why. No content, key or name is repeated."""

    def __init__(self, code: ChunkCode) -> None:
        super().__init__(_REASONS[code], code=code)
        self.code = code


class Source(Protocol):
    """The part of a binary file that sealing reads."""

    def read(self, size: int, /) -> bytes: ...


class SeekableSource(Source, Protocol):
    """A source in which one chunk can be found again."""

    def seek(self, offset: int, /) -> int: ...


def new_key() -> bytes:
    """A fresh content key, for one copy of one file."""
    return secrets.token_bytes(KEY_SIZE)


def chunk_count(plain_size: int) -> int:
    """Number of chunks of a file of `plain_size` bytes; an empty file has one. Raises ChunkError out of bounds."""
    if plain_size < 0:
        raise ChunkError(ChunkCode.MATERIAL_SIZE)
    if plain_size > MAX_SIZE:
        raise ChunkError(ChunkCode.TOO_LARGE)
    return max(1, -(-plain_size // CHUNK))


def sealed_size(plain_size: int) -> int:
    """Bytes of all sealed chunks together. Raises ChunkError out of bounds."""
    return plain_size + TAG_SIZE * chunk_count(plain_size)


def plain_size(sealed: int) -> int:
    """The inverse of `sealed_size`. Raises ChunkError (MATERIAL_SIZE) for a size that no file gives."""
    count = max(1, -(-sealed // SEALED_CHUNK))
    plain = sealed - TAG_SIZE * count
    if plain < 0 or sealed_size(plain) != sealed:
        raise ChunkError(ChunkCode.MATERIAL_SIZE)
    return plain


def sealed_chunk_size(*, index: int, plain_size: int) -> int:
    """Bytes of sealed chunk `index` of a file of `plain_size` bytes. Raises ChunkError when it has no such chunk."""
    count = chunk_count(plain_size)
    if not 0 <= index < count:
        raise ChunkError(ChunkCode.CHUNK_NUMBER)
    return (CHUNK if index < count - 1 else plain_size - CHUNK * (count - 1)) + TAG_SIZE


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_SIZE:
        raise ChunkError(ChunkCode.BAD_KEY)
    return AESGCM(key)


def _aad(material_id: str) -> bytes:
    if not (0 < len(material_id) <= MAX_ID_SIZE and material_id.isascii() and material_id.isprintable()):
        raise ChunkError(ChunkCode.BAD_ID)
    return _LABEL + material_id.encode("ascii")


def _nonce(*, index: int, last: bool, size: int) -> bytes:
    """The nonce of a chunk of `size` plaintext bytes, once number and size fit each other."""
    if not 0 <= index < MAX_CHUNKS:
        raise ChunkError(ChunkCode.CHUNK_NUMBER)
    # A chunk that is not the last is full; the last is empty only when it is the first as well: one file, one cutting.
    if size > CHUNK or (size != CHUNK and not last) or (size == 0 and index > 0):
        raise ChunkError(ChunkCode.CHUNK_SIZE)
    return _NONCE.pack(index, last)


def seal_chunk(*, key: bytes, material_id: str, index: int, last: bool, plaintext: bytes) -> bytes:
    """Seal one chunk. Raises ChunkError when key, id, number or size are out of bounds.

    Does not know what was sealed before under this key and number: see `reseal_chunk`.
    """
    nonce = _nonce(index=index, last=last, size=len(plaintext))
    return _cipher(key).encrypt(nonce, plaintext, _aad(material_id))


def open_chunk(*, key: bytes, material_id: str, index: int, last: bool, sealed: bytes) -> bytes:
    """The plaintext of one sealed chunk. Raises ChunkError, CHUNK_SEAL when it was not sealed as just this chunk.

    A chunk that opens was sealed by a holder of the key, for this material, number and place in the file; whether the
    manifest means it is for `check_chunk` or `check_path` to say.
    """
    if len(sealed) < TAG_SIZE:
        raise ChunkError(ChunkCode.CHUNK_SIZE)
    nonce = _nonce(index=index, last=last, size=len(sealed) - TAG_SIZE)
    try:
        return _cipher(key).decrypt(nonce, sealed, _aad(material_id))
    except InvalidTag as error:
        raise ChunkError(ChunkCode.CHUNK_SEAL) from error


@dataclass(frozen=True, slots=True)
class SealedChunk:
    """A chunk on its way out."""

    index: int
    last: bool
    data: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class SealedMaterial:
    """What the manifest (root, size) and the sender's store (leaf hashes) keep of a sealed file."""

    root: bytes
    plain_size: int
    sealed_size: int
    leaf_hashes: tuple[bytes, ...]


def _read_full(source: Source, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end: a raw file or a pipe may give less than was asked for."""
    data = source.read(size)
    if len(data) in (0, size):
        return data
    parts = [data]
    missing = size - len(data)
    while missing and (data := source.read(missing)):
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)


class ChunkSealer:
    """Seal a file from its present position to its end; iterate once, then ask for `result`.

    Holds two chunks at most: only the end of the file tells which chunk is the last. Raises ChunkError (TOO_LARGE)
    when more than `max_size` bytes come, by then some chunks are out: the upload is to be dropped.
    """

    def __init__(self, source: Source, *, key: bytes, material_id: str, max_size: int = DEFAULT_MAX_SIZE) -> None:
        if not 0 <= max_size <= MAX_SIZE:
            raise ChunkError(ChunkCode.TOO_LARGE)
        self._source = source
        self._cipher = _cipher(key)
        self._aad = _aad(material_id)
        self._max_size = max_size
        self._leaves: list[bytes] = []
        self._plain_size = 0
        self._started = False
        self._frontier: Frontier | None = None

    def __iter__(self) -> Iterator[SealedChunk]:
        if self._started:  # a second pass over a file that had changed would seal two plaintexts under one nonce
            raise ChunkError(ChunkCode.MATERIAL_CHANGED)
        self._started = True
        return self._seal()

    def _seal(self) -> Iterator[SealedChunk]:
        frontier = Frontier()
        index, current = 0, _read_full(self._source, CHUNK)
        while True:
            # A short chunk ends the file: not read past, lest a file that still grows yields a second ending.
            following = _read_full(self._source, CHUNK) if len(current) == CHUNK else b""
            last = not following
            self._plain_size += len(current)
            if self._plain_size > self._max_size:
                raise ChunkError(ChunkCode.TOO_LARGE)
            data = self._cipher.encrypt(_nonce(index=index, last=last, size=len(current)), current, self._aad)
            leaf = leaf_hash(data)
            frontier = frontier.append(leaf)
            self._leaves.append(leaf)
            if last:
                self._frontier = frontier
            yield SealedChunk(index, last, data, leaf)
            if last:
                return
            index, current = index + 1, following

    @property
    def result(self) -> SealedMaterial:
        """Root, sizes and leaf hashes. Raises ChunkError (TRUNCATED) before the last chunk is out."""
        if self._frontier is None:
            raise ChunkError(ChunkCode.TRUNCATED)
        return SealedMaterial(
            self._frontier.root(), self._plain_size, sealed_size(self._plain_size), tuple(self._leaves)
        )


def reseal_chunk(
    source: SeekableSource, *, key: bytes, material_id: str, index: int, material: SealedMaterial
) -> SealedChunk:
    """Seal chunk `index` of an unchanged copy again, for a resumed upload: the same bytes as the first time.

    Raises ChunkError, MATERIAL_CHANGED when the copy is not what was sealed first: then nothing is let out, for it
    would break the first chunk's secrecy too. `source` begins with the file's first byte.
    """
    plain = sealed_chunk_size(index=index, plain_size=material.plain_size) - TAG_SIZE
    last = index == chunk_count(material.plain_size) - 1
    source.seek(index * CHUNK)
    plaintext = _read_full(source, plain)
    if len(plaintext) != plain:
        raise ChunkError(ChunkCode.MATERIAL_CHANGED)
    data = seal_chunk(key=key, material_id=material_id, index=index, last=last, plaintext=plaintext)
    leaf = leaf_hash(data)
    if leaf != material.leaf_hashes[index]:
        raise ChunkError(ChunkCode.MATERIAL_CHANGED)
    return SealedChunk(index, last, data, leaf)


def check_leaf_hashes(leaf_hashes: Sequence[bytes], *, root: bytes, sealed: int) -> None:
    """Check a list of leaf hashes against a manifest's root and sealed size. Raises ChunkError.

    After this `check_chunk` may judge any chunk alone; before it the list proves nothing.
    """
    if len(leaf_hashes) != chunk_count(plain_size(sealed)):
        raise ChunkError(ChunkCode.MATERIAL_SIZE)
    try:
        found = root_of(leaf_hashes)
    except MerkleError as error:
        raise ChunkError(ChunkCode.MATERIAL_DIGEST) from error
    if found != root:
        raise ChunkError(ChunkCode.MATERIAL_DIGEST)


def _check_size(data: bytes, *, index: int, sealed: int) -> None:
    if len(data) != sealed_chunk_size(index=index, plain_size=plain_size(sealed)):
        raise ChunkError(ChunkCode.CHUNK_SIZE)


def check_chunk(data: bytes, *, index: int, sealed: int, leaf_hashes: Sequence[bytes]) -> None:
    """Check sealed chunk `index` of a material of `sealed` bytes against its checked list of leaf hashes.

    Needs no key, so the registry does it at upload and the host again at download. Raises ChunkError.
    """
    _check_size(data, index=index, sealed=sealed)
    if index >= len(leaf_hashes) or leaf_hash(data) != leaf_hashes[index]:
        raise ChunkError(ChunkCode.MATERIAL_DIGEST)


def check_path(data: bytes, *, index: int, sealed: int, root: bytes, path: Sequence[bytes]) -> None:
    """As `check_chunk`, by an inclusion path to the manifest's root instead of the whole list. Raises ChunkError."""
    _check_size(data, index=index, sealed=sealed)
    try:
        verify_inclusion(index=index, size=chunk_count(plain_size(sealed)), leaf=leaf_hash(data), proof=path, root=root)
    except MerkleError as error:
        raise ChunkError(ChunkCode.MATERIAL_DIGEST) from error


def open_material(
    chunks: Iterable[bytes], *, key: bytes, material_id: str, root: bytes, sealed: int
) -> Iterator[bytes]:
    """The plaintext of a whole material, chunk by chunk, from its sealed chunks in order.

    Every chunk is authenticated before its plaintext is given, yet **root and end are known only when the iteration
    ends without an error**: write to a temporary file and keep it then. Raises ChunkError: TRUNCATED and EXTENDED for
    chunks that are missing or too many, MATERIAL_DIGEST when they are sound but not those of the manifest.
    """
    count = chunk_count(plain_size(sealed))
    frontier = Frontier()
    for index, data in enumerate(chunks):
        if index >= count:
            raise ChunkError(ChunkCode.EXTENDED)
        _check_size(data, index=index, sealed=sealed)
        plaintext = open_chunk(key=key, material_id=material_id, index=index, last=index == count - 1, sealed=data)
        frontier = frontier.append(leaf_hash(data))
        if index == count - 1 and frontier.root() != root:
            raise ChunkError(ChunkCode.MATERIAL_DIGEST)  # before the last plaintext is given
        yield plaintext
    if frontier.size < count:
        raise ChunkError(ChunkCode.TRUNCATED)
