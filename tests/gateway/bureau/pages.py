"""A browser without a screen: follows links and forms of our pages, keeps cookies, runs no script."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser

import httpx

from node.desk.ports import Role
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import PASSWORD


class _Forms(HTMLParser):
    """Every form of a page: its address and the values that it would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.forms.append((found.get("action") or "", {}))
        if not self.forms:
            return
        values, name = self.forms[-1][1], found.get("name") or ""
        if tag == "input" and name:
            ticked = found.get("type") not in {"checkbox", "radio"} or "checked" in found
            if ticked:
                values.setdefault(name, []).append(found.get("value") or "")
        elif tag == "textarea":
            self._area = name
            values.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in found:
            values.setdefault(self._select, []).append(found.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][1][self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""


def forms(page: httpx.Response) -> list[tuple[str, dict[str, list[str]]]]:
    """(address, values) of each form of a page, in order."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


def form_to(page: httpx.Response, address: str) -> dict[str, list[str]]:
    """The values of the form that goes to `address` (its end is enough)."""
    return next(values for action, values in forms(page) if action.endswith(address))


def words(page: httpx.Response) -> str:
    """The page's text without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


@asynccontextmanager
async def signed_in(house: House, role: Role | str = Role.CLERK) -> AsyncIterator[httpx.AsyncClient]:
    """A person of that role before the desk, with the session's cookie."""
    async with house.anonymous(origin="http://desk.test") as client:
        sent = await client.post("/desk/sign-in", data={"staff_id": str(role), "password": PASSWORD})
        assert sent.status_code == 303, sent.text
        yield client
