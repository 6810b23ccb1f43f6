"""Engines, and what a database's errors mean."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Engine, String, any_, bindparam, create_engine, event, func, select
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


def among(column: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """The column is one of `wanted`, as one parameter (see `wanted_of`): the statement's text stays the same."""
    if dialect == "sqlite":
        values = func.json_each(bindparam("wanted", type_=String)).table_valued("value")
        return column.in_(select(values.c.value))
    return column == any_(bindparam("wanted", type_=ARRAY(column.type)))


def wanted_of(values: Collection[str] | Collection[int], dialect: str) -> dict[str, object]:
    """The parameter of `among`."""
    return {"wanted": json.dumps(list(values)) if dialect == "sqlite" else list(values)}
