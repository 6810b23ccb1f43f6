"""A provincial office's figures, the lists behind them, flows and timelines: what its pages show. Only looked at."""

from asyncio import to_thread
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from delegation.codes import Matter
from delegation.deadlines import day_of
from delegation.figures import Count, Period, Span
from gateway.answers import answer
from gateway.auth import CurrentActor, CurrentStation
from gateway.bureau.province.asking import period_read
from gateway.glossary import glossary
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import DelegationId, PageSize, PageToken
from gateway.schemas.base import Day
from gateway.schemas.drafts import MatterCode
from gateway.schemas.province_figures import FlowsOut, GlossaryOut, OverseenPage, OverviewOut, TimelineOut
from node.province.ports import (
    AsOf,
    Behind,
    Business,
    Flow,
    Listed,
    PlaceTally,
    Route,
    SortBy,
    Sorting,
    Wanted,
)
from node.province.scoreboard import Measure, Scoreboard, judged

router = APIRouter(tags=["province"])
_PLACE = r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{6}[A-Z]{2}[0-9]{2}[0-9A-Z])?$"
_UNIT = r"^([0-9]{6}[A-Z]{2}[0-9]{2}[0-9A-Z])?$"


async def wanted_of(
    request: Request,
    *,
    first: Annotated[Day | None, Query(description="First day; the first of the last day's year if left out.")] = None,
    last: Annotated[Day | None, Query(description="Last day; today if left out.")] = None,
    business: Annotated[Business, Query(description="调查, 鉴定 or both.")] = Business.ALL,
    route: Annotated[Route, Query(description="Hosts on the wire, on paper, or all.")] = Route.WIRE,
    flow: Annotated[Flow, Query(description="Which way over the province's border.")] = Flow.ALL,
    matter: Annotated[MatterCode | None, Query(description="委托事项.")] = None,
    home: Annotated[
        str,
        Query(pattern=_PLACE, description="Region of 2, 4 or 6 digits, or unit, that asks.", examples=["330100"]),
    ] = "",
    host: Annotated[
        str, Query(pattern=_PLACE, description="The same of the side that is asked.", examples=["510100RD015"])
    ] = "",
) -> Wanted:
    """What is looked at, as the pages ask for it."""
    return Wanted(
        period=period_read(
            first.isoformat() if first is not None else "",
            last.isoformat() if last is not None else "",
            day_of(request.app.state.clock()),
        ),
        business=business,
        route=route,
        flow=flow,
        matter=Matter[matter] if matter is not None else Matter.UNSPECIFIED,
        home=home,
        host=host,
    )


AskedFor = Annotated[Wanted, Depends(wanted_of)]


def _about(as_of: AsOf, period: Period, outside: str) -> Mapping[str, object]:
    """What every answer with figures says of itself."""
    return {"as_of": as_of, "period": period, "outside": outside}


def _place(place: PlaceTally, board: Scoreboard) -> Mapping[str, object]:
    """A place with its bands."""
    bands = {measure: judged(place.as_host, measure, board) for measure in Measure}
    return {"code": place.code, "as_home": place.as_home, "as_host": place.as_host, "bands": bands}


@router.get("/province/figures", operation_id="readProvinceFigures", response_model=GlossaryOut)
async def read_figures() -> Response:
    """What each figure of a provincial office is called, what it counts, and over which delegations."""
    return answer(GlossaryOut, glossary())


@router.get("/province/overview", operation_id="readProvinceOverview", response_model=OverviewOut)
async def read_overview(station: CurrentStation, actor: CurrentActor, wanted: AskedFor) -> Response:
    """The figures of the scope: in all, by week, by city, and with whom the late ones are."""
    view = await station.oversight.overview(actor, wanted)
    return answer(
        OverviewOut,
        {
            **_about(view.as_of, wanted.period, view.outside),
            "tally": view.tally,
            "paper": view.paper,
            "weeks": view.weeks,
            "cities": [_place(each, view.scoreboard) for each in view.cities],
            "late_with": view.late_with,
            "scoreboard": view.scoreboard,
        },
    )


@router.get("/province/flows", operation_id="readProvinceFlows", response_model=FlowsOut)
async def read_flows(station: CurrentStation, actor: CurrentActor, wanted: AskedFor) -> Response:
    """Who delegates to whom: figures of every pair that has any."""
    view = await station.oversight.flows(actor, wanted)
    told = {**_about(view.as_of, wanted.period, view.outside), "cells": view.cells}
    # a thousand pairs take 80 ms to write and are a megabyte
    return await to_thread(answer, FlowsOut, told)


@router.get("/province/delegations", operation_id="listProvinceDelegations", response_model=OverseenPage)
async def list_delegations(
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    wanted: AskedFor,
    *,
    count: Annotated[Count | None, Query(description="Those that this figure counts.")] = None,
    span: Annotated[Span | None, Query(description="Those whose days this step counts.")] = None,
    late_with: Annotated[str, Query(pattern=_UNIT, description="Those that are late with this unit.")] = "",
    week: Annotated[Day | None, Query(description="Of the week of this day alone.")] = None,
    listed: Annotated[Listed | None, Query(description="Those that several counts leave over, or make up.")] = None,
    sort: Annotated[SortBy, Query(description="By which column.")] = SortBy.URGENCY,
    down: Annotated[bool, Query(description="The other way round.")] = False,
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> Response:
    """The delegations behind a figure, the most urgent first unless another order is asked for.

    Without a figure: all that are in hand, or were issued, given a result or ended in the period.
    """
    behind = Behind(count=count, span=span, late_with=late_with, week=week, listed=listed)
    sorting = Sorting(sort, down)
    tokens: PageTokens = request.app.state.page_tokens
    of = f"province delegations {actor.unit} {wanted} {behind} {sorting}"
    inner = tokens.open(page_token, of=of)
    found = await station.oversight.lines(actor, wanted, behind, sorting=sorting, page_token=inner, limit=page_size)
    return answer(
        OverseenPage,
        {
            **_about(found.as_of, wanted.period, found.outside),
            "items": found.lines,
            "total": found.total,
            "next_page_token": tokens.seal(found.next_token, of=of),
        },
    )


@router.get("/province/delegations/{delegation_id}", operation_id="readProvinceDelegation", response_model=TimelineOut)
async def read_delegation(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """One delegation as headers and entries tell it, with the days that were due and where they come from."""
    return answer(TimelineOut, await station.oversight.timeline(actor, delegation_id))
