"""The to-do list: every category with its counts, and each thing that waits, the most urgent first.

Read from the rows of `node.tasks` (`task_lines`) and from what waits for a person without a thread's doing (`waiting`).
A category counts what waits for the actor by his roles, and beside that what waits in the whole unit. Nothing is loaded
for a count; of what is listed, the record's columns and the worker's name.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, cast

from delegation.catalogue import text_of
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.urgency import UNDATED
from node import tasks
from node.desk.asked_lines import with_words, words_of_step
from node.desk.cures import cure_of
from node.desk.drafts import told_in_a_line
from node.desk.guard import READS, need
from node.desk.labels import state_label
from node.desk.ports import Actor
from node.desk.rows import name_of, secret_row
from node.desk.task_lines import RANKS, Place, TaskLines, counts_of, own_of
from node.desk.todo_categories import (
    BESIDE,
    BY_CODE,
    CATEGORIES,
    DUE_SOON,
    OVERDUE,
    TASK_CODES,
    category_of,
    is_work_of,
)
from node.desk.views import TodoCategory, TodoItem, TodoView
from node.desk.waiting import Waiting, beside_threads
from node.records import ThreadRecord, from_us
from node.state import State
from node.writer import Tx

__all__ = ["CATEGORIES", "MOST_ITEMS", "MOST_SORTED", "todo"]

MOST_ITEMS: Final = 500
MOST_SORTED: Final = 2_000  # by another order than the due day; more stay in that order, which the store keeps
_RANK_BESIDE: Final = 100
_SORTS: Final = ("due", "changed", "other")
_COLUMNS: Final = ("thread_id", "home_unit", "host_unit", "state", "secret", "changed_at", "change_number")
_REASONS: Final = frozenset(reason.value for reason in Reason)


@dataclass(frozen=True, slots=True)
class _Case:
    """What is shown of a thread."""

    home_unit: str
    host_unit: str
    state: str
    secret: bytes
    changed_at: int
    change_number: int


def todo(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    actor: Actor,
    category: str = "",
    sort: str = "due",
    page_size: int = MOST_ITEMS,
    page_token: str = "",
    mine: bool = False,
) -> TodoView:
    """Counts of every category, and what waits for the actor; of one category everything that the unit has in it.

    `mine`: of delegations, those alone that the actor has in hand (`node.desk.dispatch`), counted and listed.
    Refusal INVALID_INPUT (field category, sort, page_token) for what is none.
    """
    need(actor, state, *READS)
    if category and category not in BY_CODE:
        raise Refusal(Reason.INVALID_INPUT, field="category")
    if sort not in _SORTS:
        raise Refusal(Reason.INVALID_INPUT, field="sort")
    today, size = day_of(at), max(1, min(page_size, MOST_ITEMS))
    counts = counts_of(tx, state, actor.unit, today)
    beside = beside_threads(tx, state, at, actor=actor, sent_to=counts.sent_to)
    changed = frozenset(item.thread_id for item in beside if item.kind == "counterpart")
    lines = TaskLines(tx, state, actor, counts, changed=changed)
    if mine:
        in_hand, rows, counted_own = own_of(tx, actor, today)
        beside = [item for item in beside if item.thread_id in in_hand or (item.mine and not item.thread_id)]
        lines = TaskLines(tx, state, actor, counted_own, changed=changed & in_hand, own=rows)
    in_unit = lines.counts()
    for_actor = Counter({code: number for code, number in in_unit.items() if is_work_of(actor, code)})
    in_unit.update(item.category for item in beside)
    for_actor.update(item.category for item in beside if item.mine)
    total = in_unit[category] if category else sum(for_actor[code] for code in BY_CODE if code not in BESIDE)
    chosen = [item for item in beside if (item.category == category if category else item.mine)]
    page: list[Waiting]
    if sort != "due" and total <= MOST_SORTED:
        page, more = _sorted(tx, lines, chosen, actor, category, sort=sort, size=size, token=page_token)
    else:
        sort = "due"
        page, more = _by_due(lines, chosen, actor, category, size=size, token=page_token)
    counted = tuple(
        TodoCategory(
            code=each.code, label=each.label, level=each.level, count=for_actor[each.code], in_unit=in_unit[each.code]
        )
        for each in CATEGORIES
    )
    cases = _cases(tx, page)
    page = with_words(tx, page, {thread_id: case.state for thread_id, case in cases.items()})
    items = tuple(_item(tx, state, actor, item, cases, at) for item in page)
    return TodoView(categories=counted, items=items, total=total, sort=sort, next_page_token=more)


def _codes(actor: Actor, category: str) -> tuple[str, ...]:
    """Which rows are listed: of the category, or all that are the actor's work."""
    if category:
        return tuple(code for code in TASK_CODES if category_of(code) == category)
    own = (code for code in TASK_CODES if category_of(code) not in BESIDE)
    return tuple(code for code in own if is_work_of(actor, category_of(code)))


