"""What waits for an office, from rows alone: the kinds of work, the earliest first, answers to its own supervisions."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from delegation.codes import Kind, ThreadType
from delegation.table import State
from node import tasks
from node.province.acts_ports import OfficeWork
from node.province.acts_waiting import office_work
from node.records import EntryRecord, MoveRecord, Record, TaskRecord, to_us
from node.store_memory import MemoryStore
from node.writer import Batch, Tx
from tests.builders import HANGZHOU_RD, SICHUAN_PO, ZHEJIANG_PO
from tests.node.test_store import a_thread

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def a_task(thread_id: str, code: str, due: str = "", subject: str = "") -> TaskRecord:
    return TaskRecord(
        unit=ZHEJIANG_PO, thread_id=thread_id, code=code, subject=subject, due=due, other_unit=HANGZHOU_RD, rank_day=due
    )


def an_answer(thread_id: str, days_ago: int, kind: Kind = Kind.SUPERVISE_ANSWER) -> EntryRecord:
    return EntryRecord(
        thread_id=thread_id, sequence=4, sender_unit=HANGZHOU_RD, envelope_id="e", header_digest=b"", entry_digest=b"",
        kind=int(kind), moving=False, header=b"", signatures=b"", entry=b"", secret=b"", state="applied", reason="",
        accepted_at=to_us(NOW - timedelta(days=days_ago)),
    )  # fmt: skip


def a_move(move_id: str, thread_id: str, state: str, *, kind: Kind = Kind.SUPERVISE, days_ago: int = 40) -> MoveRecord:
    return MoveRecord(
        move_id=move_id, thread_id=thread_id, unit=ZHEJIANG_PO, kind=int(kind), version=2, state=state, secret=b"",
        prepared_by="s1", prepared_at=to_us(NOW - timedelta(days=days_ago)),
    )  # fmt: skip


def work(rows: Iterable[Record]) -> OfficeWork:
    store = MemoryStore()
    changes: dict[type[Record], dict[tuple[object, ...], Record | None]] = {}
    for row in rows:
        changes.setdefault(type(row), {})[type(row).key_of(row)] = row
    store.commit(changes)  # type: ignore[arg-type] # keys are tuples of the records' own values
    return office_work(Tx(store, Batch(), NOW), ZHEJIANG_PO, NOW)


def test_each_kind_of_work_has_its_word_the_earliest_first_and_nothing_else_is_work() -> None:
    delegation, waiting = int(ThreadType.DELEGATION), State.AWAITING_DESIGNATION.value
    found = work(
        [
            a_thread("t1", thread_type=delegation, state=waiting),
            a_task("t1", tasks.TO_HANDLE, "2026-11-25"),
            a_thread("t2", thread_type=delegation, state=State.IN_PROGRESS.value),
            a_task("t2", tasks.ANSWER, "2026-11-23", "e1"),
            a_task("t2", tasks.TO_REVEAL, "", "u"),
            a_task("t2", tasks.QUESTION, "2026-11-01", "e2"),
            a_thread("t3", thread_type=delegation, state=State.REPORTED.value),
            a_task("t3", tasks.TO_HANDLE, "2026-11-02"),  # nothing that an office does
            a_thread("t4", thread_type=int(ThreadType.COORDINATION), state=State.ASKED.value),
            a_task("t4", tasks.TO_HANDLE),
            a_task("t4", tasks.ANSWER, "2026-11-21"),
            a_thread("t5", thread_type=int(ThreadType.AGREEMENT), state=State.PROPOSED.value),
            a_task("t5", tasks.TO_HANDLE),
            a_task("gone", tasks.TO_HANDLE),
        ]
    )
    assert [(each.thread_id, each.what, each.due) for each in found.waits] == [
        ("t4", "coordination", date(2026, 11, 21)),
        ("t2", "opinion", date(2026, 11, 23)),
        ("t1", "designation", date(2026, 11, 25)),
        ("t2", "reveal", None),
        ("t5", "agreement", None),
    ]


def test_answers_are_those_to_the_office_s_own_supervisions_of_the_last_days() -> None:
    found = work(
        [
            *(a_move(f"m{name}", name, "approved") for name in ("t1", "t2", "t3")),
            an_answer("t1", 3),
            an_answer("t2", 31),  # too long ago
            an_answer("t3", 1, Kind.PROGRESS),
            an_answer("t4", 1),  # another's supervision, of which this office only knows
            a_move("m5", "t5", "dropped"),
            an_answer("t5", 1),
            a_move("m6", "t6", "approved", days_ago=80),  # sixty working days later
            an_answer("t6", 0),
        ]
    )
    assert [(each.thread_id, each.unit, each.sequence) for each in found.answers] == [
        ("t6", HANGZHOU_RD, 4),
        ("t1", HANGZHOU_RD, 4),
    ]


def test_what_was_prepared_waits_for_an_approver_the_oldest_first() -> None:
    found = work(
        [
            a_move("m1", "t1", "prepared", days_ago=1),
            a_move("m2", "t2", "reviewed", days_ago=2),
            a_move("m3", "t3", "draft"),
            a_move("m4", "t4", "approved"),
            MoveRecord(
                move_id="m5", thread_id="t5", unit=SICHUAN_PO, kind=int(Kind.OPINION), version=1, state="prepared",
                secret=b"", prepared_by="s2", prepared_at=0,
            ),
        ]
    )  # fmt: skip
    assert [(each.move_id, each.version, each.reviewed) for each in found.prepared] == [
        ("m2", 2, True),
        ("m1", 2, False),
    ]
