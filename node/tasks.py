"""What waits for our units, kept beside the threads: one small row a thing, so that a to-do list reads nothing else.

`tasks_of` says what a thread as applied asks of our units; `sync` writes what changed of it, in the transaction of the
thread itself. Questions are rows of their own, since one that blocks nothing leaves no mark in the rule book's state.
What waits for a person without a thread's doing (drafts, prepared moves, refused envelopes, alarms) stays where it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from delegation.codec_header import parse_header
from delegation.codes import Kind, ThreadType
from delegation.draw_defaults import last_day_to_reveal, last_day_to_reveal_for, office_of
from delegation.errors import Refusal
from delegation.model import Header
from delegation.roster_view import RosterView
from delegation.short_time import SHORT_STATES, short_from
from delegation.table import State as Stage
from delegation.thread_json import thread_from_bytes
from delegation.thread_state import ThreadState
from delegation.urgency import begun_on, priority_of, rank_of
from node.records import EntryRecord, Key, MetaRecord, TaskRecord, ThreadRecord
from node.state import State
from node.store import Op, Where
from node.task_counts import SENT_OUT as _SENT_OUT
from node.task_counts import SHORT_TIME as _SHORT_TIME
from node.task_counts import TO_REVEAL as _TO_REVEAL
from node.task_counts import VOID_DRAW as _VOID_DRAW
from node.writer import Tx

TO_SIGN, TO_DECIDE, TO_ASSIGN, INVESTIGATING = "to_sign", "to_decide", "to_assign", "investigating"
TO_CHECK, TO_CORRECT, TO_HANDLE, TO_ARCHIVE = "to_check", "to_correct", "to_handle", "to_archive"
CONFIRM_WITHDRAWAL, SUPERVISED = "to_confirm_withdrawal", "to_answer_supervision"
ANSWER, QUESTION, PAPER = "to_answer", "question", "paper"
SENT_OUT, SHORT_TIME, TO_REVEAL, VOID_DRAW = _SENT_OUT, _SHORT_TIME, _TO_REVEAL, _VOID_DRAW

# Whose turn it is says the rule book (`ThreadState.turn`); this says by which word the counter knows it.
_OF_TURN: Final = {
    ("host", Stage.ISSUED): TO_SIGN,
    ("host", Stage.SIGNED_FOR): TO_DECIDE,
    ("host", Stage.ACCEPTED): TO_ASSIGN,
    ("host", Stage.SUPPLEMENT_REQUESTED): TO_ASSIGN,
    ("host", Stage.IN_PROGRESS): INVESTIGATING,
    ("host", Stage.WITHDRAW_REQUESTED): CONFIRM_WITHDRAWAL,
    ("home", Stage.REPORTED): TO_CHECK,
    ("home", Stage.RETURNED_FOR_CORRECTION): TO_CORRECT,
    ("host", Stage.NOTICE_OPEN): ANSWER,
    ("host", Stage.ASKED): ANSWER,
}
_OF_CLOCK: Final = {
    "extension-answer": ANSWER,
    "opinion": ANSWER,
    "coordination": ANSWER,
    "correction-acknowledge": ANSWER,
    "supervise": SUPERVISED,
}
_CLOSED: Final = frozenset({Stage.COMPLETED, Stage.WITHDRAWN, Stage.CANCELLED, Stage.TERMINATED})
_RESTING: Final = _CLOSED | {Stage.ARCHIVED, Stage.ENDED, Stage.ANSWERED, Stage.STATED, Stage.IN_FORCE}
_KEPT_BY: Final = "tasks"  # meta: by which rules, and for which units, the rows were written
_RULES: Final = "4"


def tasks_of(thread: ThreadState, units: Iterable[str], roster: RosterView | None) -> Iterator[TaskRecord]:
    """What the thread asks of these units, but for questions.

    Without a roster nothing is said about short time, nor of what can be done about a secret that is not shown.
    """
    short = short_from(thread, roster) if roster is not None else None
    for unit in units:
        if unit in (thread.home_unit, thread.host_unit) or unit in thread.parties:
            yield from _of_unit(thread, unit, short)
            if roster is not None and thread.state is Stage.SPECIALTY_SET:
                yield from _of_default(thread, unit, roster)


def _of_default(thread: ThreadState, unit: str, roster: RosterView) -> Iterator[TaskRecord]:
    """From the day on which a side is late: its office may show the secret; after that the other side ends the draw."""
    for late in (thread.home_unit, thread.host_unit):
        if unit == office_of(late, roster):
            code, subject, last = TO_REVEAL, late, last_day_to_reveal(thread, late)
        elif unit == thread.other_side(late):
            code, subject, last = VOID_DRAW, "", last_day_to_reveal_for(thread, late, roster)
        else:
            continue
        if last is not None:
            day = last + timedelta(days=1)
            yield TaskRecord(
                unit=unit,
                thread_id=thread.thread_id,
                code=code,
                subject=subject,
                due=day.isoformat(),
                other_unit=late,
                rank_day=_rank(day, thread),
            )


def _of_unit(thread: ThreadState, unit: str, short: date | None) -> Iterator[TaskRecord]:
    role = "home" if unit == thread.home_unit else "host" if unit == thread.host_unit else "superior"
    other = thread.host_unit if role == "home" else thread.home_unit
    delegation, resting = thread.thread_type is ThreadType.DELEGATION, thread.state in _RESTING

    def task(code: str, due: date | None, subject: str = "") -> TaskRecord:
        day = due.isoformat() if due is not None else ""
        return TaskRecord(
            unit=unit,
            thread_id=thread.thread_id,
            code=code,
            subject=subject,
            due=day,
            other_unit=other,
            rank_day=_rank(due, thread),
        )

    ours = [clock for clock in thread.deadlines if clock.unit == unit]
    for clock in ours:
        code = _OF_CLOCK.get(clock.clock)
        if code is not None:
            yield task(code, clock.due.legal, clock.started_by.envelope_id)
    if delegation and role != "superior" and thread.state in _CLOSED and unit not in thread.archived_by:
        yield task(TO_ARCHIVE, min((clock.due.legal for clock in ours if clock.clock == "archive"), default=None))
    if resting:
        return
    turn = _turn(thread, unit, role)
    if turn:
        beside = {*_OF_CLOCK, "question-answer"}
        yield task(turn, min((clock.due.legal for clock in ours if clock.clock not in beside), default=None))
    if delegation and role == "home":
        dates = [clock.due.legal for clock in thread.deadlines]
        if thread.statutory is not None:
            dates.append(thread.statutory.legal)
        yield task(SENT_OUT, min(dates, default=None))
    if short is not None and role != "superior":
        yield task(SHORT_TIME, short)


def _rank(due: date | None, thread: ThreadState) -> str:
    return rank_of(due, priority_of(thread), since=begun_on(thread.thread_id))


def _turn(thread: ThreadState, unit: str, role: str) -> str:
    """The word for what the unit is to do next; empty while it is another's turn."""
    working = thread.state in (Stage.ACCEPTED, Stage.IN_PROGRESS)
    if role == "host" and working:
        return _word(thread, role)  # the host works on while the home answers; a pause either may end
    if thread.turn == unit:
        if working and thread.work.extension_request is not None:
            return ""  # the clock of the request says it
        return _word(thread, role)
    if role == "superior" and thread.state is Stage.AWAITING_DESIGNATION and not thread.work.designated:
        named = {province for province, _ in thread.work.votes}
        return "" if unit in named or thread.turn else TO_HANDLE
    if role == "home" and thread.on_paper and thread.turn == thread.host_unit:
        return PAPER  # the host is no member: its moves come by post, and the home records them
    return ""


