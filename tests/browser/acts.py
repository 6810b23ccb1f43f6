"""What people do at the desk, page by page: small steps that the tests put together.

A field is found by its name, as a form sends it; buttons and links by the words that a person reads.
"""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

PATIENCE: Final = 20_000.0  # milliseconds for what comes from the other bureau
ZONE: Final = ZoneInfo("Asia/Shanghai")
ITEM: Final = "核实事故发生的时间、地点及设备状况"
FIRST, SECOND = ("程以宁", "川A-示例-0107"), ("白朗生", "川A-示例-0219")


def today() -> date:
    """Today, at the bureaus."""
    return datetime.now(UTC).astimezone(ZONE).date()


def days_ago(days: int, time: str = "") -> str:
    """A day as a date field takes it, or with a time of day as a field of date and time does."""
    day = (today() - timedelta(days=days)).isoformat()
    return f"{day}T{time}" if time else day


# What the sample letter says: text fields, then choices, by the form's names.
LETTER: Final = {
    "letter.worker.name": "沈砚青",
    "letter.worker.id_number": "330106198907153213",
    "letter.employer.name": "杭州示例包装机械有限公司",
    "letter.accident.place_text": "成都市新都区示例工业园 8 号",
    "letter.acceptance_number": "杭人社工受〔2026〕第 00317 号",
    "letter.case_summary": "职工在客户厂区安装调试设备时左手受伤，请就现场情况与证人证言调查核实。",
    "letter.items.0.text": ITEM,
}
DAYS: Final = {
    "letter.accident.happened_at": (21, "14:35"),
    "letter.applicant.applied_on": (12, ""),
    "clock.accepted_on": (6, ""),
}
CHOICES: Final = {
    "letter.insurance.mode": "INSURANCE_MODE_EMPLOYER",
    "letter.applicant.role": "APPLICANT_ROLE_EMPLOYER",
}


def field(page: Page, name: str) -> Locator:
    """A field by its name; of a box to tick, the box and not the empty value beside it."""
    return page.locator(f'[name="{name}"]:not([type="hidden"])')


def place(page: Page, name: str, words: str) -> None:
    """Look a place up and take the first that is found."""
    box = field(page, name)
    box.fill("")
    box.press_sequentially(words)
    page.locator(f"#{name.replace('.', '-')}-found [role=option]").first.click()


def fill_letter(page: Page, *, scripted: bool = True) -> None:
    """The one-window form, with what must be there."""
    if scripted:
        place(page, "task_place.code", "510114")
    else:
        field(page, "task_place.code").fill("510114")
    for name, value in LETTER.items():
        field(page, name).fill(value)
    for name, (days, time) in DAYS.items():
        field(page, name).fill(days_ago(days, time))
    for name, value in CHOICES.items():
        field(page, name).select_option(value)
    page.locator('[name="letter.claimed_grounds"][value="14-5"]').check()
    field(page, "letter.recusal_declared").check()


def press(page: Page, name: str) -> None:
    """Press the button that says this."""
    page.get_by_role("button", name=name, exact=True).click()


def approve(page: Page) -> None:
    """On the page of a prepared act: read it and approve it under the unit's seal."""
    expect(page.get_by_role("heading", name="将要签署的内容")).to_be_visible()
    press(page, "审批通过，用印发出")
    page.wait_for_url("**/desk/cases/**")


def in_state(page: Page, words: str) -> None:
    """Wait until the case page, open all the time, says this by itself."""
    expect(page.locator(".status strong")).to_contain_text(words, timeout=PATIENCE)


def choose(page: Page, label: str) -> None:
    """Choose a move on the case page: its form opens."""
    page.get_by_role("link", name=re.compile(f"^{label}( 须审批)?$")).first.click(timeout=PATIENCE)
    page.wait_for_url("**/moves/**")


def send(page: Page) -> None:
    """Send a form, or hand it to an approver; nothing may be wrong with it."""
    at = page.url
    page.locator(".move-form .actions button.main").click()
    page.wait_for_url(lambda url: url != at)
    expect(page.get_by_role("alert")).to_have_count(0)


def upload(page: Page, *files: Path) -> None:
    """On the page of materials: bring files in, and wait until each is kept."""
    page.locator("#files").set_input_files(list(files))
    expect(page.locator("#queue .done")).to_have_count(len(files), timeout=PATIENCE)


def assign(page: Page) -> None:
    """On the form of the assignment: one from the unit's accounts, one who has none."""
    first, second = (f"body.assignment.investigators.{number}." for number in (0, 1))
    field(page, f"{first}staff_id").select_option("cd-dc-01")
    field(page, f"{second}staff_id").select_option(label="没有账号的人员（在下面填姓名和工号）")
    field(page, f"{second}other_staff_id").fill("cd-tc-2")
    field(page, f"{second}name").fill(SECOND[0])
    for row, (_, number) in ((first, FIRST), (second, SECOND)):
        field(page, f"{row}credential_number").fill(number)
        field(page, f"{row}recusal_declared").check()


def report(page: Page, *items: str) -> None:
    """On the form of the result: its evidence stands there from the files; checks and answers are filled in."""
    rows = page.get_by_role("group", name=re.compile(r"^证据 \d+$"))
    for number in range(rows.count()):
        field(page, f"body.result.evidence.{number}.kind").select_option("EVIDENCE_KIND_DOCUMENT")
    checks = page.locator('[name^="check."][type="checkbox"]')
    expect(checks.first).to_be_attached()
    for box in checks.all():
        box.check()
    for item in items:
        field(page, f"answer.{item}.finding").select_option("FINDING_FOUND")
        field(page, f"answer.{item}.text").fill("事故发生于当日 14:35 左右，系安装作业区域。")
        field(page, f"answer.{item}.evidence_ids").fill("E1")
    field(page, "body.result.report").fill("两名调查员出示证件后进入现场，勘验设备与工位，询问在场人员。")
