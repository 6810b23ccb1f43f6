"""Accounts, one-time passwords, deputies and the log of looks in a real browser."""

from collections.abc import Callable

from playwright.sync_api import Page

from cli.local_federation import HANGZHOU
from tests.browser.accessibility import violations
from tests.browser.conftest import PHONE, Town, Window


def test_an_administrator_makes_an_account_and_its_person_begins(
    town: Town, window: Window, axe: str, picture: Callable[[Page, str], None]
) -> None:
    boss = window()
    town.sign_in(boss, "hz-gl-01")
    desk = f"{town.address(HANGZHOU)}/desk"
    boss.goto(f"{desk}/people")
    assert violations(boss, axe) == []
    picture(boss, "staff")
    boss.get_by_role("link", name="新账号").click()
    assert violations(boss, axe) == []
    boss.get_by_label("账号（工号）").fill("hz-xf-01")
    boss.get_by_label("姓名").fill("新分派")
    boss.get_by_label("分派人").check()
    picture(boss, "new")
    boss.get_by_role("button", name="建立账号").click()
    password = boss.locator(".secret code").inner_text()
    assert violations(boss, axe) == []
    picture(boss, "once")
    boss.goto(f"{desk}/people/staff/hz-jb-01")
    assert violations(boss, axe) == []
    picture(boss, "member")
    for page_of in ("keys", "deputies", "looks?staff=hz-jb-01"):
        boss.goto(f"{desk}/people/{page_of}")
        assert violations(boss, axe) == [], page_of
        picture(boss, page_of.split("?")[0])

    person = window(viewport=PHONE, java_script_enabled=False)
    person.goto(f"{town.address(HANGZHOU)}/")
    person.get_by_label("账号").fill("hz-xf-01")
    person.get_by_label("口令").fill(password)
    person.get_by_role("button", name="登录").click()
    person.wait_for_url("**/desk/people/password")
    picture(person, "password")
    person.get_by_label("一次性口令").fill(password)
    person.get_by_label("新口令（至少十个字符）").fill("a long one of my own")
    person.get_by_label("再输一次新口令").fill("a long one of my own")
    person.get_by_role("button", name="更改").click()
    person.wait_for_url("**/desk/people/dispatch")
    assert "分派台" in person.inner_text("h1")
    picture(person, "dispatch")
