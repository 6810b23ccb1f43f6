"""The writer's transaction in SQL: one executemany a table."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, PoolProxiedConnection, Table, Update, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from registry.records import Changes, ThreadRow
from registry.sql_engine import spoken, to_micros
from registry.store import HeadMoved
from registry.tables import (
    AcknowledgedBatch,
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
    Thread,
)

Row = dict[str, Any]


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows with every column, or replace those with the same primary key."""
    if rows:
        connection.exec_driver_sql(_upsert_text(table, connection.dialect.name), list(rows))


@cache
def _insert_text(table: Table, dialect: str) -> str:
    """The statement with named parameters, compiled once: binding by SQLAlchemy costs more a row than the database."""
    return spoken(insert(table), dialect).text


@cache
def _upsert_text(table: Table, dialect: str) -> str:
    keys = list(table.primary_key.columns)
    others = [column.name for column in table.columns if not column.primary_key]
    statement: sqlite.Insert | postgresql.Insert
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    changed = {name: statement.excluded[name] for name in others}
    return spoken(statement.on_conflict_do_update(index_elements=keys, set_=changed), dialect).text


@cache
def _update_text(statement: Update, dialect: str) -> str:
    return spoken(statement, dialect).text


class Writing:
    """Rows into tables, in a transaction of the driver's own connection."""

    def __init__(self, connection: PoolProxiedConnection, dialect: str) -> None:
        self._cursor = connection.cursor()
        self._dialect = dialect
        if dialect == "sqlite":  # a writer that began as a reader could not be made one while another writes
            self._cursor.execute("BEGIN IMMEDIATE")

    def insert(self, table: Table, rows: list[Row]) -> None:
        """New rows with every column."""
        if rows:
            self._cursor.executemany(_insert_text(table, self._dialect), rows)

    def upsert(self, table: Table, rows: list[Row]) -> None:
        """Rows with every column, in the place of those with the same primary key."""
        if rows:
            self._cursor.executemany(_upsert_text(table, self._dialect), rows)

    def update(self, statement: Update, rows: list[Row]) -> None:
        """The statement with each row as its parameters."""
        if rows:
            self._cursor.executemany(_update_text(statement, self._dialect), rows)

    def update_one(self, statement: Update, row: Row) -> int:
        """The statement once; how many rows it found."""
        self._cursor.execute(_update_text(statement, self._dialect), row)
        return int(self._cursor.rowcount)


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
_LOG_STATEMENT = (
    update(RosterStatement.__table__)
    .where(RosterStatement.__table__.c.digest == bindparam("in_digest"))
    .values(leaf_index=bindparam("leaf"))
)


def thread_row(row: ThreadRow) -> Row:
    """A thread's columns."""
    return {
        "thread_id": row.thread_id,
        "data": row.data,
        "thread_type": row.thread_type,
        "matter": row.matter,
        "home_unit": row.home_unit,
        "host_unit": row.host_unit,
        "state": row.state,
        "turn": row.turn,
        "closed": row.closed,
        "next_deadline": row.next_deadline,
        "earliest_due": row.earliest_due,
        "last_leaf": row.last_leaf,
        "opened_at": to_micros(row.opened_at),
        "changed_at": to_micros(row.changed_at),
        "reported_at": -1 if row.reported_at is None else to_micros(row.reported_at),
    }


def write(writing: Writing, changes: Changes) -> None:
    """Write the changes in one transaction, which the caller commits. Raises HeadMoved before anything is written."""
    head = changes.head
    moved = writing.update_one(
        _MOVE_HEAD,
        {
            "in_epoch": changes.epoch,
            "in_size": changes.old_size,
            "epoch": head.epoch,
            "size": head.size,
            "frontier": b"".join(head.frontier.serialise()),
            "at": to_micros(head.accepted_at),
        },
    )
    if moved != 1:
        raise HeadMoved
    writing.insert(
        LogEntry.__table__,
        [{"leaf_index": r.leaf_index, "kind": r.kind, "digest": r.digest, "data": r.data} for r in changes.entries],
    )
    writing.insert(
        LogNode.__table__,
        [{"level": level, "position": at, "hash": value} for level, at, value in changes.nodes if level],
    )
    writing.insert(
        EnvelopeAnswer.__table__,
        [
            {
                "key": r.key,
                "header_digest": r.header_digest,
                "accepted": r.accepted,
                "leaf_index": r.leaf_index,
                "kind": r.kind,
                "sender_unit": r.sender_unit,
                "thread_id": r.thread_id,
                "sequence": r.sequence,
                "header": r.header,
                "signatures": r.signatures,
                "at": to_micros(r.at),
            }
            for r in changes.answers
        ],
    )
    writing.insert(
        SealedBody.__table__,
        [{"leaf_index": r.leaf_index, "data": r.data, "at": to_micros(r.at)} for r in changes.bodies],
    )
    writing.upsert(Thread.__table__, [thread_row(row) for row in changes.threads])
    writing.insert(
        Mailbox.__table__,
        [
            {"unit": r.unit, "cursor": r.cursor, "kind": int(r.kind), "item": r.item, "status": 0, "status_at": 0}
            for r in changes.mailbox
        ],
    )
    _write_rarer(writing, changes)


def _write_rarer(writing: Writing, changes: Changes) -> None:
    writing.update(
        _ACKNOWLEDGE,
        [
            {"in_unit": r.unit, "in_cursor": r.cursor, "status": r.status, "status_at": to_micros(r.at)}
            for r in changes.acknowledged
        ],
    )
    writing.insert(
        Evidence.__table__,
        [
            {
                "evidence_id": r.evidence_id,
                "envelope_leaf": r.envelope_leaf,
                "batch_leaf": r.batch_leaf,
                "data": r.data,
            }
            for r in changes.evidence
        ],
    )
    writing.insert(
        Listing.__table__,
        [
            {"thread_id": r.thread_id, "material_id": r.material_id, "leaf_index": r.leaf_index, "unit": r.unit}
            for r in changes.listings
        ],
    )
    writing.insert(
        Negative.__table__,
        [
            {
                "thread_id": r.thread_id,
                "leaf_index": r.leaf_index,
                "envelope_key": r.envelope_key,
                "at": to_micros(r.at),
            }
            for r in changes.negatives
        ],
    )
    writing.insert(AcknowledgedBatch.__table__, [{"key": k, "leaf_index": leaf} for k, leaf in changes.batches])
    writing.update(_LOG_STATEMENT, [{"in_digest": d, "leaf": leaf} for d, leaf in changes.statements])
