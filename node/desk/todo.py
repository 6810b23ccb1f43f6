"""The to-do list: every category with its counts, and each thing that waits, the most urgent first.

Read from the rows of `node.tasks` and from what waits for a person without a thread's doing. A category counts what
waits for the actor by his roles, and beside that what waits in the whole unit. Nothing is loaded for a count; of what
is listed, the record and the worker's name.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from delegation.catalogue import text_of
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node import tasks
from node.counterparts import new_parties
from node.desk.cures import cure_of
from node.desk.guard import READS, need
from node.desk.labels import kind_label, state_label
from node.desk.lists import alarms_for
from node.desk.ports import Actor, Role
from node.desk.rows import name_of, secret_row
from node.desk.seals import approver_seals
from node.desk.views import TodoCategory, TodoItem, TodoView
from node.outbox import SHOW_NOT_FOUND
from node.records import DraftRecord, MoveRecord, OutboxRecord, PartyRecord, TaskRecord, ThreadRecord, from_us
from node.state import State
from node.store import Where
from node.threads import load
from node.writer import Tx

TO_REVIEW, TO_SEAL, TO_APPROVE = "to_review", "to_seal", "to_approve"
DUE_SOON, OVERDUE = "due_soon", "overdue"
_SOON: Final = timedelta(days=3)  # a warning before a due date, natural days
_MOST_ITEMS: Final = 500
_MOST_WAITING: Final = 5_000  # prepared moves, drafts, refused envelopes: of one unit, each

_DOES: Final = frozenset({Role.CLERK, Role.SUPERVISOR})
_WORKS: Final = frozenset({Role.CLERK, Role.SUPERVISOR, Role.INVESTIGATOR})
_APPROVES: Final = frozenset({Role.APPROVER})
_ANYBODY: Final = frozenset(READS)


@dataclass(frozen=True, slots=True)
class Category:
    """A word of the counter, the colour of a warning, and whose work it is."""

    code: str
    label: str
    level: str
    roles: frozenset[Role]


CATEGORIES: Final = (
    Category(tasks.TO_SIGN, "待签收", "none", _DOES),
    Category(tasks.TO_DECIDE, "待受理", "none", _DOES),
    Category(tasks.TO_ASSIGN, "待分派", "none", _DOES),
    Category(tasks.INVESTIGATING, "调查中", "none", _WORKS),
    Category(TO_REVIEW, "待审核", "none", _APPROVES),
    Category(TO_SEAL, "待用印", "none", frozenset({Role.SEAL_HOLDER, *_APPROVES})),
    Category(tasks.TO_CHECK, "待核验", "none", _DOES),
    Category(TO_APPROVE, "待审批", "none", _APPROVES),
    Category(tasks.TO_CORRECT, "待补正", "none", _DOES),
    Category(tasks.TO_HANDLE, "待处理", "none", _DOES),
    Category(tasks.ANSWER, "待答复", "none", _WORKS),
    Category(tasks.CONFIRM_WITHDRAWAL, "待确认撤回", "none", _DOES),
    Category(tasks.SUPERVISED, "待回复督办", "none", _DOES),
    Category(tasks.TO_ARCHIVE, "待归档", "none", _DOES),
    Category(tasks.SENT_OUT, "我委托在外", "none", _ANYBODY),
    Category(DUE_SOON, "即将超期", "yellow", _ANYBODY),
    Category(OVERDUE, "已超期", "red", _ANYBODY),
    Category(tasks.SHORT_TIME, "法定时限不足", "red", _ANYBODY),
)
_BY_CODE: Final = {category.code: category for category in CATEGORIES}
_IN_CATEGORY: Final = {tasks.QUESTION: tasks.ANSWER, tasks.PAPER: tasks.TO_HANDLE}
_TURNS: Final = frozenset({
    tasks.TO_SIGN, tasks.TO_DECIDE, tasks.TO_ASSIGN, tasks.INVESTIGATING, tasks.TO_CHECK, tasks.TO_CORRECT,
    tasks.TO_HANDLE, tasks.CONFIRM_WITHDRAWAL, tasks.PAPER,
})  # fmt: skip
# Not waiting for anyone here: shown when asked for by name.
_BESIDE: Final = frozenset({tasks.SENT_OUT, DUE_SOON, OVERDUE, tasks.SHORT_TIME})
_REFUSED: Final = ("refused", "returned_draft", "untrusted")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A thing before anything of it is looked up. `mine`: the actor's roles and his part in it let him do it."""

    category: str
    kind: str
    thread_id: str
    subject: str
    due: str
    mine: bool
    label: str = ""
    reason: str = ""


