"""The engine of the thread's clocks: it starts, stops and computes them from the table's clock effects (protocol 6).

Statutory times count natural days on the home's calendar, agreed ones working days on the host's. A clock of the
host's work never ends after the cap; while the statutory clock stands still there is no cap. Not capped are answers
that are asked for beside the work (questions, supervision), the hand-over after a withdrawal, and the archive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from delegation.clock_specs import CLOCKS, SHORTEN, Awaits, ClockSpec
from delegation.codes import Matter, Priority, Procedure
from delegation.deadlines import (
    APPRAISAL_CAP_MARGIN_DAYS,
    CAP_MARGIN_DAYS,
    Due,
    day_of,
    days_left_workdays,
    earlier,
    host_cap,
    last_resort_due,
    natural_due,
    pause_shift,
    statutory_due,
    working_due,
)
from delegation.limits import LimitKind, statutory_limit
from delegation.model import AnswerDueDeclared, DueDate, EnvelopeRef, ExtensionDeclared, Header
from delegation.roster_view import RosterView
from delegation.table import ClockEffect, ClockOp
from delegation.thread_state import (
    MOST_CLOCKS,
    MOST_EARLIER,
    OpenClock,
    Pending,
    Shift,
    ThreadState,
)
from delegation.turns import drawing_unit
from delegation.values import replaced
from delegation.workdays import RegionalCalendar

SHORT_TIME_WORKING_DAYS: Final = 5  # fewer left to the cap on the day of issue: the home confirms
_DELIVERY_WORKING_DAYS: Final = 1
_ARCHIVE_MONTHS: Final = 6
_MOST_PENDING: Final = 32


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by which versions an event is judged."""

    at: datetime
    today: date
    roster: RosterView

    @staticmethod
    def of(at: datetime, roster: RosterView) -> "Moment":
        """The moment of an instant; the day is that of Asia/Shanghai."""
        return Moment(at, day_of(at), roster)


def statutory_of(thread: ThreadState, roster: RosterView) -> Due | None:
    """The home's statutory due date (条例 Art 20, 25); None while it stands still or where the facts are not there.

    An appraisal has 60 days from the receipt of the application and 30 more once the home extended it.

    Raises:
        DeadlineError: for suspensions that contradict one another; the guards refuse those before.
    """
    letter = thread.letter
    if letter is None:
        return None
    if thread.matter is not Matter.INVESTIGATION:
        received = letter.clock.application_received_on
        if received is None:
            return None
        found = statutory_limit(LimitKind.APPRAISAL, received)
        extended = thread.appraisal is not None and thread.appraisal.extended
        length = found.length + (found.extension if extended else 0)
        return statutory_due(received, length, letter.clock.suspensions, roster.calendar_of(thread.home_unit))
    if letter.clock.accepted_on is None:
        return None
    simple = letter.clock.procedure is Procedure.SIMPLE
    kind = LimitKind.RECOGNITION_SIMPLE if simple else LimitKind.RECOGNITION
    start = letter.clock.accepted_on
    limit = statutory_limit(kind, start).length
    return statutory_due(start, limit, letter.clock.suspensions, roster.calendar_of(thread.home_unit))


def margin_of(thread: ThreadState) -> int:
    """Natural days before its statutory day that the home keeps for itself."""
    return CAP_MARGIN_DAYS if thread.matter is Matter.INVESTIGATION else APPRAISAL_CAP_MARGIN_DAYS


def cap_of(
    statutory: Due, *, short_time: bool, home_calendar: RegionalCalendar, margin_days: int = CAP_MARGIN_DAYS
) -> Due:
    """The day past which no due date of the host's work may lie; with confirmed short time the home's last day."""
    if short_time:
        return last_resort_due(statutory.nominal, home_calendar)
    return host_cap(statutory.nominal, home_calendar, margin_days)


def time_is_short(thread: ThreadState, moment: Moment) -> bool:
    """Whether fewer than five working days are left from today to the cap, so that the home must confirm."""
    statutory = statutory_of(thread, moment.roster)
    if statutory is None:
        return False
    cap = host_cap(statutory.nominal, moment.roster.calendar_of(thread.home_unit), margin_of(thread))
    calendar = moment.roster.calendar_of(thread.host_unit)
    return days_left_workdays(moment.today, cap.legal, calendar) < SHORT_TIME_WORKING_DAYS


