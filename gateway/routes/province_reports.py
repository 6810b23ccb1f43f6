"""A provincial office's reports: listed, made, had in every form, verified. A person sets the e-seal at the desk."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from delegation.errors import Reason, Refusal
from delegation.figures import Period
from gateway.answers import answer
from gateway.auth import CurrentActor, CurrentStation
from gateway.bureau.documents.press import PressError
from gateway.incoming import JsonBody
from gateway.report_files import ReportFormat, report_file
from gateway.schemas.province_reports import NewReport, ReportCheckOut, ReportListOut, ReportOut

router = APIRouter(tags=["province"])
ReportId = Annotated[
    str, Path(pattern=r"^[a-z]{4,10}-[0-9-]{4,60}$", description="Id of a report.", examples=["month-2026-10"])
]
_BYTES = {"schema": {"type": "string", "format": "binary"}}
# octet-stream stands for all of them: a client takes the file as bytes, whatever form was asked for
_MEDIA = (
    "application/octet-stream",
    "application/json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv",
    "application/pdf",
)
_FILES = dict.fromkeys(_MEDIA, _BYTES)


@router.get("/province/reports", operation_id="listReports", response_model=ReportListOut)
async def list_reports(station: CurrentStation, actor: CurrentActor) -> Response:
    """The office's reports, the latest period first, and those that are due and wait."""
    return answer(ReportListOut, await station.reports.reports(actor))


@router.post("/province/reports", operation_id="makeReport", response_model=ReportOut, status_code=HTTPStatus.CREATED)
async def make_report(
    station: CurrentStation, actor: CurrentActor, form: Annotated[NewReport, Depends(JsonBody(NewReport))]
) -> Response:
    """Make a report of any days at the office's present checkpoint; at the same one it is the report that there is.

    Refused (UNAVAILABLE) while the office's copy of the log is not complete.
    """
    if form.last < form.first:
        raise Refusal(Reason.INVALID_INPUT, field="last")
    made = await station.reports.make_report(actor, Period(form.first, form.last))
    headers = {"Location": f"/api/v1/province/reports/{made.report_id}"}
    return answer(ReportOut, made, status=HTTPStatus.CREATED, headers=headers)


@router.get("/province/reports/{report_id}", operation_id="readReport", response_model=ReportOut)
async def read_report(report_id: ReportId, station: CurrentStation, actor: CurrentActor) -> Response:
    """One with its last verification."""
    return answer(ReportOut, await station.reports.report(actor, report_id))


@router.get(
    "/province/reports/{report_id}/files/{format}",
    operation_id="readReportFile",
    response_class=Response,
    responses={200: {"description": "The file.", "content": _FILES}},
)
async def read_report_file(
    report_id: ReportId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[
        ReportFormat,
        Path(
            alias="format",
            description="json is what is verified, public an extract without small cells, sealed the PDF with e-seal.",
        ),
    ],
) -> Response:
    """The report in one of its forms."""
    try:
        return (await report_file(station, actor, report_id, form)).answer()
    except PressError:
        raise Refusal(Reason.UNAVAILABLE, why="pdf") from None


@router.post(
    "/province/reports/{report_id}/verification",
    operation_id="verifyReport",
    response_model=ReportCheckOut,
    status_code=HTTPStatus.ACCEPTED,
)
async def verify_report(report_id: ReportId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Begin to count it again from the signed bytes, and to ask the registry's log for its checkpoint."""
    begun = await station.reports.verify_report(actor, report_id)
    headers = {"Location": f"/api/v1/province/reports/{report_id}/verification"}
    return answer(ReportCheckOut, begun, status=HTTPStatus.ACCEPTED, headers=headers)


@router.get(
    "/province/reports/{report_id}/verification", operation_id="readVerification", response_model=ReportCheckOut
)
async def read_verification(report_id: ReportId, station: CurrentStation, actor: CurrentActor) -> Response:
    """How the verification stands. NOT_FOUND for a report that nobody verified."""
    found = (await station.reports.report(actor, report_id)).check
    if found is None:
        raise Refusal(Reason.NOT_FOUND)
    return answer(ReportCheckOut, found)


@router.post("/province/reports/{report_id}/submission", operation_id="submitReport", response_model=ReportOut)
async def submit_report(report_id: ReportId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Submit it for the office's e-seal, which another person has set at the desk."""
    return answer(ReportOut, await station.reports.submit_report(actor, report_id))
