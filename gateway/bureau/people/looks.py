"""Who looked at which case, for the auditor and the administrator."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gateway.bureau.guard import PageCaller
from gateway.bureau.people.words import LOOKED_AT
from gateway.bureau.render import render
from node.desk.people_views import LookPage

router = APIRouter()
CaseQuery = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9-]*$")]
StaffQuery = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9._@-]*$")]
Before = Annotated[int, Query(ge=0, le=2**53)]


@router.get("/people/looks", operation_id="pageLooks")
async def page_looks(
    request: Request, caller: PageCaller, case: CaseQuery = "", staff: StaffQuery = "", before: Before = 0
) -> Response:
    """Who saw a case, or what a person saw."""
    page: LookPage | None = None
    both = bool(case and staff)
    if (case or staff) and not both:
        page = await request.app.state.station.people.looks(
            caller.actor, delegation_id=case, staff_id=staff, before=before
        )
    return render(
        request,
        "people/looks.html",
        active="people",
        status=422 if both else 200,
        looks=page,
        case=case,
        staff=staff,
        both=both,
        words=LOOKED_AT,
    )
