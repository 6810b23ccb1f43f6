"""The courses behind a figure: which they are, and in which order a list shows them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from heapq import nsmallest
from typing import Final

from delegation.errors import Reason, Refusal
from delegation.figures import BASIS, SPAN_BASIS, Basis, Count, Period
from node.province.board import Board, stem
from node.province.counted import ENDED_BITS, ISSUED_BITS, RESULT_BITS
from node.province.ports import USUAL, Behind, Listed, SortBy, Sorting
from node.province.tallying import SPAN_COLUMNS, Question

_MOST_TOKEN: Final = 128
_FLAGS: Final = {
    **{count: ("issued_flags", bit) for count, bit in ISSUED_BITS.items()},
    **{count: ("result_flags", bit) for count, bit in RESULT_BITS.items()},
    **{count: ("ended_flags", bit) for count, bit in ENDED_BITS.items()},
}
_DUE, _IN_TIME = RESULT_BITS[Count.RESULTS_DUE], RESULT_BITS[Count.RESULTS_IN_TIME]
_REGION: Final = 6
_DOWN: Final = 100_000_000  # above every number that a list is sorted by
_SORTED: Final = {SortBy.URGENCY: "rank", SortBy.ISSUED: "issued_day", SortBy.MATTER: "matter"}
_SORTED_BY_PLACE: Final = {SortBy.HOME: "home", SortBy.HOST: "host"}
_SUMMED: Final = {Count.REUSED: "reused", Count.DRAW_DEFAULTS: "draw_defaults"}


def places_behind(board: Board, chosen: Sequence[int], question: Question, behind: Behind) -> list[int]:
    """Places of the courses that a figure counts; with a week, of that week's part of the period alone.

    Without any: those of `late_with`, those issued in the week, else every course that is in hand or has
    been issued, given a result or ended in the period.
    """
    asked = _in_week(question, behind)
    if asked is None:
        return []
    found = list(chosen)
    if behind.late_with:
        begins = stem(behind.late_with)
        late_with = board.units.table(lambda unit: unit.startswith(begins))
        units = board.column("due_with")
        in_hand = asked.of(board, Basis.STANDING, found)
        found = [place for place in asked.late(board, in_hand) if late_with[units[place]]]
    if behind.count is not None:
        found = _counted(board, found, asked, behind.count)
    if behind.span is not None:
        column = board.column(SPAN_COLUMNS[behind.span])
        found = [place for place in asked.of(board, SPAN_BASIS[behind.span], found) if column[place] >= 0]
    if behind.listed is not None:
        found = _listed(board, found, asked, behind.listed)
    if behind.count is not None or behind.span is not None or behind.listed is not None or behind.late_with:
        return found
    if behind.week is not None:
        return asked.of(board, Basis.ISSUED, found)
    return sorted(set().union(*(asked.of(board, basis, found) for basis in Basis)))


def _in_week(question: Question, behind: Behind) -> Question | None:
    if behind.week is None:
        return question
    monday = behind.week - timedelta(days=behind.week.weekday())
    first, last = max(question.period.first, monday), min(question.period.last, monday + timedelta(days=6))
    return replace(question, period=Period(first, last)) if first <= last else None


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


def _listed(board: Board, chosen: Sequence[int], question: Question, listed: Listed) -> list[int]:
    if listed is Listed.ENDED:
        return question.of(board, Basis.ENDED, chosen)
    flags = board.column("result_flags")
    return [place for place in question.of(board, Basis.RESULT, chosen) if flags[place] & (_DUE | _IN_TIME) == _DUE]


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """The place in a list: the number that it is sorted by, then the thread."""

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


def page_of(
    board: Board, places: Iterable[int], *, after: Rank | None, limit: int, sorting: Sorting = USUAL
) -> list[Rank]:
    """The next `limit` of them."""
    number, threads = _number_of(board, sorting.by), board.threads
    ranks = ((_DOWN - number(place) if sorting.down else number(place), threads[place]) for place in places)
    if after is not None:
        last = (after.number, after.thread_id)
        ranks = (rank for rank in ranks if rank > last)
    return [Rank(number, thread_id) for number, thread_id in nsmallest(limit, ranks)]


def _number_of(board: Board, by: SortBy) -> Callable[[int], int]:
    if by in _SORTED:
        return board.column(_SORTED[by]).__getitem__
    units = board.column(_SORTED_BY_PLACE[by])
    regions = [int(unit[:_REGION] or 0) for unit in board.units.texts]
    return lambda place: regions[units[place]]
