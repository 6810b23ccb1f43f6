"""Pages of a provincial office before axe-core, on a screen and on a telephone, with a year of delegations behind."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser

from delegation.roster_records import UnitType
from node.desk.ports import Role
from node.store_memory import MemoryStore
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_accessible import OF_PROVINCE, faults_of
from tests.builders import ZHEJIANG_PO, code_of
from tests.gateway.bureau.office_work import busy_acts
from tests.gateway.conftest import a_house
from tests.gateway.fake_accounts import PASSWORD
from tests.gateway.fake_reports import busy_reports
from tests.node.province.alerted import busy_alerts
from tests.node.province.office import UNITS, a_course, an_office

_MORE = tuple(code_of(city, UnitType.RECOGNITION) for city in ("330300", "330400", "330500", "440300", "320100"))
_COURSES = [a_course(number, units=(*UNITS, *_MORE)) for number in range(600)]
_PERIOD = "first=2026-01-01&last=2026-12-31"
_THREAD = next(each.thread_id for each in _COURSES if each.home_unit.startswith("33") and each.open)
_PAGES = {
    "pageProvince": f"?{_PERIOD}",
    "pageProvinceFlows": f"/flows?{_PERIOD}",
    "pageProvinceList": f"/list?{_PERIOD}&count=late",
    "pageProvinceThread": f"/threads/{_THREAD}",
    "pageProvinceWaiting": "/waiting?every=1",
    "pageProvinceAct": f"/threads/{_THREAD}/acts/designate",
    "pageAnnounce": "/announce",
    "pageAgreements": "/agreements",
    "pageNewAgreement": "/agreements/new",
    "pageReports": "/reports",
    "pageReport": "/reports/month-2026-06",
    "pageProvinceAlerts": "/alerts",
}


class _Served(threading.Thread):
    """An office's desk on a free port."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.house = a_house()
        self.house.station.accounts.add("jg", Role.SUPERVISOR, Role.APPROVER, unit=ZHEJIANG_PO)
        self.house.station.acts = busy_acts()
        self.house.station.reports = busy_reports()
        self.server = uvicorn.Server(uvicorn.Config(self.house.app, port=0, log_level="error"))
        self.cookie: tuple[str, str] = ("", "")
        self.address = ""
        self.up = threading.Event()

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        async with an_office(MemoryStore()) as office:
            await office.keep(_COURSES)
            self.house.station.oversight = office.views
            self.house.station.alerts = (await busy_alerts(office)).alerts
            session = await self.house.station.accounts.sign_in("jg", PASSWORD)
            self.cookie = (self.house.app.state.settings.session_cookie, session.token)
            serving = asyncio.create_task(self.server.serve())
            while not self.server.started:
                await asyncio.sleep(0.01)
            self.address = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"
            self.up.set()
            await serving


@pytest.fixture(scope="module")
def office() -> Iterator[_Served]:
    served = _Served()
    served.start()
    assert served.up.wait(20)
    yield served
    served.server.should_exit = True
    served.join(10)
    served.house.app.state.spool.close()


def test_every_page_of_the_province_is_looked_at() -> None:
    assert set(_PAGES) == OF_PROVINCE


def test_pages_of_the_province_are_accessible_on_a_screen_and_on_a_telephone(
    office: _Served, browser: Browser, axe: str
) -> None:
    context = browser.new_context(locale="zh-CN")
    name, token = office.cookie
    context.add_cookies([{"name": name, "value": token, "url": office.address}])
    page, found = context.new_page(), {}
    for where in _PAGES.values():
        answer = page.goto(f"{office.address}/desk/province{where}")
        assert answer is not None
        assert answer.status == 200, where
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type] # width and height
            if faults := faults_of(page, axe):
                found[f"{where} at {size['width']}"] = faults
    context.close()
    assert found == {}
