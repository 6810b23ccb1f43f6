"""The expert pool of an appraisal unit: what is said of an expert, and what the pool and its versions show."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.schemas.answers import ListOut, PageOut
from gateway.schemas.base import Answer, Form, ShortText

_Any = Annotated[str, Field(max_length=4_000)]
ExpertState = Literal["available", "inactive", "out_of_term", "no_senior_title"]
VersionState = Literal["prepared", "queued", "committed", "dropped"]


class ExpertRow(Form):
    """What is said of an expert. A row that is wrong is told and the others are kept: so all are texts here."""

    number: _Any = ""
    """专家编号, at most 40 signs. Required; a pool has one expert of a number."""
    name: _Any = ""
    """姓名. Required."""
    title: _Any = ""
    """专业技术职称. Required; experts without a senior one stand in the pool and are never drawn (条例 24)."""
    specialties: _Any = ""
    """科别: codes or labels of protocol 13.1 with a comma between, at most 8. Required."""
    employer: _Any = ""
    """工作单位. Required."""
    appointed_from: _Any = ""
    """聘期起, YYYY-MM-DD. Required."""
    appointed_until: _Any = ""
    """聘期止, YYYY-MM-DD. Required."""
    active: _Any = ""
    """启用: yes or no; yes when absent."""
    conflicts: _Any = ""
    """利害关系申报: `亲属:姓名[:证件号码]` or `单位:名称[:统一社会信用代码]`, one a line."""
    note: _Any = ""
    """备注; stands in no version."""


class ExpertRows(Form):
    """Rows of an import. Who is not among them stays; a number that is there is changed."""

    items: Annotated[tuple[ExpertRow, ...], Field(min_length=1, max_length=5_000)]
    """Rows; outcomes count them from 1. A body holds 1 MiB: a larger pool comes in several."""
    only_check: bool = False
    """Judge alone and keep nothing."""


class ExpertSearch(Form):
    """A whole name or a whole number. Posted, so that none stands in an address."""

    name: Annotated[ShortText, Field(max_length=100)] = ""
    """姓名, whole."""
    number: Annotated[ShortText, Field(max_length=40)] = ""
    """专家编号, whole."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.name.strip()) == bool(self.number.strip()):
            raise PydanticCustomError("one_to_search", "A name or a number is needed")
        return self


class ConflictOut(Answer):
    """A conflict that an expert declared."""

    of: Literal["person", "unit"]
    name: str
    number: str


class ExpertOut(Answer):
    """An expert of the pool."""

    expert_id: str
    version: int
    number: str
    name: str
    title: str
    senior: bool
    specialties: tuple[str, ...]
    employer: str
    appointed_from: date
    appointed_until: date
    active: bool
    conflicts: tuple[ConflictOut, ...]
    note: str
    changed_by: str
    changed_by_name: str
    changed_at: datetime


class ExpertPage(PageOut[ExpertOut]):
    """A page of the pool, in the order of numbers."""


class FoundExperts(ListOut[ExpertOut]):
    """Experts who were looked for; at most 100."""


class ExpertFaultOut(Answer):
    """What is wrong with a field of a row; an empty field means the whole row."""

    field: str
    reason: str


class ExpertOutcomeOut(Answer):
    """What became of a row: added, changed, known (there already, unchanged) or wrong."""

    number: int
    state: Literal["added", "changed", "known", "wrong"]
    expert_id: str
    faults: tuple[ExpertFaultOut, ...]


class ExpertOutcomes(ListOut[ExpertOutcomeOut]):
    """An outcome a row, in order."""


class ExpertRowOut(Answer):
    """An expert as an import takes them."""

    number: str
    name: str
    title: str
    specialties: str
    employer: str
    appointed_from: str
    appointed_until: str
    active: str
    conflicts: str
    note: str


class ExpertExport(ListOut[ExpertRowOut]):
    """The whole pool, in the order of numbers."""


class SpecialtyCountOut(Answer):
    """How many experts can be drawn today for a speciality, whatever the case."""

    specialty: str
    experts: int


class PoolOut(Answer):
    """The pool as a whole. `version` is the last that was committed to, 0 for none; `changed`: it says otherwise."""

    unit: str
    experts: int
    available: int
    version: int
    changed: bool
    waiting_version: int
    thread_id: str
    by_specialty: tuple[SpecialtyCountOut, ...]


class PoolVersionOut(Answer):
    """A version of the pool. It is approved as any prepared move, by another person than who prepared it."""

    version: int
    state: VersionState
    root: str
    size: int
    prepared_by: str
    prepared_by_name: str
    prepared_at: datetime
    logged_at: datetime | None
    thread_id: str
    move_id: str
    move_version: int


class PoolVersions(ListOut[PoolVersionOut]):
    """All that were prepared, the latest first."""


class ExpertChangeOut(Answer):
    """How an expert differs between two states of the pool; `fields` only for a change."""

    what: Literal["added", "removed", "changed"]
    number: str
    name: str
    fields: tuple[str, ...]


class PoolVersionPageOut(Answer):
    """A version with what it brought against the committed one before it, and what has changed in the pool since."""

    version: PoolVersionOut
    against: int
    brought: tuple[ExpertChangeOut, ...]
    since: tuple[ExpertChangeOut, ...]
