"""Where a simulated country works: 450 places with a recognition unit and a committee each, and who is how quick.

The places are the regions of the committees of first instance in the table of regions. Weights are made for a load
model and are no statistics: hosts by Zipf, homes by the provinces' rough shares of the population.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from cli.simulate.plan import Plan
from delegation.digits import UnitType, unit_code
from delegation.regions import RegionTable
from delegation.workdays import RegionalCalendar

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
OWN, PREDECESSOR, REORGANISED = 1, 2, 3  # serials of units; a real node's unit is always the first of its region
CORPS_OFFICE: Final = ("650000", 3)  # the Production and Construction Corps has an office of its own
_CORPS_PLACES: Final = "6590"
ZIPF: Final = 0.9
_HOSTS_FIRST: Final = ("44", "33", "32", "37")  # 广东、浙江、江苏、山东
_LARGE: Final = (
    "440300", "440100", "330100", "320500", "370200", "441900", "330200", "320100", "370100", "440600", "320200",
    "330300",
)  # fmt: skip
# Millions, rounded; good for a skew and for nothing else.
_PEOPLE: Final[Mapping[str, int]] = {
    "44": 126, "37": 102, "41": 99, "32": 85, "51": 84, "13": 75, "43": 66, "33": 65, "34": 61, "42": 58, "45": 50,
    "53": 47, "36": 45, "21": 43, "35": 42, "61": 40, "52": 39, "14": 35, "50": 32, "23": 32, "65": 26, "62": 25,
    "31": 25, "22": 24, "15": 24, "11": 22, "12": 14, "46": 10, "64": 7, "63": 6, "54": 4,
}  # fmt: skip
_MUNICIPALITIES: Final = frozenset({"11", "12", "31", "50"})
_FOCUS_SHARE: Final = 0.4
_NEAR: Final = 0.75  # of transfers and the like: to a place of the same province
_OUTAGES: Final = 0.12  # of the units whose node is away once in the year
_NOT_MEMBERS: Final = 0.05
_ALWAYS_MEMBERS: Final = 80  # the first of the hosts
PEOPLE_TICKS: Final = (time(9, 12), time(10, 41), time(14, 20), time(15, 52), time(16, 58))
NODE_TICK: Final = time(17, 40)  # acknowledgements of the last hour; people have gone home


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place: its units' codes, and whether a node serves them."""

    region: str
    name: str
    recognition: str
    appraisal: str
    recognises_online: bool
    appraises_online: bool
    within: tuple[str, ...]  # places of tasks: the region and those below it
    pooling: str
    pace: float  # 1 as agreed, above it slower
    away: tuple[date, date] | None  # the node is not there on these days, both included

    @property
    def province(self) -> str:
        """Two digits."""
        return self.region[:2]


class Country:
    """All places, and draws of homes and hosts."""

    def __init__(self, plan: Plan, regions: RegionTable) -> None:
        rng = Random(f"{plan.seed}/country")  # noqa: S311 - a simulation, nothing secret
        codes = sorted({r.appraisal_unit_code for r in regions if r.appraisal_unit_code is not None})
        below: dict[str, list[str]] = {code: [code] for code in codes}
        for region in regions:
            unit = region.appraisal_unit_code
            if unit is not None and region.code != unit and region.holds_on(plan.start) and region.holds_on(plan.end):
                below[unit].append(region.code)
        ranked = _ranked(codes)
        self.places: tuple[Place, ...] = tuple(
            _place(code, rank, plan, regions, tuple(below[code]), rng) for rank, code in enumerate(ranked)
        )
        self.by_region: Mapping[str, Place] = {place.region: place for place in self.places}
        self.by_unit: Mapping[str, Place] = {
            unit: place for place in self.places for unit in (place.recognition, place.appraisal)
        }
        self._hosts = _Lot(self.places, ((rank + 1) ** -ZIPF for rank in range(len(self.places))))
        sizes = {province: sum(code[:2] == province for code in codes) for province in _PEOPLE}
        homes = [
            _PEOPLE[p.province] / sizes[p.province] * (2.0 if p.region.endswith("0100") else 1.0) for p in self.places
        ]
        self._homes = _Lot(self.places, homes)
        there = [place for place in self.places if place.province == plan.focus[:2]]
        self._focus = _Lot(there, (2.5 if p.region.endswith("0100") else 1.0 for p in there)) if there else None

    def pair(self, rng: Random, *, appraisal: bool) -> tuple[Place, Place]:
        """A home that has a node, and another place as host."""
        home, host = self._homes.draw(rng), self._hosts.draw(rng)
        if self._focus is not None and rng.random() < _FOCUS_SHARE:
            if rng.random() < 0.5:
                home = self._focus.draw(rng)
            else:
                host = self._focus.draw(rng)
        while not (home.appraises_online if appraisal else home.recognises_online):
            home = self._homes.draw(rng)
        while host is home:
            host = self._hosts.draw(rng)
        return home, host

    def another(self, rng: Random, *, than: Iterable[str], near: Place) -> Place:
        """Another place with a node for recognition: mostly of the same province, where there is one."""
        avoid = set(than)
        same = [p for p in self.places if p.province == near.province and p.region not in avoid and p.recognises_online]
        if same and rng.random() < _NEAR:
            return same[rng.randrange(len(same))]
        while (found := self._hosts.draw(rng)).region in avoid or not found.recognises_online:
            pass
        return found


