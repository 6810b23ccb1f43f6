"""Working days: records that refuse to be wrong, overlays, and the twenty-three seed years."""

import subprocess
import sys
from collections.abc import Callable
from datetime import MAXYEAR, date, timedelta
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.workdays import Calendar, CalendarError, CalendarYear, Overlay, RegionalCalendar, load_seed_years

NONE: frozenset[date] = frozenset()
CLASH = frozenset({date(2026, 4, 20)})
MANY = frozenset(date(2026, month, day) for month in range(1, 6) for day in range(1, 29))
HEAD = "year,day,kind\n"
# As 三月三 of Guangxi: days that are free there and nowhere else.
GUANGXI_2026 = Overlay(
    "450000", 2026, frozenset({date(2026, 4, 20), date(2026, 4, 21)}), NONE, "a notice of the autonomous region"
)
SEED = load_seed_years()

days = st.dates(date(2004, 1, 1), date(2026, 12, 31))


@pytest.fixture(scope="module")
def china() -> RegionalCalendar:
    return Calendar(1, SEED).at("330100")


def calendar(*overlays: Overlay) -> Calendar:
    return Calendar(1, SEED, overlays)


# --- the seed years ---


def test_the_seed_years_are_2004_to_2026(china: RegionalCalendar) -> None:
    assert set(SEED) == set(range(2004, 2027))
    assert china.is_published(2026)
    assert not china.is_published(2027)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 14), True),  # a Saturday that is made up
        (date(2026, 2, 16), False),  # New Year's Eve
        (date(2026, 10, 1), False),
        (date(2026, 10, 8), True),
        (date(2026, 9, 20), True),  # a Sunday that is made up
        (date(2025, 12, 31), True),
        (date(2026, 1, 4), True),  # a Sunday that is made up
        (date(2020, 1, 31), False),  # lengthened by a later notice
        (date(2027, 1, 1), True),  # nobody has said yet that it is free
        (date(2027, 1, 2), False),
    ],
)
def test_days_that_are_known(china: RegionalCalendar, day: date, worked: bool) -> None:
    assert china.is_workday(day) is worked


def test_every_day_is_what_the_package_says(china: RegionalCalendar) -> None:
    chinese_calendar = pytest.importorskip("chinese_calendar")
    for year in range(2004, 2027):
        length = (date(year + 1, 1, 1) - date(year, 1, 1)).days
        for day in (date(year, 1, 1) + timedelta(days=n) for n in range(length)):
            assert china.is_workday(day) == chinese_calendar.is_workday(day), day


def test_the_committed_file_is_what_the_generator_makes_and_names_it() -> None:
    pytest.importorskip("chinese_calendar")
    text = resources.files("delegation").joinpath("data/calendars.csv").read_text(encoding="utf-8")
    assert text.startswith("# generator: scripts/make_calendars.py\n")
    done = subprocess.run([sys.executable, "-m", "scripts.make_calendars", "--check"], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "",
        "year,day\n",
        HEAD + "2026,2026-02-30,rest\n",
        HEAD + "2026,2026-02-16,half\n",
        HEAD + "2026,2026-02-16\n",
        HEAD + "2026,2026-02-16,rest\n2026,2026-02-16,work\n",
        HEAD + "2026,2027-02-16,rest\n",
    ],
)
def test_a_malformed_file_is_refused(text: str) -> None:
    with pytest.raises(CalendarError):
        load_seed_years(text)


# --- records ---


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: CalendarYear(2026, frozenset({date(2027, 1, 1)}), NONE, "s"), "year"),
        (lambda: CalendarYear(2026, NONE, frozenset({date(2025, 1, 4)}), "s"), "year"),
        (lambda: CalendarYear(2026, frozenset({date(2026, 1, 4)}), frozenset({date(2026, 1, 4)}), "s"), "overlap"),
        (lambda: CalendarYear(2026, NONE, frozenset({date(2026, 1, 5)}), "s"), "weekday"),
        (lambda: CalendarYear(2026, NONE, NONE, ""), "size"),
        (lambda: CalendarYear(2026, NONE, NONE, "s" * 201), "size"),
        (lambda: CalendarYear(2026, MANY, NONE, "s"), "size"),
        (lambda: CalendarYear(MAXYEAR, NONE, NONE, "s"), "year"),
        (lambda: Overlay("45", 2026, NONE, NONE, "s"), "region"),
        (lambda: Overlay("450000", 2026, frozenset({date(2025, 4, 20)}), NONE, "s"), "year"),
        (lambda: Overlay("450000", 2026, CLASH, CLASH, "s"), "overlap"),
        (lambda: Calendar(0, {}), "version"),
        (lambda: Calendar(1, {2025: SEED[2026]}), "year"),
        (lambda: calendar(GUANGXI_2026, GUANGXI_2026), "overlap"),
        (lambda: calendar().at("45"), "region"),
    ],
)
def test_a_record_that_cannot_hold_is_refused(make: Callable[[], object], code: str) -> None:
    with pytest.raises(CalendarError) as error:
        make()
    assert error.value.code == code


