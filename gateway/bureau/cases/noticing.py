"""主动介入 on a notice's page: 立案 with one act; once 受理 is recorded, the letter to an approver with one more."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.bureau.guard import PageCaller, PageForm, Typed
from gateway.bureau.render import BASE, see_other
from gateway.problems import WireRefusalError
from gateway.routes.parameters import DelegationId
from gateway.wire_reasons import WireReason
from node.desk.views import DraftView

router = APIRouter()
APPLICANTS: Final = (
    ("APPLICANT_ROLE_EMPLOYER", "用人单位"),
    ("APPLICANT_ROLE_WORKER", "职工本人"),
    ("APPLICANT_ROLE_RELATIVE", "近亲属"),
    ("APPLICANT_ROLE_UNION", "工会组织"),
)
_LONGEST: Final = 80


def _typed(form: Typed, name: str) -> str:
    return form.get(name, [""])[-1].strip()[:_LONGEST]


def accepted(business: Mapping[str, object], form: Typed) -> dict[str, object]:
    """The letter's form with 受理 as it was typed; what is left empty stays as it was."""
    letter = business.get("letter")
    made: dict[str, object] = dict(letter) if isinstance(letter, Mapping) else {}
    clock = {"accepted_on": _typed(form, "accepted_on"), "procedure": _typed(form, "procedure")}
    made["acceptance_number"] = _typed(form, "acceptance_number")
    if _typed(form, "applicant") in dict(APPLICANTS):
        made["applicant"] = {"role": _typed(form, "applicant")}
    if _typed(form, "recusal"):
        made["recusal_declared"] = True
    said = {name: value for name, value in clock.items() if value}
    return {**business, "case_key": _typed(form, "case_key"), "clock": said, "letter": made}


@router.post("/cases/{delegation_id}/open-case", operation_id="takeOpenCase")
async def take_open_case(
    request: Request, caller: PageCaller, typed: PageForm, delegation_id: DelegationId
) -> Response:
    """立案: the notice is answered and the letter drafted; the page of the notice shows what is missing to issue it."""
    version = _typed(typed, "_version")
    if not version.isdecimal():
        raise WireRefusalError(WireReason.BAD_REQUEST)
    await request.app.state.station.desk.open_case(caller.actor, delegation_id, int(version))
    return see_other(f"{BASE}/cases/{delegation_id}?made=opened#noticed")


@router.post("/cases/{delegation_id}/accepted-case", operation_id="takeAcceptedCase")
async def take_accepted_case(
    request: Request, caller: PageCaller, typed: PageForm, delegation_id: DelegationId
) -> Response:
    """受理 is recorded in the draft of a notice, and the draft goes to an approver; what is missing is told there."""
    desk, actor = request.app.state.station.desk, caller.actor
    found = await desk.linked(actor, delegation_id)
    draft: DraftView | None = found.draft if found is not None else None
    if draft is None:
        raise Refusal(Reason.NOT_FOUND)
    try:
        draft = await desk.update_draft(actor, draft.draft_id, draft.version, accepted(draft.business, typed))
        draft = await desk.submit_for_approval(actor, draft.draft_id, draft.version)
    except Refusal as refusal:
        if refusal.reason is Reason.NOT_FOUND:
            raise
        return see_other(f"{BASE}/intake/{draft.draft_id}")  # the form says at each field what is missing
    return see_other(f"{BASE}/intake/{draft.draft_id}/review")
