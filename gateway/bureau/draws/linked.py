"""A second delegation from the first: the appraisal's draft in the same case, out of what the unit holds already.

The first host and the second learn nothing of each other: neither letter names the other, and the case's identifier in
a header is another for each host. What ties them together is the unit's own case number, which is not sent.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.auth import station_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake import form_appraisal
from gateway.bureau.intake.business import is_appraisal
from gateway.bureau.render import BASE, see_other
from gateway.routes.parameters import DelegationId
from node.desk.ports import Actor
from node.desk.views import DelegationView

router = APIRouter()
_OF_LETTER: Final = ("worker", "employer", "insurance", "contact_phone", "priority_reason", "fee_payer")
_EMPTY: Final[tuple[object, ...]] = (None, "", [], (), {}, "UNSPECIFIED")


def second(view: DelegationView, *, case_key: str = "") -> dict[str, object]:
    """An appraisal's draft of the same case for another host; what concerns the first host is left out."""
    letter = view.letter or {}
    accident = letter.get("accident")
    accident = accident if isinstance(accident, Mapping) else {}
    before = letter.get("appraisal")
    request: dict[str, object] = dict(before) if isinstance(before, Mapping) else {}
    if not request:
        request = {
            "injured_parts": [accident["injured_part"]] if accident.get("injured_part") else [],
            "diagnosis": accident.get("diagnosis", ""),
            "treating_hospitals": [accident["first_hospital"]] if accident.get("first_hospital") else [],
        }
    request.pop("pool_basis", None)  # whose pool it was is the first host's
    matter = view.row.matter if is_appraisal(view.row.matter) else form_appraisal.DEFAULTS["matter"]
    told = {name: letter[name] for name in _OF_LETTER if letter.get(name) not in _EMPTY}
    priority = view.row.priority or "NORMAL"
    if priority == "NORMAL":
        told.pop("priority_reason", None)
    return {
        "matter": matter,
        "appraisal_kind": form_appraisal.DEFAULTS["appraisal_kind"],
        "appraisal_mode": form_appraisal.DEFAULTS["appraisal_mode"],
        "legal_basis": form_appraisal.DEFAULTS["legal_basis"],
        "priority": priority,
        "case_key": case_key or view.row.delegation_id,
        "letter": {
            **told,
            "appraisal": {name: value for name, value in request.items() if value not in _EMPTY},
            "items": [
                {"code": "J1", "text": dict(form_appraisal.MATTERS)[matter], "mandatory": True},
            ],
        },
    }


async def committee_of(request: Request, actor: Actor) -> str:
    """The appraisal unit that the person works in; empty for none."""
    station = station_of(request)
    committees = {unit.code for unit in (await station.desk.status(actor)).units if unit.type == "APPRAISAL"}
    if actor.unit in committees:
        return actor.unit
    staff = await station.accounts.list_staff(actor)
    mine = next((each.units for each in staff if each.staff_id == actor.staff_id), ())
    return next((unit for unit in mine if unit in committees), "")


@router.post("/cases/{delegation_id}/second", operation_id="takeSecond")
async def take_second(request: Request, caller: PageCaller, typed: PageForm, delegation_id: DelegationId) -> Response:
    """Prepare the draft, once however often the button is pressed."""
    del typed
    actor, desk = caller.actor, station_of(request).desk
    view = await desk.get_delegation(actor, delegation_id)
    if view.row.our_role != "home" or view.row.thread_type.lower() != "delegation":
        raise Refusal(Reason.NOT_ALLOWED, state=view.row.state)
    unit = await committee_of(request, actor)
    if not unit:
        return see_other(f"{BASE}/cases/{delegation_id}?made=no-committee")
    business, once = second(view), f"second-{delegation_id}"
    begin = partial(station_of(request).taking.begin_appraisal, actor, delegation_id, unit, business)
    try:
        draft = await begin(once=once)
    except Refusal as refusal:
        if refusal.reason is not Reason.ID_CONFLICT:  # the case has changed since the button was pressed before
            raise
        draft = await begin()
    if unit == actor.unit:
        return see_other(f"{BASE}/intake/{draft.draft_id}?check=1")
    return see_other(f"{BASE}/cases/{delegation_id}?made=appraisal-drafted")
