"""How many rows of `node.tasks` a unit has, by code and by day: kept in memory from one look at the list to the next.

Counting a busy unit's rows takes longer than everything else that its to-do list asks. So they are counted once a day,
and after that only threads that changed are read: before a thread's rows change, `note` keeps what they say now, and
the next look puts what they say then in its place. A unit whose list nobody looks at costs nothing: once `_MOST_NOTED`
of its threads have changed, its counts are dropped, and the next look counts anew.

Only the writer's thread uses it. The rows in the store are the truth; what a batch has not committed is not counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from node.records import TaskRecord
from node.store import Op, Store, Where

SENT_OUT, SHORT_TIME = "sent_out", "short_time"  # as `node.tasks`, which writes them
TO_REVEAL, VOID_DRAW = "to_reveal", "void_draw"
# Rows that nobody sees before their day: what they say holds from it on, if nothing happens until then.
FROM_DAY: Final = (SHORT_TIME, TO_REVEAL, VOID_DRAW)
NOT_FROM_DAY: Final = tuple(Where("code", code, Op.NE) for code in FROM_DAY)
COLUMNS: Final = ("unit", "thread_id", "code", "subject", "due", "other_unit", "rank_day")
_MOST_NOTED: Final = 500  # threads of one unit that changed between two looks; more are counted as fast as read


def task_of(row: Iterable[object]) -> TaskRecord:
    """A row that was read by `COLUMNS`."""
    return TaskRecord(**dict(zip(COLUMNS, map(str, row), strict=True)))


def first_of(rows: Iterable[TaskRecord]) -> TaskRecord | None:
    """The row of a thread's nearest day; a row that is seen from a day on has no day to be done by."""
    dated = [row for row in rows if row.due and row.code not in FROM_DAY]
    return min(dated, key=lambda row: (row.due, row.code, row.subject), default=None)


@dataclass(slots=True)
class Counts:
    """Of one unit on one day. `overdue` and `soon` are numbers of threads, by the nearest of their days."""

    today: str
    until: str  # the last day of those that are due soon
    by_code: Counter[str] = field(default_factory=Counter)
    sent_to: Counter[str] = field(default_factory=Counter)  # by the other unit
    overdue: int = 0
    soon: int = 0
    arrived: Counter[str] = field(default_factory=Counter)  # of `FROM_DAY`, those whose day has come
    noted: dict[str, list[TaskRecord]] = field(default_factory=dict)  # by thread: rows as they were counted

    def add(self, rows: Iterable[TaskRecord], sign: int) -> None:
        """Count one thread's rows, or with `sign` -1 take them out again."""
        rows = list(rows)
        for row in rows:
            self.by_code[row.code] += sign
            if row.code == SENT_OUT:
                self.sent_to[row.other_unit] += sign
            elif row.code in FROM_DAY and row.due <= self.today:
                self.arrived[row.code] += sign
        first = first_of(rows)
        if first is not None and first.due < self.today:
            self.overdue += sign
        elif first is not None and first.due <= self.until:
            self.soon += sign


class TaskCounts:
    """Counts by unit."""

    def __init__(self) -> None:
        self._units: dict[str, Counts] = {}

    def note(self, store: Store, thread_id: str) -> None:
        """Call before rows of the thread are put or deleted, in the use case that does so. Reads only when someone
        looked at a unit's list since the thread last changed."""
        units = [unit for unit, counts in self._units.items() if thread_id not in counts.noted]
        if not units:
            return
        for unit in units:
            noted = self._units[unit].noted
            if len(noted) < _MOST_NOTED:
                noted[thread_id] = []
            else:
                del self._units[unit]
        left = [unit for unit in units if unit in self._units]
        rows = store.select_in(TaskRecord, COLUMNS, "unit", left, (Where("thread_id", thread_id),))
        for task in map(task_of, rows):
            self._units[task.unit].noted[thread_id].append(task)

    def of(self, store: Store, unit: str, *, today: str, until: str, uncommitted: frozenset[str]) -> Counts:
        """The unit's counts by what is committed. `uncommitted`: threads of which this batch has written rows."""
        counts = self._units.get(unit)
        if counts is None or (counts.today, counts.until) != (today, until):
            counts = self._units[unit] = _counted(store, unit, today, until)
            changed = uncommitted
        else:
            changed = frozenset(counts.noted) | uncommitted
        found: dict[str, list[TaskRecord]] = {thread_id: [] for thread_id in changed}
        rows = store.select_in(TaskRecord, COLUMNS, "thread_id", sorted(changed), (Where("unit", unit),))
        for task in map(task_of, rows):
            found[task.thread_id].append(task)
        for thread_id, before in counts.noted.items():
            counts.add(before, -1)
            counts.add(found[thread_id], 1)
        counts.noted = {thread_id: found[thread_id] for thread_id in uncommitted}  # they may change with the commit
        return counts

    def settle(self, values: Mapping[object, object]) -> None:
        """See node.state.Room. Nothing is remembered by batches."""

    def forget(self) -> None:
        """Count anew at the next look."""
        self._units.clear()


def _counted(store: Store, unit: str, today: str, until: str) -> Counts:
    ours = Where("unit", unit)
    counts = Counts(today, until)
    for code, number in store.tally(TaskRecord, ("code",), (ours,)):
        counts.by_code[str(code)] = int(str(number))
    for other, number in store.tally(TaskRecord, ("other_unit",), (ours, Where("code", SENT_OUT))):
        counts.sent_to[str(other)] = int(str(number))
    for code in FROM_DAY:
        if counts.by_code[code]:
            counts.arrived[code] = store.count(TaskRecord, (ours, Where("code", code), Where("due", today, Op.LE)))
    dated = (ours, Where("due", "", Op.GT), *NOT_FROM_DAY)
    counts.overdue = store.count_distinct(TaskRecord, "thread_id", (*dated, Where("due", today, Op.LT)))
    both = store.count_distinct(TaskRecord, "thread_id", (*dated, Where("due", until, Op.LE)))
    counts.soon = both - counts.overdue
    return counts
