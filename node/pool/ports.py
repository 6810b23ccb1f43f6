"""Use cases of an expert pool as a face sees them; as `node.desk.ports`, each judged by the actor's unit and roles.

Only an appraisal unit has a pool: for any other NOT_ALLOWED (state `no_appraisal_unit`). Its approvers and
administrators keep it; its clerks and approvers prepare versions, which another approver commits to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from node.desk.ports import Actor
from node.desk.views import Page
from node.pool.views import ExpertOutcome, ExpertView, PoolVersionPage, PoolVersionView, PoolView

MOST_ROWS = 5000  # of one import


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertFilters:
    """What a list shows; empty does not filter. `text` is a part of a name, number or employer."""

    specialty: str = ""
    division: str = ""
    state: str = ""  # available | inactive | out_of_term | no_senior_title
    text: str = ""


class PoolPort(Protocol):
    """The pool of the actor's unit."""

    async def pool(self, actor: Actor) -> PoolView:
        """The pool as a whole."""
        ...

    async def list_experts(
        self, actor: Actor, filters: ExpertFilters, *, page_size: int = 50, page_token: str = ""
    ) -> Page[ExpertView]:
        """Experts in the order of their numbers; `page_size` at most 200."""
        ...

    async def find_experts(self, actor: Actor, *, name: str = "", number: str = "") -> tuple[ExpertView, ...]:
        """By the whole name or number, through a keyed hash; at most 100. INVALID_INPUT unless exactly one is given."""
        ...

    async def get_expert(self, actor: Actor, expert_id: str) -> ExpertView:
        """One of the unit."""
        ...

    async def add_expert(self, actor: Actor, row: Mapping[str, object]) -> ExpertView:
        """Add one (fields of `rows.FIELDS`, texts). INVALID_INPUT with `fields`, the wrong ones and their reasons."""
        ...

    async def change_expert(self, actor: Actor, expert_id: str, version: int, row: Mapping[str, object]) -> ExpertView:
        """Replace what is said of one."""
        ...

    async def drop_expert(self, actor: Actor, expert_id: str, version: int) -> None:
        """Take one out who was put in by mistake; committed versions keep what they had."""
        ...

    async def import_experts(
        self, actor: Actor, rows: Sequence[object], *, only_check: bool = False
    ) -> tuple[ExpertOutcome, ...]:
        """Judge rows and keep the good ones; a number that is there is changed; an outcome a row, in order.

        Who is not in the file stays. Some hundred rows are one transaction: a repeat finishes what was cut off.
        TOO_LARGE over MOST_ROWS.
        """
        ...

    async def export_experts(self, actor: Actor) -> tuple[Mapping[str, str], ...]:
        """Every expert as a row that an import takes, in the order of their numbers."""
        ...

    async def prepare_version(self, actor: Actor) -> PoolVersionView:
        """Freeze the pool with salts of its own and prepare the envelope that commits to it.

        NOT_ALLOWED with `state`: empty, unchanged, queued. One that still waited is dropped.
        """
        ...

    async def list_versions(self, actor: Actor) -> tuple[PoolVersionView, ...]:
        """All that were prepared, the latest first."""
        ...

    async def get_version(self, actor: Actor, root: str) -> PoolVersionPage:
        """One by its root, with what changed in it and since."""
        ...