class _Lot:
    """Draws with weights, one look-up each."""

    def __init__(self, places: Sequence[Place], weights: Iterable[float]) -> None:
        self._places = places
        self._sums = list(accumulate(weights))

    def draw(self, rng: Random) -> Place:
        return self._places[min(bisect_left(self._sums, rng.random() * self._sums[-1]), len(self._places) - 1)]


def _ranked(codes: Sequence[str]) -> list[str]:
    """The order of the hosts: the four provinces, their large cities first, then by people a place."""
    sizes = {province: sum(code[:2] == province for code in codes) for province in _PEOPLE}

    def key(code: str) -> tuple[int, float, str]:
        if code in _LARGE:
            return 0, float(_LARGE.index(code)), code
        if code[:2] in _HOSTS_FIRST:
            return 1, 0.0, code[2:]  # city by city, province after province
        capital = 3.0 if code.endswith("0100") else 1.0
        return 2, -capital * _PEOPLE[code[:2]] / sizes[code[:2]], code

    return sorted(codes, key=key)


def _place(
    code: str, rank: int, plan: Plan, regions: RegionTable, within: tuple[str, ...], rng: Random
) -> Place:  # fmt: skip
    serial = PREDECESSOR if code in plan.without else OWN
    must = rank < _ALWAYS_MEMBERS or code in plan.without
    slow = rng.random() < 0.1
    pace = rng.uniform(1.5, 2.2) if slow else rng.uniform(0.65, 1.05)
    away = None
    if rng.random() < _OUTAGES:
        first = plan.start + timedelta(days=rng.randrange(10, 350))
        away = (first, first + timedelta(days=rng.randrange(1, 6)))
    return Place(
        region=code,
        name=regions.full_name(code),
        recognition=unit_code(region6=code, unit_type=UnitType.RECOGNITION, serial=serial),
        appraisal=unit_code(region6=code, unit_type=UnitType.APPRAISAL, serial=serial),
        recognises_online=must or rng.random() >= _NOT_MEMBERS,
        appraises_online=must or rng.random() >= _NOT_MEMBERS,
        within=within,
        pooling=f"{code[:2]}0000" if code[:2] in _MUNICIPALITIES else code,
        pace=pace,
        away=away,
    )


def offices(plan: Plan, country: Country) -> Mapping[str, str]:
    """The 32 provincial offices: name in the simulation (two digits, or XP for the Corps) to unit code."""
    found = {}
    for province in sorted({place.province for place in country.places}):
        region = f"{province}0000"
        serial = PREDECESSOR if region in plan.without else OWN
        found[province] = unit_code(region6=region, unit_type=UnitType.PROVINCIAL, serial=serial)
    region, serial = CORPS_OFFICE
    found["XP"] = unit_code(region6=region, unit_type=UnitType.PROVINCIAL, serial=serial)
    return found


def office_name(place: Place) -> str:
    """Whose office is above a place."""
    return "XP" if place.region.startswith(_CORPS_PLACES) else place.province


class Hours:
    """Working days and hours by the calendar's records: nobody acts outside them."""

    def __init__(self, calendar: RegionalCalendar, first: date, last: date) -> None:
        days = (first + timedelta(days=step) for step in range((last - first).days + 1))
        self.days: tuple[date, ...] = tuple(day for day in days if calendar.is_workday(day))
        self._worked = frozenset(self.days)
        self.never = datetime.combine(last + timedelta(days=400), time(0), SHANGHAI)

    def is_worked(self, day: date) -> bool:
        """Whether people work on that day."""
        return day in self._worked

    def on(self, day: date, rng: Random) -> datetime:
        """Some hour of that day, or of the next one that is worked."""
        return self._at(bisect_left(self.days, day), PEOPLE_TICKS[rng.randrange(len(PEOPLE_TICKS))])

    def after(self, at: datetime, workdays: int, rng: Random) -> datetime:
        """So many working days later; with 0 later on the same day, or first thing on the next."""
        local = at.astimezone(SHANGHAI)
        index = bisect_left(self.days, local.date())
        if workdays <= 0:
            later = [tick for tick in PEOPLE_TICKS if tick > local.time()]
            if later and self.is_worked(local.date()):
                return self._at(index, later[rng.randrange(len(later))])
            return self._at(index + self.is_worked(local.date()), PEOPLE_TICKS[0])
        first = index if self.is_worked(local.date()) else index - 1
        return self._at(first + workdays, PEOPLE_TICKS[rng.randrange(len(PEOPLE_TICKS))])

    def between(self, first: datetime, last: datetime) -> int:
        """Working days after the day of the one up to that of the other."""
        days = [bisect_right(self.days, at.astimezone(SHANGHAI).date()) for at in (first, last)]
        return max(0, days[1] - days[0])

    def _at(self, index: int, tick: time) -> datetime:
        return datetime.combine(self.days[index], tick, SHANGHAI) if index < len(self.days) else self.never
