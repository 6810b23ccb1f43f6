"""The to-do page, lists, search, alarms and notices before the fake desk."""

import re
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest

from node.desk.ports import Actor, Role
from node.desk.views import NoticeRoute, SavedFilter
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import NOW, OTHER
from tests.gateway.fake_views import DELEGATION, a_row, a_todo, an_alarm

TODAY = date(2026, 8, 3)


def links(page: httpx.Response) -> list[str]:
    """Where a page leads."""
    return re.findall(r'href="(/desk/[^"]*)"', page.text)


async def test_each_thing_leads_where_the_work_is_done(house: House) -> None:
    house.station.desk.waits = [
        a_todo(),
        replace(a_todo("approve_move"), subject_id="move-7"),
        replace(a_todo("sent_back"), subject_id="move-8"),
        replace(a_todo("sent_back"), subject_id="draft-9", delegation_id=""),
        replace(a_todo("turn"), subject_id=""),
        replace(a_todo("alarm"), subject_id="3", delegation_id="", reason="LOG_FORKED"),
    ]
    async with signed_in(house) as client:
        page = await client.get("/desk/todo")
    found = re.findall(r'<a href="([^"]+)" id="todo-', page.text)
    assert found == [
        "/desk/intake/draft-1/review",
        "/desk/moves/move-7",
        "/desk/moves/move-8/edit",
        "/desk/intake/draft-9",
        f"/desk/cases/{DELEGATION}",
        "/desk/alarms",
    ]
    ids = re.findall(r'id="([^"]+)"', page.text)
    assert len(ids) == len(set(ids))


async def test_a_light_has_words_and_what_came_back_has_cause_and_cure(house: House) -> None:
    late = replace(a_todo("turn"), due=TODAY - timedelta(days=2), overdue=True)
    refused = replace(a_todo("refused"), subject_id="e1", reason="STALE", cure="查看对方的新动作后，以原内容重新办理")
    house.station.desk.waits = [late, replace(a_todo("turn"), subject_id="x", due=TODAY + timedelta(days=1)), refused]
    async with signed_in(house) as client:
        page = await client.get("/desk/todo")
    assert "超期 2 天" in words(page)
    assert "剩 1 天" in words(page)
    assert 'class="lamp red"' in page.text
    assert "怎么办：查看对方的新动作后，以原内容重新办理" in words(page)
    assert "原因：" in words(page)


async def test_a_category_filters_by_its_code(house: House) -> None:
    house.station.desk.waits = [a_todo(), replace(a_todo("turn"), category="overdue", label="已超期")]
    async with signed_in(house) as client:
        page = await client.get("/desk/todo?category=overdue")
        assert len(re.findall('id="todo-[a-z_]+-', page.text)) == 1
        assert 'id="tab-overdue"' in page.text
        assert re.search(r'id="tab-overdue"[^>]*aria-current="true"', page.text)
        assert (await client.get("/desk/todo?category=张三")).status_code == 400
        assert (await client.get("/desk/todo?sort=name")).status_code == 400


async def test_a_long_list_is_read_page_by_page_with_sealed_tokens(house: House) -> None:
    house.station.desk.waits = [replace(a_todo("turn"), subject_id=f"s{number}") for number in range(120)]
    seen: list[str] = []
    async with signed_in(house) as client:
        address = "/desk/todo"
        for _ in range(5):
            page = await client.get(address)
            seen += re.findall(r'id="todo-turn-[^"]*-(s\d+)"', page.text)
            following = re.search(r'href="([^"]+)" id="next-page"', page.text)
            if following is None:
                break
            address = following[1].replace("&amp;", "&")
        assert seen == [f"s{number}" for number in range(120)]
        assert (await client.get("/desk/todo?after=AAAA")).status_code == 422
        assert (await client.get("/desk/todo?after=MTIw")).status_code == 422


