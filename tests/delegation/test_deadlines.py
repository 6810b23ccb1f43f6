"""Due dates: vectors that were reckoned by hand, conventions, and properties that no day may break."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.codes import Priority
from delegation.deadlines import (
    DeadlineError,
    Due,
    Suspension,
    day_of,
    days_left_workdays,
    earlier,
    host_cap,
    last_resort_due,
    natural_due,
    pause_shift,
    statutory_due,
    working_due,
    years_after,
)
from delegation.limits import AgreedTimes, Step
from delegation.workdays import Calendar, Overlay, load_seed_years

SEED = load_seed_years()
HOME = Calendar(1, SEED).at("330100")
days_of_years = st.dates(date(2010, 1, 1), date(2026, 6, 30))
lengths = st.integers(1, 90)


def day(text: str) -> date:
    return date.fromisoformat(text)


def fixed(text: str, *, provisional: bool = False) -> Due:
    return Due(day(text), day(text), provisional)


def stop(effective_on: str, resumed_on: str | None = None, ground: str = "S01") -> Suspension:
    return Suspension(day(effective_on), day(resumed_on) if resumed_on else None, ground)


# --- natural days ---


@pytest.mark.parametrize(
    ("start", "length", "nominal", "legal"),
    [
        ("2026-08-03", 60, "2026-10-02", "2026-10-08"),
        ("2026-01-20", 60, "2026-03-21", "2026-03-23"),
        ("2026-03-06", 60, "2026-05-05", "2026-05-06"),
        ("2026-07-29", 60, "2026-09-27", "2026-09-28"),
        ("2026-09-20", 15, "2026-10-05", "2026-10-08"),
        ("2025-12-16", 60, "2026-02-14", "2026-02-14"),  # a Saturday that is worked does not roll
    ],
)
def test_natural_days_by_hand(start: str, length: int, nominal: str, legal: str) -> None:
    assert natural_due(day(start), length, HOME) == Due(day(nominal), day(legal), False)


@given(days_of_years, lengths)
def test_a_natural_due_date_rolls_forward_over_free_days_only(start: date, length: int) -> None:
    due = natural_due(start, length, HOME)
    assert (due.nominal - start).days == length
    assert due.legal >= due.nominal
    assert HOME.is_workday(due.legal)
    assert HOME.workdays_between(due.nominal, due.legal) == 0


def test_a_due_date_in_an_unpublished_year_is_provisional_and_moves_when_the_year_is_published() -> None:
    before = natural_due(day("2025-11-02"), 60, Calendar(1, {2025: SEED[2025]}).at("330100"))
    after = natural_due(day("2025-11-02"), 60, Calendar(2, {2025: SEED[2025], 2026: SEED[2026]}).at("330100"))
    assert before == Due(day("2026-01-01"), day("2026-01-01"), True)
    assert after == Due(day("2026-01-01"), day("2026-01-04"), False)


# --- working days ---


@pytest.mark.parametrize(
    ("start", "length", "due"),
    [
        ("2026-02-12", 5, "2026-02-26"),
        ("2026-09-18", 5, "2026-09-24"),
        ("2026-04-28", 15, "2026-05-21"),
        ("2026-09-21", 20, "2026-10-26"),
        ("2025-12-30", 3, "2026-01-05"),
    ],
)
def test_working_days_by_hand(start: str, length: int, due: str) -> None:
    assert working_due(day(start), length, HOME) == fixed(due)


def test_agreed_times_count_by_the_hosts_own_holidays() -> None:
    overlay = Overlay("450000", 2026, frozenset({day("2026-04-20"), day("2026-04-21")}), frozenset(), "s")
    calendar = Calendar(1, SEED, (overlay,))
    assert working_due(day("2026-04-17"), 3, calendar.at("450102")).legal == day("2026-04-24")
    assert working_due(day("2026-04-17"), 3, calendar.at("330100")).legal == day("2026-04-22")


@given(days_of_years, st.integers(1, 30))
def test_the_working_days_left_are_those_that_were_given(start: date, length: int) -> None:
    due = working_due(start, length, HOME).legal
    assert days_left_workdays(start, due, HOME) == length
    assert days_left_workdays(due, due, HOME) == 0
    assert days_left_workdays(due + timedelta(days=length), due, HOME) <= 0


def test_days_past_the_due_date_are_negative() -> None:
    assert days_left_workdays(day("2026-10-09"), day("2026-09-30"), HOME) == -2
    assert days_left_workdays(day("2026-10-07"), day("2026-09-30"), HOME) == 0  # only free days have passed


def test_fewer_than_five_working_days_until_the_cap_are_seen() -> None:
    cap = host_cap(day("2026-10-11"), HOME)
    assert days_left_workdays(day("2026-09-21"), cap.legal, HOME) == 6
    assert days_left_workdays(day("2026-09-23"), cap.legal, HOME) == 4


# --- suspensions ---


@pytest.mark.parametrize(
    ("suspensions", "nominal"),
    [
        ([stop("2026-03-16", "2026-05-20")], "2026-07-10"),
        ([], "2026-05-05"),
        ([stop("2026-03-06", "2026-03-20")], "2026-05-19"),  # stopped on the first day: nothing is used up
        ([stop("2026-03-07", "2026-03-20")], "2026-05-19"),  # and none either on the day after it
        ([stop("2026-05-05", "2026-06-01")], "2026-06-02"),  # stopped on the last day: one is left
        ([stop("2026-05-06", "2026-06-01")], "2026-05-05"),  # stopped when it had run out
        ([stop("2026-03-16", "2026-04-20"), stop("2026-04-30", "2026-06-01")], "2026-07-13"),
        ([stop("2026-03-16", "2026-04-20"), stop("2026-04-20", "2026-06-01")], "2026-07-22"),
    ],
)
def test_suspended_clocks_by_hand(suspensions: Sequence[Suspension], nominal: str) -> None:
    due = statutory_due(day("2026-03-06"), 60, suspensions, HOME)
    assert due is not None
    assert due.nominal == day(nominal)
    assert due.legal == HOME.next_workday_on_or_after(day(nominal))


@pytest.mark.parametrize(
    "suspensions",
    [[stop("2026-03-16")], [stop("2026-03-16", "2026-04-20"), stop("2026-04-30")]],
)
def test_while_a_suspension_is_open_there_is_no_due_date(suspensions: Sequence[Suspension]) -> None:
    assert statutory_due(day("2026-03-06"), 60, suspensions, HOME) is None


def test_a_clock_that_ran_out_cannot_be_stopped() -> None:
    due = statutory_due(day("2026-03-06"), 60, [stop("2026-05-07")], HOME)
    assert due == Due(day("2026-05-05"), day("2026-05-06"), False)


@pytest.mark.parametrize(
    ("suspensions", "code"),
    [
        ([stop("2026-03-05", "2026-03-20")], "before_start"),
        ([stop("2026-03-20", "2026-03-16")], "order"),
        ([stop("2026-03-16", "2026-04-20"), stop("2026-04-19", "2026-04-30")], "order"),
        ([stop("2026-03-16"), stop("2026-04-19", "2026-04-30")], "order"),
        ([stop("2026-03-16", "2026-03-16")] * 33, "size"),
    ],
)
def test_suspensions_that_contradict_each_other_are_refused(suspensions: Sequence[Suspension], code: str) -> None:
    with pytest.raises(DeadlineError) as error:
        statutory_due(day("2026-03-06"), 60, suspensions, HOME)
    assert error.value.code == code


@given(
    days_of_years, lengths, st.lists(st.integers(0, 40), min_size=2, max_size=8).filter(lambda gaps: len(gaps) % 2 == 0)
)
def test_a_suspended_clock_runs_its_whole_length_and_no_day_more(start: date, length: int, gaps: list[int]) -> None:
    at, suspensions = start, []
    for run, still in zip(gaps[::2], gaps[1::2], strict=True):
        effective = at + timedelta(days=run)
        at = effective + timedelta(days=still)
        suspensions.append(Suspension(effective, at, "S01"))
    due = statutory_due(start, length, suspensions, HOME)
    assert due is not None
    # Walk day by day: a day counts when it is after the start, not within a suspension, and not a day of resumption.
    counted, walked = 0, start
    while counted < length:
        walked += timedelta(days=1)
        still_on = any(s.resumed_on is not None and s.effective_on <= walked <= s.resumed_on for s in suspensions)
        counted += not still_on
    assert due.nominal == walked


# --- the cap ---


@pytest.mark.parametrize(
    ("home_nominal", "nominal", "legal"),
    [
        ("2026-10-11", "2026-10-01", "2026-09-30"),
        ("2026-05-05", "2026-04-25", "2026-04-24"),
        ("2026-02-24", "2026-02-14", "2026-02-14"),
        ("2026-09-27", "2026-09-17", "2026-09-17"),
    ],
)
def test_the_cap_by_hand(home_nominal: str, nominal: str, legal: str) -> None:
    assert host_cap(day(home_nominal), HOME) == Due(day(nominal), day(legal), False)


def test_the_cap_of_an_acceptance_before_the_national_holiday_never_rolls_forward() -> None:
    home = natural_due(day("2026-08-12"), 60, HOME)
    assert home == Due(day("2026-10-11"), day("2026-10-12"), False)
    assert host_cap(home.nominal, HOME).legal == day("2026-09-30")


@given(days_of_years, st.integers(1, 30))
def test_the_cap_leaves_the_home_its_margin(home_nominal: date, margin: int) -> None:
    cap = host_cap(home_nominal, HOME, margin)
    assert HOME.is_workday(cap.legal)
    assert (home_nominal - cap.legal).days >= margin
    assert HOME.workdays_between(cap.legal + timedelta(days=1), cap.nominal + timedelta(days=1)) == 0


def test_the_last_resort_is_the_last_working_day_on_or_before_the_homes_own() -> None:
    assert last_resort_due(day("2026-10-11"), HOME) == Due(day("2026-10-11"), day("2026-10-10"), False)
    assert last_resort_due(day("2026-05-05"), HOME).legal == day("2026-04-30")


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_the_default_appraisal_times_fit_under_the_cap_on_every_day_of_2026(start: date) -> None:
    times, due = AgreedTimes(), start
    for step in (Step.SIGN, Step.DECIDE, Step.EXAMINE, Step.FORM_OPINION):
        due = working_due(due, times.days(step, Priority.NORMAL), HOME).legal
    home = statutory_due(start, 60, [], HOME)
    assert home is not None
    assert due <= host_cap(home.nominal, HOME).legal


# --- earlier, pauses ---


def test_the_earlier_one_wins_and_none_is_no_limit() -> None:
    first, second = fixed("2026-09-30"), fixed("2026-10-08", provisional=True)
    assert earlier(first, second) == earlier(second, first) == first
    assert earlier(first, None) == earlier(None, first) == first
    assert earlier(None, None) is None


def test_on_one_day_the_earlier_nominal_and_the_doubt_are_kept() -> None:
    cap = Due(day("2026-10-01"), day("2026-09-30"), False)
    assert earlier(cap, fixed("2026-09-30", provisional=True)) == fixed("2026-09-30", provisional=True)


def test_a_shorter_priority_never_gives_a_later_date_than_before() -> None:
    before = working_due(day("2026-03-02"), 15, HOME)
    late_change = working_due(day("2026-03-20"), 7, HOME)
    assert earlier(before, late_change) == before
    assert earlier(before, working_due(day("2026-03-03"), 7, HOME)) == fixed("2026-03-12")


@pytest.mark.parametrize(
    ("due", "paused_on", "unpaused_on", "cap", "moved"),
    [
        ("2026-09-17", "2026-09-10", "2026-09-14", None, "2026-09-20"),  # two working days; Sunday 20 is worked
        ("2026-09-24", "2026-09-17", "2026-10-12", "2026-09-30", "2026-09-30"),  # never past the cap
        ("2026-09-17", "2026-09-10", "2026-09-10", None, "2026-09-17"),  # paused and resumed on one day
        ("2026-09-17", "2026-09-12", "2026-09-14", None, "2026-09-17"),  # a weekend is no working time
        ("2026-09-17", "2026-09-18", "2026-09-22", None, "2026-09-17"),  # what is late stays late
        ("2026-09-17", "2026-09-10", "2026-09-10", "2026-09-15", "2026-09-15"),
    ],
)
def test_pauses_by_hand(due: str, paused_on: str, unpaused_on: str, cap: str | None, moved: str) -> None:
    found = pause_shift(
        fixed(due), paused_on=day(paused_on), unpaused_on=day(unpaused_on), cal=HOME, cap=fixed(cap) if cap else None
    )
    assert found == fixed(moved)


def test_a_pause_into_an_unpublished_year_is_provisional() -> None:
    found = pause_shift(
        fixed("2026-12-30"), paused_on=day("2026-12-28"), unpaused_on=day("2027-01-05"), cal=HOME, cap=None
    )
    assert found.provisional


@given(days_of_years, st.integers(1, 20), st.integers(0, 40), st.integers(0, 30))
def test_a_pause_gives_back_exactly_the_working_days_it_took(start: date, length: int, after: int, long: int) -> None:
    due = working_due(start, length, HOME)
    paused_on = start + timedelta(days=after)
    unpaused_on = paused_on + timedelta(days=long)
    moved = pause_shift(due, paused_on=paused_on, unpaused_on=unpaused_on, cal=HOME, cap=None)
    taken = HOME.workdays_between(paused_on, unpaused_on) if paused_on <= due.legal else 0
    assert days_left_workdays(due.legal, moved.legal, HOME) == taken
    capped = pause_shift(due, paused_on=paused_on, unpaused_on=unpaused_on, cal=HOME, cap=due)
    assert capped.legal == due.legal


# --- instants, years ---


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 3, 5, 16, 30, tzinfo=UTC), "2026-03-06"),
        (datetime(2026, 3, 5, 15, 59, 59, 999_999, tzinfo=UTC), "2026-03-05"),
        (datetime(2026, 3, 5, 16, 0, tzinfo=UTC), "2026-03-06"),
        (datetime(2026, 3, 6, 1, 0, tzinfo=timezone(timedelta(hours=6))), "2026-03-06"),  # a clock on Urumqi time
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "2026-01-01"),
    ],
)
def test_the_day_of_an_instant_is_that_of_shanghai(instant: datetime, expected: str) -> None:
    assert day_of(instant) == day(expected)


def test_an_instant_without_a_zone_has_no_day() -> None:
    with pytest.raises(DeadlineError) as error:
        day_of(datetime(2026, 3, 5, 16, 30))  # noqa: DTZ001 - the refusal of it is what is tested
    assert error.value.code == "naive"


@pytest.mark.parametrize(
    ("start", "years", "expected"),
    [
        ("2026-03-06", 1, "2027-03-06"),
        ("2024-02-29", 1, "2025-02-28"),
        ("2024-02-29", 4, "2028-02-29"),
        ("2096-02-29", 4, "2100-02-28"),  # no leap year
        ("1996-02-29", 4, "2000-02-29"),
    ],
)
def test_a_year_later_is_the_same_day(start: str, years: int, expected: str) -> None:
    assert years_after(day(start), years) == day(expected)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda: natural_due(date(2026, 1, 1), 0, HOME), "length"),
        (lambda: natural_due(date(2026, 1, 1), 3_661, HOME), "length"),
        (lambda: natural_due(date.max, 1, HOME), "range"),
        (lambda: working_due(date(2026, 1, 1), 0, HOME), "length"),
        (lambda: working_due(date(2026, 1, 1), 1_001, HOME), "length"),
        (lambda: statutory_due(date(2026, 1, 1), 0, [], HOME), "length"),
        (lambda: host_cap(date(2026, 1, 1), HOME, 0), "length"),
        (lambda: host_cap(date.min, HOME), "range"),
        (lambda: years_after(date(2026, 1, 1), 0), "length"),
        (lambda: years_after(date(9999, 1, 1), 1), "range"),
        (lambda: day_of(datetime.max.replace(tzinfo=UTC)), "range"),
        (
            lambda: pause_shift(
                fixed("2026-09-17"), paused_on=day("2026-09-10"), unpaused_on=day("2026-09-09"), cal=HOME, cap=None
            ),
            "order",
        ),
    ],
)
def test_questions_without_an_answer_are_refused(ask: Callable[[], object], code: str) -> None:
    with pytest.raises(DeadlineError) as error:
        ask()
    assert error.value.code == code
