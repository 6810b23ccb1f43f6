"""What alerts are judged by, followed row by row: late delegations, open supervisions and refusals, in memory.

Follows `courses` by the number of the last change that was seen, as the board of figures does. A course is decoded
only while it is supervised, and signed bytes of refusals only when a course with one has changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, cast

from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.course import Course
from delegation.deadlines import day_of
from delegation.errors import Refusal
from delegation.figures import Count
from delegation.values import replaced
from node.province.alert_rules import EARLIER_DAYS, RECENT_DAYS, Late, Supervised
from node.province.board import Scope
from node.province.counted import ISSUED_BITS, NO_DAY
from node.province.course_bytes import read_course
from node.province.standing import VERIFIED
from node.records import Value
from node.records_province import CourseRecord, WatchedRecord
from node.store import Op, Store, Where

ROWS_AT_ONCE: Final = 4_000  # the writer has other work in between
_COLUMNS: Final = (
    "change", "thread_id", "home_unit", "host_unit", "host_done", "is_open", "due_day", "due_unit", "issued_flags",
    "changed_day",
)  # fmt: skip
_WINDOW: Final = timedelta(days=RECENT_DAYS + EARLIER_DAYS)
_SUPERVISED, _REFUSED = ISSUED_BITS[Count.SUPERVISED], ISSUED_BITS[Count.REFUSED]
_SUPERVISE: Final = "supervise"


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows that have changed, with what had to be looked up for them."""

    rows: list[tuple[Value, ...]]
    courses: Mapping[str, Course]
    refusals: Mapping[str, tuple[tuple[date, str], ...]]


def changed_after(store: Store, change: int, today: date) -> Changed:
    """The next rows after a change, at most `ROWS_AT_ONCE`."""
    where = (Where("change", change, Op.GT),)
    rows = store.select_columns(CourseRecord, _COLUMNS, where, order=("change",), limit=ROWS_AT_ONCE)
    since = (today - _WINDOW).toordinal()
    supervised, refused = list[Value](), list[Value]()
    for _, thread_id, _, _, _, is_open, _, _, flags, changed_day in rows:
        if is_open and cast("int", flags) & _SUPERVISED:
            supervised.append(thread_id)
        if cast("int", flags) & _REFUSED and cast("int", changed_day) >= since:
            refused.append(thread_id)
    courses = store.select_in(CourseRecord, ("thread_id", "course"), "thread_id", supervised) if supervised else []
    return Changed(
        rows,
        {str(thread_id): read_course(cast("bytes", data)) for thread_id, data in courses},
        _refusals(store, refused) if refused else {},
    )


def _refusals(store: Store, threads: list[Value]) -> dict[str, tuple[tuple[date, str], ...]]:
    columns, where = ("thread_id", "header", "entry"), (Where("kind", int(Kind.REFUSED)), VERIFIED)
    found: dict[str, tuple[tuple[date, str], ...]] = {}
    for thread_id, header, entry in store.select_in(WatchedRecord, columns, "thread_id", threads, where):
        try:
            told = day_of(parse_entry(cast("bytes", entry)).accepted_at), parse_header(cast("bytes", header))
        except Refusal:
            continue  # of a newer program; the copy verified it, and an older one cannot count it
        found[str(thread_id)] = (*found.get(str(thread_id), ()), (told[0], told[1].sender_unit))
    return found


@dataclass(slots=True)
class Followed:
    """As of the change `held`."""

    held: int = 0
    _stands_in: dict[str, tuple[str, ...]] = field(default_factory=dict)  # provinces; of those that are due
    _due: dict[str, Late] = field(default_factory=dict)
    _supervised: dict[str, tuple[Supervised, ...]] = field(default_factory=dict)
    _refusals: dict[str, tuple[tuple[date, str], ...]] = field(default_factory=dict)

    def take(self, changed: Changed) -> None:
        """Take over what has changed, in the order of the changes."""
        for change, thread, home, host, host_done, is_open, due_day, due_unit, _, _ in changed.rows:
            name, at_home, at_host = str(thread), str(home)[:2], str(host)[:2]
            self.held = max(self.held, cast("int", change))
            self._due.pop(name, None)
            self._supervised.pop(name, None)
            self._stands_in.pop(name, None)
            course = changed.courses.get(name)
            if course is not None:
                self._take_supervised(course)
            elif is_open and due_day != NO_DAY:
                self._due[name] = Late(name, str(due_unit), date.fromordinal(cast("int", due_day)))
            if name in self._due:  # as `Course.stands_in`: a province that it left has nothing late
                self._stands_in[name] = (at_home,) if host_done or at_home == at_host else (at_home, at_host)
            if name in changed.refusals:
                self._refusals[name] = changed.refusals[name]

    def _take_supervised(self, course: Course) -> None:
        """A supervision's own day is no lateness of the delegation."""
        name = course.thread_id
        asked = [due for due in course.due if due.clock == _SUPERVISE]
        rest = tuple(due for due in course.due if due.clock != _SUPERVISE)
        if asked:
            self._supervised[name] = tuple(Supervised(name, due.unit, due.legal) for due in asked)
        due = replaced(course, due=rest).next_due
        if due is not None:
            self._due[name] = Late(name, due.unit, due.legal)

    def due(self, scope: Scope) -> Iterator[Late]:
        """Delegations in hand that have a day."""
        province, of = scope.province, self._stands_in
        return (each for name, each in self._due.items() if not province or province in of[name])

    def supervised(self, scope: Scope) -> Iterator[Supervised]:
        """Supervisions without an answer, of the office's own units."""
        return (each for group in self._supervised.values() for each in group if scope.holds(each.unit))

    def refusals(self, scope: Scope) -> Iterator[tuple[date, str]]:
        """Days of refusals with the unit that refused, of the office's own units."""
        return (each for group in self._refusals.values() for each in group if scope.holds(each[1]))

    def forget(self, today: date) -> None:
        """Drop refusals that are older than any rule looks."""
        since = today - _WINDOW
        for name in [name for name, group in self._refusals.items() if all(day < since for day, _ in group)]:
            del self._refusals[name]
