"""Calendars by region for figures: regions with the same overlays share one, as a country has hundreds of regions."""

from datetime import date
from typing import Final

from delegation.figures import QUICK_WORKDAYS
from delegation.workdays import Calendar, RegionalCalendar

_SURELY_SLOW: Final = 366  # natural days: no calendar rests so long
_ONE_DAY: Final = 1


class Calendars:
    """`delegation.figures.CalendarOf` of one version of the calendar."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._by_overlays: dict[tuple[int, ...], RegionalCalendar] = {}
        self._by_region: dict[str, tuple[tuple[int, ...], RegionalCalendar]] = {}
        self._quick: dict[tuple[tuple[int, ...], int, int], bool] = {}

    def __call__(self, region: str) -> RegionalCalendar:
        """The calendar that holds in a region; its `region_code` may be another's. CalendarError as `Calendar.at`."""
        return self._of(region)[1]

    def quick(self, region: str, issued: int, accepted: int) -> bool:
        """Accepted within three working days after the letter's day; both are ordinals."""
        length = accepted - issued
        if length <= 0:
            return True
        if length > _SURELY_SLOW:
            return False
        overlays, calendar = self._of(region)
        key = overlays, issued, accepted
        found = self._quick.get(key)
        if found is None:
            days = calendar.workdays_between(date.fromordinal(issued + _ONE_DAY), date.fromordinal(accepted + _ONE_DAY))
            found = self._quick[key] = days <= QUICK_WORKDAYS
        return found

    def _of(self, region: str) -> tuple[tuple[int, ...], RegionalCalendar]:
        found = self._by_region.get(region)
        if found is None:
            overlays = tuple(number for number, overlay in enumerate(self.calendar.overlays) if overlay.covers(region))
            calendar = self._by_overlays.get(overlays)
            if calendar is None:
                calendar = self._by_overlays[overlays] = self.calendar.at(region)
            found = self._by_region[region] = overlays, calendar
        return found
