"""Who calls: a signed-in person (cookie or bearer token) or a business system (API key), and what the role opens.

Sessions and keys are the node's; the gateway carries the token and holds nothing. A cookie is sent by browsers by
themselves, so a change asked with one needs the page's token too.
"""

import hmac
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request, Response

from delegation.errors import Reason, Refusal
from gateway.access import OPERATIONS, Access, operation_of
from gateway.ports import Station
from gateway.problems import FieldError, InvalidInputError, WireRefusalError
from gateway.settings import GatewaySettings
from gateway.wire_reasons import WireReason
from node.desk.account_views import SessionView
from node.desk.ports import Actor, Role

CSRF_HEADER: Final = "X-Csrf-Token"
KEY_HEADER: Final = "X-Api-Key"
_LONGEST_SECRET: Final = 512
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `session` is None for a business system."""

    actor: Actor
    session: SessionView | None
    token: str = ""


def station_of(request: Request) -> Station:
    """The node that this gateway stands before."""
    station: Station = request.app.state.station
    return station


def _secret(value: str) -> str:
    if not value or len(value) > _LONGEST_SECRET or not value.isascii() or not value.isprintable():
        raise Refusal(Reason.SIGN_IN_REQUIRED)
    return value


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal(Reason.SIGN_IN_REQUIRED)
    return _secret(token.strip())


def session_cookie(request: Request) -> str:
    """The token that the browser brought; empty when it brought none."""
    settings: GatewaySettings = request.app.state.settings
    return request.cookies.get(settings.session_cookie, "")


async def identify(request: Request) -> Caller:
    """The caller. A header is preferred to the cookie; two headers are refused rather than one chosen.

    Raises:
        Refusal: SIGN_IN_REQUIRED for whatever is missing, unknown or over.
        WireRefusalError: CSRF_TOKEN_MISSING for a change asked with a cookie and without the page's token.
    """
    accounts = station_of(request).accounts
    authorization, key = request.headers.get("authorization"), request.headers.get(KEY_HEADER)
    if authorization is not None and key is not None:
        raise Refusal(Reason.SIGN_IN_REQUIRED)
    if key is not None:
        return Caller(await accounts.actor_of_api_key(_secret(key)), None)
    by_cookie = authorization is None
    token = _secret(session_cookie(request)) if authorization is None else _bearer(authorization)
    actor, session = await accounts.actor_of_session(token)
    if by_cookie and request.method not in _READING:
        shown = request.headers.get(CSRF_HEADER, "")
        if not session.csrf or not hmac.compare_digest(shown.encode("utf-8"), session.csrf.encode("utf-8")):
            raise WireRefusalError(WireReason.CSRF_TOKEN_MISSING)
    return Caller(actor, session, token)


def admit(caller: Caller, access: Access) -> None:
    """Let the caller pass the outer fence.

    Raises:
        Refusal: ROLE_MISSING when no role of the caller opens the operation, or it needs a person and a key called.
        WireRefusalError: PASSWORD_CHANGE_REQUIRED for who signed in with a one-time password.
    """
    if access.person and caller.session is None:
        raise Refusal(Reason.ROLE_MISSING)
    if access.oneself:
        return
    if caller.session is not None and caller.session.must_change:
        raise WireRefusalError(WireReason.PASSWORD_CHANGE_REQUIRED)
    if not caller.actor.has(*(Role(role) for role in access.roles)):
        raise Refusal(Reason.ROLE_MISSING)


async def authorise(request: Request) -> None:
    """Stands before every route of the application: no route can be reached that the table does not open."""
    operation = operation_of(request.scope)
    access = OPERATIONS.get(operation)
    if access is None:
        raise Refusal(Reason.ROLE_MISSING)
    if not access.public:
        caller = await identify(request)
        admit(caller, access)
        request.state.caller = caller
    allowed: frozenset[str] = request.app.state.query_names[operation]
    if not allowed.issuperset(request.query_params):
        # a name or number in the address would stand in logs on the way; nothing that was sent is repeated
        raise InvalidInputError((FieldError("query.?", "extra_forbidden"),))


# Coroutines, though they wait for nothing: FastAPI would run plain functions in threads.
async def current_caller(request: Request) -> Caller:
    """The caller whom `authorise` let pass."""
    caller: Caller = request.state.caller
    return caller


async def current_actor(request: Request) -> Actor:
    """The person or system on whose behalf the desk works."""
    return (await current_caller(request)).actor


async def current_station(request: Request) -> Station:
    """As `station_of`, for endpoints."""
    return station_of(request)


def set_session_cookie(response: Response, session: SessionView, settings: GatewaySettings) -> None:
    """Hand the token to a browser: not readable by scripts, not sent from other sites, ends with the browser."""
    name = settings.session_cookie
    response.set_cookie(name, session.token, httponly=True, samesite="strict", secure=settings.tls, path="/")


def drop_session_cookie(response: Response, settings: GatewaySettings) -> None:
    """Take it back."""
    response.delete_cookie(settings.session_cookie, httponly=True, samesite="strict", secure=settings.tls, path="/")


CurrentActor = Annotated[Actor, Depends(current_actor)]
CurrentCaller = Annotated[Caller, Depends(current_caller)]
CurrentStation = Annotated[Station, Depends(current_station)]
