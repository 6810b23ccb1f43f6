"""What a browser shows of files in a sandbox, what a telephone's camera brings in, what comes in without a script."""

import re
from io import BytesIO
from pathlib import Path

import weasyprint
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from cli.local_federation import HANGZHOU
from tests.browser.conftest import PHONE, PICTURES, Town, Window
from tests.browser.test_evidence import Picture, a_draft

RED = (200, 0, 0)
_SHOWN_IN = 15_000  # milliseconds until the PDF viewer has drawn


def a_photograph() -> bytes:
    """As a telephone's camera gives it: JPEG, no name worth keeping."""
    out = BytesIO()
    Image.new("RGB", (640, 480), RED).save(out, "JPEG")
    return out.getvalue()


def a_red_pdf() -> bytes:
    """A page that can be told from an empty viewer by its colour."""
    made = weasyprint.HTML(string="<style>@page{margin:0;background:rgb(200,0,0)}</style><p>").write_pdf()
    assert isinstance(made, bytes)
    return made


def red_part(page: Page) -> float:
    """How much of the window is that red."""
    shot = Image.open(BytesIO(page.screenshot())).convert("RGB").resize((200, 150))
    seen = [shot.getpixel((x, y)) for x in range(200) for y in range(150)]
    red = [each for each in seen if isinstance(each, tuple) and each[0] > 150 and max(each[1:3]) < 70]
    return len(red) / len(seen)


def until_red(page: Page) -> None:
    """Wait for it to be drawn."""
    for _ in range(_SHOWN_IN // 250):
        if red_part(page) > 0.05:
            return
        page.wait_for_timeout(250)
    raise AssertionError("it was not drawn")


def add_files(page: Page, *files: tuple[str, str, bytes]) -> None:
    """Bring files in by the form that needs no script, and wait until they are listed."""
    given: list[FilePayload] = [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
    page.locator("#files").set_input_files(given)
    page.locator("#queue .done").nth(len(files) - 1).wait_for()


def test_a_pdf_and_a_picture_are_drawn_in_a_sandbox(town: Town, window: Window, picture: Picture) -> None:
    page = window()
    town.sign_in(page, "hz-jb-01")
    page.goto(a_draft(town, page))
    add_files(page, ("笔录.pdf", "application/pdf", a_red_pdf()), ("现场.jpg", "image/jpeg", a_photograph()))
    page.reload()
    views = [
        f"{town.address(HANGZHOU)}/desk/files/{(card.get_attribute('id') or '').removeprefix('m-')}"
        for card in page.locator("#files-list .card").all()
    ]
    assert len(views) == 2
    for view in views:
        page.goto(f"{view}/view")
        until_red(page)
        headers = page.request.get(f"{view}?show=1").headers
        assert "sandbox" in headers["content-security-policy"].split("; ")
        assert headers["content-type"] in {"application/pdf", "image/jpeg"}
        assert headers["content-disposition"] == "inline"
        assert headers["x-content-type-options"] == "nosniff"
        picture(page, headers["content-type"].rpartition("/")[2])


def test_a_telephone_offers_its_camera_and_the_photograph_becomes_evidence(town: Town, window: Window) -> None:
    page = window(viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2)
    town.sign_in(page, "hz-jb-01")
    page.goto(a_draft(town, page))
    camera = page.locator("#camera")
    assert camera.get_attribute("capture") == "environment"
    assert camera.get_attribute("accept") == "image/*"
    button = page.get_by_text("拍照", exact=True)
    expect(button).to_be_visible()
    button.scroll_into_view_if_needed()
    shot = page.screenshot()  # of the window: for one of the whole page the browser forgets its touch screen
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "camera.png").write_bytes(shot)
    with page.expect_file_chooser() as chosen:
        button.tap()
    assert chosen.value.element.get_attribute("id") == "camera"
    chosen.value.set_files({"name": "image.jpg", "mimeType": "image/jpeg", "buffer": a_photograph()})
    page.locator("#queue .done").wait_for()
    page.reload()
    card = page.locator("#files-list .card")
    expect(card).to_have_count(1)
    page.goto(f"{town.address(HANGZHOU)}/desk/files/{(card.get_attribute('id') or '').removeprefix('m-')}/view")
    until_red(page)
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_a_desk_with_a_mouse_offers_no_camera(town: Town, window: Window) -> None:
    page = window()
    town.sign_in(page, "hz-jb-01")
    page.goto(a_draft(town, page))
    page.locator("#files").wait_for(state="attached")
    assert not page.get_by_text("拍照", exact=True).is_visible()


def test_paper_cases_come_in_by_a_file_without_a_script(
    town: Town, window: Window, picture: Picture, tmp_path: Path
) -> None:
    with_script = window()
    town.sign_in(with_script, "hz-jb-01")
    page = window(java_script_enabled=False)
    address = f"{town.address(HANGZHOU)}/desk"
    page.context.add_cookies(with_script.context.cookies())  # type: ignore[arg-type] # as they were given
    page.goto(f"{address}/cases")
    page.get_by_role("link", name=re.compile("纸质旧案")).click()
    page.get_by_role("link", name="导入纸质旧案").click()
    picture(page, "import")
    with page.expect_download() as template:
        page.get_by_role("link", name=re.compile("xlsx")).click()
    assert template.value.suggested_filename == "old-cases.xlsx"
    heads = "旧案卷号,我方身份,委托单位,受托单位,职工姓名,办结日期,办理结果,纸质档案位置"
    good = "杭协〔2017〕8号,受托方,成都市人社局,杭州市人社局,顾念一,2017-05-06,查明,B-2-4"
    bad = "杭协〔2017〕9号,受托方,成都市人社局,杭州市人社局,顾念二,去年,查明,B-2-5"
    (tmp_path / "旧案.csv").write_text("\n".join((heads, good, bad)), encoding="gb18030")
    page.get_by_label("选择文件").set_input_files(tmp_path / "旧案.csv")
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator("main")).to_contain_text("不是有效的日期")
    picture(page, "checked")
    page.get_by_role("button", name="把没有错的行存入档案").click()
    expect(page.locator("p.good")).to_have_text("已存入档案：1")
    expect(page.get_by_role("link", name="杭协〔2017〕8号")).to_be_visible()
    picture(page, "list")
    page.locator("#find").fill("顾念一")
    page.get_by_role("button", name="查找案件").click()
    page.get_by_role("link", name="杭协〔2017〕8号").click()
    expect(page.locator("main")).to_contain_text("B-2-4")
    assert "顾念一" not in page.title()
    picture(page, "case")
    page.goto(f"{address}/old-cases/import")
    (tmp_path / "坏.csv").write_bytes(b"\xff\xff\xff")
    page.get_by_label("选择文件").set_input_files(tmp_path / "坏.csv")
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("alert")).to_contain_text("文字编码")
