"""Reports of an office as its pages and its interface ask for them: made, looked at, verified, sealed."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from delegation.figures import Period
from node.desk.ports import Actor
from node.province.ports import AsOf
from node.province.report_checking import Difference
from node.province.report_online import Online
from node.province.schedule import ReportKind


class CheckState(StrEnum):
    """How a verification stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # it ended early, and says nothing of the report


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCheck:
    """What came of counting a report again from the signed bytes, and of asking the registry's log for its checkpoint.

    While it runs, and where it failed, everything but `state` and `reason` is empty.
    """

    state: CheckState
    equal: bool = False  # by the node's own copy, without the registry
    threads: int = 0
    entries: int = 0
    differences: tuple[Difference, ...] = ()
    left_out: int = 0  # differences that are not told
    online: Online | None = None
    checked_by: str = ""
    checked_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSeal:
    """Who submitted a report for the office's e-seal, and who had it set. `sealed_at` None: it waits."""

    submitted_by: str
    submitted_by_name: str
    submitted_at: datetime
    sealed_by: str = ""
    sealed_by_name: str = ""
    sealed_at: datetime | None = None
    digest: str = ""  # SHA-256 of the sealed PDF, in hexadecimal
    unsealed_digest: str = ""  # of the PDF that was given to be sealed: the first `unsealed_size` bytes
    unsealed_size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """One report. `made_by` is empty where the node made it by itself."""

    report_id: str
    kind: ReportKind
    first: date
    last: date
    log_size: int
    threads: int
    digest: str
    size: int
    made_by: str
    made_by_name: str
    made_at: datetime
    seal: ReportSeal | None = None
    check: ReportCheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedReport:
    """A report that is due and not made yet: the copy does not cover its period, or is not current."""

    report_id: str
    kind: ReportKind
    first: date
    last: date
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportList:
    """The office's reports, the latest period first, those that are awaited, and what a report made now would be of."""

    as_of: AsOf
    office: str  # its name in the roster
    reports: tuple[ReportView, ...]
    awaited: tuple[AwaitedReport, ...]


class ReportsPort(Protocol):
    """Each raises Refusal ROLE_MISSING unless the actor is of a provincial or national office, NOT_FOUND for no report.

    SUPERVISOR makes and submits; READER, APPROVER and SEAL_HOLDER look and verify too.
    """

    async def reports(self, actor: Actor) -> ReportList:
        """The office's reports without their last verifications' details."""
        ...

    async def make_report(self, actor: Actor, period: Period) -> ReportView:
        """Make one of a period; at the same checkpoint and day it is the one that there is.

        Refusal UNAVAILABLE (why=copy) while the copy is not complete; INVALID_INPUT (field=last) for a period that has
        not begun, or of more than ten years.
        """
        ...

    async def report(self, actor: Actor, report_id: str) -> ReportView:
        """One, with its last verification."""
        ...

    async def report_content(self, actor: Actor, report_id: str) -> bytes:
        """Its canonical form, byte for byte as it was made. Refusal ENTRY_MISMATCH (why=report): it is that no more."""
        ...

    async def verify_report(self, actor: Actor, report_id: str) -> ReportCheck:
        """Begin a verification, unless one of this report runs. What came of it is kept; a restart forgets what ran.

        One runs at a time; of several the others wait.
        """
        ...

    async def submit_report(self, actor: Actor, report_id: str) -> ReportView:
        """Submit for the office's e-seal (SUPERVISOR); another person has it set. Once."""
        ...

    async def may_seal_report(self, actor: Actor, report_id: str) -> ReportSeal:
        """The actor may have the e-seal set: what was submitted, or is sealed already.

        Refusal NOT_ALLOWED for one that nobody submitted; FOUR_EYES for who submitted or made it.
        """
        ...

    async def keep_sealed_report(self, actor: Actor, report_id: str, *, pdf: bytes, unsealed_size: int) -> ReportSeal:
        """Keep what the e-seal program gave back; the first one counts."""
        ...

    async def sealed_report(self, actor: Actor, report_id: str) -> bytes:
        """The sealed PDF."""
        ...
