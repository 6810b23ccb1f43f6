"""A report's file in each of its forms, made when it is asked for; nothing in any of them is personal."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from starlette.responses import Response

from gateway.bureau.documents.routes import press_of
from gateway.downloads import SANDBOXED
from gateway.ports import Station
from gateway.report_paper import paper
from node.desk.ports import Actor
from node.province import report_public, report_tables, reports


class ReportFormat(StrEnum):
    """What a report may be had as."""

    JSON = "json"  # the canonical form, which is verified
    XLSX = "xlsx"
    CSV = "csv"
    PDF = "pdf"  # for signature and seal
    PUBLIC = "public"  # an extract without small cells, JSON
    SEALED = "sealed"  # the PDF with the office's e-seal


_TYPES: Final[Mapping[ReportFormat, tuple[str, str]]] = {
    ReportFormat.JSON: ("application/json", "json"),
    ReportFormat.XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ReportFormat.CSV: ("text/csv; charset=utf-8", "csv"),
    ReportFormat.PDF: ("application/pdf", "pdf"),
    ReportFormat.PUBLIC: ("application/json", "public.json"),
    ReportFormat.SEALED: ("application/pdf", "sealed.pdf"),
}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file and the name that it is saved under: office and period, no more."""

    form: ReportFormat
    name: str
    data: bytes

    def answer(self) -> Response:
        """To be saved, byte for byte."""
        headers = {
            "Content-Disposition": f'attachment; filename="{self.name}"',
            "Content-Security-Policy": SANDBOXED,
        }
        return Response(self.data, media_type=_TYPES[self.form][0], headers=headers)


async def report_file(station: Station, actor: Actor, report_id: str, form: ReportFormat) -> ReportFile:
    """One form of a report.

    Raises:
        Refusal: NOT_FOUND for no report, or none with an e-seal; ENTRY_MISMATCH for one that was changed in the store.
        PressError: there is no PDF, with what to do.
    """
    view = await station.reports.report(actor, report_id)
    name = f"report-{actor.unit}-{view.first:%Y%m%d}-{view.last:%Y%m%d}.{_TYPES[form][1]}"
    if form is ReportFormat.SEALED:
        return ReportFile(form, name, await station.reports.sealed_report(actor, report_id))
    data = await station.reports.report_content(actor, report_id)
    if form is ReportFormat.JSON:
        return ReportFile(form, name, data)
    if form is ReportFormat.PDF:
        office = (await station.reports.reports(actor)).office
        html = await asyncio.to_thread(lambda: paper(reports.read(data), office=office))
        return ReportFile(form, name, await press_of().pdf(html))
    return ReportFile(form, name, await asyncio.to_thread(_made, data, form))


def _made(data: bytes, form: ReportFormat) -> bytes:
    report = reports.read(data)
    if form is ReportFormat.XLSX:
        return report_tables.as_workbook(report)
    if form is ReportFormat.CSV:
        return report_tables.as_csv(report)
    return reports.canonical(report_public.extract(report))
