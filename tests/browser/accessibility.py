"""What axe-core finds wrong with a page, by WCAG 2.2 AA."""

from typing import cast

from playwright.sync_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, axe: str) -> list[str]:
    """Each fault as rule and place; empty for a good page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found = cast(
        "list[dict[str, object]]",
        page.evaluate(
            "(rules) => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})"
            ".then((result) => result.violations.map("
            "(each) => ({id: each.id, at: each.nodes.map((node) => node.target.join(' '))})))",
            _RULES,
        ),
    )
    return [f"{each['id']}: {each['at']}" for each in found]