def with_statutory(thread: ThreadState, roster: RosterView) -> ThreadState:
    """The thread with statutory date, cap and every due date computed anew; replaced dates go to the history."""
    statutory = statutory_of(thread, roster)
    statutory_date = cap_date = cap = None
    if statutory is not None:
        statutory_date = _date("statutory", thread.home_unit, statutory)
        short = thread.letter is not None and thread.letter.short_time
        calendar = roster.calendar_of(thread.home_unit)
        cap = cap_of(statutory, short_time=short, home_calendar=calendar, margin_days=margin_of(thread))
        cap_date = _date("cap", thread.host_unit, cap)
    before = thread.due_dates
    changed = replaced(thread, statutory=statutory_date, cap=cap_date)
    clocks = tuple(replaced(clock, due=_due_of(changed, clock, roster)) for clock in thread.open_clocks)
    changed = replaced(changed, open_clocks=clocks)
    now = set(changed.due_dates)
    gone = tuple(due for due in before if due not in now)
    return replaced(changed, earlier=(*thread.earlier, *gone)[-MOST_EARLIER:]) if gone else changed


def apply_effects(thread: ThreadState, effects: Iterable[ClockEffect], header: Header, moment: Moment) -> ThreadState:
    """The thread after the clock effects of an accepted event, in the order of the row."""
    for effect in effects:
        thread = _apply(thread, effect, header, moment)
    return thread


def _apply(thread: ThreadState, effect: ClockEffect, header: Header, moment: Moment) -> ThreadState:
    match effect.op:
        case ClockOp.START:
            return _start_for(thread, effect.clock, header, moment)
        case ClockOp.START_AT_DELIVERY:
            return _start_later(thread, effect.clock, header, moment)
        case ClockOp.STOP:
            return stopped(thread, {effect.clock}, moment.today)
        case ClockOp.STOP_AGREED:
            return stopped(thread, {name for name, spec in CLOCKS.items() if spec.of_work}, moment.today)
        case ClockOp.STOP_ALL:
            thread = stopped(thread, set(CLOCKS), moment.today)
            return replaced(thread, statutory=None, cap=None)
        case ClockOp.EXTEND:
            days = header.declared.working_days if isinstance(header.declared, ExtensionDeclared) else 0
            return _shifted(thread, Shift("extend", days=days), moment.roster)
        case ClockOp.PAUSE:
            return replaced(
                thread,
                open_clocks=tuple(
                    replaced(clock, paused_on=moment.today) if CLOCKS[clock.clock].pausable else clock
                    for clock in thread.open_clocks
                ),
            )
        case ClockOp.UNPAUSE:
            return _unpaused(thread, moment)
        case ClockOp.STATUTORY:
            return with_statutory(thread, moment.roster)
        case ClockOp.SHORTEN_AT_DELIVERY:
            if header.priority is not Priority.GREEN:
                return thread
            return _pending(thread, SHORTEN, thread.host_unit, thread.host_unit, header.ref)


def stopped(thread: ThreadState, names: set[str], today: date) -> ThreadState:
    """The thread with these clocks stopped; one that is stopped after its day is remembered as late."""
    gone = tuple(clock for clock in thread.open_clocks if clock.clock in names)
    void = any(pending.clock in names and not pending.void for pending in thread.pending)
    if not gone and not void:
        return thread
    pending = tuple(
        replaced(pending, void=True) if pending.clock in names and not pending.void else pending
        for pending in thread.pending
    )
    return without(replaced(thread, pending=pending), gone, today)


def without(thread: ThreadState, gone: tuple[OpenClock, ...], today: date) -> ThreadState:
    """The thread without these clocks."""
    if not gone:
        return thread
    late = {
        (clock.clock, clock.unit)
        for clock in gone
        if clock.paused_on is None and today > clock.due.legal and not CLOCKS[clock.clock].window
    }
    new = tuple(sorted(late - set(thread.work.late)))
    work = replaced(thread.work, late=(*thread.work.late, *new)[-MOST_CLOCKS:]) if new else thread.work
    return replaced(thread, work=work, open_clocks=tuple(clock for clock in thread.open_clocks if clock not in gone))


def answered(thread: ThreadState, *, unit: str, started_by: bytes, names: set[str], today: date) -> ThreadState:
    """The thread with the clock stopped that this envelope (header digest) had started for this unit."""
    gone = tuple(
        clock
        for clock in thread.open_clocks
        if clock.clock in names and clock.unit == unit and clock.started_by.header_digest == started_by
    )
    return without(thread, gone, today)


def started(
    thread: ThreadState, name: str, unit: str, ref: EnvelopeRef, *, day: date, at: datetime, roster: RosterView,
    days: int = 0,
) -> ThreadState:  # fmt: skip
    """The thread with one more clock. `days` overrides the agreed time; nothing happens when too many run already."""
    if len(thread.open_clocks) >= MOST_CLOCKS:
        return thread
    shifts: tuple[Shift, ...] = ()
    if not days:
        days, shifts = _length(thread, CLOCKS[name], day=day, at=at, roster=roster)
    due = DueDate(name, unit, day, day, False)
    clock = OpenClock(clock=name, unit=unit, started_by=ref, starts_on=day, days=days, due=due, shifts=shifts)
    clock = replaced(clock, due=_due_of(thread, clock, roster))
    return replaced(thread, open_clocks=(*thread.open_clocks, clock))


