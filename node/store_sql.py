"""The store on SQLite (one file, WAL, every commit synced) and PostgreSQL. SQLAlchemy Core: the ORM is too dear.

One connection, used by the writer's thread alone, so there is never a lock to wait for. A commit writes whole records:
`INSERT … ON CONFLICT DO UPDATE`, one executemany a table, deletions first.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    CursorResult,
    Dialect,
    Engine,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    exc,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.pool import NullPool, StaticPool
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.dml import Delete

from certs.files import private_database
from certs.rest import MasterKey
from delegation.errors import Reason, Refusal
from node import tables, tables_archive, tables_pool, tables_province  # noqa: F401 - they declare tables in one metadata
from node.records import Key, PartyRecord, Record, ThreadRecord, Value
from node.records_people import AssignmentRecord
from node.store import Changes, Op, R, ThreadQuery, Where

_MIGRATIONS = Path(__file__).parent / "migrations"
_MOST_VALUES = 500  # in one statement; SQLite takes at least 999 parameters


def make_engine(url: str) -> Engine:
    """An engine with one connection. SQLite: WAL, synchronous FULL, foreign threads allowed (the writer's own)."""
    if url.startswith("sqlite"):
        private_database(url)
        engine = create_engine(
            url,
            poolclass=StaticPool,
            hide_parameters=True,
            connect_args={"check_same_thread": False, "timeout": 30},
        )

        @event.listens_for(engine, "connect")
        def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA page_size=8192")  # of a new file: most rows of an envelope take two such pages
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute("PRAGMA secure_delete=ON")

        return engine
    # prepare_threshold: the hot statements are prepared by the server after a few uses
    return create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"prepare_threshold": 5, "connect_timeout": 10},
    )


def upgrade(engine: Engine, *, master: Callable[[], MasterKey] | None = None) -> None:
    """Bring the schema to this version. `master` gives the key for what an older version kept in the open.

    Raises:
        Refusal: SCHEMA_TOO_NEW for a database of a newer node; INVALID_INPUT (master_key) when rows have to be
            encrypted and there is no `master`. Nothing is touched then.
        KeyFileError: what `master` raises; nothing is touched either.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in script.walk_revisions()}
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
        if any(revision not in known for revision in current):
            raise Refusal(Reason.SCHEMA_TOO_NEW)
        if set(current) == set(script.get_heads()):
            return
        config.attributes["connection"] = connection
        config.attributes["master"] = master
        command.upgrade(config, "head")
        connection.commit()
        if engine.dialect.name == "sqlite":  # or the file beside the database keeps what was in the open
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _refusal(error: Exception) -> Refusal:
    """The typed word for a storage error; the driver's text may hold values and is not repeated."""
    text = str(getattr(error, "orig", error)).lower()
    if "full" in text or "no space" in text:
        return Refusal(Reason.DISK_FULL)
    return Refusal(Reason.STORAGE_UNAVAILABLE)


class _Statements:
    """The prepared statements of one table."""

    def __init__(self, kind: type[Record], *, dialect: str) -> None:
        self.table: Table = tables.METADATA.tables[kind.TABLE]
        self.columns = [item.name for item in fields(cast("Any", kind))]  # a dataclass, which Record cannot say
        key = [self.table.c[name] for name in kind.KEY]
        insert: sqlite.Insert | postgresql.Insert
        insert = sqlite.insert(self.table) if dialect == "sqlite" else postgresql.insert(self.table)
        rest = {name: insert.excluded[name] for name in self.columns if name not in kind.KEY}
        if kind.FIRST_COUNTS or not rest:
            upsert = insert.on_conflict_do_nothing()
        else:
            upsert = insert.on_conflict_do_update(index_elements=key, set_=rest)
        delete_one: Delete = delete(self.table)
        for column in key:
            delete_one = delete_one.where(column == bindparam(f"key_{column.name}"))
        # Rows are bound by the driver: SQLAlchemy's own binding costs more a row than the database does.
        positional = _positional(dialect)
        compiled = upsert.compile(dialect=positional, column_keys=self.columns)
        self.upsert = str(compiled)
        self.values = attrgetter(*(compiled.positiontup or ()))
        self.delete = str(delete_one.compile(dialect=positional))
        self.moved, self.moved_values = "", self.values
        if kind.MOVED:
            move = update(self.table).values({name: bindparam(name) for name in kind.MOVED})
            for column in key:
                move = move.where(column == bindparam(f"key_{column.name}"))
            compiled = move.compile(dialect=positional)
            self.moved = str(compiled)
            self.moved_values = attrgetter(*(name.removeprefix("key_") for name in compiled.positiontup or ()))
        self.get = select(*(self.table.c[name] for name in self.columns))
        for name in kind.KEY:
            self.get = self.get.where(self.table.c[name] == bindparam(f"key_{name}"))


