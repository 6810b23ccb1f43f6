"""The main path with the keyboard alone: every focus is seen, and nothing needs a pointer."""

from pathlib import Path

from playwright.sync_api import Page, expect

from cli.local_federation import CHENGDU
from tests.browser import acts
from tests.browser.conftest import Town, Window

_MOST_TABS = 200


def told(page: Page) -> str:
    """Name, id or words of what has the focus."""
    found: str = page.evaluate(
        "(() => { const at = document.activeElement; return [at.name || at.id, at.value, at.innerText].join(' | ') })()"
    )
    return found


def seen(page: Page) -> bool:
    """Whether the focus is visible: an outline of two pixels or more around what has it."""
    found: bool = page.evaluate(
        "(() => { const at = getComputedStyle(document.activeElement);"
        " return at.outlineStyle !== 'none' && parseFloat(at.outlineWidth) >= 2 })()"
    )
    return found


def tab_to(page: Page, wanted: str) -> None:
    """Go on with Tab to the element of this selector; every stop on the way shows its focus."""
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        assert seen(page), told(page)
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"{wanted} is not reached with Tab")


def put(page: Page, name: str, words: str) -> None:
    """Go to a field and type."""
    tab_to(page, f'[name="{name}"]:not([type="hidden"])')
    page.keyboard.type(words)


def test_the_first_tab_leads_past_the_navigation(town: Town, window: Window) -> None:
    page = window()
    town.sign_in(page, "hz-jb-01")
    page.keyboard.press("Tab")
    assert seen(page)
    assert page.evaluate("document.activeElement.matches('a.skip')")
    assert page.locator("a.skip").bounding_box()["y"] >= 0  # type: ignore[index] # it is there: it has the focus
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")


def test_a_letter_is_written_and_handed_over_by_keyboard(town: Town, window: Window) -> None:
    page = window()
    town.sign_in(page, "hz-jb-01")
    tab_to(page, 'a[href="/desk/intake"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/intake")
    tab_to(page, 'a[href="/desk/intake/new"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/intake/new")

    put(page, "task_place.code", "新都区")
    options = page.locator("#task_place-code-found [role=option]")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert options.first.get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    expect(acts.field(page, "task_place.code")).to_have_value("510114 四川省成都市新都区")

    letter = dict(acts.LETTER)
    for name in ("letter.worker.name", "letter.worker.id_number", "letter.employer.name"):
        put(page, name, letter.pop(name))
    for name, words in (("letter.insurance.mode", "单位参保"), ("letter.applicant.role", "用人单位")):
        tab_to(page, f'[name="{name}"]')
        while page.evaluate("document.activeElement.selectedOptions[0].innerText") != words:
            page.keyboard.press("ArrowDown")
    for name in ("letter.accident.happened_at", "letter.applicant.applied_on", "clock.accepted_on"):
        if name == "letter.applicant.applied_on":
            put(page, "letter.accident.place_text", letter.pop("letter.accident.place_text"))
        tab_to(page, f'[name="{name}"]')
        days, time = acts.DAYS[name]
        page.evaluate("(value) => { document.activeElement.value = value }", acts.days_ago(days, time))
    put(page, "letter.acceptance_number", letter.pop("letter.acceptance_number"))
    tab_to(page, '[name="letter.claimed_grounds"][value="14-5"]')
    page.keyboard.press("Space")
    for name, words in letter.items():
        put(page, name, words)
    tab_to(page, '[name="letter.recusal_declared"]:not([type="hidden"])')
    page.keyboard.press("Space")
    tab_to(page, 'button[value="submit"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    expect(page.locator("h1")).to_contain_text("待审批")


def test_the_host_signs_accepts_and_assigns_by_keyboard(town: Town, window: Window, tmp_path: Path) -> None:
    number = town.a_case(1, tmp_path)
    page = window()
    town.sign_in(page, "cd-jb-01")
    row = page.locator(f"#todo-turn-{number}")
    expect(row).to_be_visible(timeout=acts.PATIENCE)
    tab_to(page, f"#todo-turn-{number}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{town.address(CHENGDU)}/desk/cases/{number}*")
    tab_to(page, 'form[action$="/moves/signed-for"] button')
    page.keyboard.press("Enter")
    acts.in_state(page, "待受理")
    tab_to(page, 'a[href$="/moves/accepted"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/moves/accepted")
    put(page, "body.acceptance.local_case_number", "成 88 号")
    page.keyboard.press("Enter")  # in a line of text, Enter sends the form
    page.wait_for_url("**made=sent")
    acts.in_state(page, "待分派")
    tab_to(page, 'a[href$="/moves/assigned"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/moves/assigned")
    for number_of_row, (name, credential) in enumerate((acts.FIRST, acts.SECOND)):
        row_of = f"body.assignment.investigators.{number_of_row}"
        tab_to(page, f'[name="{row_of}.staff_id"]')
        page.keyboard.press("End")  # the last choice: somebody without an account
        put(page, f"{row_of}.name", name)
        put(page, f"{row_of}.other_staff_id", f"cd-tc-{number_of_row}")
        put(page, f"{row_of}.credential_number", credential)
        tab_to(page, f'[name="{row_of}.recusal_declared"]:not([type="hidden"])')
        page.keyboard.press("Space")
    tab_to(page, ".actions button.main")
    page.keyboard.press("Enter")
    acts.in_state(page, "调查中")


def test_the_source_of_a_due_date_shows_on_focus_and_hides_on_escape(
    town: Town, window: Window, tmp_path: Path
) -> None:
    number = town.a_case(1, tmp_path)
    page = window()
    town.sign_in(page, "cd-jb-01")
    page.goto(f"{town.address(CHENGDU)}/desk/cases/{number}")
    tip = page.locator(".tip-text").first
    expect(tip).to_be_hidden()
    tab_to(page, ".tip-button")
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
