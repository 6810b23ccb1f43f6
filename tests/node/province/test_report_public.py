"""The public extract: no small cell, and none that the totals give back."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from node.province.report_public import LEAST, LEFT_OUT, SMALL, Column, published

_MOST = 25  # totals beyond it would take long to try


def _possible(column: Column) -> list[dict[str, int]]:
    """Every set of values that somebody who knows the rules may think of."""
    names = list(column.cells)
    whole = all(cell == LEFT_OUT for cell in column.cells.values())
    most = column.total + 1 if isinstance(column.total, int) else LEAST
    ranges = [
        range(1, LEAST) if cell == SMALL
        else range(0 if whole else LEAST, most) if cell == LEFT_OUT
        else range(int(cell), int(cell) + 1)
        for cell in column.cells.values()
    ]  # fmt: skip
    sums = {column.total} if isinstance(column.total, int) else set(range(1, LEAST))
    return [dict(zip(names, values, strict=True)) for values in product(*ranges) if sum(values) in sums]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_no_small_cell_can_be_computed_back(numbers: list[int]) -> None:
    values = {str(place): number for place, number in enumerate(numbers)}
    total = sum(numbers)
    column = published(values, total=SMALL if 0 < total < LEAST else total)
    possible = _possible(column) if total < _MOST else []
    assert not possible or values in possible
    for name, value in values.items():
        shown = column.cells[name]
        if 0 < value < LEAST:
            assert shown in {SMALL, LEFT_OUT}
            if possible and len(values) > 1:
                assert len({each[name] for each in possible}) > 1, (values, column)
        elif isinstance(shown, int):
            assert shown == value


def test_a_column_without_small_cells_is_whole() -> None:
    assert published({"a": 5, "b": 0, "c": 17}, total=22) == Column({"a": 5, "b": 0, "c": 17}, 22)
    assert published({"a": 2, "b": 9, "c": 30}, total=41).cells == {"a": SMALL, "b": LEFT_OUT, "c": 30}
    assert published({"a": 2, "b": 0}, total=SMALL).cells == {"a": LEFT_OUT, "b": LEFT_OUT}
    assert published({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, total=5).cells["a"] == LEFT_OUT