def _positional(dialect: str) -> Dialect:
    """The dialect with parameters told by their place; `?` for SQLite, `%s` for PostgreSQL's driver."""
    if dialect == "sqlite":
        return sqlite.dialect()
    return PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no types


class SqlStore:
    """Store on a database. Opens one connection; a connection that broke is replaced on the next call."""

    def __init__(self, engine: Engine, *, master: Callable[[], MasterKey] | None = None) -> None:
        """Raises as `upgrade`."""
        upgrade(engine, master=master)
        self._engine = engine
        self._dialect = engine.dialect.name
        self._driver_error = engine.dialect.loaded_dbapi.Error
        self._statements: dict[type[Record], _Statements] = {}
        self._connection: Connection | None = None
        # The writer's thread waits for nobody here. A reader beside it (start-up, a test) must not end its transaction.
        self._turn = threading.Lock()

    def _of(self, kind: type[Record]) -> _Statements:
        held = self._statements.get(kind)
        if held is None:
            held = self._statements[kind] = _Statements(kind, dialect=self._dialect)
        return held

    def _connect(self) -> Connection:
        if self._connection is None or self._connection.invalidated or self._connection.closed:
            self._drop()
            self._connection = self._engine.connect()
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except exc.SQLAlchemyError:
                connection.invalidate()

    def _read(self, statement: Any, parameters: dict[str, Value] | None = None) -> list[tuple[Value, ...]]:
        # Any: a Select of whatever columns; SQLAlchemy types it by them
        with self._turn:
            try:
                connection = self._connect()
                result: CursorResult[Any] = connection.execute(statement, parameters or {})
                rows = cast("list[tuple[Value, ...]]", result.fetchall())
                connection.rollback()  # ends the read: nothing is held while the writer waits for work
            except exc.SQLAlchemyError as error:
                self._drop()
                raise _refusal(error) from None
        return rows

    def get(self, kind: type[R], key: Key) -> R | None:
        """See Store."""
        names = {f"key_{name}": value for name, value in zip(kind.KEY, key, strict=True)}
        rows = self._read(self._of(kind).get, names)
        return self._record(kind, rows[0]) if rows else None

    def _record(self, kind: type[R], row: Sequence[Value]) -> R:
        return kind(**dict(zip(self._of(kind).columns, row, strict=True)))

    def _conditions(self, table: Table, where: Sequence[Where]) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        for test in where:
            column = table.c[test.column]
            match test.op:
                case Op.EQ:
                    found.append(column == test.value)
                case Op.NE:
                    found.append(column != test.value)
                case Op.LT:
                    found.append(column < test.value)
                case Op.LE:
                    found.append(column <= test.value)
                case Op.GT:
                    found.append(column > test.value)
                case Op.GE:
                    found.append(column >= test.value)
        return found

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
        held = self._of(kind)
        statement = select(*(held.table.c[name] for name in held.columns)).where(*self._conditions(held.table, where))
        ordering = [held.table.c[name] for name in (tuple(order) or kind.KEY)]
        statement = statement.order_by(*(column.desc() if descending else column for column in ordering)).limit(limit)
        return [self._record(kind, row) for row in self._read(statement)]

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
        table = self._of(kind).table
        statement = select(*(table.c[name] for name in columns)).where(*self._conditions(table, where))
        ordering = [table.c[name] for name in (tuple(order) or kind.KEY)]
        if after is not None:
            statement = statement.where(tuple_(*ordering) > tuple_(*after))
        return [tuple(row) for row in self._read(statement.order_by(*ordering).limit(limit))]

    def select_in(
        self,
        kind: type[Record],
        columns: Sequence[str],
        column: str,
        values: Sequence[Value],
        where: Sequence[Where] = (),
    ) -> list[tuple[Value, ...]]:
        """See Store."""
        table = self._of(kind).table
        statement = select(*(table.c[name] for name in columns)).where(*self._conditions(table, where))
        found: list[tuple[Value, ...]] = []
        for first in range(0, len(values), _MOST_VALUES):
            some = values[first : first + _MOST_VALUES]
            found += [tuple(row) for row in self._read(statement.where(table.c[column].in_(some)))]
        return found

    def tally(self, kind: type[Record], by: Sequence[str], where: Sequence[Where] = ()) -> list[tuple[Value, ...]]:
        """See Store."""
        table = self._of(kind).table
        columns = [table.c[name] for name in by]
        statement = select(*columns, func.count()).where(*self._conditions(table, where)).group_by(*columns)
        return [tuple(row) for row in self._read(statement)]

    def count_distinct(self, kind: type[Record], column: str, where: Sequence[Where] = ()) -> int:
        """See Store."""
        table = self._of(kind).table
        statement = select(func.count(table.c[column].distinct())).where(*self._conditions(table, where))
        [(value,)] = self._read(statement)
        return int(value or 0)

    def maximum(self, kind: type[Record], column: str) -> int:
        """See Store."""
        [(value,)] = self._read(select(func.max(self._of(kind).table.c[column])))
        return int(value) if value is not None else 0

    def count(self, kind: type[Record], where: Sequence[Where] = ()) -> int:
        """See Store."""
        table = self._of(kind).table
        [(value,)] = self._read(select(func.count()).select_from(table).where(*self._conditions(table, where)))
        return int(value or 0)

    def list_threads(self, query: ThreadQuery) -> list[tuple[Record, str]]:
        """See Store. First which threads, from the index that covers what lists filter by; then those rows alone."""
        held, parties = self._of(ThreadRecord), self._of(PartyRecord).table
        threads = held.table
        seen = select(parties.c.role).where(parties.c.unit == query.unit, parties.c.thread_id == threads.c.thread_id)
        if query.role:
            seen = seen.where(parties.c.role == query.role)
        # a join would begin with every thread of the unit
        chosen = select(threads.c.thread_id).where(*self._conditions(threads, query.where), seen.exists())
        if query.before is not None:
            chosen = chosen.where(threads.c.change_number < query.before)
        if query.assigned is not None:
            hands = self._of(AssignmentRecord).table
            held_by = select(hands.c.staff_id).where(
                hands.c.unit == query.unit, hands.c.thread_id == threads.c.thread_id
            )
            mine = held_by.where(hands.c.staff_id == query.assigned) if query.assigned else held_by
            chosen = chosen.where(mine.exists() if query.assigned else ~mine.exists())
        if query.after is not None:
            chosen = chosen.where(tuple_(threads.c.rank_day, threads.c.thread_id) > tuple_(*query.after))
        ordering = (threads.c.rank_day, threads.c.thread_id) if query.by_due else (threads.c.change_number.desc(),)
        ids = [str(thread_id) for (thread_id,) in self._read(chosen.order_by(*ordering).limit(query.limit))]
        found: dict[str, tuple[Record, str]] = {}
        rows = select(*(threads.c[name] for name in held.columns), parties.c.role).join(
            parties, parties.c.thread_id == threads.c.thread_id
        )
        for first in range(0, len(ids), _MOST_VALUES):
            some = ids[first : first + _MOST_VALUES]
            for row in self._read(rows.where(parties.c.unit == query.unit, threads.c.thread_id.in_(some))):
                record = self._record(ThreadRecord, row[:-1])
                found[record.thread_id] = (record, str(row[-1]))
        return [found[thread_id] for thread_id in ids]

    def commit(self, changes: Changes, moved: Changes = MappingProxyType({})) -> None:
        """See Store. Spoken to the driver itself: SQLAlchemy's way costs more a statement than the rows do."""
        with self._turn:
            try:
                connection = self._connect().connection
                cursor = connection.cursor()
                for kind, rows in changes.items():
                    if not rows:
                        continue
                    held = self._statements.get(kind) or self._of(kind)
                    gone = [key for key, row in rows.items() if row is None]
                    if gone:
                        cursor.executemany(held.delete, gone)
                    if len(gone) < len(rows):
                        values = held.values
                        cursor.executemany(held.upsert, [values(row) for row in rows.values() if row is not None])
                for kind, rows in moved.items():
                    if rows:
                        held = self._of(kind)
                        values = held.moved_values
                        cursor.executemany(held.moved, [values(row) for row in rows.values()])
                        if cursor.rowcount != len(rows):  # a row that is not there was never written whole
                            raise Refusal(Reason.STORAGE_UNAVAILABLE)
                cursor.close()
                connection.commit()
            except (self._driver_error, exc.SQLAlchemyError) as error:
                self._drop()
                raise _refusal(error) from None
            except BaseException:
                self._drop()  # a value that the driver does not take: nothing of the batch stays for the next
                raise

    def close(self) -> None:
        """See Store."""
        with self._turn:
            self._drop()
            self._engine.dispose()
