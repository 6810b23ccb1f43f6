"""Tables of a provincial office, as `node.records_province`; see `node.tables`."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field

from node.tables import NodeTable


def _blob() -> bytes:
    return Field(sa_column=Column(LargeBinary, nullable=False))  # type: ignore[no-any-return]  # SQLModel's Field


def _big() -> int:
    return Field(sa_column=Column(BigInteger, nullable=False))  # type: ignore[no-any-return]  # as above


class Watched(NodeTable, table=True):
    """WatchedRecord."""

    __tablename__ = "watched"
    __table_args__ = (Index("watched_by_leaf", "leaf"), Index("watched_by_reason", "reason", "leaf"))
    thread_id: str = Field(primary_key=True)
    leaf: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    sequence: int
    kind: int
    header: bytes = _blob()
    signatures: bytes = _blob()
    entry: bytes = _blob()
    reason: str


class CourseRow(NodeTable, table=True):
    """CourseRecord."""

    __tablename__ = "courses"
    __table_args__ = (Index("courses_by_change", "change"),)
    thread_id: str = Field(primary_key=True)
    change: int = _big()
    course: bytes = _blob()
    entry_digest: bytes = _blob()
    provinces: str
    home_unit: str
    host_unit: str
    matter: int
    priority: int
    on_paper: bool
    is_open: bool
    host_done: bool
    changed_day: int
    due_day: int
    due_unit: str
    issued_day: int
    leg_day: int
    accepted_day: int
    issued_flags: int
    reused: int
    draw_defaults: int
    sign_days: int
    decide_days: int
    assign_days: int
    result_day: int
    result_flags: int
    work_days: int
    result_days: int
    ended_day: int
    ended_flags: int
    completed_day: int
    check_days: int
    whole_days: int


class Report(NodeTable, table=True):
    """ReportRecord."""

    __tablename__ = "reports"
    unit: str = Field(primary_key=True)
    report_id: str = Field(primary_key=True)
    kind: str
    first_day: int
    last_day: int
    log_size: int = _big()
    threads: int
    digest: str
    size: int = _big()
    content: bytes = _blob()
    made_by: str
    made_at: int = _big()


class ReportCheck(NodeTable, table=True):
    """ReportCheckRecord."""

    __tablename__ = "report_checks"
    unit: str = Field(primary_key=True)
    report_id: str = Field(primary_key=True)
    equal: bool
    found: bytes = _blob()
    checked_by: str
    checked_at: int = _big()


class ReportSeal(NodeTable, table=True):
    """ReportSealRecord."""

    __tablename__ = "report_seals"
    unit: str = Field(primary_key=True)
    report_id: str = Field(primary_key=True)
    submitted_by: str
    submitted_for: str
    submitted_at: int = _big()
    pdf: bytes = _blob()
    digest: bytes = _blob()
    unsealed_digest: bytes = _blob()
    unsealed_size: int = _big()
    sealed_by: str
    sealed_for: str
    sealed_at: int = _big()


class OfficeAlert(NodeTable, table=True):
    """AlertRecord."""

    __tablename__ = "office_alerts"
    __table_args__ = (Index("office_alerts_by_place", "unit", "place", "alert_id"),)
    alert_id: str = Field(primary_key=True)
    unit: str
    place: int = _big()
    rule: str
    subject: str
    thread_id: str
    about: str
    number: int
    before: int
    due_day: int
    raised_at: int = _big()
    told_at: int = _big()
    ended_at: int = _big()
    seen_by: str
    seen_at: int = _big()


class OfficeTelling(NodeTable, table=True):
    """AlertTellingRecord."""

    __tablename__ = "office_tellings"
    way: str = Field(primary_key=True)
    alert_id: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    urgent: bool
    queued_at: int = _big()
    call: str
    attempts: int
    tried_at: int = _big()
    fault: str
