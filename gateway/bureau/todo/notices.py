"""Alarms with cause and cure, what changed lately, and how far notices to other systems got."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.deadlines import day_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.render import BASE, is_fragment, render, see_other
from gateway.bureau.todo.lines import alarm_line, case_line
from gateway.bureau.todo.routes import Seen, address, digest_of
from gateway.routes.parameters import AlarmId
from node.desk.guard import READS
from node.desk.ports import DeskPort, Filters, Role
from node.desk.views import DelegationRow, NoticeRoute

router = APIRouter()
_LATELY: Final = 30
_MAY_ACKNOWLEDGE: Final = (Role.CLERK, Role.APPROVER, Role.SUPERVISOR, Role.ADMINISTRATOR)


@router.get("/alarms", operation_id="pageAlarms")
async def page_alarms(request: Request, caller: PageCaller, seen: Seen = "") -> Response:
    """Alarms that nobody acknowledged."""
    alarms = await request.app.state.station.desk.list_alarms(caller.actor)
    shown = digest_of(alarms)
    if seen == shown and is_fragment(request):
        return Response(status_code=204)
    return render(
        request,
        "todo/alarms.html",
        active="alarms",
        alarms=[alarm_line(alarm) for alarm in alarms],
        may_acknowledge=caller.actor.has(*_MAY_ACKNOWLEDGE),
        live=address("/alarms", {"seen": shown}),
    )


@router.post("/alarms/{alarm_id}", operation_id="takeAlarm")
async def take_alarm(request: Request, caller: PageCaller, form: PageForm, alarm_id: AlarmId) -> Response:
    """Note that a person saw it."""
    del form
    await request.app.state.station.desk.acknowledge_alarm(caller.actor, alarm_id)
    return see_other(f"{BASE}/alarms")


@router.get("/notices", operation_id="pageNotices")
async def page_notices(request: Request, caller: PageCaller, seen: Seen = "") -> Response:
    """What changed lately in the unit's delegations; for an administrator, webhooks and mail."""
    desk: DeskPort = request.app.state.station.desk
    actor, today = caller.actor, day_of(request.app.state.clock())
    rows: tuple[DelegationRow, ...] = ()
    routes: tuple[NoticeRoute, ...] = ()
    reads, administers = actor.has(*READS), actor.has(Role.ADMINISTRATOR)
    if reads:
        rows = (await desk.list_delegations(actor, Filters(), page_size=_LATELY)).items
    if administers:
        routes = await desk.notice_routes(actor)
    shown = digest_of(rows, routes)
    if seen == shown and is_fragment(request):
        return Response(status_code=204)
    return render(
        request,
        "todo/notices.html",
        active="notices",
        lines=[case_line(row, today) for row in rows],
        reads=reads,
        administers=administers,
        routes=routes,
        live=address("/notices", {"seen": shown}),
    )
