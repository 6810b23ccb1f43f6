"""Moves: one that one person makes acts at once; one that needs two is prepared here and approved by another."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from gateway.answers import versioned
from gateway.auth import CurrentActor, CurrentStation
from gateway.conditions import IfMatch, version_of, version_or_any
from gateway.incoming import JsonBody, filled_in
from gateway.routes.parameters import DelegationId, MoveId, Verb
from gateway.schemas.base import VERBS
from gateway.schemas.cases import DelegationOut, PreparedMoveOut
from gateway.schemas.drafts import OptionalNote
from gateway.schemas.moves import MoveData
from node.desk.views import MoveView

router = APIRouter(tags=["moves"])
MoveForm = Annotated[MoveData, Depends(JsonBody(MoveData))]
_TWO_PERSONS = 2


def needs_two(moves: tuple[MoveView, ...], kind: Kind) -> bool:
    """Whether the row that is open to the unit asks for two persons. A kind without a row the node refuses."""
    rows = sorted((move for move in moves if move.kind == kind.name), key=lambda move: not move.allowed)
    return bool(rows) and rows[0].approval == _TWO_PERSONS


@router.post(
    "/delegations/{delegation_id}/moves/{verb}",
    operation_id="makeMove",
    response_model=DelegationOut,
    responses={HTTPStatus.CREATED: {"model": PreparedMoveOut, "description": "Prepared; another person approves it."}},
)
async def make_move(
    delegation_id: DelegationId,
    verb: Verb,
    station: CurrentStation,
    actor: CurrentActor,
    form: MoveForm,
    if_match: IfMatch = None,
) -> Response:
    """Make a move of the rule table.

    Where the table asks for one person it is signed and queued at once (200). Where it asks for two, a prepared move is
    made (201, `Location`), which another person approves. `If-Match: *` is taken for kinds that change no state.
    """
    kind = VERBS.get(verb)
    if kind is None:
        raise Refusal(Reason.INVALID_INPUT, field="path.verb")
    version = version_or_any(if_match)
    delegation = await station.desk.get_delegation(actor, delegation_id)
    data = filled_in(form)
    if needs_two(delegation.moves, kind):
        move = await station.desk.prepare_move(actor, delegation_id, kind.name, data, version)
        location = f"/api/v1/moves/{move.move_id}"
        return versioned(PreparedMoveOut, move, move.version, status=HTTPStatus.CREATED, location=location)
    view = await station.desk.act(actor, delegation_id, kind.name, data, version)
    return versioned(DelegationOut, view, view.version)


@router.get("/moves/{move_id}", operation_id="readMove", response_model=PreparedMoveOut)
async def read_move(move_id: MoveId, station: CurrentStation, actor: CurrentActor) -> Response:
    """One prepared move."""
    move = await station.desk.get_move(actor, move_id)
    return versioned(PreparedMoveOut, move, move.version)


@router.put("/moves/{move_id}", operation_id="updateMove", response_model=PreparedMoveOut)
async def update_move(
    move_id: MoveId, station: CurrentStation, actor: CurrentActor, form: MoveForm, if_match: IfMatch = None
) -> Response:
    """Change a prepared move; who changed it prepared it, and cannot approve it."""
    move = await station.desk.update_move(actor, move_id, version_of(if_match), filled_in(form))
    return versioned(PreparedMoveOut, move, move.version)


@router.post("/moves/{move_id}/review", operation_id="reviewMove", response_model=PreparedMoveOut)
async def review_move(
    move_id: MoveId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """Review a move that somebody else prepared and leave the seal to whoever holds it; approving does both."""
    move = await station.desk.review_move(actor, move_id, version_of(if_match))
    return versioned(PreparedMoveOut, move, move.version)


@router.post("/moves/{move_id}/approve", operation_id="approveMove", response_model=DelegationOut)
async def approve_move(
    move_id: MoveId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """Approve a move that somebody else prepared: it is judged again, sealed, signed and queued."""
    view = await station.desk.approve_move(actor, move_id, version_of(if_match))
    return versioned(DelegationOut, view, view.version)


@router.post("/moves/{move_id}/seal", operation_id="sealMove", response_model=DelegationOut)
async def seal_move(
    move_id: MoveId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """Press the seal on what was reviewed: it is judged again, signed and queued; its reviewer stays the approver.

    The seal holder, or an approver where the unit lets approvers press the seal; never who prepared it.
    """
    view = await station.desk.press_seal(actor, move_id, version_of(if_match))
    return versioned(DelegationOut, view, view.version)


@router.post("/moves/{move_id}/drop", operation_id="dropMove", response_model=PreparedMoveOut)
async def drop_move(
    move_id: MoveId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[OptionalNote, Depends(JsonBody(OptionalNote))],
    if_match: IfMatch = None,
) -> Response:
    """Take a prepared move back, or send it back to its handler with a note."""
    move = await station.desk.drop_move(actor, move_id, version_of(if_match), form.note)
    return versioned(PreparedMoveOut, move, move.version)
