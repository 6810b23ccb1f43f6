"""The SQL store's connections, and what provincial offices ask it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine

from registry import sql_monitor, sql_sights
from registry.records import FlowRow, LateSight, MailWaiting, SeenThread, ThreadFilter, WatchedRow
from registry.sql_engine import Drivers, storage_errors


class SqlOversight:
    """See `store.Store`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._dialect = engine.dialect.name
        self._drivers = Drivers(engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that reads."""
        with storage_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes."""
        with storage_errors(), self._engine.connect() as connection:
            connection = connection.execution_options(immediate=True)
            with connection.begin():
                yield connection

    def list_threads(self, wanted: ThreadFilter) -> list[SeenThread]:
        """See `store.Store`."""
        with self.reading() as connection:
            return sql_monitor.list_threads(connection, wanted)

    def seen_thread(self, thread_id: str, regions: tuple[str, ...]) -> SeenThread | None:
        """See `store.Store`."""
        with self.reading() as connection:
            return sql_monitor.seen_thread(connection, thread_id, regions)

    def flows(self, wanted: ThreadFilter, *, start: datetime, end: datetime) -> list[FlowRow]:
        """See `store.Store`."""
        with self.reading() as connection:
            return sql_monitor.flows(connection, wanted, start=start, end=end)

    def watched(self, regions: tuple[str, ...], *, start: int, end: int, limit: int) -> list[WatchedRow]:
        """See `store.Store`."""
        with self.reading() as connection:
            return sql_sights.watched(connection, regions, start=start, end=end, limit=limit)

    def past_of(self, thread_id: str, *, after: int, before: int, limit: int) -> list[WatchedRow]:
        """See `store.Store`."""
        with self.reading() as connection:
            return sql_sights.past_of(connection, thread_id, after=after, before=before, limit=limit)

    def mail_waiting(self) -> list[MailWaiting]:
        """See `store.Store`."""
        with self.reading() as connection:
            return sql_monitor.mail_waiting(connection)

    def late_sights(self, regions: tuple[str, ...], *, start: int, end: int) -> list[LateSight]:
        """See `store.Store`."""
        if not regions:
            return []
        with self.reading() as connection:
            return sql_sights.late_sights(connection, regions, start=start, end=end)
