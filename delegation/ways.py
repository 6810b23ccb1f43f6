"""The rows of a table with their parties and guards looked up once (protocol 5.1, 5.3): every event is judged so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from delegation.codes import Kind, Matter, ThreadType
from delegation.errors import Refused
from delegation.guards import Asked, HeaderGuard, failed
from delegation.guards_header import HEADER_GUARDS
from delegation.movers import PARTIES
from delegation.table import Row, Table
from delegation.tables import TABLES, table_for


@dataclass(frozen=True, slots=True)
class Way:
    """One row: who may use it, and its guards of each class in the order in which they are asked, common ones first."""

    row: Row
    parties: tuple[Callable[[Asked], bool], ...]
    guards: tuple[tuple[str, HeaderGuard], ...]
    body_guards: tuple[str, ...]
    local_guards: tuple[str, ...]

    def is_for(self, asked: Asked) -> bool:
        """As `movers.plays`."""
        for plays in self.parties:  # noqa: SIM110 - it runs for every row of every event
            if plays(asked):
                return True
        return False

    def refusal(self, asked: Asked) -> Refused | None:
        """As `guards.judged` of the common guards, then of the row's."""
        for name, guard in self.guards:
            answer = guard(asked)
            if answer is not True:
                return failed(name) if answer is False else answer
        return None


@dataclass(frozen=True, slots=True)
class Book:
    """A table with its ways by kind."""

    table: Table
    ways: Mapping[Kind, tuple[Way, ...]]


def _way(table: Table, row: Row) -> Way:
    names = (*table.common_header_guards, *row.header_guards)
    return Way(
        row=row,
        parties=tuple(PARTIES[party] for party in row.movers),
        guards=tuple((name, HEADER_GUARDS[name]) for name in names),
        body_guards=(*table.common_body_guards, *row.body_guards),
        local_guards=(*table.common_local_guards, *row.local_guards),
    )


def _book(table: Table) -> Book:
    ways = {kind: tuple(_way(table, row) for row in rows) for kind, rows in table.by_kind.items()}
    return Book(table, MappingProxyType(ways))


_BOOKS: Final = {table.name: _book(table) for table in TABLES}
_BY_TYPE: Final = {
    (of_type, matter): _BOOKS[table.name]
    for of_type in ThreadType
    for matter in Matter
    if (table := table_for(of_type, matter)) is not None
}


def book_for(thread_type: ThreadType, matter: Matter) -> Book | None:
    """The book of a thread's table; None as `tables.table_for`."""
    return _BY_TYPE.get((thread_type, matter))
