"""The expert pool in a browser: imported from a file, committed to by two people, logged, changed, committed again."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cli.local_federation import HANGZHOU
from gateway.bureau.pool.example import EXAMPLE
from tests.browser.conftest import DESKTOP, PHONE, Town, Window
from tests.browser.test_accessible import faults_of

CLERK, APPROVER = "hz-le-01", "hz-le-02"
Picture = Callable[[Page, str], None]


def _rows(*numbers: int, **changes: str) -> bytes:
    rows = [{**EXAMPLE, "number": f"浏-{number:04}", "name": f"专家{number}", **changes} for number in numbers]
    return json.dumps(rows, ensure_ascii=False).encode()


def _import(page: Page, town: Town, rows: bytes) -> None:
    page.goto(f"{town.address(HANGZHOU)}/desk/pool/import")
    page.get_by_label("选择文件").set_input_files({"name": "e.json", "mimeType": "application/json", "buffer": rows})
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_role("button", name="把没有错的行存入专家库").click()
    expect(page.locator("p[role=status]")).to_contain_text("已存入专家库")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_pool_is_imported_and_committed_to_by_two(
    town: Town, window: Window, picture: Picture, axe: str, scripts: bool
) -> None:
    keeper, clerk = (window(java_script_enabled=scripts) for _ in range(2))
    town.sign_in(keeper, APPROVER)
    town.sign_in(clerk, CLERK)
    first = 1 if scripts else 501
    wrong = json.loads(_rows(first + 99, specialties="外星科"))
    numbers = range(first, first + 30)
    keeper.goto(f"{town.address(HANGZHOU)}/desk/pool/import")
    both = json.dumps([*json.loads(_rows(*numbers)), *wrong]).encode()
    keeper.get_by_label("选择文件").set_input_files({"name": "e.json", "mimeType": "application/json", "buffer": both})
    keeper.get_by_role("button", name="上传并检查").click()
    expect(keeper.get_by_role("table")).to_contain_text("请从列表中选择")
    picture(keeper, "told")
    _import(keeper, town, _rows(*numbers))
    # Not committed to yet, or changed since: another test of this worker may have committed before.
    expect(keeper.get_by_text(re.compile("不能据此抽取|有变动")).first).to_be_visible()
    picture(keeper, "pool")

    clerk.goto(f"{town.address(HANGZHOU)}/desk/pool/versions")
    clerk.get_by_role("button", name="按现在的名单准备新版次").click()
    expect(clerk.locator("p[role=status]")).to_contain_text("等待另一位审批人")
    picture(clerk, "prepared")
    address = clerk.url.partition("?")[0]
    keeper.goto(address)
    keeper.get_by_role("button", name="审批并用印").click()
    expect(keeper.locator("p[role=status]")).to_contain_text("正在送注册中心")
    for _ in range(40):
        clerk.goto(address)
        if clerk.locator("h1 .tag").inner_text() == "已入日志":
            break
        clerk.wait_for_timeout(250)
    expect(clerk.locator("h1 .tag")).to_have_text("已入日志")
    clerk.goto(f"{town.address(HANGZHOU)}/desk/pool")
    expect(clerk.get_by_text("与已入日志的版次一致")).to_be_visible()

    _import(keeper, town, _rows(first, title="副主任医师"))
    keeper.goto(address)
    expect(keeper.get_by_role("table", name="这一版次之后专家库的变动")).to_contain_text("有变动：专业技术职称")
    picture(keeper, "changed")
    keeper.goto(f"{town.address(HANGZHOU)}/desk/pool")
    keeper.get_by_role("searchbox").fill(f"专家{first}")
    keeper.get_by_role("searchbox").press("Enter")
    keeper.get_by_role("link", name=f"浏-{first:04}").click()
    expect(keeper.get_by_label("姓名")).to_have_value(f"专家{first}")
    picture(keeper, "form")
    if scripts:
        keeper.set_viewport_size(PHONE)  # type: ignore[arg-type] # width and height
        picture(keeper, "form-phone")
        expert = keeper.url.partition("/desk")[2]
        shared = ("/pool", "/pool/versions", address.partition("/desk")[2], expert)
        for page, more in ((keeper, ("/pool/experts/new", "/pool/import")), (clerk, ())):
            for where in (*shared, *more):
                page.goto(f"{town.address(HANGZHOU)}/desk{where}")
                for size in (DESKTOP, PHONE):
                    page.set_viewport_size(size)  # type: ignore[arg-type] # width and height
                    assert faults_of(page, axe) == [], where
