"""Due dates as pure arithmetic on days: statutory clocks, agreed times, and the cap that the first puts on the second.

Who has to act, and when a clock starts or stops, is the lifecycle's business; here every day is an argument. All days
are days of Asia/Shanghai. The day of start is never counted (民法典 art. 201); an electronic act is in time until 24:00
of the legal day. ``nominal`` is the day without rolling (alarms go by it), ``legal`` the day that counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from delegation.workdays import RegionalCalendar

# A fixed offset: there was summer time until 1991 only, and no clock of ours began before 2004.
SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
CAP_MARGIN_DAYS: Final = 10  # natural days the home keeps for itself; agreed, not statutory
APPRAISAL_CAP_MARGIN_DAYS: Final = 10  # the same of an appraisal: check, conclusion; agreed, not statutory
_MOST_DAYS: Final = 3_660
_MOST_SUSPENSIONS: Final = 32  # as many as a header holds


class DeadlineError(ValueError):
    """A question about a clock that has no answer. ``code`` says why.

    Codes: ``naive`` (an instant without a zone), ``length`` (days out of bounds), ``before_start`` (a suspension before
    the clock began), ``order`` (suspensions that overlap or run backwards, or one after an open one), ``size`` (too
    many suspensions), ``range`` (a day outside the calendar).
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"deadline: {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Due:
    """A due date. ``provisional``: a year it was computed from is not published, so it may still move."""

    nominal: date
    legal: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Suspension:
    """The statutory clock stood still from ``effective_on`` until ``resumed_on`` (None while it still stands).

    ``ground`` is one of the codes S01 to S05. NOT checked here, but in :func:`statutory_due`: the order of the days.
    """

    effective_on: date
    resumed_on: date | None
    ground: str


def day_of(instant: datetime) -> date:
    """The day of an instant in Asia/Shanghai: 2026-03-05T16:30Z is 2026-03-06.

    Raises:
        DeadlineError: ``naive`` for an instant without a zone, ``range`` at the ends of the calendar.
    """
    return _day_of(instant)


@lru_cache(maxsize=1024)  # one instant is asked for by every guard that it concerns
def _day_of(instant: datetime) -> date:
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise DeadlineError("naive")
    try:
        return instant.astimezone(SHANGHAI).date()
    except OverflowError:
        raise DeadlineError("range") from None


def natural_due(start: date, days: int, cal: RegionalCalendar) -> Due:
    """``days`` natural days after ``start``; a last day that is free rolls to the next working day.

    民法典 art. 201, 203; 条例 and 办法 say plain 日, which are natural days. A Saturday that is made up does not roll.

    Raises:
        DeadlineError: ``length`` when ``days`` is not 1 to 3660, ``range`` at the ends of the calendar.
    """
    _check_length(days)
    return _rolled(_plus(start, days), cal)


def working_due(start: date, days: int, cal: RegionalCalendar) -> Due:
    """The ``days``-th working day after ``start`` (工作日; agreed times). Its nominal and legal day are one.

    Raises:
        DeadlineError: ``length`` when ``days`` is not 1 to 1000.
    """
    if not 1 <= days <= 1_000:
        raise DeadlineError("length")
    due = cal.add_workdays(start, days)
    return Due(due, due, cal.is_provisional(_plus(start, 1), due))


def statutory_due(start: date, limit_days: int, suspensions: Sequence[Suspension], cal: RegionalCalendar) -> Due | None:
    """The end of a statutory clock of natural days that may have been suspended; None while a suspension is open.

    条例 art. 20, 办法 art. 20, 人社部发〔2013〕34号 §5. Convention: the days before the day of suspension are used up;
    after the resumption, whose day is not counted, the rest runs on. A suspension may lie in the past, and several may
    follow one another. One that begins after the clock's nominal day changes nothing: what has run out cannot be
    stopped. NOT checked: whether the ground is one that suspends this clock.

    Raises:
        DeadlineError: ``length``, ``before_start``, ``order``, ``size`` or ``range``.
    """
    _check_length(limit_days)
    _check_suspensions(start, suspensions)
    left = limit_days
    for suspension in suspensions:
        used = max((suspension.effective_on - start).days - 1, 0)
        if used >= left:
            break
        if suspension.resumed_on is None:
            return None
        left -= used
        start = suspension.resumed_on
    return _rolled(_plus(start, left), cal)


