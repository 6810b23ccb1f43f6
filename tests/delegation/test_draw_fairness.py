"""Whether the draw is uniform, by chi-square over fixed seeds.

Each comparison fails when a fair draw would give so uneven a count less than once in a million times. There are ten of
them, so that a fair draw would fail this file about once in 100,000 times with seeds of chance. The seeds are fixed: it
passes always or never, and the last test shows that the yardstick tells a biased draw.
"""

from collections import Counter
from hashlib import sha256
from itertools import combinations
from math import exp, lgamma, log

import pytest

from delegation.draw import Picks, Stratum, picks

FALSE_ALARM = 1e-6


def chance(statistic: float, freedom: int) -> float:
    """How likely chi-square with so many degrees of freedom is above this: 1 - P(k/2, x/2), by the series of P."""
    shape, at = freedom / 2, statistic / 2
    term = exp(shape * log(at) - at - lgamma(shape + 1))
    below, step = term, 0
    while term > below * 1e-17:
        step += 1
        term *= at / (shape + step)
        below += term
    return 1 - below


def chi_square(counts: Counter[object], cells: int, expected: float) -> float:
    """Over all cells, the empty ones too."""
    seen = sum((count - expected) ** 2 / expected for count in counts.values())
    return seen + (cells - len(counts)) * expected


def draws(strata: list[Stratum], times: int, *, name: str) -> list[tuple[Picks, ...]]:
    return [picks(sha256(f"fairness/{name}/{i}".encode()).digest(), strata) for i in range(times)]


def test_the_yardstick() -> None:
    """Tabulated: 38.26 at 6 degrees and 23.93 at 1 are exceeded once in a million, 67.50 at 50 once in twenty."""
    assert chance(38.258, 6) == pytest.approx(1e-6, rel=1e-3)
    assert chance(23.928, 1) == pytest.approx(1e-6, rel=1e-3)
    assert chance(67.505, 50) == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize("eligible", [7, 50])
def test_each_expert_sits_equally_often(eligible: int) -> None:
    times = 20_000
    counts = Counter[object]()
    for (drawn,) in draws([Stratum(3, 0, eligible)], times, name=f"seats {eligible}"):
        counts.update(drawn.seats)
    # three of one draw are not independent: without replacement the statistic is smaller by (n - 3) / (n - 1)
    found = chi_square(counts, eligible, times * 3 / eligible) * (eligible - 1) / (eligible - 3)
    assert chance(found, eligible - 1) > FALSE_ALARM


def test_each_place_of_the_order_is_uniform() -> None:
    """First seat, second, third, first reserve, second: none of them prefers anybody."""
    times, eligible = 20_000, 23
    found = draws([Stratum(3, 2, eligible)], times, name="order")
    for place in range(5):
        counts = Counter[object]((drawn.seats + drawn.reserves)[place] for (drawn,) in found)
        assert chance(chi_square(counts, eligible, times / eligible), eligible - 1) > FALSE_ALARM


def test_each_pair_sits_together_equally_often() -> None:
    """Nobody is drawn with a friend: first two seats, as an unordered pair."""
    times, eligible = 30_000, 16
    pairs = list(combinations(range(eligible), 2))
    counts = Counter[object](
        tuple(sorted(drawn.seats[:2])) for (drawn,) in draws([Stratum(3, 0, eligible)], times, name="pairs")
    )
    assert chance(chi_square(counts, len(pairs), times / len(pairs)), len(pairs) - 1) > FALSE_ALARM


def test_strata_are_drawn_apart() -> None:
    """Whom one stratum gives tells nothing of the next."""
    times, eligible = 30_000, 12
    strata = [Stratum(1, 0, eligible), Stratum(2, 0, eligible)]
    counts = Counter[object]((one.seats[0], two.seats[0]) for one, two in draws(strata, times, name="strata"))
    assert chance(chi_square(counts, eligible**2, times / eligible**2), eligible**2 - 1) > FALSE_ALARM


def test_successive_draws_are_apart() -> None:
    """What a repeated draw gives hangs in no way on the draw before it."""
    times, eligible = 30_000, 12
    found = draws([Stratum(3, 0, eligible)], times, name="repeats")
    counts = Counter[object](
        (before.seats[0], after.seats[0]) for (before,), (after,) in zip(found[::2], found[1::2], strict=True)
    )
    assert chance(chi_square(counts, eligible**2, times / 2 / eligible**2), eligible**2 - 1) > FALSE_ALARM


def test_a_biased_draw_is_told() -> None:
    """The yardstick itself: remainders without rejection, of words of eight bits, fail it."""
    eligible = 50
    counts = Counter[object]()
    for i in range(20_000):
        counts[sha256(b"biased %d" % i).digest()[0] % eligible] += 1
    assert chance(chi_square(counts, eligible, 20_000 / eligible), eligible - 1) < FALSE_ALARM
