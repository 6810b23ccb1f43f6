"""The lines of a province's weeks: within their frame, one point a week, and a line where there is one week alone."""

from datetime import date, timedelta

import pytest

from gateway.bureau.province.trend import HEIGHT, WIDTH, trend_of
from node.province.ports import Week


def points(line: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (each.split(",") for each in line.split())]


@pytest.mark.parametrize("issued", [[3], [0, 4], [1, 5, 2], [0] * 53])
def test_a_line_lies_in_its_frame(issued: list[int]) -> None:
    weeks = [
        Week(date(2026, 1, 5) + timedelta(weeks=number), issued=each, results=0, results_late=0, ended=0)
        for number, each in enumerate(issued)
    ]
    found = trend_of(weeks)
    drawn = points(found.issued)
    assert len(drawn) == max(2, len(issued))
    assert len({x for x, _ in drawn}) == len(drawn)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn)
    assert found.top == max(issued)
    if len(issued) > 1:  # the more, the higher
        heights = [y for _, y in drawn]
        assert sorted(issued) == [issued[at] for at in sorted(range(len(issued)), key=lambda n: -heights[n])]


def test_no_weeks_are_no_line() -> None:
    assert trend_of([]).issued == ""
