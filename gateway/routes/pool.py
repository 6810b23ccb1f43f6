"""The expert pool of the caller's unit: kept, imported, exported, committed to. Only an appraisal unit has one."""

from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from gateway.answers import answer, no_content, versioned
from gateway.auth import CurrentActor, CurrentStation
from gateway.conditions import IfMatch, version_of
from gateway.incoming import JsonBody, filled_in
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import PageSize, PageToken
from gateway.schemas.pool import (
    ExpertExport,
    ExpertOut,
    ExpertOutcomes,
    ExpertPage,
    ExpertRow,
    ExpertRows,
    ExpertSearch,
    ExpertState,
    FoundExperts,
    PoolOut,
    PoolVersionOut,
    PoolVersionPageOut,
    PoolVersions,
)
from node.pool.ports import ExpertFilters

router = APIRouter(tags=["pool"])
ExpertId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of an expert of the pool.")]
PoolRoot = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="Root of a version of the pool.")]
Specialty = Annotated[str, Query(pattern=r"^(M[1-6][0-9]{2})?$", description="科别, a code of protocol 13.1.")]
Division = Annotated[str, Query(pattern=r"^(M[1-6])?$", description="门, the first two signs of a code.")]
ExpertForm = Annotated[ExpertRow, Depends(JsonBody(ExpertRow))]


@router.get("/pool", operation_id="readPool", response_model=PoolOut)
async def read_pool(station: CurrentStation, actor: CurrentActor) -> Response:
    """The pool as a whole, and whether it has changed since the last version."""
    view = await station.pool.pool(actor)
    counts = [{"specialty": code, "experts": count} for code, count in view.by_specialty]
    return answer(PoolOut, {**asdict(view), "by_specialty": counts})


@router.get("/pool/experts", operation_id="listExperts", response_model=ExpertPage)
async def list_experts(
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    specialty: Specialty = "",
    division: Division = "",
    state: Annotated[ExpertState | None, Query(description="Whether they can be drawn today, or why not.")] = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> Response:
    """Experts in the order of their numbers."""
    tokens: PageTokens = request.app.state.page_tokens
    filters = ExpertFilters(specialty=specialty, division=division, state=state or "")
    of = f"experts {actor.unit} {specialty} {division} {state}"
    page = await station.pool.list_experts(
        actor, filters, page_size=page_size, page_token=tokens.open(page_token, of=of)
    )
    return answer(ExpertPage, replace(page, next_page_token=tokens.seal(page.next_page_token, of=of)))


@router.post("/pool/experts", operation_id="addExpert", response_model=ExpertOut, status_code=HTTPStatus.CREATED)
async def add_expert(station: CurrentStation, actor: CurrentActor, form: ExpertForm) -> Response:
    """Add one to the pool."""
    view = await station.pool.add_expert(actor, filled_in(form))
    location = f"/api/v1/pool/experts/{view.expert_id}"
    return versioned(ExpertOut, view, view.version, status=HTTPStatus.CREATED, location=location)


@router.post("/pool/experts/search", operation_id="searchExperts", response_model=FoundExperts)
async def search_experts(
    station: CurrentStation, actor: CurrentActor, form: Annotated[ExpertSearch, Depends(JsonBody(ExpertSearch))]
) -> Response:
    """Find by the whole name or number."""
    found = await station.pool.find_experts(actor, name=form.name.strip(), number=form.number.strip())
    return answer(FoundExperts, {"items": found})


@router.post("/pool/experts/import", operation_id="importExperts", response_model=ExpertOutcomes)
async def import_experts(
    station: CurrentStation, actor: CurrentActor, form: Annotated[ExpertRows, Depends(JsonBody(ExpertRows))]
) -> Response:
    """Import rows: the good ones are kept, every bad one is told, a repeat of the same changes nothing."""
    rows = [filled_in(item) for item in form.items]
    outcomes = await station.pool.import_experts(actor, rows, only_check=form.only_check)
    told = [
        {**asdict(each), "faults": [{"field": fault.field, "reason": fault.reason} for fault in each.faults]}
        for each in outcomes
    ]
    return answer(ExpertOutcomes, {"items": told})


@router.get("/pool/experts/{expert_id}", operation_id="readExpert", response_model=ExpertOut)
async def read_expert(expert_id: ExpertId, station: CurrentStation, actor: CurrentActor) -> Response:
    """One of the pool."""
    view = await station.pool.get_expert(actor, expert_id)
    return versioned(ExpertOut, view, view.version)


@router.put("/pool/experts/{expert_id}", operation_id="updateExpert", response_model=ExpertOut)
async def update_expert(
    expert_id: ExpertId, station: CurrentStation, actor: CurrentActor, form: ExpertForm, if_match: IfMatch = None
) -> Response:
    """Replace what is said of one."""
    view = await station.pool.change_expert(actor, expert_id, version_of(if_match), filled_in(form))
    return versioned(ExpertOut, view, view.version)


@router.delete("/pool/experts/{expert_id}", operation_id="dropExpert", status_code=HTTPStatus.NO_CONTENT)
async def drop_expert(
    expert_id: ExpertId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """Take one out who was put in by mistake; committed versions keep what they had."""
    await station.pool.drop_expert(actor, expert_id, version_of(if_match))
    return no_content()


@router.get("/pool/export", operation_id="exportExperts", response_model=ExpertExport)
async def export_experts(station: CurrentStation, actor: CurrentActor) -> Response:
    """The whole pool as rows that an import takes."""
    return answer(ExpertExport, {"items": await station.pool.export_experts(actor)})


@router.get("/pool/versions", operation_id="listPoolVersions", response_model=PoolVersions)
async def list_pool_versions(station: CurrentStation, actor: CurrentActor) -> Response:
    """Versions of the pool, the latest first."""
    return answer(PoolVersions, {"items": await station.pool.list_versions(actor)})


@router.post(
    "/pool/versions", operation_id="preparePoolVersion", response_model=PoolVersionOut, status_code=HTTPStatus.CREATED
)
async def prepare_pool_version(station: CurrentStation, actor: CurrentActor) -> Response:
    """Freeze the pool and prepare the envelope that commits to it; approved as any move, by another person."""
    view = await station.pool.prepare_version(actor)
    location = f"/api/v1/pool/versions/{view.root}"
    return answer(PoolVersionOut, view, status=HTTPStatus.CREATED, headers={"Location": location})


@router.get("/pool/versions/{root}", operation_id="readPoolVersion", response_model=PoolVersionPageOut)
async def read_pool_version(root: PoolRoot, station: CurrentStation, actor: CurrentActor) -> Response:
    """A version with what it brought, and what has changed since."""
    return answer(PoolVersionPageOut, await station.pool.get_version(actor, root))
