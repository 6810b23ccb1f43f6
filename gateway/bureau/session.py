"""Signing in and out, and the language.

A session that ended in the middle of a form costs nothing: the sign-in page carries what was typed, and after signing
in the form can be sent again with one button.
"""

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.access import CASE_READERS, OVERSEERS, operation_of
from gateway.auth import Caller, drop_session_cookie, set_session_cookie
from gateway.bureau.guard import CSRF_FIELD, PageCaller, PageForm, Typed
from gateway.bureau.render import BASE, render, see_other
from gateway.bureau.texts import COOKIE
from gateway.language import Language
from gateway.problems import refused_problem
from gateway.routes.session import SignInGate
from gateway.settings import GatewaySettings
from node.desk.ports import Role

router = APIRouter()
_KEPT: Final = "_kept."  # before the names of fields that go on after signing in
_YEAR: Final = 365 * 24 * 3600
_LONGEST_ADDRESS: Final = 300


def safe_address(address: str) -> str:
    """An address of the desk, or the desk's beginning: nobody is sent elsewhere by a link to the sign-in page."""
    is_ours = address.startswith(f"{BASE}/") and len(address) <= _LONGEST_ADDRESS
    plain = address.isascii() and address.isprintable() and "\\" not in address and "//" not in address
    return address if is_ours and plain else f"{BASE}/"


def sign_in_page(
    request: Request, typed: Typed | None, *, status: int = 401, fault: str = "", staff_id: str = ""
) -> Response:
    """The sign-in form, to go on where one was."""
    path = request.url.path
    if request.url.query and typed is None:
        path = f"{path}?{request.url.query}"
    after = safe_address(path)
    if operation_of(request.scope) in {"pageSignIn", "takeSignIn"}:
        after = safe_address((typed or {}).get("after", [request.query_params.get("after", "")])[0])
        kept = {name: values for name, values in (typed or {}).items() if name.startswith(_KEPT)}
    else:
        kept = {f"{_KEPT}{name}": values for name, values in (typed or {}).items() if name != CSRF_FIELD}
    headers = {"HX-Refresh": "true"} if request.headers.get("hx-request") == "true" and typed is None else {}
    return render(
        request,
        "sign_in.html",
        status=status,
        headers=headers,
        after=after,
        kept=[(name, value) for name, values in kept.items() for value in values],
        fault=fault,
        staff_id=staff_id,
        service=request.app.state.sign_in_service,
    )


@router.get("/sign-in", operation_id="pageSignIn")
async def page_sign_in(request: Request) -> Response:
    """The sign-in form."""
    return sign_in_page(request, None, status=200)


@router.post("/sign-in", operation_id="takeSignIn")
async def take_sign_in(request: Request, form: PageForm) -> Response:
    """Sign in; then go where one was, or offer to send the kept form again."""
    gate: SignInGate = request.app.state.sign_in_gate
    settings: GatewaySettings = request.app.state.settings
    staff_id = form.get("staff_id", [""])[0].strip()
    try:
        async with gate:
            session = await request.app.state.station.accounts.sign_in(
                staff_id, form.get("password", [""])[0], form.get("unit", [""])[0].strip()
            )
    except Refusal as refusal:
        if refusal.refused.reason not in {Reason.SIGN_IN_REQUIRED, Reason.LOCKED_OUT, Reason.QUOTA_EXCEEDED}:
            raise
        problem = refused_problem(refusal.refused)
        fault = "账号或口令不对，请再试" if refusal.refused.reason is Reason.SIGN_IN_REQUIRED else problem.zh
        return sign_in_page(request, form, status=problem.status, fault=fault, staff_id=staff_id)
    after = safe_address(form.get("after", [""])[0])
    kept = [
        (name.removeprefix(_KEPT), value) for name, values in form.items() if name.startswith(_KEPT) for value in values
    ]
    response = (
        see_other(after) if not kept else render(request, "go_on.html", after=after, kept=kept, csrf=session.csrf)
    )
    set_session_cookie(response, session, settings)
    return response


@router.post("/sign-out", operation_id="takeSignOut")
async def take_sign_out(request: Request, caller: PageCaller) -> Response:
    """End the session."""
    await request.app.state.station.accounts.sign_out(caller.token)
    response = see_other(f"{BASE}/sign-in")
    settings: GatewaySettings = request.app.state.settings
    drop_session_cookie(response, settings)
    return response


@router.post("/language", operation_id="takeLanguage")
async def take_language(request: Request, form: PageForm) -> Response:
    """Choose the language of the pages, in this browser."""
    chosen = form.get("language", [""])[0]
    response = see_other(safe_address(form.get("after", [""])[0]))
    if chosen in {each.value for each in Language}:
        settings: GatewaySettings = request.app.state.settings
        response.set_cookie(
            COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="lax", secure=settings.tls, path=BASE
        )
    return response


@router.get("/", operation_id="pageHome")
async def page_home(request: Request) -> Response:
    """Where the desk begins: a province's figures or acts, what waits, or signing in."""
    caller: Caller | None = request.state.caller
    if caller is None:
        return see_other(f"{BASE}/sign-in?{urlencode({'after': f'{BASE}/'})}")
    dispatches = caller.actor.has(Role.DISPATCHER) and not caller.actor.has(*CASE_READERS, Role.ADMINISTRATOR)
    if caller.actor.unit[6:8] in {"PO", "NO"}:
        if caller.actor.has(*OVERSEERS):
            return see_other(f"{BASE}/province")
        if caller.actor.has(Role.APPROVER):
            return see_other(f"{BASE}/province/waiting")
    return see_other(f"{BASE}/people" if dispatches else f"{BASE}/todo")
