"""With JavaScript off: everything can be read, a draft is kept with its files, and a move is made."""

from pathlib import Path

from playwright.sync_api import expect

from cli.local_federation import CHENGDU, HANGZHOU
from tests.browser import acts
from tests.browser.conftest import Town, Window


def test_a_draft_is_written_and_handed_over(town: Town, window: Window, tmp_path: Path) -> None:
    page = window(java_script_enabled=False)
    town.sign_in(page, "hz-jb-01")
    page.goto(f"{town.address(HANGZHOU)}/desk/intake/new")
    acts.fill_letter(page, scripted=False)
    acts.field(page, "letter.worker.id_number").fill("330106198907153210")
    acts.press(page, "提交审批")
    expect(page.get_by_role("alert")).to_contain_text("证件号码")
    expect(acts.field(page, "letter.worker.name")).to_have_value("沈砚青")
    page.locator('button[name="_outline"]').first.click()
    expect(acts.field(page, "letter.outline.0.text")).not_to_have_value("")
    acts.field(page, "letter.worker.id_number").fill("330106198907153213")
    acts.press(page, "保存")
    expect(page.get_by_role("status").first).to_contain_text("已保存")
    page.get_by_role("link", name="添加和整理材料").click()
    file = tmp_path / "受理决定书.txt"
    file.write_text("受理决定书\n", encoding="utf-8")
    page.locator("#files").set_input_files(file)
    acts.press(page, "上传")
    expect(page.locator("#files-list")).to_contain_text("受理决定书.txt")
    page.get_by_role("link", name="草稿").click()
    acts.press(page, "提交审批")
    page.wait_for_url("**/review")
    expect(page.locator("h1")).to_contain_text("待审批")
    expect(page.get_by_role("rowheader", name="受理决定书.txt")).to_be_visible()


def test_the_host_reads_everything_and_signs(town: Town, window: Window, tmp_path: Path) -> None:
    number = town.a_case(1, tmp_path)
    page = window(java_script_enabled=False)
    town.sign_in(page, "cd-jb-01")
    page.locator(f"#todo-turn-{number}").click()
    expect(page.locator("h1")).to_contain_text("沈砚青")
    acts.press(page, "签收")
    expect(page.get_by_role("status").first).to_contain_text("已办理")
    page.get_by_role("link", name="案件", exact=True).click()
    expect(page.get_by_role("link", name=number)).to_be_visible()
    page.get_by_role("link", name=number).click()
    link = page.locator("#files").get_by_role("link", name="受理决定书.txt")
    expect(link).to_be_visible()
    link.click()
    with page.expect_download() as coming:
        page.get_by_role("link", name="下载").click()
    saved = tmp_path / "saved"
    coming.value.save_as(saved)
    assert saved.stat().st_size > 0
    page.goto(f"{town.address(CHENGDU)}/desk/cases/{number}/papers")
    page.get_by_role("link", name="网页").first.click()
    expect(page.locator("body")).to_contain_text("沈砚青")
    expect(page.locator("body")).to_contain_text("委托")
