"""What is of the office and of no single delegation: what waits, what is to be approved, announcements, agreements."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from gateway.auth import Caller, station_of
from gateway.bureau.cases.labels import CODE_LABELS
from gateway.bureau.forms.filled import Filled, fill, read
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.province import acts_forms
from gateway.bureau.province.acts import show_done
from gateway.bureau.province.acts_words import AGREED_READERS, ANNOUNCED_READERS, MADE, WAITS, why
from gateway.bureau.province.around import around, tr_of
from gateway.bureau.province.asking import AskedFor
from gateway.bureau.province.pages import ThreadPath
from gateway.bureau.render import BASE, render, see_other
from gateway.problems import refused_problem
from node.desk.labels import clock_label, kind_label, state_label
from node.desk.ports import Actor, Role
from node.province.acts_ports import Done, OfficeUnits, OfficeWork, Prepared, Waits
from node.province.ports import Wanted

router = APIRouter()
MOST_SHOWN: Final = 50  # prepared acts on one page, the oldest
_MOVE: Final = re.compile(r"([A-Za-z0-9-]{1,64})\.([0-9]{1,9})", re.ASCII)
_SHOWN_ROWS: Final = ("_add", "_drop")
Made = Annotated[str, Query(max_length=20, pattern=r"^[a-z]*$")]


@dataclass(frozen=True, slots=True)
class _ToApprove:
    """A prepared act with what will be signed of it, as far as a page shows it."""

    act: Prepared
    label: str
    by: str
    text: str
    to: tuple[str, ...]
    own: bool


async def _to_approve(request: Request, actor: Actor, prepared: Prepared) -> _ToApprove:
    text, by, to = "", prepared.prepared_by, tuple[str, ...]()
    try:
        move = await station_of(request).desk.get_move(actor, prepared.move_id)
    except Refusal:  # taken back meanwhile, or its case was purged: the line stays, the approval says why
        pass
    else:
        data, by = move.data, move.prepared_by_name or by
        body, declared = data.get("body"), data.get("declared")
        said = data.get("text") or (body.get("text") if isinstance(body, Mapping) else "")
        text = str(said or "")
        named = data.get("to")
        listed = [str(each) for each in named] if isinstance(named, list | tuple) else []
        if isinstance(declared, Mapping) and declared.get("unit"):
            listed.append(str(declared["unit"]))
        to = tuple(listed)
    return _ToApprove(prepared, kind_label(prepared.kind), by, text, to, prepared.prepared_by == actor.staff_id)


def _way(waits: Waits) -> str:
    """Where it is done."""
    here, thread = f"{BASE}/province/threads/{waits.thread_id}/acts", f"{BASE}/cases/{waits.thread_id}"
    ways = {
        "designation": f"{here}/designate",
        "opinion": f"{here}/opinion",
        "coordination": f"{here}/answer",
        "agreement": f"{BASE}/province/agreements",
        "reveal": thread,
    }
    return ways.get(waits.what, thread)


@router.get("/province/waiting", operation_id="pageProvinceWaiting")
async def page_waiting(
    request: Request,
    caller: PageCaller,
    wanted: AskedFor,
    made: Made = "",
    every: Annotated[str, Query(pattern="^1?$")] = "",
) -> Response:
    """What waits for the office, the earliest day first; what its approvers have to read; answers that came in."""
    work: OfficeWork = await station_of(request).acts.waiting(caller.actor)
    today = day_of(request.app.state.clock())
    shown = [await _to_approve(request, caller.actor, each) for each in work.prepared[:MOST_SHOWN]]
    return render(
        request,
        "province/act_waiting.html",
        **await around(request, caller, wanted, "waiting", work),  # type: ignore[arg-type] # values of a page
        waits=[
            (each, WAITS[each.what], _way(each), (each.due - today).days if each.due else None) for each in work.waits
        ],
        answers=work.answers,
        prepared=shown,
        more=len(work.prepared) - len(shown),
        may_act=caller.actor.has(Role.SUPERVISOR),
        may_approve=caller.actor.has(Role.APPROVER),
        every=bool(every),
        made=MADE.get(made, ""),
    )


@router.post("/province/approvals", operation_id="takeProvinceApprovals")
async def take_approvals(request: Request, caller: PageCaller, typed: PageForm, wanted: AskedFor) -> Response:
    """Approve and seal each that was ticked, judged as its delegation now stands."""
    found = [match for each in typed.get("move", []) if (match := _MOVE.fullmatch(each))]
    moves = tuple(dict.fromkeys((match[1], int(match[2])) for match in found))
    wrong = "" if moves else "请先勾选要审批的事项"
    done = () if wrong else await station_of(request).acts.approve(caller.actor, moves)
    return await show_done(
        request, caller, wanted, "审批", done, wrong=wrong, back=f"{BASE}/province/waiting", tr=tr_of(request)
    )


@router.get("/province/announce", operation_id="pageAnnounce")
async def page_announce(request: Request, caller: PageCaller, wanted: AskedFor) -> Response:
    """The form of an announcement."""
    units = await station_of(request).acts.units(caller.actor)
    form = fill(acts_forms.announce_spec(units), {})
    return await _announcing(request, caller, wanted, form, units)


async def _announcing(
    request: Request,
    caller: Caller,
    wanted: Wanted,
    form: Filled,
    units: OfficeUnits,
    *,
    status: int = HTTPStatus.OK,
    general: str = "",
) -> Response:
    return render(
        request,
        "province/act_office.html",
        status=status,
        **await around(request, caller, wanted, "announce"),  # type: ignore[arg-type] # values of a page
        title="通知下发",
        about="向本省所属单位下发通知，一个单位一份，提交审批用印后发出。",
        readers=ANNOUNCED_READERS,
        address="/province/announce",
        back="/waiting",
        form=form,
        general=general,
        empty="" if units.own else "本省没有已入网的所属单位",
    )


@router.post("/province/announce", operation_id="takeAnnounce")
async def take_announce(request: Request, caller: PageCaller, typed: PageForm, wanted: AskedFor) -> Response:
    """Prepare it for each unit."""
    acts, tr = station_of(request).acts, tr_of(request)
    units = await acts.units(caller.actor)
    form, made = acts_forms.typed_into(acts_forms.announce_spec(units), typed)
    named = acts_forms.check_announcement(form)
    if form.faults:
        return await _announcing(request, caller, wanted, form, units, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        done = await acts.announce(caller.actor, named, str(made.get("text", "")))
    except Refusal as refusal:
        general, status = acts_forms.note_refusal(form, refusal, tr), refused_problem(refusal.refused).status
        return await _announcing(request, caller, wanted, form, units, status=status, general=general)
    return await show_done(
        request, caller, wanted, "通知下发", done, back=f"{BASE}/province/announce", prepared=True, tr=tr
    )


@router.get("/province/agreements", operation_id="pageAgreements")
async def page_agreements(request: Request, caller: PageCaller, wanted: AskedFor, made: Made = "") -> Response:
    """Agreements and proposals, the latest change first."""
    return await _agreements(request, caller, wanted, made=MADE.get(made, ""))


async def _agreements(
    request: Request, caller: Caller, wanted: Wanted, *, status: int = HTTPStatus.OK, made: str = "", general: str = ""
) -> Response:
    acts = station_of(request).acts
    lines = await acts.agreements(caller.actor)
    work = await acts.waiting(caller.actor)
    return render(
        request,
        "province/act_agreements.html",
        status=status,
        **await around(request, caller, wanted, "agreements", work),  # type: ignore[arg-type] # values of a page
        lines=lines,
        prepared={each.thread_id for each in work.prepared},
        may_act=caller.actor.has(Role.SUPERVISOR),
        label_of=lambda name: CODE_LABELS.get(name, name),
        clock_of=clock_label,
        state_of=state_label,
        made=made,
        general=general,
    )


@router.get("/province/agreements/new", operation_id="pageNewAgreement")
async def page_new_agreement(request: Request, caller: PageCaller, wanted: AskedFor) -> Response:
    """The form of a proposal."""
    units = await station_of(request).acts.units(caller.actor)
    today = day_of(request.app.state.clock())
    form = fill(acts_forms.agreement_spec(units), {"valid_from": today.isoformat()})
    return await _proposing(request, caller, wanted, form, units)


async def _proposing(
    request: Request,
    caller: Caller,
    wanted: Wanted,
    form: Filled,
    units: OfficeUnits,
    *,
    status: int = HTTPStatus.OK,
    general: str = "",
) -> Response:
    return render(
        request,
        "province/act_office.html",
        status=status,
        **await around(request, caller, wanted, "agreements"),  # type: ignore[arg-type] # values of a page
        title="提议协议",
        about="两省省级机构为双方所属单位订立协议：由对方会签、名册载入后生效。约定时限不得超过法定期限所余。",
        readers=AGREED_READERS,
        address="/province/agreements/new",
        back="/agreements",
        form=form,
        general=general,
        empty="" if units.offices else "没有其他已入网的省级机构",
    )


@router.post("/province/agreements/new", operation_id="takeNewAgreement")
async def take_new_agreement(request: Request, caller: PageCaller, typed: PageForm, wanted: AskedFor) -> Response:
    """Prepare the proposal; a time that the law does not leave is told beside its row, with the article."""
    acts, tr = station_of(request).acts, tr_of(request)
    units = await acts.units(caller.actor)
    spec = acts_forms.agreement_spec(units)
    if any(name in typed for name in _SHOWN_ROWS):
        return await _proposing(request, caller, wanted, read(spec, typed), units)
    form, made = acts_forms.typed_into(spec, typed)
    terms = acts_forms.terms_of(form, made)
    if terms is None:
        return await _proposing(request, caller, wanted, form, units, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await acts.propose_agreement(caller.actor, str(made["office"]), terms)
    except Refusal as refusal:
        general, status = acts_forms.note_refusal(form, refusal, tr), refused_problem(refusal.refused).status
        return await _proposing(request, caller, wanted, form, units, status=status, general=general)
    return see_other(f"{BASE}/province/agreements?made=approval")


@router.post("/province/agreements/{thread_id}/countersign", operation_id="takeCountersign")
async def take_countersign(
    request: Request, caller: PageCaller, typed: PageForm, wanted: AskedFor, thread_id: ThreadPath
) -> Response:
    """Countersign what was proposed, in the very terms: another person approves it."""
    del typed
    return await _of_agreement(request, caller, wanted, thread_id, countersign=True)


@router.post("/province/agreements/{thread_id}/end", operation_id="takeAgreementEnd")
async def take_agreement_end(
    request: Request, caller: PageCaller, typed: PageForm, wanted: AskedFor, thread_id: ThreadPath
) -> Response:
    """End it, or decline what was proposed: another person approves it."""
    del typed
    return await _of_agreement(request, caller, wanted, thread_id, countersign=False)


async def _of_agreement(
    request: Request, caller: Caller, wanted: Wanted, thread_id: str, *, countersign: bool
) -> Response:
    acts, actor = station_of(request).acts, caller.actor
    waiting = {each.thread_id for each in (await acts.waiting(actor)).prepared}
    if thread_id in waiting:  # pressed twice
        return see_other(f"{BASE}/province/agreements?made=approval")
    try:
        done: Done = await (acts.countersign(actor, thread_id) if countersign else acts.end_agreement(actor, thread_id))
        if done.reason:
            raise Refusal(Reason(done.reason), **dict(done.details))
    except Refusal as refusal:
        if refusal.reason is Reason.ROLE_MISSING:
            raise
        words, status = (
            why(refusal.reason.value, refusal.details, tr_of(request)),
            refused_problem(refusal.refused).status,
        )
        return await _agreements(request, caller, wanted, status=status, general=words)
    return see_other(f"{BASE}/province/agreements?made=approval")
