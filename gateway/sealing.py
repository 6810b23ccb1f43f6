"""E-seals on papers: the bureau's recognised e-seal system behind an adapter; we draw no seal and hold no seal's key.

The adapter that there is calls a program: the PDF on standard input, the sealed PDF on standard output, 0 at the end.
It is an argument list, never a shell's text; the word ``{unit}`` in it stands for the code of the unit whose seal is to
be set. Nothing secret goes into arguments, which every user of the machine can read: the program has a file for that.

What comes back has to be the same paper: the bytes that were given, unchanged, and after them an incremental update
(ISO 32000-1 7.5.6) with a signature whose byte range covers the whole file but for the signature itself (12.8.1). NOT
checked: that the signature verifies and whose certificate it is; whoever receives the paper does that, and the bureau's
e-seal system answers for it.
"""

import asyncio
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import structlog

from gateway.settings import MIB, GatewaySettings

UNIT: Final = "{unit}"
_KEPT_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL")
_AT_ONCE: Final = 2
_PIECE: Final = 64 * 1024
_END: Final = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\s*\Z")
_RANGE: Final = re.compile(rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_log = structlog.get_logger("gateway.sealing")


class SealFault(StrEnum):
    """Why a paper came back without an e-seal."""

    CANNOT_START = "cannot_start"
    REFUSED = "refused"  # the program ended with another code than 0
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    NO_PDF = "no_pdf"
    OTHER_PAPER = "other_paper"  # does not begin with the bytes that were given
    NO_SIGNATURE = "no_signature"  # nothing added, or no signature over the whole


TEXTS: Final = {
    SealFault.CANNOT_START: "电子印章程序无法启动，请管理员检查设置（xieban doctor）",
    SealFault.REFUSED: "电子印章程序没有盖章，请查看该程序自己的记录",
    SealFault.TOO_SLOW: "电子印章程序用时过长，没有盖章，请稍后再试",
    SealFault.TOO_LARGE: "电子印章程序返回的文件过大，没有采用",
    SealFault.NO_PDF: "电子印章程序返回的不是 PDF，没有采用",
    SealFault.OTHER_PAPER: "电子印章程序改动了原文书，没有采用：盖章只能在原文之后追加",
    SealFault.NO_SIGNATURE: "返回的文件里没有覆盖全文的签名，没有采用：只有图样不是电子印章",
}


@dataclass  # not frozen: an exception is written to while it is passed on
class SealError(Exception):
    """There is no sealed paper."""

    fault: SealFault

    @property
    def text(self) -> str:
        """What to do, in Chinese."""
        return TEXTS[self.fault]


class PaperSeal(Protocol):
    """A recognised e-seal system."""

    async def seal(self, pdf: bytes, *, unit: str) -> bytes:
        """The same paper with the unit's e-seal added.

        Raises:
            SealError: no seal was set, or what came back is not the same paper.
        """
        ...


def check_sealed(given: bytes, sealed: bytes) -> None:
    """What came back is what was given and a signature over all of it.

    Raises:
        SealError: NO_PDF, OTHER_PAPER, NO_SIGNATURE.
    """
    if not sealed.startswith(b"%PDF-"):
        raise SealError(SealFault.NO_PDF)
    if not sealed.startswith(given):
        raise SealError(SealFault.OTHER_PAPER)
    end = _END.search(sealed[len(given) :][-4096:])
    if end is None or not len(given) <= int(end[1]) < len(sealed):
        raise SealError(SealFault.NO_SIGNATURE)
    if not any(_covers(match, given=len(given), whole=len(sealed)) for match in _RANGE.finditer(sealed, len(given))):
        raise SealError(SealFault.NO_SIGNATURE)


def _covers(match: re.Match[bytes], *, given: int, whole: int) -> bool:
    first, length, second, rest = (int(number) for number in match.groups())
    return first == 0 and given <= length < second and second + rest == whole


class ProgramSeal:
    """An external program; two at a time, bounded in time and size, ended with all that it started."""

    def __init__(self, command: Sequence[str], *, seconds: float = 60.0, most_bytes: int = 16 * MIB) -> None:
        self._command = tuple(command)
        self._seconds = seconds
        self._most = most_bytes
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def seal(self, pdf: bytes, *, unit: str) -> bytes:
        """See PaperSeal."""
        if len(pdf) > self._most:
            raise SealError(SealFault.TOO_LARGE)
        async with self._places:
            sealed = await self._run(pdf, [part.replace(UNIT, unit) for part in self._command])
        check_sealed(pdf, sealed)
        return sealed

    async def _run(self, pdf: bytes, command: Sequence[str]) -> bytes:
        environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            _log.error("e-seal program does not start", error=type(error).__name__)
            raise SealError(SealFault.CANNOT_START) from None
        given = asyncio.create_task(_give(process, pdf))
        try:
            async with asyncio.timeout(self._seconds):
                sealed = await self._taken(process)
                await given
                code = await process.wait()
        except TimeoutError:
            raise SealError(SealFault.TOO_SLOW) from None
        finally:
            given.cancel()
            with suppress(asyncio.CancelledError):
                await given
            await _end(process)
        if code != 0:
            _log.warning("e-seal program refused", code=code)
            raise SealError(SealFault.REFUSED)
        return sealed

    async def _taken(self, process: asyncio.subprocess.Process) -> bytes:
        found = bytearray()
        while process.stdout is not None and (piece := await process.stdout.read(_PIECE)):
            found += piece
            if len(found) > self._most:
                raise SealError(SealFault.TOO_LARGE)
        return bytes(found)


async def _give(process: asyncio.subprocess.Process, pdf: bytes) -> None:
    if process.stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):  # it ended early: its code and its answer say why
        process.stdin.write(pdf)
        await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it and what it started, which are a group of their own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def seal_of(settings: GatewaySettings) -> PaperSeal | None:
    """The e-seal system that the settings name; None for papers with a blank place for the wet seal alone.

    Never in practice mode: a practice paper with a real seal would be a forgery waiting to be used.
    """
    if not settings.seal_command or settings.practice:
        return None
    return ProgramSeal(settings.seal_command, seconds=settings.seal_seconds, most_bytes=settings.seal_most_mib * MIB)
