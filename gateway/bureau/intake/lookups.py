"""Places and units by a few letters, as a list to choose from. Sent as forms: what is typed stands in no address."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.auth import station_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.places import places
from gateway.bureau.render import render
from node.desk.ports import Actor

router = APIRouter()
_MOST: Final = 20
_LONGEST: Final = 64


@router.post("/intake/places", operation_id="lookPlaces")
async def look_places(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Regions by the beginning of a code or a part of a name."""
    del caller
    typed = form.get("text", [""])[-1].strip()[:_LONGEST]
    found = places()
    regions = [region for region in found.search(typed) if region.valid_to is None] if typed else []
    options = [(region.code, found.table.full_name(region.code)) for region in regions]
    return render(request, "intake/options.html", options=options, typed=bool(typed))


@router.post("/intake/units", operation_id="lookUnits")
async def look_units(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Units by code or name."""
    typed = form.get("text", [""])[-1].strip()[:_LONGEST]
    units = await station_of(request).desk.list_units(caller.actor, typed) if typed else ()
    wanted = await _own_type(request, caller.actor)
    options = [(unit.code, unit.name) for unit in units[:_MOST] if unit.type in wanted]
    return render(request, "intake/options.html", options=options, typed=bool(typed))


async def _own_type(request: Request, actor: Actor) -> set[str]:
    """A unit asks another of its own type; recognition where ours is neither."""
    units = (await station_of(request).desk.status(actor)).units
    return {unit.type for unit in units if unit.code == actor.unit and unit.type == "APPRAISAL"} or {"RECOGNITION"}