def stopped_for(thread: ThreadState, name: str, unit: str, today: date) -> ThreadState:
    """The thread with that clock of that unit stopped, whatever started it."""
    return without(thread, tuple(c for c in thread.open_clocks if c.clock == name and c.unit == unit), today)


def deliver(thread: ThreadState, header_digest: bytes, *, unit: str, moment: Moment) -> ThreadState | None:
    """The thread after an APPLIED acknowledgement; None when nothing waits for it (a repeat, or no clock)."""
    mine = tuple(p for p in thread.pending if p.started_by.header_digest == header_digest and p.unit == unit)
    if not mine:
        return None
    thread = replaced(thread, pending=tuple(p for p in thread.pending if p not in mine))
    thread = answered(thread, unit=unit, started_by=header_digest, names={"delivery"}, today=moment.today)
    for pending in mine:
        if pending.void:
            continue
        if pending.clock == SHORTEN:
            work = replaced(thread.work, green_since=moment.at)
            thread = _shortened(replaced(thread, work=work), moment)
        else:
            thread = started(
                thread, pending.clock, pending.awaited, pending.started_by,
                day=moment.today, at=moment.at, roster=moment.roster,
            )  # fmt: skip
    return thread


def start_designation(thread: ThreadState, ref: EnvelopeRef, moment: Moment) -> ThreadState:
    """Five working days for each superior; the national office is asked after the provinces, where it is enrolled."""
    provinces = moment.roster.superiors(thread.home_unit, thread.host_unit)
    national = moment.roster.national_office()
    first = moment.today
    for province in provinces:
        thread = started(thread, "designation", province, ref, day=first, at=moment.at, roster=moment.roster)
    if national is None:
        return thread
    asked = thread.clock("designation")
    day = asked.due.legal if provinces and asked is not None else first
    return started(thread, "designation", national.code, ref, day=day, at=moment.at, roster=moment.roster)


def _start_for(thread: ThreadState, name: str, header: Header, moment: Moment) -> ThreadState:
    if name == "designation":
        return start_designation(thread, header.ref, moment)
    days = header.declared.working_days if isinstance(header.declared, AnswerDueDeclared) else 0
    day = header.paper_on if header.paper_on is not None and header.recorded_by_home else moment.today
    for unit in _awaited(thread, CLOCKS[name].awaits, header, moment.roster):
        thread = started(thread, name, unit, header.ref, day=day, at=moment.at, roster=moment.roster, days=days)
    return thread


def _start_later(thread: ThreadState, name: str, header: Header, moment: Moment) -> ThreadState:
    (awaited,) = _awaited(thread, CLOCKS[name].awaits, header, moment.roster)
    receiver = thread.other_side(header.sender_unit)
    if header.recorded_by_home:  # the home holds the paper: there is nothing to deliver
        return _start_for(thread, name, header, moment)
    if receiver not in header.addressees:  # the home's letter goes by post: the host's clock starts with its answer
        return thread
    thread = _pending(thread, name, receiver, awaited, header.ref)
    if any(c.clock == "delivery" and c.started_by.header_digest == header.digest for c in thread.open_clocks):
        return thread
    return started(
        thread, "delivery", receiver, header.ref, day=moment.today, at=moment.at, roster=moment.roster,
        days=_DELIVERY_WORKING_DAYS,
    )  # fmt: skip


def _pending(thread: ThreadState, name: str, unit: str, awaited: str, ref: EnvelopeRef) -> ThreadState:
    pending = (*thread.pending, Pending(name, unit, awaited, ref))
    return replaced(thread, pending=pending[-_MOST_PENDING:])


def _awaited(thread: ThreadState, awaits: Awaits, header: Header, roster: RosterView) -> tuple[str, ...]:
    match awaits:
        case Awaits.HOME:
            return (thread.home_unit,)
        case Awaits.HOST:
            return (thread.host_unit,)
        case Awaits.OTHER_SIDE:
            return (thread.other_side(header.sender_unit),)
        case Awaits.ADDRESSEES:
            return header.addressees
        case Awaits.SUPERIORS:
            return roster.superiors(thread.home_unit, thread.host_unit)
        case Awaits.DRAWING_UNIT:
            return (drawing_unit(thread),)
        case Awaits.BOTH:
            host = () if thread.host_unit == thread.home_unit else (thread.host_unit,)
            return (thread.home_unit, *host)


