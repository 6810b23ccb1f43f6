"""Places as a clerk types them: a code, a name, or what the list offered (``510104 四川省成都市锦江区``)."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from delegation.regions import Region, RegionError, RegionTable, load_regions

_CODE: Final = re.compile(r"([1-9][0-9]{5}(?:[0-9A-Z]{2,5})?)(?:\s.*)?", re.ASCII | re.DOTALL)
_MOST_FOUND: Final = 20
_LONGEST: Final = 64


class PlaceError(ValueError):
    """A place that nobody can take for one code. Its text is for the clerk and repeats nothing."""


@dataclass(frozen=True, slots=True)
class Places:
    """The region table, asked as a person asks."""

    table: RegionTable
    by_full_name: dict[str, str]

    def code_of(self, typed: str, on: date) -> str:
        """The code that is in force for what was typed.

        A code of an abolished region becomes its successor's. An organisation code of 8 to 11 characters (development
        zone, XPCC division) is taken as it stands: the region table does not know them.

        Raises:
            PlaceError: unknown, ambiguous, divided.
        """
        match = _CODE.fullmatch(typed)
        if match is None:
            return self._named(typed)
        code = match[1]
        if len(code) > 6:
            return code
        try:
            return self.table.carry_forward(code, on)
        except RegionError as error:
            raise PlaceError(
                "该区划已拆分撤销，请选择现在的区划" if error.code == "divided" else "没有这个区划代码"
            ) from None

    def _named(self, typed: str) -> str:
        exact = self.by_full_name.get("".join(typed.split()))
        if exact is not None:
            return exact
        found = [region for region in self.search(typed) if region.valid_to is None]
        if len(found) == 1:
            return found[0].code
        raise PlaceError("有几处地方都符合，请从列表中选择或填六位代码" if found else "查不到这个地名")

    def search(self, typed: str) -> tuple[Region, ...]:
        """Regions by the beginning of a code or by a part of a name, at most 20."""
        text = typed.strip()[:_LONGEST]
        if text.isascii() and text.isdigit():
            return tuple(r for r in self.table if r.valid_to is None and r.code.startswith(text[:6]))[:_MOST_FOUND]
        return self.table.search(text, _MOST_FOUND)

    def shown(self, code: str) -> str:
        """The code with its full name; the code alone where the table does not know it."""
        return f"{code} {self.table.full_name(code)}" if code in self.table else code


@cache
def places() -> Places:
    """The table that comes with the program, read once."""
    table = load_regions()
    names = {table.full_name(region.code): region.code for region in table if region.valid_to is None}
    return Places(table, names)
