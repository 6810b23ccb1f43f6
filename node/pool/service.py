"""Use cases of the expert pool (PoolPort), handed to the node's writer."""

from collections.abc import Mapping, Sequence
from functools import partial

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor
from node.desk.views import Page
from node.pool import experts, versions
from node.pool.ports import MOST_ROWS, ExpertFilters
from node.pool.views import ExpertOutcome, ExpertView, PoolVersionPage, PoolVersionView, PoolView
from node.state import State
from node.writer import Writer


class ExpertPool:
    """Of the units of one node."""

    def __init__(self, writer: Writer[State]) -> None:
        self._run = writer.run

    async def pool(self, actor: Actor) -> PoolView:
        """See PoolPort."""
        return await self._run(partial(versions.summary, actor=actor))

    async def list_experts(
        self, actor: Actor, filters: ExpertFilters, *, page_size: int = 50, page_token: str = ""
    ) -> Page[ExpertView]:
        """See PoolPort."""
        return await self._run(
            partial(experts.list_page, actor=actor, filters=filters, page_size=page_size, page_token=page_token)
        )

    async def find_experts(self, actor: Actor, *, name: str = "", number: str = "") -> tuple[ExpertView, ...]:
        """See PoolPort."""
        return await self._run(partial(experts.find, actor=actor, name=name, number=number))

    async def get_expert(self, actor: Actor, expert_id: str) -> ExpertView:
        """See PoolPort."""
        return await self._run(partial(experts.get, actor=actor, expert_id=expert_id))

    async def add_expert(self, actor: Actor, row: Mapping[str, object]) -> ExpertView:
        """See PoolPort."""
        return await self._run(partial(experts.add, actor=actor, row=row))

    async def change_expert(self, actor: Actor, expert_id: str, version: int, row: Mapping[str, object]) -> ExpertView:
        """See PoolPort."""
        return await self._run(partial(experts.change, actor=actor, expert_id=expert_id, version=version, row=row))

    async def drop_expert(self, actor: Actor, expert_id: str, version: int) -> None:
        """See PoolPort."""
        await self._run(partial(experts.drop, actor=actor, expert_id=expert_id, version=version))

    async def import_experts(
        self, actor: Actor, rows: Sequence[object], *, only_check: bool = False
    ) -> tuple[ExpertOutcome, ...]:
        """See PoolPort."""
        if len(rows) > MOST_ROWS:
            raise Refusal(Reason.TOO_LARGE, field="rows")
        told = experts.Import(only_check=only_check)
        found: list[ExpertOutcome] = []
        for start in range(0, max(1, len(rows)), experts.SLICE):
            part = rows[start : start + experts.SLICE]
            found += await self._run(partial(experts.take, actor=actor, rows=part, first=start + 1, told=told))
        return tuple(found)

    async def export_experts(self, actor: Actor) -> tuple[Mapping[str, str], ...]:
        """See PoolPort."""
        return await self._run(partial(experts.export, actor=actor))

    async def prepare_version(self, actor: Actor) -> PoolVersionView:
        """See PoolPort."""
        return await self._run(partial(versions.prepare, actor=actor))

    async def list_versions(self, actor: Actor) -> tuple[PoolVersionView, ...]:
        """See PoolPort."""
        return await self._run(partial(versions.list_all, actor=actor))

    async def get_version(self, actor: Actor, root: str) -> PoolVersionPage:
        """See PoolPort."""
        return await self._run(partial(versions.get, actor=actor, root=root))
