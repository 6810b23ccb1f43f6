"""Which days are worked: national years, regional overlays, and the calendar of one region made of both.

Years and overlays are records of the signed roster with a version: a due date is judged, for ever, by the version
that its entry names. Days are days of Asia/Shanghai, also in Xinjiang. A year that is not published has Saturdays and
Sundays as its only rest days, and what is computed from it is provisional.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from importlib import resources
from types import MappingProxyType
from typing import Final

_REGION6: Final = re.compile(r"[1-9][0-9]{5}", re.ASCII)
_SATURDAY: Final = 5
_MOST_SPECIAL_DAYS: Final = 100  # a national year names about 40; more is a mistake of the record
_MOST_OVERLAYS: Final = 2_000
_MOST_SOURCE: Final = 200
_MOST_WORKDAYS: Final = 1_000  # the longest count of working days asked for is under 30
_LONGEST_REST: Final = 366  # a search for a working day that runs longer than a year is a broken record


class CalendarError(ValueError):
    """A record or question that no calendar can hold. ``code`` says why.

    Codes: ``year`` (out of range, or a day of another year), ``overlap`` (a day both free and worked, or two overlays
    of one region and year), ``weekday`` (a make-up workday that is worked anyway), ``size`` (too many days, a source
    that is empty or too long, a count out of bounds), ``region`` (not six digits), ``version``, ``no_workday`` (a year
    without a working day), ``table`` (the file of seed years is malformed).
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"calendar: {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One year as the State Council's notice orders it (全国年节及纪念日放假办法; 国务院关于职工工作时间的规定 art. 7).

    ``rest_days`` are the days that the notice names as free, on whatever weekday; ``make_up_workdays`` the Saturdays
    and Sundays that are worked instead. ``source`` names the notice or the data it was taken from.

    Raises:
        CalendarError: ``year``, ``overlap``, ``weekday`` or ``size``.
    """

    year: int
    rest_days: frozenset[date]
    make_up_workdays: frozenset[date]
    source: str

    def __post_init__(self) -> None:
        _check_days(self.year, self.rest_days, self.make_up_workdays, self.source)
        if any(day.weekday() < _SATURDAY for day in self.make_up_workdays):
            raise CalendarError("weekday")


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a region adds to a year (放假办法 art. 4: holidays of minority regions), over the national days.

    Holds for the region and all below it. A make-up workday of an overlay may be any day, so that a region can also
    work on a day that is free elsewhere. NOT checked: that the region exists, or may order such days.

    Raises:
        CalendarError: ``region``, ``year``, ``overlap`` or ``size``.
    """

    region_code: str
    year: int
    rest_days: frozenset[date]
    make_up_workdays: frozenset[date]
    source: str

    def __post_init__(self) -> None:
        if not _REGION6.fullmatch(self.region_code):
            raise CalendarError("region")
        _check_days(self.year, self.rest_days, self.make_up_workdays, self.source)

    def covers(self, region_code: str) -> bool:
        """Whether the overlay holds in that region: itself, or below it (330000 covers 330113)."""
        return region_code.startswith(_stem(self.region_code))


@dataclass(frozen=True, slots=True)
class Calendar:
    """One version of all published years and overlays.

    An overlay of a year that is not published is allowed: its days count, and the year stays provisional.

    Raises:
        CalendarError: ``version`` (below 1), ``year`` (a key that is not its record's), ``overlap`` or ``size``.
    """

    version: int
    years: Mapping[int, CalendarYear]
    overlays: tuple[Overlay, ...] = ()

    def __post_init__(self) -> None:
        if self.version < 1:
            raise CalendarError("version")
        if any(year != record.year for year, record in self.years.items()):
            raise CalendarError("year")
        if len(self.overlays) > _MOST_OVERLAYS:
            raise CalendarError("size")
        if len({(overlay.region_code, overlay.year) for overlay in self.overlays}) != len(self.overlays):
            raise CalendarError("overlap")
        object.__setattr__(self, "years", MappingProxyType(dict(self.years)))  # the caller's dict may change

    def at(self, region_code: str) -> "RegionalCalendar":
        """The calendar of a region of six digits: national days, then overlays from the province down, nearest last.

        Raises:
            CalendarError: ``region``.
        """
        if not _REGION6.fullmatch(region_code):
            raise CalendarError("region")
        covering = sorted(
            (overlay for overlay in self.overlays if overlay.covers(region_code)),
            key=lambda overlay: len(_stem(overlay.region_code)),
        )
        records: list[CalendarYear | Overlay] = [*self.years.values(), *covering]
        worked: dict[date, bool] = {}
        for record in records:
            worked.update(dict.fromkeys(record.rest_days, False))
            worked.update(dict.fromkeys(record.make_up_workdays, True))
        return RegionalCalendar(
            region_code=region_code,
            version=self.version,
            _published=frozenset(self.years),
            _worked=MappingProxyType(worked),
        )


