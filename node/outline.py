"""What an operator may see of a node's threads beside the running node: headers and entries, never case text."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, exc, select

from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.errors import Reason, Refusal
from delegation.model import DueDate
from node import tables
from node.records import from_us as instant
from node.verification.rows import Rows

_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadOutline:
    """One thread in a list."""

    thread_id: str
    state: str
    turn: str
    home_unit: str
    host_unit: str
    next_due: str
    queued: int
    parked: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOutline:
    """One accepted envelope: who, what, when, and how far its addressees got with it."""

    sequence: int
    kind: str
    sender_unit: str
    accepted_at: datetime
    envelope_id: str
    entry_digest: str
    state: str
    due_dates: tuple[DueDate, ...]
    deliveries: tuple[str, ...]


def list_threads(engine: Engine) -> tuple[ThreadOutline, ...]:
    """Every thread of the node, latest change first, at most 10,000. Refusal STORAGE_UNAVAILABLE."""
    table = tables.METADATA.tables["threads"]
    names = ("thread_id", "state", "turn", "home_unit", "host_unit", "next_due", "queued", "parked", "changed_at")
    statement = select(*(table.c[name] for name in names)).order_by(table.c.change_number.desc()).limit(_MOST)
    try:
        with engine.connect() as connection:
            rows = connection.execute(statement).fetchall()
    except exc.SQLAlchemyError:
        raise Refusal(Reason.STORAGE_UNAVAILABLE) from None
    return tuple(
        ThreadOutline(
            thread_id=row.thread_id,
            state=row.state,
            turn=row.turn,
            home_unit=row.home_unit,
            host_unit=row.host_unit,
            next_due=row.next_due,
            queued=row.queued,
            parked=row.parked,
            changed_at=instant(row.changed_at),
        )
        for row in rows
    )


def outline(rows: Rows) -> tuple[EntryOutline, ...]:
    """The thread's entries in sequence. Refusal as the codec for a row that was damaged."""
    return tuple(
        EntryOutline(
            sequence=record.sequence,
            kind=parse_header(record.header).kind.name,
            sender_unit=record.sender_unit,
            accepted_at=parse_entry(record.entry).accepted_at,
            envelope_id=record.envelope_id,
            entry_digest=record.entry_digest.hex(),
            state=record.state,
            due_dates=parse_entry(record.entry).due_dates,
            deliveries=tuple(
                f"{each.unit} {each.status}{' ' + each.reason if each.reason else ''} {instant(each.at):%m-%d %H:%M:%S}"
                for each in rows.deliveries
                if each.header_digest == record.header_digest
            ),
        )
        for record in rows.entries
    )
