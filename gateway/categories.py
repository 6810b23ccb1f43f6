"""The desk's first page: what waits, sorted into the words of the counter. For showing; no rule hangs on it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from node.desk.views import DelegationRow, TodoItem

Level = Literal["none", "yellow", "red"]
_SOON: Final = timedelta(days=3)  # a warning before a due date, natural days

# (our role, state) of a delegation that waits for our unit. What the pair does not name is 待处理.
_BY_STATE: Final = {
    ("host", "issued"): "to_sign",
    ("host", "signed_for"): "to_decide",
    ("host", "accepted"): "to_assign",
    ("host", "supplement_requested"): "to_assign",
    ("host", "in_progress"): "investigating",
    ("host", "withdraw_requested"): "to_confirm_withdrawal",
    ("home", "reported"): "to_check",
    ("home", "returned_for_correction"): "to_correct",
}
_CLOSED: Final = frozenset({"completed", "withdrawn", "cancelled"})
_FINISHED: Final = _CLOSED | {"archived", "ended", "answered", "stated", "in_force"}
_BY_TODO: Final = {
    "approve_draft": "to_approve",
    "approve_move": "to_seal",
    "sent_back": "to_handle",
    "refused": "to_handle",
    "question": "to_answer",
}
_SUPERVISION: Final = "supervise"


@dataclass(frozen=True, slots=True)
class Category:
    """A category with its Chinese label, warning colour and count."""

    code: str
    label: str
    level: Level
    count: int


CATEGORIES: Final[tuple[tuple[str, str, Level], ...]] = (
    ("to_sign", "待签收", "none"),
    ("to_decide", "待受理", "none"),
    ("to_assign", "待分派", "none"),
    ("investigating", "调查中", "none"),
    ("to_seal", "待用印", "none"),
    ("to_check", "待核验", "none"),
    ("to_approve", "待审批", "none"),
    ("to_correct", "待补正", "none"),
    ("to_handle", "待处理", "none"),
    ("to_answer", "待答复", "none"),
    ("to_confirm_withdrawal", "待确认撤回", "none"),
    ("to_answer_supervision", "待回复督办", "none"),
    ("to_archive", "待归档", "none"),
    ("sent_out", "我委托在外", "none"),
    ("due_soon", "即将超期", "yellow"),
    ("overdue", "已超期", "red"),
)


def _codes(row: DelegationRow, today: date) -> Iterable[str]:
    if row.state in _CLOSED:
        yield "to_archive"
    elif row.state not in _FINISHED:
        if row.our_turn:
            yield _BY_STATE.get((row.our_role, row.state), "to_handle")
        if row.our_role == "home":
            yield "sent_out"
        if row.overdue:
            yield "overdue"
        elif row.next_due is not None and row.next_due - today <= _SOON:
            yield "due_soon"


def _todo_code(item: TodoItem) -> str:
    if item.kind == "question" and item.label == _SUPERVISION:  # the node names the clock that runs
        return "to_answer_supervision"
    return _BY_TODO.get(item.kind, "")


def categories(rows: Iterable[DelegationRow], todo: Sequence[TodoItem], *, today: date) -> tuple[Category, ...]:
    """Every category in the order of the page, with its count. A delegation may stand in several."""
    counts = Counter(code for row in rows for code in _codes(row, today))
    counts.update(code for code in map(_todo_code, todo) if code)
    return tuple(Category(code, label, level, counts[code]) for code, label, level in CATEGORIES)
