"""What waits for a provincial office: out of the rows of its to-do list and the states of the threads that it holds."""

from datetime import date, datetime, timedelta
from typing import Final

from delegation.codes import Kind, ThreadType
from delegation.table import State as Stage
from node import tasks
from node.province.acts_ports import Answered, OfficeWork, Waits
from node.records import EntryRecord, TaskRecord, ThreadRecord, from_us, to_us
from node.store import Op, Where
from node.writer import Tx

ANSWERS_SHOWN: Final = timedelta(days=30)
_MOST: Final = 1_000
_OF_THREAD: Final = {ThreadType.COORDINATION: "coordination", ThreadType.AGREEMENT: "agreement"}


def office_work(tx: Tx, unit: str, at: datetime) -> OfficeWork:
    """What waits, the earliest day first, and the answers of the last days."""
    found: dict[tuple[str, str], Waits] = {}
    for task in tx.select(TaskRecord, (Where("unit", unit),), limit=_MOST):
        record = tx.get(ThreadRecord, (task.thread_id,))
        what = _what(task, record) if record is not None else ""
        due = date.fromisoformat(task.due) if task.due else None
        before = found.get((task.thread_id, what))
        if what and (before is None or before.due is None):
            found[task.thread_id, what] = Waits(
                what=what, thread_id=task.thread_id, other_unit=task.other_unit, due=due
            )
    waits = sorted(found.values(), key=lambda each: (each.due or date.max, each.thread_id))
    return OfficeWork(waits=tuple(waits), answers=_answers(tx, unit, at))


def _what(task: TaskRecord, record: ThreadRecord) -> str:
    """The word for it; empty for what is no act of an office."""
    of_thread = _OF_THREAD.get(ThreadType(record.thread_type), "")
    if of_thread:
        return of_thread if task.code in (tasks.TO_HANDLE, tasks.ANSWER) else ""
    if task.code == tasks.TO_REVEAL:
        return "reveal"
    if task.code == tasks.ANSWER:
        return "opinion"
    return "designation" if task.code == tasks.TO_HANDLE and record.state == Stage.AWAITING_DESIGNATION.value else ""


def _answers(tx: Tx, unit: str, at: datetime) -> tuple[Answered, ...]:
    where = (
        Where("kind", int(Kind.SUPERVISE_ANSWER)),
        Where("accepted_at", to_us(at - ANSWERS_SHOWN), Op.GE),
    )
    rows = tx.select(EntryRecord, where, limit=_MOST)
    mine = [row for row in rows if row.sender_unit != unit]
    return tuple(
        Answered(thread_id=row.thread_id, unit=row.sender_unit, sequence=row.sequence, at=from_us(row.accepted_at))
        for row in sorted(mine, key=lambda row: -row.accepted_at)
    )
