"""What an office's pages show equals a slow, obvious recomputation over the courses themselves, on every store."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from delegation.codes import Matter
from delegation.course import Course
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.figures import Count, Period, Span, Tally, counts_of, days_of, spans_of, tally
from delegation.table import State
from delegation.table_states import ENDED
from delegation.urgency import rank_day
from delegation.values import replaced
from delegation.workdays import RegionalCalendar
from node.desk.ports import Role
from node.province.course_bytes import course_bytes, read_course
from node.province.ports import USUAL, Behind, Business, Flow, Lines, Listed, Route, SortBy, Sorting, Wanted
from node.province.tallying import days_of_lengths
from node.records_province import CourseRecord
from node.store import Store
from node.store_memory import MemoryStore
from node.store_sql import SqlStore, make_engine
from tests.builders import CHENGDU_RD, HANGZHOU_RD, NATIONAL_NO, ZHEJIANG_PO, a_roster
from tests.node.province.office import NINGBO_RD, TODAY, YEAR, Office, a_course, an_office, overseer

_CALENDAR = a_roster().calendar
_COURSES = tuple(a_course(number) for number in range(400))
_PERIODS = st.tuples(st.integers(0, 340), st.integers(0, 340)).map(
    lambda days: Period(YEAR + timedelta(days=min(days)), YEAR + timedelta(days=max(days)))
)
_WANTED = st.builds(
    Wanted,
    period=_PERIODS,
    business=st.sampled_from(Business),
    route=st.sampled_from(Route),
    flow=st.sampled_from(Flow),
    matter=st.sampled_from((Matter.UNSPECIFIED, Matter.UNSPECIFIED, Matter.INVESTIGATION, Matter.SELF_CARE)),
    home=st.sampled_from(("", "", "33", "330000", "3301", "330100", HANGZHOU_RD, "51", "44")),
    host=st.sampled_from(("", "", "33", "330200", NINGBO_RD, "510100", CHENGDU_RD, "44")),
)
_ASKED = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def calendar_of(region: str) -> RegionalCalendar:
    return _CALENDAR.at(region)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    else:
        url = f"sqlite:///{tmp_path / 'node.db'}"
        made = SqlStore(make_engine(url if request.param == "sqlite" else request.getfixturevalue("postgres_url")))
        keys = made.select_columns(CourseRecord, CourseRecord.KEY)
        made.commit({CourseRecord: {tuple(key): None for key in keys}})
    yield made
    made.close()


# slow and obvious


def _begins(unit: str, code: str) -> bool:
    if len(code) == 6 and code.endswith("0000"):
        code = code[:2]
    elif len(code) == 6 and code.endswith("00"):
        code = code[:4]
    return unit.startswith(code)


def _shown(course: Course, wanted: Wanted, province: str, route: Route) -> bool:
    units = (course.home_unit, course.host_unit, course.first_host)
    home_in, host_in = course.home_unit.startswith(province), course.host_unit.startswith(province)
    return all((
        any(unit.startswith(province) for unit in units),
        route is Route.ALL or course.on_paper is (route is Route.PAPER),
        wanted.business is Business.ALL
        or (course.matter is Matter.INVESTIGATION) is (wanted.business is Business.INVESTIGATION),
        wanted.matter is Matter.UNSPECIFIED or course.matter is wanted.matter,
        wanted.flow is Flow.ALL or home_in is (wanted.flow is not Flow.IN),
        wanted.flow is Flow.ALL or host_in is (wanted.flow is not Flow.OUT),
        _begins(course.home_unit, wanted.home),
        _begins(course.host_unit, wanted.host),
    ))  # fmt: skip


def _of(courses: Sequence[Course], wanted: Wanted, province: str, *, route: Route | None = None) -> list[Course]:
    return [course for course in courses if _shown(course, wanted, province, route or wanted.route)]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


# each against it


@given(wanted=_WANTED, national=st.booleans())
@example(wanted=Wanted(period=Period(YEAR, TODAY), route=Route.ALL), national=True)
@example(wanted=Wanted(period=Period(date(2026, 3, 1), date(2026, 3, 31))), national=False)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_store_gives_the_tally_of_its_courses(store: Store, wanted: Wanted, national: bool) -> None:
    unit, province = (NATIONAL_NO, "") if national else (ZHEJIANG_PO, "33")
    async with an_office(store) as office:
        if not store.count(CourseRecord):  # the fixture is made once for all examples
            await office.keep(_COURSES)
        await _overview_is_right(office, _COURSES, wanted, unit, province)
        await _flows_are_right(office, _COURSES, wanted, unit, province)


@given(wanted=_WANTED, national=st.booleans(), numbers=st.sets(st.integers(0, 399), max_size=60))
@_ASKED
async def test_figures_are_the_tally_of_any_courses(wanted: Wanted, national: bool, numbers: set[int]) -> None:
    courses = [_COURSES[number] for number in sorted(numbers)]
    unit, province = (NATIONAL_NO, "") if national else (ZHEJIANG_PO, "33")
    async with an_office(MemoryStore()) as office:
        await office.keep(courses)
        await _overview_is_right(office, courses, wanted, unit, province)
        await _flows_are_right(office, courses, wanted, unit, province)


async def _overview_is_right(
    office: Office, courses: Sequence[Course], wanted: Wanted, unit: str, province: str
) -> None:
    found = await office.views.overview(overseer(unit), wanted)
    if found.outside:
        assert not _of(courses, wanted, province) or _only_by_former_legs(courses, wanted, province)
        return
    shown = _of(courses, wanted, province)
    asked = {"period": wanted.period, "today": TODAY, "calendar_of": calendar_of, "province": province}
    assert found.tally == tally(shown, **asked)  # type: ignore[arg-type]  # the three of them
    assert found.paper == tally(_of(courses, wanted, province, route=Route.PAPER), **asked)  # type: ignore[arg-type]
    codes = {unit for course in shown for unit in (course.home_unit, course.host_unit)}
    grouped = {_group(code, wanted, province) for code in codes}
    asked_of = {
        code
        for code in grouped
        if code and any(figures.counts or figures.days for figures in _both_sides(shown, code, asked))
    }
    assert {place.code for place in found.cities} == asked_of
    for place in found.cities:
        code = _stem(place.code)
        as_home = [course for course in shown if course.home_unit.startswith(code)]
        as_host = [course for course in shown if course.host_unit.startswith(code)]
        assert place.as_home == tally(as_home, **asked)  # type: ignore[arg-type]
        assert place.as_host == tally(as_host, **asked)  # type: ignore[arg-type]
    in_hand = [course for course in shown if _in_hand(course, province)]
    late = Counter(due.unit for course in in_hand if (due := course.late_on(TODAY)) is not None)
    assert dict(found.late_with) == dict(late)
    assert list(found.late_with) == sorted(late.items(), key=lambda item: (-item[1], item[0]))
    period = wanted.period
    issued = Counter(_monday(day_of(course.issued_at)) for course in shown if period.holds(course.issued_at))
    assert {week.monday: week.issued for week in found.weeks if week.issued} == dict(issued)
    overdue = Counter(
        _monday(day_of(course.result_at))
        for course in shown
        if course.result_at is not None
        and period.holds(course.result_at)
        and course.result_due is not None
        and day_of(course.result_at) > course.result_due
    )
    assert {week.monday: week.results_late for week in found.weeks if week.results_late} == dict(overdue)


def _in_hand(course: Course, province: str) -> bool:
    """As the state says it, spelled out: not what was refused by, or given away from, the only party within."""
    if course.state in ENDED:
        return False
    if not province or course.home_unit[:2] == province:
        return True
    given = course.given_to[:2] != course.host_unit[:2]
    designated = any(due.clock == "reissue" for due in course.due)
    gone = {
        State.REFUSED: True,
        State.TRANSFERRED: given,
        State.AWAITING_DESIGNATION: given and designated,
    }.get(course.state, False)
    return course.host_unit[:2] == province and not gone


def _stem(code: str) -> str:
    if len(code) != 6:
        return code
    return code[:2] if code.endswith("0000") else code[:4]


def _group(unit: str, wanted: Wanted, province: str) -> str:
    """What a unit is counted under, empty where the page has no line for it."""
    if not unit.startswith(province):
        return ""
    named = [_stem(code) for code in (wanted.home, wanted.host) if code]
    narrow = [code for code in named if len(code) > 2]
    if narrow:
        return unit if unit.startswith(tuple(narrow)) else ""
    if not province and not named:
        return f"{unit[:2]}0000"
    return f"{unit[:4]}00" if province or unit[:2] in named else ""


def _both_sides(shown: Sequence[Course], code: str, asked: Mapping[str, object]) -> Iterator[Tally]:
    begins = _stem(code)
    yield tally([course for course in shown if course.home_unit.startswith(begins)], **asked)  # type: ignore[arg-type]
    yield tally([course for course in shown if course.host_unit.startswith(begins)], **asked)  # type: ignore[arg-type]


def _only_by_former_legs(courses: Sequence[Course], wanted: Wanted, province: str) -> bool:
    return not any(
        course.home_unit.startswith(province) or course.host_unit.startswith(province)
        for course in _of(courses, wanted, province)
    )


async def _flows_are_right(office: Office, courses: Sequence[Course], wanted: Wanted, unit: str, province: str) -> None:
    found = await office.views.flows(overseer(unit), wanted)
    if found.outside:
        return
    digits = 4 if province or wanted.home or wanted.host else 2
    groups: dict[tuple[str, str], list[Course]] = {}
    for course in _of(courses, wanted, province):
        groups.setdefault((course.home_unit[:digits], course.host_unit[:digits]), []).append(course)
    asked = {"period": wanted.period, "today": TODAY, "calendar_of": calendar_of, "province": province}
    expected = {pair: tally(group, **asked) for pair, group in groups.items()}  # type: ignore[arg-type]
    full = {pair: figures for pair, figures in expected.items() if figures.counts or figures.days}
    assert {(cell.home[:digits], cell.host[:digits]): cell.tally for cell in found.cells} == full


@given(wanted=_WANTED, count=st.sampled_from(Count), span=st.sampled_from(Span))
@_ASKED
async def test_the_list_behind_a_figure_is_what_it_counts(wanted: Wanted, count: Count, span: Span) -> None:
    async with an_office(MemoryStore()) as office:
        await office.keep(_COURSES[:150])
        shown = _of(_COURSES[:150], wanted, "33")
        listed = await _all_pages(office, wanted, Behind(count=count))
        if listed is None:
            return
        counted = {
            course.thread_id
            for course in shown
            if counts_of(course, period=wanted.period, today=TODAY, calendar_of=calendar_of, province="33")[count]
        }
        assert set(listed) == counted
        assert len(listed) == len(set(listed))
        of_span = await _all_pages(office, wanted, Behind(span=span))
        assert set(of_span or ()) == {
            course.thread_id for course in shown if span in spans_of(course, period=wanted.period)
        }


@given(wanted=_WANTED, week=st.none() | st.integers(0, 340))
@_ASKED
async def test_lists_beside_counts_are_what_they_say(wanted: Wanted, week: int | None) -> None:
    of_week = None if week is None else _monday(YEAR + timedelta(days=week))

    def holds(at: datetime | None) -> bool:
        return wanted.period.holds(at) and at is not None and of_week in {None, _monday(day_of(at))}

    async with an_office(MemoryStore()) as office:
        await office.keep(_COURSES[:150])
        shown = _of(_COURSES[:150], wanted, "33")
        ended = await _all_pages(office, wanted, Behind(listed=Listed.ENDED, week=of_week))
        if ended is None:
            return
        assert set(ended) == {course.thread_id for course in shown if holds(course.ended_at)}
        late = await _all_pages(office, wanted, Behind(listed=Listed.RESULTS_LATE, week=of_week))
        assert set(late or ()) == {
            course.thread_id
            for course in shown
            if holds(course.result_at)
            and course.result_at is not None
            and course.result_due is not None
            and day_of(course.result_at) > course.result_due
        }


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("by", [each for each in SortBy if each is not SortBy.URGENCY])
async def test_a_list_is_sorted_by_a_column_over_all_its_pages(by: SortBy, down: bool) -> None:
    keys: Mapping[SortBy, Callable[[Course], object]] = {
        SortBy.ISSUED: lambda course: day_of(course.issued_at),
        SortBy.HOME: lambda course: course.home_unit[:6],
        SortBy.HOST: lambda course: course.host_unit[:6],
        SortBy.MATTER: lambda course: course.matter,
    }
    by_thread = {course.thread_id: course for course in _COURSES}
    async with an_office(MemoryStore()) as office:
        await office.keep(_COURSES)
        wanted = Wanted(period=Period(YEAR, TODAY), route=Route.ALL)
        listed = await _all_pages(office, wanted, Behind(count=Count.ISSUED), Sorting(by, down)) or []
        values = [keys[by](by_thread[thread]) for thread in listed]
        assert len(set(values)) > 1
        assert values == sorted(values, reverse=down)  # type: ignore[type-var] # of one kind, and ordered


async def test_urgency_turned_round_begins_with_what_has_ended() -> None:
    async with an_office(MemoryStore()) as office:
        await office.keep(_COURSES)
        wanted = Wanted(period=Period(YEAR, TODAY), route=Route.ALL)
        found = await office.views.lines(overseer(), wanted, Behind(), sorting=Sorting(SortBy.URGENCY, down=True))
        assert found.lines[0].state in ENDED | {State.ARCHIVED}


async def _all_pages(office: Office, wanted: Wanted, behind: Behind, sorting: Sorting = USUAL) -> list[str] | None:
    token, found = "", list[str]()
    while True:
        page: Lines = await office.views.lines(overseer(), wanted, behind, sorting=sorting, page_token=token, limit=17)
        if page.outside:
            return None
        found += [line.thread_id for line in page.lines]
        token = page.next_token
        if not token:
            assert page.total == len(found)
            return found


async def test_a_list_begins_with_what_is_due_first(store: Store) -> None:
    async with an_office(store) as office:
        await office.keep(_COURSES)
        wanted = Wanted(period=Period(YEAR, TODAY), route=Route.ALL)
        page = await office.views.lines(overseer(), wanted, Behind(count=Count.IN_HAND), limit=200)
        due = [rank_day(line.due.legal, line.priority) for line in page.lines if line.due is not None]
        assert due == sorted(due)
        assert page.lines[len(due) :] == tuple(line for line in page.lines if line.due is None)
        late = [line for line in page.lines if line.late_days]
        assert {line.late_days for line in late} == {
            (TODAY - line.due.legal).days for line in late if line.due is not None
        }
        [(worst, number), *_] = (await office.views.overview(overseer(), wanted)).late_with
        with_it = await office.views.lines(overseer(), wanted, Behind(late_with=worst), limit=200)
        assert with_it.total == number
        assert all(line.due is not None and line.due.unit == worst for line in with_it.lines)


async def test_a_change_shows_in_the_next_look(store: Store) -> None:
    wanted = Wanted(period=Period(YEAR, TODAY), route=Route.ALL)
    async with an_office(store) as office:
        await office.keep(_COURSES[:50])
        before = (await office.views.overview(overseer(NATIONAL_NO), wanted)).tally
        assert before.counts[Count.ISSUED] == 50
        moved = replaced(_COURSES[3], reminders=_COURSES[3].reminders + 1, host_unit=NINGBO_RD, due=())
        await office.keep([moved, *_COURSES[50:60]])
        after = (await office.views.overview(overseer(NATIONAL_NO), wanted)).tally
        courses = [*_COURSES[:3], moved, *_COURSES[4:60]]
        assert after == tally(courses, period=wanted.period, today=TODAY, calendar_of=calendar_of)


async def test_another_province_is_not_there(store: Store) -> None:
    wanted = Wanted(period=Period(YEAR, TODAY), route=Route.ALL)
    async with an_office(store) as office:
        await office.keep(_COURSES)
        elsewhere = next(c for c in _COURSES if not {"33"} & {c.home_unit[:2], c.host_unit[:2], c.first_host[:2]})
        listed = await _all_pages(office, wanted, Behind()) or []
        assert elsewhere.thread_id not in listed
        for thread_id in (elsewhere.thread_id, "WT-330100-20260101-000009-9"):
            with pytest.raises(Refusal) as refused:
                await office.views.timeline(overseer(), thread_id)
            assert refused.value.reason is Reason.NOT_FOUND
        assert (await office.views.timeline(overseer(NATIONAL_NO), elsewhere.thread_id)).line.thread_id
        beyond = Wanted(period=wanted.period, home="51", host="44")
        assert (await office.views.overview(overseer(), beyond)).outside == "home"
        assert (await office.views.flows(overseer(), beyond)).outside == "home"
        assert (await office.views.lines(overseer(), beyond, Behind())).outside == "home"
        nowhere = Wanted(period=wanted.period, host="44", flow=Flow.IN)
        assert (await office.views.overview(overseer(), nowhere)).outside == "host"


@pytest.mark.parametrize("unit", [ZHEJIANG_PO, NATIONAL_NO, HANGZHOU_RD])
@pytest.mark.parametrize("role", list(Role))
async def test_who_may_look(unit: str, role: Role) -> None:
    wanted = Wanted(period=Period(YEAR, TODAY))
    async with an_office(MemoryStore()) as office:
        actor = overseer(unit, role)
        if unit != HANGZHOU_RD and role in {Role.SUPERVISOR, Role.READER}:
            assert (await office.views.overview(actor, wanted)).tally.counts == {}
            return
        for look in (
            office.views.overview(actor, wanted),
            office.views.flows(actor, wanted),
            office.views.lines(actor, wanted, Behind()),
            office.views.timeline(actor, "x"),
        ):
            with pytest.raises(Refusal) as refused:
                await look
            assert refused.value.reason is Reason.ROLE_MISSING


@pytest.mark.parametrize("token", ["x", "5", "5.", "-1.WT", "5." + "W" * 200])
async def test_a_token_that_is_none_is_refused(token: str) -> None:
    async with an_office(MemoryStore()) as office:
        with pytest.raises(Refusal) as refused:
            await office.views.lines(overseer(), Wanted(period=Period(YEAR, TODAY)), Behind(), page_token=token)
        assert refused.value.reason is Reason.INVALID_INPUT


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_lengths_that_are_counted_have_the_same_days(found: list[int]) -> None:
    assert days_of_lengths(Counter(found)) == days_of(found)


@given(st.integers(0, 100_000))
def test_a_course_comes_back_from_its_bytes(number: int) -> None:
    course = a_course(number)
    assert read_course(course_bytes(course)) == course
