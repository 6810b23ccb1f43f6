"""Deputies, what somebody has in hand, and who looked at which case."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from gateway.answers import answer, no_content
from gateway.auth import CurrentActor, CurrentStation
from gateway.incoming import JsonBody
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import DeputyId, PageSize, PageToken, StaffPathId, UnitQuery
from gateway.schemas.people import (
    ColleagueList,
    DeputyList,
    DeputyOut,
    HandedOver,
    LookPageOut,
    NewDeputy,
    OpenTaskList,
    TaskHandOver,
)

router = APIRouter(tags=["people"])
CaseQuery = Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,64}$", description="Looks at this delegation or draft.")]
StaffQuery = Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,64}$", description="Looks of this person.")]


@router.get("/colleagues", operation_id="listColleagues", response_model=ColleagueList)
async def list_colleagues(station: CurrentStation, actor: CurrentActor, unit: UnitQuery = "") -> Response:
    """Open accounts of the caller's unit; an administrator or dispatcher may name another unit of the bureau."""
    return answer(ColleagueList, {"items": await station.people.colleagues(actor, unit)})


@router.get("/deputies", operation_id="listDeputies", response_model=DeputyList)
async def list_deputies(station: CurrentStation, actor: CurrentActor) -> Response:
    """Those that the caller has a part in; all for an administrator or auditor."""
    return answer(DeputyList, {"items": await station.people.list_deputies(actor)})


@router.post("/deputies", operation_id="appointDeputy", response_model=DeputyOut, status_code=HTTPStatus.CREATED)
async def appoint_deputy(
    station: CurrentStation, actor: CurrentActor, form: Annotated[NewDeputy, Depends(JsonBody(NewDeputy))]
) -> Response:
    """Let somebody hold a role for some days: one's own, or (administrator) anybody's. The same again is one."""
    made = await station.people.name_deputy(
        actor,
        staff_id=form.staff_id,
        deputy=form.deputy,
        unit=form.unit,
        role=form.role,
        first=form.first,
        last=form.last,
    )
    return answer(DeputyOut, made, status=HTTPStatus.CREATED)


@router.delete("/deputies/{deputy_id}", operation_id="endDeputy", status_code=HTTPStatus.NO_CONTENT)
async def end_deputy(deputy_id: DeputyId, station: CurrentStation, actor: CurrentActor) -> Response:
    """End it before its last day: either of the two, or an administrator."""
    await station.people.end_deputy(actor, deputy_id)
    return no_content()


@router.get("/staff/{staff_id}/tasks", operation_id="listOpenTasks", response_model=OpenTaskList)
async def list_open_tasks(staff_id: StaffPathId, station: CurrentStation, actor: CurrentActor) -> Response:
    """What a person has in hand: kinds and numbers, no case text."""
    return answer(OpenTaskList, {"items": await station.people.open_tasks(actor, staff_id)})


@router.post("/staff/{staff_id}/tasks/hand-over", operation_id="handOverTasks", response_model=HandedOver)
async def hand_over(
    staff_id: StaffPathId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[TaskHandOver, Depends(JsonBody(TaskHandOver))],
) -> Response:
    """Give everything of it in one unit to another; it comes to that one as drafts to look at. Again gives 0."""
    return answer(HandedOver, {"count": await station.people.hand_over(actor, staff_id, unit=form.unit, to=form.to)})


@router.get("/looks", operation_id="listLooks", response_model=LookPageOut)
async def list_looks(
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    delegation_id: CaseQuery = "",
    staff_id: StaffQuery = "",
    page_size: PageSize = 100,
    page_token: PageToken = "",
) -> Response:
    """Who looked at a case, or what a person looked at (one of the two), the latest first.

    An auditor sees looks in the own unit, an administrator all. Nothing here can be changed or deleted.
    """
    tokens: PageTokens = request.app.state.page_tokens
    of = f"looks {actor.unit} {actor.staff_id} {delegation_id} {staff_id}"
    inner = tokens.open(page_token, of=of)
    page = await station.people.looks(
        actor, delegation_id=delegation_id, staff_id=staff_id, before=int(inner or 0), page_size=page_size
    )
    more = tokens.seal(str(page.next_number) if page.next_number else "", of=of)
    return answer(LookPageOut, {"items": page.items, "next_page_token": more, "broken_at": page.broken_at})
