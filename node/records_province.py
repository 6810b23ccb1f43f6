"""What a provincial office's node keeps: its verified copy of headers and entries, and one row a delegation.

As `node.records`; the columns stand in `node.tables_province`. Headers and entries hold nothing personal, and so
this does not. Days are ordinals (`date.toordinal`), 0 for none; lengths in natural days, -1 for none.
"""

from dataclasses import dataclass
from typing import ClassVar

from node.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRecord(Record):
    """An accepted envelope without its body, or negative evidence, as it came.

    `reason` is empty once it was verified; else why it does not count, as the thread's course does not know it.
    """

    TABLE: ClassVar[str] = "watched"
    KEY: ClassVar[tuple[str, ...]] = ("thread_id", "leaf")
    thread_id: str
    leaf: int
    sequence: int  # 0 of negative evidence
    kind: int  # 0 of negative evidence
    header: bytes
    signatures: bytes
    entry: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseRecord(Record):
    """One delegation: `course` is the whole of it, the columns what figures count and lists filter by.

    `change` numbers every change of every row upwards, so that who follows them reads on from a number. The flags are
    those of `node.province.counted`.
    """

    TABLE: ClassVar[str] = "courses"
    KEY: ClassVar[tuple[str, ...]] = ("thread_id",)
    thread_id: str
    change: int
    course: bytes
    entry_digest: bytes  # of the last accepted envelope: what the next one follows
    provinces: str  # of home and every host, two digits each, ascending, with a blank between
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRecord(Record):
    """A report of an office, as it was made. One the node made by itself has the only row of its kind and period.

    Kept in the open as the copy is: nothing in a report is personal.
    """

    TABLE: ClassVar[str] = "reports"
    KEY: ClassVar[tuple[str, ...]] = ("unit", "report_id")
    FIRST_COUNTS: ClassVar[bool] = True
    unit: str
    report_id: str
    kind: str
    first_day: int
    last_day: int
    log_size: int
    threads: int
    digest: str  # of the report, as it says itself
    size: int
    content: bytes  # the canonical form, compressed (zlib)
    made_by: str  # staff id; empty where the node made it
    made_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCheckRecord(Record):
    """The last verification of a report: `found` is JSON."""

    TABLE: ClassVar[str] = "report_checks"
    KEY: ClassVar[tuple[str, ...]] = ("unit", "report_id")
    unit: str
    report_id: str
    equal: bool
    found: bytes
    checked_by: str
    checked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSealRecord(Record):
    """A report that one person submitted for the office's e-seal, and the sealed PDF once another had it set."""

    TABLE: ClassVar[str] = "report_seals"
    KEY: ClassVar[tuple[str, ...]] = ("unit", "report_id")
    unit: str
    report_id: str
    submitted_by: str
    submitted_for: str  # whom he stood in for; empty by an own right
    submitted_at: int
    pdf: bytes  # empty until it is sealed
    digest: bytes  # SHA-256 of the sealed PDF
    unsealed_digest: bytes  # SHA-256 of the PDF that was given to be sealed: the first `unsealed_size` bytes
    unsealed_size: int
    sealed_by: str
    sealed_for: str
    sealed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord(Record):
    """What a rule found for an office, from when it began until it ended (`ended_at` 0 while it stands).

    `alert_id` is made of unit, rule, subject and `raised_at`. `place` orders a list: what stands first, the latest
    first; see `node.province.alerts`.
    """

    TABLE: ClassVar[str] = "office_alerts"
    KEY: ClassVar[tuple[str, ...]] = ("alert_id",)
    alert_id: str
    unit: str  # the office
    place: int
    rule: str
    subject: str
    thread_id: str
    about: str  # unit or bureau
    number: int
    before: int
    due_day: int
    raised_at: int
    told_at: int  # when it was last given to the ways out: raised or reminded of
    ended_at: int
    seen_by: str
    seen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTellingRecord(Record):
    """An alert that waits to be told on one way out; the row goes when it was taken.

    `call` is empty until a call is made of it; from then on every repeat of that call has the same rows.
    """

    TABLE: ClassVar[str] = "office_tellings"
    KEY: ClassVar[tuple[str, ...]] = ("way", "alert_id", "what")
    way: str
    alert_id: str
    what: str  # raised | reminded | ended, a reminder with its instant
    urgent: bool
    queued_at: int
    call: str
    attempts: int
    tried_at: int
    fault: str


PROVINCE_RECORDS: tuple[type[Record], ...] = (
    WatchedRecord,
    CourseRecord,
    ReportRecord,
    ReportCheckRecord,
    ReportSealRecord,
    AlertRecord,
    AlertTellingRecord,
)
