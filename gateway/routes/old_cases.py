"""The archive of closed paper cases: imported, listed, found, read. No envelope ever carries one."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from gateway.answers import answer, no_content
from gateway.auth import CurrentActor, CurrentStation
from gateway.incoming import JsonBody, filled_in
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import PageSize, PageToken
from gateway.schemas.old_cases import (
    FoundOldCases,
    OldCaseOut,
    OldCaseOutcomes,
    OldCasePage,
    OldCaseRole,
    OldCases,
    OldCaseSearch,
)

router = APIRouter(tags=["old cases"])
OldCaseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of a closed paper case.")]
Year = Annotated[str, Query(pattern=r"^([12][0-9]{3})?$", description="Closed in this year.")]


@router.post("/old-cases", operation_id="takeOldCases", response_model=OldCaseOutcomes)
async def take_old_cases(
    station: CurrentStation, actor: CurrentActor, form: Annotated[OldCases, Depends(JsonBody(OldCases))]
) -> Response:
    """Import rows: the good ones are kept, every bad one is told, a repeat of the same changes nothing."""
    rows = [filled_in(item) for item in form.items]
    return answer(
        OldCaseOutcomes, {"items": await station.papers.take_old_cases(actor, rows, only_check=form.only_check)}
    )


@router.get("/old-cases", operation_id="listOldCases", response_model=OldCasePage)
async def list_old_cases(
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    our_role: Annotated[OldCaseRole | None, Query(description="Our part in it.")] = None,
    year: Year = "",
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> Response:
    """Closed paper cases of the unit, the latest closed first."""
    tokens: PageTokens = request.app.state.page_tokens
    of = f"old cases {actor.unit} {our_role} {year}"
    page = await station.papers.list_old_cases(
        actor,
        our_role=our_role or "",
        year=year,
        page_size=page_size,
        page_token=tokens.open(page_token, of=of),
    )
    return answer(OldCasePage, replace(page, next_page_token=tokens.seal(page.next_page_token, of=of)))


@router.post("/old-cases/search", operation_id="searchOldCases", response_model=FoundOldCases)
async def search_old_cases(
    station: CurrentStation, actor: CurrentActor, form: Annotated[OldCaseSearch, Depends(JsonBody(OldCaseSearch))]
) -> Response:
    """Find by the worker's whole name or ID number, or by the old file's number."""
    found = await station.papers.find_old_cases(
        actor, name=form.name.strip(), id_number=form.id_number.strip(), number=form.number.strip()
    )
    return answer(FoundOldCases, {"items": found})


@router.get("/old-cases/{old_case_id}", operation_id="readOldCase", response_model=OldCaseOut)
async def read_old_case(old_case_id: OldCaseId, station: CurrentStation, actor: CurrentActor) -> Response:
    """All of one."""
    return answer(OldCaseOut, await station.papers.get_old_case(actor, old_case_id))


@router.delete("/old-cases/{old_case_id}", operation_id="dropOldCase", status_code=HTTPStatus.NO_CONTENT)
async def drop_old_case(old_case_id: OldCaseId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Take out one that was imported wrongly; by somebody else than who imported it."""
    await station.papers.drop_old_case(actor, old_case_id)
    return no_content()
