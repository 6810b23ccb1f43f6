"""主动介入: a bureau tells another of the accident of a worker insured there, who makes a delegation of it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import DESKTOP, PHONE, STAFF, Town, Window
from tests.browser.test_accessible import faults_of

Keep = Callable[[Page, str], None]
ACCIDENT = "body.notice.accident"
TOLD = {
    "body.notice.worker.name": "赵示例",
    "body.notice.worker.id_number": "330106198907153213",
    "body.notice.employer.name": "示例运输公司",
    f"{ACCIDENT}.place_text": "成都绕城高速新都出口",
    f"{ACCIDENT}.course": "装卸时被货物压伤",
}


def _good(page: Page, axe: str) -> None:
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type] # width and height
        assert faults_of(page, axe) == []


def _has_focus(page: Page, name: str) -> None:
    expect(page.locator("*:focus")).to_have_attribute("name", name)


def test_a_notice_becomes_a_case_by_one_act_and_a_delegation_by_one_more(
    town: Town, window: Window, picture: Keep, axe: str
) -> None:
    host, host_approver, home, home_approver = (window() for _ in range(4))
    people = {host: "cd-jb-01", host_approver: "cd-sh-01", home: "hz-jb-01", home_approver: "hz-sp-01"}
    for page, staff_id in people.items():
        town.sign_in(page, staff_id)

    # Who learns of it tells where the worker is insured; what is wrong stands beside its field.
    host.get_by_role("link", name="通报与协议").click()
    host.locator('a[href$="/threads/new/notice-sent"]').click()
    host.locator(".move-form .actions button.main").click()
    _has_focus(host, "to")
    acts.place(host, "to", "杭州")
    for name, text in TOLD.items():
        acts.field(host, name).fill(text)
    acts.field(host, f"{ACCIDENT}.region_code").fill("无此地")
    host.locator(".move-form .actions button.main").click()
    region = host.locator(".field", has=acts.field(host, f"{ACCIDENT}.region_code"))
    expect(region.locator(".fault")).to_have_text("查不到这个地名")
    _has_focus(host, f"{ACCIDENT}.region_code")
    picture(host, "wrong")
    _good(host, axe)
    acts.place(host, f"{ACCIDENT}.region_code", "新都区")
    acts.send(host)
    host_approver.goto(host.url)
    expect(host_approver.locator("main")).to_contain_text("四川省成都市新都区")
    picture(host_approver, "approval")
    acts.approve(host_approver)
    notice = host_approver.url.partition("?")[0].rpartition("/")[2]

    # The home opens a case: the notice is answered, the letter drafted.
    desk = f"{town.address(STAFF['hz-jb-01'][0])}/desk"
    row = home.locator("#todo tbody tr", has_text=notice).get_by_role("link").first
    expect(row).to_be_visible(timeout=acts.PATIENCE)
    row.click()
    home.wait_for_url("**/cases/**")
    _good(home, axe)
    picture(home, "told")
    acts.press(home, "立案")
    panel = home.get_by_role("region", name="主动介入")
    expect(panel).to_contain_text("申请受理后填写")
    expect(home.get_by_role("region", name="来文")).to_contain_text("装卸时被货物压伤")
    for name, text in (("case_key", "杭人社工认2026-99"), ("acceptance_number", "杭人社工受〔2026〕第 99 号")):
        acts.field(home, name).fill(text)
    acts.field(home, "accepted_on").fill(acts.days_ago(0))
    for name, code in (("procedure", "ORDINARY"), ("applicant", "APPLICANT_ROLE_WORKER")):
        acts.field(home, name).select_option(code)
    acts.field(home, "recusal").check()
    # What comes in meanwhile refreshes the page, and once more: what was typed stays.
    expect(home.locator("#timeline").get_by_text("送达证据", exact=True)).to_have_count(2, timeout=acts.PATIENCE)
    home.evaluate(
        "const live = '#case-live', swap = 'outerHTML';"
        "htmx.ajax('GET', location.pathname, {source: live, target: live, select: live, swap})"
    )
    expect(acts.field(home, "case_key")).to_have_value("杭人社工认2026-99")
    expect(acts.field(home, "recusal")).to_be_checked()
    _good(home, axe)
    picture(home, "opened")

    # Once the application is accepted, one act more sends it for approval as a letter.
    panel.get_by_role("button", name="提交审批").click()
    home.wait_for_url("**/review")
    home_approver.goto(home.url)
    for words in ("510114", "赵示例", "成都绕城高速新都出口"):
        expect(home_approver.locator("main")).to_contain_text(words)
    picture(home_approver, "letter")
    acts.press(home_approver, "批准并用印发出")
    home_approver.wait_for_url("**/cases/WT-*")
    number = home_approver.url.partition("?")[0].rpartition("/")[2]
    home.goto(f"{desk}/cases/{notice}")
    expect(home.get_by_role("region", name="主动介入")).to_contain_text(number, timeout=acts.PATIENCE)
    host.goto(f"{town.address(STAFF['cd-jb-01'][0])}/desk/cases/{notice}")
    host.get_by_role("link", name=number).click(timeout=acts.PATIENCE)
    expect(host.get_by_role("region", name="主动介入")).to_contain_text("本案由事故通报而来")
    picture(host, "delegated")
