"""What persons ask about their own data in a case: recorded on a page of the case, answered, and answered again."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from gateway.bureau.cases.rules import verb_of
from gateway.bureau.forms.filled import Filled, fill, missing, read, to_json
from gateway.bureau.forms.spec import Ask, Field, FormSpec, Section
from gateway.bureau.guard import PageCaller, PageForm, Typed
from gateway.bureau.people.package import offered
from gateway.bureau.people.words import (
    ASKED_BY,
    ASKS,
    CHECKED,
    KEPT_50_YEARS,
    OUTCOMES,
    OUTCOMES_OF,
    note_refusal,
)
from gateway.bureau.render import BASE, render, see_other
from gateway.problems import refused_problem
from gateway.routes.parameters import DelegationId
from node.desk.people_views import SubjectRequestView
from node.desk.ports import Actor
from node.desk.views import DelegationView, MaterialView

router = APIRouter()
RequestId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Done = Annotated[str, Query(pattern="^(|recorded|prepared|answered|sent_back)$")]
_NEW: Final = FormSpec((
    Section(
        name="request",
        title="",
        parts=(
            Field(path="asks", label="请求", ask=Ask.CHOICE, required=True, choices=tuple(ASKS.items())),
            Field(path="asked_by", label="由谁提出", ask=Ask.CHOICE, required=True, choices=tuple(ASKED_BY.items())),
            Field(path="name", label="代理人或近亲属姓名", longest=100, hint="职工本人提出的不填"),
            Field(path="checked", label="身份核验", ask=Ask.CHOICE, required=True, choices=tuple(CHECKED.items())),
            Field(path="asked_on", label="提出日期", ask=Ask.DAY, required=True),
            Field(path="text", label="请求内容", ask=Ask.LONG, required=True, longest=2000),
        ),
    ),
))  # fmt: skip


def _answer_spec(asks: str) -> FormSpec:
    outcomes = tuple((code, OUTCOMES[code]) for code in OUTCOMES_OF[asks])
    text = Field(
        path="text", label="答复说明", ask=Ask.LONG, longest=2000, hint="部分提供、不予更正、不予删除的须说明理由"
    )
    outcome = Field(path="outcome", label="处理结果", ask=Ask.CHOICE, required=True, choices=outcomes)
    return FormSpec((Section(name="answer", title="", parts=(outcome, text)),))


async def _list(
    request: Request, actor: Actor, delegation_id: str, form: Filled, *, status: int = 200, done: str = ""
) -> Response:
    found = await request.app.state.station.people.requests_of(actor, delegation_id)
    return render(
        request,
        "people/requests.html",
        active="cases",
        status=status,
        delegation_id=delegation_id,
        requests=found,
        form=form,
        asks=ASKS,
        asked_by=ASKED_BY,
        done=done,
        days=await request.app.state.station.people.answer_days(actor),
    )


@router.get("/cases/{delegation_id}/requests", operation_id="pageRequests")
async def page_requests(request: Request, caller: PageCaller, delegation_id: DelegationId, done: Done = "") -> Response:
    """Those of a case, and the form of a new one."""
    today = day_of(request.app.state.clock()).isoformat()
    return await _list(request, caller.actor, delegation_id, fill(_NEW, {"asked_on": today}), done=done)


@router.post("/cases/{delegation_id}/requests", operation_id="takeRequest")
async def take_request(request: Request, caller: PageCaller, typed: PageForm, delegation_id: DelegationId) -> Response:
    """Record one."""
    form = read(_NEW, typed)
    values = to_json(form)
    missing(form)
    if form.faults:
        return await _list(request, caller.actor, delegation_id, form, status=422)
    content = {name: str(value) for name, value in values.items() if name != "asks"}
    try:
        made = await request.app.state.station.people.record_request(
            caller.actor, delegation_id, asks=form.text("asks"), content=content
        )
    except Refusal as refusal:
        if refusal.reason is not Reason.INVALID_INPUT:
            raise
        status = note_refusal(form, refusal)
        return await _list(request, caller.actor, delegation_id, form, status=status)
    return see_other(f"{BASE}/requests/{made.request_id}?done=recorded")


async def show_request(
    request: Request,
    actor: Actor,
    found: SubjectRequestView,
    *,
    form: Filled | None = None,
    status: int = 200,
    done: str = "",
    fault: str = "",
    note_fault: str = "",
) -> Response:
    """The page of one request, with what answers it."""
    view: DelegationView = await request.app.state.station.desk.get_delegation(actor, found.delegation_id)
    allowed = {move.kind for move in view.moves if move.allowed}
    moves = [
        (verb_of(kind), label)
        for kind, label in (
            (Kind.CORRECTED, "向对方发更正函"),
            (Kind.SUBJECT_REQUEST, "请对方协助答复"),
            (Kind.SUBJECT_ANSWER, "向对方告知答复"),
        )
        if kind.name in allowed
    ]
    if form is None:
        begin = {**found.answer}
        if found.asks == "deletion" and not begin:
            begin = {"outcome": "not_deleted", "text": KEPT_50_YEARS}
        form = fill(_answer_spec(found.asks), begin)
    return render(
        request,
        "people/request.html",
        active="cases",
        status=status,
        found=found,
        form=form,
        moves=moves,
        materials=offered(view) if found.asks == "copy" else (),
        asks=ASKS,
        asked_by=ASKED_BY,
        checked=CHECKED,
        outcomes=OUTCOMES,
        kept=KEPT_50_YEARS,
        done=done,
        fault=fault,
        given=_given(found, view),
        own=found.answer.get("by") == actor.staff_id,
        note_fault=note_fault,
    )


def _given(found: SubjectRequestView, view: DelegationView) -> tuple[MaterialView, ...]:
    """The files that the answer names and that are still here."""
    named = found.answer.get("materials")
    wanted = set(named) if isinstance(named, Sequence) and not isinstance(named, str) else set()
    return tuple(each for each in view.materials if each.material_id in wanted)


@router.get("/requests/{request_id}", operation_id="pageRequest")
async def page_request(request: Request, caller: PageCaller, request_id: RequestId, done: Done = "") -> Response:
    """One request."""
    found = await request.app.state.station.people.get_request(caller.actor, request_id)
    return await show_request(request, caller.actor, found, done=done)


@router.post("/requests/{request_id}/answer", operation_id="takeAnswer")
async def take_answer(request: Request, caller: PageCaller, typed: PageForm, request_id: RequestId) -> Response:
    """Prepare the answer for an approver; what had been put into the copy stays with it."""
    people = request.app.state.station.people
    found: SubjectRequestView = await people.get_request(caller.actor, request_id)
    form = read(_answer_spec(found.asks), typed)
    missing(form)
    if form.faults:
        return await show_request(request, caller.actor, found, form=form, status=422)
    answer = {"outcome": form.text("outcome"), "text": form.text("text"), "materials": typed.get("materials", [])}
    try:
        await people.answer_request(caller.actor, request_id, _version(typed), answer)
    except Refusal as refusal:
        if refusal.reason is Reason.EDITED_MEANWHILE:
            found = await people.get_request(caller.actor, request_id)
            fault = "此请求刚被他人处理过，上面是现在的内容；您填写的还在"
            return await show_request(request, caller.actor, found, form=form, status=412, fault=fault)
        if refusal.reason is not Reason.INVALID_INPUT:
            raise
        status = note_refusal(form, refusal)
        return await show_request(request, caller.actor, found, form=form, status=status)
    return see_other(f"{BASE}/requests/{request_id}?done=prepared")


@router.post("/requests/{request_id}/answer/approve", operation_id="takeAnswerApproval")
async def take_approval(request: Request, caller: PageCaller, typed: PageForm, request_id: RequestId) -> Response:
    """Approve what somebody else prepared."""
    try:
        await request.app.state.station.people.approve_answer(caller.actor, request_id, _version(typed))
    except Refusal as refusal:
        return await _undecided(request, caller.actor, request_id, refusal)
    return see_other(f"{BASE}/requests/{request_id}?done=answered")


@router.post("/requests/{request_id}/answer/send-back", operation_id="takeAnswerSendBack")
async def take_send_back(request: Request, caller: PageCaller, typed: PageForm, request_id: RequestId) -> Response:
    """Give it back with a note."""
    note = typed.get("note", [""])[0]
    try:
        await request.app.state.station.people.send_back_answer(caller.actor, request_id, _version(typed), note)
    except Refusal as refusal:
        return await _undecided(request, caller.actor, request_id, refusal)
    return see_other(f"{BASE}/requests/{request_id}?done=sent_back")


def _version(typed: Typed) -> int:
    version = typed.get("_version", [""])[0]
    return int(version) if version.isdigit() and len(version) < 10 else 0


async def _undecided(request: Request, actor: Actor, request_id: str, refusal: Refusal) -> Response:
    """The page again, with what kept the decision from being taken."""
    said = {
        Reason.EDITED_MEANWHILE: "此请求刚被他人处理过，请看现在的内容再决定",
        Reason.FOUR_EYES: "答复由您（或您代理的人）拟定，须由另一人审批",
        Reason.NOT_ALLOWED: "没有待审批的答复",
    }
    note_fault = refusal.reason is Reason.INVALID_INPUT and refusal.refused.details.get("field") == "note"
    if not note_fault and refusal.reason not in said:
        raise refusal
    found = await request.app.state.station.people.get_request(actor, request_id)
    status = refused_problem(refusal.refused).status
    return await show_request(
        request,
        actor,
        found,
        status=status,
        fault=said.get(refusal.reason, ""),
        note_fault="请写明退回意见" if note_fault else "",
    )
