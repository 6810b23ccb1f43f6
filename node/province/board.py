"""The columns of every course in memory, one array a column: what figures are counted from.

A board follows the rows of `courses` by their change numbers, so that what has changed since the last look is all that
is read. A national year of 61,500 courses takes some 20 MB; why not the database alone: see the decision on figures.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from delegation.codes import Matter, Priority
from delegation.figures import Count
from delegation.urgency import rank_day
from node.province.calendars import Calendars
from node.province.counted import ISSUED_BITS, NO_DAY
from node.province.ports import Business, Flow, Route, Wanted
from node.records import Value

_TEXTS: Final = ("thread_id", "provinces", "home_unit", "host_unit", "due_unit")
_NUMBERS: Final = (
    "matter", "priority", "on_paper", "is_open", "host_done", "changed_day", "due_day", "issued_day", "leg_day",
    "accepted_day", "issued_flags", "reused", "draw_defaults", "sign_days", "decide_days", "assign_days", "result_day",
    "result_flags", "work_days", "result_days", "ended_day", "ended_flags", "completed_day", "check_days", "whole_days",
)  # fmt: skip
COLUMNS: Final = ("change", *_TEXTS, *_NUMBERS)
_QUICK: Final = ISSUED_BITS[Count.ACCEPTED_QUICKLY]
_MOST_MATTERS: Final = 256
_UNDATED: Final = 10_000_000  # after every day
_ENDED: Final = 3 * _UNDATED


class Names:
    """Texts by number, each kept once."""

    __slots__ = ("_numbers", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text, a new one for a new text."""
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return found

    def table(self, holds: Callable[[str], bool]) -> bytes:
        """By number: 1 where the text meets the condition."""
        return bytes(holds(text) for text in self.texts)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose courses may be seen: those of a province (two digits); all of them where it is empty."""

    province: str

    def holds(self, code: str) -> bool:
        """Whether a region or unit lies in it."""
        return code.startswith(self.province)


def stem(code: str) -> str:
    """What every code below a filter begins with: 33 for 330000, 3301 for 330100; a unit's code is its own."""
    if len(code) != len("330100"):
        return code
    if code.endswith("0000"):
        return code[:2]
    return code[:4] if code.endswith("00") else code


def prefecture_of(unit: str) -> str:
    """The prefecture of a unit: its region's first four digits and two noughts."""
    return f"{unit[:4]}00"


