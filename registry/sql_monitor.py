"""What a provincial office asks of the SQL store: threads and figures as far as its provinces see them."""

from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, text

from registry.records import OPEN, FlowRow, MailWaiting, SeenThread, ThreadFilter, ThreadRow
from registry.sql_engine import from_micros, slices, to_micros
from registry.tables import PARKED, WAITING, EnvelopeAnswer, Mailbox, Sight, Thread

AnyRow: TypeAlias = Row[Any]  # Core's rows of a table have no types of their own

_THREAD, _SIGHT = Thread.__table__, Sight.__table__
_OTHER = _SIGHT.alias("other")
_MAILBOX, _ANSWER = Mailbox.__table__, EnvelopeAnswer.__table__
_DELEGATION = 1
_LEFT = tuple(column for column in _SIGHT.c if column.name.startswith("left_") or column.name == "until_leaf")


class _Columns(NamedTuple):
    """Where a thread's facts stand: in its row, or in the sight of who saw it last."""

    home_unit: Any
    host_unit: Any
    state: Any
    on_paper: Any
    changed_at: Any
    last_leaf: Any


_NOW = _Columns(
    _THREAD.c.home_unit,
    _THREAD.c.host_unit,
    _THREAD.c.state,
    _THREAD.c.on_paper,
    _THREAD.c.changed_at,
    _THREAD.c.last_leaf,
)
_THEN = _Columns(
    _SIGHT.c.left_home,
    _SIGHT.c.left_host,
    _SIGHT.c.left_state,
    _SIGHT.c.left_paper,
    _SIGHT.c.left_changed_at,
    _SIGHT.c.until_leaf,
)


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
        on_paper=row.on_paper,
        next_deadline=row.next_deadline,
        earliest_due=row.earliest_due,
        last_leaf=row.last_leaf,
        opened_at=from_micros(row.opened_at),
        changed_at=from_micros(row.changed_at),
        reported_at=None if row.reported_at < 0 else from_micros(row.reported_at),
    )


def _as_left(row: AnyRow) -> SeenThread:
    """A thread as it stood when the last of the provinces lost sight of it; nobody's turn, nothing is due."""
    then = thread_of(row)._replace(
        data=row.left_data,
        home_unit=row.left_home,
        host_unit=row.left_host,
        state=row.left_state,
        turn="",
        closed=True,
        on_paper=row.left_paper,
        next_deadline="",
        earliest_due="",
        last_leaf=row.until_leaf,
        changed_at=from_micros(row.left_changed_at),
        reported_at=None if row.left_reported_at < 0 else from_micros(row.left_reported_at),
    )
    return SeenThread(then, row.until_leaf)


def _seen_now(regions: tuple[str, ...]) -> list[ColumnElement[bool]]:
    if not regions:
        return []
    sights = select(_SIGHT.c.thread_id).where(_SIGHT.c.province.in_(regions), _SIGHT.c.until_leaf == OPEN)
    return [_THREAD.c.thread_id.in_(sights)]


