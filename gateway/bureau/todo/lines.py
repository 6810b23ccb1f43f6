"""Lines of the to-do list and of lists of delegations: where each leads, and how many days are left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from delegation.catalogue import CATALOGUE
from delegation.errors import Reason
from gateway.bureau.render import BASE
from node.desk.cures import cure_of
from node.desk.views import AlarmView, DelegationRow, TodoItem, TodoView

WARNINGS: Final = frozenset({"due_soon", "overdue", "short_time"})
_REASONS: Final = {reason.value: reason for reason in Reason}
_ABOUT_DAYS: Final = {"short_time"}
# alarms whose reason alone says too little: cause and cure by the reason and what it is about
_OF_WHAT: Final = {
    (Reason.UNAVAILABLE.value, "report"): (
        "监管报表到期未能编制",
        "请检查与注册中心的连接和本地副本（xieban doctor）；补齐后自动补做，不必另行编制",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoLine:
    """One thing that waits. `key` names its line on the page and holds no personal data."""

    key: str
    address: str
    item: TodoItem
    days_left: int | None
    cause: str
    label: str  # what is ours to translate of the label
    about: str  # the act that it is about, of the rule book


def text_of_reason(reason: str) -> str:
    """A reason in words; a code that nobody knows as it is."""
    found = _REASONS.get(reason)
    return CATALOGUE[found].text_zh if found is not None else reason


def address_of(item: TodoItem) -> str:
    """Where the work is done."""
    if item.kind == "approve_draft":
        return f"{BASE}/intake/{item.subject_id}/review"
    if item.kind == "sent_back":
        return f"{BASE}/moves/{item.subject_id}/edit" if item.delegation_id else f"{BASE}/intake/{item.subject_id}"
    if item.kind == "approve_move":
        return f"{BASE}/moves/{item.subject_id}"
    if item.kind == "request":
        return f"{BASE}/requests/{item.subject_id}"
    if item.kind == "question":
        return f"{BASE}/cases/{item.delegation_id}#talk"
    if item.kind in ("to_reveal", "void_draw"):
        return f"{BASE}/cases/{item.delegation_id}/draw#t-late"
    return f"{BASE}/cases/{item.delegation_id}" if item.delegation_id else f"{BASE}/alarms"


def line_of(item: TodoItem, today: date) -> TodoLine:
    """A thing as its line."""
    label, _, about = item.label.partition("：")
    return TodoLine(
        key="-".join(filter(None, ("todo", item.kind, item.delegation_id, item.subject_id))),
        address=address_of(item),
        item=item,
        days_left=(item.due - today).days if item.due is not None else None,
        cause=text_of_reason(item.reason) if item.reason else "",
        label=label,
        about=about,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A category as a link: its count for the person, and for the unit where that is another."""

    code: str
    label: str
    level: str
    count: int
    in_unit: int


def tabs_of(view: TodoView) -> tuple[Sequence[Tab], Sequence[Tab]]:
    """Categories of work, and warnings."""
    tabs = [
        Tab(code=each.code, label=each.label, level=each.level, count=each.count, in_unit=each.in_unit)
        for each in view.categories
    ]
    return [each for each in tabs if each.code not in WARNINGS], [each for each in tabs if each.code in WARNINGS]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A delegation in a list."""

    row: DelegationRow
    other_name: str
    days_left: int | None


def case_line(row: DelegationRow, today: date) -> CaseLine:
    """A delegation as its line."""
    unit, name = (row.host_unit, row.host_name) if row.our_role == "home" else (row.home_unit, row.home_name)
    due = row.next_due if row.next_due is not None and (row.overdue or row.next_due >= today) else None
    return CaseLine(row=row, other_name=name or unit, days_left=(due - today).days if due is not None else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLine:
    """An alarm with its cause and cure in words."""

    alarm: AlarmView
    cause: str
    cure: str


def alarm_line(alarm: AlarmView) -> AlarmLine:
    """An alarm as its line."""
    of_what = _OF_WHAT.get((alarm.reason, alarm.details.get("what", "")))
    if of_what is not None:
        return AlarmLine(alarm=alarm, cause=of_what[0], cure=of_what[1])
    return AlarmLine(alarm=alarm, cause=text_of_reason(alarm.reason), cure=cure_of("alarm", alarm.reason))
