"""Delegations: listed, read, searched, with their threads."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from delegation.errors import Reason, Refusal
from gateway.answers import answer, no_content, versioned
from gateway.auth import CurrentActor, CurrentStation
from gateway.conditions import IfMatch, version_of
from gateway.downloads import agreement_download
from gateway.element_names import exported
from gateway.incoming import JsonBody, filled_in
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import DelegationId, EnvelopeId, PageSize, PageToken, SortQuery
from gateway.schemas.accounts import Search
from gateway.schemas.answers import DelegationPage, FoundDelegations, MoveList
from gateway.schemas.base import Day, LowerCode, UnitCode
from gateway.schemas.cases import AgreementFileOut, DelegationOut, DraftOut, ExportOut, ThreadOut
from gateway.schemas.delegations import Purge
from gateway.schemas.drafts import MatterCode
from gateway.schemas.moves import StartThread
from node.desk.ports import Filters

router = APIRouter(tags=["delegations"])


@router.get("/delegations", operation_id="listDelegations", response_model=DelegationPage)
async def list_delegations(
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    state: Annotated[LowerCode | None, Query(description="Legal state, such as signed_for.")] = None,
    role: Annotated[Literal["home", "host", "superior"] | None, Query(description="Our part in it.")] = None,
    our_turn: Annotated[bool | None, Query(description="Our unit moves next.")] = None,
    overdue: Annotated[bool | None, Query(description="A due date has passed.")] = None,
    open_: Annotated[bool | None, Query(alias="open", description="Not yet ended.")] = None,
    matter: Annotated[MatterCode | None, Query(description="委托事项.")] = None,
    other_unit: Annotated[UnitCode | None, Query(description="The other side.")] = None,
    due_before: Annotated[Day | None, Query(description="Something is due before this day.")] = None,
    changed_after: Annotated[AwareDatetime | None, Query(description="Changed after this instant.")] = None,
    mine: Annotated[bool, Query(description="The caller has it in hand.")] = False,
    sort: SortQuery = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> Response:
    """Delegations of the caller's unit, latest change first."""
    filters = Filters(
        state=state or "",
        role=role or "",
        our_turn=our_turn,
        overdue=overdue,
        open=open_,
        matter=matter or "",
        other_unit=other_unit or "",
        due_before=due_before,
        changed_after=changed_after,
        mine=mine,
        sort=sort or "changed",
    )
    tokens: PageTokens = request.app.state.page_tokens
    of = f"delegations {actor.unit} {filters}"
    inner = tokens.open(page_token, of=of)
    page = await station.desk.list_delegations(actor, filters, page_size=page_size, page_token=inner)
    return answer(DelegationPage, replace(page, next_page_token=tokens.seal(page.next_page_token, of=of)))


@router.get("/delegations/{delegation_id}", operation_id="readDelegation", response_model=DelegationOut)
async def read_delegation(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Everything of one delegation: state, due dates with their sources, moves, materials, entries."""
    view = await station.desk.get_delegation(actor, delegation_id)
    return versioned(DelegationOut, view, view.version)


@router.get("/delegations/{delegation_id}/thread", operation_id="readThread", response_model=ThreadOut)
async def read_thread(
    delegation_id: DelegationId,
    station: CurrentStation,
    actor: CurrentActor,
    from_sequence: Annotated[int, Query(ge=1, le=2**53, description="First entry wanted.")] = 1,
    page_size: PageSize = 100,
) -> Response:
    """Entries of the thread in order; `next_sequence` is where the next call goes on."""
    thread = await station.desk.get_thread(actor, delegation_id, from_sequence=from_sequence, page_size=page_size)
    return versioned(ThreadOut, thread, thread.version)


@router.get("/delegations/{delegation_id}/export", operation_id="exportDelegation", response_model=ExportOut)
async def export_delegation(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """The case under the element names of the ministry's systems, for the agency that pays benefits."""
    return answer(ExportOut, exported(await station.desk.get_delegation(actor, delegation_id)))


@router.post(
    "/delegations/{delegation_id}/open-case",
    operation_id="openCase",
    response_model=DraftOut,
    status_code=HTTPStatus.CREATED,
)
async def open_case(
    delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """立案 on a notice of an accident: answers it and drafts the letter from what it tells. Again: the same draft."""
    draft = await station.desk.open_case(actor, delegation_id, version_of(if_match))
    location = f"/api/v1/drafts/{draft.draft_id}"
    return versioned(DraftOut, draft, draft.version, status=HTTPStatus.CREATED, location=location)


@router.get(
    "/delegations/{delegation_id}/agreement-file", operation_id="readAgreementFile", response_model=AgreementFileOut
)
async def read_agreement_file(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """The proof of a countersigned agreement, or of its end, as the seal authority takes it into the roster."""
    return agreement_download(await station.desk.agreement_file(actor, delegation_id), delegation_id)


@router.get("/delegations/{delegation_id}/moves", operation_id="listMoves", response_model=MoveList)
async def list_moves(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Every move that the unit might make now, the forbidden ones with the reason."""
    view = await station.desk.get_delegation(actor, delegation_id)
    return versioned(MoveList, {"items": view.moves}, view.version)


@router.post("/delegations/search", operation_id="searchDelegations", response_model=FoundDelegations)
async def search_delegations(
    station: CurrentStation, actor: CurrentActor, form: Annotated[Search, Depends(JsonBody(Search))]
) -> Response:
    """Find a worker's delegations by whole name or ID number. A POST, so that neither stands in an address."""
    found = await station.desk.search(actor, name=form.name.strip(), id_number=form.id_number.strip())
    return answer(FoundDelegations, {"items": found})


@router.delete(
    "/delegations/{delegation_id}/queued/{envelope_id}", operation_id="dropQueued", response_model=DelegationOut
)
async def drop_queued(
    delegation_id: DelegationId, envelope_id: EnvelopeId, station: CurrentStation, actor: CurrentActor
) -> Response:
    """Put a refused or returned own envelope out of sight."""
    view = await station.desk.drop_queued(actor, delegation_id, envelope_id)
    return versioned(DelegationOut, view, view.version)


@router.post("/delegations/{delegation_id}/purge", operation_id="purgeDelegation", status_code=HTTPStatus.NO_CONTENT)
async def purge_delegation(
    delegation_id: DelegationId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[Purge, Depends(JsonBody(Purge))],
) -> Response:
    """Delete the content of an archived delegation for ever; headers stay. The number is said twice."""
    if form.delegation_id != delegation_id:
        raise Refusal(Reason.INVALID_INPUT, field="body.delegation_id")
    await station.desk.purge(actor, delegation_id)
    return no_content()


@router.post("/threads", operation_id="startThread", response_model=DelegationOut, status_code=HTTPStatus.CREATED)
async def start_thread(
    station: CurrentStation, actor: CurrentActor, form: Annotated[StartThread, Depends(JsonBody(StartThread))]
) -> Response:
    """Open a thread of another type: 事故通报, an agreement, a province's word to its units."""
    view = await station.desk.start_thread(actor, form.kind, form.recipients, filled_in(form.data))
    location = f"/api/v1/delegations/{view.row.delegation_id}"
    return versioned(DelegationOut, view, view.version, status=HTTPStatus.CREATED, location=location)
