"""Pages and counts of the to-do list are those of sorting and counting every row, however they are cut."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from delegation.codes import Priority
from delegation.digits import delegation_number
from delegation.urgency import UNDATED, begun_on, rank_day, rank_of
from node.desk.ports import Actor, Role
from node.desk.task_lines import RANKS, SOON, Place, TaskLines, counts_of
from node.desk.todo_categories import TASK_CODES, category_of
from node.desk.waiting import Waiting
from node.records import TaskRecord
from node.state import State
from node.store_memory import MemoryStore
from node.task_counts import FROM_DAY, TaskCounts
from node.writer import Batch, Tx

AT = datetime(2026, 9, 1, tzinfo=UTC)
TODAY = date(2026, 9, 1)
DAYS = ["", *((TODAY + timedelta(days=day)).isoformat() for day in range(-3, 7))]
ACTOR = Actor(staff_id="jbr", name="经办", unit="us", roles=frozenset({Role.CLERK}))
# Begun on the day before, on the day, five working days later, and no number at all.
THREADS = [
    delegation_number(date(2026, 8, 31), "330100", 1),
    delegation_number(date(2026, 9, 1), "330100", 1),
    delegation_number(date(2026, 9, 8), "330100", 1),
    "t3",
]
PRIORITIES = dict(zip(THREADS, (Priority.NORMAL, Priority.GREEN, Priority.PREFERRED, Priority.NORMAL), strict=True))


def row_of(unit: str, thread_id: str, code: str, subject: str, due: str, other_unit: str) -> TaskRecord:
    """A row as `node.tasks` writes it: what is seen from a day on has that day."""
    due = due or (TODAY.isoformat() if code in FROM_DAY else "")
    last = date.fromisoformat(due) if due else None
    day = rank_of(last, PRIORITIES[thread_id], since=begun_on(thread_id))
    return TaskRecord(
        unit=unit, thread_id=thread_id, code=code, subject=subject, due=due, other_unit=other_unit, rank_day=day
    )


a_row = st.builds(
    row_of,
    unit=st.sampled_from(["us", "us", "others"]),
    thread_id=st.sampled_from(THREADS),
    code=st.sampled_from(TASK_CODES),
    subject=st.sampled_from(["", "q1", "q2"]),
    due=st.sampled_from(DAYS),
    other_unit=st.sampled_from(["x", "y"]),
)


def lines_of(rows: list[TaskRecord], changed: frozenset[str]) -> tuple[TaskLines, list[TaskRecord]]:
    """The lines, and every row of ours that is one."""
    store = MemoryStore()
    store.commit({TaskRecord: {TaskRecord.key_of(row): row for row in rows}})
    state = cast("State", SimpleNamespace(task_counts=TaskCounts(), outbox=SimpleNamespace(queued={})))
    tx = Tx(store, Batch(), AT)
    lines = TaskLines(tx, state, ACTOR, counts_of(tx, state, "us", TODAY), changed=changed)
    kept = [row for row in store.select(TaskRecord, limit=10_000) if row.unit == "us"]
    return lines, [row for row in kept if not (row.code == "paper" and row.thread_id in changed)]


def is_seen(row: TaskRecord) -> bool:
    """What holds from a day on is not there before it."""
    return row.code not in FROM_DAY or row.due <= TODAY.isoformat()


def first_days(rows: list[TaskRecord]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows:
        if row.due and row.code not in FROM_DAY:
            found[row.thread_id] = min(row.due, found.get(row.thread_id, UNDATED))
    return found


def threads_due(rows: list[TaskRecord], category: str) -> list[tuple[str, str]]:
    """Day and thread of each that is overdue, or due soon."""
    today, until = TODAY.isoformat(), (TODAY + SOON).isoformat()
    days = [(day, thread_id) for thread_id, day in first_days(rows).items() if day <= until]
    found = sorted(days, key=lambda item: (rank_day(date.fromisoformat(item[0]), PRIORITIES[item[1]]), item[1]))
    return [(day, thread_id) for day, thread_id in found if (day < today) == (category == "overdue")]


def paged(read: Any, size: int) -> list[Waiting]:
    """All pages of a list one after another; one line more is read to know whether there is another page."""
    found: list[Waiting] = []
    after = None
    while True:
        page = read(after, size + 1)
        found += page[:size]
        if len(page) <= size:
            return found
        last = page[size - 1]
        after = Place(last.rank_day, RANKS[last.code], last.thread_id, last.subject)


@given(st.lists(a_row, max_size=30), st.frozensets(st.sampled_from(THREADS)), st.integers(1, 7))
def test_pages_are_the_sorted_rows(rows: list[TaskRecord], changed: frozenset[str], size: int) -> None:
    lines, ours = lines_of(rows, changed)
    codes = list(TASK_CODES)
    found = paged(lambda after, limit: lines.page(codes, after, limit), size)
    slow = sorted(
        (row for row in ours if is_seen(row)),
        key=lambda row: (row.rank_day, RANKS[row.code], row.thread_id, row.subject),
    )
    assert [(line.due, line.code, line.thread_id, line.subject) for line in found] == [
        ("" if row.code in FROM_DAY else row.due, row.code, row.thread_id, row.subject) for row in slow
    ]


@given(st.lists(a_row, max_size=30), st.frozensets(st.sampled_from(THREADS)), st.integers(1, 4))
def test_warnings_are_each_thread_once_by_its_first_day(
    rows: list[TaskRecord], changed: frozenset[str], size: int
) -> None:
    lines, ours = lines_of(rows, changed)
    for category in ("overdue", "due_soon"):
        found = paged(lambda after, limit, category=category: lines.warned(category, after, limit), size)
        assert [(line.due, line.thread_id) for line in found] == threads_due(ours, category)


@given(st.lists(a_row, max_size=30), st.frozensets(st.sampled_from(THREADS)))
def test_counts_are_those_of_every_row(rows: list[TaskRecord], changed: frozenset[str]) -> None:
    lines, ours = lines_of(rows, changed)
    slow = Counter(category_of(row.code) for row in ours if is_seen(row))
    for category in ("overdue", "due_soon"):
        slow[category] = len(threads_due(ours, category))
    assert lines.counts() == slow
