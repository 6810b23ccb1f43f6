"""The writer's transaction in SQL: one executemany a table."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from registry.records import Changes, ThreadRow
from registry.sql_engine import to_micros
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
    return str(insert(table).compile(dialect=_named(dialect)))


@cache
def _upsert_text(table: Table, dialect: str) -> str:
    keys = list(table.primary_key.columns)
    others = [column.name for column in table.columns if not column.primary_key]
    statement: sqlite.Insert | postgresql.Insert
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    changed = {name: statement.excluded[name] for name in others}
    replacing = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    return str(replacing.compile(dialect=_named(dialect)))


def _named(dialect: str) -> Dialect:
    if dialect == "sqlite":
        return sqlite.dialect(paramstyle="named")
    return PGDialect_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no types


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


def write(connection: Connection, changes: Changes) -> None:
    """Write the changes in the connection's transaction. Raises HeadMoved before anything is written."""
    head = changes.head
    moved = connection.execute(
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
    if moved.rowcount != 1:
        raise HeadMoved
    _insert(
        connection,
        LogEntry.__table__,
        [{"leaf_index": r.leaf_index, "kind": r.kind, "digest": r.digest, "data": r.data} for r in changes.entries],
    )
    _insert(
        connection,
        LogNode.__table__,
        [{"level": level, "position": at, "hash": value} for level, at, value in changes.nodes if level],
    )
    _insert(
        connection,
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
    _insert(
        connection,
        SealedBody.__table__,
        [{"leaf_index": r.leaf_index, "data": r.data, "at": to_micros(r.at)} for r in changes.bodies],
    )
    upsert(connection, Thread.__table__, [thread_row(row) for row in changes.threads])
    _insert(
        connection,
        Mailbox.__table__,
        [
            {"unit": r.unit, "cursor": r.cursor, "kind": int(r.kind), "item": r.item, "status": 0, "status_at": 0}
            for r in changes.mailbox
        ],
    )
    _write_rarer(connection, changes)


def _write_rarer(connection: Connection, changes: Changes) -> None:
    if changes.acknowledged:
        connection.execute(
            _ACKNOWLEDGE,
            [
                {"in_unit": r.unit, "in_cursor": r.cursor, "status": r.status, "status_at": to_micros(r.at)}
                for r in changes.acknowledged
            ],
        )
    _insert(
        connection,
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
    _insert(
        connection,
        Listing.__table__,
        [
            {"thread_id": r.thread_id, "material_id": r.material_id, "leaf_index": r.leaf_index, "unit": r.unit}
            for r in changes.listings
        ],
    )
    _insert(
        connection,
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
    _insert(connection, AcknowledgedBatch.__table__, [{"key": k, "leaf_index": leaf} for k, leaf in changes.batches])
    if changes.statements:
        connection.execute(_LOG_STATEMENT, [{"in_digest": d, "leaf": leaf} for d, leaf in changes.statements])


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        connection.exec_driver_sql(_insert_text(table, connection.dialect.name), rows)
