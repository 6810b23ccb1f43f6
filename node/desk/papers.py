"""Use cases about paper (PapersPort), handed to the node's writer."""

from collections.abc import Sequence
from functools import partial

from delegation.errors import Reason, Refusal
from node.desk import old_cases, sealed_papers
from node.desk.paper_views import OldCaseOutcome, OldCaseRow, OldCaseView, SealedPaper
from node.desk.ports import Actor
from node.desk.sealed_papers import Which
from node.desk.views import Page
from node.state import State
from node.writer import Writer


class Papers:
    """Of one node."""

    def __init__(self, writer: Writer[State]) -> None:
        self._run = writer.run

    async def take_old_cases(
        self, actor: Actor, rows: Sequence[object], *, only_check: bool = False
    ) -> tuple[OldCaseOutcome, ...]:
        """See PapersPort."""
        if len(rows) > old_cases.MOST_ROWS:
            raise Refusal(Reason.TOO_LARGE, field="rows")
        told = old_cases.Import(only_check=only_check)
        found: list[OldCaseOutcome] = []
        for start in range(0, max(1, len(rows)), old_cases.SLICE):
            part = rows[start : start + old_cases.SLICE]
            found += await self._run(partial(old_cases.take, actor=actor, rows=part, first=start + 1, told=told))
        return tuple(found)

    async def list_old_cases(
        self, actor: Actor, *, our_role: str = "", year: str = "", page_size: int = 50, page_token: str = ""
    ) -> Page[OldCaseRow]:
        """See PapersPort."""
        return await self._run(
            partial(
                old_cases.list_page,
                actor=actor,
                our_role=our_role,
                year=year,
                page_size=page_size,
                page_token=page_token,
            )
        )

    async def get_old_case(self, actor: Actor, old_case_id: str) -> OldCaseView:
        """See PapersPort."""
        return await self._run(partial(old_cases.get, actor=actor, old_case_id=old_case_id))

    async def find_old_cases(
        self, actor: Actor, *, name: str = "", id_number: str = "", number: str = ""
    ) -> tuple[OldCaseRow, ...]:
        """See PapersPort."""
        return await self._run(partial(old_cases.find, actor=actor, name=name, id_number=id_number, number=number))

    async def drop_old_case(self, actor: Actor, old_case_id: str) -> None:
        """See PapersPort."""
        await self._run(partial(old_cases.drop, actor=actor, old_case_id=old_case_id))

    async def may_seal_paper(self, actor: Actor, delegation_id: str, *, code: str, sequence: int) -> SealedPaper | None:
        """See PapersPort."""
        which = Which(delegation_id, code, sequence)
        return await self._run(partial(sealed_papers.may_seal, actor=actor, which=which))

    async def keep_sealed_paper(
        self, actor: Actor, delegation_id: str, *, code: str, sequence: int, pdf: bytes, unsealed_size: int
    ) -> SealedPaper:
        """See PapersPort."""
        which = Which(delegation_id, code, sequence)
        return await self._run(
            partial(sealed_papers.keep, actor=actor, which=which, pdf=pdf, unsealed_size=unsealed_size)
        )

    async def sealed_papers(self, actor: Actor, delegation_id: str) -> tuple[SealedPaper, ...]:
        """See PapersPort."""
        return await self._run(partial(sealed_papers.of_case, actor=actor, delegation_id=delegation_id))

    async def read_sealed_paper(
        self, actor: Actor, delegation_id: str, *, code: str, sequence: int
    ) -> tuple[SealedPaper, bytes]:
        """See PapersPort."""
        which = Which(delegation_id, code, sequence)
        return await self._run(partial(sealed_papers.read, actor=actor, which=which))
