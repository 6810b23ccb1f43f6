"""The host's part of an appraisal with the keyboard alone; the first fault has the focus, and its words beside it."""

from pathlib import Path

from playwright.sync_api import Page, expect

from cli.local_federation import CHENGDU
from tests.browser import acts, appraisals
from tests.browser.conftest import Town, Window
from tests.browser.test_keyboard import put, seen, tab_to

_MOST_OPTIONS = 40


def _choose(page: Page, name: str, words: str) -> None:
    """Go to a list and step down to what reads so."""
    tab_to(page, f'[name="{name}"]')
    for _ in range(_MOST_OPTIONS):
        if page.evaluate("document.activeElement.selectedOptions[0].innerText").startswith(words):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{words} is not in the list {name}")


def _open(page: Page, case: str, verb: str) -> None:
    """From the case's page to the form of a move."""
    page.goto(case)
    tab_to(page, f'main a[href$="/moves/{verb}"]')
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/moves/{verb}")


def _send(page: Page) -> None:
    tab_to(page, ".move-form .actions button.main")
    page.keyboard.press("Enter")


def _wrong(page: Page, name: str, words: str) -> None:
    """The first field that is wrong has the focus, which is seen, and its fault beside it."""
    field = acts.field(page, name)
    expect(field).to_be_focused()
    assert seen(page)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".field", has=field).locator(".fault")).to_have_text(words)


def _approve(page: Page, address: str) -> None:
    """A colleague reads it and approves it."""
    page.goto(address)
    tab_to(page, 'form[action$="/approve"] button')
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/cases/**")


def test_the_host_works_an_appraisal_by_keyboard(town: Town, window: Window, tmp_path: Path) -> None:
    number = appraisals.play(town, appraisals.ACCEPTED, tmp_path)
    page, approver = window(), window()
    town.sign_in(page, appraisals.HOST)
    town.sign_in(approver, appraisals.HOST_APPROVER)
    case = f"{town.address(CHENGDU)}/desk/cases/{number}"

    _open(page, case, "specialty-determined")
    _send(page)
    _wrong(page, "body.specialties.reason", "请填写此项")
    page.keyboard.type("伤在腰椎")
    _send(page)
    page.wait_for_url("**made=prepared")
    _approve(approver, page.url)
    appraisals.reach(town, number, "panel_drawn")

    _open(page, case, "scheduled")
    _send(page)
    _wrong(page, "body.appointment.at", "请填写此项")
    at = acts.days_ago(0, "16:30")
    page.evaluate("(value) => { document.activeElement.value = value }", at)  # how a day is typed differs by language
    put(page, "body.appointment.place", "示例路2号鉴定中心3楼")
    page.keyboard.press("Enter")
    page.wait_for_url("**made=sent")
    appraisals.play(town, appraisals.EXAMINED, tmp_path, number=number, done=appraisals.SCHEDULED)

    _open(page, case, "opinion-formed")
    _send(page)
    majority = "body.opinion.majority"
    _wrong(page, f"{majority}.injuries.0.injury", "请填写此项")
    page.keyboard.type("腰椎骨折")
    put(page, f"{majority}.injuries.0.clause", "5.9.2.1")
    _choose(page, f"{majority}.injuries.0.grade", "九级")
    _choose(page, f"{majority}.grade", "八级")
    _send(page)
    _wrong(page, "answer.G04", "请填写此项")
    page.keyboard.type("另有陈旧性骨折")
    _choose(page, "expert.e1.agrees", "不同意")
    put(page, "expert.e1.text", "应为七级")
    _send(page)
    _wrong(page, "expert.e1.finding.grade", "不同意的，请填本人认定的等级")
    for _ in range(7):
        page.keyboard.press("ArrowDown")
    expect(acts.field(page, "expert.e1.finding.grade")).to_have_value("7")
    _send(page)
    page.wait_for_url("**made=sent")
    appraisals.reach(town, number, "opinion_formed")

    _open(page, case, "appraisal-reported")
    _send(page)
    _wrong(page, "body.appraisal_result.report", "请填写此项")
    page.keyboard.type("经现场检查和阅片，专家组多数认为伤残八级")
    _choose(page, "body.appraisal_result.reviewer_staff_id", "唐鉴定")
    _send(page)
    page.wait_for_url("**made=prepared")
    _approve(approver, page.url)
    appraisals.reach(town, number, "reported")
