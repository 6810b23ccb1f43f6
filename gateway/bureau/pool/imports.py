"""Import of experts: upload, every bad row told, the good ones kept once somebody says so. And the way out again.

Between upload and confirmation the rows are in memory alone, for an hour, for the one who uploaded them.
"""

import asyncio
import csv
import io
import json
from collections.abc import Mapping
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
from gateway.bureau.pool.example import EXAMPLE
from gateway.bureau.pool.form import COLUMNS
from gateway.bureau.pool.rows import Judged, judged, read_objects, read_table
from gateway.bureau.render import BASE, render, see_other
from node.pool.ports import MOST_ROWS

router = APIRouter()
AT: Final = f"{BASE}/pool"
_MOST_SHOWN: Final = 500


def imports_of(request: Request) -> Imports[Judged]:
    """The application's waiting files of experts."""
    state = request.app.state
    if not hasattr(state, "pool_imports"):
        state.pool_imports = Imports()
    found: Imports[Judged] = state.pool_imports
    return found


@router.get("/pool/import", operation_id="pagePoolImport")
async def page_pool_import(request: Request, caller: PageCaller) -> Response:
    """Choose a file, or paste rows."""
    del caller
    return _page(request, "")


@cache
def _workbook() -> bytes:
    return template(COLUMNS)


@router.get("/pool/import/template.xlsx", operation_id="readPoolWorkbook")
async def read_pool_workbook(caller: PageCaller) -> Response:
    """An empty workbook with typed cells, drop-downs and a sheet that explains each column."""
    del caller
    return download(await asyncio.to_thread(_workbook), MEDIA_TYPE, "experts.xlsx")


@router.get("/pool/import/template.csv", operation_id="readPoolTable")
async def read_pool_table(caller: PageCaller) -> Response:
    """An empty table with our headings, for any spreadsheet program."""
    del caller
    return download(_table(()), "text/csv", "experts.csv")


@router.get("/pool/import/template.json", operation_id="readPoolExample")
async def read_pool_example(caller: PageCaller) -> Response:
    """One expert as the committee's own system would write them."""
    del caller
    text = json.dumps([dict(EXAMPLE)], ensure_ascii=False, indent=2)
    return download(text.encode(), "application/json", "experts.json")


@router.get("/pool/export.csv", operation_id="readPoolExport")
async def read_pool_export(request: Request, caller: PageCaller) -> Response:
    """The whole pool as a table that an import takes."""
    rows = await station_of(request).pool.export_experts(caller.actor)
    return download(await asyncio.to_thread(_table, rows), "text/csv", "pool.csv")


def _table(rows: tuple[Mapping[str, str], ...]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.heading for column in COLUMNS])
    writer.writerows([_cell(row[column.asked.path]) for column in COLUMNS] for row in rows)
    return ("\ufeff" + text.getvalue()).encode()


def _cell(text: str) -> str:
    """A text that a spreadsheet's program would take for a formula stands behind an apostrophe."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


@router.post("/pool/import", operation_id="takePoolImport")
async def take_pool_import(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Judge a file or pasted rows; nothing is stored."""
    try:
        data = await uploaded(request, caller, form)
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{")):
            rows = read_objects(objects_of(data, most=MOST_ROWS))
        else:
            rows = await asyncio.to_thread(read_table, await rows_of(data, most=MOST_ROWS))
    except FileError as error:
        return _page(request, str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    told = await station_of(request).pool.import_experts(caller.actor, [row.content for row in rows], only_check=True)
    name = imports_of(request).keep(caller.actor, judged(rows, told), now_of(request))
    return see_other(f"{AT}/import/{name}")


@router.get("/pool/import/{import_id}", operation_id="pagePoolImported")
async def page_pool_imported(request: Request, import_id: ImportId, caller: PageCaller) -> Response:
    """What was read: how many rows are good, how many are there already, and what is wrong with the others."""
    kept = imports_of(request).get(caller.actor, import_id, now_of(request))
    if kept is None:
        return _page(request, OVER, status=HTTPStatus.NOT_FOUND)
    return render(
        request,
        "pool/imported.html",
        active="pool",
        judged=kept.judged,
        shown=kept.judged.faults[:_MOST_SHOWN],
        import_id=import_id,
    )


@router.post("/pool/import/{import_id}", operation_id="takePoolImported")
async def take_pool_imported(request: Request, import_id: ImportId, caller: PageCaller) -> Response:
    """Keep the good rows. Sent twice, it keeps them once."""
    found = imports_of(request)
    kept = found.get(caller.actor, import_id, now_of(request))
    if kept is None:
        return _page(request, OVER, status=HTTPStatus.NOT_FOUND)
    told = await station_of(request).pool.import_experts(caller.actor, kept.judged.good)
    found.waiting.pop(import_id, None)
    return see_other(f"{AT}?imported={sum(outcome.state in ('added', 'changed') for outcome in told)}")


def _page(request: Request, said: str, *, status: int = HTTPStatus.OK) -> Response:
    return render(request, "pool/import.html", active="pool", status=status, said=said)
