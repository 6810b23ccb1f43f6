"""The node's copies of files: sealed as they come in, so that no plaintext is ever on disk, and never changed.

    materials/<first two digits>/<material id>.sealed      sealed chunks one after another, as they travel
    materials/<first two digits>/<material id>.part        while it is written or received

A file's key is drawn once, for this copy; it lies in the record, under the delegation's data key. A changed file is
another copy with another id and key. An interrupted upload goes on with the same sealed bytes; nothing is sealed twice.
"""

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from certs.chunks import (
    CHUNK,
    SEALED_CHUNK,
    ChunkError,
    check_chunk,
    new_key,
    open_chunk,
    plain_size,
    seal_chunk,
    sealed_size,
)
from delegation.errors import Reason, Refusal
from delegation.merkle import leaf_hash, root_of
from node.ids import uuid4
from node.media import HEAD, media_type
from node.settings import NodeSettings


@dataclass(frozen=True, slots=True)
class Copied:
    """A file that was copied into the store."""

    material_id: str
    key: bytes
    size: int
    sha256: bytes
    media_type: str
    root: bytes
    sealed_size: int
    leaf_hashes: tuple[bytes, ...]


class MaterialFolder:
    """Sealed files on disk."""

    def __init__(self, settings: NodeSettings) -> None:
        self._folder = settings.materials_dir
        self._settings = settings

    def path(self, material_id: str, *, part: bool = False) -> Path:
        """Where a material lies."""
        return self._folder / material_id[:2] / f"{material_id}.{'part' if part else 'sealed'}"

    def check_space(self, size: int = 0) -> None:
        """Refusal DISK_FULL when too little would stay free."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(self._folder).free < self._settings.min_free_bytes + size:
            raise Refusal(Reason.DISK_FULL)

    async def copy_in(self, stream: AsyncIterable[bytes], *, name: str) -> Copied:
        """Seal a stream into the store. Constant memory: one chunk and 32 bytes a chunk.

        Raises:
            Refusal: TOO_LARGE, MATERIAL_TYPE_REFUSED by content, DISK_FULL, INVALID_INPUT for an empty file.
        """
        self.check_space()
        material_id, key = uuid4(), new_key()
        part = self.path(material_id, part=True)
        part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        writing = _Writing(material_id, key, part, self._settings)
        try:
            async for piece in stream:
                await asyncio.to_thread(writing.feed, piece, name)
            found = await asyncio.to_thread(writing.finish, name)
            await asyncio.to_thread(os.replace, part, self.path(material_id))
        except OSError as error:
            raise _disk(error) from None
        finally:
            writing.close()
            part.unlink(missing_ok=True)
        return found

    def sealed_chunk(self, material_id: str, index: int) -> bytes:
        """Sealed chunk `index` as it lies on disk. Refusal MATERIAL_MISSING."""
        try:
            with self.path(material_id).open("rb") as file:
                file.seek(index * SEALED_CHUNK)
                return file.read(SEALED_CHUNK)
        except OSError:
            raise Refusal(Reason.MATERIAL_MISSING, material_id=material_id) from None

    def received(self, material_id: str) -> int:
        """Whole chunks that were received of a material so far."""
        try:
            return self.path(material_id, part=True).stat().st_size // SEALED_CHUNK
        except OSError:
            return 0

    def receive(
        self, material_id: str, index: int, data: bytes, *, sealed: int, leaf_hashes: tuple[bytes, ...]
    ) -> None:
        """Keep one received chunk, checked against the manifest's list. Refusal MATERIAL_DAMAGED, DISK_FULL."""
        try:
            check_chunk(data, index=index, sealed=sealed, leaf_hashes=leaf_hashes)
        except ChunkError as error:
            raise Refusal(Reason.MATERIAL_DAMAGED, why=str(error.code)) from error
        part = self.path(material_id, part=True)
        part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                file.seek(index * SEALED_CHUNK)
                file.truncate()
                file.write(data)
                if index == len(leaf_hashes) - 1:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise _disk(error) from None

    def complete(self, material_id: str, *, key: bytes, sealed: int, size: int, sha256: bytes) -> None:
        """Open a received material once, whole, and keep it. Refusal MATERIAL_DAMAGED when it is not what was said."""
        part = self.path(material_id, part=True)
        digest, found, count = hashlib.sha256(), 0, -(-sealed // SEALED_CHUNK)
        try:
            with part.open("rb") as file:
                for index in range(count):
                    plain = open_chunk(
                        key=key,
                        material_id=material_id,
                        index=index,
                        last=index == count - 1,
                        sealed=file.read(SEALED_CHUNK),
                    )
                    digest.update(plain)
                    found += len(plain)
        except ChunkError as error:
            part.unlink(missing_ok=True)
            raise Refusal(Reason.MATERIAL_DAMAGED, why=str(error.code)) from error
        except OSError:
            raise Refusal(Reason.MATERIAL_MISSING, material_id=material_id) from None
        if found != size or digest.digest() != sha256:
            part.unlink(missing_ok=True)
            raise Refusal(Reason.MATERIAL_DAMAGED, why="digest")
        part.replace(self.path(material_id))

    async def read(
        self, material_id: str, *, key: bytes, sealed: int, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """Plaintext from `start` to before `end`, chunk by chunk, decrypted on the fly. Refusal MATERIAL_DAMAGED."""
        size = plain_size(sealed)
        stop = size if end is None else min(end, size)
        count = -(-sealed // SEALED_CHUNK)
        for index in range(start // CHUNK, -(-stop // CHUNK) if stop else 0):
            data = await asyncio.to_thread(self.sealed_chunk, material_id, index)
            try:
                plain = open_chunk(key=key, material_id=material_id, index=index, last=index == count - 1, sealed=data)
            except ChunkError as error:
                raise Refusal(Reason.MATERIAL_DAMAGED, why=str(error.code)) from error
            first = index * CHUNK
            yield plain[max(start - first, 0) : stop - first]

    def drop(self, material_id: str) -> None:
        """Delete a file."""
        self.path(material_id).unlink(missing_ok=True)
        self.path(material_id, part=True).unlink(missing_ok=True)


class _Writing:
    """Seals a stream of pieces into a file, chunk by chunk."""

    def __init__(self, material_id: str, key: bytes, path: Path, settings: NodeSettings) -> None:
        self._id = material_id
        self._key = key
        self._settings = settings
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._buffer = bytearray()
        self._digest = hashlib.sha256()
        self._leaves: list[bytes] = []
        self._size = 0
        self._type = ""

    def feed(self, piece: bytes, name: str) -> None:
        self._size += len(piece)
        if self._size > self._settings.max_material_bytes:
            raise Refusal(Reason.TOO_LARGE, field="material")
        self._digest.update(piece)
        self._buffer += piece
        if not self._type and len(self._buffer) >= HEAD:
            self._judge(name)
        while len(self._buffer) > CHUNK:  # one byte more tells that this chunk is not the last
            self._seal(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]

    def _judge(self, name: str) -> None:
        self._type = media_type(bytes(self._buffer[:HEAD]), name=name)
        if self._type not in self._settings.material_kinds.allowed:
            raise Refusal(Reason.MATERIAL_TYPE_REFUSED, found=self._type)

    def _seal(self, plaintext: bytes, *, last: bool) -> None:
        data = seal_chunk(key=self._key, material_id=self._id, index=len(self._leaves), last=last, plaintext=plaintext)
        self._file.write(data)
        self._leaves.append(leaf_hash(data))

    def finish(self, name: str) -> Copied:
        if self._size == 0:
            raise Refusal(Reason.INVALID_INPUT, field="material")
        if not self._type:
            self._judge(name)
        self._seal(bytes(self._buffer), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        return Copied(
            material_id=self._id,
            key=self._key,
            size=self._size,
            sha256=self._digest.digest(),
            media_type=self._type,
            root=root_of(self._leaves),
            sealed_size=sealed_size(self._size),
            leaf_hashes=tuple(self._leaves),
        )

    def close(self) -> None:
        self._file.close()


def _disk(error: OSError) -> Refusal:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return Refusal(Reason.DISK_FULL if full else Reason.STORAGE_UNAVAILABLE)
