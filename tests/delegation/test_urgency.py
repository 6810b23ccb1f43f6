"""Priority moves a thing forward by a fixed number of working days: nothing starves, and the order is one order."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from delegation.codes import Priority
from delegation.urgency import BONUS, MOST_AHEAD, by_urgency, rank_day

A_DAY = st.dates(date(2026, 1, 1), date(2027, 12, 31))
A_PRIORITY = st.sampled_from(Priority)
PLAIN = st.sampled_from([Priority.UNSPECIFIED, Priority.NORMAL])


def workdays(first: date, last: date) -> int:
    """Days from Monday to Friday after the first, until the last, which counts."""
    return sum((first + timedelta(days=step)).weekday() < 5 for step in range(1, (last - first).days + 1))


@pytest.mark.parametrize(
    ("due", "priority", "ranked"),
    [
        (date(2026, 9, 11), Priority.NORMAL, date(2026, 9, 11)),  # a Friday
        (date(2026, 9, 11), Priority.PREFERRED, date(2026, 9, 9)),
        (date(2026, 9, 11), Priority.GREEN, date(2026, 9, 4)),
        (date(2026, 9, 7), Priority.PREFERRED, date(2026, 9, 3)),  # over a weekend
        (date(2026, 9, 13), Priority.GREEN, date(2026, 9, 7)),  # due on a Sunday
    ],
)
def test_a_day_with_its_bonus(due: date, priority: Priority, ranked: date) -> None:
    assert rank_day(due, priority) == ranked


@given(A_DAY, A_PRIORITY)
def test_the_bonus_is_so_many_working_days_and_no_more(due: date, priority: Priority) -> None:
    ahead = rank_day(due, priority)
    assert workdays(ahead - timedelta(days=1), due - timedelta(days=1)) == BONUS.get(priority, 0)
    assert due - MOST_AHEAD <= ahead <= due


@given(A_DAY, A_DAY, A_PRIORITY)
def test_of_one_priority_the_day_decides(one: date, other: date, priority: Priority) -> None:
    assume(one <= other)
    assert rank_day(one, priority) <= rank_day(other, priority)


@given(A_DAY, PLAIN, A_DAY, A_PRIORITY)
def test_what_is_ordinary_and_older_than_the_bonus_goes_first(
    old: date, plain: Priority, due: date, priority: Priority
) -> None:
    assume(old < due - MOST_AHEAD)
    assert rank_day(old, plain) < rank_day(due, priority)


an_item = st.tuples(st.sampled_from("abcd"), A_DAY)


@given(st.lists(an_item, max_size=20))
def test_groups_go_by_their_earliest_day_and_stay_in_order_within(given_items: list[tuple[str, date]]) -> None:
    items = list(enumerate(given_items))
    found = by_urgency(items, of=lambda item: item[1][0], day=lambda item: item[1][1])
    assert sorted(found) == items
    first = {group: min(day for other, day in given_items if other == group) for group, _ in given_items}
    assert [first[item[1][0]] for item in found] == sorted(first[group] for group, _ in given_items)
    for group in first:
        numbers = [number for number, (of, _) in found if of == group]
        assert numbers == sorted(numbers)
