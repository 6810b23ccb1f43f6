"""One file: its bytes for the browser, and the page to look at it and say what it is.

What somebody sent is never run: the type is the one found by content, out of a short list; a browser that is shown the
file gets a policy of its own that lets it load nothing, and a sandbox.
"""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from delegation.errors import Refusal
from gateway.auth import station_of
from gateway.bureau.cases.labels import DOCUMENT_KINDS, MATERIAL_STATES
from gateway.bureau.evidence.facts import FileRow
from gateway.bureau.evidence.listing import MADE
from gateway.bureau.evidence.names import safe_name, with_ending
from gateway.bureau.evidence.subject import IMAGES, may_change, subject_of
from gateway.bureau.evidence.telling import words_of
from gateway.bureau.guard import PageCaller
from gateway.bureau.render import BASE, render, see_other
from gateway.downloads import SAFE, SANDBOXED, download
from gateway.problems import refused_problem
from gateway.routes.parameters import MaterialId
from node.desk.ports import OpenedFile

router = APIRouter()
_PDF: Final = "application/pdf"
_TEXT: Final = "text/plain"
_SOUNDS: Final = frozenset({"audio/mpeg", "audio/wav", "audio/mp4"})
_FILMS: Final = frozenset({"video/mp4", "video/quicktime"})
_SHOWN: Final = IMAGES | _SOUNDS | _FILMS | {_PDF, _TEXT}
_HEAD: Final = 64 * 1024


def preview_of(media_type: str) -> str:
    """How a page shows a file: image, pdf, sound, film, text, or empty."""
    if media_type in IMAGES:
        return "image"
    if media_type in _SOUNDS:
        return "sound"
    if media_type in _FILMS:
        return "film"
    return {_PDF: "pdf", _TEXT: "text"}.get(media_type, "")


def download_name(view_name: str, media_type: str) -> str:
    """The name that a browser saves it under: ours of the file, with the ending of what it is."""
    name = safe_name(view_name)
    ending = SAFE.get(media_type, "")
    known = name.rpartition(".")[2].lower()
    alike = {known, {"jpeg": "jpg", "tiff": "tif"}.get(known, known)}
    return name if not ending or ending in alike else with_ending(name, ending)


async def _charset(opened: OpenedFile) -> str:
    head = bytearray()
    async for piece in opened.read(0, min(opened.view.size, _HEAD)):
        head += piece
    for cut in range(4):
        try:
            head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return "utf-8"
    return "gb18030"


@router.get("/files/{material_id}", operation_id="readFile")
async def read_file(
    request: Request,
    caller: PageCaller,
    material_id: MaterialId,
    show: Annotated[str, Query(pattern="^1?$")] = "",
    range_header: Annotated[str | None, Header(alias="Range", max_length=256)] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=256)] = None,
) -> Response:
    """The bytes of a file, one range of them if asked: to be saved, or with `show` to stand in a page of ours."""
    opened = await station_of(request).desk.open_file(caller.actor, material_id)
    kind = opened.view.media_type
    if show and kind in _SHOWN:
        headers = {
            "Content-Disposition": "inline",
            "Content-Security-Policy": SANDBOXED,
            "X-Frame-Options": "SAMEORIGIN",
        }
        told = f"{_TEXT}; charset={await _charset(opened)}" if kind == _TEXT else kind
        return await download(opened, range_header=range_header, if_range=if_range, headers=headers, media_type=told)
    # without a name of its own a browser takes the one that stands in our page, which may be a person's
    headers = {"Content-Disposition": "attachment", "Content-Security-Policy": SANDBOXED}
    return await download(opened, range_header=range_header, if_range=if_range, headers=headers)


@router.get("/files/{material_id}/view", operation_id="pageFile")
async def page_file(request: Request, caller: PageCaller, material_id: MaterialId) -> Response:
    """A file beside what is said of it."""
    desk = station_of(request).desk
    view = (await desk.open_file(caller.actor, material_id)).view
    subject = await subject_of(desk, caller, view.delegation_id)
    ids = [each.material_id for each in subject.materials]
    at = ids.index(material_id) if material_id in ids else -1
    changes = may_change(caller, subject, view)
    by_id = {each.material_id: each for each in subject.materials}
    copies = [each for each in subject.materials if each.redacts == material_id]
    return render(
        request,
        "evidence/file.html",
        active="intake" if subject.is_draft else "todo",
        row=FileRow(view),
        file=view,
        subject=subject,
        preview=preview_of(view.media_type),
        save_as=download_name(view.name, view.media_type),
        may_change=changes,
        may_redact=changes and view.media_type in IMAGES,
        before=ids[at - 1] if at > 0 else "",
        after=ids[at + 1] if 0 <= at < len(ids) - 1 else "",
        number=at + 1,
        total=len(ids),
        original=by_id.get(view.redacts),
        copies=[FileRow(each) for each in copies],
        kinds=DOCUMENT_KINDS,
        states=MATERIAL_STATES,
        made=MADE.get(request.query_params.get("made", ""), ""),
    )


@router.post("/files/{material_id}/drop", operation_id="takeFileDrop")
async def take_file_drop(request: Request, caller: PageCaller, material_id: MaterialId) -> Response:
    """Delete a file that nobody has sent."""
    desk = station_of(request).desk
    view = (await desk.open_file(caller.actor, material_id)).view
    try:
        await desk.drop_file(caller.actor, material_id)
    except Refusal as refusal:
        problem = refused_problem(refusal.refused)
        return render(
            request,
            "evidence/refused.html",
            status=problem.status or HTTPStatus.CONFLICT,
            words=words_of(refusal),
            back=f"{BASE}/materials/{view.delegation_id}",
        )
    return see_other(f"{BASE}/materials/{view.delegation_id}?made=dropped")
