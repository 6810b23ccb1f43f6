"""Engines, and what a database's errors mean."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

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

from certs.files import private_database
from registry.store import StoreRejected, StoreUnavailable

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


@contextmanager
def driver_connection(engine: Engine) -> Iterator[PoolProxiedConnection]:
    """A connection as its driver has it, for what every batch asks and writes: statements and rows go as they are.

    SQLAlchemy's own way costs more a statement than the database takes for it. What is not committed is undone. Errors
    are those of `storage_errors`.
    """
    driver = engine.dialect.loaded_dbapi
    with storage_errors(), closing(engine.raw_connection()) as connection:
        try:
            yield connection
        except (driver.IntegrityError, driver.DataError, driver.ProgrammingError, ValueError, OverflowError) as error:
            raise StoreRejected from error
        except driver.Error as error:
            connection.invalidate()  # it may be broken; another one is made when it is needed
            raise StoreUnavailable from error


class Spoken(NamedTuple):
    """A statement in a database's own words, with the parameters that never change."""

    text: str
    fixed: Mapping[str, object]

    def ask(self, connection: PoolProxiedConnection, **given: object) -> list[Any]:
        """All rows. Untyped, as every driver gives them."""
        cursor = connection.cursor()
        cursor.execute(self.text, {**self.fixed, **given})
        return list(cursor.fetchall())


def _postgres() -> Dialect:
    return PGDialect_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no types


def spoken(statement: ClauseElement, dialect: str) -> Spoken:
    """Compile a statement, once: the caller keeps it."""
    words: Dialect = sqlite.dialect(paramstyle="named") if dialect == "sqlite" else _postgres()
    compiled = statement.compile(dialect=words)
    return Spoken(str(compiled), {name: value for name, value in compiled.params.items() if value is not None})


def among(column: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """The column is one of `wanted`, as one parameter (see `wanted_of`): the statement's text stays the same."""
    if dialect == "sqlite":
        values = func.json_each(bindparam("wanted", type_=String)).table_valued("value")
        return column.in_(select(values.c.value))
    return column == any_(bindparam("wanted", type_=ARRAY(column.type)))


def wanted_of(values: Collection[str] | Collection[int], dialect: str) -> dict[str, object]:
    """The parameter of `among`."""
    return {"wanted": json.dumps(list(values)) if dialect == "sqlite" else list(values)}
