"""What a face sees of a pool, as `node.desk.views`: frozen values, days as dates, instants aware UTC."""

from dataclasses import dataclass
from datetime import date, datetime

from delegation.eligibility import Declaration
from node.desk.views import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertView:
    """An expert of the pool. `version` is what the next change has to name."""

    expert_id: str
    version: int
    number: str
    name: str
    title: str
    senior: bool  # the title is a senior one (条例 24)
    specialties: tuple[str, ...]
    employer: str
    appointed_from: date
    appointed_until: date
    active: bool
    conflicts: tuple[Declaration, ...]
    note: str
    changed_by: str
    changed_by_name: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertOutcome:
    """What became of a row of an import. `state`: added, changed, known (there already, unchanged) or wrong.

    Reasons of `faults`: missing, too_long, not_printable, no_text, no_day, no_code, unknown_field, order (the term ends
    before it begins), conflict_form, number_twice (another row of this import has the number and says otherwise),
    pool_full.
    """

    number: int  # of the row, counted from 1
    state: str
    expert_id: str
    faults: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolView:
    """The pool as a whole. `changed`: what stands there is not what the last committed version says."""

    unit: str
    experts: int
    available: int  # active, in their term today, with a senior title
    version: int  # last committed; 0 for none
    changed: bool
    waiting_version: int  # prepared and not yet in the log; 0 for none
    thread_id: str  # the unit's own thread; empty before the first version
    by_specialty: tuple[tuple[str, int], ...]  # available ones


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolVersionView:
    """A version as it was prepared. `state`: prepared, queued, committed or dropped; `root` is hexadecimal."""

    version: int
    state: str
    root: str
    size: int
    prepared_by: str
    prepared_by_name: str
    prepared_at: datetime
    logged_at: datetime | None
    thread_id: str
    move_id: str
    move_version: int  # what an approval has to name; 0 once it does not wait


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertChange:
    """How an expert stands apart between two states of the pool. `what`: added, removed, changed (then `fields`)."""

    what: str
    number: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolVersionPage:
    """A version with what has changed in it against the committed one before it, and in the pool since."""

    version: PoolVersionView
    against: int  # the committed version before it; 0 for none
    brought: tuple[ExpertChange, ...]
    since: tuple[ExpertChange, ...]