def todo(tx: Tx, state: State, at: datetime, *, actor: Actor, category: str = "") -> TodoView:
    """Counts of every category, and what waits for the actor; of one category everything that the unit has in it.

    Refusal INVALID_INPUT (field category) for a code that is none.
    """
    need(actor, state, *READS)
    if category and category not in _BY_CODE:
        raise Refusal(Reason.INVALID_INPUT, field="category")
    today = day_of(at)
    waiting = list(_all(tx, state, actor, at))
    warned = list(_warnings(waiting, today))
    mine = Counter(item.category for item in (*waiting, *warned) if item.mine)
    unit = Counter(item.category for item in (*waiting, *warned))
    if category:
        chosen = [item for item in (*waiting, *warned) if item.category == category]
    else:
        chosen = [item for item in waiting if item.mine and item.category not in _BESIDE]
    chosen.sort(key=lambda item: (item.due or "9999", item.category, item.thread_id, item.subject))
    counted = tuple(
        TodoCategory(code=each.code, label=each.label, level=each.level, count=mine[each.code], in_unit=unit[each.code])
        for each in CATEGORIES
    )
    items = tuple(_item(tx, state, actor, item, today) for item in chosen[:_MOST_ITEMS])
    return TodoView(categories=counted, items=items, total=len(chosen))


def _mine(actor: Actor, category: str) -> bool:
    return actor.has(*_BY_CODE[category].roles)


def _all(tx: Tx, state: State, actor: Actor, at: datetime) -> Iterator[_Waiting]:
    rows = _rows(tx, actor)
    changed = set()
    for item in _changed(tx, state, actor, at, rows):
        changed.add(item.thread_id)
        yield item
    for item in _of_threads(tx, state, actor, at, rows):
        if item.thread_id not in changed or item.kind != tasks.PAPER:
            yield item
    yield from _drafts(tx, actor)
    yield from _moves(tx, actor)
    yield from _refused(tx, state, actor, at)
    for alarm in alarms_for(tx, state, actor):
        yield _Waiting(
            category=tasks.TO_HANDLE,
            kind="parked" if alarm.delegation_id else "alarm",
            thread_id=alarm.delegation_id,
            subject=str(alarm.alarm_id),
            due="",
            mine=actor.has(Role.CLERK, Role.APPROVER, Role.SUPERVISOR, Role.ADMINISTRATOR),
            reason=alarm.reason,
        )


def _rows(tx: Tx, actor: Actor) -> list[TaskRecord]:
    columns = ("unit", "thread_id", "code", "subject", "due", "other_unit")
    rows = tx.store.select_columns(TaskRecord, columns, (Where("unit", actor.unit),))
    return [TaskRecord(**dict(zip(columns, map(str, row), strict=True))) for row in rows]


def _of_threads(tx: Tx, state: State, actor: Actor, at: datetime, rows: Sequence[TaskRecord]) -> Iterator[_Waiting]:
    """What threads ask of the unit. What an own envelope on its way answers already is not asked again."""
    done = _on_their_way(tx, state, actor.unit)
    today = day_of(at).isoformat()
    for row in rows:
        if (row.code == tasks.SHORT_TIME and row.due > today) or (row.thread_id, row.subject) in done:
            continue
        if row.code in _TURNS and (row.thread_id, "moves") in done:
            continue
        category = _IN_CATEGORY.get(row.code, row.code)
        kind = "turn" if row.code in _TURNS and row.code != tasks.PAPER else row.code
        yield _Waiting(
            category=category,
            kind=kind,
            thread_id=row.thread_id,
            subject=row.subject,
            due="" if row.code == tasks.SHORT_TIME else row.due,
            mine=_mine(actor, category),
        )


