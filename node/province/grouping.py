"""By what a page groups its delegations: provinces, prefectures or units, and under which codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from node.province.board import Scope, stem
from node.province.ports import Wanted

MUNICIPALITIES: Final = frozenset({"11", "12", "31", "50"})  # no prefecture: their districts are asked for by unit
_CITY_DIGITS: Final = 4


class By(StrEnum):
    """One line or tile each."""

    PROVINCE = "province"
    CITY = "city"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups, and what a group's code has to begin with to be shown."""

    by: By
    under: tuple[str, ...]


def grouping_of(scope: Scope, wanted: Wanted) -> Grouping:
    """Units where the filter names a prefecture or less; provinces for the whole country; else prefectures."""
    named = tuple(stem(code) for code in (wanted.home, wanted.host) if code)
    narrow = tuple(each for each in named if len(each) >= _CITY_DIGITS)
    if narrow:
        return Grouping(By.UNIT, narrow)
    wide = (scope.province,) if scope.province else named
    if not wide:
        return Grouping(By.PROVINCE, ("",))
    return Grouping(By.UNIT if MUNICIPALITIES.issuperset(wide) else By.CITY, wide)


def by_province(cities: Sequence[str]) -> tuple[list[int], list[str]]:
    """For each prefecture, by number, the number of its province; and the provinces' codes by that number."""
    names = [f"{city[:2]}0000" for city in cities]
    first = {name: number for number, name in reversed(list(enumerate(names)))}
    return [first[name] for name in names], names  # of one name, one number
