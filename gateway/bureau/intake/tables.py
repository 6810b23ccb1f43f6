"""A file of the bureau's own system as rows: a spreadsheet (.xlsx, .ods), CSV, or a JSON list of business objects."""

import asyncio
import csv
import io
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from typing import Final, TypeAlias

from gateway.bureau.intake.sheet_worker import MOST_BYTES, MOST_COLUMNS, MOST_EXPERTS, MOST_ROWS

_SECONDS: Final = 30.0
_ZIP: Final = b"PK\x03\x04"
_TOO_MANY: Final = {MOST_ROWS: "超过1000行，请分成几份", MOST_EXPERTS: "超过5000行，请分成几份"}
TOO_LARGE: Final = "文件超过8兆字节，请分成几份"
_WORKER: Final = "gateway.bureau.intake.sheet_worker"
Cell: TypeAlias = tuple[str, str]  # kind, text; as the worker gives them


class FileError(ValueError):
    """A file that is refused as a whole; the text is for the clerk."""


async def rows_of(data: bytes, *, most: int = MOST_ROWS) -> list[list[Cell]]:
    """The rows of a spreadsheet or of CSV, the head first; empty rows stay, so that numbers agree with the file's.

    Raises:
        FileError: empty, too large, of another kind, unreadable, too many rows or columns.
    """
    if not data.strip():
        raise FileError("文件是空的")
    if len(data) > MOST_BYTES:
        raise FileError(TOO_LARGE)
    rows = await _by_worker(data, most) if data.startswith(_ZIP) else _csv(data, most)
    while rows and not any(text for _, text in rows[-1]):
        rows.pop()
    if not rows:
        raise FileError("文件里没有内容")
    if len(rows) > most + 1:
        raise FileError(_TOO_MANY[most])
    if max(len(row) for row in rows) > MOST_COLUMNS:
        raise FileError("列太多，请用模板")
    return rows


def _csv(data: bytes, most: int) -> list[list[Cell]]:
    if b"\x00" in data:
        raise FileError("只支持 .xlsx、.ods、CSV 和 JSON")
    for encoding in ("utf-8-sig", "gb18030"):  # office programs here save CSV in either
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            break
    else:
        raise FileError("文件的文字编码无法识别，请另存为 UTF-8")
    rows: list[list[Cell]] = []
    try:
        for row in csv.reader(io.StringIO(text), strict=True):
            rows.append([("s", cell.strip()) for cell in row])
            if len(rows) > most + 1:
                raise FileError(_TOO_MANY[most])
    except csv.Error:
        raise FileError("CSV 的格式有误，请用模板另存") from None
    return rows


async def _by_worker(data: bytes, most: int) -> list[list[Cell]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", _WORKER, str(most), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(_SECONDS):
            out, _ = await process.communicate(data)
    except TimeoutError:
        raise FileError("表格无法读取：内容过多") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise FileError("表格无法读取，请用模板另存为 .xlsx 或 .ods")
    return [[(kind, text) for kind, text in row] for row in json.loads(out)]


def objects_of(data: bytes, *, most: int = MOST_ROWS) -> list[object]:
    """The members of a JSON list, each to be judged by itself.

    Raises:
        FileError: no JSON, no list, empty, too large or too long.
    """
    if len(data) > MOST_BYTES:
        raise FileError(TOO_LARGE)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise FileError("不是有效的 JSON") from None
    if not isinstance(found, list) or not found:
        raise FileError("JSON 应为委托稿的列表")
    if len(found) > most:
        raise FileError(_TOO_MANY[most])
    return found