def _in_sight(regions: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """As `_seen_now`, for a few threads: the other way reads all that the provinces see."""
    if not regions:
        return []
    of_thread = [_SIGHT.c.thread_id == _THREAD.c.thread_id, _SIGHT.c.until_leaf == OPEN]
    return [exists().where(_SIGHT.c.province.in_(regions), *of_thread)]


def _seen_before(regions: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """One sight a thread: the last to end, of threads that none of the provinces sees now."""
    later = or_(
        _OTHER.c.until_leaf > _SIGHT.c.until_leaf,
        and_(_OTHER.c.until_leaf == _SIGHT.c.until_leaf, _OTHER.c.province > _SIGHT.c.province),
    )
    return [
        _SIGHT.c.province.in_(regions),
        _SIGHT.c.until_leaf != OPEN,
        ~exists().where(_OTHER.c.thread_id == _SIGHT.c.thread_id, _OTHER.c.province.in_(regions), later),
    ]


def _asked(wanted: ThreadFilter, columns: _Columns) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_THREAD.c.thread_id > wanted.after_thread]
    if wanted.home_unit:
        conditions.append(columns.home_unit == wanted.home_unit)
    if wanted.host_unit:
        conditions.append(columns.host_unit == wanted.host_unit)
    if wanted.home_region:
        conditions.append(columns.home_unit.startswith(wanted.home_region, autoescape=True))
    if wanted.host_region:
        conditions.append(columns.host_unit.startswith(wanted.host_region, autoescape=True))
    if wanted.matter:
        conditions.append(_THREAD.c.matter == wanted.matter)
    if wanted.state:
        conditions.append(columns.state == wanted.state)
    if wanted.on_paper is not None:
        conditions.append(columns.on_paper.is_(wanted.on_paper))
    if wanted.changed_since is not None:
        conditions.append(columns.changed_at >= to_micros(wanted.changed_since))
    if wanted.from_leaf >= 0:
        conditions.append(columns.last_leaf >= wanted.from_leaf)
    return conditions


def list_threads(connection: Connection, wanted: ThreadFilter) -> list[SeenThread]:
    """Threads that pass the filter, as they are seen."""
    by_leaf = wanted.from_leaf >= 0
    found = _page_by_leaf(connection, wanted) if by_leaf else _page_by_id(connection, wanted)
    if wanted.regions and not wanted.overdue_before:  # nothing is late any more with who is out of it
        conditions = [*_seen_before(wanted.regions), *_asked(wanted, _THEN)]
        if len(found) == wanted.limit:  # what comes after the page is not looked for
            end = found[-1].row
            conditions.append(_THEN.last_leaf <= end.last_leaf if by_leaf else _SIGHT.c.thread_id <= end.thread_id)
        rows = connection.execute(
            select(_THREAD, *_LEFT)
            .join(_SIGHT, _SIGHT.c.thread_id == _THREAD.c.thread_id)
            .where(*conditions)
            .order_by(_THEN.last_leaf if by_leaf else _SIGHT.c.thread_id)
            .limit(wanted.limit)
        )
        found += map(_as_left, rows)
        found.sort(key=lambda seen: (seen.row.last_leaf if by_leaf else 0, seen.row.thread_id))
    return found[: wanted.limit]


def _page_by_leaf(connection: Connection, wanted: ThreadFilter) -> list[SeenThread]:
    """Of what is seen now, along the log: a look-up of the sight for each thread that the walk comes by."""
    conditions = [*_asked_now(wanted), *_in_sight(wanted.regions)]
    rows = connection.execute(select(_THREAD).where(*conditions).order_by(_THREAD.c.last_leaf).limit(wanted.limit))
    return [SeenThread(thread_of(row), OPEN) for row in rows]


def _page_by_id(connection: Connection, wanted: ThreadFilter) -> list[SeenThread]:
    """Of what is seen now, along each province's own sights: the country's threads are many times as many."""
    asked = select(_THREAD).where(*_asked_now(wanted)).limit(wanted.limit)
    if not wanted.regions:
        return [SeenThread(thread_of(row), OPEN) for row in connection.execute(asked.order_by(_THREAD.c.thread_id))]
    found: dict[str, SeenThread] = {}
    for region in wanted.regions:
        own = [_SIGHT.c.province == region, _SIGHT.c.until_leaf == OPEN, _SIGHT.c.thread_id > wanted.after_thread]
        joined = asked.join(_SIGHT, _SIGHT.c.thread_id == _THREAD.c.thread_id).where(*own)
        for row in connection.execute(joined.order_by(_SIGHT.c.thread_id)):
            found[row.thread_id] = SeenThread(thread_of(row), OPEN)
    return [found[name] for name in sorted(found)][: wanted.limit]


def _asked_now(wanted: ThreadFilter) -> list[ColumnElement[bool]]:
    conditions = _asked(wanted, _NOW)
    if wanted.overdue_before:
        conditions += [_THREAD.c.earliest_due != "", _THREAD.c.earliest_due < wanted.overdue_before]
    return conditions


def seen_thread(connection: Connection, thread_id: str, regions: tuple[str, ...]) -> SeenThread | None:
    """One thread as it is seen."""
    now = select(_THREAD).where(_THREAD.c.thread_id == thread_id, *_in_sight(regions))
    row = connection.execute(now).first()
    if row is not None:
        return SeenThread(thread_of(row), OPEN)
    if not regions:
        return None
    then = (
        select(_THREAD, *_LEFT)
        .join(_SIGHT, _SIGHT.c.thread_id == _THREAD.c.thread_id)
        .where(_THREAD.c.thread_id == thread_id, *_seen_before(regions))
    )
    row = connection.execute(then).first()
    return None if row is None else _as_left(row)


def flows(connection: Connection, wanted: ThreadFilter, *, start: datetime, end: datetime) -> list[FlowRow]:
    """Delegations opened in [start, end), of the provinces and the home and host regions of the filter."""
    opened = [
        _THREAD.c.thread_type == _DELEGATION,
        _THREAD.c.opened_at >= to_micros(start),
        _THREAD.c.opened_at < to_micros(end),
    ]
    now = select(_THREAD.c.home_unit, _THREAD.c.host_unit, _THREAD.c.opened_at, _THREAD.c.reported_at).where(
        *_seen_now(wanted.regions), *_asked(wanted, _NOW), *opened
    )
    rows = list(connection.execute(now))
    if wanted.regions:
        then = (
            select(_SIGHT.c.left_home, _SIGHT.c.left_host, _THREAD.c.opened_at, _SIGHT.c.left_reported_at)
            .join(_THREAD, _SIGHT.c.thread_id == _THREAD.c.thread_id)
            .where(*_seen_before(wanted.regions), *_asked(wanted, _THEN), *opened)
        )
        rows += connection.execute(then)
    return [
        FlowRow(home[:6], host[:6], from_micros(begun), None if reported < 0 else from_micros(reported))
        for home, host, begun, reported in rows
    ]


def mail_waiting(connection: Connection) -> list[MailWaiting]:
    """By two small indexes of the mailboxes; the oldest item of a unit has its lowest leaf."""
    waiting = connection.execute(
        select(_MAILBOX.c.unit, func.count(), func.min(_MAILBOX.c.item)).where(text(WAITING)).group_by(_MAILBOX.c.unit)
    )
    found = {unit: (count, leaf) for unit, count, leaf in waiting}
    parked = connection.execute(select(_MAILBOX.c.unit, func.count()).where(text(PARKED)).group_by(_MAILBOX.c.unit))
    counts = {unit: count for unit, count in parked}  # noqa: C416 - a row is no pair for the type checker
    ats: dict[int, int] = {}
    for part in slices([leaf for _, leaf in found.values()]):
        asked = select(_ANSWER.c.leaf_index, _ANSWER.c.at).where(_ANSWER.c.leaf_index.in_(part))
        ats.update((leaf, at) for leaf, at in connection.execute(asked))
    rows = []
    for unit in sorted(found.keys() | counts.keys()):
        count, leaf = found.get(unit, (0, -1))
        rows.append(MailWaiting(unit, count, from_micros(ats[leaf]) if count else None, counts.get(unit, 0)))
    return rows