@dataclass(frozen=True, slots=True)
class RegionalCalendar:
    """The calendar of one region in one version. Made by :meth:`Calendar.at`."""

    region_code: str
    version: int
    _published: frozenset[int]
    _worked: Mapping[date, bool]

    def is_workday(self, day: date) -> bool:
        """Whether the day is worked: as the records say, else from Monday to Friday."""
        return self._worked.get(day, day.weekday() < _SATURDAY)

    def is_published(self, year: int) -> bool:
        """Whether the State Council's days of that year are in this version."""
        return year in self._published

    def is_provisional(self, first: date, last: date) -> bool:
        """Whether a result that looked at the days from ``first`` to ``last`` may change when a year is published."""
        return not all(self.is_published(year) for year in range(first.year, last.year + 1))

    def next_workday_on_or_after(self, day: date) -> date:
        """The day itself when worked, else the next one that is (民法典 art. 203).

        Raises:
            CalendarError: ``no_workday`` or ``year``.
        """
        return self._seek(day, 1)

    def last_workday_on_or_before(self, day: date) -> date:
        """The day itself when worked, else the last one before that is: how a cap is rounded, never forward.

        Raises:
            CalendarError: ``no_workday`` or ``year``.
        """
        return self._seek(day, -1)

    def add_workdays(self, start: date, count: int) -> date:
        """The ``count``-th working day after ``start``; the start is not counted, worked or not.

        Raises:
            CalendarError: ``size`` when ``count`` is not 1 to 1000; ``no_workday`` or ``year``.
        """
        if not 1 <= count <= _MOST_WORKDAYS:
            raise CalendarError("size")
        day = start
        for _ in range(count):
            day = self._seek(_shifted(day, 1), 1)
        return day

    def workdays_between(self, first: date, before: date) -> int:
        """How many days from ``first`` until the day before ``before`` are worked; 0 when there are none.

        Raises:
            CalendarError: ``size`` when the two lie over ten years apart.
        """
        length = (before - first).days
        if length > 10 * _LONGEST_REST:
            raise CalendarError("size")
        return sum(self.is_workday(first + timedelta(days=step)) for step in range(max(length, 0)))

    def _seek(self, day: date, step: int) -> date:
        for _ in range(_LONGEST_REST):
            if self.is_workday(day):
                return day
            day = _shifted(day, step)
        raise CalendarError("no_workday")


def load_seed_years(text: str | None = None) -> Mapping[int, CalendarYear]:
    """The years that come with the program (2004 to 2026), or those of a text of the same columns: year, day, kind.

    They seed the roster's records; a node judges by the roster, not by this file.

    Raises:
        CalendarError: ``table``, or what :class:`CalendarYear` refuses.
    """
    if text is None:
        text = resources.files("delegation").joinpath("data/calendars.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    reader = csv.reader(line for line in lines if line and not line.startswith("#"))
    if next(reader, []) != ["year", "day", "kind"]:
        raise CalendarError("table")
    days: dict[int, dict[str, set[date]]] = {}
    for row in reader:
        year, day, kind = _seed_day(row)
        found = days.setdefault(year, {"rest": set(), "work": set()})
        if day in found["rest"] | found["work"]:
            raise CalendarError("overlap")
        found[kind].add(day)
    source = next((line[10:] for line in lines if line.startswith("# source: ")), "seed file")[:_MOST_SOURCE]
    return MappingProxyType({
        year: CalendarYear(year, frozenset(found["rest"]), frozenset(found["work"]), source)
        for year, found in days.items()
    })  # fmt: skip


def _seed_day(row: list[str]) -> tuple[int, date, str]:
    try:
        year, day, kind = row
        found = (int(year), date.fromisoformat(day), kind)
    except ValueError:
        raise CalendarError("table") from None
    if kind not in {"rest", "work"}:
        raise CalendarError("table")
    return found


def _check_days(year: int, rest_days: frozenset[date], make_up_workdays: frozenset[date], source: str) -> None:
    if not MINYEAR < year < MAXYEAR:
        raise CalendarError("year")
    if any(day.year != year for day in rest_days | make_up_workdays):
        raise CalendarError("year")
    if rest_days & make_up_workdays:
        raise CalendarError("overlap")
    if len(rest_days) + len(make_up_workdays) > _MOST_SPECIAL_DAYS or not 1 <= len(source) <= _MOST_SOURCE:
        raise CalendarError("size")


def _stem(region_code: str) -> str:
    """The part of a code that all below it share: 33 for 330000, 3301 for 330100, all six digits for a county."""
    if region_code.endswith("0000"):
        return region_code[:2]
    return region_code[:4] if region_code.endswith("00") else region_code


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise CalendarError("year") from None
