"""One's own password: the page where a one-time password leads, and nothing else does."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.auth import set_session_cookie
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.people.words import FAULTS
from gateway.bureau.render import BASE, render, see_other
from gateway.problems import refused_problem
from gateway.routes.session import SignInGate
from gateway.settings import GatewaySettings

router = APIRouter()


def _page(request: Request, caller: PageCaller, faults: dict[str, str], status: int = 200) -> Response:
    once = caller.session is not None and caller.session.must_change
    return render(request, "people/password.html", active="people", status=status, faults=faults, once=once)


@router.get("/people/password", operation_id="pagePassword")
async def page_password(request: Request, caller: PageCaller) -> Response:
    """The form."""
    return _page(request, caller, {})


@router.post("/people/password", operation_id="takePassword")
async def take_password(request: Request, caller: PageCaller, typed: PageForm) -> Response:
    """Change it; every session ends, and a new one begins here."""
    old, new, again = (typed.get(name, [""])[0] for name in ("old", "new", "again"))
    if new != again:
        return _page(request, caller, {"again": "两次输入的新口令不一样"}, 422)
    gate: SignInGate = request.app.state.sign_in_gate
    settings: GatewaySettings = request.app.state.settings
    accounts = request.app.state.station.accounts
    try:
        async with gate:
            await accounts.change_password(caller.actor, old, new)
            session = await accounts.sign_in(caller.actor.staff_id, new, caller.actor.unit)
    except Refusal as refusal:
        problem = refused_problem(refusal.refused)
        if refusal.reason is Reason.SIGN_IN_REQUIRED:
            return _page(request, caller, {"old": "原口令不对"}, problem.status)
        if refusal.reason is Reason.INVALID_INPUT:
            words = FAULTS["password"]
            return _page(request, caller, {"new": words.get(refusal.refused.details.get("why", ""), words[""])}, 422)
        return _page(request, caller, {"": problem.zh}, problem.status)
    response = see_other(f"{BASE}/")
    set_session_cookie(response, session, settings)
    return response