async def test_what_waits_is_narrowed_to_cases_in_hand_and_kept_under_a_name(house: House) -> None:
    desk = house.station.desk
    desk.waits = [a_todo("turn"), replace(a_todo("turn"), delegation_id="WT-330100-20260801-000009-X")]
    desk.in_hand = {DELEGATION}
    async with signed_in(house) as client:
        assert len(re.findall('id="todo-turn-', (await client.get("/desk/todo")).text)) == 2
        page = await client.get("/desk/todo?mine=yes&sort=changed")
        assert re.findall(r'<a href="([^"]+)" id="todo-turn', page.text) == [f"/desk/cases/{DELEGATION}"]
        tabs = re.findall(r'href="([^"]+)" id="tab-', page.text)
        assert tabs
        assert all("mine=yes" in tab for tab in tabs), "another category is narrowed too"
        form = form_to(page, "/desk/filters")
        nameless = await client.post("/desk/filters", data={**form, "name": " "})
        assert nameless.status_code == 422
        assert "请起一个名称" in words(nameless)
        taken = await client.post("/desk/filters", data={**form, "name": "我手上的"})
        assert (taken.status_code, taken.headers["location"]) == (303, "/desk/todo?sort=changed&mine=yes")
        assert set(desk.filters["我手上的"].codes) == {("page", "todo"), ("sort", "changed"), ("mine", "yes")}
        for shown in ("/desk/todo", "/desk/cases"):
            page = await client.get(shown)
            assert '<a href="/desk/todo?sort=changed&amp;mine=yes">我手上的</a>' in page.text
        page = await client.get("/desk/todo")
        gone = await client.post("/desk/filters/drop", data=form_to(page, "/desk/filters/drop"))
        assert (gone.status_code, gone.headers["location"]) == (303, "/desk/todo")
        assert not desk.filters
        assert (await client.get("/desk/todo?mine=perhaps")).status_code == 400


async def test_a_part_that_shows_what_there_is_answers_nothing(house: House) -> None:
    async with signed_in(house) as client:
        page = await client.get("/desk/todo")
        live = re.search(r'id="todo" data-live[^>]*hx-get="([^"]+)"', page.text)
        assert live is not None
        again = live[1].replace("&amp;", "&")
        assert (await client.get(again, headers={"hx-request": "true"})).status_code == 204
        assert (await client.get(again)).status_code == 200  # a person who loads it gets a page
        house.station.desk.waits.append(replace(a_todo("turn"), subject_id="new"))
        assert "-new" in (await client.get(again, headers={"hx-request": "true"})).text


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("state=accepted", "state", "accepted"),
        ("role=host", "role", "host"),
        ("our_turn=yes", "our_turn", True),
        ("overdue=no", "overdue", False),
        ("open=yes", "open", True),
        ("matter=INVESTIGATION", "matter", "INVESTIGATION"),
        (f"other_unit={OTHER.lower()}", "other_unit", OTHER),
        ("due_before=2026-09-01", "due_before", date(2026, 9, 1)),
        ("mine=yes", "mine", True),
        ("sort=due", "sort", "due"),
    ],
)
async def test_a_list_is_narrowed_by_codes(house: House, query: str, name: str, value: object) -> None:
    async with signed_in(house) as client:
        page = await client.get(
            f"/desk/cases?{query}&open=&due_before="
            if "open" not in query and "due" not in query
            else f"/desk/cases?{query}"
        )
    assert page.status_code == 200
    assert getattr(house.station.desk.asked[-1], name) == value


async def test_a_filter_that_is_none_is_told_beside_its_field(house: House) -> None:
    async with signed_in(house) as client:
        page = await client.get("/desk/cases?other_unit=张三&due_before=tomorrow&state=nothing")
    assert page.status_code == 422
    for fault in ("请填单位代码", "请填日期", "请从列表中选择"):
        assert fault in words(page)
    asked = house.station.desk.asked[-1]
    assert (asked.other_unit, asked.due_before, asked.state) == ("", None, "")


async def test_a_filter_is_kept_under_a_name_and_dropped(house: House) -> None:
    async with signed_in(house) as client:
        page = await client.get("/desk/cases?overdue=yes&role=host")
        form = form_to(page, "/desk/filters")
        taken = await client.post("/desk/filters", data={**form, "name": "超期受托"})
        assert (taken.status_code, taken.headers["location"]) == (303, "/desk/cases?role=host&overdue=yes")
        kept = house.station.desk.filters["超期受托"]
        assert set(kept.codes) == {("overdue", "yes"), ("role", "host")}
        page = await client.get("/desk/cases")
        assert "超期受托" in words(page)
        assert "/desk/cases?role=host&amp;overdue=yes" in page.text
        nameless = await client.post("/desk/filters", data={**form, "name": " "})
        assert nameless.status_code == 422
        assert "请起一个名称" in words(nameless)
        drop = form_to(page, "/filters/drop")
        assert (await client.post("/desk/filters/drop", data=drop)).status_code == 303
        assert (await client.post("/desk/filters/drop", data=drop)).status_code == 303
    assert house.station.desk.filters == {}


