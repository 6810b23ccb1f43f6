"""A provincial office's figures over the interface: the very numbers of its views, each with its words and its list."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from delegation import figures
from delegation.clock_specs import legal_source
from delegation.codes import Kind
from delegation.figures import SHARES, Count, Period, Span, Tally
from delegation.model import DueDate
from gateway.glossary import glossary
from gateway.schemas import province_figures as shown
from gateway.schemas.base import Answer
from node.desk.labels import clock_label, kind_label, state_label
from node.desk.ports import Actor, Role
from node.province import ports, scoreboard
from node.province.ports import AsOf, Behind, Line, SortBy, Sorting, Step, Timeline, Wanted
from node.province.scoreboard import Measure, judged
from node.store_memory import MemoryStore
from tests.builders import HANGZHOU_RD, NATIONAL_NO, ZHEJIANG_PO
from tests.gateway.conftest import House
from tests.gateway.fake_oversight import FakeOversight
from tests.node.province.office import Office, a_course, an_office, overseer

AT = "/api/v1/province"
COURSES = [a_course(number) for number in range(200)]
DAYS = {"first": "2026-01-01", "last": "2026-12-31"}
PERIOD = Period(date(2026, 1, 1), date(2026, 12, 31))
WANTED = Wanted(period=PERIOD)
VIEWS: dict[type[Answer], tuple[type, Mapping[str, str]]] = {
    shown.AsOfOut: (ports.AsOf, {}),
    shown.PeriodOut: (figures.Period, {}),
    shown.DaysOut: (figures.Days, {}),
    shown.TallyOut: (figures.Tally, {}),
    shown.WeekOut: (ports.Week, {}),
    shown.PlaceTallyOut: (ports.PlaceTally, {}),
    shown.JudgedOut: (scoreboard.Judged, {}),
    shown.ScoreboardOut: (scoreboard.Scoreboard, {}),
    shown.OverviewOut: (ports.Overview, {"wanted": "period"}),
    shown.FlowCellOut: (ports.FlowCell, {}),
    shown.FlowsOut: (ports.FlowTable, {}),
    shown.OversightDueOut: (DueDate, {}),
    shown.OverseenOut: (ports.Line, {"thread_id": "delegation_id", "status": "business_status"}),
    shown.OverseenPage: (ports.Lines, {"lines": "items", "next_token": "next_page_token"}),
    shown.StepOut: (ports.Step, {}),
    shown.TimelineOut: (ports.Timeline, {"line": "delegation"}),
}
COMPUTED = {
    shown.DaysOut: {"mean"},
    shown.TallyOut: {"shares"},
    shown.PlaceTallyOut: {"bands"},
    shown.FlowsOut: {"period"},
    shown.OverseenPage: {"period"},
}


@pytest.mark.parametrize("answer", VIEWS, ids=lambda answer: answer.__name__)
def test_an_answer_has_the_fields_of_its_view(answer: type[Answer]) -> None:
    view, renamed = VIEWS[answer]
    expected = {renamed.get(field.name, field.name) for field in fields(view)} | COMPUTED.get(answer, set())
    assert set(answer.model_fields) == expected


@asynccontextmanager
async def looking(
    house: House, unit: str = ZHEJIANG_PO, role: Role = Role.SUPERVISOR
) -> AsyncIterator[tuple[httpx.AsyncClient, Office]]:
    house.station.accounts.add("jg", role, unit=unit)
    async with an_office(MemoryStore()) as office, house.caller("jg") as client:
        await office.keep(COURSES)
        house.station.oversight = office.views
        yield client, office


def told(tally: Tally) -> dict[str, Any]:
    """A tally as an integrator reads it."""
    return {
        "counts": {count.value: number for count, number in tally.counts.items()},
        "days": {
            span.value: {"count": d.count, "median": d.median, "p90": d.p90, "total": d.total, "mean": d.mean}
            for span, d in tally.days.items()
        },
        "shares": {name: share for name in SHARES if (share := tally.share(name)) is not None},
    }


def as_told(at: AsOf) -> dict[str, Any]:
    return {
        "log_size": at.log_size,
        "checkpoint": b64encode(at.checkpoint).decode(),
        "at": at.at.isoformat().replace("+00:00", "Z"),
        "today": at.today.isoformat(),
        "current": at.current,
    }


@pytest.mark.parametrize("unit", [ZHEJIANG_PO, NATIONAL_NO])
async def test_the_overview_has_the_very_figures_of_the_view(house: House, unit: str) -> None:
    async with looking(house, unit) as (client, office):
        found = (await client.get(f"{AT}/overview", params=DAYS)).json()
        view = await office.views.overview(overseer(unit), WANTED)
    assert found["as_of"] == as_told(view.as_of)
    assert found["period"] == DAYS
    assert (found["tally"], found["paper"]) == (told(view.tally), told(view.paper))
    assert found["tally"]["counts"]["issued"] > 10
    assert [(week["monday"], week["issued"], week["ended"]) for week in found["weeks"]] == [
        (week.monday.isoformat(), week.issued, week.ended) for week in view.weeks
    ]
    assert [(place["code"], place["as_home"], place["as_host"]) for place in found["cities"]] == [
        (place.code, told(place.as_home), told(place.as_host)) for place in view.cities
    ]
    for place, seen in zip(found["cities"], view.cities, strict=True):
        for measure in Measure:
            one = judged(seen.as_host, measure, view.scoreboard)
            assert place["bands"][measure.value] == {"band": one.band.value, "value": one.value, "of": one.of}
    assert found["scoreboard"]["least_cases"] == view.scoreboard.least_cases
    assert [(each["unit"], each["delegations"]) for each in found["late_with"]] == list(view.late_with)
    assert (found["outside"], found["outside_zh"], found["outside_en"]) == ("", "", "")


async def test_the_flows_have_every_pair_of_the_view(house: House) -> None:
    async with looking(house, NATIONAL_NO) as (client, office):
        found = (await client.get(f"{AT}/flows", params={**DAYS, "business": "appraisal", "route": "all"})).json()
        asked = Wanted(period=PERIOD, business=ports.Business.APPRAISAL, route=ports.Route.ALL)
        view = await office.views.flows(overseer(NATIONAL_NO), asked)
    assert view.cells
    assert [(cell["home"], cell["host"], cell["tally"]) for cell in found["cells"]] == [
        (cell.home, cell.host, told(cell.tally)) for cell in view.cells
    ]


async def test_the_list_behind_a_figure_goes_on_by_pages_to_its_number(house: House) -> None:
    async with looking(house, NATIONAL_NO) as (client, office):
        counts = (await client.get(f"{AT}/overview", params=DAYS)).json()["tally"]["counts"]
        asked = {**DAYS, "count": "issued", "page_size": "30", "sort": "issued", "down": "true"}
        seen: list[dict[str, Any]] = []
        token = ""
        while True:
            page = (await client.get(f"{AT}/delegations", params={**asked, "page_token": token})).json()
            seen += page["items"]
            token = page["next_page_token"]
            if not token:
                break
        assert page["total"] == counts["issued"] == len({each["delegation_id"] for each in seen}) == len(seen) > 60
        first = (await client.get(f"{AT}/delegations", params=asked)).json()["next_page_token"]
        other = await client.get(f"{AT}/delegations", params={**asked, "count": "late", "page_token": first})
        assert (other.status_code, other.json()["details"]) == (422, {"field": "query.page_token"})
        view = await office.views.lines(
            overseer(NATIONAL_NO), WANTED, Behind(count=Count.ISSUED), sorting=Sorting(SortBy.ISSUED, True), limit=5
        )
    assert [each["delegation_id"] for each in seen[:5]] == [each.thread_id for each in view.lines]
    for each, line in zip(seen, view.lines, strict=False):
        assert (each["matter"], each["priority"]) == (line.matter.name, line.priority.name)
        assert (each["state"], each["state_label"]) == (line.state.value, state_label(line.state.value))
        assert each["business_status"] == line.status.value
        due = line.due
        assert (each["due"] is None) == (due is None)
        if due is not None:
            assert (each["due"]["legal"], each["due"]["label"]) == (due.legal.isoformat(), clock_label(due.clock))
            assert each["due"]["source"] == legal_source(due.clock) != ""


@pytest.mark.parametrize(
    ("query", "behind"),
    [
        ({"span": "decide"}, Behind(span=Span.DECIDE)),
        ({"late_with": HANGZHOU_RD}, Behind(late_with=HANGZHOU_RD)),
        ({"count": "issued", "week": "2026-05-06"}, Behind(count=Count.ISSUED, week=date(2026, 5, 6))),
        ({"listed": "ended"}, Behind(listed=ports.Listed.ENDED)),
    ],
    ids=lambda each: str(each)[:30],
)
async def test_a_list_is_asked_for_as_the_pages_do(house: House, query: dict[str, str], behind: Behind) -> None:
    async with looking(house, NATIONAL_NO) as (client, office):
        found = (await client.get(f"{AT}/delegations", params={**DAYS, **query})).json()
        view = await office.views.lines(overseer(NATIONAL_NO), WANTED, behind)
        everything = await office.views.lines(overseer(NATIONAL_NO), WANTED, Behind())
    assert 0 < found["total"] == view.total < everything.total
    assert [each["delegation_id"] for each in found["items"]] == [each.thread_id for each in view.lines]


async def test_a_filter_outside_says_why_and_the_period_is_told_without_being_asked_for(house: House) -> None:
    async with looking(house) as (client, _):
        for place in ("overview", "flows", "delegations"):
            found = (await client.get(f"{AT}/{place}", params={"home": "440100", "flow": "out"})).json()
            assert found["outside"] == "home"
            assert "不在本机构的监管范围内" in found["outside_zh"]
            assert "outside" in found["outside_en"]
            assert found["period"] == {"first": "2026-01-01", "last": "2026-08-03"}  # this year, until today
            assert not any(found.get(name) for name in ("cells", "items", "cities", "late_with"))


@pytest.mark.parametrize(
    "query",
    [
        "first=2026-02-30",
        "first=2026-05-01&last=2026-04-01",
        "home=<b>",
        "flow=x",
        "matter=x",
        "q=1",
        "first=1066-01-01",
    ],
)
async def test_what_nobody_can_ask_for_is_refused_and_not_repeated(house: House, query: str) -> None:
    async with looking(house) as (client, _):
        found = await client.get(f"{AT}/overview?{query}")
    assert (found.status_code, found.json()["reason"]) == (422, "INVALID_INPUT")
    assert not any(part.partition("=")[2] in found.text for part in query.split("&") if len(part.partition("=")[2]) > 1)


async def test_a_bureau_and_whoever_oversees_nothing_get_nothing(house: House) -> None:
    outside = next(
        each
        for each in COURSES
        if not any(unit.startswith("33") for unit in (each.home_unit, each.host_unit, each.first_host))
    )
    inside = next(each for each in COURSES if each.home_unit == HANGZHOU_RD)
    places = ("overview", "flows", "delegations", f"delegations/{inside.thread_id}")
    async with looking(house) as (client, _):
        assert (await client.get(f"{AT}/delegations/{inside.thread_id}")).status_code == 200
        gone = await client.get(f"{AT}/delegations/{outside.thread_id}")
        assert (gone.status_code, gone.json()["reason"]) == (404, "NOT_FOUND")
    async with looking(house, HANGZHOU_RD) as (client, _):
        for place in places:
            refused = await client.get(f"{AT}/{place}")
            assert (refused.status_code, refused.json()["reason"]) == (403, "ROLE_MISSING"), place


class OneDelegation(FakeOversight):
    """Tells of one delegation: a letter, and a clock that passed."""

    def __init__(self, line: Line) -> None:
        self.line = line

    async def timeline(self, actor: Actor, thread_id: str) -> Timeline:  # noqa: ARG002 - arguments are the port's
        at = datetime(2026, 8, 1, 3, tzinfo=UTC)
        due = DueDate("sign", self.line.host_unit, date(2026, 8, 9), date(2026, 8, 10), provisional=True)
        letter = Step(
            sequence=1, leaf=7, kind=Kind.ISSUED, label=kind_label(Kind.ISSUED), sender=self.line.home_unit, leg=2,
            claimed_at=at, accepted_at=at, due=(due,), reasons=("R01",), declared={"working_days": "3"},
        )  # fmt: skip
        passed = Step(
            sequence=0, leaf=8, kind=None, label="签收", sender="", leg=0, claimed_at=None, accepted_at=at, due=(),
            missed_clock="sign", awaited=self.line.host_unit,
        )  # fmt: skip
        as_of = AsOf(9, b"note\n", at, date(2026, 8, 1), current=False)
        return Timeline(as_of, self.line, (letter, passed))


async def test_a_timeline_tells_each_step_its_due_days_and_what_it_is_of(house: House) -> None:
    async with looking(house, NATIONAL_NO) as (client, office):
        [line, *_] = (await office.views.lines(overseer(NATIONAL_NO), WANTED, Behind(count=Count.LATE))).lines
        house.station.oversight = OneDelegation(line)
        found = (await client.get(f"{AT}/delegations/{line.thread_id}")).json()
    assert (found["as_of"]["checkpoint"], found["as_of"]["current"]) == ("bm90ZQo=", False)
    assert (found["delegation"]["delegation_id"], found["delegation"]["late_days"]) == (line.thread_id, line.late_days)
    letter, passed = found["steps"]
    assert (letter["kind"], letter["reasons"], letter["declared"]) == ("ISSUED", ["R01"], {"working_days": "3"})
    assert letter["due"][0] == {
        "clock": "sign", "unit": line.host_unit, "nominal": "2026-08-09", "legal": "2026-08-10", "provisional": True,
        "label": clock_label("sign"), "source": legal_source("sign"),
    }  # fmt: skip
    assert (passed["kind"], passed["missed_clock"], passed["awaited"]) == ("", "sign", line.host_unit)


async def test_every_figure_is_explained_in_both_languages(house: House) -> None:
    async with looking(house) as (client, _):
        found = (await client.get(f"{AT}/figures")).json()
    by_measure: dict[str, set[str]] = {}
    for each in found["figures"]:
        by_measure.setdefault(each["measure"], set()).add(each["code"])
    assert by_measure == {"count": set(Count), "days": set(Span), "share": set(SHARES), "list": set(ports.Listed)}
    assert {each["basis"] for each in found["figures"]} == {each["code"] for each in found["bases"]}
    for each in [*found["figures"], *found["bases"]]:
        texts = {name: text for name, text in each.items() if name.endswith(("_zh", "_en"))}
        assert all(texts.values()), each
        assert all(text.isascii() for name, text in texts.items() if name.endswith("_en")), each
    shares = {each["code"]: (each["part"], each["of"]) for each in found["figures"] if each["measure"] == "share"}
    assert shares == {name: (part.value, of.value) for name, (part, of) in SHARES.items()}
    assert glossary() is glossary()  # read once
