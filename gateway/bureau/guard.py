"""Who may open a page, and whether a form was sent by our own page.

A browser sends the session's cookie by itself, so a change needs the page's token and, where the browser says where the
form came from (Origin, Sec-Fetch-Site), that it came from here. Forms are read here, bounded in bytes and fields,
before a page sees them.
"""

import hmac
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request

from delegation.errors import Reason, Refusal
from gateway.access import operation_of
from gateway.auth import Caller, admit, session_cookie, station_of
from gateway.bureau.access import FILE_FORMS, PAGES
from gateway.incoming import bounded_stream, media_type
from gateway.problems import WireRefusalError
from gateway.settings import GatewaySettings
from gateway.wire_reasons import WireReason

CSRF_FIELD: Final = "_csrf"
CSRF_HEADER: Final = "x-csrf-token"
_MOST_FIELDS: Final = 2000
_LONGEST_TOKEN: Final = 512
_FORM: Final = "application/x-www-form-urlencoded"
_FILES: Final = "multipart/form-data"
Typed = Mapping[str, Sequence[str]]


class SessionOverError(Exception):
    """Nobody is signed in (any more). `typed` is what the form held, so that it can go on after signing in.

    No frozen dataclass: whoever passes an exception on sets its traceback.
    """

    def __init__(self, typed: Typed | None) -> None:
        super().__init__()
        self.typed = typed


def _came_from_here(request: Request) -> bool:
    """Whether the browser says that the form is ours; an old browser says nothing, and the token decides alone."""
    site = request.headers.get("sec-fetch-site", "")
    if site and site not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin", "")
    if not origin or origin == "null":
        return not origin  # "null" is what a sandboxed or redirected stranger says
    return urlsplit(origin).netloc == request.headers.get("host", "")


async def _typed(request: Request) -> Typed:
    settings: GatewaySettings = request.app.state.settings
    pieces = []
    stream = bounded_stream(request, limit=settings.json_limit, stall=settings.body_stall_seconds)
    async with aclosing(stream):
        async for piece in stream:
            pieces.append(piece)
    try:
        pairs = parse_qsl(b"".join(pieces).decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise WireRefusalError(WireReason.BAD_REQUEST) from None
    if len(pairs) > _MOST_FIELDS:
        raise WireRefusalError(WireReason.BODY_TOO_LARGE)
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


async def _caller(request: Request) -> Caller | None:
    token = session_cookie(request)
    if not token or len(token) > _LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        return None
    try:
        actor, session = await station_of(request).accounts.actor_of_session(token)
    except Refusal as refusal:
        if refusal.refused.reason is Reason.SIGN_IN_REQUIRED:
            return None
        raise
    return Caller(actor, session, token)


async def admit_page(request: Request) -> None:
    """Stands before every page; what a page may use afterwards: `request.state.caller` and `request.state.typed`.

    A file's bytes (any body that is no form) are left unread for the page that takes them; the token then comes in the
    header. A form with files that a browser sends without a script has it as its first part: the pages of `FILE_FORMS`
    take that and ask `check_token` before anything else.

    Raises:
        SessionOverError: the page is for signed-in people.
        Refusal: ROLE_MISSING.
        WireRefusalError: CSRF_TOKEN_MISSING, or a form that is too large or none.
    """
    operation = operation_of(request.scope)
    access = PAGES.get(operation)
    if access is None:
        raise Refusal(Reason.ROLE_MISSING)
    changes = request.method not in {"GET", "HEAD"}
    if changes and not _came_from_here(request):
        raise WireRefusalError(WireReason.CSRF_TOKEN_MISSING)
    typed: Typed | None = await _typed(request) if changes and media_type(request) == _FORM else None
    caller = await _caller(request)
    request.state.caller, request.state.typed = caller, typed or {}
    if access.public:
        return
    if caller is None or caller.session is None:
        raise SessionOverError(typed)
    in_first_part = operation in FILE_FORMS and media_type(request) == _FILES and CSRF_HEADER not in request.headers
    if changes and not in_first_part:
        check_token(caller, (typed or {}).get(CSRF_FIELD, [request.headers.get(CSRF_HEADER, "")])[-1])
    admit(caller, access)


def check_token(caller: Caller, shown: str) -> None:
    """The page's token is the session's.

    Raises:
        WireRefusalError: CSRF_TOKEN_MISSING.
    """
    token = caller.session.csrf if caller.session is not None else ""
    if not token or not hmac.compare_digest(shown.encode(), token.encode()):
        raise WireRefusalError(WireReason.CSRF_TOKEN_MISSING)


async def page_caller(request: Request) -> Caller:
    """The signed-in person whom `admit_page` let pass."""
    caller: Caller | None = request.state.caller
    if caller is None:
        raise SessionOverError(None)
    return caller


async def page_form(request: Request) -> Typed:
    """What the form held, by field; empty for a page that is only read."""
    typed: Typed = request.state.typed
    return typed


PageCaller = Annotated[Caller, Depends(page_caller)]
PageForm = Annotated[Typed, Depends(page_form)]
