"""A draft's life: the list, the page on which it is read, handed over, approved and issued, sent back or dropped."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.catalogue import CATALOGUE
from delegation.errors import Reason, Refusal
from gateway.auth import Caller, station_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.letter import readable
from gateway.bureau.intake.places import places
from gateway.bureau.intake.routes import AT, EDITABLE, last, submit, version_in
from gateway.bureau.intake.told import told
from gateway.bureau.render import BASE, render, see_other
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import DraftId
from node.desk.views import DelegationView, DraftCheck, DraftView, Problem, UnitView

router = APIRouter()
STATES: Final = {
    "draft": "拟稿",
    "sent_back": "退回",
    "pending_approval": "待审批",
    "reviewed": "已审批，待用印",
    "issued": "已发出",
    "cancelled": "已作废",
}
_SIZE: Final = 50
_LONGEST_NOTE: Final = 2000
_STALE: Final = "此稿在您打开之后又有改动，下面是现在的内容，请重新核对"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A draft in the list."""

    draft: DraftView
    state: str
    worker: str
    employer: str
    place: str
    is_own: bool


def draft_line(draft: DraftView, staff_id: str) -> DraftLine:
    """What a list shows of a draft."""
    letter = draft.business.get("letter")
    letter = letter if isinstance(letter, dict) else {}
    place = draft.business.get("task_place")
    code = str(place.get("code", "")) if isinstance(place, dict) else ""
    came_back = draft.state == "draft" and bool(draft.note)
    return DraftLine(
        draft=draft,
        state=STATES["sent_back" if came_back else draft.state],
        worker=str((letter.get("worker") or {}).get("name", "")),
        employer=str((letter.get("employer") or {}).get("name", "")),
        place=places().shown(code).partition(" ")[2] if code else "",
        is_own=draft.prepared_by == staff_id,
    )


@router.get("/intake", operation_id="pageDrafts")
async def page_drafts(request: Request, caller: PageCaller) -> Response:
    """Drafts of the unit that are not issued, own ones first."""
    tokens: PageTokens = request.app.state.page_tokens
    of = f"desk drafts {caller.actor.unit}"
    token = tokens.open(request.query_params.get("after", "")[:512], of=of)
    page = await station_of(request).desk.list_drafts(caller.actor, page_size=_SIZE, page_token=token)
    lines = [draft_line(draft, caller.actor.staff_id) for draft in page.items]
    return render(
        request,
        "intake/list.html",
        active="intake",
        mine=[line for line in lines if line.is_own],
        others=[line for line in lines if not line.is_own],
        imported=_count(request.query_params.get("imported", "")),
        after=tokens.seal(page.next_page_token, of=of) if page.next_page_token else "",
    )


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


@router.get("/intake/{draft_id}/review", operation_id="pageDraftReview")
async def page_draft_review(request: Request, draft_id: DraftId, caller: PageCaller) -> Response:
    """The whole letter, as it will be signed."""
    return await _review(request, caller, draft_id)


@router.post("/intake/{draft_id}/submit", operation_id="takeDraftSubmit")
async def take_draft_submit(request: Request, draft_id: DraftId, caller: PageCaller, form: PageForm) -> Response:
    """Hand it to an approver."""
    draft = await station_of(request).desk.get_draft(caller.actor, draft_id)
    if draft.version != version_in(form):
        return await _review(request, caller, draft_id, said=_STALE)
    return await submit(request, caller, draft)


@router.post("/intake/{draft_id}/approve", operation_id="takeDraftApproval")
async def take_draft_approval(request: Request, draft_id: DraftId, caller: PageCaller, form: PageForm) -> Response:
    """Approve what the page showed, seal and issue it; where the unit keeps its seal apart, leave it to be sealed."""
    desk = station_of(request).desk
    try:
        draft = await desk.get_draft(caller.actor, draft_id)
        if draft.state == "pending_approval" and not await desk.approver_seals(caller.actor):
            await desk.review_draft(caller.actor, draft_id, version_in(form))
            return see_other(f"{AT}/{draft_id}/review")
        issued: DelegationView = await desk.approve_and_issue(caller.actor, draft_id, version_in(form))
    except Refusal as refusal:
        return await _refused(request, caller, draft_id, refusal)
    return see_other(f"{BASE}/cases/{issued.row.delegation_id}")


