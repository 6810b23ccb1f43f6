"""What waits for a provincial office: out of the rows of its to-do list and the states of the threads that it holds.

Everything is read by an index and bounded, so that it costs the same however many threads the node holds: answers are
looked for in the threads that the office supervised, not among all entries.
"""

from datetime import date, datetime, timedelta
from typing import Final

from delegation.codes import Kind, ThreadType
from delegation.table import State as Stage
from node import tasks
from node.province.acts_ports import Answered, OfficeWork, Prepared, Waits
from node.records import EntryRecord, MoveRecord, TaskRecord, ThreadRecord, from_us, to_us
from node.store import Op, Where
from node.writer import Tx

ANSWERS_SHOWN: Final = timedelta(days=30)
ANSWERED_WITHIN: Final = timedelta(days=180)  # of the supervision's preparation: the longest term is 60 working days
_MOST: Final = 500  # of each kind of work, the most urgent
_AT_ONCE: Final = 200
_CODES: Final = (tasks.TO_HANDLE, tasks.ANSWER, tasks.TO_REVEAL)
_OF_THREAD: Final = {ThreadType.COORDINATION: "coordination", ThreadType.AGREEMENT: "agreement"}
_FOR_APPROVERS: Final = ("prepared", "reviewed")


def office_work(tx: Tx, unit: str, at: datetime) -> OfficeWork:
    """What waits, the earliest day first, the answers of the last days, and what was prepared. Of what is committed."""
    found: dict[tuple[str, str], Waits] = {}
    rows = [row for code in _CODES for row in _tasks(tx, unit, code)]
    kinds = _kinds(tx, tuple({thread_id for thread_id, *_ in rows}))
    for thread_id, code, day, other in rows:
        what = _what(code, kinds[thread_id]) if thread_id in kinds else ""
        due = date.fromisoformat(day) if day else None
        before = found.get((thread_id, what))
        if what and (before is None or before.due is None):
            found[thread_id, what] = Waits(what=what, thread_id=thread_id, other_unit=other, due=due)
    waits = sorted(found.values(), key=lambda each: (each.due or date.max, each.thread_id))
    return OfficeWork(waits=tuple(waits), answers=_answers(tx, unit, at), prepared=_prepared(tx, unit))


def _tasks(tx: Tx, unit: str, code: str) -> list[tuple[str, str, str, str]]:
    rows = tx.store.select_columns(
        TaskRecord,
        ("thread_id", "due", "other_unit"),
        (Where("unit", unit), Where("code", code)),
        order=("rank_day", "thread_id", "subject"),
        limit=_MOST,
    )
    return [(str(thread_id), code, str(due), str(other)) for thread_id, due, other in rows]


def _kinds(tx: Tx, thread_ids: tuple[str, ...]) -> dict[str, tuple[ThreadType, str]]:
    """Type and state of threads."""
    found: dict[str, tuple[ThreadType, str]] = {}
    for first in range(0, len(thread_ids), _AT_ONCE):
        part = thread_ids[first : first + _AT_ONCE]
        for row in tx.store.select_in(ThreadRecord, ("thread_id", "thread_type", "state"), "thread_id", part):
            thread_id, thread_type, state = row
            found[str(thread_id)] = (ThreadType(int(str(thread_type))), str(state))
    return found


def _what(code: str, of: tuple[ThreadType, str]) -> str:
    """The word for it; empty for what is no act of an office."""
    thread_type, state = of
    of_thread = _OF_THREAD.get(thread_type, "")
    if of_thread:
        return of_thread if code in (tasks.TO_HANDLE, tasks.ANSWER) else ""
    if code == tasks.TO_REVEAL:
        return "reveal"
    if code == tasks.ANSWER:
        return "opinion"
    return "designation" if code == tasks.TO_HANDLE and state == Stage.AWAITING_DESIGNATION.value else ""


def _supervised(tx: Tx, unit: str, at: datetime) -> tuple[str, ...]:
    """The threads in which the office supervised lately."""
    since = to_us(at - ANSWERED_WITHIN - ANSWERS_SHOWN)
    rows = tx.store.select_columns(
        MoveRecord,
        ("thread_id",),
        (
            Where("unit", unit),
            Where("state", "approved"),
            Where("kind", int(Kind.SUPERVISE)),
            Where("prepared_at", since, Op.GE),
        ),
    )
    return tuple(dict.fromkeys(str(thread_id) for (thread_id,) in rows))


def _answers(tx: Tx, unit: str, at: datetime) -> tuple[Answered, ...]:
    where = (Where("kind", int(Kind.SUPERVISE_ANSWER)), Where("accepted_at", to_us(at - ANSWERS_SHOWN), Op.GE))
    columns = ("thread_id", "sender_unit", "sequence", "accepted_at")
    supervised, found = _supervised(tx, unit, at), list[Answered]()
    for first in range(0, len(supervised), _AT_ONCE):
        part = supervised[first : first + _AT_ONCE]
        for thread_id, sender, sequence, accepted in tx.store.select_in(EntryRecord, columns, "thread_id", part, where):
            answered = from_us(int(str(accepted)))
            found.append(Answered(thread_id=str(thread_id), unit=str(sender), sequence=int(str(sequence)), at=answered))
    return tuple(sorted(found, key=lambda each: (each.at, each.thread_id), reverse=True))


def _prepared(tx: Tx, unit: str) -> tuple[Prepared, ...]:
    columns = ("move_id", "version", "thread_id", "kind", "prepared_by", "prepared_at")
    found = []
    for state in _FOR_APPROVERS:
        where = (Where("unit", unit), Where("state", state))
        for row in tx.store.select_columns(MoveRecord, columns, where, limit=_MOST):
            move_id, version, thread_id, kind, by, at = row
            found.append(
                Prepared(
                    move_id=str(move_id),
                    version=int(str(version)),
                    thread_id=str(thread_id),
                    kind=Kind(int(str(kind))),
                    prepared_by=str(by),
                    prepared_at=from_us(int(str(at))),
                    reviewed=state == "reviewed",
                )
            )
    return tuple(sorted(found, key=lambda each: (each.prepared_at, each.move_id)))
