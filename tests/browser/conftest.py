"""Two bureaus as real processes, and a real browser before them: Debian's Chromium, driven by playwright.

Where no Chromium is, these tests are skipped and say which package brings it. `make test PICTURES=1` keeps pictures
under build/screenshots; each takes longer than most of what is asserted, so a usual run takes none.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from cli.demo.desk import Desk
from cli.demo.story import Staff, load_case, play_until
from cli.local_federation import CHENGDU, HANGZHOU, BureauPlan, LocalFederation
from delegation.deadlines import day_of
from delegation.digits import UnitType

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "build" / "axe" / "axe.min.js"
PICTURES = ROOT / "build" / "screenshots"
MISSING = "there is no Chromium here: apt-get install chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome")
DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
# account: bureau, role, name; those with -le- work for the committee (劳鉴办)
STAFF = {
    "hz-jb-01": (HANGZHOU, "clerk", "何经办"),
    "hz-sp-01": (HANGZHOU, "approver", "施审批"),
    "hz-gl-01": (HANGZHOU, "administrator", "管理员"),
    "hz-fp-01": (HANGZHOU, "dispatcher", "方分派"),
    "hz-jd-01": (HANGZHOU, "reader", "纪监督"),
    "hz-le-01": (HANGZHOU, "clerk", "苏鉴定"),
    "hz-le-02": (HANGZHOU, "approver", "顾鉴定"),
    "cd-jb-01": (CHENGDU, "clerk", "蒋经办"),
    "cd-sh-01": (CHENGDU, "approver", "邓审核"),
    "cd-dc-01": (CHENGDU, "investigator", "程以宁"),
    "cd-le-01": (CHENGDU, "clerk", "文鉴定"),
    "cd-le-02": (CHENGDU, "approver", "唐鉴定"),
}


def unit_of(staff_id: str) -> str:
    """Code of the unit that a person works for."""
    return STAFF[staff_id][0].unit(UnitType.APPRAISAL if "-le-" in staff_id else UnitType.RECOGNITION)


def chromium() -> str:
    """Where the browser is; empty when there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), "")


# Of a module: while playwright runs, its loop is the thread's, and no other test could run one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all."""
    path = chromium()
    if not path:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.exists():
        done = subprocess.run(["sh", str(ROOT / "scripts" / "fetch_axe.sh"), str(AXE)], check=False, timeout=300)
        if done.returncode:
            pytest.skip("axe-core could not be fetched")
    return AXE.read_text(encoding="utf-8")


@dataclass(slots=True)
class Town:
    """A federation with people in it."""

    federation: LocalFederation
    sessions: dict[str, dict[str, str]] = field(default_factory=dict)
    desks: dict[str, Desk] = field(default_factory=dict)
    has_pool: bool = False  # Chengdu's committee has committed to its experts (see appraisals.py)

    def address(self, bureau: BureauPlan) -> str:
        """Where the bureau's desk is."""
        return self.federation.http_urls[bureau.code]

    def sign_in(self, page: Page, staff_id: str, *, anew: bool = False) -> None:
        """Sign a person in through the page; whoever is signed in already goes on with that session."""
        bureau, _, _ = STAFF[staff_id]
        kept = self.sessions.get(staff_id)
        if kept and not anew:
            url = self.address(bureau)
            page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in kept.items()])
            page.goto(f"{self.address(bureau)}/desk/todo")
            if page.locator("#staff_id").count() == 0:
                return
        page.goto(f"{self.address(bureau)}/")
        page.get_by_label("账号").fill(staff_id)
        page.get_by_label("口令").fill(self.federation.passwords[staff_id])
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(re.compile("/desk/(todo|people/dispatch)$"))  # a dispatcher begins elsewhere
        cookies = page.context.cookies(self.address(bureau))
        self.sessions[staff_id] = {str(each["name"]): str(each["value"]) for each in cookies}

    @contextmanager
    def at_work(self, *staff: str) -> Iterator[list[Desk]]:
        """People before the interface, for what a test does not look at; who signed in once goes on."""
        for staff_id in staff:
            if staff_id not in self.desks:
                address, word = self.address(STAFF[staff_id][0]), self.federation.passwords[staff_id]
                self.desks[staff_id] = Desk(address, staff_id=staff_id, password=word, unit=unit_of(staff_id))
        yield [self.desks[staff_id] for staff_id in staff]

    def a_case(self, stage: int, folder: Path) -> str:
        """The sample case played through the interface to a stage (letter, taken, question, result, end); its number.

        Its attachments are small.
        """
        case = load_case(ROOT / "examples" / "hangzhou-chengdu.json", today=day_of(datetime.now(UTC)))
        listed = cast("list[dict[str, object]]", case["attachments"])
        case["attachments"] = [each for each in listed if each["make"] in {"text", "csv"}]
        with self.at_work("hz-jb-01", "hz-sp-01", "cd-jb-01", "cd-sh-01") as desks:
            host_unit = CHENGDU.unit(UnitType.RECOGNITION)
            return play_until(stage, case, Staff(*desks), folder=folder, host_unit=host_unit, tell=lambda _: None)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Registry, Hangzhou and Chengdu, running."""
    if not chromium():
        pytest.skip(MISSING)
    with ExitStack() as stack:
        federation = stack.enter_context(LocalFederation(tmp_path_factory.mktemp("town") / "data", (HANGZHOU, CHENGDU)))
        federation.make_registry()
        federation.start_registry()
        federation.publish_roster([request for bureau in federation.bureaus for request in federation.enrol(bureau)])
        for staff_id, (bureau, role, name) in STAFF.items():
            federation.add_account(bureau, unit_of(staff_id), staff_id=staff_id, name=name, role=role)
        federation.start_nodes()
        town = Town(federation)
        yield town
        for desk in town.desks.values():
            desk.close()


Window = Callable[..., Page]


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    """Opens windows, each with cookies of its own; an error in a page's console or a broken policy fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def new(**options: object) -> Page:
        given: dict[str, object] = {"viewport": DESKTOP, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = browser.new_context(**given)  # type: ignore[arg-type] # playwright's own names
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{type(error).__name__} at {page.url}"))
        page.on("console", lambda told: faults.append(told.text) if "Content Security Policy" in told.text else None)
        return page

    yield new
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keeps a picture of a page where PICTURES asks for them."""

    def keep(page: Page, name: str) -> None:
        if not os.environ.get("PICTURES"):
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{request.node.name}-{name}.png", full_page=True)

    return keep