def _word(thread: ThreadState, role: str) -> str:
    found = _OF_TURN.get((role, thread.state), TO_HANDLE)
    return TO_HANDLE if found == TO_ASSIGN and thread.appraisal is not None else found  # nobody assigns an appraisal


def sync(tx: Tx, state: State, before: ThreadState | None, after: ThreadState) -> None:
    """Write what changed between two states of a thread, both applied by this node."""
    roster = state.rosters.current.view if state.rosters.ready else None
    now = {TaskRecord.key_of(task): task for task in tasks_of(after, state.units, roster)}
    then: dict[Key, TaskRecord | None] = {}
    if before is not None:
        then |= {TaskRecord.key_of(task): task for task in tasks_of(before, state.units, None)}
    if before is not None and before.state in SHORT_STATES:  # by which roster it was short then is not remembered
        then |= {(unit, before.thread_id, SHORT_TIME, ""): None for unit in (before.home_unit, before.host_unit)}
    if before is not None and before.state is Stage.SPECIALTY_SET:
        sides = (before.home_unit, before.host_unit)
        then |= {(unit, before.thread_id, TO_REVEAL, late): None for unit in state.units for late in sides}
        then |= {(unit, before.thread_id, VOID_DRAW, ""): None for unit in sides}
    state.task_counts.note(tx.store, after.thread_id)
    for key in then:
        if key not in now:
            tx.delete(TaskRecord, key)
    for key, task in now.items():
        if then.get(key) != task:
            tx.put(task)
    if before is not None and (after.host_unit != before.host_unit or after.home_unit != before.home_unit):
        _forget_questions(tx, before, frozenset(state.units) - {after.home_unit, after.host_unit})
    if before is not None and priority_of(after) is not priority_of(before):
        _rank_questions(tx, state, after)
    if after.state in _RESTING and (before is None or before.state not in _RESTING):
        _forget_questions(tx, after, state.units)


