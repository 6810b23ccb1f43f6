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


PROVINCE_RECORDS: tuple[type[Record], ...] = (WatchedRecord, CourseRecord)
