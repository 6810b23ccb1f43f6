"""What the node asks of a store: get by key, select by simple conditions, and one atomic write of many changes.

A use case reads through a transaction that overlays its own writes; the writer hands everything of a batch to `commit`
at once. So a store has no sessions and no row objects: records in, records out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar

from node.records import Key, Record, Value

R = TypeVar("R", bound=Record)

SCHEMA_VERSION = "0014"


class Op(StrEnum):
    """How a column is compared."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True)
class Where:
    """One condition on a column; all conditions of a query must hold."""

    column: str
    value: Value
    op: Op = Op.EQ


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadQuery:
    """A page of threads that one unit may see: latest change first, after the change number `before`.

    `by_due`: the nearest due date first, a priority's bonus allowed for, after `after` (rank_day, thread_id).
    """

    unit: str
    role: str = ""
    where: tuple[Where, ...] = ()
    before: int | None = None
    by_due: bool = False
    after: tuple[str, str] | None = None
    assigned: str | None = None  # to this staff id, to nobody when empty; None does not ask
    limit: int = 50


Changes = Mapping[type[Record], Mapping[Key, Record | None]]
"""By record type and key: the record to be put, or None to delete it."""


class Store(Protocol):
    """One writer uses it from one thread. Errors: Refusal (DISK_FULL, STORAGE_UNAVAILABLE, SCHEMA_TOO_NEW)."""

    def get(self, kind: type[R], key: Key) -> R | None:
        """The record with this key."""
        ...

    def select(
        self,
        kind: type[R],
        where: Sequence[Where] = (),
        *,
        order: Sequence[str] = (),
        descending: bool = False,
        limit: int = 1000,
    ) -> list[R]:
        """Records that meet every condition, ordered by `order` (else by key), at most `limit`."""
        ...

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
        """Some columns of the records that meet the conditions, by `order` (else by key): spares reading large ones.

        `after`: only what comes later in that order than these values of its columns.
        """
        ...

    def select_in(
        self,
        kind: type[Record],
        columns: Sequence[str],
        column: str,
        values: Sequence[Value],
        where: Sequence[Where] = (),
    ) -> list[tuple[Value, ...]]:
        """Some columns of every record whose `column` has one of the values, in no order."""
        ...

    def tally(self, kind: type[Record], by: Sequence[str], where: Sequence[Where] = ()) -> list[tuple[Value, ...]]:
        """How many records meet the conditions for each combination of values of `by`: the values, then the number."""
        ...

    def count_distinct(self, kind: type[Record], column: str, where: Sequence[Where] = ()) -> int:
        """How many values the column has in the records that meet the conditions."""
        ...

    def maximum(self, kind: type[Record], column: str) -> int:
        """The greatest value of an integer column, 0 when there is none."""
        ...

    def count(self, kind: type[Record], where: Sequence[Where] = ()) -> int:
        """How many records meet the conditions."""
        ...

    def list_threads(self, query: ThreadQuery) -> list[tuple[Record, str]]:
        """Threads (ThreadRecord) of a unit with the unit's role in each."""
        ...

    def commit(self, changes: Changes, moved: Changes = MappingProxyType({})) -> None:
        """Write everything or nothing; when it returns, it is on disk.

        `moved`: records whose rows are there and differ in the columns `MOVED` of their kind alone.
        """
        ...

    def close(self) -> None:
        """Give back files and connections."""
        ...
