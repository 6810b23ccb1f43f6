"""An overseer's figures: what is in hand, what is late and with whom, how long steps take, what comes back.

Every figure is a count or a number of days over courses, and says over which: those that stand now, those whose first
letter falls into the period, those whose result does, those that ended in it. Days are natural days between days of
Asia/Shanghai; a share is a pair of counts, so that nobody divides twice. `tally` is one pass; what keeps figures up to
date in a database has to give the same.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from delegation.codes import Adoption
from delegation.course import Course
from delegation.deadlines import day_of
from delegation.table import State
from delegation.workdays import RegionalCalendar

DUE_SOON_DAYS: Final = 3
QUICK_WORKDAYS: Final = 3  # 三个工作日内受理, as the European IMI scoreboard counts
CalendarOf = Callable[[str], RegionalCalendar]  # region code -> its calendar


class Basis(StrEnum):
    """Over which courses a figure counts."""

    STANDING = "standing"  # in hand now, whenever they began: what left the province is not
    ISSUED = "issued"  # the first letter was accepted in the period
    RESULT = "result"  # the first result of the present leg was accepted in the period
    ENDED = "ended"  # completed, withdrawn, cancelled or terminated in the period


class Count(StrEnum):
    """What is counted. The value is the name in every report."""

    IN_HAND = "in_hand"  # 在办
    DUE_SOON = "due_soon"  # 三日内到期
    LATE = "late"  # 已超期
    ISSUED = "issued"  # 发出
    SIGNED = "signed"  # 已签收, of those issued
    ACCEPTED = "accepted"  # 已受理, of those issued
    ACCEPTED_QUICKLY = "accepted_quickly"  # 三个工作日内受理, of those issued
    RETURNED = "returned"  # 退回补正过, of those issued
    REFUSED = "refused"  # 不予受托过
    TRANSFERRED = "transferred"  # 转办过
    DISPUTED = "disputed"  # 提请指定管辖过
    REMINDED = "reminded"  # 被催办过
    SUPERVISED = "supervised"  # 被督办过
    REUSED = "reused"  # 免于重复索取的材料, pieces, of those issued
    DRAW_DEFAULTS = "draw_defaults"  # 由省级代为揭示, times, of those issued
    RESULTS = "results"  # 提交结果
    RESULTS_IN_TIME = "results_in_time"  # 按期提交
    RESULTS_DUE = "results_due"  # with an agreed day: what the share in time is of
    SUPPLEMENTED = "supplemented"  # 要求补充或复核过, of those with a result
    ADOPTED = "adopted"  # 采信, of those with a result
    PARTLY_ADOPTED = "partly_adopted"
    NOT_ADOPTED = "not_adopted"
    COMPLETED = "completed"  # 办结
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"


class Span(StrEnum):
    """A step whose days are counted."""

    SIGN = "sign"  # 发出至签收, of those issued
    DECIDE = "decide"  # 签收至受理, of those issued
    ASSIGN = "assign"  # 受理至分派（确定科别）, of those issued
    WORK = "work"  # 受理至结果, of those with a result
    RESULT = "result"  # 发出至结果, of those with a result
    CHECK = "check"  # 结果至办结, of those ended
    WHOLE = "whole"  # 首次发出至办结, of those ended


BASIS: Final[Mapping[Count, Basis]] = {
    Count.IN_HAND: Basis.STANDING, Count.DUE_SOON: Basis.STANDING, Count.LATE: Basis.STANDING,
    Count.ISSUED: Basis.ISSUED, Count.SIGNED: Basis.ISSUED, Count.ACCEPTED: Basis.ISSUED,
    Count.ACCEPTED_QUICKLY: Basis.ISSUED, Count.RETURNED: Basis.ISSUED, Count.REFUSED: Basis.ISSUED,
    Count.TRANSFERRED: Basis.ISSUED, Count.DISPUTED: Basis.ISSUED, Count.REMINDED: Basis.ISSUED,
    Count.SUPERVISED: Basis.ISSUED, Count.REUSED: Basis.ISSUED, Count.DRAW_DEFAULTS: Basis.ISSUED,
    Count.RESULTS: Basis.RESULT, Count.RESULTS_IN_TIME: Basis.RESULT, Count.RESULTS_DUE: Basis.RESULT,
    Count.SUPPLEMENTED: Basis.RESULT, Count.ADOPTED: Basis.RESULT, Count.PARTLY_ADOPTED: Basis.RESULT,
    Count.NOT_ADOPTED: Basis.RESULT, Count.COMPLETED: Basis.ENDED, Count.WITHDRAWN: Basis.ENDED,
    Count.CANCELLED: Basis.ENDED, Count.TERMINATED: Basis.ENDED,
}  # fmt: skip
SPAN_BASIS: Final[Mapping[Span, Basis]] = {
    Span.SIGN: Basis.ISSUED, Span.DECIDE: Basis.ISSUED, Span.ASSIGN: Basis.ISSUED, Span.WORK: Basis.RESULT,
    Span.RESULT: Basis.RESULT, Span.CHECK: Basis.ENDED, Span.WHOLE: Basis.ENDED,
}  # fmt: skip
# share: (what is counted, what it is of)
SHARES: Final[Mapping[str, tuple[Count, Count]]] = {
    "on_time": (Count.RESULTS_IN_TIME, Count.RESULTS_DUE),
    "accepted_quickly": (Count.ACCEPTED_QUICKLY, Count.ISSUED),
    "returned": (Count.RETURNED, Count.ISSUED),
    "refused": (Count.REFUSED, Count.ISSUED),
    "transferred": (Count.TRANSFERRED, Count.ISSUED),
    "supplemented": (Count.SUPPLEMENTED, Count.RESULTS),
    "adopted": (Count.ADOPTED, Count.RESULTS),
}
_ENDED_AS: Final = {
    State.WITHDRAWN: Count.WITHDRAWN,
    State.CANCELLED: Count.CANCELLED,
    State.TERMINATED: Count.TERMINATED,
}
_ADOPTED_AS: Final = {
    Adoption.ADOPTED: Count.ADOPTED,
    Adoption.PARTLY: Count.PARTLY_ADOPTED,
    Adoption.NOT_ADOPTED: Count.NOT_ADOPTED,
}


@dataclass(frozen=True, slots=True)
class Period:
    """Days of Asia/Shanghai, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("period: last before first")

    def holds(self, at: datetime | None) -> bool:
        """Whether the instant falls on one of its days; no instant does not."""
        return at is not None and self.first <= day_of(at) <= self.last