def _place_of(item: Waiting) -> Place:
    rank = RANKS[item.code] if item.code else _RANK_BESIDE + list(BY_CODE).index(item.category)
    return Place(item.rank_day, rank, item.thread_id, item.subject)


def _by_due(
    lines: TaskLines, chosen: list[Waiting], actor: Actor, category: str, *, size: int, token: str
) -> tuple[list[Waiting], str]:
    after = _place(token) if token else None

    def order(item: Waiting) -> tuple[str, int, str, str]:
        place = _place_of(item)
        return place.day, place.rank, place.thread_id, place.subject

    if category in (OVERDUE, DUE_SOON):
        found = lines.warned(category, after, size + 1)
    else:
        found = lines.page(_codes(actor, category), after, size + 1)
    where = (after.day, after.rank, after.thread_id, after.subject) if after is not None else None
    found += [item for item in chosen if where is None or order(item) > where]
    if category not in (OVERDUE, DUE_SOON):
        found.sort(key=lambda item: order(item)[:2] if item.code else order(item))  # rows stay as the store has them
    more = ""
    if len(found) > size:
        last = _place_of(found[size - 1])
        more = "|".join((last.day, str(last.rank), last.thread_id, last.subject))
    return found[:size], more


def _place(token: str) -> Place:
    due, rank, thread_id, subject = [*token.split("|"), "", "", "", ""][:4]
    if not due or not rank.isdecimal():
        raise Refusal(Reason.INVALID_INPUT, field="page_token")
    return Place(due, int(rank), thread_id, subject)


def _sorted(
    tx: Tx, lines: TaskLines, chosen: list[Waiting], actor: Actor, category: str, *, sort: str, size: int, token: str
) -> tuple[list[Waiting], str]:
    """By latest change or by the other side: of at most `MOST_SORTED` things. The token is a number of lines."""
    if category in (OVERDUE, DUE_SOON):
        found = lines.warned(category, None, MOST_SORTED)
    else:
        found = lines.page(_codes(actor, category), None, MOST_SORTED)
    found += chosen
    if token and not token.isdecimal():
        raise Refusal(Reason.INVALID_INPUT, field="page_token")
    first = int(token or 0)
    if sort == "changed":
        ids = sorted({item.thread_id for item in found if item.thread_id})
        rows = tx.store.select_in(ThreadRecord, ("thread_id", "change_number"), "thread_id", ids)
        numbers = {str(thread_id): int(str(number)) for thread_id, number in rows}
        found.sort(key=lambda item: -numbers.get(item.thread_id, 0))
    else:
        found.sort(key=lambda item: (item.other_unit or UNDATED, item.rank_day, item.thread_id))
    return found[first : first + size], str(first + size) if len(found) > first + size else ""


def _cases(tx: Tx, page: list[Waiting]) -> Mapping[str, _Case]:
    ids = sorted({item.thread_id for item in page if item.thread_id})
    rows = tx.store.select_in(ThreadRecord, _COLUMNS, "thread_id", ids)
    return {str(row[0]): _Case(*cast("tuple[str, str, str, bytes, int, int]", row[1:])) for row in rows}


def _item(tx: Tx, state: State, actor: Actor, item: Waiting, cases: Mapping[str, _Case], at: datetime) -> TodoItem:
    case, today = cases.get(item.thread_id), day_of(at)
    other, label = "", item.label or BY_CODE[item.category].label
    worker, changed = _worker(tx, state, item.thread_id, case), from_us(case.changed_at) if case is not None else None
    if not item.thread_id and item.kind in ("approve_draft", "sent_back"):
        worker, other, changed = told_in_a_line(tx, state, item.subject, at)
    if case is not None:
        other = case.host_unit if case.home_unit == actor.unit else case.home_unit
        if item.code in (tasks.TO_REVEAL, tasks.VOID_DRAW):
            other = item.other_unit  # whose secret is awaited
        if item.kind == "turn" and item.category == tasks.TO_HANDLE:
            label = words_of_step("home" if case.home_unit == actor.unit else "host", case.state)
        elif item.kind == tasks.PAPER:
            label = f"线下办理，待登记：{state_label(case.state)}"
    if item.kind in ("parked", "alarm"):
        label = text_of(Reason(item.reason)) if item.reason in _REASONS else item.reason
    return TodoItem(
        kind=item.kind,
        category=item.category,
        delegation_id=item.thread_id,
        subject_id=item.subject,
        label=label,
        worker_name=worker,
        other_unit=other,
        other_name=name_of(state, other),
        due=date.fromisoformat(item.due) if item.due else None,
        overdue=bool(item.due) and item.due < today.isoformat(),
        mine=item.mine,
        reason=item.reason,
        cure=cure_of(item.kind, item.reason),
        changed_at=changed,
    )


def _worker(tx: Tx, state: State, thread_id: str, case: _Case | None) -> str:
    if case is None or not case.secret:
        return ""
    try:
        shown = json.loads(state.vault.open(tx, thread_id, secret_row(thread_id), case.secret))
    except Refusal:
        return ""
    return str(shown.get("worker_name", ""))
