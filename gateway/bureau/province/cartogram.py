"""Places as tiles of an SVG drawn here: no map, and no map's data. A class of a tile shows as shade and as marks.

The country's provinces stand in a grid of our own (tiles.csv), about as people think of them; a province's prefectures
stand in the order of their codes. Each tile leads to its list, or one level in.
"""

import csv
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from delegation.figures import Count, Span, Tally
from gateway.bureau.intake.places import places
from gateway.bureau.province.asking import Addresses, name_of
from gateway.bureau.province.bands import late_at
from node.province.ports import Overview
from node.province.scoreboard import Band, Measure, Scoreboard, judged

WIDTH: Final = 104
HEIGHT: Final = 64
GAP: Final = 6
LEVELS: Final = 5
_TABLE: Final = Path(__file__).parent / "tiles.csv"
_UNIT_SIGNS: Final = 11
_NOT_MEMBERS: Final = frozenset({"710000", "810000", "820000"})  # other systems of work-injury insurance
_SHARES: Final = (0.95, 0.90, 0.80, 0.70)  # where classes of the share in time begin
_SHARE_TEXTS: Final = ("≥95%", "90–95%", "80–90%", "70–80%", "<70%")
FEW: Final = "样本过少"
OUT: Final = "不在本系统"
NOTHING: Final = "无"
# name: label, the list behind a tile
MEASURES: Final[Mapping[str, tuple[str, Count | Span]]] = {
    "late": ("超期在该地", Count.LATE),
    "in_hand": ("在办", Count.IN_HAND),
    "on_time": ("按期率", Count.RESULTS_DUE),
    "days": ("发出至结果天数中位数", Span.RESULT),
}


class Side(StrEnum):
    """As what a place is looked at."""

    HOST = "host"
    HOME = "home"


@dataclass(frozen=True, slots=True)
class Tile:
    """One place: where it stands, what is on it, class 0 (nothing, or not judged) to 5, where it leads."""

    code: str
    short: str
    x: int
    y: int
    text: str
    word: str  # in place of a text: why there is no number
    level: int
    address: str


@dataclass(frozen=True, slots=True)
class Cartogram:
    """Tiles, the size of all of them, and what each class holds."""

    width: int
    height: int
    columns: int
    tiles: tuple[Tile, ...]
    legend: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _Value:
    """What a tile says: a number that is classed, and its text; else a word."""

    number: float | None
    text: str
    word: str = ""


def cartogram_of(view: Overview, measure: str, side: Side, to: Addresses) -> Cartogram | None:
    """The tiles of the places of a page; None for none. Prefectures of a single province are all there."""
    if not view.cities:
        return None
    tallies = {each.code: each.as_host if side is Side.HOST else each.as_home for each in view.cities}
    late = late_at(view) if measure == "late" else Counter[str]()
    spots = spots_of(list(tallies))
    values = {
        code: _Value(None, "", OUT)
        if code in _NOT_MEMBERS
        else _value(tallies.get(code, Tally()), late[code], measure, view.scoreboard)
        for code in spots
    }
    bounds = bounds_of([each.number for each in values.values() if each.number is not None])
    fixed = measure == "on_time"

    def level(value: _Value) -> int:
        if value.number is None:
            return 0
        return share_level(value.number) if fixed else level_of(value.number, bounds)

    levels = {code: level(value) for code, value in values.items()}
    tiles = tuple(
        Tile(
            code,
            short_name(code),
            column * (WIDTH + GAP),
            row * (HEIGHT + GAP),
            values[code].text,
            values[code].word,
            levels[code],
            _address(code, measure, side, to) if code in tallies else "",
        )
        for code, (row, column) in spots.items()
    )
    rows, columns = (max(spot[axis] for spot in spots.values()) + 1 for axis in (0, 1))
    return Cartogram(
        columns * (WIDTH + GAP) - GAP, rows * (HEIGHT + GAP) - GAP, columns, tiles, _legend(values, levels, fixed=fixed)
    )


