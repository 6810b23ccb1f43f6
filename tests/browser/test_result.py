"""The result's form: numbers and checks follow what is chosen and what comes in, and nothing typed is lost by it."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from cli.local_federation import CHENGDU
from tests.browser import acts
from tests.browser.conftest import Town, Window

HOST = "cd-jb-01"
_AT = "body.result.evidence"


@pytest.fixture(scope="module")
def running(town: Town, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A case that is being investigated."""
    return town.a_case(2, tmp_path_factory.mktemp("running"))


def _picture(name: str) -> dict[str, object]:
    made = BytesIO()
    Image.new("RGB", (60, 40), "white").save(made, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": made.getvalue()}


def test_numbers_and_checks_follow_by_themselves(town: Town, window: Window, running: str) -> None:
    page, beside = window(), window()
    for each in (page, beside):
        town.sign_in(each, HOST)
    desk = f"{town.address(CHENGDU)}/desk"
    beside.goto(f"{desk}/materials/{running}")
    beside.locator("#files").set_input_files(_picture("甲.png"))  # type: ignore[arg-type] # a file's payload
    expect(beside.locator("#queue .done")).to_have_count(1, timeout=acts.PATIENCE)

    page.goto(f"{desk}/cases/{running}/moves/reported")
    rows = page.get_by_role("group", name=re.compile(r"^证据 \d+$"))
    before = rows.count()
    number = next(
        index for index in range(before) if acts.field(page, f"{_AT}.{index}.description").input_value() == "甲.png"
    )
    evidence = acts.field(page, f"{_AT}.{number}.evidence_id").input_value()
    assert re.fullmatch(r"E\d+", evidence)  # a number at once
    again = page.get_by_role("button", name="更新核对项", exact=True)
    expect(again).to_be_hidden()
    report = acts.field(page, "body.result.report")
    acts.field(page, f"{_AT}.{number}.kind").select_option("EVIDENCE_KIND_WITNESS")
    report.fill("正在写")  # while the checks come
    check = page.locator(f'[name^="check.{evidence}."][type="checkbox"]').first
    expect(check).to_be_attached(timeout=acts.PATIENCE)
    check.check()
    expect(report).to_have_value("正在写")

    beside.locator("#files").set_input_files(_picture("乙.png"))  # type: ignore[arg-type] # as above
    expect(beside.locator("#queue .done")).to_have_count(2, timeout=acts.PATIENCE)
    expect(rows).to_have_count(before + 1, timeout=acts.PATIENCE)  # told by the change alone
    expect(acts.field(page, f"{_AT}.{before}.description")).to_have_value("乙.png")
    assert re.fullmatch(r"E\d+", acts.field(page, f"{_AT}.{before}.evidence_id").input_value())
    expect(check).to_be_checked()
    expect(report).to_have_value("正在写")

    acts.field(page, f"{_AT}.{before}.evidence_id").press_sequentially("0")
    expect(again).to_be_visible()  # a fact is being typed
    report.focus()
    expect(again).to_be_hidden(timeout=acts.PATIENCE)


def test_without_a_script_the_button_does_it(town: Town, window: Window, running: str, tmp_path: Path) -> None:
    del tmp_path
    page, beside = window(java_script_enabled=False), window()
    for each in (page, beside):
        town.sign_in(each, HOST)
    beside.goto(f"{town.address(CHENGDU)}/desk/materials/{running}")
    beside.locator("#files").set_input_files(_picture("丙.png"))  # type: ignore[arg-type] # a file's payload
    expect(beside.locator("#queue .done")).to_have_count(1, timeout=acts.PATIENCE)
    page.goto(f"{town.address(CHENGDU)}/desk/cases/{running}/moves/reported")
    kind = page.locator(f'select[name="{_AT}.0.kind"]')
    kind.select_option("EVIDENCE_KIND_OBJECT")
    acts.press(page, "更新核对项")
    expect(page.locator('[name^="check."][type="checkbox"]').first).to_be_attached()
