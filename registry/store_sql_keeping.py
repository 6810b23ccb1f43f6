"""The SQL store's quieter half: roster, tokens, materials, retention, heartbeat."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, func, insert, select, tuple_, update

from registry import sql_monitor, sql_retention, sql_writing
from registry.records import (
    MaterialRow,
    SignedRosterRow,
    TokenRow,
)
from registry.sql_engine import from_micros, slices, to_micros
from registry.store_sql_oversight import SqlOversight
from registry.tables import (
    AcknowledgedBatch,
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
_BEAT = Heartbeat.__table__

T = TypeVar("T")


class SqlKeeping(SqlOversight):
    """See `store.Store`."""

    def newest_statement(self) -> tuple[int, bytes] | None:
        """See `store.Store`."""
        statement = (
            select(_STATEMENT.c.version, _STATEMENT.c.digest)
            .order_by(_STATEMENT.c.version.desc(), _STATEMENT.c.published_at.desc())
            .limit(1)
        )
        with self.reading() as connection:
            row = connection.execute(statement).first()
            return None if row is None else (row[0], row[1])

    def roster(self, version: int) -> SignedRosterRow | None:
        """See `store.Store`."""
        statement = select(_STATEMENT, _ROSTER.c.data.label("roster")).join(
            _ROSTER, _ROSTER.c.version == _STATEMENT.c.version
        )
        if version:
            statement = statement.where(_STATEMENT.c.version == version)
        statement = statement.order_by(_STATEMENT.c.version.desc(), _STATEMENT.c.published_at.desc()).limit(1)
        with self.reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else _roster_of(row)

    def statements_to_log(self) -> list[SignedRosterRow]:
        """See `store.Store`."""
        statement = (
            select(_STATEMENT, _ROSTER.c.data.label("roster"))
            .join(_ROSTER, _ROSTER.c.version == _STATEMENT.c.version)
            .where(_STATEMENT.c.leaf_index < 0)
            .order_by(_STATEMENT.c.version, _STATEMENT.c.published_at)
        )
        with self.reading() as connection:
            return [_roster_of(row) for row in connection.execute(statement)]

    def publish(self, row: SignedRosterRow) -> None:
        """See `store.Store`."""
        with self.writing() as connection:
            sql_writing.upsert(connection, _ROSTER, [{"version": row.version, "data": row.roster}])
            known = connection.execute(select(_STATEMENT.c.digest).where(_STATEMENT.c.digest == row.statement_digest))
            if known.first() is not None:
                return
            values = {
                "digest": row.statement_digest,
                "version": row.version,
                "statement": row.statement,
                "signature": row.signature,
                "leaf_index": row.leaf_index,
                "published_at": to_micros(row.published_at),
            }
            connection.execute(insert(_STATEMENT), values)

    def add_token(self, row: TokenRow) -> None:
        """See `store.Store`."""
        values = {
            "token_hash": row.token_hash,
            "bureau": row.bureau,
            "expires_at": to_micros(row.expires_at),
            "used_for": row.used_for,
            "answer": row.answer,
        }
        with self.writing() as connection:
            connection.execute(insert(_TOKEN), values)

    def token(self, token_hash: bytes) -> TokenRow | None:
        """See `store.Store`."""
        with self.reading() as connection:
            row = connection.execute(select(_TOKEN).where(_TOKEN.c.token_hash == token_hash)).first()
        if row is None:
            return None
        return TokenRow(
            token_hash=row.token_hash,
            bureau=row.bureau,
            expires_at=from_micros(row.expires_at),
            used_for=row.used_for,
            answer=row.answer,
        )

    def use_token(self, token_hash: bytes, *, used_for: bytes, answer: bytes) -> bool:
        """See `store.Store`."""
        statement = (
            update(_TOKEN)
            .where(_TOKEN.c.token_hash == token_hash, _TOKEN.c.used_for == b"")
            .values(used_for=used_for, answer=answer)
        )
        with self.writing() as connection:
            return connection.execute(statement).rowcount == 1

    def material(self, unit: str, thread_id: str, material_id: str) -> MaterialRow | None:
        """See `store.Store`."""
        name = (unit, thread_id, material_id)
        return self.materials([name]).get(name)

    def materials(self, wanted: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], MaterialRow]:
        """See `store.Store`."""
        found: dict[tuple[str, str, str], MaterialRow] = {}
        columns = tuple_(_MATERIAL.c.unit, _MATERIAL.c.thread_id, _MATERIAL.c.material_id)
        with self.reading() as connection:
            for part in slices(wanted):
                for row in connection.execute(select(_MATERIAL).where(columns.in_(part))):
                    found[row.unit, row.thread_id, row.material_id] = MaterialRow(
                        unit=row.unit,
                        thread_id=row.thread_id,
                        material_id=row.material_id,
                        root=row.root,
                        sealed_size=row.sealed_size,
                        chunk_count=row.chunk_count,
                        leaf_hashes=row.leaf_hashes,
                        complete=row.complete,
                        created_at=from_micros(row.created_at),
                    )
        return found

    def put_material(self, row: MaterialRow) -> None:
        """See `store.Store`."""
        values = {
            "unit": row.unit,
            "thread_id": row.thread_id,
            "material_id": row.material_id,
            "root": row.root,
            "sealed_size": row.sealed_size,
            "chunk_count": row.chunk_count,
            "leaf_hashes": row.leaf_hashes,
            "complete": row.complete,
            "created_at": to_micros(row.created_at),
        }
        with self.writing() as connection:
            sql_writing.upsert(connection, _MATERIAL, [values])

    def uploaded_bytes(self, units: Collection[str], *, since: datetime) -> int:
        """See `store.Store`."""
        statement = select(func.coalesce(func.sum(_MATERIAL.c.sealed_size), 0)).where(
            _MATERIAL.c.unit.in_(units), _MATERIAL.c.created_at >= to_micros(since)
        )
        with self.reading() as connection:
            return int(connection.execute(statement).scalar_one())

    def listings(self, thread_id: str, material_id: str) -> list[tuple[str, bytes]]:
        """See `store.Store`."""
        statement = (
            select(_LISTING.c.unit, _ANSWER.c.header)
            .join(_ANSWER, _ANSWER.c.leaf_index == _LISTING.c.leaf_index)
            .where(_LISTING.c.thread_id == thread_id, _LISTING.c.material_id == material_id)
            .order_by(_LISTING.c.leaf_index)
        )
        with self.reading() as connection:
            return [(unit, header) for unit, header in connection.execute(statement)]

    def stale_bodies(self, *, applied_before: datetime, undelivered_before: datetime, limit: int) -> list[int]:
        """See `store.Store`."""
        with self.reading() as connection:
            return sql_retention.stale_bodies(
                connection, applied_before=applied_before, undelivered_before=undelivered_before, limit=limit
            )

    def delete_bodies(self, leaves: Sequence[int]) -> None:
        """See `store.Store`."""
        with self.writing() as connection:
            for part in slices(leaves):
                connection.execute(delete(_BODY).where(_BODY.c.leaf_index.in_(part)))

    def stale_materials(
        self, *, held_before: datetime, undelivered_before: datetime, orphans_before: datetime, limit: int
    ) -> list[tuple[str, str, str]]:
        """See `store.Store`."""
        with self.reading() as connection:
            return sql_retention.stale_materials(
                connection,
                held_before=held_before,
                undelivered_before=undelivered_before,
                orphans_before=orphans_before,
                limit=limit,
            )

    def delete_material(self, unit: str, thread_id: str, material_id: str) -> None:
        """See `store.Store`."""
        with self.writing() as connection:
            connection.execute(
                delete(_MATERIAL).where(
                    _MATERIAL.c.unit == unit,
                    _MATERIAL.c.thread_id == thread_id,
                    _MATERIAL.c.material_id == material_id,
                )
            )

    def heartbeat(self) -> datetime | None:
        """See `store.Store`."""
        with self.reading() as connection:
            at = connection.execute(select(_BEAT.c.at).where(_BEAT.c.id == 1)).scalar()
            return None if at is None else from_micros(at)

    def beat(self, at: datetime) -> None:
        """See `store.Store`."""
        with self.writing() as connection:
            sql_writing.upsert(connection, _BEAT, [{"id": 1, "at": to_micros(at)}])

    def close(self) -> None:
        """See `store.Store`."""
        self._drivers.close()
        self._engine.dispose()


def _roster_of(row: sql_monitor.AnyRow) -> SignedRosterRow:
    return SignedRosterRow(
        version=row.version,
        roster=row.roster,
        statement=row.statement,
        signature=row.signature,
        statement_digest=row.digest,
        leaf_index=row.leaf_index,
        published_at=from_micros(row.published_at),
    )
