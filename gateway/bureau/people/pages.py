"""Every page of the room in one router."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.bureau.guard import PageCaller
from gateway.bureau.people import copies, deputies, dispatch, keys, looks, oneself, periods, requests, service, staff
from gateway.bureau.render import BASE, see_other
from node.desk.ports import Role

router = APIRouter()


@router.get("/people", operation_id="pagePeople")
async def page_people(request: Request, caller: PageCaller) -> Response:
    """Where the room begins, by role."""
    del request
    first = "deputies"
    for role, page in ((Role.ADMINISTRATOR, "staff"), (Role.DISPATCHER, "dispatch"), (Role.READER, "looks")):
        if caller.actor.has(role):
            first = page
            break
    return see_other(f"{BASE}/people/{first}")


for _module in (staff, keys, deputies, oneself, dispatch, looks, requests, copies, service, periods):
    router.routes.extend(_module.router.routes)
