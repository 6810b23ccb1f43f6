"""The course of a delegation as its headers and entries alone tell it: what an overseer's figures are made of.

A fold: one accepted envelope after the other, and negative evidence between them. Nothing of a body is needed and
nothing is judged again: the entry says that the envelope was accepted. Two who hold the same headers and entries get
the same course, which is what makes a figure provable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from delegation.changes_appraisal import status_after_pause
from delegation.clock_specs import WINDOWS
from delegation.codes import Adoption, AppraisalMode, Kind, Matter, Priority, ThreadType
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.model import (
    AdoptionDeclared,
    CompetenceDeclared,
    DueDate,
    Entry,
    EnvelopeAnswer,
    Header,
    LetterDeclared,
    MaterialsDeclared,
    NegativeEvidence,
    ResultDeclared,
)
from delegation.table import BusinessStatus, Row, State
from delegation.table_states import ENDED
from delegation.tables import table_for
from delegation.values import replaced

MOST_LATE: Final = 64
# Whether an envelope was delivered no header and no entry tells: `delivery` is late by negative evidence alone, and the
# clock that takes its place on delivery is first told by the next entry, or when it was missed.
_DELIVERY: Final = "delivery"
# The home's own clock with the applicant, and the latest day that it leaves the host: every agreed day of the host lies
# before it, so that nobody is late by it who is not by another; and it stays when the host has done its part.
_NOBODY_IS_LATE: Final = WINDOWS | {"statutory", "cap", _DELIVERY}
RESULTS: Final = frozenset({Kind.REPORTED, Kind.UNABLE, Kind.APPRAISAL_REPORTED, Kind.EXPERTS_CONFIRMED})
_ENDS: Final = frozenset({Kind.COMPLETED, Kind.CLOSED, Kind.WITHDRAWN, Kind.CANCELLED, Kind.TERMINATED})
_COUNTED: Final[Mapping[Kind, str]] = MappingProxyType({
    Kind.RETURNED: "returns", Kind.REFUSED: "refusals", Kind.TRANSFERRED: "transfers",
    Kind.COMPETENCE_DISPUTED: "disputes", Kind.SUPPLEMENT_REQUESTED: "supplements",
    Kind.REJUDGE_REQUESTED: "supplements", Kind.EXTENDED: "extensions", Kind.EXTENSION_DEEMED: "extensions",
    Kind.REMIND: "reminders", Kind.SUPERVISE: "supervisions", Kind.SUPERVISE_ANSWER: "supervision_answers",
    Kind.DRAW_REVEALED_FOR: "draw_defaults", Kind.DRAW_VOIDED: "draw_voids",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missed:
    """A day that passed: by an act that came after it, or by the registry's negative evidence (protocol 8.4).

    It says that the log did not hold the act by then, never that somebody failed to act.
    """

    clock: str
    unit: str
    due: date
    leg: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One delegation up to one entry. Instants are UTC of acceptance; those of steps are of the present leg."""

    thread_id: str
    matter: Matter
    mode: AppraisalMode
    home_unit: str
    host_unit: str  # of the present leg
    first_host: str
    leg: int
    on_paper: bool
    priority: Priority
    state: State
    status: BusinessStatus
    issued_at: datetime  # the first letter: the delegation's beginning
    leg_issued_at: datetime
    changed_at: datetime
    sequence: int
    leaf: int
    signed_at: datetime | None = None
    accepted_at: datetime | None = None
    assigned_at: datetime | None = None
    result_at: datetime | None = None  # the first result of the leg
    result_due: date | None = None  # the day that stood for it, by agreement
    completed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_as: State = State.NONE  # completed, withdrawn, cancelled or terminated; stays when it is archived
    returns: int = 0
    refusals: int = 0
    transfers: int = 0
    disputes: int = 0
    supplements: int = 0
    extensions: int = 0
    reminders: int = 0
    supervisions: int = 0
    supervision_answers: int = 0
    draw_defaults: int = 0
    draw_voids: int = 0
    reused: int = 0  # materials not asked for again
    adoption: Adoption = Adoption.UNSPECIFIED
    due: tuple[DueDate, ...] = ()  # as the last entry states them; the home's statutory day among them
    missed: tuple[Missed, ...] = ()
    overdue: tuple[Missed, ...] = ()  # by negative evidence since the last envelope, so that it still stands
    archived_by: tuple[str, ...] = ()
    given_to: str = ""  # the unit that the host, or an office, named in its place; until the next leg

    @property
    def open(self) -> bool:
        """Whether somebody still has to act: 在办."""
        return self.state not in ENDED

    @property
    def host_done(self) -> bool:
        """Whether nothing is left to do in the present host's province: it refused, or a unit elsewhere was named.

        That is where the sight of the host's province ends: the letter of the next leg is shown to the next host's
        alone. A designation counts once it holds, which the home's time for that letter tells (`reissue`). NOT seen
        from there: a home that chooses for itself after the superiors' silence, and a successor in another province.
        """
        named = self.state is State.TRANSFERRED or (
            self.state is State.AWAITING_DESIGNATION and any(due.clock == "reissue" for due in self.due)
        )
        return self.state is State.REFUSED or (named and self.given_to[:2] != self.host_unit[:2])

    def stands_in(self, province: str) -> bool:
        """Whether a province (two digits) has it in hand: 在办, by its home or its present host. Empty: the country."""
        if not self.open:
            return False
        here = self.host_unit.startswith(province) and not self.host_done
        return not province or here or self.home_unit.startswith(province)

    def left(self, province: str) -> bool:
        """Whether it goes on elsewhere: 已转出."""
        return self.open and not self.stands_in(province)

    @property
    def next_due(self) -> DueDate | None:
        """The earliest agreed day that stands, None when there is none or the delegation ended.

        A day that began with a delivery is known once an entry, or negative evidence, names it.
        """
        standing = [due for due in self.due if due.clock not in _NOBODY_IS_LATE]
        standing += [DueDate(each.clock, each.unit, each.due, each.due, False) for each in self.overdue]
        if not self.open or not standing:
            return None
        return min(standing, key=lambda due: due.legal)

    def late_on(self, day: date) -> DueDate | None:
        """The agreed day that has passed by then and was the earliest; None while nothing is late."""
        due = self.next_due
        return due if due is not None and due.legal < day else None


