"""Both bureaus work a delegation from the letter to the archive, each person in a window of their own."""

import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cli.local_federation import CHENGDU, HANGZHOU, BureauPlan
from tests.browser import acts
from tests.browser.conftest import Town, Window

_PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
Keep = Callable[[Page, str], None]


class Watched:
    """A to-do page that stays open: what waits comes and goes in it by itself."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.goto(f"{address}/desk/todo")
        page.evaluate("window.stayed = true")

    def waits(self, number: str, words: str) -> None:
        """A line of this delegation says what waits."""
        line = self.page.locator("#todo tbody tr", has_text=number)
        expect(line.get_by_role("link").first).to_contain_text(words, timeout=acts.PATIENCE)

    def count(self, category: str) -> int:
        """The number on a tab."""
        return int(self.page.locator(f"#tab-{category} b").inner_text())

    def counts(self, category: str, number: int) -> None:
        """The number on a tab becomes this, and the page was never loaded again."""
        expect(self.page.locator(f"#tab-{category} b")).to_have_text(str(number), timeout=acts.PATIENCE)
        assert self.page.evaluate("window.stayed") is True

    def open(self, number: str) -> str:
        """Follow the line; gives where it leads."""
        link = self.page.locator("#todo tbody tr", has_text=number).get_by_role("link").first
        address = link.get_attribute("href")
        assert address
        return address


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A letter's attachment, a photograph, a record."""
    made = [tmp_path / "受理决定书.txt", tmp_path / "现场照片.png", tmp_path / "询问笔录.txt"]
    made[0].write_text("受理决定书\n" * 40, encoding="utf-8")
    made[1].write_bytes(_PIXEL)
    made[2].write_text("问：……\n答：……\n" * 40, encoding="utf-8")
    return made


def test_both_bureaus_work_a_delegation_to_its_end(
    town: Town, window: Window, picture: Keep, files: list[Path]
) -> None:
    def person(staff_id: str) -> Page:
        page = window()
        town.sign_in(page, staff_id)
        return page

    def go(page: Page, bureau: BureauPlan, path: str) -> None:
        page.goto(f"{town.address(bureau)}{path}")

    home, approver = person("hz-jb-01"), person("hz-sp-01")
    host, reviewer = person("cd-jb-01"), person("cd-sh-01")
    at_home, at_host = (  # windows, not tabs: a hidden tab is slow
        Watched(window(storage_state=page.context.storage_state()), town.address(bureau))
        for page, bureau in ((home, HANGZHOU), (host, CHENGDU))
    )
    waited = at_host.count("to_sign")

    # The letter: one form, a file, an approval.
    home.get_by_role("link", name="拟稿").click()
    home.get_by_role("link", name="新的委托").click()
    acts.fill_letter(home)
    expect(home.locator("#told")).to_contain_text("成都市人力资源和社会保障局工伤认定机构")
    expect(home.locator("#told")).to_contain_text("委托方是本单位")
    picture(home, "letter")
    acts.press(home, "保存")
    home.get_by_role("link", name="添加和整理材料").click()
    acts.upload(home, files[0])
    home.get_by_role("link", name="草稿").click()
    acts.press(home, "提交审批")
    home.wait_for_url("**/review")
    draft = home.url.split("/")[-2]
    approver.locator(f'#todo a[href*="{draft}"]').click(timeout=acts.PATIENCE)
    approver.wait_for_url(f"**/{draft}*/review")
    expect(approver.locator(".facts").first).to_contain_text("510114")
    expect(approver.get_by_role("rowheader", name="受理决定书.txt")).to_be_visible()
    picture(approver, "approval")
    act = approver.get_by_role("button", name="批准并用印发出")
    expect(act).to_be_in_viewport(ratio=1)
    approver.mouse.wheel(0, 5_000)
    expect(act).to_be_in_viewport(ratio=1)  # to the end of what is read, the act stays in sight
    acts.press(approver, "批准并用印发出")
    approver.wait_for_url("**/cases/WT-*")
    number = approver.url.rpartition("/")[2]
    case = f"/desk/cases/{number}"

    # The host finds it in the list that was open all the time.
    at_host.waits(number, "待签收")
    at_host.counts("to_sign", waited + 1)
    picture(at_host.page, "todo")
    go(host, CHENGDU, at_host.open(number))
    acts.press(host, "签收")
    at_host.counts("to_sign", waited)
    at_host.waits(number, "待受理")
    acts.choose(host, "受托受理")
    acts.field(host, "body.acceptance.local_case_number").fill("成人社协查〔2026〕第 0088 号")
    acts.send(host)
    acts.choose(host, "分派")
    acts.assign(host)
    acts.send(host)
    acts.in_state(host, "调查中")
    picture(host, "case")

    # Question and answer, each seen at the other side without loading a page again.
    acts.choose(host, "提问")
    acts.field(host, "body.question.text").fill("门禁记录显示职工二次进厂，是否系单位安排外出领取配件？")
    acts.send(host)
    at_home.waits(number, "待答复")
    go(home, HANGZHOU, case)
    home.get_by_role("link", name=re.compile("答复")).first.click()
    expect(home.locator("main")).to_contain_text("二次进厂")
    acts.field(home, "body.question.text").fill("经核实，系单位安排往返客户库房领取轴承。")
    acts.send(home)
    expect(host.locator("#talk")).to_contain_text("领取轴承", timeout=acts.PATIENCE)

    # Evidence and the report, approved by another person.
    host.get_by_role("link", name="上传和整理材料").click()
    acts.field(host, "compared_by").first.fill("程以宁")
    acts.upload(host, *files[1:])
    picture(host, "evidence")
    host.locator("p.back a").click()
    acts.choose(host, "提交结果")
    acts.report(host, "T1")
    picture(host, "report")
    acts.send(host)
    expect(host.get_by_role("button", name="审批通过，用印发出")).to_have_count(0)
    reviewer.reload()
    go(reviewer, CHENGDU, case)
    reviewer.get_by_role("link", name="提交结果").first.click()
    expect(reviewer.get_by_role("rowheader", name="现场照片.png")).to_be_visible()
    picture(reviewer, "review")
    acts.approve(reviewer)

    # The home checks, ends it, says what became of it; both archive.
    at_home.waits(number, "待核验")
    go(home, HANGZHOU, at_home.open(number))
    expect(home.locator("#results")).to_contain_text("两名调查员出示证件后进入现场")
    expect(home.locator("#files")).to_contain_text("询问笔录.txt")
    for label, adopted, words in (("办结", "", "办结"), ("采用反馈", "ADOPTION_ADOPTED", "")):
        go(home, HANGZHOU, case)
        acts.choose(home, label)
        if adopted:
            acts.field(home, "body.adoption.adoption").select_option(adopted)
        acts.send(home)
        approver.goto(home.url)
        acts.approve(approver)
        if words:
            acts.in_state(approver, words)
    for page, bureau in ((home, HANGZHOU), (host, CHENGDU)):
        go(page, bureau, case)
        acts.choose(page, "归档")
        acts.send(page)
    for page in (home, host):
        acts.in_state(page, "归档")
    picture(home, "archived")
