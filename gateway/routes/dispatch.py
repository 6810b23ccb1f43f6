"""The dispatcher: headers of every unit of the bureau, and giving each case to a person or to another unit."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from gateway.answers import answer, versioned
from gateway.auth import CurrentActor, CurrentStation
from gateway.incoming import JsonBody
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import DelegationId, PageSize, PageToken, SortQuery, UnitQuery
from gateway.schemas.cases import PreparedMoveOut
from gateway.schemas.people import AssignmentState, CaseAssignment, HeaderPage, UnitTransfer

router = APIRouter(tags=["dispatch"])
AssignedQuery = Annotated[
    str, Query(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,31})?$", description="In the hands of this person.")
]
UnassignedQuery = Annotated[bool, Query(description="In nobody's hands.")]


@router.get("/headers", operation_id="listHeaders", response_model=HeaderPage)
async def list_headers(
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    unit: UnitQuery = "",
    assigned: AssignedQuery = "",
    unassigned: UnassignedQuery = False,
    open: Annotated[bool | None, Query(description="Still open; both when left out.")] = None,
    sort: SortQuery = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> Response:
    """Headers of one unit, or of all of the bureau, latest change first: nobody's name is in them."""
    tokens: PageTokens = request.app.state.page_tokens
    of = f"headers {actor.staff_id} {unit} {assigned} {unassigned} {open} {sort}"
    page = await station.people.list_headers(
        actor,
        unit=unit,
        assigned="" if unassigned else assigned or None,
        is_open=open,
        page_size=page_size,
        page_token=tokens.open(page_token, of=of),
        sort=sort or "",
    )
    return answer(HeaderPage, replace(page, next_page_token=tokens.seal(page.next_page_token, of=of)))


@router.get("/delegations/{delegation_id}/assignment", operation_id="readAssignment", response_model=AssignmentState)
async def read_assignment(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Who of the caller's unit has a case in hand."""
    return answer(AssignmentState, {"assignment": await station.people.assigned(actor, delegation_id)})


@router.put("/delegations/{delegation_id}/assignment", operation_id="assignDelegation", response_model=AssignmentState)
async def assign(
    delegation_id: DelegationId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[CaseAssignment, Depends(JsonBody(CaseAssignment))],
) -> Response:
    """Give a case to a person of its unit, or to nobody.

    The dispatcher in every unit of the bureau; in the own unit an approver, and whoever has it in hand (交接).
    """
    made = await station.people.assign(actor, delegation_id, unit=form.unit, staff_id=form.staff_id)
    return answer(AssignmentState, {"assignment": made})


@router.post(
    "/delegations/{delegation_id}/unit-transfer",
    operation_id="handToUnit",
    response_model=PreparedMoveOut,
    status_code=HTTPStatus.CREATED,
)
async def hand_to_unit(
    delegation_id: DelegationId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[UnitTransfer, Depends(JsonBody(UnitTransfer))],
) -> Response:
    """Prepare the transfer (转办) of what a unit signed for, which its approver decides. The same again is one."""
    move = await station.people.hand_to_unit(
        actor, delegation_id, unit=form.unit, to_unit=form.to_unit, reason=form.reason
    )
    location = f"/api/v1/moves/{move.move_id}"
    return versioned(PreparedMoveOut, move, move.version, status=HTTPStatus.CREATED, location=location)
