"""What stands around the cases: what waits, alarms, units, how the node is."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from gateway.answers import answer, no_content
from gateway.auth import CurrentActor, CurrentStation
from gateway.incoming import JsonBody
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import AlarmId, PageSize, PageToken
from gateway.schemas.answers import AlarmList, StatusOut, TodoOut, UnitList
from gateway.schemas.base import RegionCode, ShortText
from gateway.schemas.drafts import MatterCode
from gateway.schemas.people import SealRule, SealRuleOut
from node.desk.todo import CATEGORIES

router = APIRouter(tags=["desk"])
_CODES: Final = f"^({'|'.join(('', *(category.code for category in CATEGORIES)))})$"
_CATEGORY: Final = "类别代码；给出时列出本单位该类别的全部事项，不给时列出待本人办理的事项."


@router.get("/todo", operation_id="listTodo", response_model=TodoOut)
async def list_todo(
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    category: Annotated[str, Query(pattern=_CODES, description=_CATEGORY)] = "",
    sort: Annotated[
        Literal["due", "changed", "other"], Query(description="Order: due day, change, other side.")
    ] = "due",
    mine: Annotated[bool, Query(description="Of delegations, those alone that the caller has in hand.")] = False,
    page_size: PageSize = 200,
    page_token: PageToken = "",
) -> Response:
    """What waits for the caller: counts by category, and each thing, the most urgent first."""
    tokens: PageTokens = request.app.state.page_tokens
    of = f"todo {actor.unit} {actor.staff_id} {category} {sort} {mine}"
    inner = tokens.open(page_token, of=of)
    found = await station.desk.todo(actor, category, sort=sort, page_size=page_size, page_token=inner, mine=mine)
    return answer(TodoOut, replace(found, next_page_token=tokens.seal(found.next_page_token, of=of)))


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


@router.get("/seal-rule", operation_id="readSealRule", response_model=SealRuleOut)
async def read_seal_rule(station: CurrentStation, actor: CurrentActor) -> Response:
    """Whether the approvers of the caller's unit press its seal, or a seal holder alone."""
    return answer(SealRuleOut, {"approver": await station.desk.approver_seals(actor)})


@router.put("/seal-rule", operation_id="keepSealRule", response_model=SealRuleOut)
async def keep_seal_rule(
    station: CurrentStation, actor: CurrentActor, form: Annotated[SealRule, Depends(JsonBody(SealRule))]
) -> Response:
    """Say which."""
    return answer(SealRuleOut, {"approver": await station.desk.keep_seal(actor, approver=form.approver)})


@router.get("/status", operation_id="readStatus", response_model=StatusOut)
async def read_status(station: CurrentStation, actor: CurrentActor) -> Response:
    """How the node is: connection, roster, queue."""
    return answer(StatusOut, await station.desk.status(actor))
