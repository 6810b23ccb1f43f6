"""Rows of a file of experts: read by their headings here, judged by the node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.bureau.forms.spec import Ask
from gateway.bureau.intake.cells import LOST, RowFault, headings, is_lost, texts
from gateway.bureau.intake.tables import Cell
from gateway.bureau.pool.form import BY_HEADING, FAULTS, LABELS
from node.pool.views import ExpertOutcome

_ESCAPED: Final = frozenset({"'=", "'+", "'-", "'@"})  # as our own export writes what would be a formula


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A row as it was read. `number` is the one that the file's program shows."""

    number: int
    content: object  # what the node judges; of a table a mapping
    lost: tuple[RowFault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A file, judged: what will be kept, and of it how many are new; what is there already; what is wrong."""

    good: tuple[object, ...]
    added: int
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
    return [
        _read_row(number, names, row) for number, row in enumerate(rows[1:], start=2) if any(text for _, text in row)
    ]


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
            text = text[1:] if text[:2] in _ESCAPED else text
            # several in one cell, as codes or labels, are taken apart by the node, which knows both
            content[asked.path] = text if asked.ask is Ask.CHOICES else texts(asked, text)[0]
    return Read(number=number, content=content, lost=tuple(lost))


def read_objects(objects: Sequence[object]) -> list[Read]:
    """Members of a JSON list, each as the API takes it. Rows are counted from 1."""
    return [
        Read(number=number, content=dict(value) if isinstance(value, Mapping) else value)
        for number, value in enumerate(objects, start=1)
    ]


def judged(rows: Sequence[Read], outcomes: Sequence[ExpertOutcome]) -> Judged:
    """What the node says of each row, in words; cells that were lost are told instead of what is missing for them."""
    faults: list[RowFault] = []
    good, added = [], 0
    for row, outcome in zip(rows, outcomes, strict=True):
        faults += row.lost
        lost = {fault.column for fault in row.lost}
        for fault in outcome.faults:
            column = LABELS.get(fault.field, "")
            if column not in lost or not column:
                faults.append(RowFault(row=row.number, column=column, text=FAULTS[fault.reason]))
        if outcome.state in ("added", "changed") and not row.lost:
            good.append(row.content)
            added += outcome.state == "added"
    known = sum(outcome.state == "known" for outcome in outcomes)
    return Judged(good=tuple(good), added=added, known=known, faults=tuple(faults), rows=len(rows))
