"""Counts kept in memory say what counting every row again would say, whatever happened between two looks."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from node.records import Key, TaskRecord
from node.store_memory import MemoryStore
from node.task_counts import Counts, TaskCounts
from node.writer import Batch, Tx

AT = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = ["", *((date(2026, 8, 28) + timedelta(days=day)).isoformat() for day in range(9))]
UNITS = ["a", "b"]
THREADS = ["t0", "t1", "t2"]
CODES = ["to_sign", "sent_out", "short_time", "to_reveal", "question"]
SEEN_LATER = ("short_time", "to_reveal")

a_row = st.builds(
    TaskRecord,
    unit=st.sampled_from(UNITS),
    thread_id=st.sampled_from(THREADS),
    code=st.sampled_from(CODES),
    subject=st.sampled_from(["", "q"]),
    due=st.sampled_from(DAYS),
    other_unit=st.sampled_from(["x", "y"]),
)
a_change = st.tuples(st.just("put"), a_row) | st.tuples(st.just("delete"), a_row)
a_look = st.tuples(st.just("look"), st.sampled_from(UNITS))
# A use case ends well or is refused; a batch is committed or fails; a day passes.
an_end = st.tuples(st.sampled_from(["refused", "ended", "commit", "commit", "fail", "next day", "forget"]), st.none())


def slow(store: MemoryStore, unit: str, today: str, until: str) -> dict[str, object]:
    """Every row read and looked at again."""
    rows = [row for row in store.select(TaskRecord, limit=10_000) if row.unit == unit]
    first: dict[str, str] = {}
    for row in rows:
        if row.due and row.code not in SEEN_LATER:
            first[row.thread_id] = min(row.due, first.get(row.thread_id, "9999"))
    return {
        "by_code": Counter(row.code for row in rows),
        "sent_to": Counter(row.other_unit for row in rows if row.code == "sent_out"),
        "overdue": sum(1 for day in first.values() if day < today),
        "soon": sum(1 for day in first.values() if today <= day <= until),
        "arrived": Counter(row.code for row in rows if row.code in SEEN_LATER and row.due <= today),
    }


class House:
    """A store, the counts beside it, and one batch at a time, as the writer runs them."""

    def __init__(self) -> None:
        self.store, self.counts, self.day = MemoryStore(), TaskCounts(), date(2026, 9, 1)
        self.begin()

    def begin(self) -> None:
        self.batch = Batch()
        self.use()

    def use(self) -> None:
        self.tx = Tx(self.store, self.batch, AT)

    def step(self, word: str, what: Any) -> None:
        if word in ("put", "delete"):
            self.counts.note(self.store, what.thread_id)
            if word == "put":
                self.tx.put(what)
            else:
                self.tx.delete(TaskRecord, TaskRecord.key_of(what))
        elif word == "look":
            self.look(what)
        elif word == "refused":
            self.tx.undo()
            self.use()
        elif word == "ended":
            self.use()
        elif word == "commit":
            self.store.commit(self.batch.changes)
            self.begin()
        elif word == "fail":
            self.counts.forget()
            self.begin()
        elif word == "next day":
            self.day += timedelta(days=1)
        else:
            self.counts.forget()

    def look(self, unit: str) -> None:
        today, until = self.day.isoformat(), (self.day + timedelta(days=3)).isoformat()
        uncommitted = frozenset(str(key[1]) for key, _ in self.tx.touched(TaskRecord))
        found = self.counts.of(self.store, unit, today=today, until=until, uncommitted=uncommitted)
        assert told(found) == slow(self.store, unit, today, until)


def told(counts: Counts) -> dict[str, object]:
    names = ("by_code", "sent_to", "overdue", "soon", "arrived")
    return {name: getattr(counts, name) for name in names}


@given(st.lists(a_change | a_change | a_look | an_end, max_size=40))
def test_counts_are_what_counting_again_gives(steps: list[tuple[str, Any]]) -> None:
    house = House()
    for word, what in steps:
        house.step(word, what)
    for unit in UNITS:
        house.look(unit)
    house.step("commit", None)
    for unit in UNITS:
        house.look(unit)


def a_task(number: int) -> TaskRecord:
    return TaskRecord(unit="a", thread_id=f"t{number}", code="to_sign", subject="", due="", other_unit="x", rank_day="")


class CountingStore(MemoryStore):
    """Tells how often it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def select_in(self, *words: Any, **named: Any) -> list[Any]:
        self.reads += 1
        return super().select_in(*words, **named)


def test_a_list_that_nobody_looks_at_costs_nothing_and_what_is_kept_is_bounded() -> None:
    store, counts = CountingStore(), TaskCounts()
    counts.note(store, "t0")
    assert store.reads == 0, "nobody has looked yet"
    look = {"today": "2026-09-01", "until": "2026-09-04", "uncommitted": frozenset[str]()}
    counts.of(store, "a", **look)  # type: ignore[arg-type]  # the words of one call
    store.reads = 0
    changes: dict[Key, TaskRecord | None] = {}
    for number in range(5_000):
        counts.note(store, f"t{number}")
        changes[TaskRecord.key_of(a_task(number))] = a_task(number)
    store.commit({TaskRecord: changes})
    assert store.reads <= 510, "after some hundred changes the counts are dropped instead"
    assert counts.of(store, "a", **look).by_code == {"to_sign": 5_000}  # type: ignore[arg-type]  # as above


def test_a_thread_is_read_once_between_two_looks() -> None:
    store, counts = CountingStore(), TaskCounts()
    look = {"today": "2026-09-01", "until": "2026-09-04", "uncommitted": frozenset[str]()}
    counts.of(store, "a", **look)  # type: ignore[arg-type]  # the words of one call
    store.reads = 0
    for _ in range(10):
        counts.note(store, "t0")
    assert store.reads == 1
