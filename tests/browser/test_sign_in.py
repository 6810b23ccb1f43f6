"""Signing in, in a real browser."""

from collections.abc import Callable

from playwright.sync_api import Page

from cli.local_federation import HANGZHOU
from tests.browser.accessibility import violations
from tests.browser.conftest import PHONE, Town, Window


def test_the_sign_in_page_is_accessible_and_works_by_keyboard(
    town: Town, window: Window, axe: str, picture: Callable[[Page, str], None]
) -> None:
    page = window()
    page.goto(f"{town.address(HANGZHOU)}/")
    assert violations(page, axe) == []
    picture(page, "desktop")
    assert page.evaluate("document.activeElement.id") == "staff_id"
    page.keyboard.type("hz-jb-01")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.id") == "password"
    page.keyboard.type(town.federation.passwords["hz-jb-01"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/todo")


def test_signing_in_works_on_a_phone_without_javascript(
    town: Town, window: Window, picture: Callable[[Page, str], None]
) -> None:
    page = window(viewport=PHONE, java_script_enabled=False)
    page.goto(f"{town.address(HANGZHOU)}/")
    picture(page, "phone")
    town.sign_in(page, "hz-jb-01", anew=True)
