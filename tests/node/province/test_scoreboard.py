"""Bands: where each begins, what is too little to judge, thresholds that have an order; groups of a page."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from delegation.figures import Count, Days, Period, Span, Tally
from node.province.board import Scope
from node.province.grouping import By, Grouping, grouping_of
from node.province.ports import Wanted
from node.province.scoreboard import DEFAULTS, Band, Measure, Scoreboard, judged
from node.settings import NodeSettings, ScoreboardSettings
from tests.node.province.office import TODAY, YEAR

_LEAST = DEFAULTS.least_cases


def _share(part: Count, whole: Count, value: int, of: int) -> Tally:
    return Tally({part: value, whole: of})


@pytest.mark.parametrize(
    ("in_time", "of", "band"),
    [
        (0, 0, Band.NONE), (4, 4, Band.FEW), (0, 4, Band.FEW), (5, 5, Band.GREEN), (95, 100, Band.GREEN),
        (94, 100, Band.YELLOW), (85, 100, Band.YELLOW), (84, 100, Band.RED), (0, 5, Band.RED),
    ],
)  # fmt: skip
def test_a_share_in_time_is_judged_from_its_threshold_on(in_time: int, of: int, band: Band) -> None:
    found = judged(_share(Count.RESULTS_IN_TIME, Count.RESULTS_DUE, in_time, of), Measure.ON_TIME, DEFAULTS)
    assert (found.band, found.of) == (band, of)
    assert found.value == (in_time / of if of else None)


@pytest.mark.parametrize(
    ("quick", "of", "band"),
    [(0, 0, Band.NONE), (4, 4, Band.FEW), (90, 100, Band.GREEN), (89, 100, Band.YELLOW), (74, 100, Band.RED)],
)
def test_a_share_accepted_quickly_is_judged_of_what_was_issued(quick: int, of: int, band: Band) -> None:
    found = judged(_share(Count.ACCEPTED_QUICKLY, Count.ISSUED, quick, of), Measure.QUICK, DEFAULTS)
    assert (found.band, found.of) == (band, of)


@pytest.mark.parametrize(
    ("count", "total", "band"),
    [
        (0, 0, Band.NONE), (4, 4, Band.FEW), (10, 300, Band.GREEN), (10, 301, Band.YELLOW), (10, 450, Band.YELLOW),
        (10, 451, Band.RED),
    ],
)  # fmt: skip
def test_days_are_judged_by_their_mean_the_fewer_the_better(count: int, total: int, band: Band) -> None:
    found = judged(Tally({}, {Span.RESULT: Days(count, 1.0, 1, total)}), Measure.DAYS, DEFAULTS)
    assert found.band is band
    assert found.value == (total / count if count else None)


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from((Measure.QUICK, Measure.ON_TIME)))
def test_more_in_time_is_never_a_worse_band(part: int, more: int, measure: Measure) -> None:
    order = (Band.RED, Band.YELLOW, Band.GREEN)
    counts = {
        Measure.QUICK: (Count.ACCEPTED_QUICKLY, Count.ISSUED),
        Measure.ON_TIME: (Count.RESULTS_IN_TIME, Count.RESULTS_DUE),
    }[measure]
    of = max(part + more, _LEAST)
    before, after = (judged(_share(*counts, value, of), measure, DEFAULTS).band for value in (part, part + more))
    assert order.index(before) <= order.index(after)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quick_green": 0.5, "quick_yellow": 0.6}, {"on_time_green": 1.1}, {"on_time_yellow": -0.1},
        {"days_green": 50.0}, {"days_yellow": 400.0}, {"least_cases": 0}, {"days_green": float("nan")},
        {"quick_green": float("inf")},
    ],
)  # fmt: skip
def test_thresholds_without_an_order_are_refused_in_the_settings_too(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="scoreboard"):
        Scoreboard(**wrong)  # type: ignore[arg-type] # wrong
    with pytest.raises(ValidationError):
        ScoreboardSettings(**wrong)  # type: ignore[arg-type] # wrong


def test_thresholds_come_from_the_operators_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XIEBAN_NODE_SCOREBOARD", '{"days_green": 20, "days_yellow": 25, "least_cases": 10}')
    assert NodeSettings(data_dir=tmp_path).scoreboard.scoreboard() == Scoreboard(
        days_green=20, days_yellow=25, least_cases=10
    )
    monkeypatch.setenv("XIEBAN_NODE_SCOREBOARD", '{"days_gren": 20}')
    with pytest.raises(ValidationError):
        NodeSettings(data_dir=tmp_path)
    monkeypatch.delenv("XIEBAN_NODE_SCOREBOARD")
    assert NodeSettings(data_dir=tmp_path).scoreboard.scoreboard() == DEFAULTS


@pytest.mark.parametrize(
    ("province", "home", "host", "group"),
    [
        ("", "", "", Grouping(By.PROVINCE, ("",))),
        ("", "330000", "", Grouping(By.CITY, ("33",))),
        ("", "33", "51", Grouping(By.CITY, ("33", "51"))),
        ("", "310000", "", Grouping(By.UNIT, ("31",))),
        ("", "310000", "33", Grouping(By.CITY, ("31", "33"))),
        ("", "33", "510100", Grouping(By.UNIT, ("5101",))),
        ("33", "", "", Grouping(By.CITY, ("33",))),
        ("33", "51", "", Grouping(By.CITY, ("33",))),
        ("33", "", "330106", Grouping(By.UNIT, ("330106",))),
        ("31", "", "", Grouping(By.UNIT, ("31",))),
    ],
)
def test_a_page_groups_by_what_it_is_asked_for(province: str, home: str, host: str, group: Grouping) -> None:
    wanted = Wanted(period=Period(YEAR, TODAY), home=home, host=host)
    assert grouping_of(Scope(province), wanted) == group
