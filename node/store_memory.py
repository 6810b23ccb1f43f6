"""The store in memory: for tests and simulations, with the same suite as the SQL store. Faults can be injected."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from delegation.errors import Reason, Refusal
from node.records import Key, PartyRecord, Record, ThreadRecord, Value
from node.records_people import AssignmentRecord
from node.store import Changes, Op, R, ThreadQuery, Where

_OPS: dict[Op, Callable[[Value, Value], bool]] = {
    Op.EQ: lambda a, b: a == b,
    Op.NE: lambda a, b: a != b,
    Op.LT: lambda a, b: a < b,  # type: ignore[operator]  # the caller compares a column with its own type
    Op.LE: lambda a, b: a <= b,  # type: ignore[operator]  # as above
    Op.GT: lambda a, b: a > b,  # type: ignore[operator]  # as above
    Op.GE: lambda a, b: a >= b,  # type: ignore[operator]  # as above
}


def matches(row: Record, where: Sequence[Where]) -> bool:
    """The record meets every condition."""
    return all(_OPS[test.op](getattr(row, test.column), test.value) for test in where)


class MemoryStore:
    """Dictionaries by record type. `fail_commits` makes the next commits fail as a full disk does."""

    def __init__(self) -> None:
        self._rows: dict[type[Record], dict[Key, Record]] = {}
        self.fail_commits = 0
        self.commits = 0

    def get(self, kind: type[R], key: Key) -> R | None:
        """See Store."""
        return cast("R | None", self._rows.get(kind, {}).get(key))

    def _matching(self, kind: type[R], where: Sequence[Where]) -> list[R]:
        rows = cast("dict[Key, R]", self._rows.get(kind, {}))
        return [row for row in rows.values() if matches(row, where)]

    def select(
        self,
        kind: type[R],
        where: Sequence[Where] = (),
        *,
        order: Sequence[str] = (),
        descending: bool = False,
        limit: int = 1000,
    ) -> list[R]:
        """See Store."""
        columns = tuple(order) or kind.KEY
        rows = self._matching(kind, where)
        rows.sort(key=lambda row: tuple(getattr(row, column) for column in columns), reverse=descending)
        return rows[:limit]

    def select_columns(
        self,
        kind: type[Record],
        columns: Sequence[str],
        where: Sequence[Where] = (),
        *,
        order: Sequence[str] = (),
        after: tuple[Value, ...] | None = None,
        limit: int | None = None,
    ) -> list[tuple[Value, ...]]:
        """See Store."""
        rows = self.select(kind, where, order=order, limit=1_000_000_000)
        if after is not None:
            ordering = tuple(order) or kind.KEY
            rows = [row for row in rows if tuple(getattr(row, column) for column in ordering) > after]
        return [tuple(getattr(row, column) for column in columns) for row in rows[:limit]]

    def select_in(
        self,
        kind: type[Record],
        columns: Sequence[str],
        column: str,
        values: Sequence[Value],
        where: Sequence[Where] = (),
    ) -> list[tuple[Value, ...]]:
        """See Store."""
        wanted = set(values)
        rows = (row for row in self._matching(kind, where) if getattr(row, column) in wanted)
        return [tuple(getattr(row, name) for name in columns) for row in rows]

    def tally(self, kind: type[Record], by: Sequence[str], where: Sequence[Where] = ()) -> list[tuple[Value, ...]]:
        """See Store."""
        rows = self._matching(kind, where)
        counts = Counter(tuple(getattr(row, name) for name in by) for row in rows)
        return [(*values, number) for values, number in counts.items()]

    def count_distinct(self, kind: type[Record], column: str, where: Sequence[Where] = ()) -> int:
        """See Store."""
        return len({getattr(row, column) for row in self._matching(kind, where)})

    def maximum(self, kind: type[Record], column: str) -> int:
        """See Store."""
        return max((getattr(row, column) for row in self._rows.get(kind, {}).values()), default=0)

    def count(self, kind: type[Record], where: Sequence[Where] = ()) -> int:
        """See Store."""
        return len(self._matching(kind, where))

    def list_threads(self, query: ThreadQuery) -> list[tuple[Record, str]]:
        """See Store."""
        where = [Where("unit", query.unit)]
        if query.role:
            where.append(Where("role", query.role))
        roles = {row.thread_id: row.role for row in self._matching(PartyRecord, where)}
        rows = [row for row in self._matching(ThreadRecord, query.where) if row.thread_id in roles]
        if query.before is not None:
            rows = [row for row in rows if row.change_number < query.before]
        if query.assigned is not None:
            hands = {row.thread_id: row.staff_id for row in self._matching(AssignmentRecord, where[:1])}
            rows = [row for row in rows if hands.get(row.thread_id, "") == query.assigned]
        if query.after is not None:
            rows = [row for row in rows if (row.rank_day, row.thread_id) > query.after]
        if query.by_due:
            rows.sort(key=lambda row: (row.rank_day, row.thread_id))
        else:
            rows.sort(key=lambda row: row.change_number, reverse=True)
        return [(row, roles[row.thread_id]) for row in rows[: query.limit]]

    def commit(self, changes: Changes, moved: Changes = MappingProxyType({})) -> None:
        """See Store."""
        if self.fail_commits > 0:
            self.fail_commits -= 1
            raise Refusal(Reason.DISK_FULL)
        if any(key not in self._rows.get(kind, {}) for kind, rows in moved.items() for key in rows):
            raise Refusal(Reason.STORAGE_UNAVAILABLE)
        self.commits += 1
        for kind, rows in changes.items():
            table = self._rows.setdefault(kind, {})
            for key, row in rows.items():
                if row is None:
                    table.pop(key, None)
                elif not kind.FIRST_COUNTS or key not in table:
                    table[key] = row
        for kind, rows in moved.items():
            table = self._rows[kind]
            for key, row in rows.items():
                stored = cast("Any", table[key])  # a dataclass, which Record cannot say
                table[key] = replace(stored, **{name: getattr(row, name) for name in kind.MOVED})

    def close(self) -> None:
        """Nothing to give back."""
