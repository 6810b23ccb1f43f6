"""Answers about people, units and the node, and lists of anything."""

from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from pydantic import ConfigDict

from gateway.schemas.base import Answer
from gateway.schemas.cases import AlarmOut, DelegationRowOut, DraftOut, MaterialOut, MoveOut

RowT = TypeVar("RowT")
# For each `ListOut[...]` pydantic would look through every module for the source of a class that has none: a third of
# a process's start. So a field of these classes and of theirs is described by Field(description=...).
_NO_SOURCE = ConfigDict(use_attribute_docstrings=False)


class PageOut(Answer, Generic[RowT]):
    """One page of a list; `next_page_token` is empty at the end."""

    model_config = _NO_SOURCE
    items: tuple[RowT, ...]
    next_page_token: str


class ListOut(Answer, Generic[RowT]):
    """A whole list."""

    model_config = _NO_SOURCE
    items: tuple[RowT, ...]


class DelegationPage(PageOut[DelegationRowOut]):
    """A page of delegations."""


class DraftPage(PageOut[DraftOut]):
    """A page of drafts."""


class FoundDelegations(ListOut[DelegationRowOut]):
    """Delegations of one person; at most 100."""


class MoveList(ListOut[MoveOut]):
    """Every move that the unit might make, the forbidden ones with the reason."""


class MaterialList(ListOut[MaterialOut]):
    """Files of a delegation or draft."""


class AlarmList(ListOut[AlarmOut]):
    """Alarms that nobody acknowledged."""


class TodoItemOut(Answer):
    """Something that waits for the caller."""

    kind: str
    category: str
    delegation_id: str
    subject_id: str
    label: str
    worker_name: str
    other_unit: str
    other_name: str
    due: date | None
    overdue: bool
    mine: bool
    reason: str
    cure: str
    changed_at: datetime | None


class TodoCategoryOut(Answer):
    """One category of the desk's first page. `level` is the colour of a warning: none, yellow, red.

    `count` waits for the caller, `in_unit` for anyone of the unit.
    """

    code: str
    label: str
    level: Literal["none", "yellow", "red"]
    count: int
    in_unit: int


class TodoOut(Answer):
    """What waits for the caller, by category and one by one: a page of `total`, in the order that `sort` names."""

    categories: tuple[TodoCategoryOut, ...]
    items: tuple[TodoItemOut, ...]
    total: int
    sort: str
    next_page_token: str


class SessionOut(Answer):
    """A session. `token` is shown once; `csrf` goes into X-Csrf-Token of every change that a page asks for."""

    token: str
    staff_id: str
    unit: str
    expires_at: datetime
    csrf: str
    must_change: bool


class MeOut(Answer):
    """Who the caller is; `csrf` and `expires_at` for a session alone."""

    staff_id: str
    name: str
    unit: str
    roles: tuple[str, ...]
    phone: str
    csrf: str
    expires_at: datetime | None


class StaffOut(Answer):
    """An account."""

    staff_id: str
    name: str
    phone: str
    units: tuple[str, ...]
    roles: tuple[str, ...]
    active: bool
    locked_until: datetime | None
    once_until: datetime | None


class StaffList(ListOut[StaffOut]):
    """Accounts."""


class ApiKeyOut(Answer):
    """A key of a business system; `secret` only when made."""

    key_id: str
    label: str
    staff_id: str
    unit: str
    role: str
    expires_at: datetime | None
    active: bool
    secret: str


class ApiKeyList(ListOut[ApiKeyOut]):
    """Keys."""


class UnitOut(Answer):
    """A unit of the roster."""

    code: str
    name: str
    type: str
    bureau: str
    region: str
    parent: str
    phone: str
    address: str
    life: str
    is_member: bool
    ours: bool


class UnitList(ListOut[UnitOut]):
    """Units."""


class StatusOut(Answer):
    """How the node is."""

    bureau: str
    units: tuple[UnitOut, ...]
    connected: bool
    last_heard: datetime | None
    roster_version: int
    roster_issued_at: datetime | None
    queued: int
    oldest_queued_at: datetime | None
    parked: int
    alarms: int
    sealing_allowed: bool


class HealthOut(Answer):
    """The process answers, or is ready to work."""

    status: Literal["ok", "starting", "stopping"]


class FieldErrorOut(Answer):
    """A field of a form and the rule that its value broke."""

    location: str
    rule: str


class ProblemDocument(Answer):
    """A refusal (RFC 9457), in Chinese and English."""

    type: str
    title: str
    status: int
    reason: str
    """Stable code of the reason."""
    reason_class: str
    """final, try_again, untrusted or local: what the caller does next."""
    detail: str
    """In the language of Accept-Language."""
    text_zh: str
    text_en: str
    details: dict[str, str]
    """Typed facts of the reason, such as competent_unit."""
    errors: tuple[FieldErrorOut, ...]
    """For INVALID_INPUT: every field and the rule that it broke."""
