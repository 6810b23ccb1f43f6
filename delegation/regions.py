"""Places: GB/T 2260 codes, names, who lies under whom, and what became of an abolished code.

The table is data (``delegation/data/regions.csv``); an operator may load a newer one. It is read by
:func:`load_regions`, which keeps nothing: whoever needs the table reads it once and passes it on.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import Final

_COLUMNS: Final = (
    "code", "name", "type", "level", "parent_code", "appraisal_unit_code", "valid_from", "valid_to", "successor",
)  # fmt: skip
_MOST_ROWS: Final = 20_000  # five times today's table
_MOST_STEPS: Final = 8  # the longest real chain of successors has three
_MOST_QUERY: Final = 64
_MOST_RESULTS: Final = 100


class RegionError(ValueError):
    """A place that the table cannot answer for. ``code`` says why; the text asked for is not repeated.

    Codes: ``unknown`` (no such code), ``divided`` (abolished without a single heir: a person chooses), ``not_yet`` (the
    code came into force after the day asked for), ``no_appraisal_unit`` (a province, or a code that is to be carried
    forward first), ``limit`` (a size out of bounds), ``table`` (the table contradicts itself).
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"region: {code}")
        self.code = code


class RegionLevel(StrEnum):
    """The three levels of GB/T 2260."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"


_ORDER: Final = MappingProxyType({level: place for place, level in enumerate(RegionLevel)})


@dataclass(frozen=True, slots=True)
class Region:
    """One code. ``valid_from`` is None when older than 2004, ``valid_to`` (inclusive) is None while in force.

    Until 2019-04 the days are exact to the revision of the list, later to the year, and always on the generous side:
    in the year of a change the old and the new code are both good. ``type`` is the word of the list (市辖区, 县级市).
    """

    code: str
    name: str
    type: str
    level: RegionLevel
    parent_code: str | None
    appraisal_unit_code: str | None
    valid_from: date | None
    valid_to: date | None
    successor: str | None

    def holds_on(self, on: date) -> bool:
        """Whether the code is in force on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class RegionTable:
    """All codes, today's and those abolished since 2004. Immutable.

    A code that was given to another place later (500110, 410307) means its present holder. Development zones and the
    divisions of the Production and Construction Corps have no code of GB/T 2260 and are not here.
    """

    _regions: Mapping[str, Region] = field(repr=False)

    @classmethod
    def of(cls, regions: Iterable[Region]) -> "RegionTable":
        """Build a table; refuses a code that stands twice, and a parent or successor that is not in it.

        Raises:
            RegionError: ``table`` or ``limit``.
        """
        found: dict[str, Region] = {}
        for region in regions:
            if len(found) >= _MOST_ROWS:
                raise RegionError("limit")
            if region.code in found:
                raise RegionError("table")
            found[region.code] = region
        for region in found.values():
            named = (region.parent_code, region.successor, region.appraisal_unit_code)
            if any(code is not None and code not in found for code in named):
                raise RegionError("table")
        return cls(MappingProxyType(found))

    def __len__(self) -> int:
        """How many codes, abolished ones included."""
        return len(self._regions)

    def __iter__(self) -> Iterator[Region]:
        """All regions in the order of the table."""
        return iter(self._regions.values())

    def __contains__(self, code: object) -> bool:
        """Whether the code is known, in force or not."""
        return code in self._regions

    def get(self, code: str) -> Region:
        """The region of a code, in force or not.

        Raises:
            RegionError: ``unknown``.
        """
        region = self._regions.get(code)
        if region is None:
            raise RegionError("unknown")
        return region

    def name(self, code: str) -> str:
        """The region's own name, as 临平区. Raises as :meth:`get`."""
        return self.get(code).name

    def full_name(self, code: str) -> str:
        """The name with those above it, as 浙江省杭州市临平区. Raises as :meth:`get`."""
        return "".join(region.name for region in reversed((self.get(code), *self.ancestors(code))))

    def parent(self, code: str) -> Region | None:
        """The region directly above; None for a province. Raises as :meth:`get`."""
        above = self.get(code).parent_code
        return None if above is None else self.get(above)

    def ancestors(self, code: str) -> tuple[Region, ...]:
        """The regions above, nearest first, the province last. Raises as :meth:`get`."""
        above: list[Region] = []
        region = self.parent(code)
        while region is not None:
            if len(above) >= _MOST_STEPS:
                raise RegionError("table")
            above.append(region)
            region = self.parent(region.code)
        return tuple(above)

    def province_of(self, code: str) -> Region:
        """The province, itself for a province. Raises as :meth:`get`."""
        return (self.get(code), *self.ancestors(code))[-1]

    def appraisal_unit_region(self, code: str) -> str:
        """The region whose committee appraises first: 劳动能力鉴定管理办法 art. 3 (设区的市级, 含直辖市的市辖区、县).

        The prefecture of a county, the district or county itself in the four municipalities and where a county stands
        directly under its province. NOT checked: that the committee is on the roster.

        Raises:
            RegionError: ``unknown`` or ``no_appraisal_unit``.
        """
        found = self.get(code).appraisal_unit_code
        if found is None:
            raise RegionError("no_appraisal_unit")
        return found

    def carry_forward(self, code: str, on: date) -> str:
        """The code that stands for the same place on that day: the code itself while in force, else its successor's.

        An older place code is first carried to its successor before competence is judged.

        Raises:
            RegionError: ``unknown``; ``not_yet`` when the code came later than ``on``; ``divided`` when the area went
                to several codes or the heir is not known.
        """
        region = self.get(code)
        if region.valid_from is not None and on < region.valid_from:
            raise RegionError("not_yet")
        for _ in range(_MOST_STEPS):
            if region.valid_to is None or on <= region.valid_to:
                return region.code
            if region.successor is None:
                raise RegionError("divided")
            region = self.get(region.successor)
        raise RegionError("table")

    def search(self, text: str, limit: int = 20) -> tuple[Region, ...]:
        """Regions by name, best first: the exact name, then names that begin so, then the rest; higher levels first.

        ``text`` may hold several words (浙江 临平), all of which must stand in the full name. Abolished codes come
        after those in force. An empty text finds nothing.

        Raises:
            RegionError: ``limit`` when ``limit`` is not 1 to 100 or the text has over 64 characters.
        """
        if not 1 <= limit <= _MOST_RESULTS or len(text) > _MOST_QUERY:
            raise RegionError("limit")
        words = text.split()
        if not words:
            return ()
        hits = [region for region in self if words[-1] in region.name and self._stands_in(words, region.code)]
        hits.sort(key=lambda region: _rank(words[-1], region))
        return tuple(hits[:limit])

    def _stands_in(self, words: list[str], code: str) -> bool:
        return len(words) == 1 or all(word in self.full_name(code) for word in words)


