"""What a form asks, as values: fields with the paths that the desk's use cases know them by.

A path is the name in the use case's JSON with dots, such as ``letter.worker.name``; in a row group the number stands
between, ``letter.items.0.code``. The texts are Chinese and go through the catalogue when they are shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Ask(StrEnum):
    """How a field is asked."""

    TEXT = "text"
    LONG = "long"
    DAY = "day"
    MOMENT = "moment"  # local date and time without zone; Asia/Shanghai
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"  # several of a list
    CHECK = "check"
    PLACE = "place"  # a code of the region table, with search
    UNIT = "unit"  # a code of the roster, with search
    PHONE = "phone"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question."""

    path: str
    label: str
    ask: Ask = Ask.TEXT
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()  # code, label
    hint: str = ""
    longest: int = 200
    least: int | None = None
    most: int | None = None
    check: str = ""  # checked as typed: idnumber, creditcode, place, day-not-future


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A group that is asked several times. Paths of its fields are relative."""

    path: str
    label: str
    fields: tuple[Field, ...]
    most: int
    least: int = 0
    row_label: str = ""


Part: TypeAlias = Field | Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Fields that stand together. A folded one opens when something in it is filled in or wrong."""

    name: str
    title: str
    parts: tuple[Part, ...]
    folded: bool = False
    hint: str = ""
    note: str = ""  # beside the title, read even while it is folded


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A whole form."""

    sections: tuple[Section, ...]
    fields: tuple[Field, ...] = field(init=False)
    rows: tuple[Rows, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Take the parts apart once."""
        parts = [part for section in self.sections for part in section.parts]
        object.__setattr__(self, "fields", tuple(part for part in parts if isinstance(part, Field)))
        object.__setattr__(self, "rows", tuple(part for part in parts if isinstance(part, Rows)))

    def __iter__(self) -> Iterator[Section]:
        return iter(self.sections)
