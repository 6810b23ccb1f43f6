"""Cities as a page compares them: what they have in hand, and their bands with words and a sign beside the colour."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from delegation.figures import Count, Span
from gateway.bureau.province.asking import Addresses
from gateway.bureau.province.figures import percent
from node.province.board import stem
from node.province.ports import Listed, Overview, PlaceTally
from node.province.scoreboard import Band, Judged, Measure, Scoreboard, judged

# the sign and the word of each band
SIGNS: Final[Mapping[Band, tuple[str, str]]] = {
    Band.GREEN: ("●", "达标"),
    Band.YELLOW: ("▲", "关注"),
    Band.RED: ("■", "未达标"),
    Band.FEW: ("", "样本过少"),
    Band.NONE: ("", "无"),
}
_BEHIND: Final[Mapping[Measure, Count | Span]] = {
    Measure.QUICK: Count.ISSUED,
    Measure.DAYS: Span.RESULT,
    Measure.ON_TIME: Count.RESULTS_DUE,
}
USUAL: Final = "-late"


@dataclass(frozen=True, slots=True)
class Number:
    """A count and its list."""

    value: int
    address: str


@dataclass(frozen=True, slots=True)
class BandCell:
    """A judged measure: its text, the band's sign and word, over how many, their list."""

    measure: str
    text: str
    median: str
    band: str
    sign: str
    word: str
    of: int
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """One city, province or unit: as host, its bands, as home."""

    code: str
    late: Number
    in_hand: Number
    received: Number
    bands: tuple[BandCell, ...]
    overdue: Number
    sent: Number
    sent_in_hand: Number


def rows_of(view: Overview, to: Addresses, sort: str = USUAL) -> tuple[Row, ...]:
    """The lines of the table, sorted by a column; what has no value, or is not judged, comes last either way."""
    late = late_at(view)
    return tuple(_row(each, late[each.code], view.scoreboard, to) for each in sorted_by(view, sort))


def late_at(view: Overview) -> Counter[str]:
    """How many are late with the units of each place, which have to act: as home or as host."""
    stems = {each.code: stem(each.code) for each in view.cities}
    return Counter({
        code: sum(number for unit, number in view.late_with if unit.startswith(begins))
        for code, begins in stems.items()
    })  # fmt: skip


def sorted_by(view: Overview, sort: str) -> list[PlaceTally]:
    """By a column of `COLUMNS`, downwards with a `-` before it; within one value by code."""
    down, column = sort.startswith("-"), sort.removeprefix("-")
    ordered = sorted(view.cities, key=lambda each: each.code)
    if column == "place":
        return ordered[::-1] if down else ordered
    late = late_at(view)
    found = {
        each.code: late[each.code] if column == "late" else _VALUES[column](each, view.scoreboard) for each in ordered
    }
    none = [each for each in ordered if found[each.code] is None]
    rest = [each for each in ordered if found[each.code] is not None]
    return [*sorted(rest, key=lambda each: (found[each.code] or 0) * (-1 if down else 1)), *none]


def _judged(measure: Measure) -> Callable[[PlaceTally, Scoreboard], float | None]:
    def value(place: PlaceTally, board: Scoreboard) -> float | None:
        found = judged(place.as_host, measure, board)
        return found.value if found.band not in {Band.FEW, Band.NONE} else None

    return value


_VALUES: Final[Mapping[str, Callable[[PlaceTally, Scoreboard], float | None]]] = {
    "in_hand": lambda place, _board: place.as_host.counts.get(Count.IN_HAND, 0),
    "received": lambda place, _board: place.as_host.counts.get(Count.ISSUED, 0),
    "accepted_quickly": _judged(Measure.QUICK),
    "days": _judged(Measure.DAYS),
    "on_time": _judged(Measure.ON_TIME),
    "sent": lambda place, _board: place.as_home.counts.get(Count.ISSUED, 0),
    "sent_in_hand": lambda place, _board: place.as_home.counts.get(Count.IN_HAND, 0),
}
COLUMNS: Final = ("place", "late", *_VALUES)  # what a table of cities may be sorted by


def _row(place: PlaceTally, late: int, board: Scoreboard, to: Addresses) -> Row:
    code, host, home = place.code, place.as_host.counts, place.as_home.counts

    def of_host(count: Count) -> Number:
        return Number(host.get(count, 0), to.behind(count, host=code))

    def of_home(count: Count) -> Number:
        return Number(home.get(count, 0), to.behind(count, home=code))

    overdue = host.get(Count.RESULTS_DUE, 0) - host.get(Count.RESULTS_IN_TIME, 0)
    return Row(
        code,
        Number(late, to.to("/list", late_with=code)),
        of_host(Count.IN_HAND),
        of_host(Count.ISSUED),
        tuple(_cell(place, measure, board, to) for measure in Measure),
        Number(overdue, to.to("/list", listed=Listed.RESULTS_LATE.value, host=code)),
        of_home(Count.ISSUED),
        of_home(Count.IN_HAND),
    )


def _cell(place: PlaceTally, measure: Measure, board: Scoreboard, to: Addresses) -> BandCell:
    found = judged(place.as_host, measure, board)
    sign, word = SIGNS[found.band]
    median = ""
    if measure is Measure.DAYS and found.of:
        median = f"{place.as_host.days[Span.RESULT].median:g}"
    return BandCell(
        measure.value,
        _text(found, measure),
        median,
        found.band.value,
        sign,
        word,
        found.of,
        to.behind(_BEHIND[measure], host=place.code) if found.of else "",
    )


def _text(found: Judged, measure: Measure) -> str:
    if found.value is None:
        return ""
    return f"{found.value:.1f}" if measure is Measure.DAYS else percent(found.value)
