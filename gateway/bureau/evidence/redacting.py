"""Has regions of a picture blackened by a worker process, bounded in number, time, bytes and pixels."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from typing import Final

from gateway.bureau.evidence.redact_worker import Ended
from gateway.settings import MIB

MOST_BYTES: Final = 64 * MIB
MOST_PIXELS: Final = 60_000_000
MOST_BOXES: Final = 50
_SECONDS: Final = 60.0
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV")
TOO_LARGE: Final = "图像太大（上限 6000 万像素、64 MiB），请先缩小"
TEXTS: Final = {
    Ended.NOT_A_PICTURE: "图像损坏或格式不受支持，未生成副本",
    Ended.TOO_LARGE: TOO_LARGE,
    Ended.SEVERAL: "图像含多页或动画，请先拆成单页",
    Ended.OUTSIDE: "有遮盖区域在图像之外，请检查数值",
    Ended.STRANGE: "图像的色彩格式不受支持，请先另存为普通 JPG 或 PNG",
}
SLOW: Final = "处理用时过长，未生成副本，请先缩小图像"
FAILED: Final = "处理未成功，未生成副本"
Box = tuple[int, int, int, int]


@dataclass  # not frozen: an exception is written to while it is passed on
class NotRedactedError(Exception):
    """No copy was made; `text` says why, `size` is the picture's (800x600) where that helps."""

    text: str
    size: str = ""


class Redactor:
    """Two pictures at a time; others wait."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(2)

    async def redacted(self, content: bytes, boxes: list[Box]) -> bytes:
        """A new picture with the boxes black.

        Raises:
            NotRedactedError: with what to tell.
        """
        head = json.dumps({"boxes": boxes, "most_pixels": MOST_PIXELS}).encode()
        async with self._places:
            code, made, told = await _run(len(head).to_bytes(4, "big") + head + content)
        if code == Ended.DONE and made:
            return made
        known = code in set(Ended) - {Ended.DONE}
        raise NotRedactedError(TEXTS[Ended(code)] if known else FAILED, told if code == Ended.OUTSIDE else "")


async def _run(data: bytes) -> tuple[int, bytes, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.bureau.evidence.redact_worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
    )
    try:
        async with asyncio.timeout(_SECONDS):
            made, told = await process.communicate(data)
    except TimeoutError:
        raise NotRedactedError(SLOW) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, made, told.decode("ascii", "replace")[:20]