def begun(header: Header, entry: Entry) -> Course:
    """The course that a first letter begins. Raises Refusal UNKNOWN_CODE for anything but a delegation's letter."""
    if header.thread_type is not ThreadType.DELEGATION or header.kind is not Kind.ISSUED:
        raise Refusal(Reason.UNKNOWN_CODE, field="kind")
    at = entry.accepted_at
    return Course(
        thread_id=header.thread_id,
        matter=header.matter,
        mode=header.appraisal_mode,
        home_unit=header.sender_unit,
        host_unit=header.counterpart_unit,
        first_host=header.counterpart_unit,
        leg=header.leg,
        on_paper=not header.addressees,
        priority=header.priority,
        state=State.NONE,
        status=BusinessStatus.DRAFT,
        issued_at=at,
        leg_issued_at=at,
        changed_at=at,
        sequence=0,
        leaf=entry.leaf_index,
    )


def advanced(course: Course | None, header: Header, entry: Entry) -> Course:
    """The course after one accepted envelope.

    What is not checked: signatures and the chain of entries, which are the caller's (`report verify` does both).
    Raises Refusal UNKNOWN_CODE for a refused envelope, another thread, a kind without a row, or an entry out of order.
    """
    detail = entry.detail
    if not isinstance(detail, EnvelopeAnswer) or not detail.accepted:
        raise Refusal(Reason.UNKNOWN_CODE, field="entry")
    before = begun(header, entry) if course is None else course
    if header.thread_id != before.thread_id or entry.thread_sequence != before.sequence + 1:
        raise Refusal(Reason.UNKNOWN_CODE, field="sequence")
    row = _row(before, header)
    state = row.target if row.target is not None else before.state
    # a pause, a question or the like changes what staff see, and not where the thread stands
    status = row.status if row.status is not None else before.status
    if header.kind is Kind.UNPAUSED and row.status is None:
        status = status_after_pause(state)
    if header.kind is Kind.ARCHIVED:
        state = _archived(before, header)
        status = BusinessStatus.ARCHIVED if state is State.ARCHIVED else before.status
    after = replaced(
        before,
        state=state,
        status=status,
        changed_at=entry.accepted_at,
        sequence=entry.thread_sequence,
        leaf=entry.leaf_index,
        due=entry.due_dates,
        missed=_missed_by(before, header, entry),
        overdue=(),  # what still stands is among the entry's own days
        archived_by=(*before.archived_by, header.sender_unit) if header.kind is Kind.ARCHIVED else before.archived_by,
    )
    if header.kind is Kind.ISSUED and header.leg > before.leg:
        after = _next_leg(after, header, entry)
    return _with_counts(_with_instants(after, before, header, entry), header)


def certified(course: Course, entry: Entry) -> Course:
    """The course after negative evidence. Raises Refusal UNKNOWN_CODE when the entry is none, or of another thread."""
    detail = entry.detail
    if not isinstance(detail, NegativeEvidence) or entry.thread_id != course.thread_id:
        raise Refusal(Reason.UNKNOWN_CODE, field="entry")
    told = Missed(detail.clock, detail.awaited_unit, detail.due, course.leg)
    return replaced(
        course, missed=_with(course.missed, told), overdue=_with(course.overdue, told), leaf=entry.leaf_index
    )


