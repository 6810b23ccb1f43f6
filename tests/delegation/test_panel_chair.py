"""Who presides over an expert group follows from titles and the draw (protocol 13.10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.panel_chair import chair_by_rank, chair_of
from delegation.specialties import CHIEF_TITLES, SENIOR_TITLES, is_senior, title_rank

RANKS = st.lists(st.integers(0, 2), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("title", "rank"),
    [
        ("主任医师", 2), ("副主任医师", 1), ("副主任医师、教授", 2), ("副教授", 1), ("高级工程师", 1),
        ("正高级工程师", 2), ("主治医师", 0), ("", 0), ("名誉主任医师", 0),
    ],
)  # fmt: skip
def test_a_title_has_a_rank(title: str, rank: int) -> None:
    assert title_rank(title) == rank
    assert (rank > 0) == is_senior(title)


def test_chief_titles_are_senior_ones_and_not_all() -> None:
    assert CHIEF_TITLES < SENIOR_TITLES
    assert not any(title.startswith("副") for title in CHIEF_TITLES)


def test_the_highest_title_presides_then_the_first_drawn() -> None:
    assert chair_of(["副主任医师", "主任医师", "教授"]) == 1
    assert chair_of(["副主任医师", "副主任医师"]) == 0
    assert chair_of([]) is None


@given(RANKS)
def test_nobody_outranks_the_chair_and_nobody_of_the_same_rank_was_drawn_before(ranks: list[int]) -> None:
    found = chair_by_rank(ranks)
    assert found is not None
    assert all(rank <= ranks[found] for rank in ranks)
    assert all(rank < ranks[found] for rank in ranks[:found])
