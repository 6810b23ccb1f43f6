"""The writer's transaction in SQL: one executemany a table, rows as tuples in the order of the table's columns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from registry.records import OPEN, Changes, SightEnd
from registry.sql_engine import DriverConnection, DriverCursor, in_places, spoken, to_micros
from registry.sql_nodes import rows_of
from registry.store import HeadMoved, StoreRejected
from registry.tables import (
    AcknowledgedBatch,
    DrawCheckpoint,
    EnvelopeAnswer,
    Evidence,
    Listing,
    LogEntry,
    LogHead,
    LogNode,
    Mailbox,
    Negative,
    RosterStatement,
    SealedBody,
    Sight,
    Thread,
)

Row = dict[str, Any]
_THREAD = Thread.__table__
_INSERTED = tuple(
    each.__table__
    for each in (
        LogEntry,
        LogNode,
        EnvelopeAnswer,
        SealedBody,
        Mailbox,
        Evidence,
        Listing,
        Negative,
        AcknowledgedBatch,
        DrawCheckpoint,
        Sight,
    )
)


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows with every column, or replace those with the same primary key."""
    if rows:
        connection.exec_driver_sql(_upsert_text(table, connection.dialect.name), list(rows))


_MOVE_HEAD = (
    update(LogHead.__table__)
    .where(LogHead.__table__.c.epoch == bindparam("in_epoch"), LogHead.__table__.c.size == bindparam("in_size"))
    .values(
        epoch=bindparam("epoch"), size=bindparam("size"), frontier=bindparam("frontier"), accepted_at=bindparam("at")
    )
)
_ACKNOWLEDGE = (
    update(Mailbox.__table__)
    .where(Mailbox.__table__.c.unit == bindparam("in_unit"), Mailbox.__table__.c.cursor == bindparam("in_cursor"))
    .values(status=bindparam("status"), status_at=bindparam("status_at"))
)
# An upsert of every column writes each index anew, also where the value stays: an update only those of its columns.
_THREAD_NEWS = (
    update(_THREAD)
    .where(_THREAD.c.thread_id == bindparam("in_thread"))
    .values(data=bindparam("data"), last_leaf=bindparam("last_leaf"), changed_at=bindparam("changed_at"))
)
_THREAD_MOVED = (
    update(_THREAD)
    .where(_THREAD.c.thread_id == bindparam("in_thread"))
    .values(last_leaf=bindparam("last_leaf"), changed_at=bindparam("changed_at"))
)
_SIGHT = Sight.__table__
_LEFT = ("left_home", "left_host", "left_state", "left_paper", "left_changed_at", "left_reported_at", "left_data")
_END_SIGHT = (
    update(_SIGHT)
    .where(
        _SIGHT.c.province == bindparam("in_province"),
        _SIGHT.c.thread_id == bindparam("in_thread"),
        _SIGHT.c.until_leaf == bindparam("in_open"),
        _SIGHT.c.since_leaf <= bindparam("in_until"),  # not one that begins again in the same transaction
    )
    .values(until_leaf=bindparam("until_leaf"), **{name: bindparam(name) for name in _LEFT})
)
_LOG_STATEMENT = (
    update(RosterStatement.__table__)
    .where(RosterStatement.__table__.c.digest == bindparam("in_digest"))
    .values(leaf_index=bindparam("leaf"))
)


@cache
def _upsert_text(table: Table, dialect: str) -> str:
    return spoken(_upsert(table, dialect), dialect).text


