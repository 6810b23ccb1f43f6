"""Which of several things comes first: the one that is due first, 绿色通道 and 优先 somewhat before their day.

Priority moves a thing forward by a fixed number of working days and no further. So nothing starves: what is ordinary
goes before everything urgent that is due more than that after it, however much of that there is.

What has no due day stands after what has one, and among its like by the day on which its case began (the one in the
delegation's number), with the same bonus: there too age wins over any priority in the end.

A place in a list is no law. Working days here are Monday to Friday, so that the order is the same with any roster and
stays when a calendar is published; legal days are counted in `delegation.deadlines`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeVar

from delegation.codes import Priority
from delegation.digits import DigitError, parse_delegation_number
from delegation.thread_state import ThreadState

BONUS: Final[Mapping[Priority, int]] = MappingProxyType({Priority.GREEN: 5, Priority.PREFERRED: 2})
"""Working days that a priority is worth in every order; the others are worth none."""
MOST_AHEAD: Final = timedelta(days=7)
"""The most natural days that a bonus can be."""
UNDATED: Final = "9999"  # a rank after every day; what has none begins so
_SATURDAY: Final = 5
_T = TypeVar("_T")


def priority_of(thread: ThreadState) -> Priority:
    """The priority of the letter in force; NORMAL for a thread that has no letter."""
    return Priority.NORMAL if thread.letter is None else thread.letter.priority


def rank_day(due: date, priority: Priority) -> date:
    """The day by which a thing is ordered: `due` less its priority's bonus."""
    day = due
    for _ in range(BONUS.get(priority, 0)):
        day -= timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day -= timedelta(days=1)
    return day


def rank_of(due: date | None, priority: Priority, *, since: date | None) -> str:
    """The same as lists store it, to be sorted as text. Without a due day it goes by `since`, after all that have one;
    what has neither comes last.
    """
    if due is not None:
        return rank_day(due, priority).isoformat()
    return f"{UNDATED}-{rank_day(since, priority).isoformat() if since is not None else UNDATED}"


@lru_cache(maxsize=16_384)  # the threads of a busy day; a number says the same for ever
def begun_on(thread_id: str) -> date | None:
    """The day in a delegation's printed number; None for what is no such number."""
    try:
        return parse_delegation_number(thread_id).issued_on
    except DigitError:
        return None


def by_urgency(items: Iterable[_T], *, of: Callable[[_T], str], day: Callable[[_T], date]) -> list[_T]:
    """`items`, each group (`of`, say a thread) at the earliest rank day of its items; within a group as they were."""
    listed = list(items)
    first: dict[str, date] = {}
    for item in listed:
        group = of(item)
        first[group] = min(day(item), first.get(group, date.max))
    return sorted(listed, key=lambda item: first[of(item)])  # stable: of one day the order stays