def test_a_calendar_does_not_change_with_the_dictionary_it_was_made_of() -> None:
    years = dict(SEED)
    made = Calendar(1, years)
    years.clear()
    assert made.at("330100").is_published(2026)


# --- overlays ---


def test_an_overlay_holds_in_its_region_and_below_and_nowhere_else() -> None:
    made = calendar(GUANGXI_2026)
    assert [made.at(code).is_workday(date(2026, 4, 20)) for code in ("450000", "450100", "450102", "440100")] == [
        False,
        False,
        False,
        True,
    ]


def test_the_nearest_overlay_wins_in_whatever_order_they_come() -> None:
    day = frozenset({date(2026, 4, 20)})
    city = Overlay("450100", 2026, NONE, day, "the city works")
    for overlays in ((GUANGXI_2026, city), (city, GUANGXI_2026)):
        made = calendar(*overlays)
        assert made.at("450102").is_workday(date(2026, 4, 20))
        assert not made.at("450102").is_workday(date(2026, 4, 21))
        assert not made.at("450202").is_workday(date(2026, 4, 20))


def test_an_overlay_stands_over_the_national_year() -> None:
    free = Overlay("650000", 2026, frozenset({date(2026, 2, 14)}), frozenset({date(2026, 10, 7)}), "s")
    there = calendar(free).at("650100")
    assert not there.is_workday(date(2026, 2, 14))
    assert there.is_workday(date(2026, 10, 7))


def test_an_overlay_of_an_unpublished_year_counts_and_the_year_stays_unpublished() -> None:
    there = calendar(Overlay("450000", 2027, frozenset({date(2027, 4, 12)}), NONE, "s")).at("450100")
    assert not there.is_workday(date(2027, 4, 12))
    assert not there.is_published(2027)
    assert there.is_provisional(date(2026, 12, 31), date(2027, 1, 1))
    assert not there.is_provisional(date(2026, 1, 1), date(2026, 12, 31))


# --- counting ---


@given(days)
def test_rolling_gives_the_nearest_working_day(day: date) -> None:
    here = Calendar(1, SEED).at("330100")
    after, before = here.next_workday_on_or_after(day), here.last_workday_on_or_before(day)
    assert before <= day <= after
    assert here.is_workday(after)
    assert here.is_workday(before)
    assert here.workdays_between(before + timedelta(days=1), after) == 0


@given(days, st.integers(1, 60))
def test_adding_counts_every_working_day_after_the_start_and_no_other(start: date, count: int) -> None:
    here = Calendar(1, SEED).at("330100")
    due = here.add_workdays(start, count)
    assert here.is_workday(due)
    assert here.workdays_between(start + timedelta(days=1), due + timedelta(days=1)) == count


@pytest.mark.parametrize("count", [0, -1, 1_001])
def test_a_count_out_of_bounds_is_refused(china: RegionalCalendar, count: int) -> None:
    with pytest.raises(CalendarError) as error:
        china.add_workdays(date(2026, 1, 1), count)
    assert error.value.code == "size"


def test_a_span_of_over_ten_years_is_refused_and_a_backward_one_is_empty(china: RegionalCalendar) -> None:
    assert china.workdays_between(date(2026, 1, 10), date(2026, 1, 1)) == 0
    with pytest.raises(CalendarError):
        china.workdays_between(date(2000, 1, 1), date(2026, 1, 1))


def test_the_ends_of_the_calendar_are_errors_of_ours(china: RegionalCalendar) -> None:
    with pytest.raises(CalendarError):
        china.add_workdays(date.max, 1)
