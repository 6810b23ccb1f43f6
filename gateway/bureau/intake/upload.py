"""The bytes of an import: a file of a form as any browser sends it, with or without a script, or pasted rows."""

from typing import Final

from fastapi import Request

from delegation.errors import Refusal
from gateway.auth import Caller
from gateway.bureau.evidence.telling import words_of
from gateway.bureau.guard import CSRF_FIELD, Typed, check_token
from gateway.bureau.intake.routes import last
from gateway.bureau.intake.sheet_worker import MOST_BYTES
from gateway.bureau.intake.tables import TOO_LARGE, FileError
from gateway.incoming import media_type
from gateway.multipart import FormPart, form_parts
from gateway.problems import WireRefusalError
from gateway.scanning import Scanner
from gateway.wire_reasons import WireReason

_FILES: Final = "multipart/form-data"
_MOST_PARTS: Final = 4
_LONGEST_FIELD: Final = 1024
_MOST_READ: Final = 8 * MOST_BYTES  # of a file that is too large, so that the page can say so


async def uploaded(request: Request, caller: Caller, form: Typed) -> bytes:
    """What was sent. The token stands in a form with a file as its first part, which is asked before the next is read.

    Raises:
        WireRefusalError: CSRF_TOKEN_MISSING, a body that is none or never ends.
        FileError: a file that is too large, infected, or could not be looked at by the scanner that is set.
    """
    if media_type(request) != _FILES:
        return last(form, "rows").encode()
    allowed = "x-csrf-token" in request.headers  # then the guard has looked
    found = b""
    async for part in form_parts(request, request.app.state.settings, most=_MOST_PARTS):
        if not allowed:
            shown = await _bytes(part, most=_LONGEST_FIELD) if part.name == CSRF_FIELD else b""
            check_token(caller, shown.decode("utf-8", "replace"))
            allowed = True
        elif part.name == "file" and part.file_name:
            found = await _scanned(request, part)
    if not allowed:
        check_token(caller, "")
    return found


async def _bytes(part: FormPart, *, most: int) -> bytes:
    found = bytearray()
    async for piece in part.content:
        found += piece
        if len(found) > most:
            raise WireRefusalError(WireReason.BODY_TOO_LARGE)
    return bytes(found)


async def _scanned(request: Request, part: FormPart) -> bytes:
    scanner: Scanner = request.app.state.scanner
    found, size = bytearray(), 0
    try:
        async for piece in scanner.checked(part.content):
            size += len(piece)
            if size > _MOST_READ:
                raise WireRefusalError(WireReason.BODY_TOO_LARGE, headers={"Connection": "close"})
            if size <= MOST_BYTES:
                found += piece
    except (Refusal, WireRefusalError) as error:
        if isinstance(error, WireRefusalError) and error.reason is WireReason.BODY_TOO_LARGE:
            raise
        raise FileError(words_of(error)) from None
    if size > MOST_BYTES:
        raise FileError(TOO_LARGE)
    return bytes(found)
