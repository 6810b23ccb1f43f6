"""The weeks of a trend as positions of an SVG drawn here; the same numbers stand in a table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.province.ports import Week

WIDTH: Final = 720
HEIGHT: Final = 180
_LEFT: Final = 40
_TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Trend:
    """Points of two lines, the highest value, and the weeks."""

    issued: str
    results: str
    top: int
    weeks: tuple[Week, ...]


def trend_of(weeks: Sequence[Week]) -> Trend:
    """The lines of letters issued and of results."""
    top = max((max(each.issued, each.results) for each in weeks), default=0)
    apart = (WIDTH - _LEFT - 10) / max(1, len(weeks) - 1)

    def line(values: Sequence[int]) -> str:
        shown = values if len(values) > 1 else [*values, *values]  # a point alone is no line
        points = (
            f"{_LEFT + number * apart:.1f},{_TOP + HEIGHT - 30 - value / max(1, top) * (HEIGHT - 40):.1f}"
            for number, value in enumerate(shown)
        )
        return " ".join(points)

    return Trend(line([each.issued for each in weeks]), line([each.results for each in weeks]), top, tuple(weeks))