def _on_their_way(tx: Tx, state: State, unit: str) -> set[tuple[str, str]]:
    """Threads in which the unit has moved already, and what it answered: its envelopes wait for their entry."""
    found = set()
    for thread_id in {queued.thread_id for queued in state.outbox.queued.values() if queued.sender_unit == unit}:
        held = load(tx, state, thread_id)
        for pending in held.pending if held is not None else ():
            if pending.header.sender_unit != unit:
                continue
            if pending.moving:
                found.add((thread_id, "moves"))
            if pending.header.in_reply_to is not None:
                found.add((thread_id, pending.header.in_reply_to.envelope_id))
    return found


def _changed(tx: Tx, state: State, actor: Actor, at: datetime, rows: Sequence[TaskRecord]) -> Iterator[_Waiting]:
    """Delegations of ours whose host is another unit by the roster now, and that nothing was issued to yet."""
    if not state.rosters.ready:
        return
    view = state.rosters.current.view
    succeeded = {unit.code for unit in view.units.values() if unit.successions}
    paper = {row.thread_id for row in rows if row.code == tasks.PAPER}
    for row in rows:
        ours = row.code == tasks.SENT_OUT
        if not ours or not (row.thread_id in paper or {actor.unit, row.other_unit} & succeeded):
            continue
        held = load(tx, state, row.thread_id)
        changed = new_parties(held.thread, view, at=at) if held is not None and held.thread is not None else None
        if held is None or changed is None or any(item.header.kind is Kind.ISSUED for item in held.pending):
            continue
        yield _Waiting(
            category=tasks.TO_HANDLE,
            kind="counterpart",
            thread_id=row.thread_id,
            subject=changed.host,
            due=row.due,
            mine=_mine(actor, tasks.TO_HANDLE),
            label="受托单位已变更，待再发",
        )


def _drafts(tx: Tx, actor: Actor) -> Iterator[_Waiting]:
    where = (Where("unit", actor.unit), Where("state", "pending_approval"))
    for draft in tx.select(DraftRecord, where, limit=_MOST_WAITING):
        yield _Waiting(
            category=TO_APPROVE,
            kind="approve_draft",
            thread_id="",
            subject=draft.draft_id,
            due="",
            mine=actor.has(Role.APPROVER) and draft.prepared_by != actor.staff_id,
            label="审批委托函",
        )
    presses = actor.has(Role.SEAL_HOLDER) or (actor.has(Role.APPROVER) and approver_seals(tx, actor.unit))
    where = (Where("unit", actor.unit), Where("state", "reviewed"))
    for draft in tx.select(DraftRecord, where, limit=_MOST_WAITING):
        yield _Waiting(
            category=TO_SEAL,
            kind="approve_draft",
            thread_id="",
            subject=draft.draft_id,
            due="",
            mine=presses and draft.prepared_by != actor.staff_id,
            label="用印：委托函",
        )
    where = (Where("unit", actor.unit), Where("state", "sent_back"))
    for draft in tx.select(DraftRecord, where, limit=_MOST_WAITING):
        yield _Waiting(
            category=tasks.TO_HANDLE,
            kind="sent_back",
            thread_id="",
            subject=draft.draft_id,
            due="",
            mine=draft.prepared_by == actor.staff_id,
            label="退回修改：委托函",
        )


def _moves(tx: Tx, actor: Actor) -> Iterator[_Waiting]:
    """Prepared moves: at the host a review, elsewhere an approval; what was reviewed waits for the seal alone."""
    for status in ("prepared", "reviewed", "draft"):
        where = (Where("unit", actor.unit), Where("state", status))
        for move in tx.select(MoveRecord, where, limit=_MOST_WAITING):
            label = kind_label(Kind(move.kind))
            own = move.prepared_by == actor.staff_id
            if status == "draft":
                category, kind, mine, label = tasks.TO_HANDLE, "sent_back", own, f"退回修改：{label}"
            else:
                party = tx.get(PartyRecord, (actor.unit, move.thread_id))
                host = party is not None and party.role in ("host", "former_host")
                category = TO_SEAL if status == "reviewed" else TO_REVIEW if host else TO_APPROVE
                word = {TO_SEAL: "用印", TO_REVIEW: "审核", TO_APPROVE: "审批"}[category]
                presses = actor.has(Role.SEAL_HOLDER) or (actor.has(Role.APPROVER) and approver_seals(tx, actor.unit))
                able = presses if category == TO_SEAL else actor.has(Role.APPROVER)
                kind, mine, label = "approve_move", able and not own, f"{word}：{label}"
            yield _Waiting(
                category=category,
                kind=kind,
                thread_id=move.thread_id,
                subject=move.move_id,
                due="",
                mine=mine,
                label=label,
            )


