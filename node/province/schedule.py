"""Which reports of ended periods are owed at an instant: a function of the settings, the clock and what was made.

A period is owed from the configured day and hour (Asia/Shanghai) of the month after its end. Of each kind the last one
that was due when the node began to make reports is owed too, so that an office begins with one; of those that fell due
since, the latest `MOST_MADE_UP`: so a long stop is made up for, in the order of time, and no further back.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from delegation.deadlines import SHANGHAI
from delegation.figures import Period

MOST_MADE_UP: Final = 24
_SETTLES: Final = timedelta(minutes=10)  # clocks may differ by less: what was accepted on the last day is in by then


class ReportKind(StrEnum):
    """Of what a report is. The first three are made by the node itself."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    CUSTOM = "custom"


_MONTHS: Final = {ReportKind.MONTH: 1, ReportKind.QUARTER: 3, ReportKind.YEAR: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`day` (1 to 28) and `hour` (0 to 23) of the month after a period's end, in Asia/Shanghai."""

    kinds: tuple[ReportKind, ...] = (ReportKind.MONTH,)
    day: int = 1
    hour: int = 6

    def due_at(self, period: Period) -> datetime:
        """When the report of an ended period is to be made."""
        after = period.last + timedelta(days=1)
        return datetime.combine(after.replace(day=self.day), time(self.hour), SHANGHAI)


@dataclass(frozen=True, slots=True)
class Planned:
    """A report that the node makes by itself."""

    kind: ReportKind
    period: Period
    due_at: datetime

    @property
    def report_id(self) -> str:
        """One word a kind and period: what makes it unique in an office."""
        first = self.period.first
        if self.kind is ReportKind.MONTH:
            return f"month-{first:%Y-%m}"
        if self.kind is ReportKind.QUARTER:
            return f"quarter-{first:%Y}-{(first.month + 2) // 3}"
        return f"year-{first:%Y}"


def owed(schedule: Schedule, made: Collection[str], *, since: datetime, now: datetime) -> tuple[Planned, ...]:
    """What is to be made now, the longest due first; `made` are ids. `since`: when the node began to make reports."""
    found = [
        planned
        for kind in schedule.kinds
        for planned in _due(schedule, kind, since=since, now=now)
        if planned.report_id not in made
    ]
    return tuple(sorted(found, key=lambda planned: (planned.due_at, planned.report_id)))


def covers(period: Period, heard_at: datetime) -> bool:
    """Whether a copy that was complete at `heard_at` holds everything that was accepted in the period."""
    end = datetime.combine(period.last + timedelta(days=1), time(), SHANGHAI)
    return heard_at >= end + _SETTLES


def _due(schedule: Schedule, kind: ReportKind, *, since: datetime, now: datetime) -> Iterator[Planned]:
    period = _holding(kind, now.astimezone(SHANGHAI).date())
    for _ in range(MOST_MADE_UP + 1):  # the one that is still going on, or not yet due, is the first
        due_at = schedule.due_at(period)
        if due_at <= now:
            yield Planned(kind, period, due_at)
            if due_at <= since:
                return
        if period.first.year <= date.min.year + 1:
            return
        period = _holding(kind, period.first - timedelta(days=1))


def _holding(kind: ReportKind, day: date) -> Period:
    """The period of a kind that a day lies in."""
    months = _MONTHS[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    number = first.year * 12 + first.month - 1 + months
    return Period(first, date(number // 12, number % 12 + 1, 1) - timedelta(days=1))
