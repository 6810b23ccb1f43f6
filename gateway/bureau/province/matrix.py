"""The flow matrix as a heat table: the prefectures with most in rows and columns, what is left over as one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from delegation.figures import Basis, Count, Span, Tally
from gateway.bureau.province.asking import Addresses
from gateway.bureau.province.words import basis_of, words_of
from node.province.ports import FlowCell

MOST: Final = 12
OTHERS: Final = ""
_LEVELS: Final = 5
# name, label, what a cell's number is of
MEASURES: Final[Mapping[str, tuple[str, Count | Span, Count | None]]] = {
    "issued": ("已发出", Count.ISSUED, None),
    "in_hand": ("在办", Count.IN_HAND, None),
    "late": ("已超期", Count.LATE, None),
    "returned": ("退回补正过", Count.RETURNED, None),
    "refused": ("不予受托过", Count.REFUSED, None),
    "on_time": ("按期率", Count.RESULTS_IN_TIME, Count.RESULTS_DUE),
    "days": ("发出至结果平均天数", Span.RESULT, None),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """Text, heat 0 to 5, and the list behind it (none for what is left over together)."""

    text: str
    heat: int
    address: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows by home, columns by host; an empty code is what is left over."""

    hosts: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


Sum = tuple[int, int]  # numerator, denominator; a count has 1 below


def _sum_of(tally: Tally, measure: str) -> Sum:
    _, asked, of = MEASURES[measure]
    if isinstance(asked, Span):
        days = tally.days.get(asked)
        return (days.total, days.count) if days is not None else (0, 0)
    return tally.counts.get(asked, 0), 1 if of is None else tally.counts.get(of, 0)


def _text(part: int, whole: int, measure: str) -> str:
    _, asked, of = MEASURES[measure]
    if isinstance(asked, Count) and of is None:
        return str(part) if part else ""
    if not whole:
        return ""
    return f"{part / whole * 100:.0f}%" if of is not None else f"{part / whole:.1f}"


def _most(cells: Sequence[FlowCell], place: Callable[[FlowCell], str]) -> tuple[list[str], bool]:
    found: Counter[str] = Counter()
    for cell in cells:
        counts = cell.tally.counts
        found[place(cell)] += counts.get(Count.ISSUED, 0) + counts.get(Count.IN_HAND, 0)
    codes = sorted(found, key=lambda code: (-found[code], code))
    return codes[:MOST], len(codes) > MOST


def matrix_of(cells: Sequence[FlowCell], measure: str, to: Addresses) -> Matrix:
    """The heat table of a measure. Counts and days of what is left over are summed before anything is divided."""
    homes, more_homes = _most(cells, lambda cell: cell.home)
    hosts, more_hosts = _most(cells, lambda cell: cell.host)
    counted = isinstance(MEASURES[measure][1], Count) and MEASURES[measure][2] is None
    sums: dict[tuple[str, str], Sum] = {}
    for cell in cells:
        key = (cell.home if cell.home in homes else OTHERS, cell.host if cell.host in hosts else OTHERS)
        part, whole = _sum_of(cell.tally, measure)
        before = sums.get(key, (0, 0))
        sums[key] = (before[0] + part, 1 if counted else before[1] + whole)
    values = {key: part / whole for key, (part, whole) in sums.items() if whole}
    peak = max((value for (home, host), value in values.items() if home and host), default=0.0)

    def cell_of(home: str, host: str) -> Cell:
        part, whole = sums.get((home, host), (0, 0))
        value = values.get((home, host), 0.0)
        heat = min(_LEVELS, -int(-value * _LEVELS // peak)) if peak and home and host else 0
        linked = home and host and whole
        return Cell(
            _text(part, whole, measure), heat, to.behind(_behind(measure), home=home, host=host) if linked else ""
        )

    rows = (*homes, *((OTHERS,) if more_homes else ()))
    columns = (*hosts, *((OTHERS,) if more_hosts else ()))
    return Matrix(columns, tuple((home, tuple(cell_of(home, host) for host in columns)) for home in rows))


def told_of(measure: str) -> tuple[tuple[str, ...], Basis]:
    """What a cell counts, and of what where it is a share; over which delegations."""
    _, asked, of = MEASURES[measure]
    return tuple(words_of(each)[1] for each in (asked, of) if each is not None), basis_of(asked)


def _behind(measure: str) -> Count | Span:
    _, asked, of = MEASURES[measure]
    return asked if of is None else of