def load_regions(text: str | None = None) -> RegionTable:
    """Read a region table: the one that comes with the program, or the text of a newer one of the same columns.

    Raises:
        RegionError: ``table`` when a column is missing or a value is not what its column allows.
    """
    if text is None:
        text = resources.files("delegation").joinpath("data/regions.csv").read_text(encoding="utf-8")
    reader = csv.reader(line for line in text.splitlines() if line and not line.startswith("#"))
    if tuple(next(reader, ())) != _COLUMNS:
        raise RegionError("table")
    return RegionTable.of(_region(row) for row in reader)


def _region(row: list[str]) -> Region:
    if len(row) != len(_COLUMNS) or not (len(row[0]) == 6 and row[0].isascii() and row[0].isdigit()) or not row[1]:
        raise RegionError("table")
    try:
        return Region(
            code=row[0],
            name=row[1],
            type=row[2],
            level=RegionLevel(row[3]),
            parent_code=row[4] or None,
            appraisal_unit_code=row[5] or None,
            valid_from=date.fromisoformat(row[6]) if row[6] else None,
            valid_to=date.fromisoformat(row[7]) if row[7] else None,
            successor=row[8] or None,
        )
    except ValueError:
        raise RegionError("table") from None


def _rank(word: str, region: Region) -> tuple[bool, int, int, str]:
    closeness = 0 if region.name == word else 1 if region.name.startswith(word) else 2
    return (region.valid_to is not None, closeness, _ORDER[region.level], region.code)
