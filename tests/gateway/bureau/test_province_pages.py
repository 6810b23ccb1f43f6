"""Pages of a provincial office before its real views: each figure with its words and its list; nobody else looks."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from delegation.clock_specs import legal_source
from delegation.codes import Kind
from delegation.figures import Count, Period, Span, tally
from delegation.model import DueDate
from gateway.bureau import province
from gateway.bureau.province import matrix, pages, words
from gateway.bureau.province.asking import Addresses
from gateway.bureau.texts import english
from node.desk.labels import kind_label
from node.desk.ports import Actor, Role
from node.province.ports import Behind, FlowCell, Step, Timeline, Wanted
from node.store_memory import MemoryStore
from tests.builders import HANGZHOU_RD, NATIONAL_NO, ZHEJIANG_PO, a_roster
from tests.gateway.bureau.pages import words as words_of_page
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import PASSWORD
from tests.gateway.fake_oversight import AS_OF, FakeOversight
from tests.node.province.office import a_course, an_office, overseer

COURSES = [a_course(number) for number in range(250)]
PERIOD = "first=2026-01-01&last=2026-12-31"
WORDS = Path(province.__file__ or "").parent


@asynccontextmanager
async def looking(
    house: House, unit: str = ZHEJIANG_PO, role: Role = Role.SUPERVISOR
) -> AsyncIterator[httpx.AsyncClient]:
    house.station.accounts.add("jg", role, unit=unit)
    async with an_office(MemoryStore()) as office:
        await office.keep(COURSES)
        house.station.oversight = office.views
        async with house.anonymous(origin="http://desk.test") as client:
            sent = await client.post("/desk/sign-in", data={"staff_id": "jg", "password": PASSWORD})
            assert sent.status_code == 303, sent.text
            yield client


def total_of(page: httpx.Response) -> int:
    """How many a list says that it has."""
    found = re.search(r"共 (\d+)", words_of_page(page))
    assert found is not None
    return int(found[1])


async def test_each_figure_of_the_morning_has_its_words_and_a_list_of_as_many(house: House) -> None:
    async with looking(house) as client:
        page = await client.get(f"/desk/province?{PERIOD}")
        assert page.status_code == 200, page.text
        seen = set()
        for address, number in re.findall(r'<a href="(/desk/province/list\?[^"]+)"><b>(\d+)</b>', page.text):
            asked = parse_qs(urlsplit(address.replace("&amp;", "&")).query)
            name = asked.get("count", [""])[0]
            if name in {Count.REUSED, Count.DRAW_DEFAULTS}:
                continue  # pieces and times, of fewer delegations: their words say so
            listed = await client.get(address.replace("&amp;", "&"))
            assert total_of(listed) == int(number), address
            if name:
                assert words.COUNTS[Count(name)][1] in words_of_page(page)
                assert words.COUNTS[Count(name)][1] in words_of_page(listed)
                seen.add(Count(name))
        assert seen >= {Count.IN_HAND, Count.LATE, Count.DUE_SOON, Count.ISSUED, Count.COMPLETED}
        for share in ("按期率", "采信率", "转办率", "补充率"):
            assert share in words_of_page(page)


async def test_a_step_says_its_middle_and_ninetieth_day_and_lists_whom_it_counts(house: House) -> None:
    async with looking(house, NATIONAL_NO) as client:
        page = await client.get(f"/desk/province?{PERIOD}&route=all")
        wanted = tally(
            COURSES,
            period=Period(date(2026, 1, 1), date(2026, 12, 31)),
            today=date(2026, 11, 20),
            calendar_of=lambda region: a_roster().calendar.at(region),
        )
        for span in Span:
            days = wanted.days[span]
            listed = await client.get(f"/desk/province/list?{PERIOD}&route=all&span={span.value}")
            assert total_of(listed) == days.count
            label = words.SPANS[span][0]
            text = words_of_page(page)
            assert re.search(
                rf"{re.escape(label)} .{{0,120}}? {days.median:g} {days.p90} {days.mean:.1f} {days.count} ", text
            ), span


async def test_the_heat_table_s_cells_are_the_lists_behind_them(house: House) -> None:
    async with looking(house, NATIONAL_NO) as client:
        for measure in ("issued", "in_hand"):
            page = await client.get(f"/desk/province/flows?{PERIOD}&measure={measure}")
            cells = re.findall(r'<td class="heat-\d"><a href="([^"]+)">(\d+)</a>', page.text)
            assert len(cells) > 1
            for address, number in cells:
                assert total_of(await client.get(address.replace("&amp;", "&"))) == int(number)


def test_what_is_left_over_is_summed_before_it_is_divided() -> None:
    period = Period(date(2026, 1, 1), date(2026, 12, 31))
    calendar = a_roster().calendar
    found = tally(COURSES, period=period, today=date(2026, 11, 20), calendar_of=calendar.at)
    cells = [FlowCell("330100", f"{3301 + each}00", found) for each in range(matrix.MOST + 3)]
    to = Addresses(Wanted(period=period))
    [(_, shares)] = matrix.matrix_of(cells, "on_time", to).rows
    [(_, counts)] = matrix.matrix_of(cells, "issued", to).rows
    assert shares[-1].text == shares[0].text != ""
    assert int(counts[-1].text) == 3 * int(counts[0].text)
    assert (counts[-1].address, counts[0].heat, counts[-1].heat) == ("", 5, 0)


async def test_a_list_goes_on_by_pages_without_a_line_twice(house: House) -> None:
    async with looking(house, NATIONAL_NO) as client:
        page = await client.get(f"/desk/province/list?{PERIOD}&count=issued")
        total, seen = total_of(page), []
        while True:
            seen += re.findall(r'href="/desk/province/threads/([^"]+)"', page.text)
            further = re.search(r'href="([^"]+)" id="next-page"', page.text)
            if further is None:
                break
            page = await client.get(further[1].replace("&amp;", "&"))
        assert len(seen) == len(set(seen)) == total > 50
        changed = await client.get(f"/desk/province/list?{PERIOD}&count=late&after=AAAA")
        assert changed.status_code == 422


async def test_a_filter_outside_says_why_and_shows_nothing(house: House) -> None:
    async with looking(house) as client:
        for page in ("", "/flows", "/list"):
            found = await client.get(f"/desk/province{page}?{PERIOD}&home=440100&flow=out")
            assert words.OUTSIDE["home"] in words_of_page(found), page
            assert "/desk/province/threads/" not in found.text


async def test_a_timeline_of_the_scope_opens_and_another_is_not_there(house: House) -> None:
    inside = next(each for each in COURSES if each.home_unit == HANGZHOU_RD)
    outside = next(
        each
        for each in COURSES
        if not any(unit[:2] == "33" for unit in (each.home_unit, each.host_unit, each.first_host))
    )
    async with looking(house) as client:
        found = await client.get(f"/desk/province/threads/{inside.thread_id}")
        assert found.status_code == 200
        assert inside.thread_id in found.text
        assert inside.thread_id not in re.search("<title>.*</title>", found.text)[0]  # type: ignore[index] # is there
        assert (await client.get(f"/desk/province/threads/{outside.thread_id}")).status_code == 404


async def test_the_office_begins_at_its_figures_and_a_bureau_does_not_get_there(house: House) -> None:
    async with looking(house) as client:
        assert (await client.get("/desk/")).headers["location"] == "/desk/province"
        assert 'href="/desk/province"' in (await client.get("/desk/province")).text
    async with looking(house, HANGZHOU_RD) as client:
        for page in ("", "/flows", "/list", "/threads/WT-330100-20260803-000017-Y"):
            assert (await client.get(f"/desk/province{page}")).status_code == 403, page
        assert 'href="/desk/province"' not in (await client.get("/desk/cases")).text
    async with looking(house, ZHEJIANG_PO, Role.CLERK) as client:
        assert (await client.get("/desk/province")).status_code == 403


@pytest.mark.parametrize(
    "query", ["first=2026-02-30", "first=2026-05-01&last=2026-04-01", "home=%3Cscript%3E", "first=1066-01-01", "flow=x"]
)
async def test_what_no_address_of_ours_holds_is_refused_and_not_repeated(house: House, query: str) -> None:
    async with looking(house) as client:
        found = await client.get(f"/desk/province?{query}")
        assert found.status_code in {400, 422}
        assert "<script>" not in found.text.replace("<script src", "")


async def test_pages_run_without_scripts_and_styles_of_their_own(house: House) -> None:
    async with looking(house) as client:
        for address in ("/desk/province", "/desk/province/flows", "/desk/province/list?count=late"):
            page = await client.get(address)
            assert not re.search(r" style=| on[a-z]+=|<style|<script(?! src)", page.text), address
            assert page.text.count("<h1>") == 1


def test_every_text_is_translated() -> None:
    missing = set()
    for path in sorted(WORDS.glob("*.py")):
        source = re.sub(r'"""(.|\n)*?"""', "", path.read_text())
        missing |= {text for text in re.findall(r'"([^"]*[\u4e00-\u9fff][^"]*)"', source) if text not in english()}
    for path in sorted((WORDS.parent / "templates" / "province").glob("*.html")):
        text = path.read_text()
        missing |= {found for found in re.findall(r"_\('([^']+)'\)", text) if found not in english()}
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"_\('[^']+'\)", "", text)), path.name
    assert missing == set()


def test_every_count_and_step_has_its_words() -> None:
    assert set(words.COUNTS) == set(Count)
    assert set(words.SPANS) == set(Span)
    assert pages.PAGE <= 200


class _OneDelegation(FakeOversight):
    """Tells of one delegation: a letter, and a clock that passed."""

    async def timeline(self, actor: Actor, thread_id: str) -> Timeline:
        del actor
        async with an_office(MemoryStore()) as office:
            await office.keep(COURSES)
            wanted = Wanted(period=Period(date(2026, 1, 1), date(2026, 12, 31)))
            [line, *_] = (await office.views.lines(overseer(NATIONAL_NO), wanted, Behind(count=Count.LATE))).lines
        at, due = line.issued_at, DueDate("sign", line.host_unit, date(2026, 8, 9), date(2026, 8, 10), provisional=True)
        letter = Step(
            sequence=1, leaf=7, kind=Kind.ISSUED, label=kind_label(Kind.ISSUED), sender=line.home_unit, leg=2,
            claimed_at=at, accepted_at=at, due=(due,), reasons=("R01",),
        )  # fmt: skip
        passed = Step(
            sequence=0, leaf=8, kind=None, label="签收", sender="", leg=0, claimed_at=None, accepted_at=at, due=(),
            missed_clock="sign", awaited=line.host_unit,
        )  # fmt: skip
        return Timeline(AS_OF, replace(line, thread_id=thread_id, supervision_open=True, left=True), (letter, passed))


async def test_a_timeline_tells_each_step_its_due_days_and_their_source(house: House) -> None:
    async with looking(house) as client:
        house.station.oversight = _OneDelegation()
        found = await client.get("/desk/province/threads/WT-330100-20260803-000017-Y")
        text = words_of_page(found)
        assert found.status_code == 200
        for part in (
            kind_label(Kind.ISSUED),
            "R01",
            "第 2 程",
            "2026-08-10 签收",
            "暂定",
            "到期未办：签收",
            "督办待答复",
            "已转出",
        ):
            assert part in text, part
        assert text.count(legal_source("sign")) == 2
