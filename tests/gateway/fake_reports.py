"""An office without reports: it answers whom the fences let in. The real room is tried in its own tests."""

# ruff: noqa: ARG002 - arguments are the port's

from delegation.errors import Reason, Refusal
from delegation.figures import Period
from node.desk.ports import Actor
from node.province.report_ports import ReportCheck, ReportList, ReportSeal, ReportView
from tests.gateway.fake_oversight import AS_OF


class FakeReports:
    """Implements ReportsPort."""

    async def reports(self, actor: Actor) -> ReportList:
        return ReportList(as_of=AS_OF, office="浙江", reports=(), awaited=())

    async def make_report(self, actor: Actor, period: Period) -> ReportView:
        raise Refusal(Reason.UNAVAILABLE, why="copy")

    async def report(self, actor: Actor, report_id: str) -> ReportView:
        raise Refusal(Reason.NOT_FOUND)

    async def report_content(self, actor: Actor, report_id: str) -> bytes:
        raise Refusal(Reason.NOT_FOUND)

    async def verify_report(self, actor: Actor, report_id: str) -> ReportCheck:
        raise Refusal(Reason.NOT_FOUND)

    async def submit_report(self, actor: Actor, report_id: str) -> ReportView:
        raise Refusal(Reason.NOT_FOUND)

    async def may_seal_report(self, actor: Actor, report_id: str) -> ReportSeal:
        raise Refusal(Reason.NOT_FOUND)

    async def keep_sealed_report(self, actor: Actor, report_id: str, *, pdf: bytes, unsealed_size: int) -> ReportSeal:
        raise Refusal(Reason.NOT_FOUND)

    async def sealed_report(self, actor: Actor, report_id: str) -> bytes:
        raise Refusal(Reason.NOT_FOUND)
