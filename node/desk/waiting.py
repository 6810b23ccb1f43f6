"""What waits without a row of its thread: drafts, prepared moves, what was refused, alarms, hosts that changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, TypedDict

from delegation.codes import Kind, Priority
from delegation.deadlines import day_of
from delegation.errors import Reason
from delegation.urgency import begun_on, rank_of
from node import tasks
from node.counterparts import new_parties
from node.desk.guard import PREPARES
from node.desk.labels import kind_label
from node.desk.lists import alarms_for
from node.desk.ports import Actor, Role
from node.desk.seals import approver_seals
from node.desk.todo_categories import TO_APPROVE, TO_REVIEW, TO_SEAL, is_work_of
from node.outbox import SHOW_NOT_FOUND
from node.records import DraftRecord, MoveRecord, OutboxRecord, PartyRecord, TaskRecord, ThreadRecord, from_us
from node.records_people import SubjectRequestRecord
from node.state import State
from node.store import Where
from node.threads import load
from node.writer import Tx

MOST_WAITING: Final = 5_000  # prepared moves, drafts, refused envelopes: of one unit, each
_REFUSED: Final = ("refused", "returned_draft", "untrusted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A thing before anything of it is looked up. `mine`: the actor's roles and his part in it let him do it."""

    category: str
    kind: str
    thread_id: str
    subject: str
    due: str
    mine: bool
    label: str = ""
    reason: str = ""
    code: str = ""  # of its row, where a thread asks for it
    other_unit: str = ""
    since: date | None = None  # of what belongs to no case: the day from which it waits
    priority: Priority = Priority.UNSPECIFIED  # of a letter that has no case yet
    rank_day: str = ""  # by which it is ordered (`delegation.urgency`)


def beside_threads(tx: Tx, state: State, at: datetime, *, actor: Actor, sent_to: Mapping[str, int]) -> list[Waiting]:
    """All of it; bounded a kind. `sent_to`: how many delegations of ours are out, by the other unit."""
    found = [
        *_changed(tx, state, actor, at, sent_to),
        *_drafts(tx, actor),
        *_moves(tx, actor),
        *_requests(tx, actor),
        *_refused(tx, state, actor, at),
    ]
    for alarm in alarms_for(tx, state, actor):
        found.append(
            Waiting(
                category=tasks.TO_HANDLE,
                kind="parked" if alarm.delegation_id else "alarm",
                thread_id=alarm.delegation_id,
                subject=str(alarm.alarm_id),
                due="",
                mine=actor.has(Role.CLERK, Role.APPROVER, Role.SUPERVISOR, Role.ADMINISTRATOR),
                reason=alarm.reason,
                since=day_of(alarm.raised_at),
            )
        )
    return _ranked(tx, found)


def _ranked(tx: Tx, found: list[Waiting]) -> list[Waiting]:
    """With the day that each is ordered by: what a case's own lines have, by its priority and its number."""
    ids = sorted({item.thread_id for item in found if item.thread_id})
    rows = tx.store.select_in(ThreadRecord, ("thread_id", "priority"), "thread_id", ids) if ids else ()
    priorities = {str(thread_id): Priority(int(str(number))) for thread_id, number in rows}
    return [
        replace(
            item,
            rank_day=rank_of(
                date.fromisoformat(item.due) if item.due else None,
                priorities.get(item.thread_id, item.priority),
                since=begun_on(item.thread_id) or item.since,
            ),
        )
        for item in found
    ]


def _changed(tx: Tx, state: State, actor: Actor, at: datetime, sent_to: Mapping[str, int]) -> Iterator[Waiting]:
    """Delegations of ours whose host is another unit by the roster now, and that nothing was issued to yet."""
    if not state.rosters.ready:
        return
    view = state.rosters.current.view
    succeeded = {unit.code for unit in view.units.values() if unit.successions}
    for thread_id, due in _perhaps_changed(tx, actor.unit, succeeded, sent_to).items():
        held = load(tx, state, thread_id)
        changed = new_parties(held.thread, view, at=at) if held is not None and held.thread is not None else None
        if held is None or changed is None or any(item.header.kind is Kind.ISSUED for item in held.pending):
            continue
        yield Waiting(
            category=tasks.TO_HANDLE,
            kind="counterpart",
            thread_id=thread_id,
            subject=changed.host,
            due=due,
            mine=is_work_of(actor, tasks.TO_HANDLE),
            label="受托单位已变更，待再发",
        )


