"""Rows of a file of closed paper cases: read by their headings here, judged by the node."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.bureau.intake.cells import LOST, RowFault, headings, is_lost, texts
from gateway.bureau.intake.tables import Cell
from gateway.bureau.old_cases.form import BY_HEADING, FAULTS, LABELS
from node.desk.paper_views import OldCaseOutcome

_NUMBER: Final = "id_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A row as it was read. `number` is the one that the file's program shows."""

    number: int
    content: object  # what the node judges; of a table a mapping
    lost: tuple[RowFault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A file, judged: what will be kept, what is there already, what is wrong."""

    good: tuple[object, ...]
    known: int
    faults: tuple[RowFault, ...]
    rows: int

    @property
    def bad_rows(self) -> int:
        """How many rows have faults."""
        return len({fault.row for fault in self.faults})


def read_table(rows: Sequence[Sequence[Cell]]) -> list[Read]:
    """Rows of a spreadsheet under a head of our headings.

    Raises:
        FileError: a heading that nobody knows, or one twice.
    """
    names = headings(rows[0], BY_HEADING)
    found = []
    for number, row in enumerate(rows[1:], start=2):
        if any(text for _, text in row):
            found.append(_read_row(number, names, row))
    return found


def _read_row(number: int, names: Sequence[str], row: Sequence[Cell]) -> Read:
    content: dict[str, str] = {}
    lost = []
    for name, (kind, text) in zip(names, row, strict=False):
        if not name or not text:
            continue
        asked = BY_HEADING[name]
        if is_lost(kind, text):
            lost.append(RowFault(row=number, column=name, text=LOST))
        else:
            content[asked.path] = texts(asked, text)[0]
    return Read(number=number, content=_plain(content), lost=tuple(lost))


def read_objects(objects: Sequence[object]) -> list[Read]:
    """Members of a JSON list, each as the API takes it. Rows are counted from 1."""
    return [
        Read(number=number, content=_plain(value) if isinstance(value, Mapping) else value)
        for number, value in enumerate(objects, start=1)
    ]


def _plain(content: Mapping[str, object]) -> dict[str, object]:
    """A number as it is printed on the card: no blanks, no full-width signs, capitals."""
    number = content.get(_NUMBER)
    if not isinstance(number, str):
        return dict(content)
    return {**content, _NUMBER: "".join(unicodedata.normalize("NFKC", number).split()).upper()}


def judged(rows: Sequence[Read], outcomes: Sequence[OldCaseOutcome]) -> Judged:
    """What the node says of each row, in words; cells that were lost are told instead of what is missing for them."""
    faults: list[RowFault] = []
    good = []
    for row, outcome in zip(rows, outcomes, strict=True):
        faults += row.lost
        lost = {fault.column for fault in row.lost}
        for fault in outcome.faults:
            column = LABELS.get(fault.field, "")
            if column not in lost or not column:
                faults.append(RowFault(row=row.number, column=column, text=FAULTS[fault.reason]))
        if outcome.state == "added" and not row.lost:
            good.append(row.content)
    known = sum(outcome.state == "known" for outcome in outcomes)
    return Judged(good=tuple(good), known=known, faults=tuple(faults), rows=len(rows))
