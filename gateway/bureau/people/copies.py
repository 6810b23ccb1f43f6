"""The copy for a person: a page to print, or an archive with the page and the chosen files."""

import tempfile
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import IO, Final

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from delegation.errors import Reason, Refusal
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.people.package import chosen, course_of, facts_of, findings_of, name_in_package
from gateway.bureau.people.requests import RequestId, show_request
from gateway.bureau.people.words import ASKED_BY
from gateway.bureau.render import environment, language_for
from node.desk.people_views import SubjectRequestView
from node.desk.ports import Actor, DeskPort
from node.desk.views import DelegationView, MaterialView

router = APIRouter()
_MOST_BYTES: Final = 500 * 1024 * 1024
_IN_MEMORY: Final = 4 * 1024 * 1024
_PIECE: Final = 256 * 1024
_POLICY: Final = "default-src 'none'; style-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


@router.post("/requests/{request_id}/copy", operation_id="makeCopy")
async def make_copy(request: Request, caller: PageCaller, typed: PageForm, request_id: RequestId) -> Response:
    """Make the copy; what goes along is ticked in the form and noted with the request by the answer."""
    station = request.app.state.station
    found: SubjectRequestView = await station.people.get_request(caller.actor, request_id)
    if found.asks != "copy":
        raise Refusal(Reason.NOT_ALLOWED, kind=found.asks)
    view: DelegationView = await station.desk.get_delegation(caller.actor, found.delegation_id)
    files = chosen(view, typed.get("materials", ()))
    if sum(file.size for file in files) > _MOST_BYTES:
        fault = "所选材料合计超过 500 MiB，请分次提供"
        return await show_request(request, caller.actor, found, status=422, fault=fault)
    await station.people.note_paper(caller.actor, found.delegation_id, "copy")
    names = {file.material_id: name_in_package(number, file) for number, file in enumerate(files, start=1)}
    page = _page(request, view, found, files, names, with_findings=typed.get("findings", [""])[-1] == "1")
    if typed.get("as", ["zip"])[0] == "html":
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": _POLICY})
    spool = await _archive(station.desk, caller.actor, page, files, names, at=request.app.state.clock())
    return StreamingResponse(
        _pieces(spool),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="copy-{found.delegation_id}.zip"'},
    )


def _page(
    request: Request,
    view: DelegationView,
    found: SubjectRequestView,
    files: tuple[MaterialView, ...],
    names: dict[str, str],
    *,
    with_findings: bool,
) -> str:
    template = environment(language_for(request)).get_template("people/copy.html")
    return template.render(
        delegation_id=view.row.delegation_id,
        home=view.row.home_name,
        host=view.row.host_name,
        facts=facts_of(view),
        course=course_of(view),
        findings=findings_of(view) if with_findings else (),
        files=files,
        names=names,
        asked_by=ASKED_BY[str(found.content["asked_by"])],
        at=request.app.state.clock(),
        practice=bool(getattr(request.app.state, "practice", False)),
    )


async def _archive(
    desk: DeskPort, actor: Actor, page: str, files: tuple[MaterialView, ...], names: dict[str, str], *, at: datetime
) -> IO[bytes]:
    """The archive in a file that goes away with its handle; every file is read through the desk, and noted there."""
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when it was sent
    when = (at.year, at.month, at.day, at.hour, at.minute, 0)
    try:
        with zipfile.ZipFile(spool, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(zipfile.ZipInfo("index.html", when), page)
            for file in files:
                opened = await desk.open_file(actor, file.material_id)
                entry = zipfile.ZipInfo(f"files/{names[file.material_id]}", when)
                with archive.open(entry, "w", force_zip64=True) as target:
                    async for piece in opened.read():
                        target.write(piece)
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool


async def _pieces(spool: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := spool.read(_PIECE):
            yield piece
    finally:
        spool.close()