def _length(
    thread: ThreadState, spec: ClockSpec, *, day: date, at: datetime, roster: RosterView
) -> tuple[int, tuple[Shift, ...]]:
    if spec.limit is not None:
        return statutory_limit(spec.limit, day).length, ()
    if spec.step is None or thread.letter is None:
        return 0, ()
    times = roster.times_for(thread.home_unit, thread.host_unit, thread.matter, day, thread.letter.agreement_id)
    priority, since = thread.letter.priority, thread.work.green_since
    if priority is Priority.GREEN and thread.work.green_changed and (since is None or at < since):
        # The host did not have the change yet: the normal time, cut by what the change gives from its delivery.
        normal = times.days(spec.step, Priority.NORMAL)
        if since is None or spec.step not in times.green:
            return normal, ()
        return normal, (Shift("shorten", days=times.days(spec.step, Priority.GREEN), since=day_of(since)),)
    return times.days(spec.step, priority), ()


def _due_of(thread: ThreadState, clock: OpenClock, roster: RosterView) -> DueDate:
    calendar = roster.calendar_of(thread.host_unit)
    if clock.clock == "archive":
        nominal = _months_after(clock.starts_on, _ARCHIVE_MONTHS)
        legal = calendar.next_workday_on_or_after(nominal)
        return DueDate(clock.clock, clock.unit, nominal, legal, calendar.is_provisional(nominal, legal))
    if CLOCKS[clock.clock].limit is not None:
        return _date(
            clock.clock, clock.unit, natural_due(clock.starts_on, clock.days, roster.calendar_of(thread.home_unit))
        )
    due = working_due(clock.starts_on, clock.days, calendar)
    for shift in clock.shifts:
        due = _after_shift(due, shift, calendar)
    if CLOCKS[clock.clock].capped and thread.cap is not None:
        due = earlier(due, Due(thread.cap.nominal, thread.cap.legal, thread.cap.provisional)) or due
    return _date(clock.clock, clock.unit, Due(min(due.nominal, due.legal), due.legal, due.provisional))


def uncapped_due(thread: ThreadState, clock: OpenClock, roster: RosterView) -> date:
    """The legal day on which a running clock would end if the home's statutory time set no cap; for showing."""
    return _due_of(replaced(thread, cap=None), clock, roster).legal


def _after_shift(due: Due, shift: Shift, calendar: RegionalCalendar) -> Due:
    if shift.what == "extend" and shift.days:
        longer = working_due(due.legal, shift.days, calendar)
        return Due(longer.nominal, longer.legal, due.provisional or longer.provisional)
    if shift.what == "shorten" and shift.since is not None:
        return earlier(due, working_due(shift.since, shift.days, calendar)) or due
    if shift.what == "pause" and shift.since is not None and shift.until is not None:
        return pause_shift(due, paused_on=shift.since, unpaused_on=shift.until, cal=calendar, cap=None)
    return due


def _shifted(thread: ThreadState, shift: Shift, roster: RosterView) -> ThreadState:
    def moved(clock: OpenClock) -> OpenClock:
        if not CLOCKS[clock.clock].pausable:
            return clock
        clock = replaced(clock, shifts=(*clock.shifts, shift), certified=False)
        return replaced(clock, due=_due_of(thread, clock, roster))

    return replaced(thread, open_clocks=tuple(moved(clock) for clock in thread.open_clocks))


def _unpaused(thread: ThreadState, moment: Moment) -> ThreadState:
    def moved(clock: OpenClock) -> OpenClock:
        if clock.paused_on is None:
            return clock
        until = max(moment.today, clock.paused_on)
        shift = Shift("pause", since=clock.paused_on, until=until)
        clock = replaced(clock, paused_on=None, shifts=(*clock.shifts, shift))
        return replaced(clock, due=_due_of(thread, clock, moment.roster))

    return replaced(thread, open_clocks=tuple(moved(clock) for clock in thread.open_clocks))


def _shortened(thread: ThreadState, moment: Moment) -> ThreadState:
    letter = thread.letter
    if letter is None:
        return thread
    times = moment.roster.times_for(
        thread.home_unit, thread.host_unit, thread.matter, moment.today, letter.agreement_id
    )

    def cut(clock: OpenClock) -> OpenClock:
        step = CLOCKS[clock.clock].step
        if step is None or step not in times.green or clock.unit != thread.host_unit:
            return clock
        shift = Shift("shorten", days=times.days(step, Priority.GREEN), since=moment.today)
        clock = replaced(clock, shifts=(*clock.shifts, shift))
        return replaced(clock, due=_due_of(thread, clock, moment.roster))

    return replaced(thread, open_clocks=tuple(cut(clock) for clock in thread.open_clocks))


def _date(name: str, unit: str, due: Due) -> DueDate:
    return DueDate(name, unit, due.nominal, due.legal, due.provisional)


def _months_after(start: date, months: int) -> date:
    """The same day so many months later, the last of the month where there is none (民法典 art. 202)."""
    month = start.month - 1 + months
    first = date(start.year + month // 12, month % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(start.day, last.day))
