"""Has a paper pressed into a PDF by a worker process, bounded in number, time and size.

A machine without pango or a Chinese font cannot press: that is a typed error that names the packages, and the page then
offers the same paper as HTML. A character that no font has is an error too: a paper with a hole in a name is none.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.bureau.documents.worker import Ended

PACKAGES: Final = "libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk"
_AT_ONCE: Final = 2
_SECONDS: Final = 90.0
_MOST_HTML: Final = 8 * 1024 * 1024
_MOST_PDF: Final = 64 * 1024 * 1024
_PDF: Final = b"%PDF-"


class PressFault(StrEnum):
    """Why there is no PDF."""

    NO_LIBRARY = "no_library"
    NO_FONT = "no_font"
    NO_GLYPH = "no_glyph"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    FAILED = "failed"


TEXTS: Final = {
    PressFault.NO_LIBRARY: f"这台机器缺少 pango，暂不能生成 PDF。请安装：apt-get install {PACKAGES}",
    PressFault.NO_FONT: f"这台机器没有中文字体，暂不能生成 PDF。请安装：apt-get install {PACKAGES}",
    PressFault.NO_GLYPH: "文书中有字体无法显示的字，请先安装含有该字的字体，或改用网页打印",
    PressFault.TOO_LARGE: "文书太长，不能生成 PDF，请改用网页打印",
    PressFault.TOO_SLOW: "生成 PDF 用时过长，请稍后再试，或改用网页打印",
    PressFault.FAILED: "生成 PDF 未成功，请改用网页打印",
}
_OF_END: Final = {
    Ended.NO_LIBRARY: PressFault.NO_LIBRARY,
    Ended.NO_FONT: PressFault.NO_FONT,
    Ended.NO_GLYPH: PressFault.NO_GLYPH,
}


@dataclass  # not frozen: an exception is written to while it is passed on
class PressError(Exception):
    """There is no PDF. `characters` are code points (U+XXXX) for the person at the page alone, never for a log."""

    fault: PressFault
    characters: str = ""

    @property
    def text(self) -> str:
        """What to do, in Chinese."""
        return TEXTS[self.fault]


class Press:
    """Presses papers, two at a time; others wait their turn."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def pdf(self, html: str) -> bytes:
        """The paper as PDF.

        Raises:
            PressError: with what to do.
        """
        page = html.encode("utf-8")
        if len(page) > _MOST_HTML:
            raise PressError(PressFault.TOO_LARGE)
        async with self._places:
            code, made, told = await _run(page)
        if code != Ended.DONE:
            known = code in _OF_END
            raise PressError(_OF_END[Ended(code)] if known else PressFault.FAILED, told if known else "")
        if not made.startswith(_PDF) or len(made) > _MOST_PDF:
            raise PressError(PressFault.TOO_LARGE if len(made) > _MOST_PDF else PressFault.FAILED)
        return made


async def _run(page: bytes) -> tuple[int, bytes, str]:
    """The worker's code, its PDF, and what it told of characters."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.bureau.documents.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(),
    )
    try:
        async with asyncio.timeout(_SECONDS):
            made, told = await process.communicate(page)
    except TimeoutError:
        raise PressError(PressFault.TOO_SLOW) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, made, told.decode("ascii", "replace")[:400]


def _environment() -> dict[str, str]:
    """What a worker needs to find Python's packages and the machine's fonts; no secrets that a setting may hold."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "XDG_CACHE_HOME", "FONTCONFIG_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}
