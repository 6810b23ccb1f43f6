"""Closed paper cases of earlier years: what an import holds, and what the archive shows."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.schemas.answers import ListOut, PageOut
from gateway.schemas.base import Answer, Form, ShortText

_Any = Annotated[str, Field(max_length=4_000)]
OldCaseRole = Literal["home", "host"]
OldCaseResult = Literal["FOUND", "PARTLY", "NOT_FOUND", "DECLINED", "WITHDRAWN", "UNABLE"]


class OldCase(Form):
    """One closed paper case (纸质旧案). A row that is wrong is told and the others are kept: so all are texts here."""

    number: _Any = ""
    """旧案卷号, at most 80 signs. Required; a unit has one case of a number."""
    our_role: _Any = ""
    """我方身份: home (委托方) or host (受托方). Required."""
    home_name: _Any = ""
    """委托单位. Required."""
    host_name: _Any = ""
    """受托单位. Required."""
    worker_name: _Any = ""
    """职工姓名. Required."""
    id_number: _Any = ""
    """证件号码; one of 15 or 18 digits is checked."""
    employer_name: _Any = ""
    """用人单位."""
    accident_on: _Any = ""
    """事故日期, YYYY-MM-DD."""
    accident_place: _Any = ""
    """事故地点."""
    asked: _Any = ""
    """委托内容."""
    delegated_on: _Any = ""
    """委托日期, YYYY-MM-DD."""
    closed_on: _Any = ""
    """办结日期, YYYY-MM-DD. Required."""
    result: _Any = ""
    """结果: FOUND, PARTLY, NOT_FOUND, DECLINED, WITHDRAWN or UNABLE. Required."""
    result_text: _Any = ""
    """结果摘要."""
    shelf_mark: _Any = ""
    """纸质档案存放位置（档号）. Required."""
    note: _Any = ""
    """备注."""


class OldCases(Form):
    """Rows of an import."""

    items: Annotated[tuple[OldCase, ...], Field(min_length=1, max_length=1_000)]
    """Rows; outcomes count them from 1."""
    only_check: bool = False
    """Judge alone and keep nothing."""


class OldCaseSearch(Form):
    """A whole name, a whole ID number or the number of an old file. Posted, so that none stands in an address."""

    name: Annotated[ShortText, Field(max_length=100)] = ""
    """姓名, whole."""
    id_number: Annotated[ShortText, Field(max_length=40)] = ""
    """证件号码, whole."""
    number: Annotated[ShortText, Field(max_length=80)] = ""
    """旧案卷号, whole."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len([each for each in (self.name, self.id_number, self.number) if each.strip()]) != 1:
            raise PydanticCustomError("one_to_search", "A name or one of the numbers is needed")
        return self


class OldCaseFaultOut(Answer):
    """What is wrong with a field of a row; an empty field means the whole row."""

    field: str
    reason: str


class OldCaseOutcomeOut(Answer):
    """What became of a row: added, known (there already, unchanged) or wrong."""

    number: int
    state: Literal["added", "known", "wrong"]
    old_case_id: str
    faults: tuple[OldCaseFaultOut, ...]


class OldCaseOutcomes(ListOut[OldCaseOutcomeOut]):
    """An outcome a row, in order."""


class OldCaseRowOut(Answer):
    """A case as the list shows it."""

    old_case_id: str
    number: str
    our_role: OldCaseRole
    home_name: str
    host_name: str
    worker_name: str
    employer_name: str
    result: OldCaseResult
    closed_on: date
    shelf_mark: str


class OldCaseOut(Answer):
    """All that was imported of a case."""

    row: OldCaseRowOut
    id_number: str
    accident_on: date | None
    accident_place: str
    asked: str
    delegated_on: date | None
    result_text: str
    note: str
    imported_by: str
    imported_by_name: str
    imported_at: datetime


class OldCasePage(PageOut[OldCaseRowOut]):
    """A page of the archive, the latest closed first."""


class FoundOldCases(ListOut[OldCaseRowOut]):
    """Cases that were looked for; at most 100."""
