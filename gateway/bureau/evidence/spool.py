"""Uploads that come in parts, kept until the last one is in: a broken connection costs one part, a reload nothing.

Each upload has a temporary file without a name (nothing is left when the process ends) and a key in memory, so nothing
readable is ever on the disk; a restart means to begin anew, and the page says so. Bounded in number, bytes and age.

NOT checked here: what is in the file, and whether the person may add to the case; that is the node's when it is handed
over. An upload belongs to the person (and unit) who began it; to anybody else it does not exist.
"""

import asyncio
import secrets
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from delegation.errors import Reason, Refusal
from gateway.problems import WireRefusalError
from gateway.settings import KIB, MIB, GatewaySettings
from gateway.wire_reasons import WireReason

MOST_PART: Final = 4 * MIB
LEAST_PART: Final = MIB  # but for the last one: a file is a bounded number of parts
_PIECE: Final = 256 * KIB
_PARTS_AT_ONCE: Final = 16  # each is in memory until it is sealed
_FREE: Final = 64 * MIB  # left alone on the disk
_FINISHED: Final = 512  # answers kept for a finish whose answer was lost
Owner = tuple[str, str]  # staff id, unit


class UploadGoneError(Exception):
    """No such upload: it was finished long ago, given up, too old, or lost with a restart."""


class OutOfStepError(Exception):
    """The part is not the next one; `received` bytes are here."""

    def __init__(self, received: int) -> None:
        super().__init__(f"received={received}")
        self.received = received


@dataclass(slots=True)
class Coming:
    """An upload on its way. `name` may hold personal data: for the person's own page alone."""

    upload_id: str
    owner: Owner
    subject_id: str
    name: str
    size: int
    mark: str  # what the page knows the file by, to find it again after a reload
    used_at: datetime
    file: IO[bytes]
    seal: AESGCM
    parts: list[tuple[int, int]] = field(default_factory=list)  # number of the nonce, sealed length
    received: int = 0
    last_digest: str = ""  # SHA-256 of the newest part, so that the page can tell that the file is the same
    last_size: int = 0
    drawn: int = 0
    gone: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def whole(self) -> bool:
        """Every byte is here."""
        return self.received == self.size

    def write(self, data: bytes) -> None:
        """Append a part, sealed. A number is never used twice, also when the disk failed in between."""
        number, self.drawn = self.drawn, self.drawn + 1
        sealed = self.seal.encrypt(number.to_bytes(12, "big"), data, self._bound(len(self.parts)))
        self.file.seek(sum(length for _, length in self.parts))
        self.file.truncate()
        self.file.write(sealed)
        self.file.flush()
        self.parts.append((number, len(sealed)))
        self.received += len(data)
        self.last_digest, self.last_size = sha256(data).hexdigest(), len(data)

    def read(self, index: int) -> bytes:
        """A part again."""
        number, length = self.parts[index]
        self.file.seek(sum(size for _, size in self.parts[:index]))
        return self.seal.decrypt(number.to_bytes(12, "big"), self.file.read(length), self._bound(index))

    def _bound(self, index: int) -> bytes:
        return f"{self.upload_id}/{index}".encode()


