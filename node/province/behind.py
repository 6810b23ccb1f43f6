"""The courses behind a figure: which they are, and in which order a list shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from heapq import nsmallest
from typing import Final

from delegation.errors import Reason, Refusal
from delegation.figures import BASIS, SPAN_BASIS, Basis, Count, Period
from node.province.board import Board
from node.province.counted import ENDED_BITS, ISSUED_BITS, RESULT_BITS
from node.province.ports import Behind
from node.province.tallying import SPAN_COLUMNS, Question

_MOST_TOKEN: Final = 128
_FLAGS: Final = {
    **{count: ("issued_flags", bit) for count, bit in ISSUED_BITS.items()},
    **{count: ("result_flags", bit) for count, bit in RESULT_BITS.items()},
    **{count: ("ended_flags", bit) for count, bit in ENDED_BITS.items()},
}
_SUMMED: Final = {Count.REUSED: "reused", Count.DRAW_DEFAULTS: "draw_defaults"}


def places_behind(board: Board, chosen: Sequence[int], question: Question, behind: Behind) -> list[int]:
    """Places of the courses that a figure counts; with a week, of that week's part of the period alone.

    Without count and span: those of `late_with`, those issued in the week, else every course that is in hand or has
    been issued, given a result or ended in the period.
    """
    asked = _in_week(question, behind)
    if asked is None:
        return []
    found = list(chosen)
    if behind.late_with:
        late_with = board.units.table(lambda unit: unit == behind.late_with)
        units = board.column("due_with")
        found = [place for place in asked.late(board, found) if late_with[units[place]]]
    if behind.count is not None:
        found = _counted(board, found, asked, behind.count)
    if behind.span is not None:
        column = board.column(SPAN_COLUMNS[behind.span])
        found = [place for place in asked.of(board, SPAN_BASIS[behind.span], found) if column[place] >= 0]
    if behind.count is not None or behind.span is not None or behind.late_with:
        return found
    if behind.week is not None:
        return asked.of(board, Basis.ISSUED, found)
    return sorted(set().union(*(asked.of(board, basis, found) for basis in Basis)))


def _in_week(question: Question, behind: Behind) -> Question | None:
    if behind.week is None:
        return question
    monday = behind.week - timedelta(days=behind.week.weekday())
    first, last = max(question.period.first, monday), min(question.period.last, monday + timedelta(days=6))
    return Question(Period(first, last), question.today) if first <= last else None


def _counted(board: Board, chosen: Sequence[int], question: Question, count: Count) -> list[int]:
    found = question.of(board, BASIS[count], chosen)
    if count is Count.LATE:
        return question.late(board, found)
    if count is Count.DUE_SOON:
        return question.due_soon(board, found)
    if count in _SUMMED:
        summed = board.column(_SUMMED[count])
        return [place for place in found if summed[place]]
    if count in _FLAGS:
        name, bit = _FLAGS[count]
        flags = board.column(name)
        return [place for place in found if flags[place] & bit]
    return found  # in hand, issued, results: everything that the basis counts over


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """The place in a list: the earliest agreed day first, a priority's bonus allowed for; see `Board`."""

    number: int
    thread_id: str

    @property
    def token(self) -> str:
        """As a page's token."""
        return f"{self.number}.{self.thread_id}"


def rank_of_token(token: str) -> Rank | None:
    """The last line of the page before; None for the first page. Refusal INVALID_INPUT for anything else."""
    if not token:
        return None
    number, _, thread_id = token.partition(".")
    if len(token) > _MOST_TOKEN or not (number.isascii() and number.isdigit()) or not thread_id:
        raise Refusal(Reason.INVALID_INPUT, field="page_token")
    return Rank(int(number), thread_id)


def page_of(board: Board, places: Iterable[int], *, after: Rank | None, limit: int) -> list[Rank]:
    """The next `limit` of them."""
    numbers, threads = board.column("rank"), board.threads
    ranks = ((numbers[place], threads[place]) for place in places)
    if after is not None:
        last = (after.number, after.thread_id)
        ranks = (rank for rank in ranks if rank > last)
    return [Rank(number, thread_id) for number, thread_id in nsmallest(limit, ranks)]
