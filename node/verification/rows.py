"""Everything that the database holds of one thread, read in one snapshot, without writing, beside a running node."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, exc, select
from sqlalchemy.pool import NullPool

from delegation.codec_entry import parse_entry
from delegation.errors import Reason, Refusal
from node import tables
from node.log_proofs import name_of
from node.log_sweep import evidence_entries
from node.records import (
    AckRecord,
    DataKeyRecord,
    DeliveryRecord,
    EntryRecord,
    LookupRecord,
    MaterialRecord,
    MetaRecord,
    NegativeRecord,
    OutboxRecord,
    PartyRecord,
    Record,
    RosterRecord,
    ThreadRecord,
    Value,
)

R = TypeVar("R", bound=Record)
PROVEN = "log.proven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One thread's rows, entries in sequence, and what they are judged by."""

    thread: ThreadRecord | None
    parties: tuple[PartyRecord, ...]
    entries: tuple[EntryRecord, ...]
    outbox: tuple[OutboxRecord, ...]
    acknowledgements: tuple[AckRecord, ...]
    deliveries: tuple[DeliveryRecord, ...]
    negatives: tuple[NegativeRecord, ...]
    materials: tuple[MaterialRecord, ...]
    lookups: tuple[LookupRecord, ...]
    data_key: DataKeyRecord | None
    rosters: Mapping[int, RosterRecord]
    proven: bytes
    proofs: Mapping[int, bytes]


def open_engine(url: str) -> Engine:
    """An engine that only reads: SQLite with mode=ro, PostgreSQL in read-only repeatable-read transactions."""
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            poolclass=NullPool,
            isolation_level="REPEATABLE READ",
            connect_args={"connect_timeout": 10, "options": "-c default_transaction_read_only=on"},
        )
    path = Path(url.removeprefix("sqlite:///"))
    if not path.exists():
        raise Refusal(Reason.STORAGE_UNAVAILABLE)
    # Without a -wal file nobody has it open: then it cannot change either, and needs no shared memory.
    quiet = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
    return create_engine(
        f"sqlite:///file:{path}?mode=ro{quiet}&uri=true", poolclass=NullPool, connect_args={"timeout": 30}
    )


def read_rows(engine: Engine, thread_id: str) -> Rows:
    """The rows of a thread. Refusal NOT_FOUND when there are none, STORAGE_UNAVAILABLE when it does not open."""
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")  # the driver begins none for reading
            found = _read(connection, thread_id)
    except exc.SQLAlchemyError:
        raise Refusal(Reason.STORAGE_UNAVAILABLE) from None
    if found.thread is None and not found.entries:
        raise Refusal(Reason.NOT_FOUND)
    return found


def _read(connection: Connection, thread_id: str) -> Rows:
    threads = _select(connection, ThreadRecord, thread_id=thread_id)
    keys = _select(connection, DataKeyRecord, subject_id=thread_id)
    proven = _select(connection, MetaRecord, name=PROVEN)
    rosters = _select(connection, RosterRecord)
    return Rows(
        thread=threads[0] if threads else None,
        parties=_select(connection, PartyRecord, thread_id=thread_id),
        entries=_select(connection, EntryRecord, thread_id=thread_id),
        outbox=_select(connection, OutboxRecord, thread_id=thread_id),
        acknowledgements=_select(connection, AckRecord, thread_id=thread_id),
        deliveries=_select(connection, DeliveryRecord, thread_id=thread_id),
        negatives=_select(connection, NegativeRecord, thread_id=thread_id),
        materials=_select(connection, MaterialRecord, subject_id=thread_id),
        lookups=_select(connection, LookupRecord, thread_id=thread_id),
        data_key=keys[0] if keys else None,
        rosters={record.version: record for record in rosters},
        proven=proven[0].value if proven else b"",
        proofs=_proofs(connection, thread_id),
    )


def _proofs(connection: Connection, thread_id: str) -> dict[int, bytes]:
    """Kept inclusion proofs of entries, evidence and negative evidence by leaf index; a damaged one has none."""
    found: dict[int, bytes] = {}
    logged = [record.entry for record in _select(connection, EntryRecord, thread_id=thread_id)]
    logged += dict.fromkeys(evidence_entries(_select(connection, DeliveryRecord, thread_id=thread_id)))
    logged += [record.entry for record in _select(connection, NegativeRecord, thread_id=thread_id)]
    for data in logged:
        with suppress(Refusal):
            leaf_index = parse_entry(data).leaf_index
            for row in _select(connection, MetaRecord, name=name_of(leaf_index)):
                found[leaf_index] = row.value
    return found


def _select(connection: Connection, kind: type[R], **where: Value) -> tuple[R, ...]:
    table = tables.METADATA.tables[kind.TABLE]
    columns = [item.name for item in fields(cast("Any", kind))]  # a dataclass, which Record cannot say
    statement = select(*(table.c[name] for name in columns)).order_by(*(table.c[name] for name in kind.KEY))
    for name, value in where.items():
        statement = statement.where(table.c[name] == value)
    rows: Sequence[Sequence[Value]] = connection.execute(statement).fetchall()
    return tuple(kind(**dict(zip(columns, row, strict=True))) for row in rows)
