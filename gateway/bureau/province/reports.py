"""Pages of an office's reports: the list, one made for other days, its files, its verification, its e-seal.

The order of the e-seal: one person submits, the node says that another may, the page is pressed, the e-seal program
adds its signature, the node keeps what came back. Nothing is kept of a PDF that came back otherwise than it should.
"""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.catalogue import CATALOGUE
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.figures import Period
from gateway.access import SEALERS, SUPERVISORS
from gateway.auth import Caller, station_of
from gateway.bureau.documents.press import PressError
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.routes import last as field_of
from gateway.bureau.province.around import around
from gateway.bureau.province.asking import AskedFor, day_read
from gateway.bureau.render import BASE, render, see_other
from gateway.report_files import ReportFormat, report_file
from gateway.report_words import CHECK_STATES, KINDS, ONLINE_STATES, WHATS, figure_label
from gateway.routes.province_reports import ReportId
from gateway.sealing import PaperSeal, SealError, SealFault
from node.desk.ports import Role
from node.province.acts_ports import OfficeWork
from node.province.ports import Wanted
from node.province.report_online import OnlineState
from node.province.report_ports import CheckState, ReportView

router = APIRouter()
_AT: Final = f"{BASE}/province/reports"
_AWAY: Final = frozenset({SealFault.CANNOT_START, SealFault.TOO_SLOW})
_SOON: Final = 2.0  # seconds: a verification that is over by then is shown at once
_LOOKS: Final = 20
FORMATS: Final = (
    (ReportFormat.XLSX, "表格（XLSX）"),
    (ReportFormat.PDF, "签章用文本（PDF）"),
    (ReportFormat.CSV, "数据（CSV）"),
    (ReportFormat.JSON, "可核验原件（JSON）"),
    (ReportFormat.PUBLIC, "公开摘要（小于5的数不公开）"),
)
_TOLD: Final[Mapping[Reason, str]] = {
    Reason.UNAVAILABLE: "本地副本尚不完整或正在补齐，暂不能编制报表，请稍后再试",
    Reason.INVALID_INPUT: "请填写正确的起止日期：首日不晚于今天和末日，时段不超过十年",
}
_NOT_BY_HIM: Final[Mapping[Reason, str]] = {
    Reason.FOUR_EYES: "编制或送签的人不能自己用印，须由另一人办理",
    Reason.ROLE_MISSING: "本单位由用印人用印",
    Reason.NOT_ALLOWED: "报表尚未送签，不能用印",
}


@router.get("/province/reports", operation_id="pageReports")
async def page_reports(request: Request, caller: PageCaller, wanted: AskedFor) -> Response:
    """All of the office's, the latest period first."""
    return await _list(request, caller, wanted)


