"""The page and the interface of an office's alerts before its real alerts: shown, filtered, seen, counted."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from delegation.values import replaced
from node.desk.ports import Role
from node.province.alert_rules import Attendance, Member
from node.store_memory import MemoryStore
from tests.builders import ZHEJIANG_PO
from tests.gateway.bureau.pages import words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import PASSWORD
from tests.node.province.alerted import MORNING, Desk, a_desk, late

PAGE, API = "/desk/province/alerts", "/api/v1/province/alerts"


@asynccontextmanager
async def alerted(house: House, role: Role = Role.SUPERVISOR) -> AsyncIterator[tuple[Desk, httpx.AsyncClient]]:
    """A person of Zhejiang's office, which has three late delegations, one of them ended, and a bureau offline."""
    house.station.accounts.add("jg", role, unit=ZHEJIANG_PO)
    async with a_desk(MemoryStore()) as desk:
        await desk.office.keep([late(number) for number in (1, 2, 3)])
        desk.seen = Attendance((Member("330100", False, None),), MORNING.replace(day=18), MORNING)
        await desk.look()
        await desk.office.keep([replaced(late(3), due=())])
        await desk.look()
        house.station.alerts, house.station.oversight = desk.alerts, desk.office.views
        async with house.anonymous(origin="http://desk.test") as client:
            sent = await client.post("/desk/sign-in", data={"staff_id": "jg", "password": PASSWORD})
            assert sent.status_code == 303, sent.text
            yield desk, client


def _token(page: httpx.Response) -> str:
    found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


async def test_the_page_shows_what_stands_first_and_leads_to_it(house: House) -> None:
    async with alerted(house) as (_, client):
        page = await client.get(PAGE)
        shown = words(page)
        assert page.status_code == 200, page.text
        assert "未消除 3 ，其中未阅 3" in re.sub(r"\s+", " ", shown)
        assert page.text.count("已消除</span>") == 1
        assert page.text.index("已消除</span>") > page.text.rindex(
            '<span class="shape" aria-hidden="true">■</span> 未消除'
        )
        for number in (1, 2, 3):
            assert f'href="/desk/province/threads/{late(number).thread_id}"' in page.text
        assert "/desk/province/list?count=in_hand&amp;host=330100" in page.text
        assert "注册中心已 48 小时未收到其连接" in shown
        overview = await client.get("/desk/province")
        assert re.search(r"province/alerts[^>]*>预警 <b>3</b>", overview.text), "counted beside the other rooms"
        english = await client.get(PAGE, headers={"accept-language": "en"})
        assert "Not heard by the registry for 48 hours" in words(english)
        assert "委托超期" not in english.text


async def test_what_was_seen_says_by_whom_and_a_filter_is_kept(house: House) -> None:
    async with alerted(house) as (_, client):
        page = await client.get(f"{PAGE}?rule=late&standing=true")
        assert late(3).thread_id not in page.text
        assert "单位离线</th>" not in page.text
        ids = re.findall(r'name="alert" value="([0-9a-f]{24})"', page.text)
        form = {"_csrf": _token(page), "alert": ids[0], "rule": "late", "standing": "true"}
        sent = await client.post(f"{PAGE}/seen", data=form)
        assert (sent.status_code, sent.headers["location"]) == (303, f"{PAGE}?rule=late&standing=true")
        again = await client.get(PAGE)
        assert "jg<br>" in again.text
        assert re.search(r"其中未阅\s+2", words(again))
        rest = {"_csrf": _token(again), "alert": [*ids, "f" * 24, "no id"], "rule": "nonsense"}
        assert (await client.post(f"{PAGE}/seen", data=rest)).headers["location"] == PAGE
        assert re.search(r"其中未阅\s+1", words(await client.get(PAGE)))
        without = await client.post(f"{PAGE}/seen", data={"alert": ids[0]})
        assert without.status_code == 403


async def test_a_reader_looks_and_says_nothing(house: House) -> None:
    async with alerted(house, Role.READER) as (_, client):
        page = await client.get(PAGE)
        assert page.status_code == 200
        assert f'action="{PAGE}/seen"' not in page.text
        sent = await client.post(f"{PAGE}/seen", data={"_csrf": _token(page), "alert": "f" * 24})
        assert sent.status_code == 403


async def test_silence_of_the_registry_and_quiet_hours_are_said(house: House) -> None:
    async with alerted(house) as (desk, client):
        desk.seen = None
        desk.clock[0] = MORNING.replace(hour=13)
        await desk.look()
        shown = words(await client.get(PAGE))
        assert re.search(r"以下规则暂不能核对，原有预警不变：\s*单位离线", shown)
        assert "现为静默时段" in shown


async def test_the_interface_lists_pages_and_takes_seen_once(house: House) -> None:
    async with alerted(house):
        session = await house.station.accounts.sign_in("jg", PASSWORD)
        async with house.anonymous(authorization=f"Bearer {session.token}") as client:
            first = (await client.get(API, params={"page_size": 3})).json()
            assert (first["standing"], first["unseen"], first["by_rule"]) == (3, 3, {"late": 2, "bureau_offline": 1})
            assert first["items"][0].keys() >= {"alert_id", "rule", "thread_id", "unit", "number", "label"}
            rest = await client.get(API, params={"page_size": 3, "page_token": first["next_page_token"]})
            assert [each["thread_id"] for each in rest.json()["items"]] == [late(3).thread_id]
            assert rest.json()["items"][0]["ended_at"]
            other = await client.get(API, params={"rule": "late", "page_token": first["next_page_token"]})
            assert other.status_code == 422, "a token is of its own question"
            alert_id = first["items"][0]["alert_id"]
            seen = (await client.post(f"{API}/{alert_id}/seen")).json()
            assert seen["seen_by"] == "jg"
            assert (await client.post(f"{API}/{alert_id}/seen")).json() == seen
            assert (await client.post(f"{API}/{'0' * 24}/seen")).status_code == 404
            assert (await client.get(API, params={"rule": "nonsense"})).status_code == 422
            one = (await client.get(API, params={"rule": "bureau_offline", "standing": True})).json()["items"]
            assert [(each["unit"], each["label"]) for each in one] == [("330100", "单位离线")]
