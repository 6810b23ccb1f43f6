"""Reports of a provincial office: what there is of them, what came of a verification. Nothing in them is personal."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, computed_field

from gateway.report_words import CHECK_STATES, KINDS, ONLINE_STATES
from gateway.schemas.base import Answer, Day, Form
from gateway.schemas.province_figures import AsOfOut
from node.province.report_online import OnlineState
from node.province.report_ports import CheckState
from node.province.schedule import ReportKind


def _text(value: object) -> object:
    """A value of a report as text: a number, or what a thread's last entry was; empty where there is none."""
    return "" if value is None else str(value)


Told = Annotated[str, BeforeValidator(_text)]


class NewReport(Form):
    """The days that a report is to count, both included."""

    first: Day
    """First day."""
    last: Day
    """Last day: at most ten years later."""


class DifferenceOut(Answer):
    """Where a report and the signed bytes part. `what`: report, checkpoint, thread, entry or figure."""

    what: str
    where: str
    """The figure's path in the report, or which leaves."""
    thread_id: str
    leaf: int | None
    sequence: int | None
    reported: Told
    found: Told
    why: str


class OnlineOut(Answer):
    """What the registry's log said of the checkpoint that the report carries."""

    state: OnlineState
    log_size: int
    """Of the head that was shown."""
    leaves: int
    """How many entries were found in the tree of the carried checkpoint."""
    differences: tuple[DifferenceOut, ...]

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated property
    @property
    def label(self) -> str:
        """The state in words."""
        return ONLINE_STATES[self.state]


class ReportCheckOut(Answer):
    """A verification. `equal` is by the office's own copy; `online` says apart what the registry's log says."""

    state: CheckState
    equal: bool
    threads: int
    entries: int
    differences: tuple[DifferenceOut, ...]
    left_out: int
    """Differences that are not told one by one."""
    online: OnlineOut | None
    checked_by: str
    checked_at: datetime | None
    reason: str

    @computed_field  # type: ignore[prop-decorator] # as above
    @property
    def label(self) -> str:
        """The state in words."""
        return CHECK_STATES[self.state]


class ReportSealOut(Answer):
    """Who submitted it for the office's e-seal, and who had it set; `sealed_at` is null while it waits."""

    submitted_by: str
    submitted_by_name: str
    submitted_at: datetime
    sealed_by: str
    sealed_by_name: str
    sealed_at: datetime | None
    digest: str
    unsealed_digest: str
    unsealed_size: int


class ReportOut(Answer):
    """One report. `made_by` is empty where the node made it by itself; `digest` is that of its canonical form."""

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
    seal: ReportSealOut | None
    check: ReportCheckOut | None
    """The last verification; in a list without its differences, which `left_out` then counts."""

    @computed_field  # type: ignore[prop-decorator] # as above
    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return KINDS[self.kind]


class AwaitedReportOut(Answer):
    """A report that is due and waits for a copy of the log that covers its period."""

    report_id: str
    kind: ReportKind
    first: date
    last: date
    due_at: datetime


class ReportListOut(Answer):
    """The office's reports, the latest period first, and what a report made now would be counted at."""

    as_of: AsOfOut
    office: str
    reports: tuple[ReportOut, ...]
    awaited: tuple[AwaitedReportOut, ...]
