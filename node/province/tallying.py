"""Figures of many courses at once, by place: counted from a board's columns, equal to `delegation.figures.tally`.

Whole columns are gathered and counted by C code (`Counter`); a loop in Python for each course would take ten times as
long. Lengths are natural days, of which there are few: a median is read off how often each length occurs.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from delegation.figures import DUE_SOON_DAYS, SPAN_BASIS, Basis, Count, Days, Period, Span, Tally
from node.province.board import Board
from node.province.counted import ENDED_BITS, ISSUED_BITS, NO_DAY, RESULT_BITS
from node.province.ports import Week

ALL: Final = 0  # the key of those who ask for one tally of everything
SPAN_COLUMNS: Final[Mapping[Span, str]] = {
    Span.SIGN: "sign_days", Span.DECIDE: "decide_days", Span.ASSIGN: "assign_days", Span.WORK: "work_days",
    Span.RESULT: "result_days", Span.CHECK: "check_days", Span.WHOLE: "whole_days",
}  # fmt: skip
_DAY_OF: Final = {Basis.ISSUED: "issued_day", Basis.RESULT: "result_day", Basis.ENDED: "ended_day"}
_FLAGS_OF: Final[Mapping[Basis, tuple[str, Count | None, Mapping[Count, int]]]] = {
    Basis.ISSUED: ("issued_flags", Count.ISSUED, ISSUED_BITS),
    Basis.RESULT: ("result_flags", Count.RESULTS, RESULT_BITS),
    Basis.ENDED: ("ended_flags", None, ENDED_BITS),
}
_SUMMED: Final = ((Count.REUSED, "reused"), (Count.DRAW_DEFAULTS, "draw_defaults"))
_COUNTS: Final = tuple(Count)
_SPANS: Final = tuple(Span)
_NUMBER: Final = {count: number for number, count in enumerate(_COUNTS)}


class Sums:
    """Counts and lengths under way, by key. Held by number: an enumeration's member is hashed by code in Python."""

    __slots__ = ("_counts", "_lengths")

    def __init__(self) -> None:
        self._counts: dict[int, list[int]] = {}
        self._lengths: list[dict[int, dict[int, int]]] = [{} for _ in _SPANS]

    def count(self, key: int, count: int, number: int) -> None:
        """So many more of a count, by its number."""
        held = self._counts.get(key)
        if held is None:
            held = self._counts[key] = [0] * len(_COUNTS)
        held[count] += number

    def length(self, key: int, span: int, days: int, number: int) -> None:
        """So many more of this length of a span, by its number."""
        of_span = self._lengths[span]
        held = of_span.get(key)
        if held is None:
            held = of_span[key] = {}
        held[days] = held.get(days, 0) + number

    def tally(self, key: int) -> Tally:
        """What came of one key."""
        counts = self._counts.get(key, ())
        spans = ((span, held.get(key)) for span, held in zip(_SPANS, self._lengths, strict=True))
        return Tally(
            {count: number for count, number in zip(_COUNTS, counts, strict=False) if number},
            {span: days_of_lengths(found) for span, found in spans if found},
        )

    @property
    def keys(self) -> list[int]:
        """Every key that has something."""
        return sorted(self._counts.keys() | set().union(*self._lengths))

    def whole(self) -> Tally:
        """All keys together."""
        together = Sums()
        for counts in self._counts.values():
            for count, number in enumerate(counts):
                together.count(ALL, count, number)
        for span, by_key in enumerate(self._lengths):
            for lengths in by_key.values():
                for days, number in lengths.items():
                    together.length(ALL, span, days, number)
        return together.tally(ALL)


def days_of_lengths(lengths: Mapping[int, int]) -> Days:
    """As `delegation.figures.days_of`, of how often each length occurs."""
    values = sorted(lengths)
    total = sum(lengths.values())
    if len(values) == 1:
        only = values[0]
        return Days(total, float(only), only, only * total)
    half = total // 2
    middle = _ranked(values, lengths, half)
    median = float(middle) if total % 2 else (_ranked(values, lengths, half - 1) + middle) / 2
    p90 = _ranked(values, lengths, math.ceil(total * 0.9) - 1)
    return Days(total, median, p90, sum(days * number for days, number in lengths.items()))


def _ranked(values: Sequence[int], lengths: Mapping[int, int], rank: int) -> int:
    """The value at a rank, from 0."""
    before = 0
    for value in values:
        before += lengths[value]
        if rank < before:
            return value
    raise ValueError("rank")


