"""Every page of the desk before axe-core, on a screen and on a telephone: one h1, landmarks, nothing too wide."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Final

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from cli.local_federation import HANGZHOU
from gateway.bureau.access import PAGES
from gateway.bureau.old_cases.example import EXAMPLE
from gateway.bureau.pool.example import EXAMPLE as EXPERT
from gateway.bureau.site import _PAGES as ROOMS  # the rooms are the site's own business but for this test
from gateway.openapi import api_routes
from tests.browser import acts, appraisals
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP, PHONE, Town, Window

FIRST_PAGE: Final = 150 * 1024  # bytes of everything that the first page needs, uncompressed
CLERK, APPROVER, ADMINISTRATOR, DISPATCHER, AUDITOR = "hz-jb-01", "hz-sp-01", "hz-gl-01", "hz-fp-01", "hz-jd-01"
HOST = "cd-jb-01"
LETTER: Final = {
    "clock.application_received_on": (datetime.now(UTC) - timedelta(days=2)).date().isoformat(),
    "task_place.code": "510100", "letter.worker.name": "沈砚青", "letter.worker.id_number": "330106198907153213",
    "letter.employer.name": "示例公司", "letter.appraisal.decision_number": "示例认〔2026〕1号",
    "letter.appraisal.decided_on": "2026-01-05", "letter.appraisal.injured_parts": "腰椎",
    "letter.appraisal.diagnosis": "骨折", "letter.appraisal.pool_basis": "受托方专家库，一案一议",
}  # fmt: skip
COMMITTEE, KEEPER = "hz-le-01", "hz-le-02"  # clerk and approver of the committee
PANEL = "cd-le-01"  # clerk of the committee that draws

# What is read by GET and is no page: files, the answer to a script, the way to another service for signing in and back.
NO_PAGE: Final = frozenset(
    {
        "readPaper", "readImportTable", "readImportExample", "readImportWorkbook", "readOldImportTable",
        "readOldImportExample", "readOldImportWorkbook", "readUpload", "readFile", "readSealedPaper",
        "readDrawProof", "readAgreementProof", "readPoolWorkbook", "readPoolTable", "readPoolExample", "readPoolExport",
        "beginService", "finishService", "readReportPaper",
    }
)  # fmt: skip
# Looked at in test_province_accessible, before an office with a year behind it.
OF_PROVINCE: Final = frozenset(
    {
        "pageProvince", "pageProvinceFlows", "pageProvinceList", "pageProvinceThread", "pageProvinceWaiting",
        "pageProvinceAct", "pageAnnounce", "pageAgreements", "pageNewAgreement",
        "pageReports", "pageReport", "pageProvinceAlerts",
    }
)  # fmt: skip
# Each page: who opens it, and where; {…} is a thing of the town below.
REACHED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "pageSignIn": (("", "/sign-in"),),
    "pageHome": ((CLERK, "/"),),
    "pageTodo": ((CLERK, "/todo"), (APPROVER, "/todo"), (ADMINISTRATOR, "/todo")),
    "pageCases": ((CLERK, "/cases?our_turn=yes"),),
    "pageAlarms": ((ADMINISTRATOR, "/alarms"),),
    "pageNotices": ((CLERK, "/notices"), (ADMINISTRATOR, "/notices")),
    "pageDrafts": ((CLERK, "/intake"),),
    "pageNewDraft": ((CLERK, "/intake/new"), (COMMITTEE, "/intake/new")),
    "pageAppointments": ((COMMITTEE, "/appointments"), (PANEL, "/appointments")),
    "pageDraw": ((COMMITTEE, "/cases/{appraisal}/draw"), (PANEL, "/cases/{examined}/draw?check=1")),
    "pageDrawFigures": ((COMMITTEE, "/draw-figures"),),
    "pageDraft": ((CLERK, "/intake/{draft}?check=1"),),
    "pageDraftReview": ((CLERK, "/intake/{draft}/review"),),
    "pageCase": ((CLERK, "/intake/{draft}/case"),),
    "pageImport": ((CLERK, "/intake/import"),),
    "pageImported": ((CLERK, "/intake/import/{imported}"),),
    "pageOldCases": ((CLERK, "/old-cases"),),
    "pageOldCase": ((CLERK, "/old-cases/{old}"), (APPROVER, "/old-cases/{old}")),
    "pageOldImport": ((CLERK, "/old-cases/import"),),
    "pageOldImported": ((CLERK, "/old-cases/import/{old_imported}"),),
    "pageEarlier": ((CLERK, "/cases/{case}/earlier"),),
    "pagePool": ((CLERK, "/pool"), (COMMITTEE, "/pool"), (KEEPER, "/pool"), (PANEL, "/pool")),
    "pageNewExpert": ((KEEPER, "/pool/experts/new"),),
    "pageExpert": ((COMMITTEE, "/pool/experts/{expert}"), (KEEPER, "/pool/experts/{expert}")),
    "pagePoolImport": ((KEEPER, "/pool/import"),),
    "pagePoolImported": ((KEEPER, "/pool/import/{pool_imported}"),),
    "pagePoolVersions": ((COMMITTEE, "/pool/versions"),),
    "pagePoolVersion": ((COMMITTEE, "/pool/versions/{root}"), (KEEPER, "/pool/versions/{root}")),
    "pageDelegation": (
        (CLERK, "/cases/{case}"),
        (HOST, "/cases/{running}"),
        (COMMITTEE, "/cases/{appraisal}"),
        (COMMITTEE, "/cases/{concluded}"),
        (PANEL, "/cases/{examined}"),
    ),
    "pageMove": (
        (HOST, "/cases/{running}/moves/reported"),
        (CLERK, "/cases/{case}/moves/supplement-requested"),
        (PANEL, "/cases/{accepted}/moves/specialty-determined"),
        (PANEL, "/cases/{examined}/moves/opinion-formed"),
        (COMMITTEE, "/cases/{concluded}/moves/conclusion-served"),
    ),
    "pagePrepared": ((APPROVER, "/moves/{move}"),),
    "pageChange": ((CLERK, "/moves/{move}/edit"),),
    "pagePapers": ((CLERK, "/cases/{case}/papers"), (COMMITTEE, "/cases/{concluded}/papers")),
    "pageRequests": ((CLERK, "/cases/{case}/requests"),),
    "pageRequest": ((CLERK, "/requests/{request}"),),
    "pageMaterials": ((CLERK, "/materials/{draft}"), (CLERK, "/materials/{case}")),
    "pageFile": ((CLERK, "/files/{file}/view"),),
    "pageRedaction": ((CLERK, "/files/{file}/redact"),),
    "pageChecklist": ((CLERK, "/cases/{case}/checklist"),),
    "pageNewThreads": ((CLERK, "/threads/new"),),
    "pageNewThread": ((CLERK, "/threads/new/agreement-proposed"), (CLERK, "/threads/new/notice-sent")),
    "pageSeal": ((ADMINISTRATOR, "/seal"),),
    "pagePeople": ((ADMINISTRATOR, "/people"),),
    "pageStaffList": ((ADMINISTRATOR, "/people/staff"),),
    "pageNewStaff": ((ADMINISTRATOR, "/people/staff/new"),),
    "pageStaffMember": ((ADMINISTRATOR, f"/people/staff/{CLERK}"),),
    "pageKeys": ((ADMINISTRATOR, "/people/keys"),),
    "pageDeputies": ((ADMINISTRATOR, "/people/deputies"),),
    "pagePassword": ((CLERK, "/people/password"),),
    "pageAnswerDays": ((ADMINISTRATOR, "/people/periods"),),
    "pageDispatch": ((DISPATCHER, "/people/dispatch"),),
    "pageLooks": ((AUDITOR, "/people/looks"),),
}
_NAMED: Final = re.compile(r"沈砚青|330106198907153213|WT-[0-9]|程以宁|何经办")


def _token(page: Page) -> str:
    return page.locator('meta[name="csrf"]').get_attribute("content") or ""


@pytest.fixture(scope="module")
def cases(town: Town, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A case whose result is in, with its completion prepared, and one that is being investigated."""
    reported, running = (tmp_path_factory.mktemp(name) for name in ("reported", "running"))
    return {"case": town.a_case(4, reported), "running": town.a_case(2, running)}


