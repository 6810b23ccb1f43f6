"""The first pages in a real browser before real nodes: what waits comes by itself; place, focus, selection stay."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from cli.demo.desk import Desk
from delegation.digits import UnitType
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP, PHONE, STAFF, Town, Window
from tests.node.world import an_investigation

PAGES = (
    "/desk/todo",
    "/desk/todo?category=to_sign",
    "/desk/cases?open=yes&our_turn=yes",
    "/desk/alarms",
    "/desk/notices",
)
SOON = 20_000  # milliseconds


@contextmanager
def at_work(town: Town, *staff: str) -> Iterator[list[Desk]]:
    """People before the interface."""
    desks = []
    try:
        for staff_id in staff:
            bureau = STAFF[staff_id][0]
            word, unit = town.federation.passwords[staff_id], bureau.unit(UnitType.RECOGNITION)
            desks.append(Desk(town.address(bureau), staff_id=staff_id, password=word, unit=unit))
        yield desks
    finally:
        for desk in desks:
            desk.close()


def test_what_arrives_shows_by_itself_and_nothing_is_taken_from_under_ones_hands(town: Town, window: Window) -> None:
    page = window()
    town.sign_in(page, "cd-jb-01")
    with at_work(town, "hz-jb-01", "hz-sp-01") as (clerk, approver):
        first = clerk.issue(an_investigation(), (), approver)
        row = page.locator(f"#todo-turn-{first}")
        expect(row).to_be_visible(timeout=SOON)
        assert page.locator("#said").text_content() == "待办已更新"

        row.focus()
        second = clerk.issue(an_investigation(), (), approver)
        expect(page.locator(f"#todo-turn-{second}")).to_be_visible(timeout=SOON)
        assert page.evaluate("document.activeElement.id") == f"todo-turn-{first}"

        page.evaluate(f"getSelection().selectAllChildren(document.getElementById('todo-turn-{first}'))")
        third = clerk.issue(an_investigation(), (), approver)
        page.wait_for_timeout(4_000)
        assert "待签收" in page.evaluate("getSelection().toString()")
        assert page.locator(f"#todo-turn-{third}").count() == 0
        page.evaluate("getSelection().removeAllRanges()")
        expect(page.locator(f"#todo-turn-{third}")).to_be_visible(timeout=SOON)


# what sticks out of the page to the right, unless it lies in something that scrolls by itself
WIDE = """width => document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll("main *")]
    .filter(each => each.getBoundingClientRect().right > width).map(each => each.outerHTML.slice(0, 160))"""


def test_the_first_pages_are_accessible_fit_and_work_by_keyboard(
    town: Town, window: Window, axe: str, picture: Callable[[Page, str], None]
) -> None:
    with at_work(town, "hz-jb-01", "hz-sp-01", "cd-jb-01") as (clerk, approver, host):
        ref = clerk.issue(an_investigation(), (), approver)
        host.until_state(ref, "issued")
    for name, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
        page = window(viewport=viewport)
        town.sign_in(page, "cd-jb-01")
        for number, path in enumerate(PAGES):
            page.goto(f"{town.address(STAFF['cd-jb-01'][0])}{path}")
            assert violations(page, axe) == [], path
            wide = page.evaluate(WIDE, viewport["width"])
            assert wide == [], path
            assert "WT-" not in page.title()
            picture(page, f"{name}-{number}")
    administrator = window()
    town.sign_in(administrator, "hz-gl-01")
    assert violations(administrator, axe) == []

    page = window()
    town.sign_in(page, "cd-jb-01")
    page.locator("#tab-to_sign").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/todo?category=to_sign")
    page.locator("#find").focus()
    page.keyboard.type(ref)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/cases/{ref}")


def test_filters_and_search_work_without_javascript_and_keep_names_out_of_addresses(town: Town, window: Window) -> None:
    with at_work(town, "hz-jb-01", "hz-sp-01") as (clerk, approver):
        ref = clerk.issue(an_investigation(), (), approver)
    page = window(java_script_enabled=False)
    town.sign_in(page, "hz-jb-01")
    page.get_by_role("link", name="案件", exact=True).click()
    page.locator("#filters summary").click()
    page.locator("#f-role").select_option("home")
    page.get_by_role("button", name="筛选", exact=True).click()
    assert "role=home" in page.url
    page.locator("#filters summary").click()
    page.locator("#filter-name").fill("王小明的")
    page.get_by_role("button", name="保存筛选").click()
    page.get_by_role("link", name="王小明的").click()
    assert "role=home" in page.url
    assert "%E7" not in page.url
    page.locator("#find").fill("王小明")
    page.get_by_role("button", name="查找案件").click()
    expect(page.locator(f"#case-{ref}")).to_be_visible()
    assert "%E7" not in page.url
