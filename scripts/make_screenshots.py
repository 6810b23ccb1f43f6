"""Make the pictures of docs/screenshots: `.venv/bin/python -m scripts.make_screenshots` (needs a Chromium).

A practice federation on this machine, as `xieban demo --practice` makes it: everybody in the pictures is made up, and
each page says that it is practice. The province's are of a simulated year, as `xieban demo` plays it. The pictures are
small: one window each, with a palette.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from cli.demo.appraisal import commit_pool, load_pool
from cli.demo.people import APPRAISAL, INVESTIGATION, prepare, staff_of
from cli.demo.practice import play_sample_appraisals, play_samples
from cli.demo.story import load_case
from cli.demo.year import played_year
from cli.local_federation import CHENGDU, HANGZHOU, SICHUAN, BureauPlan, LocalFederation
from delegation.codes import PRACTICE_FEDERATION
from delegation.deadlines import day_of
from delegation.digits import UnitType
from tests.browser import acts
from tests.browser.conftest import DESKTOP, chromium

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs" / "screenshots"
MOST_BYTES: Final = 150_000
_COLOURS: Final = 64


def keep(page: Page, name: str) -> None:
    """The window as it is, in few colours."""
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(_COLOURS)
    path = FOLDER / f"{name}.png"
    picture.save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{path.name} has {size} bytes; {MOST_BYTES} are allowed")
    sys.stdout.write(f"{path.relative_to(ROOT)} {size}\n")


def signed_in(browser: Browser, federation: LocalFederation, bureau: BureauPlan, staff_id: str) -> Page:
    """A window of a person."""
    page = browser.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()  # type: ignore[arg-type] # width and height
    page.goto(f"{federation.http_urls[bureau.code]}/")
    page.get_by_label("账号").fill(staff_id)
    page.get_by_label("口令").fill(federation.passwords[staff_id])
    acts.press(page, "登录")
    page.wait_for_url(re.compile("/desk/(todo|province)"))
    return page


def take(browser: Browser, federation: LocalFederation, numbers: list[str], appraised: list[str]) -> None:
    """Each main page once, in the order of the story."""
    take_investigation(browser, federation, numbers)
    panel = signed_in(browser, federation, CHENGDU, "cd-ld-01")
    cases = panel.url.replace("/todo", "/cases")
    panel.goto(f"{cases}/{appraised[1]}/draw?check=1")  # drawn: an appointment is next
    panel.evaluate("document.getElementById('t-panel').closest('section').scrollIntoView({block: 'start'})")
    keep(panel, "draw")
    panel.goto(f"{cases}/{appraised[3]}/moves/opinion-formed")  # examined: the opinion is next
    keep(panel, "opinion")


def take_province(browser: Browser, federation: LocalFederation) -> None:
    """The page of the morning, the list behind what is late, and what is asked of a unit."""
    office = signed_in(browser, federation, SICHUAN, "sc-jg-01")
    for _ in range(180):  # until the office has copied the year
        office.goto(f"{federation.http_urls[SICHUAN.code]}/desk/province")
        if not office.get_by_text("本地副本还在补齐").is_visible():
            break
        office.wait_for_timeout(1000)
    keep(office, "province")
    office.locator(".is-late a").click()
    for box in office.locator("input.pick").all()[:2]:
        box.check()
    keep(office, "late")
    office.goto(f"{federation.http_urls[SICHUAN.code]}/desk/province/flows")
    keep(office, "flows")


def take_investigation(browser: Browser, federation: LocalFederation, numbers: list[str]) -> None:
    """Pages of an investigation."""
    home = signed_in(browser, federation, HANGZHOU, "hz-jb-01")
    home.get_by_role("link", name="拟稿").click()
    home.get_by_role("link", name="新的委托").click()
    acts.fill_letter(home)
    home.locator("#told").get_by_text("委托方是本单位").wait_for()
    home.evaluate("window.scrollTo(0, 0)")
    keep(home, "letter")
    acts.press(home, "提交审批")
    home.wait_for_url("**/review")
    approver = signed_in(browser, federation, HANGZHOU, "hz-sp-01")
    approver.goto(home.url)
    keep(approver, "approval")
    host = signed_in(browser, federation, CHENGDU, "cd-jb-01")
    host.locator("#todo tbody tr").first.wait_for()
    keep(host, "todo")
    case = host.url.replace("/todo", f"/cases/{numbers[2]}")  # the sample that was played up to a question
    host.goto(case)
    keep(host, "case")
    host.goto(f"{case}/moves/reported")
    keep(host, "result")
    home.goto(home.url.partition("/intake")[0] + f"/cases/{numbers[3]}#results")
    keep(home, "check")


@contextmanager
def browser_at(path: str) -> Iterator[Browser]:
    """The browser at this path."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def main() -> None:
    """Start the practice federation, look, stop it."""
    path = chromium()
    if not path:
        sys.exit("there is no Chromium here: apt-get install chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    today = day_of(datetime.now(UTC))
    case = load_case(ROOT / "examples" / "hangzhou-chengdu.json", today=today)
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalFederation(Path(folder) / "data", federation_id=PRACTICE_FEDERATION) as federation,
    ):
        prepare(federation)
        samples = Path(folder) / "samples"
        samples.mkdir()
        with staff_of(federation, INVESTIGATION) as staff:
            host_unit = CHENGDU.unit(UnitType.RECOGNITION)
            numbers = play_samples(case, staff, folder=samples, host_unit=host_unit, tell=print)
        with staff_of(federation, APPRAISAL) as staff:
            commit_pool(load_pool(ROOT / "examples" / "expert-pool.json", today=today), staff, tell=print)
            appraised = play_sample_appraisals(case, staff, folder=samples, tell=print)
        with browser_at(path) as browser:
            take(browser, federation, numbers, appraised)
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalFederation(Path(folder) / "data") as federation,
    ):
        prepare(federation, played_year(Path(folder) / "data", 1500, print))
        with browser_at(path) as browser:
            take_province(browser, federation)


if __name__ == "__main__":
    main()