@pytest.fixture(scope="module")
def pool(town: Town, browser: Browser) -> Iterator[dict[str, str]]:
    """An expert, a file read for import and a prepared version of the committee's pool, approved in the end."""
    found: dict[str, str] = {}
    for staff_id in (KEEPER, COMMITTEE):
        page = browser.new_page(locale="zh-CN")
        town.sign_in(page, staff_id)
        desk, api = f"{town.address(HANGZHOU)}/desk", f"{town.address(HANGZHOU)}/api/v1"
        said = {"X-Csrf-Token": _token(page)}
        if staff_id == KEEPER:
            made = page.request.post(f"{api}/pool/experts", headers=said, data={**EXPERT, "number": "T-1"}).json()
            rows = page.request.get(f"{desk}/pool/import/template.json").body()
            read = page.request.post(
                f"{desk}/pool/import",
                headers=said,
                multipart={"file": {"name": "rows.json", "mimeType": "application/json", "buffer": rows}},
            )
            found |= {"expert": str(made["expert_id"]), "pool_imported": read.url.rpartition("/")[2]}
        else:
            found["root"] = str(page.request.post(f"{api}/pool/versions", headers=said).json()["root"])
        page.close()
    yield found
    page = browser.new_page(locale="zh-CN")
    town.sign_in(page, KEEPER)
    page.goto(f"{town.address(HANGZHOU)}/desk/pool/versions/{found['root']}")
    page.get_by_role("button", name="审批并用印").click()
    expect(page.locator("p[role=status]")).to_contain_text("正在送注册中心")
    page.close()


