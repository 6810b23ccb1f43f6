"""Import of closed paper cases: upload, every bad row told, the good ones kept once the clerk says so.

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

from gateway.auth import station_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.imports import download
from gateway.bureau.intake.routes import now_of
from gateway.bureau.intake.tables import FileError, objects_of, rows_of
from gateway.bureau.intake.upload import uploaded
from gateway.bureau.intake.waiting import OVER, ImportId, Imports
from gateway.bureau.intake.workbook import MEDIA_TYPE, template
from gateway.bureau.old_cases.example import EXAMPLE
from gateway.bureau.old_cases.form import COLUMNS
from gateway.bureau.old_cases.rows import Judged, judged, read_objects, read_table
from gateway.bureau.render import BASE, render, see_other

router = APIRouter()
AT: Final = f"{BASE}/old-cases"
_MOST_SHOWN: Final = 500


def imports_of(request: Request) -> Imports[Judged]:
    """The application's waiting files of closed paper cases."""
    state = request.app.state
    if not hasattr(state, "old_case_imports"):
        state.old_case_imports = Imports()
    found: Imports[Judged] = state.old_case_imports
    return found


@router.get("/old-cases/import", operation_id="pageOldImport")
async def page_old_import(request: Request, caller: PageCaller) -> Response:
    """Choose a file, or paste rows."""
    del caller
    return _page(request, "")


@cache
def _workbook() -> bytes:
    return template(COLUMNS)


@router.get("/old-cases/import/template.xlsx", operation_id="readOldImportWorkbook")
async def read_old_import_workbook(caller: PageCaller) -> Response:
    """An empty workbook with typed cells, drop-downs and a sheet that explains each column."""
    del caller
    return download(await asyncio.to_thread(_workbook), MEDIA_TYPE, "old-cases.xlsx")


@router.get("/old-cases/import/template.csv", operation_id="readOldImportTable")
async def read_old_import_table(caller: PageCaller) -> Response:
    """An empty table with our headings, for any spreadsheet program."""
    del caller
    text = io.StringIO()
    csv.writer(text).writerow([column.heading for column in COLUMNS])
    return download(("\ufeff" + text.getvalue()).encode(), "text/csv", "old-cases.csv")


@router.get("/old-cases/import/template.json", operation_id="readOldImportExample")
async def read_old_import_example(caller: PageCaller) -> Response:
    """One case as the bureau's own system would write it."""
    del caller
    text = json.dumps([dict(EXAMPLE)], ensure_ascii=False, indent=2)
    return download(text.encode(), "application/json", "old-cases.json")


@router.post("/old-cases/import", operation_id="takeOldImport")
async def take_old_import(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Judge a file or pasted rows; nothing is stored."""
    try:
        data = await uploaded(request, caller, form)
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{")):
            rows = read_objects(objects_of(data))
        else:
            rows = read_table(await rows_of(data))
    except FileError as error:
        return _page(request, str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    told = await station_of(request).papers.take_old_cases(caller.actor, [row.content for row in rows], only_check=True)
    name = imports_of(request).keep(caller.actor, judged(rows, told), now_of(request))
    return see_other(f"{AT}/import/{name}")


@router.get("/old-cases/import/{import_id}", operation_id="pageOldImported")
async def page_old_imported(request: Request, import_id: ImportId, caller: PageCaller) -> Response:
    """What was read: how many rows are good, how many are there already, and what is wrong with the others."""
    kept = imports_of(request).get(caller.actor, import_id, now_of(request))
    if kept is None:
        return _page(request, OVER, status=HTTPStatus.NOT_FOUND)
    return render(
        request,
        "old_cases/imported.html",
        active="cases",
        judged=kept.judged,
        shown=kept.judged.faults[:_MOST_SHOWN],
        import_id=import_id,
    )


@router.post("/old-cases/import/{import_id}", operation_id="takeOldImported")
async def take_old_imported(request: Request, import_id: ImportId, caller: PageCaller) -> Response:
    """Keep the good rows. Sent twice, it keeps them once."""
    found = imports_of(request)
    kept = found.get(caller.actor, import_id, now_of(request))
    if kept is None:
        return _page(request, OVER, status=HTTPStatus.NOT_FOUND)
    told = await station_of(request).papers.take_old_cases(caller.actor, kept.judged.good)
    found.waiting.pop(import_id, None)
    if any(outcome.state == "wrong" for outcome in told):  # somebody else imported the same numbers meanwhile
        return _page(
            request,
            "有几条在检查之后已被别人以同一卷号存入，其余已存；请再传一次同一文件核对",
            status=HTTPStatus.CONFLICT,
        )
    return see_other(f"{AT}?imported={sum(outcome.state == 'added' for outcome in told)}")


def _page(request: Request, said: str, *, status: int = HTTPStatus.OK) -> Response:
    return render(request, "old_cases/import.html", active="cases", status=status, said=said)