@dataclass(frozen=True, slots=True)
class Days:
    """Natural days of a step: how many there were, the middle one, the one that nine of ten do not exceed, the sum."""

    count: int = 0
    median: float = 0.0
    p90: int = 0
    total: int = 0

    @property
    def mean(self) -> float:
        """Average days, 0 without any."""
        return self.total / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class Tally:
    """Figures of a set of courses; a count that is not there is 0, a span that is not there had none."""

    counts: Mapping[Count, int] = field(default_factory=dict)
    days: Mapping[Span, Days] = field(default_factory=dict)

    def share(self, name: str) -> float | None:
        """A share between 0 and 1; None where there is nothing that it could be of."""
        part, of = SHARES[name]
        whole = self.counts.get(of, 0)
        return self.counts.get(part, 0) / whole if whole else None

    @property
    def shares(self) -> Mapping[str, float]:
        """Every share that there is something of, by its name."""
        return {name: found for name in SHARES if (found := self.share(name)) is not None}


def days_of(found: Iterable[int]) -> Days:
    """Of the days of one step. The 90th percentile is the nearest rank: an observed value, never one between two."""
    values = sorted(found)
    if not values:
        return Days()
    half = len(values) // 2
    median = float(values[half]) if len(values) % 2 else (values[half - 1] + values[half]) / 2
    return Days(len(values), median, values[math.ceil(len(values) * 0.9) - 1], sum(values))


