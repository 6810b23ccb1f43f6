"""Bands in the manner of the European IMI scoreboard: how a place does as host, as green, yellow or red.

Three measures: the share accepted within three working days, the average natural days from letter to result, and the
share of results within the agreed day. Where a band begins is the operator's (`NodeSettings.scoreboard`); the numbers
here are this program's own defaults, of no law. What rests on too few delegations is not judged.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from delegation.figures import SHARES, Span, Tally

_MOST_DAYS: Final = 366
_MOST_CASES: Final = 1000


class Band(StrEnum):
    """What a measure is judged as."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    FEW = "few"  # too few delegations to judge
    NONE = "none"  # no delegation at all


class Measure(StrEnum):
    """What is judged."""

    QUICK = "accepted_quickly"
    DAYS = "days"
    ON_TIME = "on_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoreboard:
    """Where bands begin. Shares between 0 and 1, at least; days, at most. Raises ValueError for what has no order."""

    quick_green: float = 0.90
    quick_yellow: float = 0.75
    days_green: float = 30.0
    days_yellow: float = 45.0
    on_time_green: float = 0.95
    on_time_yellow: float = 0.85
    least_cases: int = 5

    def __post_init__(self) -> None:
        numbers = (self.quick_green, self.quick_yellow, self.days_green, self.days_yellow, self.on_time_green)
        if not all(map(math.isfinite, (*numbers, self.on_time_yellow))):
            raise ValueError("scoreboard: not a number")
        for name, green, yellow in (
            ("quick", self.quick_green, self.quick_yellow),
            ("on_time", self.on_time_green, self.on_time_yellow),
        ):
            if not 0 <= yellow <= green <= 1:
                raise ValueError(f"scoreboard: 0 <= {name}_yellow <= {name}_green <= 1")
        if not 0 <= self.days_green <= self.days_yellow <= _MOST_DAYS:
            raise ValueError(f"scoreboard: 0 <= days_green <= days_yellow <= {_MOST_DAYS}")
        if not 1 <= self.least_cases <= _MOST_CASES:
            raise ValueError(f"scoreboard: 1 <= least_cases <= {_MOST_CASES}")


DEFAULTS: Final = Scoreboard()


@dataclass(frozen=True, slots=True)
class Judged:
    """A measure of a place: its band, the share or the average days, over how many delegations."""

    band: Band
    value: float | None
    of: int


def judged(tally: Tally, measure: Measure, board: Scoreboard) -> Judged:
    """The band of a measure of the figures of one place."""
    if measure is Measure.DAYS:
        days = tally.days.get(Span.RESULT)
        if days is None or not days.count:
            return Judged(Band.NONE, None, 0)
        return Judged(
            _band(-days.mean, -board.days_green, -board.days_yellow, days.count, board), days.mean, days.count
        )
    share, of = tally.share(measure.value), tally.counts.get(SHARES[measure.value][1], 0)
    if share is None:
        return Judged(Band.NONE, None, 0)
    if measure is Measure.QUICK:
        return Judged(_band(share, board.quick_green, board.quick_yellow, of, board), share, of)
    return Judged(_band(share, board.on_time_green, board.on_time_yellow, of, board), share, of)


def _band(value: float, green: float, yellow: float, of: int, board: Scoreboard) -> Band:
    if of < board.least_cases:
        return Band.FEW
    if value >= green:
        return Band.GREEN
    return Band.YELLOW if value >= yellow else Band.RED
