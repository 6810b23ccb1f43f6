"""The store on SQLite or PostgreSQL, by Core statements."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, func, select, text, update

from delegation.codes import Kind
from delegation.effects import Later
from delegation.merkle import HASH_SIZE, Frontier
from registry import sql_monitor, sql_nodes, sql_writing
from registry.records import (
    Answer,
    Changes,
    Delivered,
    DrawCheckpointRow,
    Head,
    ItemKind,
    MailboxItem,
    PageItem,
    ThreadRow,
)
from registry.sql_engine import DriverConnection, Spoken, among, from_micros, slices, spoken, to_micros, wanted_of
from registry.store import HeadMoved
from registry.store_sql_keeping import SqlKeeping
from registry.tables import (
    ACCEPTED,
    HAS_DEADLINE,
    REFUSED,
    WAITING,
    AcknowledgedBatch,
    DrawCheckpoint,
    EnvelopeAnswer,
    Evidence,
    Heartbeat,
    Listing,
    LogEntry,
    LogHead,
    LogNode,
    Mailbox,
    Material,
    Negative,
    Roster,
    RosterStatement,
    SealedBody,
    Thread,
    Token,
)

_HEAD, _ENTRY, _NODE = LogHead.__table__, LogEntry.__table__, LogNode.__table__
_ANSWER, _BODY, _THREAD = EnvelopeAnswer.__table__, SealedBody.__table__, Thread.__table__
_MAILBOX, _EVIDENCE, _BATCH = Mailbox.__table__, Evidence.__table__, AcknowledgedBatch.__table__
_LISTING, _NEGATIVE, _TOKEN = Listing.__table__, Negative.__table__, Token.__table__
_ROSTER, _STATEMENT, _MATERIAL = Roster.__table__, RosterStatement.__table__, Material.__table__
_BEAT, _DRAW = Heartbeat.__table__, DrawCheckpoint.__table__


@cache
def _answers(dialect: str) -> Spoken:
    columns = (_ANSWER.c.key, _ANSWER.c.header_digest, _ANSWER.c.accepted, _ANSWER.c.leaf_index, _ENTRY.c.data)
    joined = _ANSWER.join(_ENTRY, _ENTRY.c.leaf_index == _ANSWER.c.leaf_index)
    return spoken(select(*columns).select_from(joined).where(among(_ANSWER.c.key, dialect)), dialect)


@cache
def _threads(dialect: str) -> Select[Any]:
    return select(_THREAD).where(among(_THREAD.c.thread_id, dialect))


@cache
def _entered_since(dialect: str) -> Spoken:
    columns = (
        _ANSWER.c.sequence,
        _ANSWER.c.kind,
        _ANSWER.c.sender_unit,
        _ENTRY.c.digest,
        _ANSWER.c.header_digest,
        _ANSWER.c.at,
    )
    statement = (
        select(*columns)
        .select_from(_ANSWER.join(_ENTRY, _ENTRY.c.leaf_index == _ANSWER.c.leaf_index))
        .where(
            _ANSWER.c.thread_id == bindparam("thread"),
            text(ACCEPTED),
            _ANSWER.c.sequence > bindparam("sequence"),
            _ANSWER.c.leaf_index <= bindparam("last"),
        )
        .order_by(_ANSWER.c.sequence)
    )
    return spoken(statement, dialect)


@cache
def _acknowledged_batch(dialect: str) -> Spoken:
    joined = _ENTRY.join(_BATCH, _BATCH.c.leaf_index == _ENTRY.c.leaf_index)
    return spoken(select(_ENTRY.c.data).select_from(joined).where(_BATCH.c.key == bindparam("key")), dialect)


@cache
def _delivered(dialect: str) -> Spoken:
    listed = (
        select(func.count())
        .where(_LISTING.c.thread_id == _ANSWER.c.thread_id, _LISTING.c.leaf_index == _ANSWER.c.leaf_index)
        .scalar_subquery()
    )
    statement = (
        select(
            _MAILBOX.c.unit,
            _MAILBOX.c.cursor,
            _ANSWER.c.leaf_index,
            _ANSWER.c.header_digest,
            _ANSWER.c.sender_unit,
            _ANSWER.c.thread_id,
            _MAILBOX.c.status,
            listed,
        )
        .join(_ANSWER, _ANSWER.c.leaf_index == _MAILBOX.c.item)
        .where(
            _MAILBOX.c.unit == bindparam("unit"),
            among(_MAILBOX.c.cursor, dialect),
            _MAILBOX.c.kind == int(ItemKind.ENVELOPE),
        )
    )
    return spoken(statement, dialect)


@cache
def _mailbox(dialect: str) -> Spoken:
    is_evidence = _MAILBOX.c.kind == int(ItemKind.EVIDENCE)
    is_envelope = _MAILBOX.c.kind == int(ItemKind.ENVELOPE)
    statement = (
        select(
            _MAILBOX.c.cursor,
            _MAILBOX.c.kind,
            _ENTRY.c.data,
            _ANSWER.c.header,
            _ANSWER.c.signatures,
            _BODY.c.data,
            _EVIDENCE.c.data,
        )
        .select_from(_MAILBOX)
        .outerjoin(_EVIDENCE, and_(is_evidence, _EVIDENCE.c.evidence_id == _MAILBOX.c.item))
        .join(_ENTRY, _ENTRY.c.leaf_index == case((is_evidence, _EVIDENCE.c.batch_leaf), else_=_MAILBOX.c.item))
        .outerjoin(_ANSWER, and_(is_envelope, _ANSWER.c.leaf_index == _MAILBOX.c.item))
        .outerjoin(_BODY, and_(is_envelope, _BODY.c.leaf_index == _MAILBOX.c.item))
        .where(_MAILBOX.c.unit == bindparam("unit"), _MAILBOX.c.cursor > bindparam("after"))
        .order_by(_MAILBOX.c.cursor)
        .limit(bindparam("most"))
    )
    return spoken(statement, dialect)


class SqlStore(SqlKeeping):
    """See `store.Store`. The schema is made and checked by `registry.schema`."""

    def claim(self, epoch: int | None) -> Head:
        """See `store.Store`."""
        with self.writing() as connection:
            head = _read_head(connection)
            if epoch is not None and epoch <= head.epoch:
                raise HeadMoved
            claimed = head.epoch + 1 if epoch is None else epoch
            moved = connection.execute(update(_HEAD).where(_HEAD.c.epoch == head.epoch).values(epoch=claimed))
            if moved.rowcount != 1:
                raise HeadMoved
            return Head(claimed, head.frontier, head.accepted_at)

    def head(self) -> Head:
        """See `store.Store`."""
        with self.reading() as connection:
            return _read_head(connection)

    def commit(self, changes: Changes) -> None:
        """See `store.Store`."""

        def write(connection: DriverConnection) -> None:
            sql_writing.write(connection, self._dialect, changes)
            connection.commit()

        self._drivers.run(write)

    def node_hashes(self, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """See `store.Store`."""
        with self.reading() as connection:
            return sql_nodes.read_hashes(connection, wanted)

    def answers(self, keys: Collection[str]) -> dict[str, Answer]:
        """See `store.Store`."""
        asked, wanted = _answers(self._dialect), wanted_of(keys, self._dialect)
        rows = self._drivers.run(lambda connection: asked.ask(connection, **wanted))
        return {row[0]: Answer(row[1], bool(row[2]), row[3], row[4]) for row in rows}

    def headers(self, keys: Collection[str]) -> dict[str, bytes]:
        """See `store.Store`."""
        found: dict[str, bytes] = {}
        with self.reading() as connection:
            for part in slices(keys):
                rows = connection.execute(
                    select(_ANSWER.c.key, _ANSWER.c.header).where(_ANSWER.c.key.in_(part), text(ACCEPTED))
                )
                found.update((key, header) for key, header in rows)
        return found

    def threads(self, thread_ids: Collection[str]) -> dict[str, ThreadRow]:
        """See `store.Store`."""
        with self.reading() as connection:
            dialect = connection.dialect.name
            rows = connection.execute(_threads(dialect), wanted_of(thread_ids, dialect))
            return {row.thread_id: sql_monitor.thread_of(row) for row in rows}

    def entered_since(self, thread_id: str, sequence: int, last_leaf: int) -> list[Later]:
        """See `store.Store`."""
        asked = _entered_since(self._dialect)
        rows = self._drivers.run(
            lambda connection: asked.ask(connection, thread=thread_id, sequence=sequence, last=last_leaf)
        )
        return [
            Later(sequence, Kind(kind), sender, digest, header_digest, from_micros(at))
            for sequence, kind, sender, digest, header_digest, at in rows
        ]

    def mailbox_heads(self, units: Collection[str]) -> dict[str, int]:
        """See `store.Store`."""
        found = dict.fromkeys(units, 0)
        with self.reading() as connection:
            for unit in units:  # one look at the end of an index each
                found[unit] = (
                    connection.execute(select(func.max(_MAILBOX.c.cursor)).where(_MAILBOX.c.unit == unit)).scalar() or 0
                )
        return found

    def delivered(self, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Delivered]:
        """See `store.Store`."""
        by_unit: dict[str, list[int]] = {}
        for unit, cursor in wanted:
            by_unit.setdefault(unit, []).append(cursor)
        found: dict[tuple[str, int], Delivered] = {}
        asked = _delivered(self._dialect)

        def read(connection: DriverConnection) -> None:
            for unit, cursors in by_unit.items():
                rows = asked.ask(connection, unit=unit, **wanted_of(cursors, self._dialect))
                found.update(((row[0], row[1]), Delivered(*row)) for row in rows)

        self._drivers.run(read)
        return found

    def batch(self, key: bytes) -> bytes | None:
        """See `store.Store`."""
        asked = _acknowledged_batch(self._dialect)
        rows = self._drivers.run(lambda connection: asked.ask(connection, key=key))
        return rows[0][0] if rows else None

    def draw_checkpoint(self, leaf_index: int) -> DrawCheckpointRow | None:
        """See `store.Store`."""
        with self.reading() as connection:
            row = connection.execute(select(_DRAW).where(_DRAW.c.leaf_index == leaf_index)).first()
        return None if row is None else DrawCheckpointRow(*row)

    def draw_checkpoints(self, thread_id: str, leg: int, draw: int) -> list[DrawCheckpointRow]:
        """See `store.Store`."""
        of_draw = and_(_DRAW.c.thread_id == thread_id, _DRAW.c.leg == leg, _DRAW.c.draw == draw)
        with self.reading() as connection:
            rows = connection.execute(select(_DRAW).where(of_draw).order_by(_DRAW.c.leaf_index))
            return [DrawCheckpointRow(*row) for row in rows]

    def due_threads(self, before: str, limit: int) -> list[str]:
        """See `store.Store`."""
        with self.reading() as connection:
            statement = (
                select(_THREAD.c.thread_id)
                .where(text(HAS_DEADLINE), _THREAD.c.next_deadline < before)
                .order_by(_THREAD.c.next_deadline, _THREAD.c.thread_id)
                .limit(limit)
            )
            return list(connection.execute(statement).scalars())

    def open_threads(self, after: str, limit: int) -> list[str]:
        """See `store.Store`."""
        with self.reading() as connection:
            statement = (
                select(_THREAD.c.thread_id)
                .where(~_THREAD.c.closed, _THREAD.c.thread_id > after)
                .order_by(_THREAD.c.thread_id)
                .limit(limit)
            )
            return list(connection.execute(statement).scalars())

    def count_open_threads(self, units: Collection[str]) -> int:
        """See `store.Store`."""
        statement = select(func.count()).select_from(_THREAD).where(_THREAD.c.home_unit.in_(units), ~_THREAD.c.closed)
        with self.reading() as connection:
            return connection.execute(statement).scalar_one()

    def count_refusals(self, units: Collection[str], since: datetime) -> int:
        """See `store.Store`."""
        statement = (
            select(func.count())
            .select_from(_ANSWER)
            .where(text(REFUSED), _ANSWER.c.sender_unit.in_(units), _ANSWER.c.at >= to_micros(since))
        )
        with self.reading() as connection:
            return connection.execute(statement).scalar_one()

    def count_waiting(self, unit: str) -> int:
        """See `store.Store`."""
        statement = select(func.count()).select_from(_MAILBOX).where(_MAILBOX.c.unit == unit, text(WAITING))
        with self.reading() as connection:
            return connection.execute(statement).scalar_one()

    def mailbox(self, unit: str, after: int, limit: int) -> list[MailboxItem]:
        """See `store.Store`."""
        asked = _mailbox(self._dialect)
        rows = self._drivers.run(lambda connection: asked.ask(connection, unit=unit, after=after, most=limit))
        return [
            MailboxItem(
                unit, cursor, ItemKind(kind), entry, header or b"", signatures or b"", body or b"", evidence or b""
            )
            for cursor, kind, entry, header, signatures, body, evidence in rows
        ]

    def thread_page(self, thread_id: str, from_sequence: int, limit: int, with_bodies: bool) -> list[PageItem]:
        """See `store.Store`."""
        columns = (_ANSWER.c.sequence, _ANSWER.c.leaf_index, _ANSWER.c.header, _ANSWER.c.signatures, _ENTRY.c.data)
        statement = select(*columns, _BODY.c.data.label("body")) if with_bodies else select(*columns)
        source = _ANSWER.join(_ENTRY, _ENTRY.c.leaf_index == _ANSWER.c.leaf_index)
        if with_bodies:
            source = source.outerjoin(_BODY, _BODY.c.leaf_index == _ANSWER.c.leaf_index)
        statement = (
            statement.select_from(source)
            .where(_ANSWER.c.thread_id == thread_id, text(ACCEPTED), _ANSWER.c.sequence >= from_sequence)
            .order_by(_ANSWER.c.sequence)
            .limit(limit)
        )
        with self.reading() as connection:
            return [
                PageItem(row[0], row[1], row[2], row[3], (row[5] or b"") if with_bodies else b"", row[4])
                for row in connection.execute(statement)
            ]

    def evidence(self, leaves: Collection[int]) -> list[tuple[int, bytes, bytes]]:
        """See `store.Store`."""
        found: list[tuple[int, bytes, bytes]] = []
        statement = (
            select(_EVIDENCE.c.envelope_leaf, _EVIDENCE.c.data, _ENTRY.c.data)
            .join(_ENTRY, _ENTRY.c.leaf_index == _EVIDENCE.c.batch_leaf)
            .order_by(_EVIDENCE.c.evidence_id)
        )
        with self.reading() as connection:
            for part in slices(leaves):
                rows = connection.execute(statement.where(_EVIDENCE.c.envelope_leaf.in_(part)))
                found += [(leaf, data, entry) for leaf, data, entry in rows]
        return found

    def negatives(self, thread_id: str) -> list[bytes]:
        """See `store.Store`."""
        statement = (
            select(_ENTRY.c.data)
            .join(_NEGATIVE, _NEGATIVE.c.leaf_index == _ENTRY.c.leaf_index)
            .where(_NEGATIVE.c.thread_id == thread_id)
            .order_by(_NEGATIVE.c.leaf_index)
        )
        with self.reading() as connection:
            return list(connection.execute(statement).scalars())


def _read_head(connection: Connection) -> Head:
    row = connection.execute(select(_HEAD.c.epoch, _HEAD.c.size, _HEAD.c.frontier, _HEAD.c.accepted_at)).one()
    hashes = [row.frontier[at : at + HASH_SIZE] for at in range(0, len(row.frontier), HASH_SIZE)]
    return Head(row.epoch, Frontier.deserialise(size=row.size, hashes=hashes), from_micros(row.accepted_at))
