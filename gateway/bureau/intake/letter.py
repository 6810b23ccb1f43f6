"""A whole letter to be read: every field that is filled in, by section, as it will be signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.bureau.forms.filled import CHECKED, Filled
from gateway.bureau.forms.spec import Ask, Field, Rows
from gateway.bureau.intake.business import show

_YES: Final = "是"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A label and what stands there. `is_ours`: the text is of our own lists and may be translated."""

    label: str
    text: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section to be read: lines, and tables of its row groups."""

    title: str
    lines: tuple[Line, ...]
    tables: tuple[tuple[str, tuple[str, ...], tuple[tuple[Line, ...], ...]], ...]  # caption, columns, rows


def readable(business: Mapping[str, object]) -> tuple[Part, ...]:
    """The letter by section; sections with nothing in them are left out."""
    form = show(business)
    parts = []
    for section in form.spec.sections:
        lines = tuple(
            line for each in section.parts if isinstance(each, Field) for line in _lines(form, each, each.path)
        )
        tables = tuple(table for each in section.parts if isinstance(each, Rows) for table in _tables(form, each))
        if lines or tables:
            parts.append(Part(title=section.title.removeprefix("更多："), lines=lines, tables=tables))
    return tuple(parts)


def _lines(form: Filled, asked: Field, path: str) -> list[Line]:
    labels = dict(asked.choices)
    if asked.ask in {Ask.CHOICE, Ask.CHOICES}:
        return [
            Line(label=asked.label, text=labels.get(text, text), is_ours=text in labels) for text in form.texts(path)
        ]
    text = form.text(path)
    if asked.ask is Ask.CHECK:
        return [Line(label=asked.label, text=_YES, is_ours=True)] if text == CHECKED else []
    return [Line(label=asked.label, text=text.replace("T", " ") if asked.ask is Ask.MOMENT else text)] if text else []


def _tables(form: Filled, rows: Rows) -> list[tuple[str, tuple[str, ...], tuple[tuple[Line, ...], ...]]]:
    found = []
    for number in range(form.count(rows)):
        line = tuple(
            next(iter(_lines(form, each, f"{rows.path}.{number}.{each.path}")), Line(label=each.label, text=""))
            for each in rows.fields
        )
        if any(each.text for each in line):
            found.append(line)
    return [(rows.label, tuple(each.label for each in rows.fields), tuple(found))] if found else []
