"""Import from the bureau's own system: upload, every bad row told, the good ones become drafts once the clerk says so.

Between upload and confirmation the rows are in memory alone, for an hour, for the one who uploaded them.
"""

import asyncio
import csv
import io
import json
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.auth import station_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.import_rows import Judged, heads, judge_objects, judge_table
from gateway.bureau.intake.routes import AT, last, now_of
from gateway.bureau.intake.sheet_worker import MOST_BYTES
from gateway.bureau.intake.tables import FileError, objects_of, rows_of
from gateway.bureau.render import render, see_other
from gateway.incoming import bounded_stream, media_type
from gateway.settings import GatewaySettings
from node.desk.ports import Actor

router = APIRouter()
_KEPT_FOR: Final = timedelta(hours=1)
_MOST_KEPT: Final = 16
_MOST_SHOWN: Final = 500
_FILE: Final = "application/octet-stream"
_EXAMPLE: Final = {
    "case_key": "2026-17",
    "task_place": {"code": "510104", "role": "ACCIDENT"},
    "legal_basis": "RECOGNITION_RULES_14",
    "priority": "NORMAL",
    "clock": {"accepted_on": "2026-08-03", "procedure": "ORDINARY"},
    "letter": {
        "acceptance_number": "示例受〔2026〕17号",
        "case_summary": "职工出差途中受伤（示例）",
        "items": [{"code": "T1", "text": "事发时间、地点和经过", "mandatory": True}],
        "worker": {"name": "示例", "id_document": "ID_DOCUMENT_CITIZEN_ID", "id_number": "11010519491231002X"},
        "employer": {"name": "示例公司"},
        "insurance": {"mode": "INSURANCE_MODE_EMPLOYER", "insured_in": "330100"},
        "applicant": {"role": "APPLICANT_ROLE_EMPLOYER", "applied_on": "2026-08-01"},
        "accident": {"happened_at": "2026-07-30T09:40", "place_text": "示例路1号"},
        "claimed_grounds": ["14-5"],
        "recusal_declared": True,
    },
}
ImportId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A judged file that waits for the word of the one who uploaded it."""

    staff_id: str
    unit: str
    judged: Judged
    until: datetime


@dataclass(slots=True)
class Imports:
    """Files that wait; bounded, the oldest go first."""

    waiting: dict[str, Kept] = field(default_factory=dict)

    def keep(self, actor: Actor, judged: Judged, now: datetime) -> str:
        """Keep a file for an hour; gives its id."""
        self.waiting = {name: kept for name, kept in self.waiting.items() if kept.until > now}
        while len(self.waiting) >= _MOST_KEPT:
            self.waiting.pop(next(iter(self.waiting)))
        name = token_urlsafe(16)
        self.waiting[name] = Kept(staff_id=actor.staff_id, unit=actor.unit, judged=judged, until=now + _KEPT_FOR)
        return name

    def get(self, actor: Actor, name: str, now: datetime) -> Kept | None:
        """A file of that person that still waits."""
        kept = self.waiting.get(name)
        is_own = kept is not None and (kept.staff_id, kept.unit) == (actor.staff_id, actor.unit)
        return kept if kept is not None and is_own and kept.until > now else None


def imports_of(request: Request) -> Imports:
    """The application's waiting files."""
    state = request.app.state
    if not hasattr(state, "intake_imports"):
        state.intake_imports = Imports()
    found: Imports = state.intake_imports
    return found


@router.get("/intake/import", operation_id="pageImport")
async def page_import(request: Request, caller: PageCaller) -> Response:
    """Choose a file, or paste rows."""
    del caller
    return _page(request, "")


@router.get("/intake/import/template.csv", operation_id="readImportTable")
async def read_import_table(caller: PageCaller) -> Response:
    """An empty table with our headings, for any spreadsheet program."""
    del caller
    text = io.StringIO()
    csv.writer(text).writerow(heads())
    return _download(("\ufeff" + text.getvalue()).encode(), "text/csv", "template.csv")


@router.get("/intake/import/template.json", operation_id="readImportExample")
async def read_import_example(caller: PageCaller) -> Response:
    """One draft as the bureau's own system would write it."""
    del caller
    text = json.dumps([_EXAMPLE], ensure_ascii=False, indent=2)
    return _download(text.encode(), "application/json", "template.json")


@router.post("/intake/import", operation_id="takeImport")
async def take_import(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Judge a file (its bytes as they are) or pasted rows; nothing is stored."""
    data = await _bytes(request) if media_type(request) == _FILE else last(form, "rows").encode()
    now = now_of(request)
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{")):
            judged = await asyncio.to_thread(judge_objects, objects_of(data), now)  # half a second for 1000 rows
        else:
            judged = await asyncio.to_thread(judge_table, await rows_of(data), now)
    except FileError as error:
        return _page(request, str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return see_other(f"{AT}/import/{imports_of(request).keep(caller.actor, judged, now)}")


@router.get("/intake/import/{import_id}", operation_id="pageImported")
async def page_imported(request: Request, import_id: ImportId, caller: PageCaller) -> Response:
    """What was read: how many rows are good, and what is wrong with the others."""
    kept = imports_of(request).get(caller.actor, import_id, now_of(request))
    if kept is None:
        return _page(request, "这次导入已经完成或过期，请重新上传", status=HTTPStatus.NOT_FOUND)
    judged = kept.judged
    return render(
        request,
        "intake/imported.html",
        active="intake",
        judged=judged,
        shown=judged.faults[:_MOST_SHOWN],
        gaps=judged.gaps[:_MOST_SHOWN],
        import_id=import_id,
    )


@router.post("/intake/import/{import_id}", operation_id="takeImported")
async def take_imported(request: Request, import_id: ImportId, caller: PageCaller) -> Response:
    """Make drafts of the good rows. Sent twice, it makes them once."""
    found = imports_of(request)
    kept = found.get(caller.actor, import_id, now_of(request))
    if kept is None:
        return _page(request, "这次导入已经完成或过期，请重新上传", status=HTTPStatus.NOT_FOUND)
    desk = station_of(request).desk
    for number, business in kept.judged.good:
        try:
            await desk.create_draft(caller.actor, business, once=f"import-{import_id}-{number}")
        except Refusal as refusal:
            if refusal.reason is not Reason.INVALID_INPUT:
                raise  # try again: what was made is not made twice
            return _page(
                request, "节点不接受其中的内容，未能全部存入，请联系管理员", status=HTTPStatus.UNPROCESSABLE_ENTITY
            )
    found.waiting.pop(import_id, None)
    return see_other(f"{AT}?imported={len(kept.judged.good)}")


async def _bytes(request: Request) -> bytes:
    settings: GatewaySettings = request.app.state.settings
    pieces = []
    stream = bounded_stream(request, limit=MOST_BYTES, stall=settings.body_stall_seconds)
    async with aclosing(stream):
        async for piece in stream:
            pieces.append(piece)
    return b"".join(pieces)


def _download(data: bytes, kind: str, name: str) -> Response:
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _page(request: Request, said: str, *, status: int = HTTPStatus.OK) -> Response:
    return render(request, "intake/import.html", active="intake", status=status, said=said)
