"""Import from the bureau's own system: upload, every bad row told, the good ones become drafts once the clerk says so.

Between upload and confirmation the rows are in memory alone, for an hour, for the one who uploaded them.
"""

import asyncio
import csv
import io
import json
from functools import cache
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.auth import station_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.import_rows import Judged, heads, judge_objects, judge_table, workbook_columns
from gateway.bureau.intake.routes import AT, now_of
from gateway.bureau.intake.tables import FileError, objects_of, rows_of
from gateway.bureau.intake.upload import uploaded
from gateway.bureau.intake.waiting import OVER, ImportId, Imports
from gateway.bureau.intake.workbook import MEDIA_TYPE, template
from gateway.bureau.render import render, see_other

router = APIRouter()
_MOST_SHOWN: Final = 500
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


def imports_of(request: Request) -> Imports[Judged]:
    """The application's waiting files."""
    state = request.app.state
    if not hasattr(state, "intake_imports"):
        state.intake_imports = Imports()
    found: Imports[Judged] = state.intake_imports
    return found


@router.get("/intake/import", operation_id="pageImport")
async def page_import(request: Request, caller: PageCaller) -> Response:
    """Choose a file, or paste rows."""
    del caller
    return _page(request, "")


@router.get("/intake/import/template.xlsx", operation_id="readImportWorkbook")
async def read_import_workbook(caller: PageCaller) -> Response:
    """An empty workbook with typed cells, drop-downs and a sheet that explains each column."""
    del caller
    return download(await asyncio.to_thread(_workbook), MEDIA_TYPE, "template.xlsx")


@cache
def _workbook() -> bytes:
    return template(workbook_columns())


@router.get("/intake/import/template.csv", operation_id="readImportTable")
async def read_import_table(caller: PageCaller) -> Response:
    """An empty table with our headings, for any spreadsheet program."""
    del caller
    text = io.StringIO()
    csv.writer(text).writerow(heads())
    return download(("\ufeff" + text.getvalue()).encode(), "text/csv", "template.csv")


@router.get("/intake/import/template.json", operation_id="readImportExample")
async def read_import_example(caller: PageCaller) -> Response:
    """One draft as the bureau's own system would write it."""
    del caller
    text = json.dumps([_EXAMPLE], ensure_ascii=False, indent=2)
    return download(text.encode(), "application/json", "template.json")


@router.post("/intake/import", operation_id="takeImport")
async def take_import(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Judge a file or pasted rows; nothing is stored."""
    now = now_of(request)
    try:
        data = await uploaded(request, caller, form)
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
        return _page(request, OVER, status=HTTPStatus.NOT_FOUND)
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
        return _page(request, OVER, status=HTTPStatus.NOT_FOUND)
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


def download(data: bytes, kind: str, name: str) -> Response:
    """A file to be saved under a name of ours."""
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _page(request: Request, said: str, *, status: int = HTTPStatus.OK) -> Response:
    return render(request, "intake/import.html", active="intake", status=status, said=said)
