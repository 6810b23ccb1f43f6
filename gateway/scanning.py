"""Files looked at by a virus scanner while they come in: a command that reads them, or a daemon that speaks INSTREAM.

The bytes go to the scanner and on to the node's store piece by piece; the store keeps a file only after the last piece,
and the last piece is let through only when the scanner said that all of it is clean. So nothing infected is ever half
kept, and a scanner that is away, slow or of another opinion about sizes refuses rather than lets pass.

The command (a list, no shell) gets the file on standard input and ends with 0 for clean and 1 for infected, as clamscan
does; every other end means that it could not look. The daemon is asked as clamd is: zINSTREAM, length-prefixed pieces.
"""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import suppress
from enum import Enum
from typing import Final, Protocol, TypeVar

from gateway.problems import WireRefusalError
from gateway.settings import GatewaySettings
from gateway.wire_reasons import WireReason

T = TypeVar("T")
_UNIX: Final = "unix:"
_LONGEST_ANSWER: Final = 4096
_QUEUE_SECONDS: Final = 0.05  # between two tries to get into a full queue
_KEPT_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL")


class Verdict(Enum):
    """What the scanner says."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNKNOWN = "unknown"  # it could not look


class Scan(Protocol):
    """One file before the scanner."""

    async def feed(self, piece: bytes) -> None:
        """The next piece. OSError when the scanner takes no more."""
        ...

    async def verdict(self) -> Verdict:
        """The scanner's word, after the last piece."""
        ...

    async def close(self) -> None:
        """End it, whatever it does."""
        ...


class _CommandScan:
    """A process that reads the file."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._cut = False

    @classmethod
    async def begin(cls, command: Sequence[str]) -> "_CommandScan":
        quiet = asyncio.subprocess.DEVNULL
        environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        return cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=quiet, stderr=quiet, env=environment
            )
        )

    async def feed(self, piece: bytes) -> None:
        stdin = self._process.stdin
        if self._cut or stdin is None:
            return
        try:
            stdin.write(piece)
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            self._cut = True  # it ended early: its code says why

    async def verdict(self) -> Verdict:
        if self._process.stdin is not None:
            self._process.stdin.close()
        code = await self._process.wait()
        if code == 1:
            return Verdict.INFECTED
        return Verdict.CLEAN if code == 0 and not self._cut else Verdict.UNKNOWN

    async def close(self) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


class _SocketScan:
    """A daemon on a unix socket or a TCP port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def begin(cls, address: str) -> "_SocketScan":
        if address.startswith(_UNIX):
            reader, writer = await _to_socket(address.removeprefix(_UNIX))
        else:
            host, _, port = address.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port), limit=_LONGEST_ANSWER)
        writer.write(b"zINSTREAM\x00")
        return cls(reader, writer)

    async def feed(self, piece: bytes) -> None:
        if piece:  # a length of nothing would end the file
            self._writer.write(len(piece).to_bytes(4, "big") + piece)
            await self._writer.drain()

    async def verdict(self) -> Verdict:
        self._writer.write(bytes(4))
        await self._writer.drain()
        answer = (await self._reader.readuntil(b"\x00")).rstrip(b"\x00").strip()
        if answer.endswith(b" FOUND"):
            return Verdict.INFECTED
        return Verdict.CLEAN if answer == b"stream: OK" else Verdict.UNKNOWN

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


async def _to_socket(path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection; while the daemon's queue is full it is tried again.

    A UNIX socket says so at once (EAGAIN), where TCP would wait; asyncio takes that word for a connection that is being
    made, so the connecting is done here.
    """
    place = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        place.setblocking(False)
        while True:
            try:
                place.connect(path)
            except BlockingIOError:
                await asyncio.sleep(_QUEUE_SECONDS)
            else:
                return await asyncio.open_unix_connection(sock=place, limit=_LONGEST_ANSWER)
    except BaseException:
        place.close()
        raise


class Scanner:
    """The scanner that the settings name; with none, every file passes."""

    def __init__(self, *, command: Sequence[str] = (), address: str = "", seconds: float = 60.0) -> None:
        self._command = tuple(command)
        self._address = address
        self._seconds = seconds

    @classmethod
    def of(cls, settings: GatewaySettings) -> "Scanner":
        """As the operator set it."""
        return cls(command=settings.scan_command, address=settings.scan_address, seconds=settings.scan_seconds)

    @property
    def is_set(self) -> bool:
        """There is one."""
        return bool(self._command or self._address)

    async def _begin(self) -> Scan:
        if self._command:
            return await _CommandScan.begin(self._command)
        return await _SocketScan.begin(self._address)

    async def checked(self, content: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The same bytes, one piece late: the last one comes when the scanner found all of it clean.

        Raises:
            WireRefusalError: FILE_INFECTED, or SCANNER_AWAY when the scanner cannot be asked or is too slow.
        """
        if not self.is_set:
            async for piece in content:
                yield piece
            return
        scan: Scan | None = None
        held = b""
        try:
            scan = await self._in_time(self._begin())
            async for piece in content:
                await self._in_time(scan.feed(piece))
                if held:
                    yield held
                held = piece
            verdict = await self._in_time(scan.verdict())
        finally:
            if scan is not None:
                await scan.close()
        if verdict is not Verdict.CLEAN:
            infected = verdict is Verdict.INFECTED
            raise WireRefusalError(WireReason.FILE_INFECTED if infected else WireReason.SCANNER_AWAY)
        if held:
            yield held

    async def _in_time(self, step: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._seconds):
                return await step
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise WireRefusalError(WireReason.SCANNER_AWAY) from None
