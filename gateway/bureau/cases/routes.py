"""The case page: everything of one delegation, with every move that may be made. It refreshes itself."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.deadlines import day_of
from delegation.reasons_codes import label_of
from gateway.bureau.cases import model
from gateway.bureau.cases.filling import unit_named
from gateway.bureau.cases.labels import CODE_LABELS
from gateway.bureau.cases.noticing import APPLICANTS
from gateway.bureau.cases.reading import readable
from gateway.bureau.cases.rules import buttons
from gateway.bureau.cases.urgency import raised
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.render import BASE, is_fragment, render, see_other
from gateway.downloads import agreement_download
from gateway.routes.parameters import DelegationId, EnvelopeId
from node.desk.labels import state_label
from node.desk.people_views import Colleague
from node.desk.ports import Role
from node.desk.views import DelegationView, UnitView

router = APIRouter()
THREAD_TITLES: Final = {
    "notice": "事故通报",
    "agreement": "合作协议",
    "unit": "单位公布事项",
    "coordination": "协调与通告",
}
MADE: Final = {
    "sent": "已办理；注册中心登记后显示在“经过”中",
    "prepared": "已提交审批",
    "approved": "已审批用印；注册中心登记后显示在“经过”中",
    "sealed": "已用印；注册中心登记后显示在“经过”中",
    "awaiting-seal": "已审批，待用印",
    "back": "已退回拟稿人",
    "dropped": "已撤下",
    "opened": "已立案并答复通报；委托函已拟好，受理后补齐下列各项即可提交审批",
    "appraisal-drafted": "鉴定委托稿已在本机构劳动能力鉴定委员会名下拟好；请用该单位登录，在“拟稿”中办理",
    "no-committee": "您的账号不属于本机构的劳动能力鉴定委员会，请由该单位的人员拟稿",
}


_FIRST_VERB: Final = {"withdraw_requested": "withdraw-confirmed"}  # where another act stands first in the book


def values_of(
    view: DelegationView, *, unit: str, units: tuple[UnitView, ...], people: Sequence[Colleague] = ()
) -> dict[str, object]:
    """Everything that the page shows."""
    names = model.names_of(view, units, people)
    other_code = view.row.host_unit if view.row.our_role == "home" else view.row.home_unit
    other = next((each for each in units if each.code == other_code), None)
    groups, forbidden = buttons(view)
    conversation = model.conversation(view, unit=unit)
    delegation = view.row.thread_type.lower() == "delegation"
    timeline = model.timeline(view, names, unit=unit)
    begun = next((step.act.body for step in reversed(timeline) if step.act is not None), None)
    letter = readable(view.letter or {}, path="letter", names=names)
    header = {name: value for name, value in view.header.items() if value != "UNSPECIFIED"}
    return {
        "view": view,
        "row": view.row,
        "mark": model.mark(view),
        "turn": model.turn_of(view),
        "other": other,
        "on_paper": other is not None and not other.is_member,
        "phones": model.phones(view, other),
        "groups": groups,
        "forbidden": forbidden,
        "timeline": timeline,
        "conversation": conversation,
        "asked": model.unanswered(conversation),
        "demands": model.demands(view, names, unit=unit),
        "first_verb": _FIRST_VERB.get(view.row.state, ""),
        "outcomes": model.outcomes(view, names),
        "waiting": model.waiting(view),
        "protested": model.protested(view, unit=unit),
        "alarms": [(each, model.alarm_words(each)) for each in view.alarms],
        "files": model.files(view, names),
        "letter": letter if delegation or begun is None else begun,
        "header": readable(header, path="header", names=names),
        "investigators": model.investigators(view),
        "dates": model.dates_history(view),
        "names": names,
        "thread_title": THREAD_TITLES.get(view.row.thread_type.lower(), "文书"),
        "delegation": delegation,
        "links": links(view),
        "raised": raised(view, names, unit=unit),
        "reused": model.reused(view),
        "proven": view.row.thread_type.lower() == "agreement"
        and any(each.kind == "AGREEMENT_COUNTERSIGNED" for each in view.entries),
    }


def links(view: DelegationView) -> tuple[tuple[str, str], ...]:
    """Other rooms' pages of this case."""
    if view.row.thread_type.lower() != "delegation":
        return ()
    here = f"/cases/{view.row.delegation_id}"
    drawn = ((f"{here}/draw", "抽取专家组"),) if view.appraisal is not None else ()
    return (*drawn, (f"{here}/papers", "文书"), (f"{here}/earlier", "前案"), (f"{here}/requests", "个人信息请求"))


@router.get("/cases/{delegation_id}", operation_id="pageDelegation")
async def page_case(
    request: Request,
    caller: PageCaller,
    delegation_id: DelegationId,
    made: Annotated[str, Query(max_length=20, pattern=r"^[a-z-]*$")] = "",
    seen: Annotated[str, Query(max_length=64, pattern=r"^[0-9a-f]*$")] = "",
) -> Response:
    """The page; a live part that shows what there is answers 204."""
    desk = request.app.state.station.desk
    view: DelegationView = await desk.get_delegation(caller.actor, delegation_id)
    day = day_of(request.app.state.clock()).isoformat()
    shown = sha256(f"{day}{view!r}".encode()).hexdigest()[:16]
    if seen == shown and is_fragment(request):
        return Response(status_code=204)
    codes = {view.row.home_unit, view.row.host_unit, view.row.turn, *view.provinces}
    found = [await unit_named(desk, caller.actor, code) for code in sorted(codes)]
    units = tuple(unit for unit in found if unit is not None)
    people = await request.app.state.station.people.colleagues(caller.actor)
    return render(
        request,
        "cases/case.html",
        active="todo",
        made=MADE.get(made, ""),
        shown=shown,
        may_prepare=caller.actor.has(Role.CLERK, Role.INVESTIGATOR, Role.SUPERVISOR),
        may_act=caller.actor.has(Role.CLERK, Role.SUPERVISOR),
        code_name=lambda code: CODE_LABELS.get(code, code),
        reason_name=label_of,
        linked=await desk.linked(caller.actor, delegation_id),
        applicants=APPLICANTS,
        may_draft=caller.actor.has(Role.CLERK),
        state_name=state_label,
        case=values_of(view, unit=caller.actor.unit, units=units, people=people),
    )


@router.get("/cases/{delegation_id}/agreement", operation_id="readAgreementProof")
async def read_agreement_proof(request: Request, caller: PageCaller, delegation_id: DelegationId) -> Response:
    """The file that the seal authority takes an agreement, or its end, into the roster from."""
    text = await request.app.state.station.desk.agreement_file(caller.actor, delegation_id)
    return agreement_download(text, delegation_id)


@router.post("/cases/{delegation_id}/queued/{envelope_id}/drop", operation_id="takeDropQueued")
async def take_drop_queued(
    request: Request, caller: PageCaller, form: PageForm, delegation_id: DelegationId, envelope_id: EnvelopeId
) -> Response:
    """Put a refused or returned own envelope out of sight."""
    del form
    await request.app.state.station.desk.drop_queued(caller.actor, delegation_id, envelope_id)
    return see_other(f"{BASE}/cases/{delegation_id}?made=dropped")
