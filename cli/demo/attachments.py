"""Attachments of the sample case, made on the spot from their description: real files, no real content."""

import csv
import struct
import wave
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_LINES: Final = (
    "本文件为演示而生成，不涉及任何真实的人或单位。",
    "问：请说明您的身份及与当事人的关系。答：演示文字。",
    "问：事发时您在何处？看到了什么？答：演示文字。",
    "以上笔录已当面核对，与所述相符。（签名处留空）",
)
_SAMPLE_RATE: Final = 48_000


def make(description: Mapping[str, object], folder: Path) -> Path:
    """Write the file that `description` names (`make`: text, csv, png, wav) into `folder` and give its path.

    Raises ValueError for a kind that is not known; the description's author is the repository itself.
    """
    path = folder / str(description["name"])
    match description["make"]:
        case "text":
            _text(path, lines=_number(description, "lines"))
        case "csv":
            _csv(path, rows=_number(description, "rows"))
        case "png":
            _png(path, width=_number(description, "width"), height=_number(description, "height"))
        case "wav":
            _wav(path, megabytes=_number(description, "megabytes"))
        case other:
            raise ValueError(f"no way to make an attachment of kind {other!r}")
    return path


def _number(description: Mapping[str, object], name: str) -> int:
    value = description[name]
    if not isinstance(value, int):
        raise ValueError(f"{name} of an attachment is not a number")
    return value


def _text(path: Path, *, lines: int) -> None:
    path.write_text("".join(f"{n + 1:03d} {_LINES[n % len(_LINES)]}\n" for n in range(lines)), encoding="utf-8")


def _csv(path: Path, *, rows: int) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["序号", "时间", "事由"])
        writer.writerows([n + 1, f"{7 + n % 12:02d}:{n % 60:02d}", "演示"] for n in range(rows))


def _png(path: Path, *, width: int, height: int) -> None:
    """A grey gradient with a grid, 8 bit, no filter: a picture that any viewer shows."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    plain = bytes(255 * x // width for x in range(width))
    grid = bytes(0 if x % 100 == 0 else value for x, value in enumerate(plain))
    rows = b"".join(b"\x00" + (bytes(width) if y % 100 == 0 else grid) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")
    )


def _wav(path: Path, *, megabytes: int) -> None:
    """A soft sawtooth of the wanted size: 16 bit, one channel; sound, but nobody's voice."""
    second = struct.pack(f"<{_SAMPLE_RATE}h", *((n % 218) * 20 - 2180 for n in range(_SAMPLE_RATE)))
    frames_left = megabytes * 1_000_000 // 2
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_SAMPLE_RATE)
        while frames_left > 0:
            frames = min(frames_left, _SAMPLE_RATE)
            file.writeframesraw(second[: frames * 2])
            frames_left -= frames