def _refused(tx: Tx, state: State, actor: Actor, at: datetime) -> Iterator[_Waiting]:
    """Own envelopes that did not get through: refused, given back, not trusted, not routed, or not found for a day."""
    del state
    for status in (*_REFUSED, "queued"):
        where = (Where("sender_unit", actor.unit), Where("state", status))
        for record in tx.select(OutboxRecord, where, order=("number",), limit=_MOST_WAITING):
            late = record.tried_at and at - from_us(record.tried_at) > SHOW_NOT_FOUND
            if status == "queued" and not (record.reason == Reason.NOT_FOUND.value and late):
                continue
            kind = Kind(record.kind)
            not_routed = kind is Kind.ISSUED and record.reason in _NOT_ROUTED
            yield _Waiting(
                category=tasks.TO_HANDLE,
                kind="not_found" if status == "queued" else "not_routed" if not_routed else "refused",
                thread_id=record.thread_id,
                subject=record.envelope_id,
                due="",
                mine=actor.has(Role.CLERK, Role.SUPERVISOR, Role.APPROVER),
                label=f"{'未能送出' if not_routed else '未被接受'}：{kind_label(kind)}",
                reason=record.reason,
            )


_NOT_ROUTED: Final = frozenset({
    Reason.WRONG_PLACE.value, Reason.UNIT_NOT_ACTIVE.value, Reason.RECIPIENT_KEY_NOT_VALID.value,
})  # fmt: skip


def _warnings(waiting: list[_Waiting], today: date) -> Iterator[_Waiting]:
    """Each delegation once: overdue by the first of its days that passed, else due within three days."""
    first: dict[str, _Waiting] = {}
    for item in waiting:
        if item.thread_id and item.due and (item.thread_id not in first or item.due < first[item.thread_id].due):
            first[item.thread_id] = item
    soon = (today + _SOON).isoformat()
    for item in first.values():
        if item.due < today.isoformat():
            yield replace(item, category=OVERDUE, kind=OVERDUE, subject="", label="", mine=True)
        elif item.due <= soon:
            yield replace(item, category=DUE_SOON, kind=DUE_SOON, subject="", label="", mine=True)


def _item(tx: Tx, state: State, actor: Actor, item: _Waiting, today: date) -> TodoItem:
    record = tx.get(ThreadRecord, (item.thread_id,)) if item.thread_id else None
    other, label = "", item.label or _BY_CODE[item.category].label
    if record is not None:
        other = record.host_unit if record.home_unit == actor.unit else record.home_unit
        if item.kind == "turn" and item.category == tasks.TO_HANDLE:
            label = state_label(record.state)
        elif item.kind == tasks.PAPER:
            label = f"线下办理，待登记：{state_label(record.state)}"
    if item.kind in ("parked", "alarm"):
        label = text_of(Reason(item.reason)) if item.reason in _REASONS else item.reason
    return TodoItem(
        kind=item.kind,
        category=item.category,
        delegation_id=item.thread_id,
        subject_id=item.subject,
        label=label,
        worker_name=_worker(tx, state, record),
        other_unit=other,
        other_name=name_of(state, other),
        due=date.fromisoformat(item.due) if item.due else None,
        overdue=bool(item.due) and item.due < today.isoformat(),
        mine=item.mine,
        reason=item.reason,
        cure=cure_of(item.kind, item.reason),
    )


_REASONS: Final = frozenset(reason.value for reason in Reason)


def _worker(tx: Tx, state: State, record: ThreadRecord | None) -> str:
    if record is None or not record.secret:
        return ""
    try:
        shown = json.loads(state.vault.open(tx, record.thread_id, secret_row(record.thread_id), record.secret))
    except Refusal:
        return ""
    return str(shown.get("worker_name", ""))
