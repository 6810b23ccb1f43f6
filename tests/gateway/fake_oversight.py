"""An office without delegations: it answers whom the fences let in. The real one is tried in its own tests."""

# ruff: noqa: ARG002 - arguments are the port's

from datetime import date

from delegation.errors import Reason, Refusal
from delegation.figures import Tally
from node.desk.ports import Actor
from node.province.ports import USUAL, AsOf, Behind, FlowTable, Lines, Overview, Sorting, Timeline, Wanted
from tests.gateway.fake_accounts import NOW

AS_OF = AsOf(0, b"", NOW, date(2026, 8, 3), current=True)


class FakeOversight:
    """Implements Oversight."""

    async def overview(self, actor: Actor, wanted: Wanted) -> Overview:
        return Overview(AS_OF, wanted, Tally(), Tally(), (), (), ())

    async def flows(self, actor: Actor, wanted: Wanted) -> FlowTable:
        return FlowTable(AS_OF, ())

    async def lines(
        self,
        actor: Actor,
        wanted: Wanted,
        behind: Behind,
        *,
        sorting: Sorting = USUAL,
        page_token: str = "",
        limit: int = 50,
    ) -> Lines:
        return Lines(AS_OF, (), 0)

    async def timeline(self, actor: Actor, thread_id: str) -> Timeline:
        raise Refusal(Reason.NOT_FOUND)