def host_cap(home_nominal: date, cal_home: RegionalCalendar, margin_days: int = CAP_MARGIN_DAYS) -> Due:
    """The day past which no due date of the host may lie: the last working day on or before nominal minus the margin.

    ``home_nominal`` is the home's statutory day without rolling, ``cal_home`` the home's calendar. The cap never rolls
    forward. While the home's clock stands still there is no cap, and this function is not asked.

    Raises:
        DeadlineError: ``length`` when the margin is not 1 to 3660, ``range``.
    """
    _check_length(margin_days)
    return _rolled_back(_plus(home_nominal, -margin_days), cal_home)


def last_resort_due(home_nominal: date, cal: RegionalCalendar) -> Due:
    """Where too little time was left for a cap: the last working day on or before the home's nominal day."""
    return _rolled_back(home_nominal, cal)


def earlier(a: Due | None, b: Due | None) -> Due | None:
    """The one whose legal day comes first, None standing for no limit; on one day also the earlier nominal day.

    It is how a cap holds, and how a shorter agreed time never gives a later date than before. Two that fall on one day
    are provisional when either is. (The later one cannot be published to before the earlier: publishing a year moves
    days within that year, or back to the last working day of the year before.)
    """
    if a is None or b is None:
        return a or b
    if a.legal == b.legal:
        return Due(min(a.nominal, b.nominal), a.legal, a.provisional or b.provisional)
    return a if a.legal < b.legal else b


def pause_shift(due: Due, *, paused_on: date, unpaused_on: date, cal: RegionalCalendar, cap: Due | None) -> Due:
    """An agreed due date after a pause: later by the working days of the pause, never past the cap.

    The day of the pause counts as paused, the day on which work goes on does not. A pause that begins after the due
    date moves nothing. The cap does not move by a pause, nor does the home's statutory clock.

    Raises:
        DeadlineError: ``order`` when the pause ends before it begins.
    """
    if unpaused_on < paused_on:
        raise DeadlineError("order")
    paused = 0 if paused_on > due.legal else cal.workdays_between(paused_on, unpaused_on)
    if paused:
        moved = cal.add_workdays(due.legal, paused)
        unsure = due.provisional or cal.is_provisional(paused_on, max(moved, unpaused_on))
        due = Due(moved, moved, unsure)
    return earlier(due, cap) or due


def days_left_workdays(today: date, due: date, cal: RegionalCalendar) -> int:
    """How many working days after ``today`` are left until ``due``, its day included; negative when it is past."""
    if due >= today:
        return cal.workdays_between(_plus(today, 1), _plus(due, 1))
    return -cal.workdays_between(_plus(due, 1), _plus(today, 1))


def years_after(start: date, years: int) -> date:
    """The same day ``years`` years later, the last of the month where there is none (民法典 art. 202).

    Raises:
        DeadlineError: ``length`` when ``years`` is not 1 to 100, ``range``.
    """
    if not 1 <= years <= 100:
        raise DeadlineError("length")
    if start.year + years > MAXYEAR:
        raise DeadlineError("range")
    day = 28 if (start.month, start.day) == (2, 29) and not _is_leap(start.year + years) else start.day
    return start.replace(year=start.year + years, day=day)


def _rolled(nominal: date, cal: RegionalCalendar) -> Due:
    legal = cal.next_workday_on_or_after(nominal)
    return Due(nominal, legal, cal.is_provisional(nominal, legal))


def _rolled_back(nominal: date, cal: RegionalCalendar) -> Due:
    legal = cal.last_workday_on_or_before(nominal)
    return Due(nominal, legal, cal.is_provisional(legal, nominal))


def _check_length(days: int) -> None:
    if not 1 <= days <= _MOST_DAYS:
        raise DeadlineError("length")


def _check_suspensions(start: date, suspensions: Sequence[Suspension]) -> None:
    if len(suspensions) > _MOST_SUSPENSIONS:
        raise DeadlineError("size")
    if suspensions and suspensions[0].effective_on < start:
        raise DeadlineError("before_start")
    free_from: date | None = start
    for suspension in suspensions:
        if free_from is None or suspension.effective_on < free_from:
            raise DeadlineError("order")
        if suspension.resumed_on is not None and suspension.resumed_on < suspension.effective_on:
            raise DeadlineError("order")
        free_from = suspension.resumed_on


def _plus(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise DeadlineError("range") from None


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