def counts_of(
    course: Course, *, period: Period, today: date, calendar_of: CalendarOf, province: str = ""
) -> Counter[Count]:
    """What one course adds to each count, for a province (two digits) or the country: see `Course.stands_in`."""
    found: Counter[Count] = Counter()
    if course.stands_in(province):
        found[Count.IN_HAND] = 1
        due = course.next_due
        if due is not None and due.legal < today:
            found[Count.LATE] = 1
        elif due is not None and (due.legal - today).days <= DUE_SOON_DAYS:
            found[Count.DUE_SOON] = 1
    if period.holds(course.issued_at):
        found.update(_of_issued(course, calendar_of))
    if period.holds(course.result_at):
        found.update(_of_result(course))
    if period.holds(course.ended_at):
        found[_ENDED_AS.get(course.ended_as, Count.COMPLETED)] += 1
    return +found


def spans_of(course: Course, *, period: Period) -> dict[Span, int]:
    """Natural days of each step of one course that falls into the period."""
    found: dict[Span, int] = {}
    if period.holds(course.issued_at):
        _between(found, Span.SIGN, course.leg_issued_at, course.signed_at)
        _between(found, Span.DECIDE, course.signed_at, course.accepted_at)
        _between(found, Span.ASSIGN, course.accepted_at, course.assigned_at)
    if period.holds(course.result_at):
        _between(found, Span.WORK, course.accepted_at, course.result_at)
        _between(found, Span.RESULT, course.leg_issued_at, course.result_at)
    if period.holds(course.completed_at):
        _between(found, Span.CHECK, course.result_at, course.completed_at)
        _between(found, Span.WHOLE, course.issued_at, course.completed_at)
    return found


def tally(
    courses: Iterable[Course], *, period: Period, today: date, calendar_of: CalendarOf, province: str = ""
) -> Tally:
    """The figures of these courses. `today` is the day on which lateness is judged, the day of the checkpoint."""
    counts: Counter[Count] = Counter()
    days: dict[Span, list[int]] = {}
    for course in courses:
        counts.update(counts_of(course, period=period, today=today, calendar_of=calendar_of, province=province))
        for span, took in spans_of(course, period=period).items():
            days.setdefault(span, []).append(took)
    return Tally(dict(counts), {span: days_of(found) for span, found in days.items()})


def _of_issued(course: Course, calendar_of: CalendarOf) -> dict[Count, int]:
    accepted = course.accepted_at
    quick = accepted is not None and _workdays(course, accepted, calendar_of) <= QUICK_WORKDAYS
    return {
        Count.ISSUED: 1,
        Count.SIGNED: int(course.signed_at is not None),
        Count.ACCEPTED: int(accepted is not None),
        Count.ACCEPTED_QUICKLY: int(quick),
        Count.RETURNED: int(course.returns > 0),
        Count.REFUSED: int(course.refusals > 0),
        Count.TRANSFERRED: int(course.transfers > 0),
        Count.DISPUTED: int(course.disputes > 0),
        Count.REMINDED: int(course.reminders > 0),
        Count.SUPERVISED: int(course.supervisions > 0),
        Count.REUSED: course.reused,
        Count.DRAW_DEFAULTS: course.draw_defaults,
    }


def _of_result(course: Course) -> dict[Count, int]:
    due, at = course.result_due, course.result_at
    found = {Count.RESULTS: 1, Count.SUPPLEMENTED: int(course.supplements > 0)}
    if due is not None and at is not None:
        found[Count.RESULTS_DUE] = 1
        found[Count.RESULTS_IN_TIME] = int(day_of(at) <= due)
    adopted = _ADOPTED_AS.get(course.adoption)
    if adopted is not None:
        found[adopted] = 1
    return found


def _workdays(course: Course, accepted: datetime, calendar_of: CalendarOf) -> int:
    """Working days after the letter's day up to and including the acceptance's, at the host's place."""
    calendar = calendar_of(course.host_unit[:6])
    first, last = day_of(course.leg_issued_at), day_of(accepted)
    day = timedelta(days=1)
    return calendar.workdays_between(first + day, last + day)


def _between(found: dict[Span, int], span: Span, first: datetime | None, last: datetime | None) -> None:
    if first is not None and last is not None:
        found[span] = max(0, (day_of(last) - day_of(first)).days)
