"""What the desk shows of people: deputies, what somebody has in hand, headers for the dispatcher, looks, requests.

As `node.desk.views`: frozen values; days are dates of Asia/Shanghai, instants aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeputyView:
    """One person holds a role of another in a unit, from a day to a day, both included."""

    deputy_id: str
    staff_id: str  # whose role it is
    name: str
    deputy: str  # who holds it meanwhile
    deputy_name: str
    unit: str
    role: str
    first: date
    last: date
    set_by: str
    ended: bool  # before its last day
    holds: bool  # today, if both accounts are open and the role is still the other's own


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """Something that is in one person's hands. `kind`: draft, move or assignment; no case text."""

    kind: str
    unit: str
    subject_id: str
    delegation_id: str
    label: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRow:
    """A delegation as the dispatcher sees it: nothing that tells whose case it is."""

    delegation_id: str
    unit: str
    unit_name: str
    our_role: str
    other_unit: str
    other_name: str
    state: str
    state_label: str
    our_turn: bool
    matter: str
    priority: str
    place: str
    next_due: date | None
    overdue: bool
    changed_at: datetime
    assigned_to: str
    assigned_name: str
    may_go_to_unit: bool  # the rule book lets our unit hand it to another unit now (转办)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody whom work may be given to."""

    staff_id: str
    name: str
    unit: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookView:
    """That a person looked at a case. `what`: case, thread, file, files, search, move, draft, paper, request, lines.

    Of lines of a list: asked of a case that case alone; asked of a person `part` has all of them, with spaces.
    """

    number: int
    at: datetime
    staff_id: str
    name: str
    on_behalf: str
    on_behalf_name: str
    unit: str
    what: str
    subject_id: str  # delegation or draft
    part: str  # of it: the file, the move, the paper


@dataclass(frozen=True, slots=True, kw_only=True)
class LookPage:
    """Looks, the latest first; `next_number` 0 at the end. `broken_at`: the first row on the page that was altered."""

    items: tuple[LookView, ...]
    next_number: int
    broken_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRequestView:
    """What somebody asked about their own data in a case. `asks`: copy, correction or deletion.

    `answer`: outcome, text, materials, findings; by, by_name (who prepared it), approved_by, approved_by_name, on (the
    day); note (with which it came back). `earlier`: answers that were given before this one.
    """

    request_id: str
    delegation_id: str
    asks: str
    state: str  # open | prepared (waits for an approver) | answered
    version: int
    content: Mapping[str, object]
    answer: Mapping[str, object]
    recorded_by: str
    recorded_by_name: str
    recorded_at: datetime
    changed_at: datetime
    earlier: tuple[Mapping[str, object], ...] = ()
    due: date | None = None  # by the unit's own period, in working days
    days_left: int | None = None  # until then; once answered, from the day of the answer

    @property
    def overdue(self) -> bool:
        """The day passed, or had passed when it was answered."""
        return self.days_left is not None and self.days_left < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentView:
    """Who in a unit has a case in hand."""

    delegation_id: str
    unit: str
    staff_id: str
    name: str
    set_by: str
    set_at: datetime
