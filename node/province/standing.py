"""How far a provincial office's copy of the log's entries goes: kept in one named value beside the copy itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from delegation.deadlines import day_of
from node import parts
from node.province.ports import AsOf
from node.records import MetaRecord, from_us, to_us
from node.records_province import WatchedRecord
from node.store import Op, Store, Where
from node.writer import Tx

_NAME: Final = "province.copy"
# What of the copy was verified, beside a thread's name: `reason` is empty, and nothing sorts before that. Said as an
# equality, SQLite goes through all that was ever verified by the index of what was not, in place of one thread's rows.
VERIFIED: Final = Where("reason", "", Op.LE)
SILENT: Final = timedelta(minutes=15)  # after so long without a word of the registry figures are not called current


@dataclass(frozen=True, slots=True)
class Standing:
    """`next_leaf`: where the copy goes on; `checkpoint`: the signed head whose tree holds all of it, of `size`."""

    next_leaf: int
    checkpoint: bytes
    size: int
    heard_at: datetime
    complete: bool  # everything that the head's tree holds for this office was taken over


def read_standing(store: Store) -> Standing | None:
    """What was committed last; None before the first word of the registry."""
    record = store.get(MetaRecord, (_NAME,))
    if record is None:
        return None
    next_leaf, checkpoint, size, heard, complete = parts.split(record.value, 5)
    return Standing(
        int.from_bytes(next_leaf, "big"),
        checkpoint,
        int.from_bytes(size, "big"),
        from_us(int.from_bytes(heard, "big")),
        complete == b"\x01",
    )


def write_standing(tx: Tx, standing: Standing) -> None:
    """Beside what it tells of, in one transaction."""
    value = parts.join(
        standing.next_leaf.to_bytes(8, "big"),
        standing.checkpoint,
        standing.size.to_bytes(8, "big"),
        to_us(standing.heard_at).to_bytes(8, "big"),
        b"\x01" if standing.complete else b"\x00",
    )
    tx.put(MetaRecord(_NAME, value))


def as_of(store: Store, now: datetime) -> AsOf:
    """What figures counted now are of. Lateness is judged on the day of the last word of the registry."""
    standing = read_standing(store)
    if standing is None:
        return AsOf(0, b"", now, day_of(now), current=False)
    doubtful = store.select(WatchedRecord, (Where("reason", "", Op.GT),), order=("reason", "leaf"), limit=1)
    current = standing.complete and not doubtful and now - standing.heard_at <= SILENT
    return AsOf(standing.size, standing.checkpoint, standing.heard_at, day_of(standing.heard_at), current)
