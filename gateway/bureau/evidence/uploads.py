"""Uploads of the page's script: begun, sent in parts, gone on with after a lost connection or a reload, finished.

Answers are small JSON objects; a refusal says in `text` what to tell of this file. The form without a script is in
`listing`. Names stand in bodies, never in addresses.
"""

from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from delegation.errors import Reason, ReasonClass, Refusal
from gateway.auth import Caller, station_of
from gateway.bureau.evidence.facts import batch_facts
from gateway.bureau.evidence.names import safe_name
from gateway.bureau.evidence.spool import MOST_PART, Coming, OutOfStepError, Spool
from gateway.bureau.evidence.telling import FILE_ERRORS, problem_of, words_of
from gateway.bureau.guard import PageCaller, PageForm, Typed
from gateway.incoming import bounded_stream
from gateway.problems import WireRefusalError
from gateway.scanning import Scanner
from gateway.settings import GatewaySettings
from gateway.wire_reasons import WireReason

router = APIRouter()
UploadId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{10,64}$")]
Offset = Annotated[int, Query(ge=0, le=2**53)]
SubjectId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_LONGEST_MARK: Final = 64


def spool_of(request: Request) -> Spool:
    """The uploads that are open."""
    spool: Spool = request.app.state.spool
    return spool


def owner_of(caller: Caller) -> tuple[str, str]:
    """Whose uploads they are."""
    return caller.actor.staff_id, caller.actor.unit


def _told(error: Exception) -> Response:
    problem = problem_of(error)
    body: dict[str, object] = {
        "reason": problem.reason,
        "text": words_of(error),
        "again": problem.reason_class is ReasonClass.TRY_AGAIN or problem.reason == Reason.DISK_FULL,
    }
    if isinstance(error, OutOfStepError):
        body["received"] = error.received
    return JSONResponse(body, status_code=problem.status, headers=dict(problem.headers))


def _state(coming: Coming) -> dict[str, object]:
    return {
        "id": coming.upload_id,
        "received": coming.received,
        "digest": coming.last_digest,
        "digest_of": coming.last_size,
    }


def _first(form: Typed, name: str) -> str:
    return (form.get(name) or [""])[0]


@router.post("/materials/{subject_id}/uploads", operation_id="beginUpload")
async def begin_upload(request: Request, caller: PageCaller, form: PageForm, subject_id: SubjectId) -> Response:
    """Begin an upload: `name`, `size`, and `mark`, what the page knows the file by."""
    try:
        await station_of(request).desk.list_materials(caller.actor, subject_id)  # NOT_FOUND before anything is sent
        size = _first(form, "size")
        if not (size.isascii() and size.isdigit() and len(size) <= 16):
            raise WireRefusalError(WireReason.BAD_REQUEST)
        settings: GatewaySettings = request.app.state.settings
        if int(size) > settings.upload_limit:
            raise Refusal(Reason.TOO_LARGE, field="material")
        coming = spool_of(request).begin(
            owner_of(caller),
            subject_id,
            name=safe_name(_first(form, "name")),
            size=int(size),
            mark=_first(form, "mark")[:_LONGEST_MARK],
            at=request.app.state.clock(),
        )
    except FILE_ERRORS as error:
        return _told(error)
    return JSONResponse({**_state(coming), "name": coming.name}, status_code=HTTPStatus.CREATED)


@router.get("/uploads/{upload_id}", operation_id="readUpload")
async def read_upload(request: Request, caller: PageCaller, upload_id: UploadId) -> Response:
    """How far an upload is."""
    try:
        coming = spool_of(request).find(owner_of(caller), upload_id, request.app.state.clock())
    except FILE_ERRORS as error:
        return _told(error)
    return JSONResponse(_state(coming))


@router.post("/uploads/{upload_id}/parts", operation_id="takeUploadPart")
async def take_upload_part(request: Request, caller: PageCaller, upload_id: UploadId, offset: Offset) -> Response:
    """The part that begins at `offset`, 1 to 4 MiB but for the last. A part that came already changes nothing."""
    spool, settings = spool_of(request), request.app.state.settings
    try:
        coming = spool.find(owner_of(caller), upload_id, request.app.state.clock())
        with spool.place_for_a_part():
            data = bytearray()
            stream = bounded_stream(request, limit=MOST_PART, stall=settings.body_stall_seconds)
            async with aclosing(stream):
                async for piece in stream:
                    data += piece
            received = await spool.add(coming, offset, bytes(data))
    except FILE_ERRORS as error:
        return _told(error)
    return JSONResponse({"received": received})


@router.post("/uploads/{upload_id}/finish", operation_id="finishUpload")
async def finish_upload(request: Request, caller: PageCaller, form: PageForm, upload_id: UploadId) -> Response:
    """Hand a whole upload to the scanner and the node. Asked again after a lost answer, it gives the same file.

    What may pass (the scanner is away, the disk is full) keeps the upload; a final refusal ends it.
    """
    spool, owner = spool_of(request), owner_of(caller)
    made = spool.finished(owner, upload_id)
    if made:
        return JSONResponse({"material_id": made})
    try:
        coming = spool.find(owner, upload_id, request.app.state.clock())
        try:
            async with spool.handing_over(coming) as pieces:
                scanner: Scanner = request.app.state.scanner
                added = await station_of(request).desk.add_file(
                    caller.actor,
                    coming.subject_id,
                    scanner.checked(pieces),
                    batch_facts(form, name=coming.name),
                )
                spool.done(coming, added.material_id)
        except (Refusal, WireRefusalError) as error:
            again = problem_of(error).reason_class is ReasonClass.TRY_AGAIN
            if not again and not (isinstance(error, Refusal) and error.reason is Reason.DISK_FULL):
                await spool.give_up(coming)
            raise
    except FILE_ERRORS as error:
        made = spool.finished(owner, upload_id)
        return JSONResponse({"material_id": made}) if made else _told(error)
    return JSONResponse({"material_id": added.material_id})


@router.post("/uploads/{upload_id}/cancel", operation_id="cancelUpload")
async def cancel_upload(request: Request, caller: PageCaller, upload_id: UploadId) -> Response:
    """Give an upload up; one that is gone already is given up as well."""
    spool = spool_of(request)
    try:
        await spool.give_up(spool.find(owner_of(caller), upload_id, request.app.state.clock()))
    except FILE_ERRORS as error:
        if problem_of(error).reason != "UPLOAD_GONE":
            return _told(error)
    return Response(status_code=HTTPStatus.NO_CONTENT)
