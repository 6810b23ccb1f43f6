"""A look at one thing costs the same in a log of a year as in one of a week: counted in SQLite's own steps.

SQLite uses an index over a part of a table only where a query says that part in the very words of the index: a
parameter or a `= 1` is not enough, and the query then walks the table without any other sign of it.
"""

from collections.abc import Callable, Iterator, Sized
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine, event, insert

from registry.records import OPEN, SeenThread, ThreadFilter
from registry.schema import migrate
from registry.sql_engine import from_micros, make_engine
from registry.store_sql import SqlStore
from registry.tables import EnvelopeAnswer, Evidence, LogEntry, Mailbox, Negative, Sight, Thread

SMALL, LARGE = 40, 800  # threads
EACH = 4  # envelopes of a thread
HOME, HOST, SLOW = "330100RD01A", "510100RD01B", "510700RD01B"
STEPS: Final = 20  # of SQLite's machine between two counts
FAR: Final = 10**9  # a leaf that neither log has come to

Look = Callable[[SqlStore], object]

# the thing looked at is the same in both stores: of the first thread, or of a unit with little in its box
LOOKS: Final[dict[str, Look]] = {
    "an answer": lambda store: store.answers(["key0"]),
    "a header": lambda store: store.headers(["key0"]),
    "a thread": lambda store: store.threads(["T000000"]),
    "what a thread entered": lambda store: store.entered_since("T000000", 1, FAR),
    "a page of a thread": lambda store: store.thread_page("T000000", 0, 10, True),
    "a thread's negative evidence": lambda store: store.negatives("T000000"),
    "a mailbox's end": lambda store: store.mailbox_heads([HOST]),
    "a page of a mailbox": lambda store: store.mailbox(HOST, 3, 10),
    "what is acknowledged": lambda store: store.delivered([(HOST, 1), (HOST, 2)]),
    "how many wait": lambda store: store.count_waiting(SLOW),
    "whose mail waits": lambda store: store.mail_waiting(),
    "refusals of a day": lambda store: store.count_refusals([HOME], from_micros(1)),
    "evidence of an envelope": lambda store: store.evidence([0]),
    "threads that are due": lambda store: store.due_threads("2026-01-01", 10),
    "open threads": lambda store: store.open_threads("", 10),
    "a stretch of the log": lambda store: store.watched(("510000",), start=0, end=20, limit=20),
    "a thread's past": lambda store: store.past_of("T000000", after=-1, before=FAR, limit=20),
    "threads that came late": lambda store: store.late_sights(("510000",), start=5, end=20),
    "a thread as a province sees it": lambda store: store.seen_thread("T000000", ("510000",)),
    "a page of threads": lambda store: store.list_threads(ThreadFilter(regions=("510000",), limit=5)),
}


def filled(engine: Engine, threads: int) -> None:
    """So many threads, all between the same two units; those after the first ten are delivered and done.

    Their envelopes come in turn, so that the first thread's lie all over the log.
    """
    rows: dict[Any, list[dict[str, object]]] = {}

    def add(table: Any, **columns: object) -> None:
        rows.setdefault(table, []).append(columns)

    for number in range(threads):
        name, recent = f"T{number:06}", number < 10
        last = (EACH - 1) * threads + number
        add(
            Thread, thread_id=name, data=b"", thread_type=1, matter=1, home_unit=HOME, host_unit=HOST, state="S",
            turn="HOME", closed=not recent, on_paper=False, next_deadline="2025-12-01" if recent else "",
            earliest_due="", last_leaf=last, opened_at=number, changed_at=number, reported_at=-1,
        )  # fmt: skip
        add(
            Sight, province="510000", thread_id=name, since_leaf=number, late=recent, until_leaf=OPEN,
            left_home="", left_host="", left_state="", left_paper=False, left_changed_at=0, left_reported_at=-1,
            left_data=b"",
        )  # fmt: skip
        for sequence in range(1, EACH + 1):
            leaf = (sequence - 1) * threads + number
            add(LogEntry, leaf_index=leaf, kind="envelope", digest=b"d", data=b"entry")
            add(
                EnvelopeAnswer, key=f"key{leaf}", header_digest=b"h", accepted=True, leaf_index=leaf, kind=1,
                sender_unit=HOME, thread_id=name, sequence=sequence, header=b"header", signatures=b"s", at=leaf,
            )  # fmt: skip
            add(Mailbox, unit=HOST, cursor=leaf + 1, kind=1, item=leaf, status=7, status_at=leaf)
            add(Evidence, evidence_id=leaf + 1, envelope_leaf=leaf, batch_leaf=leaf, data=b"evidence")
        late = EACH * threads + number
        add(LogEntry, leaf_index=late, kind="negative", digest=b"d", data=b"late")
        add(Negative, thread_id=name, leaf_index=late, envelope_key=f"key{last}", at=number)
    add(Mailbox, unit=SLOW, cursor=1, kind=1, item=0, status=0, status_at=0)
    add(
        EnvelopeAnswer, key="refused", header_digest=b"h", accepted=False, leaf_index=FAR, kind=1, sender_unit=HOME,
        thread_id="T000000", sequence=0, header=b"header", signatures=b"s", at=FAR,
    )  # fmt: skip
    with engine.begin() as connection:
        for table, given in rows.items():
            connection.execute(insert(table), given)


class Counted:
    """A store of a size, and the steps that SQLite takes for a look."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._steps = 0
        engine = make_engine(f"sqlite:///{folder}/{threads}.db")
        event.listen(engine, "connect", self._count)
        migrate(engine)
        filled(engine, threads)
        self.store = SqlStore(engine)

    def _count(self, connection: Any, _record: object) -> None:
        connection.set_progress_handler(self._step, STEPS)

    def _step(self) -> None:
        self._steps += 1

    def steps(self, look: Look) -> int:
        """Of one look."""
        look(self.store)  # what is read once
        before = self._steps
        for _ in range(STEPS):  # a look of few steps is not lost between two counts
            look(self.store)
        return self._steps - before


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Counted, Counted]]:
    folder = tmp_path_factory.mktemp("growth")
    small, large = Counted(folder, SMALL), Counted(folder, LARGE)
    with closing(small.store), closing(large.store):
        yield small, large


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_does_not_grow_with_the_log(name: str, stores: tuple[Counted, Counted]) -> None:
    small, large = (each.steps(LOOKS[name]) for each in stores)
    assert small > 0
    assert large <= 2 * small, f"{small} steps of {SMALL} threads, {large} of {LARGE}"


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_finds_the_same(name: str, stores: tuple[Counted, Counted]) -> None:
    """So that a look that finds nothing does not pass for a cheap one."""
    small, large = (found(LOOKS[name](each.store)) for each in stores)
    assert small == large > 0


def found(looked: Any) -> int:
    """How much a look found."""
    return len(looked) if isinstance(looked, Sized) and not isinstance(looked, SeenThread) else int(bool(looked))