async def test_names_and_numbers_are_searched_in_a_forms_body_and_stand_in_no_address(house: House) -> None:
    house.station.desk.rows = [a_row(worker_name="王小明")]
    async with signed_in(house) as client:
        form = form_to(await client.get("/desk/cases"), "/desk/search")
        found = await client.post("/desk/search", data={**form, "find": " 王小明 "})
        assert f"/desk/cases/{DELEGATION}" in links(found)
        assert not any("王" in link or "%E7%8E%8B" in link for link in links(found))
        nobody = await client.post("/desk/search", data={**form, "find": "110101199003070009"})
        assert "没有符合的案件" in words(nobody)
        assert "110101199003070009" not in nobody.text
        by_number = await client.post("/desk/search", data={**form, "find": f" {DELEGATION.lower()} "})
        assert (by_number.status_code, by_number.headers["location"]) == (303, f"/desk/cases/{DELEGATION}")
        foreign = await client.post("/desk/search", data={**form, "find": "WT-510100-20260803-000001-U"})
        assert (foreign.status_code, "没有符合的案件" in words(foreign)) == (200, True)
        assert (await client.post("/desk/search", data={**form, "find": " "})).status_code == 422
        draft = await house.station.desk.create_draft(_clerk(), {"case_key": "杭人社工认2026-17"})
        own = await client.post("/desk/search", data={**form, "find": "杭人社工认2026-17"})
        assert f"/desk/intake/{draft.draft_id}" in links(own)


def _clerk() -> Actor:
    return Actor("clerk", "名", "330100RD01T", frozenset({"clerk"}))


async def test_an_alarm_shows_cause_and_cure_and_is_acknowledged(house: House) -> None:
    house.station.desk.alarms = [an_alarm()]
    async with signed_in(house) as client:
        page = await client.get("/desk/alarms")
        assert "怎么办：已自动提出异议" in words(page)
        sent = await client.post("/desk/alarms/1", data=form_to(page, "/alarms/1"))
        assert sent.status_code == 303
    async with signed_in(house, Role.INVESTIGATOR) as client:
        assert "/alarms/1" not in (await client.get("/desk/alarms")).text
        assert (await client.post("/desk/alarms/1", data={"_csrf": "x"})).status_code == 403


async def test_who_reads_no_cases_sees_how_the_node_is(house: House) -> None:
    house.station.desk.routes = (
        NoticeRoute(kind="webhook", target="oa.example", delivered_at=NOW, waiting=3, failing=2, fault="503"),
    )
    async with signed_in(house, Role.ADMINISTRATOR) as client:
        page = await client.get("/desk/todo")
        assert "节点状态" in words(page)
        assert DELEGATION not in " ".join(links(page))
        notices = await client.get("/desk/notices")
        assert "oa.example" in words(notices)
        assert "连续失败 2" in words(notices)
        assert DELEGATION not in notices.text
        assert (await client.get("/desk/cases")).status_code == 403
    async with signed_in(house, Role.DISPATCHER) as client:
        assert (await client.get("/desk/todo")).status_code == 200
    async with signed_in(house, Role.CLERK) as client:
        assert "oa.example" not in (await client.get("/desk/notices")).text


async def test_the_first_page_is_small(house: House) -> None:
    house.station.desk.waits = [replace(a_todo("turn"), subject_id=f"s{number}") for number in range(60)]
    house.station.desk.filters = {"x": SavedFilter("x", (("overdue", "yes"),))}
    async with signed_in(house) as client:
        page = await client.get("/desk/todo")
        files = [await client.get(address) for address in re.findall(r'(?:src|href)="(/desk/static/[^"]+)"', page.text)]
    assert len(files) >= 6
    assert len(page.content) + sum(len(file.content) for file in files) < 150 * 1024
