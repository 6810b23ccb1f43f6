"""What of a report may be published: few counts, by city and by matter, and no small cell.

A number from 1 to 4 is shown as `<5`. Where the total would give it back, the smallest other cells of the same column
are left out too (`*`, five or more), until every small cell has at least two possible values; where there are not
enough, the whole column is left out (`*`, any number). Counts that lie in one another (in time within results, signed
within issued) and flows, whose margins are the tables by city, are not published at all: their differences would tell.
NOT hidden: what two reports of overlapping periods tell together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from delegation.figures import Count
from node.province.report_counting import WHOLE, Json
from node.province.report_words import COUNTS
from node.province.reports import Report

FORMAT: Final = "xieban-report-public-1"
SMALL: Final = "<5"
LEFT_OUT: Final = "*"
LEAST: Final = 5
PUBLISHED: Final = (Count.ISSUED, Count.RESULTS, Count.COMPLETED, Count.IN_HAND)
_ELSEWHERE: Final = "elsewhere"  # cities outside the province, together
Cell = int | str


@dataclass(frozen=True, slots=True)
class Column:
    """One count over the rows of a table, and its total."""

    cells: Mapping[str, Cell]
    total: Cell


def published(values: Mapping[str, int], *, total: Cell) -> Column:
    """The cells of one column that add up to the total; what may be shown of them."""
    if isinstance(total, str):  # small itself, and every cell of it
        return Column(dict.fromkeys(values, LEFT_OUT), total)
    hidden = {name for name, value in values.items() if 0 < value < LEAST}
    left_out: set[str] = set()
    others = sorted((value, name) for name, value in values.items() if value >= LEAST)
    while hidden and not _safe([values[name] for name in hidden], [values[name] for name in left_out]):
        if not others:
            return Column(dict.fromkeys(values, LEFT_OUT), total)
        left_out.add(others.pop(0)[1])
    return Column({name: _shown(name, value, hidden, left_out) for name, value in values.items()}, total)


def _shown(name: str, value: int, hidden: set[str], left_out: set[str]) -> Cell:
    if name in hidden:
        return SMALL
    return LEFT_OUT if name in left_out else value


def _safe(small: Sequence[int], left_out: Sequence[int]) -> bool:
    """Whether each small cell may have at least two values, for who knows the rest, the sum and these rules."""
    together, others = sum(small) + sum(left_out), len(small) - 1
    most_of_rest = None if left_out else others * (LEAST - 1)
    least = 1 if most_of_rest is None else max(1, together - most_of_rest)
    most = min(LEAST - 1, together - others - LEAST * len(left_out))
    return most > least


def extract(report: Report) -> Json:
    """The public form of a report; it names the report by its digest."""
    whole = _counts(cast("Json", report.figures[WHOLE]))
    totals: dict[Count, Cell] = {
        count: SMALL if 0 < whole.get(count, 0) < LEAST else whole.get(count, 0) for count in PUBLISHED
    }
    cities = cast("dict[str, dict[str, Json]]", report.figures["cities"])
    matters = {name: _counts(each) for name, each in cast("dict[str, Json]", report.figures["matters"]).items()}
    return {
        "format": FORMAT,
        "of": report.digest,
        "province": report.province,
        "period": report.data["period"],
        "definitions": {count.value: dict(zip(("zh", "en"), COUNTS[count], strict=True)) for count in PUBLISHED},
        "total": {count.value: totals[count] for count in PUBLISHED},
        "by_home": _table(_by_city(cities, "as_home", report.province), totals),
        "by_host": _table(_by_city(cities, "as_host", report.province), totals),
        "by_matter": _table(matters, totals),
    }


def _counts(figures: Json) -> dict[Count, int]:
    return {Count(name): int(number) for name, number in cast("dict[str, int]", figures["counts"]).items()}


def _by_city(cities: Mapping[str, Mapping[str, Json]], side: str, province: str) -> dict[str, dict[Count, int]]:
    found: dict[str, dict[Count, int]] = {}
    for city, sides in cities.items():
        row = found.setdefault(city if city.startswith(province) else _ELSEWHERE, {})
        for count, number in _counts(sides[side]).items():
            row[count] = row.get(count, 0) + number
    return found


def _table(rows: Mapping[str, Mapping[Count, int]], totals: Mapping[Count, Cell]) -> Json:
    columns = {
        count: published({name: row.get(count, 0) for name, row in rows.items()}, total=totals[count])
        for count in PUBLISHED
    }
    return {name: {count.value: columns[count].cells[name] for count in PUBLISHED} for name in sorted(rows)}
