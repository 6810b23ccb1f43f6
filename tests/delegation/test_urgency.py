"""Priority moves a thing forward by a fixed number of working days: nothing starves, and the order is one order."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from delegation.codes import Priority
from delegation.digits import delegation_number
from delegation.urgency import BONUS, MOST_AHEAD, begun_on, by_urgency, rank_day, rank_of

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


A_DAY_OR_NONE = st.none() | A_DAY


@given(A_DAY, A_PRIORITY, A_DAY_OR_NONE, A_DAY_OR_NONE, A_PRIORITY)
def test_what_has_a_due_day_goes_before_what_has_none(
    due: date, one: Priority, since: date | None, began: date | None, other: Priority
) -> None:
    assert rank_of(due, one, since=began) == rank_day(due, one).isoformat() < rank_of(None, other, since=since)


@given(A_DAY, PLAIN, A_DAY, A_PRIORITY)
def test_without_a_due_day_priority_counts_and_age_wins_over_it(
    old: date, plain: Priority, young: date, priority: Priority
) -> None:
    ordinary, urgent = rank_of(None, plain, since=old), rank_of(None, priority, since=young)
    if old < young - MOST_AHEAD:
        assert ordinary < urgent  # however many of them there are
    if priority in BONUS and old == young:
        assert urgent < ordinary
    assert max(ordinary, urgent) < rank_of(None, priority, since=None)


def test_the_day_in_a_number() -> None:
    assert begun_on(delegation_number(date(2026, 8, 3), "330100", 17)) == date(2026, 8, 3)
    assert begun_on("WT-330100-20260803-000017-0") is None  # its check character is another
    assert begun_on("") is None


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
