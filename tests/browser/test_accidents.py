"""Accidents at a counter: a button pressed twice, a step back, two clerks on one case, an ended session, a stop."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, expect

from cli.local_federation import CHENGDU, HANGZHOU
from tests.browser import acts
from tests.browser.conftest import Town, Window


def _questions(town: Town, number: str, words: str) -> int:
    with town.at_work("cd-jb-01") as (clerk,):
        view = clerk.read(number)
        known = [*view["entries"], *view["queued"]]  # type: ignore[misc] # lists of the API
        return sum(words in str(each) for each in known if isinstance(each, Mapping) and each["kind"] == "QUESTION")


def _to_question(town: Town, page: Page, number: str, words: str) -> None:
    page.goto(f"{town.address(CHENGDU)}/desk/cases/{number}/moves/question")
    acts.field(page, "body.question.text").fill(words)


def test_a_question_sent_twice_by_button_or_by_loading_again_is_asked_once(
    town: Town, window: Window, tmp_path: Path
) -> None:
    number = town.a_case(2, tmp_path)
    page = window()
    town.sign_in(page, "cd-jb-01")
    _to_question(town, page, number, "职工几时进厂？")
    page.locator(".move-form .actions button.main").dblclick()
    page.wait_for_url("**made=sent")
    expect(page.locator("#talk")).to_contain_text("职工几时进厂？", timeout=acts.PATIENCE)
    assert _questions(town, number, "职工几时进厂？") == 1

    page.reload()  # nothing is sent again
    expect(page.locator("#talk")).to_contain_text("职工几时进厂？")
    assert _questions(town, number, "职工几时进厂？") == 1


def test_two_clerks_on_one_draft_are_told_and_nothing_typed_is_lost(town: Town, window: Window) -> None:
    first, second = window(), window()
    for page in (first, second):
        town.sign_in(page, "hz-jb-01")
    first.goto(f"{town.address(HANGZHOU)}/desk/intake/new")
    acts.field(first, "letter.worker.name").fill("沈砚青")
    acts.press(first, "保存")
    first.wait_for_url("**saved=1")
    second.goto(first.url)
    acts.field(second, "letter.employer.name").fill("乙厂")
    acts.field(first, "letter.employer.name").fill("甲厂")
    acts.press(first, "保存")
    expect(first.get_by_role("status").first).to_contain_text("已保存")
    acts.press(second, "保存")
    expect(second.get_by_role("alert").first).to_contain_text("别人改过")
    expect(second.get_by_role("cell", name="甲厂")).to_be_visible()
    expect(acts.field(second, "letter.employer.name")).to_have_value("乙厂")
    acts.press(second, "保存")
    second.wait_for_url("**saved=1")
    expect(acts.field(second, "letter.employer.name")).to_have_value("乙厂")


def test_a_move_that_became_stale_says_what_changed_and_keeps_what_was_typed(
    town: Town, window: Window, tmp_path: Path
) -> None:
    number = town.a_case(1, tmp_path)
    with town.at_work("cd-jb-01") as (clerk,):
        clerk.move(number, "signed-for")
        clerk.until_state(number, "signed_for")
    first, second = window(), window()
    for page in (first, second):
        town.sign_in(page, "cd-jb-01")
        page.goto(f"{town.address(CHENGDU)}/desk/cases/{number}/moves/accepted")
        acts.field(page, "body.acceptance.local_case_number").fill("成 88 号")
    acts.send(first)
    first.go_back()  # the form again: it says that this is done, and has no button to send it
    expect(first.get_by_role("alert").first).to_contain_text("不能办理")
    expect(first.locator(".move-form .actions button.main")).to_have_count(0)
    acts.field(second, "body.acceptance.local_case_number").fill("成 89 号")
    second.locator(".move-form .actions button.main").click()
    expect(second.get_by_role("alert").first).to_contain_text("案件有了变化")
    expect(acts.field(second, "body.acceptance.local_case_number")).to_have_value("成 89 号")


def test_a_session_that_ended_in_mid_form_costs_nothing(town: Town, window: Window) -> None:
    page = window()
    town.sign_in(page, "hz-jb-01")
    page.goto(f"{town.address(HANGZHOU)}/desk/intake/new")
    acts.field(page, "letter.worker.name").fill("沈砚青")
    page.context.clear_cookies()
    acts.press(page, "保存")
    expect(page.locator("main")).to_contain_text("您填写的内容还在")
    page.get_by_label("账号").fill("hz-jb-01")
    page.get_by_label("口令").fill(town.federation.passwords["hz-jb-01"])
    acts.press(page, "登录")
    acts.press(page, "继续")
    page.wait_for_url("**saved=1")
    expect(acts.field(page, "letter.worker.name")).to_have_value("沈砚青")


def test_a_node_stops_in_time_while_pages_are_open(town: Town, window: Window) -> None:
    page = window()
    town.sign_in(page, "cd-jb-01")
    page.wait_for_timeout(500)  # its stream of changes is open
    service = town.federation.services[CHENGDU.code]
    began = time.monotonic()
    stopping = threading.Thread(target=service.stop)
    stopping.start()
    stopping.join()
    took = time.monotonic() - began
    service.start()
    service.wait_ready()
    assert took < 10
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("待办")