def _with(those: tuple[Missed, ...], told: Missed) -> tuple[Missed, ...]:
    return those if told in those else (*those, told)[-MOST_LATE:]


def _row(course: Course, header: Header) -> Row:
    table = table_for(header.thread_type, course.matter)
    rows = () if table is None else table.rows_of(header.kind)
    if not rows:
        raise Refusal(Reason.UNKNOWN_CODE, field="kind")
    here = [row for row in rows if course.state in row.sources] or list(rows)
    fitting = [row for row in here if not row.reasons_required or set(header.reasons) & set(row.reasons)]
    return (fitting or here)[0]


def _missed_by(course: Course, header: Header, entry: Entry) -> tuple[Missed, ...]:
    """A clock that stood and stands no longer was stopped by this act; a pause takes it away without stopping it, and
    one whose day has moved still stands.

    A clock that began with a delivery stands in no entry before the act that stops it: there negative evidence tells.
    """
    if header.kind is Kind.PAUSED:
        return course.missed
    on = day_of(entry.accepted_at)
    stood, stand = _clocks(course.due), _clocks(entry.due_dates)
    found = [
        Missed(due.clock, due.unit, due.legal, course.leg)
        for due in course.due
        if due.legal < on
        and due.clock not in _NOBODY_IS_LATE
        and len(stood[due.clock, due.unit]) > len(kept := stand.get((due.clock, due.unit), ()))
        and due.legal not in kept
    ]
    new = [each for each in found if each not in course.missed]
    return (*course.missed, *new)[-MOST_LATE:] if new else course.missed


def _clocks(dues: tuple[DueDate, ...]) -> dict[tuple[str, str], list[date]]:
    """The days of each clock and unit: several where two objections wait at a time."""
    found: dict[tuple[str, str], list[date]] = {}
    for due in dues:
        found.setdefault((due.clock, due.unit), []).append(due.legal)
    return found


def _archived(course: Course, header: Header) -> State:
    """Archived once both sides have, or the home alone where the host is on paper."""
    by = {*course.archived_by, header.sender_unit}
    needed = {course.home_unit} if course.on_paper else {course.home_unit, course.host_unit}
    return State.ARCHIVED if needed <= by else course.state


def _next_leg(course: Course, header: Header, entry: Entry) -> Course:
    return replaced(
        course,
        home_unit=header.sender_unit,
        host_unit=header.counterpart_unit,
        leg=header.leg,
        on_paper=not header.addressees,
        leg_issued_at=entry.accepted_at,
        signed_at=None,
        accepted_at=None,
        assigned_at=None,
        result_at=None,
        result_due=None,
        given_to="",
    )


def _with_instants(after: Course, before: Course, header: Header, entry: Entry) -> Course:
    kind, at = header.kind, entry.accepted_at
    if kind is Kind.SIGNED_FOR and after.signed_at is None:
        return replaced(after, signed_at=at)
    if kind is Kind.ACCEPTED and after.accepted_at is None:
        return replaced(after, accepted_at=at)
    if kind in {Kind.ASSIGNED, Kind.SPECIALTY_DETERMINED} and after.assigned_at is None:
        return replaced(after, assigned_at=at)
    if kind in RESULTS and after.result_at is None:
        return replaced(after, result_at=at, result_due=_result_due(before))
    if kind in _ENDS and after.ended_at is None:
        ended = replaced(after, ended_at=at, ended_as=after.state)
        return replaced(ended, completed_at=at) if after.state is State.COMPLETED else ended
    return after


def _result_due(before: Course) -> date | None:
    """The day that stood for the result: of the work's own clock, else the cap."""
    days = {due.clock: due.legal for due in before.due}
    for clock in ("investigate", "opinion-report", "opinion-form", "examine", "experts-confirm", "cap"):
        if clock in days:
            return days[clock]
    return None


def _with_counts(course: Course, header: Header) -> Course:
    declared = header.declared
    if isinstance(declared, LetterDeclared | ResultDeclared | MaterialsDeclared) and declared.reused_materials:
        course = replaced(course, reused=course.reused + declared.reused_materials)
    if isinstance(declared, CompetenceDeclared):  # of a dispute the unit that one side thinks of, or none: not given
        given = header.kind in {Kind.TRANSFERRED, Kind.DESIGNATED}
        course = replaced(course, given_to=declared.unit if given else "")
    if isinstance(declared, AdoptionDeclared):
        course = replaced(course, adoption=declared.adoption)
    if header.kind in {Kind.PRIORITY_CHANGED, Kind.LETTER_CORRECTED} and header.priority is not Priority.UNSPECIFIED:
        course = replaced(course, priority=header.priority)
    name = _COUNTED.get(header.kind)
    return course if name is None else replaced(course, **{name: getattr(course, name) + 1})
