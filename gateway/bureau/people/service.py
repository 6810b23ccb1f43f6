"""Signing in through the bureau's own service, and binding accounts to it.

The session's cookie is not sent along a way that began at another site, so what comes back ends on a page of ours that
goes on by itself.
"""

from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.auth import set_session_cookie
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.render import BASE, render, see_other
from gateway.bureau.session import safe_address, sign_in_page
from gateway.problems import WireRefusalError
from gateway.routes.parameters import StaffPathId
from gateway.settings import GatewaySettings
from gateway.sign_in_service import SignInService, SignInServiceError
from gateway.wire_reasons import WireReason

router = APIRouter()
_COOKIE: Final = "xieban_service"
_PATH: Final = f"{BASE}/sign-in/service"
_SECONDS: Final = 600
_log = structlog.get_logger("gateway.sign_in")
After = Annotated[str, Query(max_length=300)]
Answer = Annotated[str, Query(max_length=2048)]


def _service(request: Request) -> SignInService:
    found: SignInService | None = request.app.state.sign_in_service
    if found is None:
        raise WireRefusalError(WireReason.ADDRESS_UNKNOWN)
    return found


@router.get("/sign-in/service", operation_id="beginService")
async def begin_service(request: Request, after: After = "") -> Response:
    """Send the browser to the service."""
    settings: GatewaySettings = request.app.state.settings
    try:
        begun = await _service(request).begin(safe_address(after))
    except SignInServiceError as error:
        _log.warning("sign-in service", code=error.code)
        return sign_in_page(request, None, status=503, fault="统一身份认证暂时无法连接，请稍后再试或用账号口令登录")
    response = see_other(begun.address)
    response.set_cookie(
        _COOKIE, begun.browser, max_age=_SECONDS, httponly=True, samesite="lax", secure=settings.tls, path=_PATH
    )
    return response


@router.get("/sign-in/service/back", operation_id="finishService")
async def finish_service(
    request: Request, state: Answer = "", code: Answer = "", error: Answer = "", iss: Answer = ""
) -> Response:
    """Take what came back; only an account that was bound before opens."""
    del error  # a text of the service's
    service = _service(request)
    settings: GatewaySettings = request.app.state.settings
    try:
        if iss and iss != service.issuer:  # RFC 9207: an answer of another service
            raise SignInServiceError("issuer")
        browser = request.cookies.get(_COOKIE, "")
        subject, after = await service.finish(state=state, code=code, browser=browser)
        session = await request.app.state.station.accounts.sign_in_by_identity(service.issuer, subject)
    except SignInServiceError as refused:
        _log.warning("sign-in service", code=refused.code)
        response = sign_in_page(request, None, status=401, fault="统一身份认证没有完成，请重新登录")
    except Refusal as refusal:
        if refusal.reason is not Reason.SIGN_IN_REQUIRED:
            raise
        fault = "该身份没有绑定本机构在用的账号，请联系管理员"
        response = sign_in_page(request, None, status=401, fault=fault)
    else:
        response = render(request, "people/signed_in.html", after=safe_address(after))
        set_session_cookie(response, session, settings)
    response.delete_cookie(_COOKIE, httponly=True, samesite="lax", secure=settings.tls, path=_PATH)
    return response


@router.post("/people/staff/{staff_id}/identity", operation_id="takeIdentity")
async def take_identity(request: Request, caller: PageCaller, typed: PageForm, staff_id: StaffPathId) -> Response:
    """Bind the account to a subject of the service, or (empty) to none."""
    service, accounts = _service(request), request.app.state.station.accounts
    subject = typed.get("subject", [""])[0].strip()
    if subject:
        await accounts.bind_identity(caller.actor, staff_id, issuer=service.issuer, subject=subject)
    else:
        await accounts.unbind_identities(caller.actor, staff_id)
    return see_other(f"{BASE}/people/staff/{staff_id}")
