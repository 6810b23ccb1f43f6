"""Engines, and what a database's errors mean."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import get_ident
from typing import Any, NamedTuple, Protocol, TypeVar

from sqlalchemy import (
    ARRAY,
    ClauseElement,
    ColumnElement,
    Dialect,
    Engine,
    PoolProxiedConnection,
    String,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError, StatementError
from sqlalchemy.sql.compiler import SQLCompiler

from certs.files import private_database
from registry.store import StoreRejected, StoreUnavailable

T = TypeVar("T")
_SLICE = 400  # values of one IN list; the database plans and SQLite's limit of variables stay small
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant."""
    return _EPOCH + timedelta(microseconds=micros)


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, every commit synced) or PostgreSQL. Its errors never hold parameters."""
    if url.startswith("sqlite"):
        private_database(url)
        engine = create_engine(
            url, hide_parameters=True, connect_args={"timeout": 15, "check_same_thread": False, "isolation_level": None}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url, hide_parameters=True, pool_pre_ping=True, pool_size=4, connect_args={"connect_timeout": 5}
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    # FULL: a commit of WAL mode is on disk when it returns; NORMAL would lose the last ones at a power cut.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "wal_autocheckpoint=4000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A writer that began as a reader could not be made one while another writes. Readers ask one question at a time
    # and need no transaction.
    if connection.get_execution_options().get("immediate", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn a database's errors into StoreRejected (the content) and StoreUnavailable (all others)."""
    try:
        yield
    except (IntegrityError, DataError, ProgrammingError) as error:
        raise StoreRejected from error
    except DBAPIError as error:
        raise StoreUnavailable from error
    except StatementError as error:
        raise StoreRejected from error
    except (SQLAlchemyError, OSError) as error:
        raise StoreUnavailable from error


class DriverCursor(Protocol):
    """What is used of a driver's cursor. Rows are untyped, as every driver gives them."""

    @property
    def rowcount(self) -> int:
        """How many rows the last statement found."""

    def execute(self, text: str, parameters: Any = ..., /) -> object:
        """One statement."""

    def executemany(self, text: str, rows: Any, /) -> object:
        """The same for each row."""

    def fetchall(self) -> Any:
        """All rows."""

    def close(self) -> None:
        """Let go."""


class DriverConnection(Protocol):
    """What is used of a driver's connection; also of SQLAlchemy's proxy of one."""

    def cursor(self) -> DriverCursor:
        """For one statement after another."""

    def commit(self) -> None:
        """What was written is kept."""

    def rollback(self) -> None:
        """What was not kept is undone."""


class Drivers:
    """Connections as their driver has them, for what every batch asks and writes: statements and rows go as they are.

    SQLAlchemy's own way costs more a statement than the database takes for it. SQLite's stay open, one a thread: a file
    does not go away, and fetching one from the pool costs as much as a commit. PostgreSQL's are of the pool, which
    looks whether they are alive.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._driver = engine.dialect.loaded_dbapi
        self._rejected = (
            self._driver.IntegrityError,
            self._driver.DataError,
            self._driver.ProgrammingError,
            ValueError,
            OverflowError,
        )
        self._keeps = engine.dialect.name == "sqlite"
        self._kept: dict[int, PoolProxiedConnection] = {}  # by thread; each is taken and dropped by its own

    def run(self, action: Callable[[DriverConnection], T]) -> T:
        """Run with a connection. What is not committed by then is undone.

        Raises StoreRejected (the content), StoreUnavailable (all others), and what the action raises of its own.
        """
        with storage_errors():
            name = get_ident()
            connection = self._kept.get(name)
            if connection is None:
                connection = self._engine.raw_connection()
                if self._keeps:
                    self._kept[name] = connection
            done = False
            try:
                result = action(connection)
                done = True
                return result
            except self._rejected as error:
                raise StoreRejected from error
            except self._driver.Error as error:
                self._kept.pop(name, None)
                connection.invalidate()  # it may be broken; another one is made when it is needed
                raise StoreUnavailable from error
            finally:
                if not self._keeps:
                    connection.close()
                elif not done and name in self._kept:
                    self._undo(name)

    def _undo(self, name: int) -> None:
        try:
            self._kept[name].rollback()
        except self._driver.Error:
            self._kept.pop(name).invalidate()

    def close(self) -> None:
        """Let go of them; no thread asks any more."""
        while self._kept:
            self._kept.popitem()[1].close()


class Spoken(NamedTuple):
    """A statement in a database's own words, with the parameters that never change."""

    text: str
    fixed: Mapping[str, object]

    def ask(self, connection: DriverConnection, **given: object) -> list[Any]:
        """All rows. Untyped, as every driver gives them."""
        cursor = connection.cursor()
        cursor.execute(self.text, {**self.fixed, **given})
        return list(cursor.fetchall())


def _postgres(**options: str) -> Dialect:
    return PGDialect_psycopg(**options)  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no types


def spoken(statement: ClauseElement, dialect: str) -> Spoken:
    """Compile a statement, once: the caller keeps it."""
    words: Dialect = sqlite.dialect(paramstyle="named") if dialect == "sqlite" else _postgres()
    compiled = statement.compile(dialect=words)
    return Spoken(str(compiled), {name: value for name, value in compiled.params.items() if value is not None})


def in_places(statement: ClauseElement, dialect: str, names: Sequence[str]) -> str:
    """Compile a statement whose parameters are told by their places, which have to be those of `names`."""
    words: Dialect = sqlite.dialect(paramstyle="qmark") if dialect == "sqlite" else _postgres(paramstyle="format")
    compiled = statement.compile(dialect=words)
    if not isinstance(compiled, SQLCompiler) or tuple(compiled.positiontup or ()) != tuple(names):
        raise AssertionError("parameters stand in another order")
    return str(compiled)


def among(column: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """The column is one of `wanted`, as one parameter (see `wanted_of`): the statement's text stays the same."""
    if dialect == "sqlite":
        values = func.json_each(bindparam("wanted", type_=String)).table_valued("value")
        return column.in_(select(values.c.value))
    return column == any_(bindparam("wanted", type_=ARRAY(column.type)))


def wanted_of(values: Collection[str] | Collection[int], dialect: str) -> dict[str, object]:
    """The parameter of `among`."""
    return {"wanted": json.dumps(list(values)) if dialect == "sqlite" else list(values)}


def slices(values: Collection[T]) -> Iterator[list[T]]:
    """The values in lists that fit an IN."""
    iterator = iter(values)
    while part := list(islice(iterator, _SLICE)):
        yield part
