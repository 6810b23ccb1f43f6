"""The course that an overseer folds from the log, beside the thread that the parties judge."""

from dataclasses import replace
from datetime import datetime

from delegation.course import Course, advanced, certified
from delegation.deadlines import day_of
from delegation.model import Entry, EntryKind, NegativeEvidence
from delegation.table import BusinessStatus, ClockOp
from delegation.tables import TABLES
from delegation.thread_state import ThreadState
from tests.simulator.federation import Federation, Logged

# What staff see of a delivery is in acknowledgements, which an overseer does not fold.
_COARSE = {
    BusinessStatus.DELIVERED: BusinessStatus.ISSUED,
    BusinessStatus.UNDER_CHECK: BusinessStatus.REPORTED,
    BusinessStatus.UNABLE: BusinessStatus.REPORTED,
    # what both sides together have done
    BusinessStatus.DESIGNATED: BusinessStatus.AWAITING_DESIGNATION,
    BusinessStatus.DRAW_COMMITTED: BusinessStatus.SPECIALTY_SET,
    BusinessStatus.DRAW_REVEALED: BusinessStatus.SPECIALTY_SET,
}
_AT_DELIVERY = {
    effect.clock
    for table in TABLES
    for row in table.rows
    for effect in row.clocks
    if effect.op is ClockOp.START_AT_DELIVERY
} | {"delivery"}


def course_of(federation: Federation, ref: str) -> Course:
    """The course of a delegation up to the end of the log."""
    course: Course | None = None
    for leaf, logged in enumerate(federation.log):
        if logged.thread_id != ref:
            continue
        if logged.letter is not None and logged.after is not None:
            header = logged.letter.header
            entry = replace(logged.entry_of(header), leaf_index=leaf, due_dates=logged.after.due_dates)
            course = advanced(course, header, entry)
        elif logged.certified is not None and course is not None:
            course = certified(course, _negative(logged, leaf))
    assert course is not None
    return course


def _negative(logged: Logged, leaf: int) -> Entry:
    clock = logged.certified
    assert clock is not None
    return Entry(
        kind=EntryKind.NEGATIVE,
        federation_id="",
        leaf_index=leaf,
        accepted_at=logged.at,
        versions=logged.roster.versions(logged.at.date()),
        thread_id=logged.thread_id,
        detail=NegativeEvidence(clock.clock, clock.unit, clock.started_by, clock.due.legal, leaf),
    )


def check_course(federation: Federation, ref: str) -> None:
    """Header and entries alone lead to the same place as judging does."""
    thread, course = federation.threads[ref], course_of(federation, ref)
    assert course.state is thread.state
    assert (course.home_unit, course.host_unit, course.leg) == (thread.home_unit, thread.host_unit, thread.leg)
    assert course.sequence == thread.sequence
    assert course.on_paper == thread.on_paper
    assert thread.letter is not None
    assert course.priority is thread.letter.priority
    seen, shown = course.status, thread.business_status
    assert _COARSE.get(seen, seen) is _COARSE.get(shown, shown)
    late = {(clock, unit) for clock, unit in thread.work.late if clock not in _AT_DELIVERY}
    assert late <= {(each.clock, each.unit) for each in course.missed}
    _check_late(course, thread, federation.now)


def _check_late(course: Course, thread: ThreadState, now: datetime) -> None:
    """Nobody is late who is not, and whoever was certified to be is."""
    late = course.late_on(day_of(now))
    if late is not None and late.clock not in _AT_DELIVERY:
        assert (late.clock, late.unit, late.legal) in {(each.clock, each.unit, each.legal) for each in thread.due_dates}
    if course.open and any(each.certified for each in thread.deadlines):  # also of a clock that a delivery began
        assert late is not None
