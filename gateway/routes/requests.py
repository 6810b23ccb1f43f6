"""What persons ask about their own data in a case: recorded, answered by two people, by the unit's own day."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from gateway.answers import answer, versioned
from gateway.auth import CurrentActor, CurrentStation
from gateway.conditions import IdempotencyKey, IfMatch, version_of
from gateway.incoming import JsonBody, filled_in
from gateway.routes.parameters import DelegationId, RequestId
from gateway.schemas.drafts import Note
from gateway.schemas.people import (
    AnswerDays,
    AnswerDaysOut,
    NewRequest,
    RequestAnswer,
    SubjectRequestList,
    SubjectRequestOut,
)

router = APIRouter(tags=["requests"])


@router.get("/delegations/{delegation_id}/requests", operation_id="listRequests", response_model=SubjectRequestList)
async def list_requests(delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Requests in a case, the latest first."""
    return answer(SubjectRequestList, {"items": await station.people.requests_of(actor, delegation_id)})


@router.post(
    "/delegations/{delegation_id}/requests",
    operation_id="recordRequest",
    response_model=SubjectRequestOut,
    status_code=HTTPStatus.CREATED,
)
async def record_request(
    delegation_id: DelegationId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[NewRequest, Depends(JsonBody(NewRequest))],
    idempotency_key: IdempotencyKey = "",
) -> Response:
    """Write down a request for a copy, a correction or deletion, and how it was checked who asks."""
    content = {name: value for name, value in filled_in(form).items() if name != "asks"}
    made = await station.people.record_request(
        actor, delegation_id, asks=form.asks, content=content, once=idempotency_key
    )
    location = f"/api/v1/requests/{made.request_id}"
    return versioned(SubjectRequestOut, made, made.version, status=HTTPStatus.CREATED, location=location)


@router.get("/requests/{request_id}", operation_id="readRequest", response_model=SubjectRequestOut)
async def read_request(request_id: RequestId, station: CurrentStation, actor: CurrentActor) -> Response:
    """One request."""
    found = await station.people.get_request(actor, request_id)
    return versioned(SubjectRequestOut, found, found.version)


@router.put("/requests/{request_id}/answer", operation_id="prepareAnswer", response_model=SubjectRequestOut)
async def prepare_answer(
    request_id: RequestId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[RequestAnswer, Depends(JsonBody(RequestAnswer))],
    if_match: IfMatch = None,
) -> Response:
    """Prepare the answer; another person approves it. A correction for the other side is a move (CORRECTED)."""
    found = await station.people.answer_request(actor, request_id, version_of(if_match), filled_in(form))
    return versioned(SubjectRequestOut, found, found.version)


@router.post("/requests/{request_id}/answer/approve", operation_id="approveAnswer", response_model=SubjectRequestOut)
async def approve_answer(
    request_id: RequestId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """Approve an answer that somebody else prepared: from that day the request is answered."""
    found = await station.people.approve_answer(actor, request_id, version_of(if_match))
    return versioned(SubjectRequestOut, found, found.version)


@router.post("/requests/{request_id}/answer/send-back", operation_id="sendBackAnswer", response_model=SubjectRequestOut)
async def send_back_answer(
    request_id: RequestId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[Note, Depends(JsonBody(Note))],
    if_match: IfMatch = None,
) -> Response:
    """Give a prepared answer back with a note."""
    found = await station.people.send_back_answer(actor, request_id, version_of(if_match), form.note)
    return versioned(SubjectRequestOut, found, found.version)


@router.get("/answer-days", operation_id="readAnswerDays", response_model=AnswerDaysOut)
async def read_answer_days(station: CurrentStation, actor: CurrentActor) -> Response:
    """In how many working days the caller's unit answers requests: the unit's own rule, no statute's."""
    return answer(AnswerDaysOut, {"days": await station.people.answer_days(actor)})


@router.put("/answer-days", operation_id="keepAnswerDays", response_model=AnswerDaysOut)
async def keep_answer_days(
    station: CurrentStation, actor: CurrentActor, form: Annotated[AnswerDays, Depends(JsonBody(AnswerDays))]
) -> Response:
    """Set that, for requests recorded from now on."""
    return answer(AnswerDaysOut, {"days": await station.people.keep_answer_days(actor, form.days)})
