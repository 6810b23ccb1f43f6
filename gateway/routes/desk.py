"""What stands around the cases: what waits, alarms, units, how the node is."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from delegation.deadlines import day_of
from gateway.answers import answer, no_content
from gateway.auth import CurrentActor, CurrentStation
from gateway.categories import categories
from gateway.routes.parameters import AlarmId
from gateway.schemas.answers import AlarmList, StatusOut, TodoOut, UnitList
from gateway.schemas.base import RegionCode, ShortText
from gateway.schemas.drafts import MatterCode
from node.desk.ports import Actor, DeskPort, Filters
from node.desk.views import DelegationRow

router = APIRouter(tags=["desk"])
_PAGE: Final = 200
# 2,000 open delegations of one unit are counted, a bureau has a few hundred; and 200 of each end
_COUNTED: Final = (
    (Filters(open=True), 10),
    *((Filters(open=False, state=state), 1) for state in ("completed", "withdrawn", "cancelled")),
)


async def _rows(desk: DeskPort, actor: Actor) -> tuple[list[DelegationRow], bool]:
    """Delegations that are open, or closed and not archived; and whether those are all."""
    rows: list[DelegationRow] = []
    complete = True
    for filters, pages in _COUNTED:
        token = ""
        for _ in range(pages):
            page = await desk.list_delegations(actor, filters, page_size=_PAGE, page_token=token)
            rows.extend(page.items)
            token = page.next_page_token
            if not token:
                break
        complete = complete and not token
    return rows, complete


@router.get("/todo", operation_id="listTodo", response_model=TodoOut)
async def list_todo(request: Request, station: CurrentStation, actor: CurrentActor) -> Response:
    """What waits for the caller: counts by category, and each thing, the most urgent first."""
    clock: Callable[[], datetime] = request.app.state.clock
    items = await station.desk.todo(actor)
    rows, complete = await _rows(station.desk, actor)
    counted = categories(rows, items, today=day_of(clock()))
    return answer(TodoOut, {"categories": counted, "items": items, "complete": complete})


@router.get("/alarms", operation_id="listAlarms", response_model=AlarmList)
async def list_alarms(station: CurrentStation, actor: CurrentActor) -> Response:
    """Alarms that nobody acknowledged: of the unit, or all for an administrator."""
    return answer(AlarmList, {"items": await station.desk.list_alarms(actor)})


@router.post("/alarms/{alarm_id}/acknowledge", operation_id="acknowledgeAlarm", status_code=HTTPStatus.NO_CONTENT)
async def acknowledge_alarm(alarm_id: AlarmId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Note that a person saw it."""
    await station.desk.acknowledge_alarm(actor, alarm_id)
    return no_content()


@router.get("/units", operation_id="listUnits", response_model=UnitList)
async def list_units(
    station: CurrentStation,
    actor: CurrentActor,
    text: Annotated[ShortText, Query(max_length=80, description="Part of a code or of a unit's name.")] = "",
) -> Response:
    """Units of the roster, at most 100."""
    return answer(UnitList, {"items": await station.desk.list_units(actor, text)})


@router.get("/competent-units", operation_id="listCompetentUnits", response_model=UnitList)
async def list_competent_units(
    station: CurrentStation,
    actor: CurrentActor,
    place: Annotated[RegionCode, Query(description="行政区划代码.")],
    matter: Annotated[MatterCode, Query(description="委托事项.")],
) -> Response:
    """Who is competent there today, members or not."""
    return answer(UnitList, {"items": await station.desk.competent_units(actor, place=place, matter=matter)})


@router.get("/status", operation_id="readStatus", response_model=StatusOut)
async def read_status(station: CurrentStation, actor: CurrentActor) -> Response:
    """How the node is: connection, roster, queue."""
    return answer(StatusOut, await station.desk.status(actor))
