"""Reads a spreadsheet in a process of its own, bounded in memory and time: a file may claim a billion cells.

Bytes come on stdin, rows go to stdout as JSON: each cell a pair of kind (``s`` text, ``n`` number, ``d`` day, ``m`` day
and time) and text. Exit code 3: it cannot be read. Nothing of the file is ever printed elsewhere.
"""

import json
import resource
import sys
from datetime import date, datetime
from io import BytesIO
from typing import Final

import python_calamine

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_ROWS: Final = 1000  # beside the head, unless the caller says so many
MOST_EXPERTS: Final = 5000
MOST_COLUMNS: Final = 120
_MOST_MEMORY: Final = 1024**3
_MOST_SECONDS: Final = 20
_LONGEST_CELL: Final = 20_000
UNREADABLE: Final = 3


def _cell(value: object) -> tuple[str, str]:
    if isinstance(value, datetime):
        return ("d", value.date().isoformat()) if value.time() == datetime.min.time() else ("m", value.isoformat())
    if isinstance(value, date):
        return "d", value.isoformat()
    if isinstance(value, bool):
        return "s", "是" if value else ""
    if isinstance(value, int | float):
        return "n", str(int(value)) if value == int(value) else str(value)
    return "s", str(value)[: _LONGEST_CELL + 1].strip()


def main() -> int:
    """Read stdin, write stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    most = int(sys.argv[1]) if len(sys.argv) > 1 else MOST_ROWS
    try:
        sheet = python_calamine.load_workbook(BytesIO(data)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False, nrows=most + 2)
        cells = [[_cell(value) for value in row[: MOST_COLUMNS + 1]] for row in rows]
    except BaseException:  # noqa: BLE001 - the parser's panics are no Exception; whatever it was, it is unreadable
        return UNREADABLE
    sys.stdout.write(json.dumps(cells, ensure_ascii=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
