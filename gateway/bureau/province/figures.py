"""Figures as a page shows them: each with its words, its number and the address of its list."""

from dataclasses import dataclass
from typing import Final

from delegation.figures import BASIS, SHARES, Basis, Count, Span, Tally
from gateway.bureau.province.asking import Addresses
from gateway.bureau.province.words import BASES, SHARE_LABELS, basis_of, words_of

NOW: Final = (Count.IN_HAND, Count.DUE_SOON, Count.LATE)
OF_ISSUED: Final = tuple(each for each in Count if BASIS[each] is Basis.ISSUED)
OF_RESULTS: Final = tuple(each for each in Count if BASIS[each] is Basis.RESULT)
OF_ENDED: Final = tuple(each for each in Count if BASIS[each] is Basis.ENDED)
ON_PAPER: Final = (Count.IN_HAND, Count.LATE, Count.ISSUED, Count.RESULTS, Count.COMPLETED)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its label, what it counts, over which, and its list."""

    key: str
    label: str
    counts: str
    basis: str
    value: int
    address: str


@dataclass(frozen=True, slots=True)
class Share:
    """A share with the two counts that it is made of; `percent` is empty where there is nothing to divide by."""

    key: str
    label: str
    percent: str
    part: Figure
    whole: Figure


@dataclass(frozen=True, slots=True)
class Step:
    """Days of one step."""

    figure: Figure
    median: str
    p90: str
    mean: str


def figure(tally: Tally, asked: Count, to: Addresses, **changed: str) -> Figure:
    """A count."""
    label, counts = words_of(asked)
    address = to.behind(asked, **changed)
    return Figure(asked.value, label, counts, BASES[basis_of(asked)], tally.counts.get(asked, 0), address)


def share(tally: Tally, name: str, to: Addresses) -> Share:
    """A share."""
    part, whole = SHARES[name]
    return Share(
        name, SHARE_LABELS[name], percent(tally.share(name)), figure(tally, part, to), figure(tally, whole, to)
    )


def step(tally: Tally, asked: Span, to: Addresses) -> Step:
    """Days of a step; its figure is how many there were."""
    label, counts = words_of(asked)
    days = tally.days.get(asked)
    basis = BASES[basis_of(asked)]
    if days is None or not days.count:
        return Step(Figure(asked.value, label, counts, basis, 0, to.behind(asked)), "", "", "")
    found = Figure(asked.value, label, counts, basis, days.count, to.behind(asked))
    return Step(found, f"{days.median:g}", str(days.p90), f"{days.mean:.1f}")


def percent(value: float | None) -> str:
    """12.3%; empty for none."""
    return "" if value is None else f"{value * 100:.1f}%"