@pytest.fixture(scope="module")
def appraisal(town: Town, browser: Browser) -> str:
    """An appraisal that the committee has issued, filled in at the one window and approved there."""
    page = browser.new_page(locale="zh-CN")
    town.sign_in(page, COMMITTEE)
    desk = f"{town.address(HANGZHOU)}/desk"
    page.goto(f"{desk}/intake/new")
    for name, text in LETTER.items():
        page.locator(f'[name="{name}"]').fill(text)
    page.locator('[name="letter.recusal_declared"][type="checkbox"]').check()
    page.locator('button.main[name="_do"]').click()
    page.wait_for_url("**/review")
    review = page.url
    page.close()
    page = browser.new_page(locale="zh-CN")
    town.sign_in(page, KEEPER)
    page.goto(review)
    page.locator('form[action$="/approve"] button').click()
    page.wait_for_url("**/cases/**")
    number = page.url.partition("?")[0].rpartition("/")[2]
    page.close()
    return number


@pytest.fixture(scope="module")
def appraised(town: Town, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Appraisals between the committees: accepted, examined by a panel that was drawn, concluded."""
    stages = {
        "accepted": appraisals.ACCEPTED, "examined": appraisals.EXAMINED, "concluded": appraisals.CONCLUDED,
    }  # fmt: skip
    return {name: appraisals.play(town, stage, tmp_path_factory.mktemp(name)) for name, stage in stages.items()}


@pytest.fixture
def things(
    town: Town,
    window: Window,
    cases: Mapping[str, str],
    pool: Mapping[str, str],
    appraisal: str,
    appraised: Mapping[str, str],
) -> dict[str, str]:
    """A draft with a picture, a file read for import, a prepared act, a request: each by its id."""
    page = window()
    town.sign_in(page, CLERK)
    desk, api = f"{town.address(HANGZHOU)}/desk", f"{town.address(HANGZHOU)}/api/v1"
    said = {"X-Csrf-Token": _token(page)}
    letter = {"letter": {"worker": {"name": "沈砚青"}}, "case_key": "案-1"}
    draft = page.request.post(f"{api}/drafts", headers=said, data=letter).json()["draft_id"]
    picture = BytesIO()
    Image.new("RGB", (400, 300), "white").save(picture, "PNG")
    page.goto(f"{desk}/materials/{draft}")
    page.locator("#files").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": picture.getvalue()})
    page.locator("#queue .done").wait_for()
    file = page.locator("#files-list .card").first.get_attribute("id") or ""
    read, old_read = (
        page.request.post(
            f"{desk}/{room}/import",
            headers=said,
            multipart={
                "file": {
                    "name": "rows.json",
                    "mimeType": "application/json",
                    "buffer": page.request.get(f"{desk}/{room}/import/template.json").body(),
                }
            },
        )
        for room in ("intake", "old-cases")
    )
    rows = {"items": [{**EXAMPLE, "number": "示例协〔2018〕1号"}]}
    old = page.request.post(f"{api}/old-cases", headers=said, data=rows).json()["items"][0]["old_case_id"]
    page.goto(f"{desk}/cases/{cases['case']}")
    prepared = page.locator('a[href*="/desk/moves/"]')
    if not prepared.count():
        acts.choose(page, "办结")
        acts.send(page)
        page.goto(f"{desk}/cases/{cases['case']}")
    move = prepared.first.get_attribute("href") or ""
    page.goto(f"{desk}/cases/{cases['case']}/requests")
    for name in ("asks", "asked_by", "checked"):
        acts.field(page, name).select_option(index=1)
    acts.field(page, "text").fill("请求复制本人笔录")
    page.locator("main form button.main").first.click()
    page.wait_for_url("**/requests/**done=*")
    return {
        **cases,
        **pool,
        **appraised,
        "appraisal": appraisal,
        "draft": str(draft),
        "file": file.removeprefix("m-"),
        "imported": read.url.rpartition("/")[2],
        "old_imported": old_read.url.rpartition("/")[2],
        "old": str(old),
        "move": move.rpartition("/")[2],
        "request": page.url.partition("?")[0].rpartition("/")[2],
    }


def test_every_page_is_in_the_table() -> None:
    pages = {
        route.operation_id
        for route in api_routes([room.router for room in ROOMS])
        if "GET" in (route.methods or ()) and route.operation_id in PAGES
    }
    assert pages == set(REACHED) | NO_PAGE | OF_PROVINCE


def faults_of(page: Page, axe: str) -> list[str]:
    """What is wrong with a page as it stands in its window."""
    found = violations(page, axe)
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} h1")
    for landmark in ("main", "banner"):
        if page.get_by_role(landmark).count() != 1:
            found.append(f"no {landmark}")
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("scrolls sideways")
    url = re.sub("/(cases|materials|threads)/WT-", "", page.url)
    if _NAMED.search(page.title()) or _NAMED.search(url):
        found.append("a person or a case in the title or the address")
    return found


@pytest.mark.timeout(300)  # every page, in two sizes
def test_every_page_is_accessible_on_a_screen_and_on_a_telephone(
    town: Town, window: Window, axe: str, things: Mapping[str, str]
) -> None:
    by_person: dict[str, list[tuple[str, str]]] = {}
    for name, ways in REACHED.items():
        for staff_id, where in ways:
            by_person.setdefault(staff_id, []).append((name, where.format(**things)))
    found: dict[str, list[str]] = {}
    for staff_id, wanted in by_person.items():
        page = window()
        address = town.address(HANGZHOU)
        if staff_id:
            town.sign_in(page, staff_id)
            address = page.url.partition("/desk")[0]
        for name, where in wanted:
            answer = page.goto(f"{address}/desk{where}")
            if answer is None or answer.status != 200:
                found[f"{name} {where}"] = [f"status {answer.status if answer else 0}"]
                continue
            for size in (DESKTOP, PHONE):
                page.set_viewport_size(size)  # type: ignore[arg-type] # width and height
                if faults := faults_of(page, axe):
                    found[f"{name} {where} at {size['width']}"] = faults
    assert found == {}


def test_the_conclusion_s_letter_is_accessible(
    town: Town, window: Window, axe: str, appraised: Mapping[str, str]
) -> None:
    page, shown = window(), window()
    town.sign_in(page, COMMITTEE)
    page.goto(f"{town.address(HANGZHOU)}/desk/cases/{appraised['concluded']}/papers")
    link = page.get_by_role("row", name="鉴定结论书").get_by_role("link", name="网页").get_attribute("href")
    shown.set_content(page.request.get(f"{town.address(HANGZHOU)}{link}").text())  # itself it lets no script in
    for size in (DESKTOP, PHONE):
        shown.set_viewport_size(size)  # type: ignore[arg-type] # width and height
        assert violations(shown, axe) == []
        assert shown.locator("h1").count() == 1
        assert not shown.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("staff_id", ["", CLERK])
def test_the_first_page_is_small(town: Town, window: Window, staff_id: str) -> None:
    page = window()
    if staff_id:
        town.sign_in(page, staff_id)
    page.goto(f"{town.address(HANGZHOU)}/desk/", wait_until="load")
    loaded = page.evaluate(
        "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
        ".map((each) => [each.name, each.decodedBodySize])"
    )
    assert 0 < sum(size for _, size in loaded) < FIRST_PAGE
    assert all(name.startswith(town.address(HANGZHOU)) for name, _ in loaded)


def test_pages_speak_english_too(town: Town, window: Window, axe: str) -> None:
    page = window()
    town.sign_in(page, CLERK)
    acts.press(page, "English")
    page.get_by_role("heading", level=1, name="To do").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    assert faults_of(page, axe) == []