class Spool:
    """The uploads that are open now."""

    def __init__(self, *, folder: Path | None, most: int, most_a_person: int, most_bytes: int, idle: timedelta) -> None:
        self._folder = folder
        self._most, self._most_a_person, self._most_bytes, self._idle = most, most_a_person, most_bytes, idle
        self._open: dict[str, Coming] = {}
        self._finished: OrderedDict[str, tuple[Owner, str]] = OrderedDict()
        self._coming = 0

    @classmethod
    def of(cls, settings: GatewaySettings) -> "Spool":
        """As the operator set it."""
        return cls(
            folder=settings.spool_dir,
            most=settings.uploads_open,
            most_a_person=settings.uploads_per_person,
            most_bytes=settings.spool_bytes,
            idle=timedelta(minutes=settings.upload_idle_minutes),
        )

    @contextmanager
    def place_for_a_part(self) -> Generator[None, None, None]:
        """Memory for a part while it comes. WireRefusalError BUSY when others take it all."""
        if self._coming >= _PARTS_AT_ONCE:
            raise WireRefusalError(WireReason.BUSY, headers={"Connection": "close"})
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    def sweep(self, at: datetime) -> None:
        """Give up what nobody went on with."""
        for each in [each for each in self._open.values() if at - each.used_at > self._idle]:
            if not each.lock.locked():
                self._drop(each)

    def begin(self, owner: Owner, subject_id: str, *, name: str, size: int, mark: str, at: datetime) -> Coming:
        """A place for a file of `size` bytes.

        Raises:
            Refusal: QUOTA_EXCEEDED when too many are open, TOO_LARGE, INVALID_INPUT (empty), DISK_FULL.
        """
        self.sweep(at)
        if size <= 0:
            raise Refusal(Reason.INVALID_INPUT, field="material")
        if size > self._most_bytes:
            raise Refusal(Reason.TOO_LARGE, field="material")
        mine = sum(each.owner == owner for each in self._open.values())
        taken = sum(each.size for each in self._open.values())
        if mine >= self._most_a_person or len(self._open) >= self._most or taken + size > self._most_bytes:
            raise Refusal(Reason.QUOTA_EXCEEDED, field="uploads")
        try:
            folder = self._prepared()
            if shutil.disk_usage(folder).free < taken + size + _FREE:
                raise Refusal(Reason.DISK_FULL)
            file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as the upload
        except OSError:
            raise Refusal(Reason.STORAGE_UNAVAILABLE) from None
        made = Coming(
            upload_id=secrets.token_urlsafe(16),
            owner=owner,
            subject_id=subject_id,
            name=name,
            size=size,
            mark=mark,
            used_at=at,
            file=file,
            seal=AESGCM(secrets.token_bytes(32)),
        )
        self._open[made.upload_id] = made
        return made

    def _prepared(self) -> Path:
        folder = self._folder if self._folder is not None else Path(tempfile.gettempdir())
        if self._folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def find(self, owner: Owner, upload_id: str, at: datetime) -> Coming:
        """An own open upload.

        Raises:
            UploadGoneError: there is none.
        """
        self.sweep(at)
        found = self._open.get(upload_id)
        if found is None or found.owner != owner:
            raise UploadGoneError
        found.used_at = at
        return found

    def of_subject(self, owner: Owner, subject_id: str, at: datetime) -> Sequence[Coming]:
        """Own open uploads for a delegation or draft, in the order of their beginning."""
        self.sweep(at)
        return tuple(each for each in self._open.values() if each.owner == owner and each.subject_id == subject_id)

    def finished(self, owner: Owner, upload_id: str) -> str:
        """The file that an own upload became, while it is remembered; else empty."""
        of, material_id = self._finished.get(upload_id, (owner, ""))
        return material_id if of == owner else ""

    async def add(self, coming: Coming, offset: int, data: bytes) -> int:
        """Keep a part that begins at `offset`; gives the bytes received so far.

        Raises:
            OutOfStepError: another part is next; a part that came twice is told like this and changes nothing.
            Refusal: INVALID_INPUT for a part of another size, DISK_FULL, STORAGE_UNAVAILABLE.
            UploadGoneError: it was given up meanwhile.
        """
        async with coming.lock:
            if coming.gone:
                raise UploadGoneError
            if offset != coming.received:
                raise OutOfStepError(coming.received)
            ends = offset + len(data) == coming.size
            if not data or offset + len(data) > coming.size or not (ends or LEAST_PART <= len(data) <= MOST_PART):
                raise Refusal(Reason.INVALID_INPUT, field="part")
            try:
                await asyncio.to_thread(coming.write, data)
            except OSError:
                raise Refusal(Reason.STORAGE_UNAVAILABLE) from None
            return coming.received

    @asynccontextmanager
    async def handing_over(self, coming: Coming) -> AsyncGenerator[AsyncGenerator[bytes, None], None]:
        """The whole file in pieces; nobody else changes it meanwhile. The upload stays until `done` or `give_up`.

        Raises:
            OutOfStepError: parts are missing.
            UploadGoneError: it was finished or given up meanwhile.
        """
        async with coming.lock:
            if coming.gone:
                raise UploadGoneError
            if not coming.whole:
                raise OutOfStepError(coming.received)
            pieces = _pieces(coming)
            try:
                yield pieces
            finally:
                await pieces.aclose()

    def done(self, coming: Coming, material_id: str) -> None:
        """It became a file of the node."""
        self._finished[coming.upload_id] = (coming.owner, material_id)
        while len(self._finished) > _FINISHED:
            self._finished.popitem(last=False)
        self._drop(coming)

    async def give_up(self, coming: Coming) -> None:
        """It is of no use any more; a part that is being written is waited for."""
        async with coming.lock:
            self._drop(coming)

    def close(self) -> None:
        """Give everything up; nothing is left on the disk."""
        for each in list(self._open.values()):
            self._drop(each)

    def _drop(self, coming: Coming) -> None:
        coming.gone = True
        self._open.pop(coming.upload_id, None)
        if not coming.file.closed:
            coming.file.close()


async def _pieces(coming: Coming) -> AsyncGenerator[bytes, None]:
    for index in range(len(coming.parts)):
        part = await asyncio.to_thread(coming.read, index)
        for start in range(0, len(part), _PIECE):
            yield part[start : start + _PIECE]