def _value(tally: Tally, late: int, measure: str, board: Scoreboard) -> _Value:
    if measure in {"late", "in_hand"}:
        number = late if measure == "late" else tally.counts.get(Count.IN_HAND, 0)
        return _Value(float(number), str(number))
    of = judged(tally, Measure.ON_TIME if measure == "on_time" else Measure.DAYS, board)
    if of.band is Band.NONE or of.value is None:
        return _Value(None, "", NOTHING)
    if of.band is Band.FEW:
        return _Value(None, "", FEW)
    if measure == "on_time":
        return _Value(of.value, f"{of.value * 100:.0f}%")
    median = tally.days[Span.RESULT].median
    return _Value(median, f"{median:g}")


def _address(code: str, measure: str, side: Side, to: Addresses) -> str:
    if code.endswith("0000"):  # a province: one level in
        return to.to("", tile=measure, side="" if side is Side.HOST else side.value, **{side.value: code})
    asked = MEASURES[measure][1]
    return to.to("/list", late_with=code) if asked is Count.LATE else to.behind(asked, **{side.value: code})


def _legend(values: Mapping[str, _Value], levels: Mapping[str, int], *, fixed: bool) -> tuple[tuple[int, str], ...]:
    if fixed:
        return tuple(enumerate(_SHARE_TEXTS, start=1))
    found: dict[int, list[_Value]] = {}
    for code, level in levels.items():
        if level:
            found.setdefault(level, []).append(values[code])
    ends = {
        level: (min(held, key=lambda each: each.number or 0).text, max(held, key=lambda each: each.number or 0).text)
        for level, held in found.items()
    }
    return tuple((level, low if low == high else f"{low}–{high}") for level, (low, high) in sorted(ends.items()))


def bounds_of(numbers: Sequence[float]) -> list[float]:
    """The last number of each class: a class a number where there are few, else about as many places in each."""
    held = sorted(number for number in numbers if number > 0)
    different = sorted(set(held))
    if len(different) <= LEVELS:
        return different
    return sorted({held[math.ceil(len(held) * part / LEVELS) - 1] for part in range(1, LEVELS + 1)})


def level_of(number: float, bounds: Sequence[float]) -> int:
    """The class of a number, 0 for none; what lies above every bound is of the last class."""
    return min(bisect_left(bounds, number) + 1, len(bounds)) if number > 0 else 0


def share_level(share: float) -> int:
    """The class of a share in time: 5 is the worst."""
    return next((level for level, least in enumerate(_SHARES, start=1) if share >= least), LEVELS)


def spots_of(codes: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Row and column of each tile, in the order of the codes: the country's grid, else a compact one."""
    if any(code.endswith("0000") for code in codes):
        grid = {code: spot for code, (spot, _) in _tiles().items() if spot is not None}
        return dict(sorted(grid.items()))
    ordered = sorted({*codes, *_prefectures_beside(codes)})
    columns = max(3, math.ceil(math.sqrt(len(ordered) * 1.6)))
    return {code: divmod(number, columns) for number, code in enumerate(ordered)}


def _prefectures_beside(codes: Sequence[str]) -> tuple[str, ...]:
    provinces = {code[:2] for code in codes}
    if len(provinces) != 1 or any(len(code) == _UNIT_SIGNS for code in codes):
        return ()
    return prefectures_of(provinces.pop())


@cache
def prefectures_of(province: str) -> tuple[str, ...]:
    """Codes of the prefectures in force of a province."""
    return tuple(
        region.code
        for region in places().table
        if region.code[:2] == province
        and region.code[4:] == "00"
        and region.code[2:4] != "00"
        and region.valid_to is None
    )


@cache
def short_name(code: str) -> str:
    """A name that fits on a tile."""
    kept = _tiles().get(code)
    if kept is not None:
        return kept[1]
    name = name_of(code)
    return name[:-1] if len(name) > 2 and len(code) != _UNIT_SIGNS else name  # without its last sign: a city


@cache
def _tiles() -> Mapping[str, tuple[tuple[int, int] | None, str]]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return {
            line["code"]: ((int(line["row"]), int(line["column"])) if line["row"] else None, line["short"])
            for line in csv.DictReader(file)
        }
