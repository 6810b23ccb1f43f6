"""People: deputies, what somebody has in hand, headers for the dispatcher, looks, requests about own data."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from gateway.schemas.accounts import StaffId
from gateway.schemas.answers import ListOut, PageOut
from gateway.schemas.base import Answer, Day, Facts, Form, Identifier, MediumText, ReasonCode, ShortText, UnitCode
from node.desk.ports import Role

AsksCode = Literal["copy", "correction", "deletion"]
AskedByCode = Literal["worker", "agent", "relative"]
CheckedCode = Literal["id_card", "online", "id_card_and_authority", "id_card_and_kinship"]
OutcomeCode = Literal["given", "partly", "corrected", "not_corrected", "not_deleted"]


class NewDeputy(Form):
    """Somebody holds a role of another for some days."""

    staff_id: StaffId
    """Whose role it is: the caller's own, or (an administrator) anybody's."""
    deputy: StaffId
    """Who holds it meanwhile."""
    unit: UnitCode
    """In which unit."""
    role: Role
    """Which role."""
    first: Day
    """First day."""
    last: Day
    """Last day, at most a year later."""


class TaskHandOver(Form):
    """Everything that a person has in hand in a unit goes to another."""

    unit: UnitCode
    """In which unit."""
    to: StaffId
    """Who gets it, as drafts to look at."""


class HandedOver(Answer):
    """How much it was."""

    count: int


class CaseAssignment(Form):
    """Who has a case in hand."""

    unit: UnitCode
    """Of which unit."""
    staff_id: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,31})?$")]
    """The person; empty for nobody."""


class UnitTransfer(Form):
    """A case that a unit signed for is to go to another unit (转办)."""

    unit: UnitCode
    """The unit that has it."""
    to_unit: UnitCode
    """The unit that it is for."""
    reason: ReasonCode
    """T01 to T03."""


class NewRequest(Form):
    """What somebody asks about their own data in a case (个人信息保护法 45, 46, 47, 49)."""

    asks: AsksCode
    """Copy, correction or deletion."""
    asked_by: AskedByCode
    """The worker, an agent, or (after death) a near relative."""
    name: Annotated[ShortText, Field(max_length=100)] = ""
    """Name of the agent or relative."""
    checked: CheckedCode
    """How it was checked who that is."""
    asked_on: Day
    """The day of the request; the period for the answer runs from it."""
    text: Annotated[MediumText, Field(min_length=1)]
    """What was asked."""


class RequestAnswer(Form):
    """An answer, which another person approves."""

    outcome: OutcomeCode
    """What came of it."""
    text: MediumText = ""
    """Reasons; needed where not everything was given or done."""
    materials: Annotated[tuple[Identifier, ...], Field(max_length=1000)] = ()
    """Files in the copy."""
    findings: bool = False
    """Findings item by item are in the copy."""


class AnswerDays(Form):
    """In how many working days the unit answers requests: its own rule, no statute's."""

    days: Annotated[int, Field(ge=1, le=60)]
    """Working days by the unit's calendar, the day of the request not counted."""


class AnswerDaysOut(Answer):
    """In how many working days the unit answers requests: its own rule, no statute's."""

    days: int


class SealRule(Form):
    """Who presses the unit's seal."""

    approver: bool
    """The approvers do; else a seal holder alone."""


class SealRuleOut(Answer):
    """Who presses the unit's seal: its approvers, or (false) a seal holder alone."""

    approver: bool


class ColleagueOut(Answer):
    """Somebody whom work may be given to."""

    staff_id: str
    name: str
    unit: str
    roles: tuple[str, ...]


class ColleagueList(ListOut[ColleagueOut]):
    """Open accounts of a unit."""


class DeputyOut(Answer):
    """One person holds a role of another; `holds` today."""

    deputy_id: str
    staff_id: str
    name: str
    deputy: str
    deputy_name: str
    unit: str
    role: str
    first: date
    last: date
    set_by: str
    ended: bool
    holds: bool


class DeputyList(ListOut[DeputyOut]):
    """Deputies."""


class OpenTaskOut(Answer):
    """Something in one person's hands: draft, move or assignment."""

    kind: str
    unit: str
    subject_id: str
    delegation_id: str
    label: str
    state: str


class OpenTaskList(ListOut[OpenTaskOut]):
    """What a person has in hand."""


class HeaderOut(Answer):
    """A delegation without anybody's name."""

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
    may_go_to_unit: bool


class HeaderPage(PageOut[HeaderOut]):
    """A page of headers."""


class AssignmentOut(Answer):
    """Who of a unit has a case in hand."""

    delegation_id: str
    unit: str
    staff_id: str
    name: str
    set_by: str
    set_at: datetime


class AssignmentState(Answer):
    """The assignment, or null for nobody."""

    assignment: AssignmentOut | None


class LookOut(Answer):
    """That a person looked at a case. `what`: case, thread, file, files, search, move, draft, paper, request, lines."""

    number: int
    at: datetime
    staff_id: str
    name: str
    on_behalf: str
    on_behalf_name: str
    unit: str
    what: str
    subject_id: str
    part: str


class LookPageOut(PageOut[LookOut]):
    """Looks, the latest first. `broken_at`: the first row on the page that was altered, 0 for none."""

    broken_at: int


class SubjectRequestOut(Answer):
    """What somebody asked about their own data. `version` is its ETag; `due` by the unit's own period."""

    request_id: str
    delegation_id: str
    asks: str
    state: Literal["open", "prepared", "answered"]
    version: int
    content: Facts
    answer: Facts
    earlier: tuple[Facts, ...]
    recorded_by: str
    recorded_by_name: str
    recorded_at: datetime
    changed_at: datetime
    due: date | None
    days_left: int | None
    overdue: bool


class SubjectRequestList(ListOut[SubjectRequestOut]):
    """Requests of a case, the latest first."""
