"""The dispatcher's desk: headers of every unit of the bureau, and handing each on."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from delegation.reasons_codes import label_of
from gateway.bureau.cases.labels import CODE_LABELS
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.people.staff import unit_choices
from gateway.bureau.render import BASE, render, see_other
from gateway.problems import refused_problem
from gateway.routes.parameters import DelegationId, PageToken
from node.desk.lists import BY_DUE
from node.desk.ports import Actor, Role

router = APIRouter()
_REASONS: Final = tuple((code, label_of(code)) for code in ("T01", "T02", "T03"))
_WORKS: Final = {Role.CLERK.value, Role.INVESTIGATOR.value, Role.SUPERVISOR.value}
Show = Annotated[str, Query(pattern="^(unassigned|open|all)$")]
UnitQuery = Annotated[str, Query(max_length=20, pattern=r"^[0-9A-Z]*$")]


async def _page(
    request: Request, actor: Actor, *, show: str, unit: str, token: str, fault: str = "", status: int = 200
) -> Response:
    people = request.app.state.station.people
    tokens = request.app.state.page_tokens
    of = f"headers {actor.staff_id} {show} {unit}"
    page = await people.list_headers(
        actor,
        unit=unit,
        assigned="" if show == "unassigned" else None,
        is_open=None if show == "all" else True,
        page_token=tokens.open(token, of=of),
        sort="" if show == "all" else BY_DUE,
    )
    units = sorted({row.unit for row in page.items})
    colleagues = {
        each: [who for who in await people.colleagues(actor, each) if _WORKS & set(who.roles)] for each in units
    }
    return render(
        request,
        "people/dispatch.html",
        active="people",
        status=status,
        rows=page.items,
        next_token=tokens.seal(page.next_page_token, of=of),
        show=show,
        unit=unit,
        units=await unit_choices(request, actor),
        colleagues=colleagues,
        reasons=_REASONS,
        words=CODE_LABELS,
        fault=fault,
    )


@router.get("/people/dispatch", operation_id="pageDispatch")
async def page_dispatch(
    request: Request, caller: PageCaller, show: Show = "unassigned", unit: UnitQuery = "", page_token: PageToken = ""
) -> Response:
    """What waits to be handed on; or everything open, or all."""
    return await _page(request, caller.actor, show=show, unit=unit, token=page_token)


async def _refused(request: Request, actor: Actor, refusal: Refusal) -> Response:
    if refusal.reason in {Reason.NOT_FOUND, Reason.ROLE_MISSING}:
        raise refusal
    problem = refused_problem(refusal.refused)
    role = refusal.refused.details.get("field") == "staff_id"
    fault = "请选择该单位的经办人、调查员" if role else problem.zh
    return await _page(request, actor, show="open", unit="", token="", fault=fault, status=problem.status)


@router.post("/people/dispatch/{delegation_id}/assign", operation_id="takeAssignment")
async def take_assignment(
    request: Request, caller: PageCaller, typed: PageForm, delegation_id: DelegationId
) -> Response:
    """Give a case to a person of its unit."""
    unit, staff_id = (typed.get(name, [""])[0].strip() for name in ("unit", "staff_id"))
    try:
        await request.app.state.station.people.assign(caller.actor, delegation_id, unit=unit, staff_id=staff_id)
    except Refusal as refusal:
        return await _refused(request, caller.actor, refusal)
    return see_other(f"{BASE}/people/dispatch")


@router.post("/people/dispatch/{delegation_id}/transfer", operation_id="takeUnitTransfer")
async def take_transfer(request: Request, caller: PageCaller, typed: PageForm, delegation_id: DelegationId) -> Response:
    """Prepare its transfer to another unit; the approver of the unit decides."""
    unit, to, reason = (typed.get(name, [""])[0].strip() for name in ("unit", "to_unit", "reason"))
    try:
        await request.app.state.station.people.hand_to_unit(
            caller.actor, delegation_id, unit=unit, to_unit=to.split()[-1] if to else "", reason=reason
        )
    except Refusal as refusal:
        return await _refused(request, caller.actor, refusal)
    return see_other(f"{BASE}/people/dispatch?show=open")
