"""Every ended period exactly once, whatever instants the node happens to run at, and however often it is killed."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from delegation.deadlines import SHANGHAI
from delegation.figures import Period
from node.province.schedule import MOST_MADE_UP, Planned, ReportKind, Schedule, covers, owed

KINDS = (ReportKind.MONTH, ReportKind.QUARTER, ReportKind.YEAR)
LENGTHS = {ReportKind.MONTH: 1, ReportKind.QUARTER: 3, ReportKind.YEAR: 12}
SCHEDULES = st.builds(
    Schedule,
    kinds=st.sets(st.sampled_from(KINDS), min_size=1).map(tuple),
    day=st.integers(1, 28),
    hour=st.integers(0, 23),
)
BEGINS = st.integers(0, 730 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
# a look after so long, and how many of what it finds owed are stored before the node is killed (None: all)
LOOKS = st.lists(st.tuples(st.timedeltas(timedelta(0), timedelta(days=70)), st.none() | st.integers(0, 2)), max_size=25)


def _expected(schedule: Schedule, since: datetime, until: datetime) -> set[tuple[ReportKind, date]]:
    """Slowly and plainly: every first of a period whose due instant passed, by going through all months."""
    found: set[tuple[ReportKind, date]] = set()
    for kind in schedule.kinds:
        before: tuple[datetime, date] | None = None
        for number in range(2024 * 12, 2034 * 12, LENGTHS[kind]):
            after = number + LENGTHS[kind]
            due = datetime(after // 12, after % 12 + 1, schedule.day, schedule.hour, tzinfo=SHANGHAI)
            first = date(number // 12, number % 12 + 1, 1)
            if due <= since:
                before = due, first
            elif due <= until:
                found.add((kind, first))
        if before is not None:
            found.add((kind, before[1]))
    return found


@given(schedule=SCHEDULES, since=BEGINS, looks=LOOKS)
def test_each_period_is_made_once_under_restarts_at_any_instant(
    schedule: Schedule, since: datetime, looks: list[tuple[timedelta, int | None]]
) -> None:
    made: list[Planned] = []
    now = since
    for later, stored in [*looks, (timedelta(0), None)]:
        now += later
        found = owed(schedule, {each.report_id for each in made}, since=since, now=now)
        assert all(each.due_at <= now for each in found)
        assert [each.due_at for each in found] == sorted(each.due_at for each in found)
        made += found if stored is None else found[:stored]
    ids = [each.report_id for each in made]
    assert len(ids) == len(set(ids))
    if now - since < timedelta(days=700):  # else the oldest fell out of what is made up for
        assert {(each.kind, each.period.first) for each in made} == _expected(schedule, since, now)
    for each in made:
        days = (each.period.last - each.period.first).days + 1
        assert days in {ReportKind.MONTH: range(28, 32), ReportKind.QUARTER: range(90, 93)}.get(
            each.kind, range(365, 367)
        )
        assert covers(each.period, each.due_at) == (schedule.day > 1 or schedule.hour > 0)


def test_a_stop_of_ten_years_is_made_up_for_as_far_as_is_bounded() -> None:
    since = datetime(2026, 1, 15, tzinfo=UTC)
    found = owed(Schedule(), set(), since=since, now=datetime(2036, 1, 15, tzinfo=UTC))
    assert len(found) == MOST_MADE_UP
    assert (found[0].report_id, found[-1].report_id) == ("month-2034-01", "month-2035-12")


def test_the_hour_is_that_of_beijing_and_the_last_day_has_to_be_over() -> None:
    october = Period(date(2026, 10, 1), date(2026, 10, 31))
    schedule = Schedule(day=3, hour=6)
    assert schedule.due_at(october) == datetime(2026, 11, 2, 22, tzinfo=UTC)
    early = datetime(2026, 11, 2, 21, 59, tzinfo=UTC)
    since = datetime(2026, 10, 20, tzinfo=UTC)
    assert [each.report_id for each in owed(schedule, (), since=since, now=early)] == ["month-2026-09"]
    [_, last] = owed(schedule, (), since=since, now=early + timedelta(minutes=1))
    assert last == Planned(ReportKind.MONTH, october, schedule.due_at(october))
    assert not covers(october, datetime(2026, 10, 31, 16, 9, tzinfo=UTC))
    assert covers(october, datetime(2026, 10, 31, 16, 10, tzinfo=UTC))


def test_ids_are_words_of_kind_and_period() -> None:
    schedule = Schedule(kinds=KINDS)
    now = datetime(2027, 1, 20, tzinfo=UTC)
    found = {each.report_id for each in owed(schedule, (), since=now, now=now)}
    assert found == {"month-2026-12", "quarter-2026-4", "year-2026"}
