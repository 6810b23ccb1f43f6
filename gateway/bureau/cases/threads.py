"""Threads that are no delegation, begun from a page: a notice of an accident, an agreement, an announcement, a request.

They are read, answered and ended on the case page like every thread.
"""

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.codes import Kind
from delegation.errors import Refusal
from gateway.bureau.cases.asking import Asking
from gateway.bureau.cases.book import MAKINGS, STARTED
from gateway.bureau.cases.filling import asking_for, filled_with, kind_of_verb, typed_in, with_codes
from gateway.bureau.cases.moves import show
from gateway.bureau.cases.rules import verb_of
from gateway.bureau.cases.sending import data_of, note_refusal
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.render import BASE, render, see_other
from gateway.problems import WireRefusalError, refused_problem
from gateway.routes.parameters import Verb
from gateway.wire_reasons import WireReason
from node.desk.labels import kind_label
from node.desk.ports import Actor
from node.desk.views import DelegationRow, DelegationView, MoveView

router = APIRouter()
_TYPES: Final = {
    Kind.NOTICE_SENT: "notice",
    Kind.AGREEMENT_PROPOSED: "agreement",
    Kind.ANNOUNCED: "coordination",
    Kind.COORDINATION_REQUESTED: "coordination",
}
ABOUT: Final = {
    Kind.NOTICE_SENT: "在本地得知外地参保职工的事故时，告知其参保地认定机构（主动介入）",
    Kind.AGREEMENT_PROPOSED: "两地约定时限、事项的合作协议，由对方会签、名册载入后生效",
    Kind.ANNOUNCED: "省级单位向所属单位发通告",
    Kind.COORDINATION_REQUESTED: "省级单位之间请求协调",
}
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


def not_begun(kind: Kind, unit: str) -> DelegationView:
    """A thread that nobody wrote in yet."""
    row = DelegationRow(
        delegation_id="", thread_type=_TYPES[kind], version=0, state="none", state_label="", business_status="",
        our_role="home", home_unit=unit, home_name="", host_unit="", host_name="", turn="", our_turn=True, matter="",
        priority="NORMAL", place="", worker_name="", employer_name="", next_due=None, overdue=False,
        provisional=False, queued=0, parked=0, leg=1, round=1, changed_at=_LONG_AGO,
    )  # fmt: skip
    move = MoveView(kind.name, kind_label(kind), 2, True, ())
    return DelegationView(
        row=row, version=0, letter=None, header={}, due_dates=(), moves=(move,), queued=(), queued_state="",
        prepared=(), materials=(), entries=(), negatives=(), alarms=(), provinces=(),
    )  # fmt: skip


async def _asking(request: Request, actor: Actor, verb: str, typed: PageForm | None = None) -> Asking:
    kind = kind_of_verb(verb)
    if kind not in STARTED:
        raise WireRefusalError(WireReason.ADDRESS_UNKNOWN)
    return await asking_for(request, actor, not_begun(kind, actor.unit), kind, typed=typed)


@router.get("/threads/new", operation_id="pageNewThreads")
async def page_new_threads(request: Request, caller: PageCaller) -> Response:
    """What may be begun."""
    unit = caller.actor.unit
    provincial = unit[6:8] == "PO"
    of_province = {Kind.ANNOUNCED, Kind.COORDINATION_REQUESTED}
    offered = [kind for kind in STARTED if (kind in of_province) is provincial or kind is Kind.AGREEMENT_PROPOSED]
    listed = [(verb_of(kind), kind_label(kind), ABOUT[kind]) for kind in offered]
    return render(request, "cases/threads.html", active="threads", listed=listed)


@router.get("/threads/new/{verb}", operation_id="pageNewThread")
async def page_new_thread(request: Request, caller: PageCaller, verb: Verb) -> Response:
    """The form of its first envelope."""
    asking = await _asking(request, caller.actor, verb)
    making = MAKINGS[asking.kind]
    form, asking = filled_with(making, asking, making.begin(asking))
    return await show(request, caller.actor, form, asking)


@router.post("/threads/new/{verb}", operation_id="takeNewThread")
async def take_new_thread(request: Request, caller: PageCaller, typed: PageForm, verb: Verb) -> Response:
    """Begin it: where the table asks for two persons it waits for an approver."""
    actor, desk = caller.actor, request.app.state.station.desk
    asking = await _asking(request, actor, verb, typed)
    making = MAKINGS[asking.kind]
    form, asking, rows_alone = typed_in(making, asking)
    if rows_alone:
        return await show(request, actor, form, asking)
    form = await with_codes(desk, actor, form, today=asking.today)
    data = data_of(form, making, asking, hidden={})
    if form.faults:
        return await show(request, actor, form, asking, status=422)
    to = data.pop("to", [])
    recipients = [str(each) for each in to] if isinstance(to, list) else []
    try:
        view = await desk.start_thread(actor, asking.kind.name, recipients, data)
    except Refusal as refusal:
        beside = note_refusal(form, refusal, asking)
        status = refused_problem(refusal.refused).status
        return await show(request, actor, form, asking, status=status, refusal=None if beside else refusal)
    if view.prepared:
        return see_other(f"{BASE}/moves/{view.prepared[-1].move_id}?made=prepared")
    return see_other(f"{BASE}/cases/{view.row.delegation_id}?made=sent")
