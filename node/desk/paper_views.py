"""What the desk shows of paper: closed paper cases of earlier years, and papers that came back with an e-seal.

As `node.desk.views`: frozen values; days are dates of Asia/Shanghai, instants aware UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime

from node.desk.views import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class OldCaseRow:
    """A closed paper case (纸质旧案) as a list shows it. `our_role`: home or host."""

    old_case_id: str
    number: str  # of the old file (案卷号)
    our_role: str
    home_name: str
    host_name: str
    worker_name: str
    employer_name: str
    result: str
    closed_on: date
    shelf_mark: str  # where the paper file stands


@dataclass(frozen=True, slots=True, kw_only=True)
class OldCaseView:
    """All that was imported of one; None and empty for what nobody filled in."""

    row: OldCaseRow
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OldCaseOutcome:
    """What became of one row of an import. `state`: added, known (there already, unchanged) or wrong.

    Reasons of `faults`: missing, too_long, not_printable, no_text, no_day, no_code, unknown_field, id_check, in_future,
    too_early, order (a day before the one that it follows), number_taken (another case has this number).
    """

    number: int  # of the row, counted from 1
    state: str
    old_case_id: str
    faults: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPaper:
    """A paper of an own act that the e-seal program sealed: `digest` and `unsealed_digest` are SHA-256."""

    delegation_id: str
    code: str
    sequence: int
    digest: bytes
    unsealed_digest: bytes
    unsealed_size: int
    size: int
    sealed_by: str
    sealed_by_name: str
    sealed_for: str
    sealed_at: datetime
