"""Files brought in by a real browser before real processes: several at once, a line that breaks, a picture redacted."""

import hashlib
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from cli.local_federation import HANGZHOU
from tests.browser.accessibility import violations
from tests.browser.conftest import PHONE, Town, Window

MIB = 1024 * 1024
PDF = b"%PDF-1.7\n" + b"0" * 3000
Picture = Callable[[Page, str], None]


def a_picture(colour: str = "white") -> bytes:
    """A photograph of nothing."""
    out = BytesIO()
    Image.new("RGB", (400, 300), colour).save(out, "PNG")
    return out.getvalue()


def a_draft(town: Town, page: Page) -> str:
    """An empty draft; gives the address of its files."""
    token = page.locator('meta[name="csrf"]').get_attribute("content") or ""
    address = town.address(HANGZHOU)
    made = page.request.post(f"{address}/api/v1/drafts", headers={"X-Csrf-Token": token}, data={})
    assert made.status == 201, made.text()
    return f"{address.removesuffix('/')}/desk/materials/{made.json()['draft_id']}"


def offset_of(request: Request) -> int:
    """Where the part of a request begins."""
    return int(parse_qs(urlsplit(request.url).query)["offset"][0])


def item(page: Page, name: str) -> str:
    """Selector of a file's line in the queue."""
    return f'#queue .item:has-text("{name}")'


def test_several_files_come_in_at_once_and_each_is_told_its_own(
    town: Town, window: Window, axe: str, picture: Picture, tmp_path: Path
) -> None:
    page = window()
    town.sign_in(page, "hz-jb-01")
    page.goto(a_draft(town, page))
    assert violations(page, axe) == []
    files = {"笔录.pdf": PDF, "现场.png": a_picture(), "程序.pdf": b"MZ\x90\x00" + bytes(3000), "空.pdf": b""}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    page.get_by_label("种类", exact=True).select_option("witness")
    page.get_by_label("复制件核对人", exact=True).fill("何经办")
    page.set_input_files("#files", [tmp_path / name for name in files])
    expect(page.locator(item(page, "笔录.pdf"))).to_contain_text("已收")
    expect(page.locator(item(page, "现场.png"))).to_contain_text("已收")
    expect(page.locator(item(page, "程序.pdf"))).to_contain_text("未收：不接受这类文件")
    expect(page.locator(item(page, "空.pdf"))).to_contain_text("未收：文件是空的")
    expect(page.locator(item(page, "空.pdf")).get_by_role("button")).to_have_count(1)  # nothing to try again
    expect(page.locator("#files-list .card")).to_have_count(2)
    expect(page.locator("#files-list .card").first.get_by_label("复制件核对人")).to_have_value("何经办")
    assert violations(page, axe) == []
    picture(page, "taken")
    page.locator("#files-list .card").first.get_by_label("页数").fill("3")
    page.get_by_role("button", name="全部保存").last.click()
    expect(page.get_by_role("status").first).to_contain_text("已保存")
    expect(page.locator("#files-list .card").first.get_by_label("页数")).to_have_value("3")


