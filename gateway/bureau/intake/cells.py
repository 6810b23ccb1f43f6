"""Cells of an imported file as the fields of a form take them, and what is told of a row."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.bureau.forms.spec import Ask, Field
from gateway.bureau.intake.tables import Cell, FileError

_DAY: Final = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]+(\d{1,2}):(\d{2})(?::\d{2})?)?"
)
_SEVERAL: Final = re.compile(r"[、,，;；\s]+")
_EXACT_DIGITS: Final = 15  # a spreadsheet's numbers keep no more
YES: Final = "是"
NO: Final = "否"
_YES: Final = frozenset({YES, "1", "√", "有", "TRUE", "true"})
LOST: Final = "被存成了数字，末几位已丢失；请把该列设为文本格式后重填"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """What is wrong with one cell. `row` is the number that the file's program shows."""

    row: int
    column: str
    text: str


def headings(row: Sequence[Cell], known: Mapping[str, object]) -> list[str]:
    """The headings of a table, without the mark of the required ones.

    Raises:
        FileError: one that nobody knows, one twice, or none.
    """
    names = [text.removesuffix("*").strip() for _, text in row]
    unknown = [number for number, name in enumerate(names, start=1) if name and name not in known]
    if unknown:
        raise FileError("有不认识的列标题，请用模板的标题：第" + "、".join(map(str, unknown[:10])) + "列")
    if len([name for name in names if name]) != len({name for name in names if name}) or not any(names):
        raise FileError("列标题为空或重复，请用模板的标题")
    return names


def is_lost(kind: str, text: str) -> bool:
    """A number that the spreadsheet kept no last digits of."""
    return kind == "n" and len(text.lstrip("-")) > _EXACT_DIGITS


def texts(asked: Field | None, text: str) -> list[str]:
    """What a form would have sent for a cell; a value that is none of the choices stays, to be told."""
    if asked is None:
        return [text]
    if asked.ask is Ask.CHOICES:
        return [code_of(asked, each) for each in _SEVERAL.split(text) if each]
    if asked.ask is Ask.CHOICE:
        return [code_of(asked, text)]
    if asked.ask is Ask.CHECK:
        return ["1" if text in _YES else ""]
    if asked.ask in {Ask.DAY, Ask.MOMENT}:
        return [_day(text, moment=asked.ask is Ask.MOMENT)]
    return [text]


def code_of(asked: Field, text: str) -> str:
    """The code of a choice by code, label, or the label's beginning before a bracket; else the text, to be told."""
    for code, label in asked.choices:
        if text in {code, label, label.partition("（")[0], label.partition(" ")[0]}:
            return code
    return text


def _day(text: str, *, moment: bool) -> str:
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return text
    year, month, day, hour, minute = match.groups()
    date = f"{year}-{int(month):02d}-{int(day):02d}"
    return f"{date}T{int(hour or 0):02d}:{minute or '00'}" if moment else date
