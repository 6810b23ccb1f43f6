"""Signing in and out, and who one is."""

import asyncio
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from delegation.errors import Reason, Refusal
from gateway.answers import answer, no_content
from gateway.auth import CurrentCaller, CurrentStation, drop_session_cookie, set_session_cookie
from gateway.incoming import JsonBody
from gateway.schemas.accounts import PasswordChange, SignIn
from gateway.schemas.answers import MeOut, SessionOut
from gateway.settings import GatewaySettings

router = APIRouter(tags=["session"])


class SignInGate:
    """Lets a few sign-ins be checked at a time and a few more wait; argon2 takes its memory on purpose."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._inside = 0

    async def __aenter__(self) -> None:
        """Wait for a place.

        Raises:
            Refusal: QUOTA_EXCEEDED when too many wait already.
        """
        if self._inside >= self._most:
            raise Refusal(Reason.QUOTA_EXCEEDED)
        self._inside += 1
        try:
            await self._places.acquire()
        except BaseException:
            self._inside -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        """Give the place up."""
        self._inside -= 1
        self._places.release()


@router.post("/session", operation_id="signIn", response_model=SessionOut, status_code=HTTPStatus.CREATED)
async def sign_in(
    request: Request, station: CurrentStation, form: Annotated[SignIn, Depends(JsonBody(SignIn))]
) -> Response:
    """Sign in with staff id and password.

    The token comes in the answer (for a bearer header) and as a cookie (for a browser). Five failures lock the account
    for 15 minutes. Whatever was wrong, the answer is the same.
    """
    gate: SignInGate = request.app.state.sign_in_gate
    settings: GatewaySettings = request.app.state.settings
    async with gate:
        session = await station.accounts.sign_in(form.staff_id, form.password, form.unit or "")
    response = answer(SessionOut, session, status=HTTPStatus.CREATED)
    set_session_cookie(response, session, settings)
    return response


@router.delete("/session", operation_id="signOut", status_code=HTTPStatus.NO_CONTENT)
async def sign_out(request: Request, station: CurrentStation, caller: CurrentCaller) -> Response:
    """End the session that the request was made with."""
    await station.accounts.sign_out(caller.token)
    response = no_content()
    settings: GatewaySettings = request.app.state.settings
    drop_session_cookie(response, settings)
    return response


@router.get("/me", operation_id="readMe", response_model=MeOut)
async def read_me(caller: CurrentCaller) -> Response:
    """Who the caller is, for which unit and with which roles."""
    actor, session = caller.actor, caller.session
    return answer(
        MeOut,
        {
            "staff_id": actor.staff_id,
            "name": actor.name,
            "unit": actor.unit,
            "roles": tuple(sorted(actor.roles)),
            "phone": actor.phone,
            "csrf": session.csrf if session else "",
            "expires_at": session.expires_at if session else None,
        },
    )


@router.put("/me/password", operation_id="changePassword", status_code=HTTPStatus.NO_CONTENT)
async def change_password(
    request: Request,
    station: CurrentStation,
    caller: CurrentCaller,
    form: Annotated[PasswordChange, Depends(JsonBody(PasswordChange))],
) -> Response:
    """Change one's own password."""
    gate: SignInGate = request.app.state.sign_in_gate
    async with gate:
        await station.accounts.change_password(caller.actor, form.old, form.new)
    return no_content()