class Board:
    """Append and overwrite by `follow`; `column` and `choose` read. One thread at a time."""

    def __init__(self) -> None:
        self.held = 0  # the last change number taken over
        self.threads: list[str] = []
        self.units, self.provinces, self.prefectures = Names(), Names(), Names()
        self._places: dict[str, int] = {}
        self._columns = {name: array("i") for name in _NUMBERS}
        for name in ("province_set", "home", "host", "home_city", "host_city", "due_with", "rank"):
            self._columns[name] = array("i")
        self._calendars: Calendars | None = None

    def __len__(self) -> int:
        return len(self.threads)

    def column(self, name: str) -> Sequence[int]:
        """One column by place."""
        return self._columns[name]

    def follow(self, rows: Iterable[tuple[Value, ...]], calendars: Calendars) -> None:
        """Take over rows of `COLUMNS` in the order of their changes; judge all anew by another calendar."""
        if self._calendars is not calendars:
            self._calendars = calendars
            for place in range(len(self.threads)):
                self._judge(place)
        for row in rows:
            self._take(row)

    def _take(self, row: tuple[Value, ...]) -> None:
        change, thread_id, provinces, home, host, due_unit = row[:6]
        name, home_unit, host_unit = str(thread_id), str(home), str(host)
        columns, place = self._columns, self._places.get(name)
        if place is None:
            place = self._places[name] = len(self.threads)
            self.threads.append(name)
            for column in columns.values():
                column.append(0)
        for column_name, value in zip(_NUMBERS, row[6:], strict=True):
            columns[column_name][place] = int(value or 0)
        columns["province_set"][place] = self.provinces.number(str(provinces))
        columns["home"][place] = self.units.number(home_unit)
        columns["host"][place] = self.units.number(host_unit)
        columns["home_city"][place] = self.prefectures.number(prefecture_of(home_unit))
        columns["host_city"][place] = self.prefectures.number(prefecture_of(host_unit))
        columns["due_with"][place] = self.units.number(str(due_unit))
        columns["rank"][place] = self._rank(place)
        self._judge(place)
        self.held = max(self.held, int(change or 0))

    def _rank(self, place: int) -> int:
        """The place in a list (`delegation.urgency`): by day, then what has none, then what has ended, latest first."""
        columns = self._columns
        if not columns["is_open"][place]:
            return _ENDED - columns["changed_day"][place]
        day, priority = columns["due_day"][place], columns["priority"][place]
        return _ranked(day, priority) if day else _UNDATED + _ranked(columns["issued_day"][place], priority)

    def _judge(self, place: int) -> None:
        columns = self._columns
        flags, accepted = columns["issued_flags"][place], columns["accepted_day"][place]
        quick = False
        if accepted != NO_DAY and self._calendars is not None:
            region = self.units.texts[columns["host"][place]][:6]
            quick = self._calendars.quick(region, columns["leg_day"][place], accepted)
        columns["issued_flags"][place] = flags | _QUICK if quick else flags & ~_QUICK

    # which courses

    def choose(self, scope: Scope, wanted: Wanted, *, route: Route | None = None) -> list[int]:
        """Places of the courses of the scope that the filter shows, whatever the period; `route` instead of its own."""
        chosen: list[int] | range = range(len(self.threads))
        for name, table in self._tests(scope, wanted, route or wanted.route):
            column = self._columns[name]
            chosen = [place for place in chosen if table[column[place]]]
        return list(chosen)

    def _tests(self, scope: Scope, wanted: Wanted, route: Route) -> list[tuple[str, bytes]]:
        tests: list[tuple[str, bytes]] = []
        if scope.province:
            tests.append(("province_set", self.provinces.table(lambda text: scope.province in text.split())))
        if route is not Route.ALL:
            tests.append(("on_paper", bytes((route is Route.WIRE, route is Route.PAPER))))
        if wanted.business is not Business.ALL or wanted.matter is not Matter.UNSPECIFIED:
            tests.append(("matter", bytes(_of_matter(number, wanted) for number in range(_MOST_MATTERS))))
        if wanted.flow is not Flow.ALL:
            inside, outside = self.units.table(scope.holds), self.units.table(lambda unit: not scope.holds(unit))
            tests.append(("home", outside if wanted.flow is Flow.IN else inside))
            tests.append(("host", outside if wanted.flow is Flow.OUT else inside))
        for name, code in (("home", wanted.home), ("host", wanted.host)):
            if code:
                begins = stem(code)
                tests.append((name, self.units.table(lambda unit, begins=begins: unit.startswith(begins))))  # type: ignore[misc]  # bound now
        return tests

    def standing(self, chosen: Iterable[int], province: str) -> list[int]:
        """Of the chosen those that a province has in hand, or the country: `delegation.course.Course.stands_in`."""
        is_open = self._columns["is_open"]
        found = [place for place in chosen if is_open[place]]
        if not province:
            return found
        inside = self.units.table(lambda unit: unit.startswith(province))
        home, host, done = (self._columns[name] for name in ("home", "host", "host_done"))
        return [place for place in found if inside[home[place]] or (inside[host[place]] and not done[place])]

    def between(self, chosen: Iterable[int], column: str, first: int, last: int) -> list[int]:
        """Of the chosen those whose day in the column lies between the two, both included."""
        days = self._columns[column]
        return [place for place in chosen if first <= days[place] <= last]

    def gathered(self, column: str, chosen: Iterable[int]) -> list[int]:
        """The column's values of the chosen."""
        return list(map(self._columns[column].__getitem__, chosen))


@lru_cache(maxsize=4_096)  # courses of one year have the same days
def _ranked(day: int, priority: int) -> int:
    return rank_day(date.fromordinal(day), Priority(priority)).toordinal()


def _of_matter(number: int, wanted: Wanted) -> bool:
    if wanted.matter is not Matter.UNSPECIFIED and number != wanted.matter:
        return False
    if wanted.business is Business.ALL:
        return True
    return (number == Matter.INVESTIGATION) is (wanted.business is Business.INVESTIGATION)


def outside_of(scope: Scope, wanted: Wanted) -> str:
    """The part of a filter (home | host) by which nothing in the scope can be meant; empty when something can.

    A course of the scope has its home or a host there. A host of an earlier leg does not show in a filter.
    """
    home_out = bool(wanted.home) and not scope.holds(stem(wanted.home))
    host_out = bool(wanted.host) and not scope.holds(stem(wanted.host))
    if home_out and (host_out or wanted.flow in {Flow.WITHIN, Flow.OUT}):
        return "home"
    if host_out and wanted.flow in {Flow.WITHIN, Flow.IN}:
        return "host"
    return ""
