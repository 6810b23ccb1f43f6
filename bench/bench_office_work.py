"""What it takes to tell an office what waits for it, with 60,000 threads in its node's store.

`python -m bench.bench_office_work` prints one JSON line: milliseconds (median and 95th percentile) of what waits and of
the list of agreements, on SQLite, over three entries a thread, 20,000 acts of earlier and 2,000 supervisions.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from delegation.codes import Kind, ThreadType
from delegation.table import State as Stage
from node import tasks
from node.province.acts_waiting import office_work
from node.records import EntryRecord, MoveRecord, PartyRecord, Record, TaskRecord, ThreadRecord, to_us
from node.store import Store, ThreadQuery, Where
from node.store_sql import SqlStore, make_engine
from node.writer import Batch, Tx
from tests.builders import CHENGDU_RD, HANGZHOU_RD, SICHUAN_PO, ZHEJIANG_PO

NOW: Final = datetime(2026, 11, 20, 3, tzinfo=UTC)
THREADS: Final = 60_000
ACTS: Final = 20_000
_CALLS: Final = 40
_AT_A_TIME: Final = 5_000
_BLOB: Final = bytes(1_500)


def _rows(number: int) -> Iterator[Record]:
    draw = Random(number)  # noqa: S311 - the same threads in every run, no secret
    thread_id = f"WT-330100-20260101-{number:06d}-X"
    asked, agreed = number % 1_000 == 0, number % 2_000 == 1
    state = Stage.AWAITING_DESIGNATION if asked else Stage.IN_FORCE if agreed else Stage.IN_PROGRESS
    at = to_us(NOW - timedelta(minutes=number * 8))
    yield ThreadRecord(
        thread_id=thread_id, thread_type=int(ThreadType.AGREEMENT if agreed else ThreadType.DELEGATION),
        state_bytes=_BLOB, version=3, home_unit=ZHEJIANG_PO if agreed else HANGZHOU_RD,
        host_unit=SICHUAN_PO if agreed else CHENGDU_RD, state=state.value, turn="", matter=1, priority=1, place="",
        is_open=True, next_due="", leg=1, round=1, case_id="", secret=_BLOB[:200], letter_sequence=1, queued=0,
        parked=0, created_at=at, changed_at=at, change_number=number,
    )  # fmt: skip
    yield PartyRecord(ZHEJIANG_PO, thread_id, "superior")
    supervised = number < ACTS and number % 10 == 0
    for sequence, kind in enumerate((Kind.REMIND, Kind.SUPERVISE, Kind.SUPERVISE_ANSWER), start=1):
        shown = Kind.REMIND if kind is Kind.SUPERVISE_ANSWER and not supervised else kind
        yield EntryRecord(
            thread_id=thread_id, sequence=sequence, sender_unit=HANGZHOU_RD, envelope_id=str(sequence),
            header_digest=b"", entry_digest=b"", kind=int(shown), moving=False, header=_BLOB[:600],
            signatures=_BLOB[:150], entry=_BLOB[:400], secret=_BLOB[:400], state="applied", reason="", accepted_at=at,
        )  # fmt: skip
    if asked:
        yield TaskRecord(
            unit=ZHEJIANG_PO, thread_id=thread_id, code=tasks.TO_HANDLE, subject="", due="2026-11-25",
            other_unit=HANGZHOU_RD, rank_day=f"2026-11-{draw.randint(1, 28):02d}",
        )  # fmt: skip
    if number < ACTS:
        yield MoveRecord(
            move_id=f"m{number}", thread_id=thread_id, unit=ZHEJIANG_PO, version=1, secret=_BLOB[:600],
            kind=int(Kind.SUPERVISE if supervised else Kind.REMIND), state="prepared" if number < 40 else "approved",
            prepared_by="s1", prepared_at=at,
        )  # fmt: skip


def fill(store: Store) -> None:
    """The rows of every thread."""
    for first in range(0, THREADS, _AT_A_TIME):
        changes: dict[type[Record], dict[tuple[object, ...], Record | None]] = {}
        for number in range(first, first + _AT_A_TIME):
            for row in _rows(number):
                changes.setdefault(type(row), {})[type(row).key_of(row)] = row
        store.commit(changes)  # type: ignore[arg-type]  # keys are tuples of the records' own values


def _listed(store: Store) -> int:
    query = ThreadQuery(unit=ZHEJIANG_PO, where=(Where("state", Stage.IN_FORCE.value),), limit=200)
    return len(store.list_threads(query))


def main() -> None:
    """Fill a store and measure."""
    with TemporaryDirectory() as folder:
        store = SqlStore(make_engine(f"sqlite:///{Path(folder) / 'node.db'}"))
        fill(store)
        told: dict[str, object] = {"bench": "office_work", "threads": THREADS}
        work = office_work(Tx(store, Batch(), NOW), ZHEJIANG_PO, NOW)
        told |= {"waits": len(work.waits), "answers": len(work.answers), "prepared": len(work.prepared)}
        for name in ("waiting", "agreements"):
            took = []
            for _ in range(_CALLS):
                began = perf_counter()
                if name == "waiting":
                    office_work(Tx(store, Batch(), NOW), ZHEJIANG_PO, NOW)
                else:
                    _listed(store)
                took.append((perf_counter() - began) * 1e3)
            told |= {f"{name}_ms": round(median(took), 1), f"{name}_p95_ms": round(quantiles(took, n=20)[18], 1)}
        store.close()
        print(json.dumps(told))


if __name__ == "__main__":
    main()
