"""An office without alerts: it answers whom the fences let in. The real ones are tried in their own tests."""

# ruff: noqa: ARG002 - arguments are the port's

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor
from node.province.alert_ports import AlertPage, AlertView
from node.province.alert_settings import Rule


class FakeAlerts:
    """Implements OfficeAlerts."""

    async def alerts(
        self, actor: Actor, *, rule: Rule | None = None, standing: bool = False, page_token: str = "", limit: int = 50
    ) -> AlertPage:
        return AlertPage(
            items=(), standing=0, unseen=0, by_rule=(), beyond=0, judged_at=None, not_judged=(), quiet=False, ways=()
        )

    async def see(self, actor: Actor, alert_id: str) -> AlertView:
        raise Refusal(Reason.NOT_FOUND)

    def standing(self, unit: str) -> int:
        return 0
