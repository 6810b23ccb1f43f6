"""Alerts of a provincial office. Threads and units are named, never a person but who of the office saw one."""

from datetime import date, datetime

from pydantic import computed_field

from gateway.alert_words import RULES
from gateway.schemas.answers import PageOut
from gateway.schemas.base import Answer
from node.province.alert_settings import Rule


class AlertOut(Answer):
    """One alert: raised when its condition began, ended when it ended, raised anew under another id after that."""

    alert_id: str
    rule: Rule
    thread_id: str
    """委托编号; empty where it is about none."""
    unit: str
    """Unit or bureau that it is about; empty where it is about none."""
    number: int
    """Natural days late, hours offline, refusals of the last seven days, minutes of silence, doubtful items."""
    before: int
    """Refusals of the eight weeks before those seven days."""
    due: date | None
    urgent: bool
    """Told in quiet hours, too."""
    raised_at: datetime
    reminded_at: datetime | None
    ended_at: datetime | None
    seen_by: str
    """工号 of who said first that it was seen."""
    seen_at: datetime | None

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated property
    @property
    def label(self) -> str:
        """The rule in words."""
        return RULES[self.rule][0]


class AlertWayOut(Answer):
    """One way out: webhook or mail."""

    kind: str
    target: str
    """Host."""
    delivered_at: datetime | None
    """Since the node started."""
    waiting: int
    failing: int
    """Failures of the call that is being made, one after another."""
    fault: str
    """Why the last one failed: a status, or the kind of error."""


class AlertPageOut(PageOut[AlertOut]):
    """What stands first, the latest of each first."""

    standing: int
    unseen: int
    by_rule: dict[Rule, int]
    """Of what stands."""
    beyond: int
    """Conditions that hold and are not listed: at most 1,000 of a rule stand."""
    judged_at: datetime | None
    """When the rules were last looked at."""
    not_judged: tuple[Rule, ...]
    """Rules that could not be looked at then: their alerts stay as they are."""
    quiet: bool
    """Quiet hours: what is not urgent waits to be told."""
    ways: tuple[AlertWayOut, ...]
