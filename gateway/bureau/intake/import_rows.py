"""Rows of a file judged one by one, by the form and checks of a clerk's own typing.

A row in which something is wrong is told and not stored. One in which something is missing becomes a draft to be
completed, and is told too; without name, number and employer nobody would know whose it is.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Final

from delegation.errors import Refusal
from gateway.bureau.filters import ZONE
from gateway.bureau.forms.filled import Filled, label_of
from gateway.bureau.forms.spec import Ask, Field
from gateway.bureau.intake.business import show, take
from gateway.bureau.intake.cells import LOST, RowFault, headings, is_lost, texts
from gateway.bureau.intake.checks import check, complete
from gateway.bureau.intake.form import DEFAULTS, MATTER, letter_form
from gateway.bureau.intake.tables import Cell
from gateway.bureau.intake.workbook import Column
from gateway.incoming import filled_in, parse_form
from gateway.problems import InvalidInputError, WireRefusalError
from gateway.schemas.drafts import Draft
from node.desk.business import parse_business

ITEM_COLUMNS: Final = 5
_WHOSE: Final = ("letter.worker.name", "letter.worker.id_number", "letter.employer.name")
_RULES: Final = {
    "extra_forbidden": "没有这个字段",
    "missing": "缺少此项",
    "string_too_long": "太长了，请缩短",
    "literal_error": "不是允许的代码",
    "string_pattern_mismatch": "不符合格式",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A file, judged: what may become drafts, and what may not."""

    good: tuple[tuple[int, Mapping[str, object]], ...]  # row number, business
    faults: tuple[RowFault, ...]
    gaps: tuple[RowFault, ...]  # of good rows: what is to be completed before issuing
    rows: int

    @property
    def bad_rows(self) -> int:
        """How many rows have faults."""
        return len({fault.row for fault in self.faults})


def _item(number: int) -> str:
    return f"事项{number}"


@cache
def columns() -> Mapping[str, tuple[str, Field | None]]:
    """Heading: path in the form, and its field; the five items have columns of their own."""
    found: dict[str, tuple[str, Field | None]] = {
        asked.label: (asked.path, asked) for asked in letter_form().fields if asked.ask is not Ask.HIDDEN
    }
    for number in range(ITEM_COLUMNS):
        found[_item(number + 1)] = (f"letter.items.{number}.text", None)
    return found


def heads() -> list[str]:
    """Headings of the template, the required first."""
    required = [asked.label for asked in letter_form().fields if asked.required]
    items = [_item(number) for number in range(1, ITEM_COLUMNS + 1)]
    rest = [asked.label for asked in letter_form().fields if not asked.required]
    return [*required, *items, *rest]


def workbook_columns() -> list[Column]:
    """The same headings with what each asks, for the workbook."""
    first = Field(path="letter.items.0.text", label=_item(1), ask=Ask.LONG, required=True, longest=2_000)
    known = columns()
    return [
        Column(
            heading=name,
            asked=known[name][1] or replace(first, required=name == first.label, hint="要查明什么；导入后必须答复"),
        )
        for name in heads()
    ]


def judge_table(rows: Sequence[Sequence[Cell]], now: datetime) -> Judged:
    """Rows of a spreadsheet under a head of our headings.

    Raises:
        FileError: a heading that nobody knows, or one twice.
    """
    names = headings(rows[0], columns())
    found = _Found()
    counted = 0
    for number, row in enumerate(rows[1:], start=2):
        if any(text for _, text in row):
            counted += 1
            _judge_row(found, number, names, row, now)
    return found.judged(counted)


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    good: list[tuple[int, Mapping[str, object]]] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    gaps: list[RowFault] = field(default_factory=list)

    def judged(self, rows: int) -> Judged:
        """The whole."""
        return Judged(good=tuple(self.good), faults=tuple(self.faults), gaps=tuple(self.gaps), rows=rows)

    def note(
        self, number: int, form: Filled, business: Mapping[str, object], now: datetime, lost: Sequence[RowFault] = ()
    ) -> None:
        """Judge one row; cells that were lost on the way are told instead of what is missing for them."""
        check(form, now)
        wrong = set(form.faults)
        complete(form)
        columns_lost = {fault.column for fault in lost}
        faults: list[RowFault] = list(lost)
        gaps: list[RowFault] = []
        for path, text in form.faults.items():
            told = RowFault(row=number, column=_column(form, path), text=text)
            if told.column not in columns_lost:
                (faults if path in wrong or path in _WHOSE else gaps).append(told)
        if not faults:
            faults = _refused_by_node(number, business)
        self.faults.extend(faults)
        if not faults:
            self.good.append((number, business))
            self.gaps.extend(gaps)


def _refused_by_node(number: int, business: Mapping[str, object]) -> list[RowFault]:
    """The node's own reading, so that no row is refused after others were stored."""
    try:
        parse_business(business)
    except Refusal as refusal:
        return [RowFault(row=number, column=refusal.details.get("field", ""), text="不符合格式")]
    return []


def _judge_row(found: _Found, number: int, names: Sequence[str], row: Sequence[Cell], now: datetime) -> None:
    typed: dict[str, list[str]] = {path: [value] for path, value in DEFAULTS.items() if "items" not in path}
    lost = []
    for name, (kind, text) in zip(names, row, strict=False):
        if not name or not text:
            continue
        path, asked = columns()[name]
        if is_lost(kind, text):
            lost.append(RowFault(row=number, column=name, text=LOST))
            continue
        typed[path] = texts(asked, text)
        if asked is None:
            typed[path.replace(".text", ".mandatory")] = ["1"]
    taken = take(typed, today=now.astimezone(ZONE).date(), stored={})
    found.note(number, taken.form, taken.business, now, lost)


def _column(form: Filled, path: str) -> str:
    part = path.split(".")
    if path.startswith("letter.items.") and len(part) == 4 and part[3] != "code":
        return _item(int(part[2]) + 1)
    return label_of(form, path)


def judge_objects(objects: Sequence[object], now: datetime) -> Judged:
    """Members of a JSON list, each a draft's business as the API takes it. Rows are counted from 1."""
    found = _Found()
    for number, value in enumerate(objects, start=1):
        try:
            draft = parse_form(Draft, json.dumps(value).encode())
        except InvalidInputError as error:
            for each in error.errors:
                text = "不是一个委托稿" if each.location == "body" else _RULES.get(each.rule, "不符合格式")
                column = each.location.removeprefix("body").removeprefix(".")
                found.faults.append(RowFault(row=number, column=column, text=text))
        except WireRefusalError:
            found.faults.append(RowFault(row=number, column="", text="不是一个委托稿"))
        else:
            business = {"matter": MATTER, **filled_in(draft)}
            found.note(number, show(business), business, now)
    return found.judged(len(objects))