def _upsert(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    keys = list(table.primary_key.columns)
    others = [column.name for column in table.columns if not column.primary_key]
    statement: sqlite.Insert | postgresql.Insert
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    changed = {name: statement.excluded[name] for name in others}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


class _Words(NamedTuple):
    """What the writer says in one database's words, compiled once: binding by SQLAlchemy costs more a row than all."""

    inserts: Mapping[str, str]
    upsert_thread: str
    thread_news: str
    thread_moved: str
    move_head: str
    acknowledge: str
    log_statement: str
    end_sight: str


@cache
def _words(dialect: str) -> _Words:
    return _Words(
        {table.name: in_places(insert(table), dialect, names_of(table)) for table in _INSERTED},
        in_places(_upsert(_THREAD, dialect), dialect, names_of(_THREAD)),
        in_places(_THREAD_NEWS, dialect, ("data", "last_leaf", "changed_at", "in_thread")),
        in_places(_THREAD_MOVED, dialect, ("last_leaf", "changed_at", "in_thread")),
        in_places(_MOVE_HEAD, dialect, ("epoch", "size", "frontier", "at", "in_epoch", "in_size")),
        in_places(_ACKNOWLEDGE, dialect, ("status", "status_at", "in_unit", "in_cursor")),
        in_places(_LOG_STATEMENT, dialect, ("leaf", "in_digest")),
        in_places(_END_SIGHT, dialect, ("until_leaf", *_LEFT, "in_province", "in_thread", "in_open", "in_until")),
    )


def names_of(table: Table) -> tuple[str, ...]:
    """A table's columns, in the order of its rows."""
    return tuple([column.name for column in table.columns])


def write(connection: DriverConnection, dialect: str, changes: Changes) -> None:
    """Write the changes in one transaction, which the caller commits. Raises HeadMoved before anything is written."""
    words, head = _words(dialect), changes.head
    cursor = connection.cursor()
    if dialect == "sqlite":  # a writer that began as a reader could not be made one while another writes
        cursor.execute("BEGIN IMMEDIATE")
    at = to_micros(head.accepted_at)
    frontier = b"".join(head.frontier.serialise())
    cursor.execute(words.move_head, (head.epoch, head.size, frontier, at, changes.epoch, changes.old_size))
    if cursor.rowcount != 1:
        raise HeadMoved
    now = head.accepted_at

    def micros(when: datetime) -> int:
        return at if when is now else to_micros(when)  # nearly every row is of this instant

    rows: dict[str, list[tuple[object, ...]]] = {
        "log_entry": [(r.leaf_index, r.kind, r.digest, r.data) for r in changes.entries],
        "log_node": [*rows_of(changes.nodes)],
        "envelope_answer": [(*r[:-1], micros(r.at)) for r in changes.answers],
        "sealed_body": [(r.leaf_index, r.data, micros(r.at)) for r in changes.bodies],
        "mailbox": [(r.unit, r.cursor, int(r.kind), r.item, 0, 0) for r in changes.mailbox],
        "evidence": list(changes.evidence),
        "listing": [(r.thread_id, r.material_id, r.leaf_index, r.unit) for r in changes.listings],
        "negative": [(r.thread_id, r.leaf_index, r.envelope_key, micros(r.at)) for r in changes.negatives],
        "acknowledged_batch": list(changes.batches),
        "draw_checkpoint": list(changes.draws),
        "sight": [(*r, OPEN, "", "", "", False, 0, -1, b"") for r in changes.sights],
    }
    for name, found in rows.items():
        if found:
            cursor.executemany(words.inserts[name], found)
    if changes.threads:
        threads = [
            (*r[:-3], micros(r.opened_at), micros(r.changed_at), -1 if r.reported_at is None else micros(r.reported_at))
            for r in changes.threads
        ]
        cursor.executemany(words.upsert_thread, threads)
    news = [(r.data, r.last_leaf, micros(r.changed_at), r.thread_id) for r in changes.news if r.data is not None]
    _update_threads(cursor, words.thread_news, news)
    moved = [(r.last_leaf, micros(r.changed_at), r.thread_id) for r in changes.news if r.data is None]
    _update_threads(cursor, words.thread_moved, moved)
    if changes.sights_ended:
        cursor.executemany(words.end_sight, [_ended(each) for each in changes.sights_ended])
    if changes.acknowledged:
        said = [(r.status, micros(r.at), r.unit, r.cursor) for r in changes.acknowledged]
        cursor.executemany(words.acknowledge, said)
    if changes.statements:
        cursor.executemany(words.log_statement, [(leaf, digest) for digest, leaf in changes.statements])
    cursor.close()


def _update_threads(cursor: DriverCursor, text: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        cursor.executemany(text, rows)
        if cursor.rowcount != len(rows):
            raise StoreRejected  # of a thread that is not there: memory and store have parted


def _ended(end: SightEnd) -> tuple[object, ...]:
    row = end.row
    reported = -1 if row.reported_at is None else to_micros(row.reported_at)
    left = (row.home_unit, row.host_unit, row.state, row.on_paper, to_micros(row.changed_at), reported, row.data)
    return row.last_leaf, *left, end.province, row.thread_id, OPEN, row.last_leaf
