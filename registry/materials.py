"""Sealed materials: chunks come one by one, are checked against the root, synced, and kept as files of their own.

A material belongs to its uploader and one thread, whoever else draws the same id. Memory is constant: one chunk, and 32
bytes a chunk for the leaf hashes. The registry holds no key and opens nothing.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from certs.chunks import SEALED_CHUNK, ChunkError, check_chunk, check_leaf_hashes, chunk_count, plain_size
from certs.files import make_folder, sync_folder
from delegation.codec_header import parse_header
from delegation.errors import Reason, Refusal
from delegation.model import MaterialRef
from delegation.thread_state import ThreadState
from registry.database import Database
from registry.quotas import over
from registry.records import MaterialRow
from registry.settings import RegistrySettings
from registry.store import StoreUnavailable
from registry.threads import read_threads

_HASH = 32
_LOCKS = 64
_DAY = timedelta(days=1)


class Materials:
    """Chunk files in a folder, and their records in the store."""

    def __init__(self, database: Database, settings: RegistrySettings, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._store = database.store
        self._settings = settings
        self._folder = settings.materials_dir
        self._clock = clock
        # Two uploads of one material never run at once; that some others wait as well does no harm.
        self._locks = [asyncio.Lock() for _ in range(_LOCKS)]

    async def upload(
        self,
        *,
        unit: str,
        units: Sequence[str],
        thread_id: str,
        material: MaterialRef,
        number: int,
        chunk: bytes,
        leaf_hashes: Sequence[bytes],
    ) -> tuple[int, bool]:
        """Take a chunk, or say what is held when it is empty: (chunks held from 0 without a gap, complete).

        The first call brings the leaf hashes. A chunk that is held already is answered, not written. Raises Refusal:
        MALFORMED, TOO_LARGE, DIGEST_MISMATCH for what is not of the root, QUOTA_EXCEEDED, STORAGE_UNAVAILABLE.
        """
        name = (unit, thread_id, material.material_id)
        async with self._locks[hash(name) % _LOCKS]:
            row = await self._begun(name, units, material, leaf_hashes)
            if row is None:
                return 0, False
            held = await asyncio.to_thread(self._held, row)
            if not chunk or row.complete or number < held:
                return held, row.complete
            if number != held:
                raise Refusal(Reason.MALFORMED, field="chunk_number")
            await asyncio.to_thread(self._write, row, number, chunk)
            held += 1
            if held == row.chunk_count:
                row = replace(row, complete=True)
                await self._database.write(partial(self._store.put_material, row))
            return held, row.complete

    async def _begun(
        self, name: tuple[str, str, str], units: Sequence[str], material: MaterialRef, leaf_hashes: Sequence[bytes]
    ) -> MaterialRow | None:
        row = await self._database.read(lambda: self._store.material(*name))
        if row is not None:
            if (row.root, row.sealed_size, row.chunk_count) != (
                material.root,
                material.sealed_size,
                material.chunk_count,
            ):
                raise Refusal(Reason.DIGEST_MISMATCH, field="material")
            return row
        if not leaf_hashes:
            return None
        if material.sealed_size > self._settings.quotas.material_bytes:
            raise Refusal(Reason.TOO_LARGE, field="material")
        if any(len(leaf) != _HASH for leaf in leaf_hashes):
            raise Refusal(Reason.MALFORMED, field="leaf_hashes")
        try:
            if material.chunk_count != chunk_count(plain_size(material.sealed_size)):
                raise Refusal(Reason.MALFORMED, field="material")
            check_leaf_hashes(leaf_hashes, root=material.root, sealed=material.sealed_size)
        except ChunkError as error:
            raise Refusal(Reason.DIGEST_MISMATCH, field="leaf_hashes") from error
        at = self._clock()
        taken = await self._database.read(lambda: self._store.uploaded_bytes(units, since=at - _DAY))
        if taken + material.sealed_size > self._settings.quotas.upload_bytes_a_day:
            raise over("uploads")
        row = MaterialRow(
            unit=name[0],
            thread_id=name[1],
            material_id=name[2],
            root=material.root,
            sealed_size=material.sealed_size,
            chunk_count=material.chunk_count,
            leaf_hashes=b"".join(leaf_hashes),
            complete=False,
            created_at=at,
        )
        await self._database.write(partial(self._store.put_material, row))
        return row

    def _path(self, name: tuple[str, str, str]) -> Path:
        # A digest: no string that came from outside is ever a part of a path.
        digest = hashlib.sha256("/".join(name).encode()).hexdigest()
        return self._folder / digest[:2] / digest

    def _held(self, row: MaterialRow) -> int:
        """Chunks held without a gap; the last one is read again, for a crash may have left a part of it."""
        if row.complete:
            return row.chunk_count
        path = self._path((row.unit, row.thread_id, row.material_id))
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StoreUnavailable from error
        whole = row.chunk_count if size == row.sealed_size else size // SEALED_CHUNK
        if whole:
            try:
                check_chunk(
                    self._read(path, whole - 1, row), index=whole - 1, sealed=row.sealed_size, leaf_hashes=_leaves(row)
                )
            except ChunkError:
                whole -= 1
        return whole

    def _write(self, row: MaterialRow, number: int, chunk: bytes) -> None:
        try:
            check_chunk(chunk, index=number, sealed=row.sealed_size, leaf_hashes=_leaves(row))
        except ChunkError as error:
            raise Refusal(Reason.DIGEST_MISMATCH, field="chunk") from error
        path = self._path((row.unit, row.thread_id, row.material_id))
        try:
            if shutil.disk_usage(self._folder).free < self._settings.min_free_bytes:
                raise Refusal(Reason.STORAGE_UNAVAILABLE)
            if number == 0:
                make_folder(path.parent)
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                at = number * SEALED_CHUNK
                os.ftruncate(descriptor, at)  # what a crash left of this chunk
                view = memoryview(chunk)
                while view:
                    written = os.pwrite(descriptor, view, at)
                    view, at = view[written:], at + written
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if number == 0:
                sync_folder(path.parent)
                sync_folder(self._folder)
        except OSError as error:
            raise StoreUnavailable from error

    @staticmethod
    def _read(path: Path, number: int, row: MaterialRow) -> bytes:
        try:
            with path.open("rb") as file:
                file.seek(number * SEALED_CHUNK)
                last = number == row.chunk_count - 1
                return file.read(row.sealed_size - number * SEALED_CHUNK if last else SEALED_CHUNK)
        except FileNotFoundError as error:
            raise Refusal(Reason.NOT_FOUND) from error
        except OSError as error:
            raise StoreUnavailable from error

    async def find(self, *, unit: str, thread_id: str, material_id: str) -> MaterialRow:
        """A complete material that the unit may download: it is a recipient of an accepted envelope that lists it.

        The host of an earlier leg gets nothing more. Raises Refusal NOT_FOUND for anything else, known or not.
        """

        def ask() -> MaterialRow | None:
            kept = read_threads(self._store, [thread_id]).get(thread_id)
            if kept is None or not _takes_part(kept.state, unit):
                return None
            for uploader, header_bytes in self._store.listings(thread_id, material_id):
                header = parse_header(header_bytes)
                if any(recipient.unit == unit for recipient in header.recipients):
                    row = self._store.material(uploader, thread_id, material_id)
                    listed = {material.material_id: material.root for material in header.manifest}
                    if row is not None and row.complete and row.root == listed.get(material_id):
                        return row
            return None

        found = await self._database.read(ask)
        if found is None:
            raise Refusal(Reason.NOT_FOUND)
        return found

    async def chunks(self, row: MaterialRow, *, start: int) -> AsyncIterator[tuple[int, bytes]]:
        """Its sealed chunks from a number on. Raises Refusal NOT_FOUND when they were deleted meanwhile."""
        path = self._path((row.unit, row.thread_id, row.material_id))
        for number in range(start, row.chunk_count):
            yield number, await asyncio.to_thread(self._read, path, number, row)

    async def delete(self, unit: str, thread_id: str, material_id: str) -> None:
        """Delete the record, then the file: a crash between leaves a file that the next upload overwrites."""
        await self._database.write(lambda: self._store.delete_material(unit, thread_id, material_id))
        with suppress(FileNotFoundError):
            await asyncio.to_thread(self._path((unit, thread_id, material_id)).unlink)


def leaf_list(row: MaterialRow) -> list[bytes]:
    """The leaf hashes of every chunk, in order."""
    return list(_leaves(row))


def _leaves(row: MaterialRow) -> tuple[bytes, ...]:
    return tuple(row.leaf_hashes[at : at + _HASH] for at in range(0, len(row.leaf_hashes), _HASH))


def _takes_part(state: ThreadState, unit: str) -> bool:
    return unit in state.parties
