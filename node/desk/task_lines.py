"""Rows of `node.tasks` for a list: counted and paged by the store, never read as a whole.

A unit's rows may be many; those that are left out are few: what an own envelope on its way answers already, and paper
threads whose host changed. They are looked up by thread and taken from the counts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import merge, nsmallest
from typing import Final

from delegation.urgency import MOST_AHEAD
from node import tasks
from node.desk.ports import Actor
from node.desk.todo_categories import DUE_SOON, OVERDUE, TASK_CODES, TURNS, category_of, is_work_of
from node.desk.waiting import Waiting
from node.records import TaskRecord
from node.records_people import AssignmentRecord
from node.state import State
from node.store import Op, Where
from node.store_memory import matches
from node.task_counts import COLUMNS, FROM_DAY, NOT_FROM_DAY, Counts, first_of, task_of
from node.threads import load
from node.writer import Tx

SOON: Final = timedelta(days=3)  # a warning before a due date, natural days
RANKS: Final[Mapping[str, int]] = {
    code: number for number, code in enumerate(sorted(TASK_CODES, key=lambda code: (category_of(code), code)))
}
_ORDER: Final = ("rank_day", "thread_id", "subject")
MOST_OWN: Final = 5_000  # threads that one person has in hand
_OWN_KIND: Final = frozenset({tasks.PAPER, tasks.TO_REVEAL, tasks.VOID_DRAW})
_LABELS: Final[Mapping[str, str]] = {
    tasks.TO_REVEAL: "逾期未揭示，请代为揭示",
    tasks.VOID_DRAW: "对方逾期未揭示，可以作废本次抽取",
}
_LOOKED_AT: Final = 4  # rows read for each warning that is shown: a delegation has few days at a time


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: rank day, rank of that day, thread, subject."""

    day: str
    rank: int
    thread_id: str
    subject: str


def counts_of(tx: Tx, state: State, unit: str, today: date) -> Counts:
    """How many rows the unit has, by what is committed."""
    uncommitted = frozenset(str(key[1]) for key, _ in tx.touched(TaskRecord))
    until = (today + SOON).isoformat()
    return state.task_counts.of(tx.store, unit, today=today.isoformat(), until=until, uncommitted=uncommitted)


def own_of(tx: Tx, actor: Actor, today: date) -> tuple[frozenset[str], list[TaskRecord], Counts]:
    """Threads that the actor has in hand, at most `MOST_OWN` of them, what they ask of his unit, and their counts."""
    where = (Where("staff_id", actor.staff_id), Where("unit", actor.unit))
    threads = [str(row[0]) for row in tx.store.select_columns(AssignmentRecord, ("thread_id",), where, limit=MOST_OWN)]
    counts = Counts(today.isoformat(), (today + SOON).isoformat())
    by_thread: dict[str, list[TaskRecord]] = {}
    for row in tx.store.select_in(TaskRecord, COLUMNS, "thread_id", threads, (Where("unit", actor.unit),)):
        task = task_of(row)
        by_thread.setdefault(task.thread_id, []).append(task)
    for rows in by_thread.values():
        counts.add(rows, 1)
    return frozenset(threads), [row for rows in by_thread.values() for row in rows], counts


def _order(row: TaskRecord) -> tuple[str, str, str]:
    return row.rank_day, row.thread_id, row.subject