@dataclass(frozen=True, slots=True)
class Question:
    """Which days: a period, and the one on which lateness is judged; and for which province, empty for the country."""

    period: Period
    today: date
    province: str = ""

    def of(self, board: Board, basis: Basis, chosen: Iterable[int]) -> list[int]:
        """Of the chosen those over which a basis counts."""
        if basis is Basis.STANDING:
            return board.standing(chosen, self.province)
        return board.between(chosen, _DAY_OF[basis], self.period.first.toordinal(), self.period.last.toordinal())

    def late(self, board: Board, chosen: Iterable[int]) -> list[int]:
        """Of the chosen, which are in hand, those whose day has passed."""
        return board.between(chosen, "due_day", NO_DAY + 1, self.today.toordinal() - 1)

    def due_soon(self, board: Board, chosen: Iterable[int]) -> list[int]:
        """Of the chosen those whose day is near."""
        today = self.today.toordinal()
        return board.between(chosen, "due_day", today, today + DUE_SOON_DAYS)


def sums_of(board: Board, chosen: Sequence[int], question: Question, *keys: Sequence[int]) -> list[Sums]:
    """For each column of keys (one value a place of the board) the figures by key."""
    found = [Sums() for _ in keys]
    for basis in Basis:
        places = question.of(board, basis, chosen)
        if not places:
            continue
        columns = {name: board.gathered(name, places) for name in _needed(basis)}
        for sums, key in zip(found, keys, strict=True):
            of_places = list(map(key.__getitem__, places))
            if basis is Basis.STANDING:
                _stand(board, sums, key, places, question)
            else:
                _count(sums, of_places, basis, columns)
    return found


def _needed(basis: Basis) -> list[str]:
    names = [SPAN_COLUMNS[span] for span, of in SPAN_BASIS.items() if of is basis]
    if basis in _FLAGS_OF:
        names.append(_FLAGS_OF[basis][0])
    return [*names, *(name for _, name in _SUMMED)] if basis is Basis.ISSUED else names


def _stand(board: Board, sums: Sums, key: Sequence[int], places: Sequence[int], question: Question) -> None:
    for count, standing in (
        (Count.IN_HAND, places),
        (Count.LATE, question.late(board, places)),
        (Count.DUE_SOON, question.due_soon(board, places)),
    ):
        of = _NUMBER[count]
        for each, number in Counter(map(key.__getitem__, standing)).items():
            sums.count(each, of, number)


def _count(sums: Sums, keys: Sequence[int], basis: Basis, columns: Mapping[str, Sequence[int]]) -> None:
    flags, whole, bits = _FLAGS_OF[basis]
    of_flags: dict[int, list[int]] = {}
    for (key, value), number in Counter(zip(keys, columns[flags], strict=True)).items():
        counts = of_flags.get(value)
        if counts is None:
            counts = of_flags[value] = [_NUMBER[count] for count, bit in bits.items() if value & bit]
            if whole is not None:
                counts.append(_NUMBER[whole])
        for count in counts:
            sums.count(key, count, number)
    if basis is Basis.ISSUED:
        for of, name in _SUMMED:
            count = _NUMBER[of]
            for (key, value), number in Counter(zip(keys, columns[name], strict=True)).items():
                if value:
                    sums.count(key, count, value * number)
    for span, each in enumerate(_SPANS):
        if SPAN_BASIS[each] is basis:
            for (key, days), number in Counter(zip(keys, columns[SPAN_COLUMNS[each]], strict=True)).items():
                if days >= 0:
                    sums.length(key, span, days, number)


def weeks_of(board: Board, chosen: Sequence[int], question: Question) -> tuple[Week, ...]:
    """The period by weeks, from the first with something in it to the last."""
    found: dict[str, Counter[int]] = {}
    for basis in (Basis.ISSUED, Basis.RESULT, Basis.ENDED):
        places = question.of(board, basis, chosen)
        found[basis] = _by_week(board.gathered(_DAY_OF[basis], places))
        if basis is Basis.RESULT:
            flags, due, in_time = board.column("result_flags"), *(
                RESULT_BITS[count] for count in (Count.RESULTS_DUE, Count.RESULTS_IN_TIME)
            )  # fmt: skip
            late = [place for place in places if flags[place] & due and not flags[place] & in_time]
            found["late"] = _by_week(board.gathered("result_day", late))
    mondays = sorted(set().union(*found.values()))
    if not mondays:
        return ()
    return tuple(
        Week(
            monday=date.fromordinal(monday),
            issued=found[Basis.ISSUED][monday],
            results=found[Basis.RESULT][monday],
            results_late=found["late"][monday],
            ended=found[Basis.ENDED][monday],
        )
        for monday in range(mondays[0], mondays[-1] + 1, 7)
    )


def _by_week(days: Iterable[int]) -> Counter[int]:
    weeks: Counter[int] = Counter()
    for day, number in Counter(days).items():
        weeks[day - (day - 1) % 7] += number  # the first day of the calendar was a Monday
    return weeks
