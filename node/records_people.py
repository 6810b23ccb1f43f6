"""What the node keeps of people beside their accounts: as `node.records`, with the same columns in `node.tables`."""

from dataclasses import dataclass
from typing import ClassVar

from node.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRecord(Record):
    """An account that a sign-in service vouches for, found by a keyed hash of the service's name and its subject."""

    TABLE: ClassVar[str] = "identities"
    KEY: ClassVar[tuple[str, ...]] = ("digest",)
    digest: bytes
    staff_id: str
    bound_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeputyRecord(Record):
    """`deputy` holds `role` of `staff_id` in `unit`, from the day `first` to the day `last`, unless it was ended."""

    TABLE: ClassVar[str] = "deputies"
    KEY: ClassVar[tuple[str, ...]] = ("deputy_id",)
    deputy_id: str
    staff_id: str
    deputy: str
    unit: str
    role: str
    first: str
    last: str
    set_by: str
    set_at: int
    ended_at: int  # 0 while nobody ended it


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRecord(Record):
    """Who in the unit has the delegation in hand."""

    TABLE: ClassVar[str] = "assignments"
    KEY: ClassVar[tuple[str, ...]] = ("unit", "thread_id")
    unit: str
    thread_id: str
    staff_id: str
    set_by: str
    set_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRecord(Record):
    """That a person looked at a case: `digest` chains it to the one before (`node.looks`). No case text."""

    TABLE: ClassVar[str] = "looks"
    FIRST_COUNTS: ClassVar[bool] = True
    KEY: ClassVar[tuple[str, ...]] = ("number",)
    number: int
    previous: bytes
    at: int
    staff_id: str
    on_behalf: str
    unit: str
    what: str
    subject: str
    part: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLineRecord(Record):
    """That row `number` of the looks names this case among the lines of a list; found again by the row itself."""

    TABLE: ClassVar[str] = "look_lines"
    FIRST_COUNTS: ClassVar[bool] = True
    KEY: ClassVar[tuple[str, ...]] = ("subject", "number")
    subject: str
    number: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRequestRecord(Record):
    """A person's request about their own data; what was said stands in `secret`."""

    TABLE: ClassVar[str] = "subject_requests"
    KEY: ClassVar[tuple[str, ...]] = ("request_id",)
    request_id: str
    thread_id: str
    unit: str
    asks: str  # copy | correction | deletion
    state: str  # open | prepared | answered
    version: int
    secret: bytes
    recorded_by: str
    recorded_at: int
    changed_at: int
    due: str = ""  # empty for those that were recorded before a day was set
    prepared_by: str = ""  # who prepared the answer that waits or was given


PEOPLE_RECORDS: tuple[type[Record], ...] = (
    IdentityRecord,
    DeputyRecord,
    AssignmentRecord,
    LookRecord,
    LookLineRecord,
    SubjectRequestRecord,
)