def _perhaps_changed(tx: Tx, unit: str, succeeded: set[str], sent_to: Mapping[str, int]) -> dict[str, str]:
    """Threads of ours with a host on paper or with a party that another succeeded, with their day; few are."""
    ours = (Where("unit", unit), Where("code", tasks.SENT_OUT))
    columns = ("thread_id", "due")
    found: dict[str, str] = {}
    on_paper = (Where("unit", unit), Where("code", tasks.PAPER))  # in the order of their index
    paper = tx.store.select_columns(TaskRecord, ("thread_id",), on_paper, order=("rank_day",), limit=MOST_WAITING)
    if paper:
        ids = [str(thread_id) for (thread_id,) in paper]
        found |= {str(row[0]): str(row[1]) for row in tx.store.select_in(TaskRecord, columns, "thread_id", ids, ours)}
    if unit in succeeded:
        rows = tx.store.select_columns(TaskRecord, columns, ours, limit=MOST_WAITING)
        found |= {str(thread_id): str(due) for thread_id, due in rows}
    elif succeeded:
        for other in sorted(succeeded.intersection(unit for unit, number in sent_to.items() if number)):
            rows = tx.store.select_columns(TaskRecord, columns, (*ours, Where("other_unit", other)), limit=MOST_WAITING)
            found |= {str(thread_id): str(due) for thread_id, due in rows}
    return found


def _drafts(tx: Tx, actor: Actor) -> Iterator[Waiting]:
    where = (Where("unit", actor.unit), Where("state", "pending_approval"))
    for draft in tx.select(DraftRecord, where, limit=MOST_WAITING):
        yield Waiting(
            category=TO_APPROVE,
            kind="approve_draft",
            thread_id="",
            subject=draft.draft_id,
            due="",
            mine=actor.has(Role.APPROVER) and draft.prepared_by != actor.staff_id,
            label="审批委托函",
            **_of_draft(draft),
        )
    presses = actor.has(Role.SEAL_HOLDER) or (actor.has(Role.APPROVER) and approver_seals(tx, actor.unit))
    where = (Where("unit", actor.unit), Where("state", "reviewed"))
    for draft in tx.select(DraftRecord, where, limit=MOST_WAITING):
        yield Waiting(
            category=TO_SEAL,
            kind="approve_draft",
            thread_id="",
            subject=draft.draft_id,
            due="",
            mine=presses and draft.prepared_by != actor.staff_id,
            label="用印：委托函",
            **_of_draft(draft),
        )
    where = (Where("unit", actor.unit), Where("state", "sent_back"))
    for draft in tx.select(DraftRecord, where, limit=MOST_WAITING):
        yield Waiting(
            category=tasks.TO_HANDLE,
            kind="sent_back",
            thread_id="",
            subject=draft.draft_id,
            due="",
            mine=draft.prepared_by == actor.staff_id,
            label="退回修改：委托函",
            **_of_draft(draft),
        )


class _Draft(TypedDict):
    since: date
    priority: Priority


def _of_draft(draft: DraftRecord) -> _Draft:
    return {"since": day_of(from_us(draft.created_at)), "priority": Priority(draft.priority)}


def _moves(tx: Tx, actor: Actor) -> Iterator[Waiting]:
    """Prepared moves: at the host a review, elsewhere an approval; what was reviewed waits for the seal alone."""
    for status in ("prepared", "reviewed", "draft"):
        where = (Where("unit", actor.unit), Where("state", status))
        for move in tx.select(MoveRecord, where, limit=MOST_WAITING):
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
            yield Waiting(
                category=category,
                kind=kind,
                thread_id=move.thread_id,
                subject=move.move_id,
                due="",
                mine=mine,
                label=label,
            )


def _requests(tx: Tx, actor: Actor) -> Iterator[Waiting]:
    """What persons asked about their own data: to answer, then to approve by somebody else."""
    for status, category, label in (
        ("open", tasks.ANSWER, "答复个人信息请求"),
        ("prepared", TO_APPROVE, "审批：个人信息请求的答复"),
    ):
        where = (Where("unit", actor.unit), Where("state", status))
        for row in tx.select(SubjectRequestRecord, where, order=("due",), limit=MOST_WAITING):
            mine = actor.has(*PREPARES) if status == "open" else actor.has(Role.APPROVER)
            yield Waiting(
                category=category,
                kind="request",
                thread_id=row.thread_id,
                subject=row.request_id,
                due=row.due,
                mine=mine and (status == "open" or row.prepared_by != actor.staff_id),
                label=label,
            )


def _refused(tx: Tx, state: State, actor: Actor, at: datetime) -> Iterator[Waiting]:
    """Own envelopes that did not get through: refused, given back, not trusted, not routed, or not found for a day."""
    del state
    for status in (*_REFUSED, "queued"):
        where = (Where("sender_unit", actor.unit), Where("state", status))
        for record in tx.select(OutboxRecord, where, order=("number",), limit=MOST_WAITING):
            late = record.tried_at and at - from_us(record.tried_at) > SHOW_NOT_FOUND
            if status == "queued" and not (record.reason == Reason.NOT_FOUND.value and late):
                continue
            kind = Kind(record.kind)
            not_routed = kind is Kind.ISSUED and record.reason in _NOT_ROUTED
            yield Waiting(
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