@router.post("/intake/{draft_id}/send-back", operation_id="takeDraftSendBack")
async def take_draft_send_back(request: Request, draft_id: DraftId, caller: PageCaller, form: PageForm) -> Response:
    """Give it back with a note."""
    text = last(form, "note")
    if not text or len(text) > _LONGEST_NOTE:
        return await _review(request, caller, draft_id, note=text, note_fault="请写明退回的原因（2000字以内）")
    try:
        await station_of(request).desk.send_back(caller.actor, draft_id, version_in(form), text)
    except Refusal as refusal:
        return await _refused(request, caller, draft_id, refusal, note=text)
    return see_other(f"{AT}/{draft_id}/review")


@router.post("/intake/{draft_id}/cancel", operation_id="takeDraftCancel")
async def take_draft_cancel(request: Request, draft_id: DraftId, caller: PageCaller, form: PageForm) -> Response:
    """Drop it."""
    try:
        await station_of(request).desk.cancel_draft(caller.actor, draft_id, version_in(form))
    except Refusal as refusal:
        return await _refused(request, caller, draft_id, refusal)
    return see_other(AT)


async def _refused(request: Request, caller: Caller, draft_id: str, refusal: Refusal, *, note: str = "") -> Response:
    """What the node refuses is said on the page; what concerns the request itself goes to the problem page."""
    reason = refusal.reason
    if reason in {Reason.NOT_FOUND, Reason.ROLE_MISSING, Reason.IF_MATCH_MISSING}:
        raise refusal
    said = _STALE if reason is Reason.EDITED_MEANWHILE else _words(refusal)
    return await _review(request, caller, draft_id, said=said, note=note, status=CATALOGUE[reason].http_status)


def _words(refusal: Refusal) -> str:
    if refusal.reason is Reason.FOUR_EYES:
        return "经办人与审批人必须是两个人：您拟的稿须由另一人审批"
    return told(Problem(refusal.details.get("field", ""), refusal.reason.value, dict(refusal.details)))[1]


async def _recipient(request: Request, caller: Caller, draft: DraftView) -> UnitView | None:
    if not draft.competent_unit:
        return None
    units = await station_of(request).desk.list_units(caller.actor, draft.competent_unit)
    return next((unit for unit in units if unit.code == draft.competent_unit), None)


async def _review(
    request: Request,
    caller: Caller,
    draft_id: str,
    *,
    said: str = "",
    note: str = "",
    note_fault: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    station, actor = station_of(request), caller.actor
    draft = await station.desk.get_draft(actor, draft_id)
    is_open = draft.state in EDITABLE
    judged = await station.desk.check_draft(actor, draft_id) if is_open else DraftCheck(problems=(), due_dates=())
    if status == HTTPStatus.OK and (said or note_fault):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    is_own = draft.prepared_by == actor.staff_id
    apart = not await station.desk.approver_seals(actor)
    may_approve = draft.state == "pending_approval" and "approver" in actor.roles
    presses = "seal_holder" in actor.roles or ("approver" in actor.roles and not apart)
    return render(
        request,
        "intake/review.html",
        active="intake",
        status=status,
        draft=draft,
        state=STATES[draft.state],
        parts=readable({name: value for name, value in draft.business.items() if name != "case_key"}),
        case_key=draft.business.get("case_key", ""),
        recipient=await _recipient(request, caller, draft),
        problems=[told(problem)[1] for problem in judged.problems],
        due_dates=judged.due_dates,
        said=said,
        note=note,
        note_fault=note_fault,
        is_open=is_open,
        is_own=is_own,
        may_edit=is_open and "clerk" in actor.roles,
        may_submit=draft.state in {"draft", "sent_back"} and "clerk" in actor.roles,
        may_approve=may_approve and not is_own,
        may_seal=draft.state == "reviewed" and presses and not is_own,
        apart=apart,
        needs_other=may_approve and is_own,
        may_cancel=is_open and bool(actor.roles & {"clerk", "approver"}),
        digest=lambda material: material.sha256.hex(),
    )
