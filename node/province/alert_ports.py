"""What the pages and the interface of an office ask of its alerts. Threads and units are named, never a person."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from node.desk.ports import Actor
from node.desk.views import NoticeRoute
from node.province.alert_settings import Rule

MOST_ALERTS = 200  # of a page


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert. `number`: days late, hours offline, refusals of the last seven days, minutes, doubtful items."""

    alert_id: str
    rule: Rule
    thread_id: str  # empty where it is about none
    unit: str  # unit, or bureau, that it is about; empty where it is about none
    number: int
    before: int  # refusals of the eight weeks before those seven days
    due: date | None
    urgent: bool
    raised_at: datetime
    reminded_at: datetime | None
    ended_at: datetime | None
    seen_by: str  # staff id
    seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPage:
    """What stands first, the latest of each first."""

    items: tuple[AlertView, ...]
    standing: int
    unseen: int  # of what stands
    by_rule: tuple[tuple[Rule, int], ...]  # of what stands
    beyond: int  # conditions that hold and are not listed, since so many of their rule are
    judged_at: datetime | None  # when the rules were last looked at since the node started
    not_judged: tuple[Rule, ...]  # what could not be looked at then
    quiet: bool  # quiet hours: what is not urgent waits to be told
    ways: tuple[NoticeRoute, ...]
    next_page_token: str = ""


class OfficeAlerts(Protocol):
    """Alerts of the actor's office. Refusal ROLE_MISSING for a person who may not look, or of no office."""

    async def alerts(
        self, actor: Actor, *, rule: Rule | None = None, standing: bool = False, page_token: str = "", limit: int = 50
    ) -> AlertPage:
        """A page of them; `standing`: without what has ended. Refusal INVALID_INPUT (page_token, limit)."""
        ...

    async def see(self, actor: Actor, alert_id: str) -> AlertView:
        """Say that somebody of the office saw it; who was first stays. Refusal NOT_FOUND for another office's."""
        ...

    def standing(self, unit: str) -> int:
        """How many alerts of an office stand, as of the last look; for the navigation."""
        ...
