"""Many tabs and many browsers of one person: every one of them learns what changed, and says so when it must ask."""

import re
import urllib.request

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, Route, expect

from gateway.settings import GatewaySettings
from tests.browser.conftest import STAFF, Town, Window
from tests.node.world import an_investigation

SOON = 20_000  # milliseconds
MOST = GatewaySettings.model_fields["streams_per_caller"].default


def streams(town: Town) -> int:
    """How many streams of changes Chengdu's desk holds open."""
    with urllib.request.urlopen(f"{town.address(STAFF['cd-jb-01'][0])}/metrics", timeout=10) as answer:  # noqa: S310 - our own
        [found] = re.findall(r"^xieban_gateway_change_streams ([0-9.]+)$", answer.read().decode(), flags=re.MULTILINE)
    return int(float(found))


def until_streams(town: Town, page: Page, number: int) -> None:
    """Wait for so many; the server learns of a reader that went with the next heartbeat at the latest."""
    for _ in range(100):
        if streams(town) == number:
            return
        page.wait_for_timeout(200)
    pytest.fail(f"{streams(town)} streams are open, not {number}")


def another_tab(context: BrowserContext, town: Town) -> Page:
    page = context.new_page()
    page.goto(f"{town.address(STAFF['cd-jb-01'][0])}/desk/todo")
    return page


def test_five_tabs_share_one_stream_and_all_learn_what_changed(town: Town, window: Window) -> None:
    first = window()
    town.sign_in(first, "cd-jb-01")
    tabs = [first, *(another_tab(first.context, town) for _ in range(MOST))]
    until_streams(town, first, 1)
    with town.at_work("hz-jb-01", "hz-sp-01") as (clerk, approver):
        ref = clerk.issue(an_investigation(), (), approver)
        for tab in tabs:
            expect(tab.locator(f"#todo-turn-{ref}")).to_be_visible(timeout=SOON)
            expect(tab.locator("#slow")).to_be_hidden()
        first.close()  # it held the stream: another tab takes it over
        until_streams(town, tabs[1], 1)
        ref = clerk.issue(an_investigation(), (), approver)
        for tab in tabs[1:]:
            expect(tab.locator(f"#todo-turn-{ref}")).to_be_visible(timeout=SOON)


def test_a_browser_too_many_asks_from_time_to_time_and_says_so(town: Town, window: Window) -> None:
    pages = [window() for _ in range(MOST)]
    for page in pages:
        town.sign_in(page, "cd-jb-01")
    until_streams(town, pages[0], MOST)
    late = window()
    late.clock.install()
    town.sign_in(late, "cd-jb-01")
    late.clock.run_for(1_000)
    expect(late.locator("#slow")).to_be_visible(timeout=SOON)
    assert "每30秒" in (late.locator("#said").text_content() or "")
    tab = late.context.new_page()
    tab.goto(late.url)
    expect(tab.locator("#slow")).to_be_visible(timeout=SOON)  # told by the tab that tries
    with town.at_work("hz-jb-01", "hz-sp-01") as (clerk, approver):
        ref = clerk.issue(an_investigation(), (), approver)
        expect(pages[0].locator(f"#todo-turn-{ref}")).to_be_visible(timeout=SOON)
    assert late.locator(f"#todo-turn-{ref}").count() == 0
    late.clock.run_for(32_000)
    expect(late.locator(f"#todo-turn-{ref}")).to_be_visible(timeout=SOON)
    pages[0].close()
    until_streams(town, pages[1], MOST - 1)
    late.clock.run_for(61_000)
    expect(late.locator("#slow")).to_be_hidden(timeout=SOON)
    expect(tab.locator("#slow")).to_be_hidden(timeout=SOON)


def test_what_changes_while_a_part_is_on_its_way_is_asked_for_again(town: Town, window: Window) -> None:
    page, beside = window(), window()
    for each in (page, beside):
        town.sign_in(each, "cd-jb-01")
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if route.request.headers.get("hx-request") and not held:
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/desk/todo*", hold_the_first)
    with town.at_work("hz-jb-01", "hz-sp-01") as (clerk, approver):
        first = clerk.issue(an_investigation(), (), approver)
        for _ in range(100):
            if held:
                break
            page.wait_for_timeout(200)
        second = clerk.issue(an_investigation(), (), approver)
        expect(beside.locator(f"#todo-turn-{second}")).to_be_visible(timeout=SOON)
        page.wait_for_timeout(3_000)  # it was told of that, too
    [(route, answer)] = held
    assert second not in answer.text()
    route.fulfill(response=answer)
    for ref in (first, second):
        expect(page.locator(f"#todo-turn-{ref}")).to_be_visible(timeout=5_000)
