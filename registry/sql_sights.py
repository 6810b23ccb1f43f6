"""The log as provinces see it, of the SQL store: stretches by leaf, and the past of threads that came late."""

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, exists, func, select, text

from registry.records import LateSight, WatchedRow
from registry.tables import ACCEPTED, LATE, EnvelopeAnswer, LogEntry, Negative, Sight

_ANSWER, _ENTRY, _NEGATIVE, _SIGHT = (each.__table__ for each in (EnvelopeAnswer, LogEntry, Negative, Sight))
_EARLIER = _SIGHT.alias("earlier")


def watched(connection: Connection, regions: tuple[str, ...], *, start: int, end: int, limit: int) -> list[WatchedRow]:
    """What lies in [start, end) and is seen, in order."""

    def seen(thread_id: ColumnElement[str], leaf: ColumnElement[int]) -> list[ColumnElement[bool]]:
        within = [leaf >= start, leaf < end]
        if not regions:
            return within
        # a look-up of the sight for each leaf: the stretch is short, a province's threads are many
        sight = exists().where(
            _SIGHT.c.province.in_(regions),
            _SIGHT.c.thread_id == thread_id,
            _SIGHT.c.since_leaf <= leaf,
            _SIGHT.c.until_leaf >= leaf,
        )
        return [*within, sight]

    return _read(
        connection,
        seen(_ANSWER.c.thread_id, _ANSWER.c.leaf_index),
        seen(_NEGATIVE.c.thread_id, _NEGATIVE.c.leaf_index),
        limit,
    )


def past_of(connection: Connection, thread_id: str, *, after: int, before: int, limit: int) -> list[WatchedRow]:
    """What a thread holds between two leaves, both left out."""
    of_answers = [
        _ANSWER.c.thread_id == thread_id,
        _ANSWER.c.leaf_index > after,
        _ANSWER.c.leaf_index < before,
    ]
    of_negatives = [
        _NEGATIVE.c.thread_id == thread_id,
        _NEGATIVE.c.leaf_index > after,
        _NEGATIVE.c.leaf_index < before,
    ]
    return _read(connection, of_answers, of_negatives, limit)


def _read(
    connection: Connection,
    of_answers: Sequence[ColumnElement[bool]],
    of_negatives: Sequence[ColumnElement[bool]],
    limit: int,
) -> list[WatchedRow]:
    answers = (
        select(_ANSWER.c.leaf_index, _ANSWER.c.thread_id, _ANSWER.c.header, _ANSWER.c.signatures, _ENTRY.c.data)
        .join(_ENTRY, _ENTRY.c.leaf_index == _ANSWER.c.leaf_index)
        .where(text(ACCEPTED), *of_answers)
        .order_by(_ANSWER.c.leaf_index)
        .limit(limit)
    )
    negatives = (
        select(_NEGATIVE.c.leaf_index, _NEGATIVE.c.thread_id, _ENTRY.c.data)
        .join(_ENTRY, _ENTRY.c.leaf_index == _NEGATIVE.c.leaf_index)
        .where(*of_negatives)
        .order_by(_NEGATIVE.c.leaf_index)
        .limit(limit)
    )
    found = [WatchedRow(*row) for row in connection.execute(answers)]
    certified = [WatchedRow(row[0], row[1], b"", b"", row[2]) for row in connection.execute(negatives)]
    if certified:
        found = sorted(found + certified)
    return list(islice(found, limit))


def late_sights(connection: Connection, regions: tuple[str, ...], *, start: int, end: int) -> list[LateSight]:
    """Threads that come into sight by a leaf in [start, end) and were not seen right before it, by that leaf."""
    seen_until = (
        select(func.max(_EARLIER.c.until_leaf))
        .where(
            _EARLIER.c.thread_id == _SIGHT.c.thread_id,
            _EARLIER.c.province.in_(regions),
            _EARLIER.c.since_leaf < _SIGHT.c.since_leaf,
        )
        .scalar_subquery()
    )
    statement = (
        select(_SIGHT.c.since_leaf, _SIGHT.c.thread_id, seen_until)
        .where(text(LATE), _SIGHT.c.province.in_(regions), _SIGHT.c.since_leaf >= start, _SIGHT.c.since_leaf < end)
        .distinct()
        .order_by(_SIGHT.c.since_leaf)
    )
    return [
        LateSight(since, thread_id, -1 if until is None else until)
        for since, thread_id, until in connection.execute(statement)
        if until is None or until < since
    ]
