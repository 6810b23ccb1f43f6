"""Use cases about paper as a face sees them; as `node.desk.ports`, each judged by the actor's unit and roles."""

from collections.abc import Sequence
from typing import Protocol

from node.desk.paper_views import OldCaseOutcome, OldCaseRow, OldCaseView, SealedPaper
from node.desk.ports import Actor
from node.desk.views import Page


class PapersPort(Protocol):
    """The archive of closed paper cases, and papers with an e-seal."""

    # closed paper cases of earlier years (old_cases.py)
    async def take_old_cases(
        self, actor: Actor, rows: Sequence[object], *, only_check: bool = False
    ) -> tuple[OldCaseOutcome, ...]:
        """Judge rows (`old_case_rows.FIELDS`, texts) and keep the good ones (CLERK); an outcome a row, in order.

        A repeat changes nothing. Fifty rows are one transaction: what was cut off is finished by a repeat.
        TOO_LARGE over 1000 rows.
        """
        ...

    async def list_old_cases(
        self, actor: Actor, *, our_role: str = "", year: str = "", page_size: int = 50, page_token: str = ""
    ) -> Page[OldCaseRow]:
        """Those of the unit, the latest closed first."""
        ...

    async def get_old_case(self, actor: Actor, old_case_id: str) -> OldCaseView:
        """One of the unit."""
        ...

    async def find_old_cases(
        self, actor: Actor, *, name: str = "", id_number: str = "", number: str = ""
    ) -> tuple[OldCaseRow, ...]:
        """By the worker's whole name or ID number, or the old file's number, through a keyed hash; at most 100."""
        ...

    async def drop_old_case(self, actor: Actor, old_case_id: str) -> None:
        """Take out one that was imported wrongly (APPROVER, not who imported it)."""
        ...

    # papers of own acts with an e-seal (sealed_papers.py)
    async def may_seal_paper(self, actor: Actor, delegation_id: str, *, code: str, sequence: int) -> SealedPaper | None:
        """The actor may have the paper of an own act sealed; gives the sealed one where there is one already.

        SEAL_HOLDER, or APPROVER where the unit lets approvers seal; never who handled the act.
        """
        ...

    async def keep_sealed_paper(
        self, actor: Actor, delegation_id: str, *, code: str, sequence: int, pdf: bytes, unsealed_size: int
    ) -> SealedPaper:
        """Keep the sealed PDF, whose first `unsealed_size` bytes are the paper as given; the first one counts."""
        ...

    async def sealed_papers(self, actor: Actor, delegation_id: str) -> tuple[SealedPaper, ...]:
        """The unit's sealed papers of a case."""
        ...

    async def read_sealed_paper(
        self, actor: Actor, delegation_id: str, *, code: str, sequence: int
    ) -> tuple[SealedPaper, bytes]:
        """One of them with its PDF."""
        ...
