"""The figures of a report: one pass over courses, each counted into every group that it belongs to.

The same `delegation.figures.counts_of` and `spans_of` whether the courses were kept or folded again from bytes: what
makes a report and what proves it count alike.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from delegation.course import Course
from delegation.deadlines import day_of
from delegation.figures import CalendarOf, Count, Days, Period, Span, counts_of, spans_of
from node.province.board import prefecture_of
from node.province.tallying import days_of_lengths

WHOLE: Final = "whole"
PAPER: Final = "paper"
Json = dict[str, object]


@dataclass(slots=True)
class _Group:
    counts: Counter[Count] = field(default_factory=Counter)
    lengths: dict[Span, Counter[int]] = field(default_factory=dict)

    def take(self, counts: Mapping[Count, int], spans: Mapping[Span, int]) -> None:
        """One course more."""
        for count, number in counts.items():
            self.counts[count] += number
        for span, days in spans.items():
            self.lengths.setdefault(span, Counter())[days] += 1

    def written(self) -> Json:
        """As a report says it: what is not there is 0."""
        days = {span.value: days_json(days_of_lengths(self.lengths[span])) for span in Span if span in self.lengths}
        return {"counts": {count.value: self.counts[count] for count in Count if self.counts[count]}, "days": days}


def days_json(days: Days) -> Json:
    """Days of a step; the median is a whole number or ends in one half."""
    median = int(days.median) if days.median.is_integer() else days.median
    return {"count": days.count, "median": median, "p90": days.p90, "total": days.total}


class Figures:
    """Gathers courses; `written` gives the figures by their names in the report."""

    def __init__(self, *, province: str, period: Period, today: date, calendar_of: CalendarOf) -> None:
        self._province = province
        self._period = period
        self._today = today
        self._calendar_of = calendar_of
        self._groups: dict[str, dict[str, _Group]] = {
            name: {} for name in ("total", "home", "host", "home_unit", "host_unit", "flow", "matter")
        }
        self._weeks: dict[date, Counter[str]] = {}
        self._late_with: Counter[str] = Counter()

    def take(self, course: Course) -> None:
        """One course of the scope. What goes on paper is counted apart, and in the whole not at all."""
        counts = counts_of(
            course, period=self._period, today=self._today, calendar_of=self._calendar_of,
            province=self._province,
        )  # fmt: skip
        spans = spans_of(course, period=self._period)
        if not counts and not spans:
            return
        if course.on_paper:
            self._group("total", PAPER).take(counts, spans)
            return
        home, host = prefecture_of(course.home_unit), prefecture_of(course.host_unit)
        flow = (home, host) if self._province else (f"{home[:2]}0000", f"{host[:2]}0000")
        for kind, name in (
            ("total", WHOLE), ("home", home), ("host", host), ("home_unit", course.home_unit),
            ("host_unit", course.host_unit), ("flow", ">".join(flow)), ("matter", course.matter.name.lower()),
        ):  # fmt: skip
            self._group(kind, name).take(counts, spans)
        if counts.get(Count.LATE) and course.next_due is not None:
            self._late_with[course.next_due.unit] += 1
        self._by_week(course, counts)

    def written(self) -> Json:
        """Every figure, by name."""
        return {
            WHOLE: self._group("total", WHOLE).written(),
            PAPER: self._group("total", PAPER).written(),
            "cities": self._sides("home", "host"),
            "units": self._sides("home_unit", "host_unit"),
            "flows": {name: group.written() for name, group in sorted(self._groups["flow"].items())},
            "matters": {name: group.written() for name, group in sorted(self._groups["matter"].items())},
            "weeks": {monday.isoformat(): dict(sorted(self._weeks[monday].items())) for monday in sorted(self._weeks)},
            "late_with": dict(sorted(self._late_with.items())),
        }

    def _group(self, kind: str, name: str) -> _Group:
        return self._groups[kind].setdefault(name, _Group())

    def _sides(self, home: str, host: str) -> Json:
        names = sorted({*self._groups[home], *self._groups[host]})
        nothing = _Group()
        return {
            name: {
                "as_home": self._groups[home].get(name, nothing).written(),
                "as_host": self._groups[host].get(name, nothing).written(),
            }
            for name in names
        }

    def _by_week(self, course: Course, counts: Mapping[Count, int]) -> None:
        late = bool(counts.get(Count.RESULTS_DUE)) and not counts.get(Count.RESULTS_IN_TIME)
        for name, at in (("issued", course.issued_at), ("results", course.result_at), ("ended", course.ended_at)):
            if at is None or not self._period.holds(at):
                continue
            day = day_of(at)
            week = self._weeks.setdefault(day - timedelta(days=day.weekday()), Counter())
            week[name] += 1
            if name == "results" and late:
                week["results_late"] += 1
