"""What a provincial office asks of the SQL store."""

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from registry.records import FlowRow, ThreadFilter, ThreadRow
from registry.sql_engine import from_micros, to_micros
from registry.tables import Thread

AnyRow: TypeAlias = Row[Any]  # Core's rows of a table have no types of their own

_THREAD = Thread.__table__
_DELEGATION = 1


def thread_of(row: AnyRow) -> ThreadRow:
    """A thread's row as a value."""
    return ThreadRow(
        thread_id=row.thread_id,
        data=row.data,
        thread_type=row.thread_type,
        matter=row.matter,
        home_unit=row.home_unit,
        host_unit=row.host_unit,
        state=row.state,
        turn=row.turn,
        closed=row.closed,
        next_deadline=row.next_deadline,
        earliest_due=row.earliest_due,
        last_leaf=row.last_leaf,
        opened_at=from_micros(row.opened_at),
        changed_at=from_micros(row.changed_at),
        reported_at=None if row.reported_at < 0 else from_micros(row.reported_at),
    )


def _of_regions(regions: tuple[str, ...]) -> list[ColumnElement[bool]]:
    if not regions:
        return []
    columns = (_THREAD.c.home_unit, _THREAD.c.host_unit)
    return [or_(*(column.startswith(region, autoescape=True) for column in columns for region in regions))]


def list_threads(connection: Connection, wanted: ThreadFilter) -> list[ThreadRow]:
    """Threads that pass the filter."""
    conditions = _of_regions(wanted.regions)
    if wanted.home_unit:
        conditions.append(_THREAD.c.home_unit == wanted.home_unit)
    if wanted.host_unit:
        conditions.append(_THREAD.c.host_unit == wanted.host_unit)
    if wanted.matter:
        conditions.append(_THREAD.c.matter == wanted.matter)
    if wanted.overdue_before:
        conditions += [_THREAD.c.earliest_due != "", _THREAD.c.earliest_due < wanted.overdue_before]
    if wanted.from_leaf >= 0:
        conditions.append(_THREAD.c.last_leaf >= wanted.from_leaf)
    conditions.append(_THREAD.c.thread_id > wanted.after_thread)
    order = _THREAD.c.thread_id if wanted.from_leaf < 0 else _THREAD.c.last_leaf
    statement = select(_THREAD).where(*conditions).order_by(order).limit(wanted.limit)
    return [thread_of(row) for row in connection.execute(statement)]


def flows(connection: Connection, regions: tuple[str, ...], *, start: datetime, end: datetime) -> list[FlowRow]:
    """Delegations opened in [start, end)."""
    statement = (
        select(_THREAD.c.home_unit, _THREAD.c.host_unit, _THREAD.c.opened_at, _THREAD.c.reported_at)
        .where(
            *_of_regions(regions),
            _THREAD.c.thread_type == _DELEGATION,
            _THREAD.c.opened_at >= to_micros(start),
            _THREAD.c.opened_at < to_micros(end),
        )
        .order_by(_THREAD.c.thread_id)
    )
    return [
        FlowRow(home[:6], host[:6], from_micros(opened), None if reported < 0 else from_micros(reported))
        for home, host, opened, reported in connection.execute(statement)
    ]
