"""The words of the counter: every category of the to-do list, its warning's colour, and whose work it is."""

from dataclasses import dataclass
from typing import Final

from node import tasks
from node.desk.guard import READS
from node.desk.ports import Actor, Role

TO_REVIEW, TO_SEAL, TO_APPROVE = "to_review", "to_seal", "to_approve"
DUE_SOON, OVERDUE = "due_soon", "overdue"

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
    Category(tasks.TO_REVEAL, "待揭示", "none", _DOES),
    Category(tasks.TO_ARCHIVE, "待归档", "none", _DOES),
    Category(tasks.SENT_OUT, "我委托在外", "none", _ANYBODY),
    Category(DUE_SOON, "即将超期", "yellow", _ANYBODY),
    Category(OVERDUE, "已超期", "red", _ANYBODY),
    Category(tasks.SHORT_TIME, "法定时限不足", "red", _ANYBODY),
)
BY_CODE: Final = {category.code: category for category in CATEGORIES}
IN_CATEGORY: Final = {tasks.QUESTION: tasks.ANSWER, tasks.PAPER: tasks.TO_HANDLE, tasks.VOID_DRAW: tasks.TO_HANDLE}
TURNS: Final = frozenset({
    tasks.TO_SIGN, tasks.TO_DECIDE, tasks.TO_ASSIGN, tasks.INVESTIGATING, tasks.TO_CHECK, tasks.TO_CORRECT,
    tasks.TO_HANDLE, tasks.CONFIRM_WITHDRAWAL, tasks.PAPER, tasks.TO_REVEAL, tasks.VOID_DRAW,
})  # fmt: skip
# Not waiting for anyone here: shown when asked for by name.
BESIDE: Final = frozenset({tasks.SENT_OUT, DUE_SOON, OVERDUE, tasks.SHORT_TIME})
# What threads ask (`node.tasks`); those of one day stand in the order of their categories' codes.
TASK_CODES: Final = (
    tasks.TO_SIGN, tasks.TO_DECIDE, tasks.TO_ASSIGN, tasks.INVESTIGATING, tasks.TO_CHECK, tasks.TO_CORRECT,
    tasks.TO_HANDLE, tasks.PAPER, tasks.ANSWER, tasks.QUESTION, tasks.CONFIRM_WITHDRAWAL, tasks.SUPERVISED,
    tasks.TO_REVEAL, tasks.VOID_DRAW, tasks.TO_ARCHIVE, tasks.SENT_OUT, tasks.SHORT_TIME,
)  # fmt: skip


def category_of(code: str) -> str:
    """The category of what a thread asks."""
    return IN_CATEGORY.get(code, code)


def is_work_of(actor: Actor, category: str) -> bool:
    """Whether one of the actor's roles does such work."""
    return actor.has(*BY_CODE[category].roles)