class TaskLines:
    """The rows of one unit at one moment."""

    def __init__(
        self,
        tx: Tx,
        state: State,
        actor: Actor,
        counts: Counts,
        *,
        changed: frozenset[str],
        own: Sequence[TaskRecord] | None = None,
    ) -> None:
        """`changed`: threads of ours that wait to be issued to another host, which is told instead of the paper.

        `own`: the rows that alone are meant, with their `counts` (`own_of`), where not all of the unit are.
        """
        self._tx, self._actor, self._own = tx, actor, own
        self._today, self._soon = counts.today, counts.until
        self._unit = Where("unit", actor.unit)
        self._counts = counts
        done = _on_their_way(tx, state, actor.unit)
        rows = list(self._of({thread_id for thread_id, _ in done} | changed))
        self._out = {TaskRecord.key_of(row) for row in rows if self._is_out(row, done, changed)}
        self._beside = rows  # every row of the threads that something is left out of

    def _is_out(self, row: TaskRecord, done: set[tuple[str, str]], changed: frozenset[str]) -> bool:
        if row.code in FROM_DAY and row.due > self._today:
            return False  # nobody sees it yet
        answered = bool(row.subject) and (row.thread_id, row.subject) in done
        moved = row.code in TURNS and (row.thread_id, "moves") in done
        return answered or moved or (row.code == tasks.PAPER and row.thread_id in changed)

    def _of(self, threads: Iterable[str]) -> Iterator[TaskRecord]:
        if self._own is not None:
            wanted = frozenset(threads)
            return (row for row in self._own if row.thread_id in wanted)
        found = self._tx.store.select_in(TaskRecord, COLUMNS, "thread_id", sorted(threads), (self._unit,))
        return (task_of(row) for row in found)

    def counts(self) -> Counter[str]:
        """How many things by category, warnings included."""
        found: Counter[str] = Counter()
        for code in self._counts.by_code:
            found[category_of(code)] += self._number(code)
        found.subtract(category_of(str(key[2])) for key in self._out)
        found[OVERDUE], found[DUE_SOON] = self._counts.overdue, self._counts.soon
        for thread_id in {str(key[1]) for key in self._out}:  # their first day may have been one that is left out
            rows = [row for row in self._beside if row.thread_id == thread_id]
            before = self._warning(rows)
            after = self._warning([row for row in rows if TaskRecord.key_of(row) not in self._out])
            if before != after:
                found.subtract([before] if before else [])
                found.update([after] if after else [])
        return found

    def _number(self, code: str) -> int:
        """How many rows of a code there are to be seen."""
        return self._counts.arrived[code] if code in FROM_DAY else self._counts.by_code[code]

    def _warning(self, rows: Iterable[TaskRecord]) -> str:
        first = first_of(rows)
        if first is None or first.due > self._soon:
            return ""
        return OVERDUE if first.due < self._today else DUE_SOON

    def line(self, row: TaskRecord) -> Waiting:
        """A row as a thing that waits."""
        category = category_of(row.code)
        return Waiting(
            category=category,
            kind="turn" if row.code in TURNS and row.code not in _OWN_KIND else row.code,
            thread_id=row.thread_id,
            subject=row.subject,
            due="" if row.code in FROM_DAY else row.due,
            rank_day=row.rank_day,
            mine=is_work_of(self._actor, category),
            label=_LABELS.get(row.code, ""),
            code=row.code,
            other_unit=row.other_unit,
        )

    def page(self, codes: Iterable[str], after: Place | None, limit: int) -> list[Waiting]:
        """Things of these codes by rank day; at most `limit`, after a place."""
        each = [self._of_code(code, after, limit + len(self._out)) for code in codes if self._number(code)]
        rows = merge(*each, key=lambda row: (row.rank_day, RANKS[row.code]))
        kept = (self.line(row) for row in rows if TaskRecord.key_of(row) not in self._out)
        return [line for _, line in zip(range(limit), kept, strict=False)]

    def _of_code(self, code: str, after: Place | None, limit: int) -> list[TaskRecord]:
        where: tuple[Where, ...] = (self._unit, Where("code", code))
        if code in FROM_DAY:
            where = (*where, Where("due", self._today, Op.LE))
        place: tuple[str, str, str] | None = None
        if after is not None and RANKS[code] == after.rank:
            place = (after.day, after.thread_id, after.subject)
        elif after is not None:
            where = (*where, Where("rank_day", after.day, Op.GE if RANKS[code] > after.rank else Op.GT))
        return self._select(where, place, limit)

    def _select(self, where: tuple[Where, ...], after: tuple[str, str, str] | None, limit: int) -> list[TaskRecord]:
        if self._own is not None:
            found = (row for row in self._own if matches(row, where) and (after is None or _order(row) > after))
            return nsmallest(limit, found, key=_order)
        rows = self._tx.store.select_columns(TaskRecord, COLUMNS, where, order=_ORDER, after=after, limit=limit)
        return [task_of(row) for row in rows]

    def warned(self, category: str, after: Place | None, limit: int) -> list[Waiting]:
        """Delegations that are overdue, or due soon, each once with the first of its days; after a place."""
        today = date.fromisoformat(self._today)
        days: tuple[Where, ...]
        if category == OVERDUE:
            days = (Where("due", self._today, Op.LT),)
        else:  # no day of these has a rank day before the first of the two, so the index begins there
            earliest = (today - MOST_AHEAD).isoformat()
            days = (Where("due", self._today, Op.GE), Where("rank_day", earliest, Op.GE))
        last = self._today if category == OVERDUE else self._soon
        where = (
            self._unit,
            *NOT_FROM_DAY,
            *days,
            Where("due", last, Op.LE),
            Where("rank_day", last, Op.LE),
        )
        place = (after.day, after.thread_id, "") if after is not None else None
        shown = after.thread_id if after is not None else ""
        found: dict[str, Waiting] = {}
        size = _LOOKED_AT * limit + len(self._out)
        while len(found) < limit:
            rows = self._select(where, place, size)
            for row in self._firsts(rows, category):
                if row.thread_id != shown:
                    found.setdefault(row.thread_id, row)
            if len(rows) < size:
                break
            place = (rows[-1].rank_day, rows[-1].thread_id, rows[-1].subject)
        return list(found.values())[:limit]

    def _firsts(self, rows: Sequence[TaskRecord], category: str) -> Iterator[Waiting]:
        by_thread: dict[str, list[TaskRecord]] = {}
        for row in self._of({row.thread_id for row in rows}):
            if TaskRecord.key_of(row) not in self._out:
                by_thread.setdefault(row.thread_id, []).append(row)
        for row in rows:
            first = first_of(by_thread.get(row.thread_id, ()))
            if first is not None and first.due == row.due and self._warning([first]) == category:
                yield Waiting(
                    category=category,
                    kind=category,
                    thread_id=row.thread_id,
                    subject="",
                    due=row.due,
                    rank_day=row.rank_day,
                    mine=True,
                    code=row.code,
                    other_unit=row.other_unit,
                )


def _on_their_way(tx: Tx, state: State, unit: str) -> set[tuple[str, str]]:
    """Threads in which the unit has moved already, and what it answered: its envelopes wait for their entry."""
    found = set()
    for thread_id in {queued.thread_id for queued in state.outbox.queued.values() if queued.sender_unit == unit}:
        held = load(tx, state, thread_id)
        for pending in held.pending if held is not None else ():
            if pending.header.sender_unit != unit:
                continue
            if pending.moving:
                found.add((thread_id, "moves"))
            if pending.header.in_reply_to is not None:
                found.add((thread_id, pending.header.in_reply_to.envelope_id))
    return found