async def _list(
    request: Request,
    caller: Caller,
    wanted: Wanted,
    *,
    said: str = "",
    typed: tuple[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    view = await station_of(request).reports.reports(caller.actor)
    return render(
        request,
        "province/reports.html",
        **await _around(request, caller, wanted),  # type: ignore[arg-type] # values of a page
        status=status,
        view=view,
        kinds=KINDS,
        formats=FORMATS,
        typed=typed or _last_week(day_of(request.app.state.clock())),
        may_make=caller.actor.has(*SUPERVISORS),
        said=said,
        CheckState=CheckState,
        OnlineState=OnlineState,
    )


def _last_week(today: date) -> tuple[str, str]:
    """What is offered: the last whole week, from Monday to Sunday."""
    sunday = today - timedelta(days=today.weekday() + 1)
    return (sunday - timedelta(days=6)).isoformat(), sunday.isoformat()


async def _around(request: Request, caller: Caller, wanted: Wanted) -> dict[str, object]:
    # a seal holder has no part in the office's other work, and is not told of it
    works = caller.actor.has(Role.SUPERVISOR, Role.READER, Role.APPROVER)
    nothing = OfficeWork(waits=(), answers=())
    return await around(request, caller, wanted, "reports", None if works else nothing)


@router.post("/province/reports", operation_id="takeReport")
async def take_report(request: Request, caller: PageCaller, wanted: AskedFor, form: PageForm) -> Response:
    """Make one of other days."""
    typed = field_of(form, "from"), field_of(form, "until")
    try:
        period = _period(*typed)
        made = await station_of(request).reports.make_report(caller.actor, period)
    except Refusal as refusal:
        if refusal.reason not in _TOLD:
            raise
        status = CATALOGUE[refusal.reason].http_status
        return await _list(request, caller, wanted, said=_TOLD[refusal.reason], typed=_safe(typed), status=status)
    return see_other(f"{_AT}/{made.report_id}")


def _period(first: str, last: str) -> Period:
    """Refusal INVALID_INPUT for anything but two days in their order."""
    if not first or not last:
        raise Refusal(Reason.INVALID_INPUT, field="last")
    since, until = (day_read(text[:10], date.min, field="last") for text in (first, last))
    if until < since:
        raise Refusal(Reason.INVALID_INPUT, field="last")
    return Period(since, until)


def _safe(typed: tuple[str, str]) -> tuple[str, str]:
    """What was typed, if it has the form of a day."""
    first, last = (text if len(text) == 10 and text.replace("-", "").isdigit() else "" for text in typed)
    return first, last


@router.get("/province/reports/{report_id}", operation_id="pageReport")
async def page_report(request: Request, report_id: ReportId, caller: PageCaller, wanted: AskedFor) -> Response:
    """One: its files, what came of its verification, its e-seal."""
    return await _one(request, caller, wanted, report_id)


async def _one(
    request: Request, caller: Caller, wanted: Wanted, report_id: str, *, said: str = "", status: int = HTTPStatus.OK
) -> Response:
    view = await station_of(request).reports.report(caller.actor, report_id)
    online = view.check.online if view.check is not None else None
    return render(
        request,
        "province/report.html",
        **await _around(request, caller, wanted),  # type: ignore[arg-type] # values of a page
        status=status,
        view=view,
        kinds=KINDS,
        formats=FORMATS,
        check_states=CHECK_STATES,
        online_states=ONLINE_STATES,
        whats=WHATS,
        differences=[
            *(view.check.differences if view.check is not None else ()),
            *(online.differences if online is not None else ()),
        ],
        figure_label=figure_label,
        with_seal=request.app.state.paper_seal is not None,
        may_submit=view.seal is None and caller.actor.has(*SUPERVISORS),
        may_seal=_may_seal(view, caller),
        said=said,
        CheckState=CheckState,
        OnlineState=OnlineState,
    )


def _may_seal(view: ReportView, caller: Caller) -> bool:
    """Whether a seal is offered; the node judges."""
    if view.seal is None or view.seal.sealed_at is not None or not caller.actor.has(*SEALERS):
        return False
    return caller.actor.staff_id not in {view.seal.submitted_by, view.made_by}


@router.get("/province/reports/{report_id}/file/{form}", operation_id="readReportPaper")
async def read_report_paper(
    request: Request, report_id: ReportId, form: ReportFormat, caller: PageCaller, wanted: AskedFor
) -> Response:
    """The report in one of its forms, to be saved."""
    try:
        return (await report_file(station_of(request), caller.actor, report_id, form)).answer()
    except PressError as error:
        unavailable = HTTPStatus.SERVICE_UNAVAILABLE
        return await _one(request, caller, wanted, report_id, said=error.text, status=unavailable)


@router.post("/province/reports/{report_id}/verify", operation_id="takeReportCheck")
async def take_report_check(request: Request, report_id: ReportId, caller: PageCaller) -> Response:
    """Begin a verification; one that is over soon is shown at once."""
    room = station_of(request).reports
    await room.verify_report(caller.actor, report_id)
    for _ in range(_LOOKS):
        check = (await room.report(caller.actor, report_id)).check
        if check is None or check.state is not CheckState.RUNNING:
            break
        await asyncio.sleep(_SOON / _LOOKS)
    return see_other(f"{_AT}/{report_id}#check-h")


@router.post("/province/reports/{report_id}/submit", operation_id="takeReportSubmit")
async def take_report_submit(request: Request, report_id: ReportId, caller: PageCaller) -> Response:
    """Submit it for the e-seal."""
    if request.app.state.paper_seal is None:
        raise Refusal(Reason.NOT_FOUND)
    await station_of(request).reports.submit_report(caller.actor, report_id)
    return see_other(f"{_AT}/{report_id}#seal-h")


@router.post("/province/reports/{report_id}/seal", operation_id="takeReportSeal")
async def take_report_seal(request: Request, report_id: ReportId, caller: PageCaller, wanted: AskedFor) -> Response:
    """Have the e-seal set. Asked for twice, it is set once."""
    system: PaperSeal | None = request.app.state.paper_seal
    if system is None:
        raise Refusal(Reason.NOT_FOUND)
    station, actor = station_of(request), caller.actor
    try:
        if (await station.reports.may_seal_report(actor, report_id)).sealed_at is None:
            pdf = (await report_file(station, actor, report_id, ReportFormat.PDF)).data
            sealed = await system.seal(pdf, unit=actor.unit)
            await station.reports.keep_sealed_report(actor, report_id, pdf=sealed, unsealed_size=len(pdf))
    except Refusal as refusal:
        if refusal.reason not in _NOT_BY_HIM:
            raise
        status = CATALOGUE[refusal.reason].http_status
        return await _one(request, caller, wanted, report_id, said=_NOT_BY_HIM[refusal.reason], status=status)
    except PressError as error:
        unavailable = HTTPStatus.SERVICE_UNAVAILABLE
        return await _one(request, caller, wanted, report_id, said=error.text, status=unavailable)
    except SealError as error:
        status = HTTPStatus.SERVICE_UNAVAILABLE if error.fault in _AWAY else HTTPStatus.UNPROCESSABLE_ENTITY
        return await _one(request, caller, wanted, report_id, said=error.text, status=status)
    return see_other(f"{_AT}/{report_id}#seal-h")