def _rank_questions(tx: Tx, state: State, thread: ThreadState) -> None:
    """The thread's priority is another one: its questions stand elsewhere in lists."""
    for unit in state.units:
        where = (Where("unit", unit), Where("thread_id", thread.thread_id), Where("code", QUESTION))
        for task in tx.select(TaskRecord, where, limit=10_000):
            due = date.fromisoformat(task.due) if task.due else None
            tx.put(replace(task, rank_day=_rank(due, thread)))


def _forget_questions(tx: Tx, thread: ThreadState, units: Iterable[str]) -> None:
    for unit in units:
        where = (Where("unit", unit), Where("thread_id", thread.thread_id), Where("code", QUESTION))
        for task in tx.select(TaskRecord, where, limit=10_000):
            tx.delete(TaskRecord, TaskRecord.key_of(task))


def note_question(tx: Tx, state: State, thread: ThreadState, header: Header) -> None:
    """Keep an accepted question to one of our units, and let go of one that was answered; for these kinds alone."""
    if header.kind is Kind.ANSWER:
        if header.sender_unit in state.units and header.in_reply_to is not None:
            state.task_counts.note(tx.store, thread.thread_id)
            tx.delete(TaskRecord, (header.sender_unit, thread.thread_id, QUESTION, header.in_reply_to.envelope_id))
        return
    asked = thread.other_side(header.sender_unit)
    if asked in state.units:
        due = next((clock.due.legal for clock in thread.open_clocks if clock.started_by == header.ref), None)
        state.task_counts.note(tx.store, thread.thread_id)
        tx.put(
            TaskRecord(
                unit=asked,
                thread_id=thread.thread_id,
                code=QUESTION,
                subject=header.envelope_id,
                due=due.isoformat() if due is not None else "",
                other_unit=header.sender_unit,
                rank_day=_rank(due, thread),
            )
        )


def rebuild(tx: Tx, state: State) -> int:
    """Write every row anew when they were written by other rules or for other units; gives how many threads were read.

    Asked at each start, before anything is applied: after an upgrade, a restored backup, a unit that joined this node.
    """
    mark = f"{_RULES}:{','.join(sorted(state.units))}".encode()
    kept = tx.get(MetaRecord, (_KEPT_BY,))
    if kept is not None and kept.value == mark:
        return 0
    tx.after.append(state.task_counts.forget)
    for key in tx.store.select_columns(TaskRecord, TaskRecord.KEY):
        tx.delete(TaskRecord, key)
    read = 0
    roster = state.rosters.current.view if state.rosters.ready else None
    unfinished = (Where("state", Stage.ARCHIVED.value, Op.NE),)
    for (thread_id,) in tx.store.select_columns(ThreadRecord, ("thread_id",), unfinished):
        record = tx.get(ThreadRecord, (thread_id,))
        if record is None or not record.state_bytes:
            continue
        thread = thread_from_bytes(record.state_bytes)
        read += 1
        for task in tasks_of(thread, state.units, roster):
            tx.put(task)
        if thread.state not in _RESTING:
            _questions_again(tx, state, thread)
    tx.put(MetaRecord(_KEPT_BY, mark))
    return read


def _questions_again(tx: Tx, state: State, thread: ThreadState) -> None:
    for kind in (Kind.QUESTION, Kind.ANSWER):
        where = (Where("thread_id", thread.thread_id), Where("kind", int(kind)))
        for entry in tx.select(EntryRecord, where, order=("sequence",), limit=100_000):
            try:
                header = parse_header(entry.header)
            except Refusal:
                continue
            if entry.state != "parked" or entry.reason != "SHOULD_HAVE_BEEN_REFUSED":
                note_question(tx, state, thread, header)
