"""Which leaves of the node's threads have no kept proof yet: asked of the store while nothing else is on its way.

What is accepted is looked for in the log from memory (`State.audit`). What a restart forgot there, and what was too
much for it, is found again here: thread by thread in the order of their last change, from a mark that lies well before
the last one. Entries, evidence of deliveries and negative evidence alike, each proof once however many rows need it.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from google.protobuf.message import DecodeError

from delegation.codec_entry import parse_entry
from delegation.errors import Refusal
from node.log_proofs import name_of
from node.records import DeliveryRecord, EntryRecord, MetaRecord, NegativeRecord, ThreadRecord, to_us
from node.state import State
from node.store import Op, Where
from node.writer import Tx
from xieban.federation.v1 import exchange_pb2 as exchange

_MARK = "log.swept"
_AT_ONCE = 8  # threads a round: some milliseconds of the writer's time
# Evidence may come after the last change of its thread, so that looking from the mark on alone would miss it.
_BEFORE_THE_MARK = timedelta(days=60)

Unproven = tuple[int, bytes, str]
"""Leaf index, digest of the entry, thread."""


@dataclass(slots=True)
class Sweep:
    """How far one sweep has got. `since` is None before its first round, `done` once it met nothing new."""

    since: int | None = None
    seen: set[str] = field(default_factory=set)  # threads that last changed at `since`
    done: bool = False


def sweep_round(tx: Tx, state: State, at: datetime, *, sweep: Sweep) -> list[Unproven]:
    """What a few threads more have without a proof; the mark goes on with them."""
    del state
    if sweep.since is None:
        record = tx.get(MetaRecord, (_MARK,))
        mark = int.from_bytes(record.value, "big") if record is not None else 0
        sweep.since = max(0, mark - _BEFORE_THE_MARK // timedelta(microseconds=1))
    where = (Where("changed_at", sweep.since, Op.GE),)
    # Of the many threads of one batch all may have changed at one instant: those that were seen are passed over.
    limit = _AT_ONCE + len(sweep.seen)
    found = tx.select(ThreadRecord, where, order=("changed_at", "thread_id"), limit=limit)
    threads = [thread for thread in found if thread.thread_id not in sweep.seen]
    if not threads:
        sweep.done = True
        tx.put(MetaRecord(_MARK, to_us(at).to_bytes(8, "big")))
        return []
    last = threads[-1].changed_at
    if last > sweep.since:
        sweep.since, sweep.seen = last, set()
    sweep.seen |= {thread.thread_id for thread in threads if thread.changed_at == last}
    tx.put(MetaRecord(_MARK, last.to_bytes(8, "big")))
    return [item for thread in threads for item in _unproven(tx, thread.thread_id)]


def _unproven(tx: Tx, thread_id: str) -> Iterator[Unproven]:
    told: set[int] = set()
    for data in _entries(tx, thread_id):
        with suppress(Refusal):  # a damaged one proves nothing; verification tells of it
            entry = parse_entry(data)
            if entry.leaf_index not in told and tx.get(MetaRecord, (name_of(entry.leaf_index),)) is None:
                told.add(entry.leaf_index)
                yield entry.leaf_index, entry.digest, thread_id


def _entries(tx: Tx, thread_id: str) -> Iterator[bytes]:
    where = (Where("thread_id", thread_id),)
    for entry in tx.select(EntryRecord, where, limit=100_000):
        yield entry.entry
    yield from dict.fromkeys(evidence_entries(tx.select(DeliveryRecord, where, limit=100_000)))
    for negative in tx.select(NegativeRecord, where, limit=100_000):
        yield negative.entry


def evidence_entries(deliveries: Iterable[DeliveryRecord]) -> Iterator[bytes]:
    """The registry's entries on the batches of deliveries, as they came; a damaged one is left out."""
    for delivery in deliveries:
        with suppress(DecodeError):
            yield exchange.DeliveryEvidence.FromString(delivery.evidence).entry
