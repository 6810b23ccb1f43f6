"""The rules of alerts by tables, and by Hypothesis: raised once, ended once, whatever the order of looks."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from delegation.workdays import RegionalCalendar
from node.province.alert_quiet import is_quiet
from node.province.alert_rules import (
    Attendance,
    Condition,
    Identity,
    Late,
    Member,
    Standing,
    Supervised,
    knows_silence,
    late_ones,
    late_until,
    offline,
    out_of_date,
    spikes,
    steps,
    unanswered,
)
from node.province.alert_settings import AlertSettings, LateRule, OfflineRule, QuietHours, RefusalsRule, Rule
from tests.builders import HANGZHOU_RD, a_roster

CALENDAR = a_roster().calendar
ZHEJIANG = CALENDAR.at("330000")
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)  # a Friday, 11:00 in Beijing
TODAY = date(2026, 11, 20)
USUAL = AlertSettings()


def calendar_of(region: str) -> RegionalCalendar:
    return CALENDAR.at(region)


def shanghai(day: date, at: time) -> datetime:
    return datetime.combine(day, at, UTC) - timedelta(hours=8)


# late


@given(day=st.dates(date(2026, 1, 1), date(2026, 12, 31)), days=st.integers(1, 60))
def test_the_last_day_that_is_late_by_so_many_working_days_is_counted_one_by_one(day: date, days: int) -> None:
    until = late_until(day, days=days, calendar=ZHEJIANG)
    passed = ZHEJIANG.workdays_between(until + timedelta(days=1), day + timedelta(days=1))
    later = ZHEJIANG.workdays_between(until + timedelta(days=2), day + timedelta(days=1))
    assert (passed, later) == (days, days - 1)


def test_late_by_working_days_over_the_national_holiday_and_by_natural_days() -> None:
    # 2026-10-01 to 10-07 are free, 10-10 is worked
    due, courses = date(2026, 9, 30), [Late("t", HANGZHOU_RD, date(2026, 9, 30))]
    working = AlertSettings(late=LateRule(days=2))
    for day, late in ((date(2026, 10, 8), False), (date(2026, 10, 9), True)):
        found = late_ones(courses, today=day, settings=working, calendar_of=calendar_of)
        assert bool(found) is late, day
    natural = AlertSettings(late=LateRule(days=2, working=False))
    [found_one] = late_ones(courses, today=date(2026, 10, 2), settings=natural, calendar_of=calendar_of)
    assert (found_one.number, found_one.due, found_one.unit) == (2, due, HANGZHOU_RD)
    off = AlertSettings(late=LateRule(enabled=False))
    assert late_ones(courses, today=date(2026, 12, 1), settings=off, calendar_of=calendar_of) == []


# supervision, offline, refusals, currency


def test_a_supervision_is_told_of_from_the_day_after_its_own() -> None:
    waiting = [Supervised("t", HANGZHOU_RD, TODAY), Supervised("u", HANGZHOU_RD, TODAY - timedelta(days=3))]
    waiting.append(Supervised("u", HANGZHOU_RD, TODAY - timedelta(days=1)))
    [found] = unanswered(waiting, today=TODAY, settings=USUAL)
    assert (found.thread_id, found.number, found.subject) == ("u", 3, f"u/{HANGZHOU_RD}")


@pytest.mark.parametrize(
    ("connected", "heard", "bureau", "expected"),
    [
        (False, 4.0, "330100", "offline"),
        (False, 3.9, "330100", ""),
        (True, 400.0, "330100", ""),
        (False, 400.0, "330000", ""),  # our own
        (False, None, "330100", "unknown"),  # the registry listens for three hours
    ],
)
def test_a_bureau_is_offline_after_hours_without_a_call(
    connected: bool, heard: float | None, bureau: str, expected: str
) -> None:
    heard_at = NOW - timedelta(hours=heard) if heard is not None else None
    seen = Attendance((Member(bureau, connected, heard_at),), NOW - timedelta(hours=3), NOW)
    found, unknown = offline(seen, own="330000", settings=USUAL)
    assert [each.number for each in found] == ([4] if expected == "offline" else [])
    assert unknown == ({Identity(Rule.OFFLINE, bureau)} if expected == "unknown" else frozenset())
    long_ago = Attendance(seen.members, NOW - timedelta(hours=9), NOW)
    if expected == "unknown":
        assert [each.number for each in offline(long_ago, own="330000", settings=USUAL)[0]] == [9]


@pytest.mark.parametrize(
    ("recent", "earlier", "told"),
    [(5, 0, True), (4, 0, False), (5, 13, True), (5, 14, False), (9, 24, False), (10, 24, True), (0, 40, False)],
)
def test_refusals_are_held_against_the_eight_weeks_before(recent: int, earlier: int, told: bool) -> None:
    days = [TODAY - timedelta(days=number % 7) for number in range(recent)]
    days += [TODAY - timedelta(days=7 + number % 56) for number in range(earlier)]
    days += [TODAY - timedelta(days=63), TODAY + timedelta(days=1)]  # neither
    settings = AlertSettings(refusals=RefusalsRule(least=5, times=3.0))
    found = spikes([(day, HANGZHOU_RD) for day in days], today=TODAY, settings=settings)
    assert [(each.number, each.before) for each in found] == ([(recent, earlier)] if told else [])


def test_a_silent_registry_and_a_copy_in_doubt_are_told_of() -> None:
    heard = NOW - timedelta(minutes=60)
    found = out_of_date(heard_at=heard, now=NOW, doubtful=2, settings=USUAL)
    assert [(each.rule, each.number) for each in found] == [(Rule.REGISTRY, 60), (Rule.COPY, 2)]
    assert out_of_date(heard_at=heard + timedelta(seconds=1), now=NOW, doubtful=0, settings=USUAL) == []
    ask = {"heard_at": heard, "now": NOW, "settings": USUAL}
    assert not knows_silence(began_at=NOW - timedelta(minutes=59), **ask)  # type: ignore[arg-type]  # the three of them
    assert knows_silence(began_at=NOW - timedelta(minutes=60), **ask)  # type: ignore[arg-type]  # as above


# quiet hours


@pytest.mark.parametrize(
    ("day", "at", "quiet"),
    [
        (TODAY, time(7, 59), True),
        (TODAY, time(8), False),
        (TODAY, time(19, 59), False),
        (TODAY, time(20), True),
        (TODAY, time(0), True),
        (date(2026, 11, 21), time(12), True),  # a Saturday
        (date(2026, 10, 10), time(12), False),  # a Saturday that is worked
        (date(2026, 10, 5), time(12), True),  # a Monday of the national holiday
    ],
)
def test_quiet_hours_are_those_of_beijing_and_of_its_calendar(day: date, at: time, quiet: bool) -> None:
    assert is_quiet(shanghai(day, at), QuietHours(), ZHEJIANG) is quiet
    assert not is_quiet(shanghai(day, at), QuietHours(enabled=False), ZHEJIANG)


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = QuietHours(begins=time(12), ends=time(14), rest_days=False)
    told = [is_quiet(shanghai(TODAY, time(hour)), noon, ZHEJIANG) for hour in (11, 12, 13, 14, 23)]
    assert told == [False, True, True, False, False]


# what follows

_SUBJECTS = st.frozensets(st.sampled_from("abcdef"), max_size=6)
_LOOK = st.tuples(_SUBJECTS, st.booleans(), st.frozensets(st.sampled_from("abc")), st.integers(0, 90))


def condition(subject: str, number: int = 1, rule: Rule = Rule.LATE) -> Condition:
    return Condition(rule=rule, subject=subject, number=number)


@given(looks=st.lists(_LOOK, max_size=25), remind_days=st.sampled_from((0, 0, 1, 3)))
def test_an_alert_begins_once_and_ends_once_in_any_sequence_of_looks(
    looks: Sequence[tuple[frozenset[str], bool, frozenset[str], int]], remind_days: int
) -> None:
    standing: dict[Identity, Standing] = {}
    now = NOW
    for subjects, judged, unknown, hours in looks:
        now += timedelta(hours=hours)
        before = dict(standing)
        ask = {
            "judged": frozenset({Rule.LATE} if judged else ()),
            "unknown": {Identity(Rule.LATE, each) for each in unknown},
            "now": now,
            "remind_days": remind_days,
        }
        held = [condition(each) for each in subjects]
        found = steps(standing, held, **ask)  # type: ignore[arg-type]  # the four of them
        raised = {each.identity for each in found.raised}
        assert not raised & before.keys()
        assert set(found.ended) <= before.keys()
        if judged:
            assert {each.identity for each in held} <= before.keys() | raised
            assert {each.subject for each in found.ended} == {each.subject for each in before} - subjects - unknown
        else:
            assert not raised
            assert not found.ended
        for identity in found.reminded:
            assert remind_days
            assert now - before[identity].told_at >= timedelta(days=remind_days)
        told = raised | set(found.reminded)
        standing = {key: each for key, each in standing.items() if key not in found.ended}
        standing |= {identity: Standing(1, now) for identity in told}
        again = steps(standing, held, **ask)  # type: ignore[arg-type]  # as above
        assert again == type(again)(), "the same look again gives nothing"


def test_the_gravest_go_first_where_there_is_no_room_for_all_and_what_stands_stays() -> None:
    standing = {Identity(Rule.LATE, "z"): Standing(1, NOW)}
    held = [condition("z"), *(condition(str(number), number) for number in range(10))]
    found = steps(standing, held, judged={Rule.LATE}, now=NOW, most=4)
    assert [each.subject for each in found.raised] == ["9", "8", "7"]
    assert (found.beyond, found.ended) == (7, ())
    other = steps(standing, [condition("z", 2)], judged={Rule.LATE}, now=NOW, most=4)
    assert [each.number for each in other.renewed] == [2]


# settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"late": {"days": 0}},
        {"late": {"dayz": 3}},
        {"quiet": {"begins": "08:00", "ends": "08:00"}},
        {"quiet": {"begins": "20:00+08:00"}},
        {"urgent": ["everything"]},
        {"refusals": {"times": 1.0}},
        {"look_seconds": 1},
        {"unknown": True},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AlertSettings.model_validate(wrong)


def test_settings_have_names_and_defaults() -> None:
    assert OfflineRule().hours == 4
    read = AlertSettings.model_validate({"quiet": {"begins": "19:30"}, "urgent": ["bureau_offline"]})
    assert (read.quiet.begins, read.urgent, read.late.days) == (time(19, 30), (Rule.OFFLINE,), 5)
