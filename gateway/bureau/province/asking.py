"""What a page of the province was asked for, and addresses that ask for it."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from delegation.codes import Matter
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.figures import Count, Period, Span
from gateway.bureau.intake.places import places
from gateway.bureau.province.words import DIRECT, TYPES
from gateway.bureau.render import BASE
from node.province.ports import USUAL, Behind, Business, Flow, Route, SortBy, Sorting, Wanted

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_UNIT_SIGNS = 11
DayText = Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
MATTERS = {each.name: each for each in Matter if each is not Matter.UNSPECIFIED}
MatterText = Annotated[str, Query(pattern=f"^({'|'.join(MATTERS)})?$")]
SortText = Annotated[str, Query(pattern=f"^(-?({'|'.join(SortBy)}))?$")]
PlaceText = Annotated[str, Query(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{6}[A-Z]{2}[0-9]{2}[0-9A-Z])?$")]


def day_read(text: str, otherwise: date, *, field: str) -> date:
    """A day of an address. Raises Refusal INVALID_INPUT (field) for none of the calendar's."""
    if not text:
        return otherwise
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Refusal(Reason.INVALID_INPUT, field=f"query.{field}") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Refusal(Reason.INVALID_INPUT, field=f"query.{field}")
    return found


def period_read(first: str, last: str, today: date) -> Period:
    """The days asked for; without any, this year until today. Raises Refusal INVALID_INPUT."""
    until = day_read(last, today, field="last")
    since = day_read(first, date(until.year, 1, 1), field="first")
    if until < since:
        raise Refusal(Reason.INVALID_INPUT, field="query.last")
    return Period(since, until)


async def wanted_of(
    request: Request,
    *,
    first: DayText = "",
    last: DayText = "",
    business: Business = Business.ALL,
    route: Route = Route.WIRE,
    flow: Flow = Flow.ALL,
    matter: MatterText = "",
    home: PlaceText = "",
    host: PlaceText = "",
) -> Wanted:
    """What is looked at, of the parameters of an address; the same for pages and the API."""
    period = period_read(first, last, day_of(request.app.state.clock()))
    return Wanted(
        period=period,
        business=business,
        route=route,
        flow=flow,
        matter=MATTERS.get(matter, Matter.UNSPECIFIED),
        home=home,
        host=host,
    )


def sorting_of(text: str) -> Sorting:
    """The order of a list by its part of an address; the usual one for none."""
    return Sorting(SortBy(text.removeprefix("-")), text.startswith("-")) if text else USUAL


AskedFor = Annotated[Wanted, Depends(wanted_of)]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of the province's pages that keep what is looked at."""

    wanted: Wanted

    def to(self, page: str = "", **changed: str) -> str:
        """A page of the same delegations but for what is changed."""
        asked = self.wanted
        values = {
            "first": asked.period.first.isoformat(),
            "last": asked.period.last.isoformat(),
            "business": "" if asked.business is Business.ALL else asked.business.value,
            "route": "" if asked.route is Route.WIRE else asked.route.value,
            "flow": "" if asked.flow is Flow.ALL else asked.flow.value,
            "matter": "" if asked.matter is Matter.UNSPECIFIED else asked.matter.name,
            "home": asked.home,
            "host": asked.host,
            **changed,
        }
        return f"{BASE}/province{page}?{urlencode({name: value for name, value in values.items() if value})}"

    def behind(self, asked: Count | Span, **changed: str) -> str:
        """The list behind a figure."""
        return self.to("/list", **{"count" if isinstance(asked, Count) else "span": asked.value}, **changed)


def codes_of(behind: Behind) -> dict[str, str]:
    """A list's own part of an address."""
    return {
        "count": behind.count.value if behind.count is not None else "",
        "span": behind.span.value if behind.span is not None else "",
        "late_with": behind.late_with,
        "week": behind.week.isoformat() if behind.week is not None else "",
        "listed": behind.listed.value if behind.listed is not None else "",
    }


@cache
def place_name(code: str) -> str:
    """The name of a region by two, four or six digits; a municipality's name where its districts stand below it."""
    table = places().table
    if code[2:4] == "90":  # counties and cities without a prefecture
        return f"{table.name(f'{code[:2]}0000')}{DIRECT}"
    for found in (code.ljust(6, "0"), f"{code[:2]}0000"):
        if found in table:
            return table.name(found)
    return code


@cache
def name_of(code: str) -> str:
    """A region, or a unit by its place and what it is; a page translates the second part (`kind_of`)."""
    if len(code) != _UNIT_SIGNS:
        return place_name(code)
    table = places().table
    return table.name(code[:6]) if code[:6] in table else place_name(code[:4])


def kind_of(code: str) -> str:
    """What a unit is by the letters of its code; empty for a region."""
    return TYPES.get(code[6:8], "") if len(code) == _UNIT_SIGNS else ""