def test_a_large_file_goes_on_after_a_broken_line_and_after_a_reload(
    town: Town, window: Window, picture: Picture, tmp_path: Path
) -> None:
    content = PDF + hashlib.sha256(b"seed").digest() * (15 * MIB // 32)
    large = tmp_path / "监控录像.pdf"
    large.write_bytes(content)
    page = window()
    page.on("dialog", lambda dialog: dialog.accept())
    town.sign_in(page, "hz-jb-01")
    page.goto(a_draft(town, page))
    sent: list[int] = []
    breaks_at, left = [4 * MIB], [2]

    def carry(route: Route) -> None:
        offset = offset_of(route.request)
        if offset >= breaks_at[0] and left[0]:
            left[0] -= 1
            route.abort("connectionreset")
            return
        sent.append(offset)
        route.continue_()

    page.route(re.compile(r"/parts\?"), carry)
    with page.expect_request(
        lambda request: "/parts?" in request.url and offset_of(request) >= 6 * MIB, timeout=60_000
    ):
        breaks_at[0], left[0] = 4 * MIB, 2
        page.set_input_files("#files", large)
    assert left == [0]
    assert sent.count(0) == 1  # what had come was not sent again

    breaks_at[0], left[0] = 10 * MIB, 1000  # now it stays broken, until the page is loaded again
    expect(page.locator(item(page, "监控录像"))).to_contain_text("连接中断", timeout=60_000)
    picture(page, "broken")
    page.reload()
    expect(page.locator("[data-waiting]")).to_contain_text("上次未传完")
    picture(page, "reloaded")
    sent.clear()
    left[0] = 0
    page.set_input_files("#files", large)
    expect(page.locator(item(page, "监控录像"))).to_contain_text("已收", timeout=60_000)
    assert sent[0] == 10 * MIB
    assert sent == sorted(set(sent))
    page.locator("#files-list .card-title a").click()
    expect(page.locator("code")).to_have_text(hashlib.sha256(content).hexdigest())


def test_an_upload_that_the_server_lost_begins_anew_and_says_so(town: Town, window: Window, tmp_path: Path) -> None:
    large = tmp_path / "大.pdf"
    large.write_bytes(PDF + bytes(5 * MIB))
    page = window()
    town.sign_in(page, "hz-jb-01")
    page.goto(a_draft(town, page))
    offsets: list[int] = []

    def carry(route: Route) -> None:
        offset = offset_of(route.request)
        if offset == 2 * MIB and 2 * MIB not in offsets:  # as after a restart: nobody knows it any more
            token = page.locator('meta[name="csrf"]').get_attribute("content") or ""
            cancel = route.request.url.partition("/parts?")[0] + "/cancel"
            page.request.post(cancel, headers={"X-Csrf-Token": token, "Origin": town.address(HANGZHOU).rstrip("/")})
        offsets.append(offset)
        route.continue_()

    page.route(re.compile(r"/parts\?"), carry)
    page.set_input_files("#files", large)
    expect(page.locator(item(page, "大.pdf"))).to_contain_text("从头重新上传")
    expect(page.locator(item(page, "大.pdf"))).to_contain_text("已收", timeout=60_000)
    assert offsets.count(0) == 2


def test_files_are_dropped_on_the_page_and_cancelled(town: Town, window: Window) -> None:
    page = window()
    town.sign_in(page, "hz-jb-01")
    page.goto(a_draft(town, page))
    page.route(re.compile(r"/parts\?"), lambda route: route.abort("connectionreset"))
    page.evaluate(
        """() => {
        const carried = new DataTransfer();
        carried.items.add(new File(["%PDF-1.7 dropped"], "拖入.pdf", {type: "application/pdf"}));
        const event = new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true});
        document.getElementById("drop").dispatchEvent(event);
        }"""
    )
    line = page.locator(item(page, "拖入.pdf"))
    expect(line).to_contain_text("连接中断")
    line.get_by_role("button", name="取消").click()
    expect(line).to_contain_text("已取消")
    page.unroute_all()
    line.get_by_role("button", name="重试").click()
    expect(line).to_contain_text("已收")


def test_without_a_script_the_same_form_takes_files_on_a_phone(
    town: Town, window: Window, picture: Picture, tmp_path: Path
) -> None:
    page = window(viewport=PHONE, java_script_enabled=False, has_touch=True, is_mobile=True)
    town.sign_in(page, "hz-jb-01")
    page.goto(a_draft(town, page))
    picture(page, "form")
    for name, content in {"一.pdf": PDF, "二.png": a_picture(), "三.pdf": b"MZ" + bytes(99)}.items():
        (tmp_path / name).write_bytes(content)
    page.set_input_files("#files", [tmp_path / "一.pdf", tmp_path / "三.pdf", tmp_path / "二.png"])
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("alert")).to_contain_text("三.pdf：未收，不接受这类文件")
    expect(page.locator("#files-list .card")).to_have_count(2)
    picture(page, "told")


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_a_region_is_drawn_and_hidden_and_the_original_stays(
    town: Town, window: Window, axe: str, picture: Picture, tmp_path: Path, viewport: dict[str, int] | None
) -> None:
    page = window(**({"viewport": viewport} if viewport else {}))
    town.sign_in(page, "hz-jb-01")
    at = a_draft(town, page)
    page.goto(at)
    (tmp_path / "身份证.png").write_bytes(a_picture())
    page.set_input_files("#files", tmp_path / "身份证.png")
    page.locator("#files-list .card-title a").click()
    assert violations(page, axe) == []
    picture(page, "viewer")
    page.get_by_role("link", name="遮盖部分区域").click()
    expect(page.get_by_role("button", name="添加区域")).to_be_visible()
    assert violations(page, axe) == []
    shown = page.locator("#picture").bounding_box()
    assert shown is not None
    scale = 400 / shown["width"]
    page.mouse.move(shown["x"] + 20 / scale, shown["y"] + 30 / scale)
    page.mouse.down()
    page.mouse.move(shown["x"] + 120 / scale, shown["y"] + 80 / scale, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="添加区域").focus()  # and one by keys alone
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    assert [page.locator(f"#r-1-{side}").input_value() for side in "xywh"] == ["160", "165", "90", "30"]
    assert violations(page, axe) == []
    picture(page, "drawn")
    page.get_by_role("button", name="生成遮盖后的副本").click()
    expect(page.get_by_text("本件是遮盖后的副本")).to_be_visible()
    address = page.get_by_role("link", name="下载").get_attribute("href") or ""
    made = page.request.get(f"{town.address(HANGZHOU).rstrip('/')}{address}").body()
    with Image.open(BytesIO(made)) as found:
        grey = found.convert("L")
    for point in ((40, 40), (100, 70), (165, 170), (245, 190)):
        assert grey.getpixel(point) == 0, point
    for point in ((5, 5), (140, 40), (255, 190), (165, 200)):
        assert grey.getpixel(point) == 255, point
    picture(page, "redacted")
    page.goto(at)
    expect(page.locator("#files-list .card")).to_have_count(2)
    expect(page.locator(".card", has_text="遮盖后的副本")).to_have_count(1)
    expect(page.locator(".card .tag", has_text="不随函发送")).to_have_count(1)
    assert violations(page, axe) == []
