"""Make ``delegation/data/calendars.csv``: rest days and make-up workdays of 2004 to 2026, from chinesecalendar 1.11.0.

Run: ``python -m scripts.make_calendars [--check]``. The package is needed here alone, never at run time. The years
seed the records of the roster; a later year is added there, from the notice of the State Council, not here.
"""

import argparse
import csv
import io
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Final

from chinese_calendar import constants  # type: ignore[import-untyped]  # the package ships no types

TARGET: Final = Path(__file__).resolve().parents[1] / "delegation" / "data" / "calendars.csv"
PACKAGE: Final = ("chinesecalendar", "1.11.0")
HEADER: Final = f"""\
# generator: scripts/make_calendars.py
# source: {" ".join(PACKAGE)} (PyPI), from the yearly notices of the General Office of the State Council
# date: 2025-11 (the notice for 2026 is the last one in it)
# licence: MIT; the days themselves are facts of the notices
# rest: a day that the notice names as free, on whatever weekday; work: a Saturday or Sunday that is worked instead
"""


def main() -> int:
    """Write the table, or compare it; 1 when it differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    text = render()
    if check:
        same = TARGET.read_text(encoding="utf-8") == text
        print("calendars.csv is up to date" if same else "calendars.csv differs")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    print(f"{TARGET.name}: {text.count(chr(10))} lines")
    return 0


def render() -> str:
    """The whole file as text."""
    if metadata.version(PACKAGE[0]) != PACKAGE[1]:
        raise SystemExit(f"{' '.join(PACKAGE)} is needed")
    kinds: dict[date, str] = dict.fromkeys(constants.holidays, "rest")
    kinds.update(dict.fromkeys(constants.workdays, "work"))  # the package lets a workday win, so does this
    out = io.StringIO()
    out.write(HEADER)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("year", "day", "kind"))
    writer.writerows((day.year, day.isoformat(), kinds[day]) for day in sorted(kinds))
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
