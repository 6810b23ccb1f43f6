"""What a course adds to each figure, as columns of its row: flags of counts, and days of steps.

It says the same as `delegation.figures.counts_of` and `spans_of`, spelled as columns; tests hold the two together on
random courses. What depends on the day of looking, or on a calendar that may still change, is `node.province.board`'s.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from delegation.codes import Adoption
from delegation.course import Course
from delegation.deadlines import day_of
from delegation.figures import Count
from delegation.table import State
from node.province.course_bytes import course_bytes
from node.records_province import CourseRecord

NO_DAY: Final = 0
NO_LENGTH: Final = -1
# Bit of each count in the column of its basis. `ACCEPTED_QUICKLY` has one too, which the board sets.
ISSUED_BITS: Final[Mapping[Count, int]] = MappingProxyType({
    Count.SIGNED: 1, Count.ACCEPTED: 2, Count.ACCEPTED_QUICKLY: 4, Count.RETURNED: 8, Count.REFUSED: 16,
    Count.TRANSFERRED: 32, Count.DISPUTED: 64, Count.REMINDED: 128, Count.SUPERVISED: 256,
})  # fmt: skip
RESULT_BITS: Final[Mapping[Count, int]] = MappingProxyType({
    Count.RESULTS_DUE: 1, Count.RESULTS_IN_TIME: 2, Count.SUPPLEMENTED: 4, Count.ADOPTED: 8, Count.PARTLY_ADOPTED: 16,
    Count.NOT_ADOPTED: 32,
})  # fmt: skip
ENDED_BITS: Final[Mapping[Count, int]] = MappingProxyType({
    Count.COMPLETED: 1, Count.WITHDRAWN: 2, Count.CANCELLED: 4, Count.TERMINATED: 8,
})  # fmt: skip
_ENDED_AS: Final = {
    State.WITHDRAWN: Count.WITHDRAWN,
    State.CANCELLED: Count.CANCELLED,
    State.TERMINATED: Count.TERMINATED,
}
_ADOPTED_AS: Final = {
    Adoption.ADOPTED: Count.ADOPTED, Adoption.PARTLY: Count.PARTLY_ADOPTED, Adoption.NOT_ADOPTED: Count.NOT_ADOPTED,
}  # fmt: skip


def province_of(unit: str) -> str:
    """The first two digits of a unit's region."""
    return unit[:2]


def record_of(
    course: Course, *, change: int, entry_digest: bytes, before: CourseRecord | None, met: frozenset[str] = frozenset()
) -> CourseRecord:
    """The row of a course; `before` is the one that it replaces, which knows the hosts of earlier legs.

    `met`: provinces of legs that began and ended since then.
    """
    provinces = {province_of(course.home_unit), province_of(course.host_unit), province_of(course.first_host), *met}
    if before is not None:
        provinces |= set(before.provinces.split())
    due = course.next_due
    sign, decide, assign, work, result, check, whole = _lengths(course)
    return CourseRecord(
        thread_id=course.thread_id,
        change=change,
        course=course_bytes(course),
        entry_digest=entry_digest,
        provinces=" ".join(sorted(provinces)),
        home_unit=course.home_unit,
        host_unit=course.host_unit,
        matter=int(course.matter),
        priority=int(course.priority),
        on_paper=course.on_paper,
        is_open=course.open,
        host_done=course.host_done,
        changed_day=_day(course.changed_at),
        due_day=due.legal.toordinal() if due is not None else NO_DAY,
        due_unit=due.unit if due is not None else "",
        issued_day=_day(course.issued_at),
        leg_day=_day(course.leg_issued_at),
        accepted_day=_day(course.accepted_at),
        issued_flags=_issued(course),
        reused=course.reused,
        draw_defaults=course.draw_defaults,
        sign_days=sign,
        decide_days=decide,
        assign_days=assign,
        result_day=_day(course.result_at),
        result_flags=_result(course),
        work_days=work,
        result_days=result,
        ended_day=_day(course.ended_at),
        ended_flags=ENDED_BITS[_ENDED_AS.get(course.ended_as, Count.COMPLETED)] if course.ended_at is not None else 0,
        completed_day=_day(course.completed_at),
        check_days=check,
        whole_days=whole,
    )


def _day(at: datetime | None) -> int:
    return day_of(at).toordinal() if at is not None else NO_DAY


def _issued(course: Course) -> int:
    held = {
        Count.SIGNED: course.signed_at is not None,
        Count.ACCEPTED: course.accepted_at is not None,
        Count.RETURNED: course.returns > 0,
        Count.REFUSED: course.refusals > 0,
        Count.TRANSFERRED: course.transfers > 0,
        Count.DISPUTED: course.disputes > 0,
        Count.REMINDED: course.reminders > 0,
        Count.SUPERVISED: course.supervisions > 0,
    }
    return sum(ISSUED_BITS[count] for count, holds in held.items() if holds)


def _result(course: Course) -> int:
    if course.result_at is None:
        return 0
    flags = RESULT_BITS[Count.SUPPLEMENTED] if course.supplements > 0 else 0
    if course.result_due is not None:
        flags |= RESULT_BITS[Count.RESULTS_DUE]
        if day_of(course.result_at) <= course.result_due:
            flags |= RESULT_BITS[Count.RESULTS_IN_TIME]
    adopted = _ADOPTED_AS.get(course.adoption)
    return flags | (RESULT_BITS[adopted] if adopted is not None else 0)


def _lengths(course: Course) -> tuple[int, int, int, int, int, int, int]:
    return (
        _between(course.leg_issued_at, course.signed_at),
        _between(course.signed_at, course.accepted_at),
        _between(course.accepted_at, course.assigned_at),
        _between(course.accepted_at, course.result_at),
        _between(course.leg_issued_at, course.result_at),
        _between(course.result_at, course.completed_at),
        _between(course.issued_at, course.completed_at),
    )


def _between(first: datetime | None, last: datetime | None) -> int:
    if first is None or last is None:
        return NO_LENGTH
    return max(0, (day_of(last) - day_of(first)).days)


def date_of(ordinal: int) -> date | None:
    """The day of a column."""
    return date.fromordinal(ordinal) if ordinal else None
