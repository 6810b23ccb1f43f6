"""An office's reports in memory, without what they say. The real room is tried in its own tests."""

# ruff: noqa: ARG002 - arguments are the port's

from dataclasses import dataclass, field, replace
from datetime import date

from delegation.errors import Reason, Refusal
from delegation.figures import Period
from node.desk.ports import Actor
from node.province.report_checking import Difference
from node.province.report_online import Online, OnlineState
from node.province.report_ports import CheckState, ReportCheck, ReportList, ReportSeal, ReportView
from node.province.schedule import ReportKind
from tests.gateway.fake_accounts import NOW
from tests.gateway.fake_oversight import AS_OF


@dataclass
class FakeReports:
    """Implements ReportsPort."""

    made: dict[str, ReportView] = field(default_factory=dict)

    async def reports(self, actor: Actor) -> ReportList:
        return ReportList(as_of=AS_OF, office="浙江", reports=tuple(self.made.values()), awaited=())

    async def make_report(self, actor: Actor, period: Period) -> ReportView:
        report_id = f"custom-{period.first:%Y%m%d}-{period.last:%Y%m%d}-0-{AS_OF.today:%Y%m%d}"
        view = ReportView(
            report_id=report_id, kind=ReportKind.CUSTOM, first=period.first, last=period.last, log_size=0, threads=0,
            digest="0" * 64, size=0, made_by=actor.staff_id, made_by_name=actor.name, made_at=NOW,
        )  # fmt: skip
        return self.made.setdefault(report_id, view)

    async def report(self, actor: Actor, report_id: str) -> ReportView:
        if report_id not in self.made:
            raise Refusal(Reason.NOT_FOUND)
        return self.made[report_id]

    async def report_content(self, actor: Actor, report_id: str) -> bytes:
        raise Refusal(Reason.NOT_FOUND)

    async def verify_report(self, actor: Actor, report_id: str) -> ReportCheck:
        view, check = await self.report(actor, report_id), ReportCheck(state=CheckState.RUNNING)
        self.made[report_id] = replace(view, check=check)
        return check

    async def submit_report(self, actor: Actor, report_id: str) -> ReportView:
        view = await self.report(actor, report_id)
        seal = ReportSeal(submitted_by=actor.staff_id, submitted_by_name=actor.name, submitted_at=NOW)
        self.made[report_id] = replace(view, seal=view.seal or seal)
        return self.made[report_id]

    async def may_seal_report(self, actor: Actor, report_id: str) -> ReportSeal:
        seal = (await self.report(actor, report_id)).seal
        if seal is None:
            raise Refusal(Reason.NOT_ALLOWED, state="not_submitted")
        return seal

    async def keep_sealed_report(self, actor: Actor, report_id: str, *, pdf: bytes, unsealed_size: int) -> ReportSeal:
        return await self.may_seal_report(actor, report_id)

    async def sealed_report(self, actor: Actor, report_id: str) -> bytes:
        raise Refusal(Reason.NOT_FOUND)


def busy_reports() -> FakeReports:
    """One that was verified and differs, and one that waits for its seal: everything that the pages show."""
    figure = Difference(what="figure", where="whole.counts.issued", reported=7, found=6)
    entry = Difference(what="entry", where="", thread_id="WT-330100-20260803-000017-Y", leaf=9, why="inclusion")
    online = Online(state=OnlineState.DIFFERS, log_size=12, leaves=3, differences=(entry,))
    seal = ReportSeal(submitted_by="s1", submitted_by_name="示例", submitted_at=NOW)
    wrong = ReportView(
        report_id="month-2026-06", kind=ReportKind.MONTH, first=date(2026, 6, 1), last=date(2026, 6, 30), log_size=10,
        threads=3, digest="0" * 64, size=900, made_by="", made_by_name="", made_at=NOW,
        check=ReportCheck(
            state=CheckState.DONE, threads=3, entries=9, differences=(figure,), left_out=2, online=online,
            checked_by="s1", checked_at=NOW,
        ),
    )  # fmt: skip
    waits = replace(
        wrong, report_id="month-2026-07", first=date(2026, 7, 1), last=date(2026, 7, 31), seal=seal, check=None
    )
    return FakeReports({each.report_id: each for each in (waits, wrong)})
