"""A whole letter to be read: every field that is filled in, by section, as it will be signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.bureau.forms.filled import CHECKED, Filled
from gateway.bureau.forms.spec import Ask, Field, Rows
from gateway.bureau.intake.business import show

_YES: Final = "是"
_MOST_REST: Final = 200
# shown otherwise: the matter is the page's, certainty is told by the further places
_ELSEWHERE: Final = frozenset({"matter", "case_key", "task_place.certainty", "task_place.other_candidates"})


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
    rest = tuple(Line(label=path, text=text) for path, text in _rest(form, business, ""))[:_MOST_REST]
    if rest:
        parts.append(Part(title="表外内容", lines=rest, tables=()))
    return tuple(parts)


def _rest(form: Filled, value: object, path: str) -> list[tuple[str, str]]:
    """What the form has no field for, by its path: a business system may have written it, and it would be signed."""
    known = {each.path for each in form.spec.fields} | {rows.path for rows in form.spec.rows} | _ELSEWHERE
    if path in known or value in (None, "", False):
        return []
    if isinstance(value, Mapping):
        return [one for name, each in value.items() for one in _rest(form, each, f"{path}.{name}".lstrip("."))]
    if isinstance(value, list | tuple):
        return [one for each in value for one in _rest(form, each, path)]
    return [(path, str(value))]


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
