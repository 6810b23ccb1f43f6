"""The page where regions of a picture are hidden before it is sent: drawn, or given as numbers without a script.

The result is a file of its own; the picture that it was made from stays on this node and is not sent.
"""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.auth import Caller, station_of
from gateway.bureau.evidence.facts import FileRow
from gateway.bureau.evidence.names import LONGEST, safe_name, with_ending
from gateway.bureau.evidence.redacting import MOST_BOXES, MOST_BYTES, TOO_LARGE, Box, NotRedactedError, Redactor
from gateway.bureau.evidence.subject import IMAGES, Subject, may_change, subject_of
from gateway.bureau.evidence.telling import words_of
from gateway.bureau.guard import PageCaller, PageForm, Typed
from gateway.bureau.render import BASE, render, see_other
from gateway.routes.parameters import MaterialId
from node.desk.ports import FileFacts, OpenedFile
from node.desk.views import MaterialView

router = APIRouter()
_redactor: Final = Redactor()  # its bound is the machine's, not an application's
_AT_FIRST: Final = 3
_LARGEST: Final = 100_000
_SIDES: Final = ("x", "y", "w", "h")
_NUMBER: Final = "四个数都要填：左、上为 0 或正整数，宽、高为正整数"
_NONE: Final = "请至少画出或填写一个遮盖区域"
_MARK: Final = "（已遮盖）"
_PIECE: Final = 256 * 1024


async def _opened(request: Request, caller: Caller, material_id: str) -> tuple[OpenedFile, Subject]:
    """A picture that may still be changed. Refusal NOT_FOUND, NOT_ALLOWED."""
    desk = station_of(request).desk
    opened = await desk.open_file(caller.actor, material_id)
    subject = await subject_of(desk, caller, opened.view.delegation_id)
    if opened.view.media_type not in IMAGES or not may_change(caller, subject, opened.view):
        raise Refusal(Reason.NOT_ALLOWED)
    return opened, subject


def _page(
    request: Request,
    view: MaterialView,
    subject: Subject,
    *,
    typed: dict[int, dict[str, str]] | None = None,
    faults: dict[int, str] | None = None,
    fault: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    rows = typed or {}
    count = min(MOST_BOXES, max(_AT_FIRST, len(rows) + 1, *(number + 1 for number in rows)) if rows else _AT_FIRST)
    return render(
        request,
        "evidence/redact.html",
        active="intake" if subject.is_draft else "todo",
        status=status,
        row=FileRow(view),
        file=view,
        subject=subject,
        boxes=[rows.get(number, dict.fromkeys(_SIDES, "")) for number in range(count)],
        faults=faults or {},
        fault=fault,
        most=MOST_BOXES,
    )


def _typed(form: Typed) -> dict[int, dict[str, str]]:
    """Rows in which something stands."""
    found = {}
    for number in range(MOST_BOXES):
        row = {side: (form.get(f"r.{number}.{side}") or [""])[0].strip()[:12] for side in _SIDES}
        if any(row.values()):
            found[number] = row
    return found


def _box(row: dict[str, str]) -> Box | None:
    texts = [row[side] for side in _SIDES]
    if not all(text.isascii() and text.isdigit() and int(text) <= _LARGEST for text in texts):
        return None
    left, top, width, height = (int(text) for text in texts)
    return (left, top, width, height) if width and height else None


@router.get("/files/{material_id}/redact", operation_id="pageRedaction")
async def page_redaction(request: Request, caller: PageCaller, material_id: MaterialId) -> Response:
    """The picture, and the regions to hide."""
    opened, subject = await _opened(request, caller, material_id)
    return _page(request, opened.view, subject)


async def _whole(opened: OpenedFile) -> bytes:
    if opened.view.size > MOST_BYTES:
        raise NotRedactedError(TOO_LARGE)
    return b"".join([piece async for piece in opened.read()])


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]


def _name(view: MaterialView, media_type: str) -> str:
    name = safe_name(view.name)
    stem = name.rpartition(".")[0] or name
    ending = "jpg" if media_type == "image/jpeg" else "png"
    return with_ending(f"{stem[: LONGEST - len(_MARK) - 5]}{_MARK}.{ending}", ending)


@router.post("/files/{material_id}/redact", operation_id="takeRedaction")
async def take_redaction(request: Request, caller: PageCaller, form: PageForm, material_id: MaterialId) -> Response:
    """Make the copy and keep it beside its original, which is held back from then on."""
    opened, subject = await _opened(request, caller, material_id)
    view, rows = opened.view, _typed(form)
    boxes = {number: _box(row) for number, row in rows.items()}
    faults = {number: _NUMBER for number, box in boxes.items() if box is None}
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY
    if faults or not rows:
        return _page(request, view, subject, typed=rows, faults=faults, fault="" if rows else _NONE, status=wrong)
    try:
        made = await _redactor.redacted(await _whole(opened), [box for box in boxes.values() if box is not None])
        facts = FileFacts(
            name=_name(view, view.media_type),
            document_kind=view.document_kind,
            pages=view.pages,
            is_copy=True,
            original_at=view.original_at,
            redacts=material_id,
        )
        added = await station_of(request).desk.add_file(caller.actor, subject.subject_id, _pieces(made), facts)
    except NotRedactedError as error:
        return _page(request, view, subject, typed=rows, fault=error.text, status=wrong)
    except Refusal as refusal:
        return _page(request, view, subject, typed=rows, fault=words_of(refusal), status=HTTPStatus.CONFLICT)
    return see_other(f"{BASE}/files/{added.material_id}/view?made=redacted")
