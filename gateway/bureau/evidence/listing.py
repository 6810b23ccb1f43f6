"""The page of a case's or draft's files: bring some in, say what they are, see what is there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.access import PREPARERS
from gateway.auth import Caller, station_of
from gateway.bureau.cases.labels import DOCUMENT_KINDS, MATERIAL_STATES
from gateway.bureau.evidence.facts import TEXTS, FileRow, batch_facts, facts_of, read_row
from gateway.bureau.evidence.names import LONGEST, safe_name
from gateway.bureau.evidence.spool import MOST_PART
from gateway.bureau.evidence.subject import IMAGES, Subject, rows_of, subject_of
from gateway.bureau.evidence.telling import FILE_ERRORS, words_of
from gateway.bureau.evidence.uploads import SubjectId, owner_of, spool_of
from gateway.bureau.guard import CSRF_FIELD, PageCaller, PageForm, check_token
from gateway.bureau.render import BASE, render, see_other
from gateway.multipart import FormPart, form_parts
from gateway.problems import FieldError, InvalidInputError
from gateway.scanning import Scanner
from gateway.settings import MIB

router = APIRouter()
_MOST_PARTS: Final = 120
_LONGEST_FIELD: Final = 1024
_PART: Final = MOST_PART // 2
MADE: Final = {
    "added": "已上传",
    "saved": "已保存",
    "dropped": "已删除",
    "redacted": "已生成遮盖后的副本，原图不随函发送",
}
# What a browser offers to choose; what is taken is decided by content.
ACCEPT: Final = "image/*,audio/*,video/*,.pdf,.ofd,.docx,.xlsx,.dcm,.txt,.csv"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file of a form. `fault` is empty for one that was taken."""

    name: str
    fault: str = ""
    renamed: bool = False


async def _page(
    request: Request,
    caller: Caller,
    subject: Subject,
    *,
    status: int = HTTPStatus.OK,
    taken: tuple[Taken, ...] = (),
    rows: list[FileRow] | None = None,
    fault: str = "",
) -> Response:
    open_ones, closed = rows_of(caller, subject)
    shown = rows if rows is not None else open_ones
    return render(
        request,
        "evidence/materials.html",
        active="intake" if subject.is_draft else "todo",
        status=status,
        subject=subject,
        here=f"{BASE}/materials/{subject.subject_id}",
        may_add=caller.actor.has(*PREPARERS) and not subject.fast,
        rows=shown,
        closed=closed,
        originals={row.view.redacts: row for row in (*open_ones, *closed) if row.view.redacts},
        waiting=spool_of(request).of_subject(owner_of(caller), subject.subject_id, request.app.state.clock()),
        taken=taken,
        wrong=[each for row in shown for each in [(row, path, text) for path, text in row.faults.items()]],
        fault=fault,
        made=MADE.get(request.query_params.get("made", ""), ""),
        kinds=list(DOCUMENT_KINDS.items()),
        states=MATERIAL_STATES,
        document_kinds=DOCUMENT_KINDS,
        images=IMAGES,
        accept=ACCEPT,
        part=_PART,
        most=request.app.state.settings.upload_limit - MIB,
    )


@router.get("/materials/{subject_id}", operation_id="pageMaterials")
async def page_materials(request: Request, caller: PageCaller, subject_id: SubjectId) -> Response:
    """Files of a delegation or draft."""
    subject = await subject_of(station_of(request).desk, caller, subject_id)
    if subject.moved_to:
        return see_other(f"{BASE}/materials/{subject.moved_to}")
    return await _page(request, caller, subject)


async def _text(part: FormPart) -> str:
    found = bytearray()
    async for piece in part.content:
        found += piece
        if len(found) > _LONGEST_FIELD:
            raise InvalidInputError((FieldError("body.?", "too_long"),))
    return found.decode("utf-8", "replace")


async def _started(content: AsyncIterator[bytes]) -> bytes:
    """The first bytes of a file; empty for none."""
    async for piece in content:
        if piece:
            return piece
    return b""


async def _going_on(first: bytes, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in content:
        yield piece


async def _take(request: Request, caller: Caller, subject_id: str, part: FormPart, said: dict[str, list[str]]) -> Taken:
    name = safe_name(part.file_name)
    scanner: Scanner = request.app.state.scanner
    try:
        first = await _started(part.content)
        if not first:
            raise Refusal(Reason.INVALID_INPUT, field="material")
        content = scanner.checked(_going_on(first, part.content))
        await station_of(request).desk.add_file(caller.actor, subject_id, content, batch_facts(said, name=name))
    except FILE_ERRORS as error:
        return Taken(name, words_of(error))
    return Taken(name, renamed=name != part.file_name)


@router.post("/materials/{subject_id}", operation_id="takeFiles")
async def take_files(request: Request, caller: PageCaller, subject_id: SubjectId) -> Response:
    """The form without a script: the token first, what is said of the batch, then any number of files.

    Each file is taken or refused by itself. Nothing is stored before the token was found right.
    """
    desk, said, taken = station_of(request).desk, {}, []  # type: ignore[var-annotated] # filled below
    allowed = "x-csrf-token" in request.headers  # then the guard has looked
    async for part in form_parts(request, request.app.state.settings, most=_MOST_PARTS):
        if not allowed:
            check_token(caller, await _text(part) if part.name == CSRF_FIELD else "")
            allowed = True
        elif part.name != "file":
            said.setdefault(part.name[:LONGEST], []).append(await _text(part))
        elif part.file_name:
            taken.append(await _take(request, caller, subject_id, part, said))
    check_token(caller, "") if not allowed else None
    subject = await subject_of(desk, caller, subject_id)
    if taken and not any(each.fault or each.renamed for each in taken):
        return see_other(f"{BASE}/materials/{subject_id}?made=added")
    wrong = not taken or any(each.fault for each in taken)
    return await _page(
        request,
        caller,
        subject,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        taken=tuple(taken),
        fault="" if taken else "请先选择文件",
    )


@router.post("/materials/{subject_id}/facts", operation_id="takeFacts")
async def take_facts(request: Request, caller: PageCaller, form: PageForm, subject_id: SubjectId) -> Response:
    """What was said of several files at once; rows that are right are saved, the others shown again as typed."""
    desk = station_of(request).desk
    subject = await subject_of(desk, caller, subject_id)
    rows, _ = rows_of(caller, subject)
    shown, saved = [], 0
    for row in rows:
        if f"f.{row.view.material_id}.seen" not in form:
            shown.append(row)
            continue
        read, facts = read_row(form, row.view)
        if not read.faults and facts != facts_of(row.view):
            try:
                read = FileRow(
                    await desk.describe_file(caller.actor, row.view.material_id, facts, seen=facts_of(row.view))
                )
                saved += 1
            except Refusal as refusal:
                meanwhile = refusal.reason is Reason.EDITED_MEANWHILE
                read.faults["name"] = TEXTS["meanwhile"] if meanwhile else words_of(refusal)
        shown.append(read)
    if any(row.faults for row in shown):
        return await _page(request, caller, subject, status=HTTPStatus.UNPROCESSABLE_ENTITY, rows=shown)
    after = (form.get("_after") or [""])[0]
    if after in {row.view.material_id for row in rows}:
        return see_other(f"{BASE}/files/{after}/view?made=saved")
    return see_other(f"{BASE}/materials/{subject_id}?made=saved")
