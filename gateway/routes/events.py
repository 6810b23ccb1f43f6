"""The feed for the bureau's own systems: which delegations changed, read on from any cursor."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.answers import answer
from gateway.auth import CurrentActor, CurrentStation
from gateway.schemas.events import EventPageOut

router = APIRouter(tags=["desk"])


@router.get("/events", operation_id="listEvents", response_model=EventPageOut)
async def list_events(
    station: CurrentStation,
    actor: CurrentActor,
    after: Annotated[int, Query(ge=0, le=2**53, description="`next_cursor` of the page before; 0: the beginning.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500, description="At most so many.")] = 100,
) -> Response:
    """What changed for the caller's unit after a cursor, in order, each delegation at its latest change.

    The cursor is durable: keep `next_cursor` once what came is handled, and read on from it whenever you like. Nothing
    is lost meanwhile; a delegation that changed several times is told once. An event is a hint: read the delegation.
    """
    return answer(EventPageOut, await station.desk.events(actor, after=after, limit=limit))
