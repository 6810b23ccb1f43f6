"""What an office is alerted of, when and how: `alerts` in a node's settings. Each rule has a name and a default."""

from datetime import time
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Rule(StrEnum):
    """What an alert is about. The value is the rule's name in settings, store, API and calls."""

    LATE = "late"  # a delegation is late by so many days
    SUPERVISION = "supervision_unanswered"  # a supervision was not answered by its day
    OFFLINE = "bureau_offline"  # a member of the province was not heard for so many hours
    REFUSALS = "refusals_spike"  # a unit refuses far more often than it used to
    REGISTRY = "registry_silent"  # the registry was not heard for so many minutes
    COPY = "copy_doubtful"  # something of the copy does not hold: its figures are not current


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LateRule(_Part):
    """`days` over the agreed day: working days of the awaited unit's region, or natural ones (`working` False)."""

    enabled: bool = True
    days: int = Field(default=5, ge=1, le=250)
    working: bool = True


class SupervisionRule(_Part):
    """From the day after the one by which the answer was due."""

    enabled: bool = True


class OfflineRule(_Part):
    """By the registry's word; hours are hours, also at night."""

    enabled: bool = True
    hours: int = Field(default=4, ge=1, le=720)


class RefusalsRule(_Part):
    """The last seven days against the eight weeks before: `times` their weekly mean, and `least` in any case."""

    enabled: bool = True
    least: int = Field(default=5, ge=2, le=1000)
    times: float = Field(default=3.0, ge=1.5, le=100.0)


class CurrentRule(_Part):
    """Minutes without a word of the registry that holds. A copy in doubt is told of at once."""

    enabled: bool = True
    minutes: int = Field(default=60, ge=15, le=1440)


class QuietHours(_Part):
    """In Asia/Shanghai: from `begins` until `ends`, over midnight or not; and days without work by the calendar."""

    enabled: bool = True
    begins: time = time(20)
    ends: time = time(8)
    rest_days: bool = True

    @model_validator(mode="after")
    def _differ(self) -> "QuietHours":
        if self.begins == self.ends or self.begins.tzinfo is not None or self.ends.tzinfo is not None:
            raise ValueError("begins and ends are two different times of the day, without a zone")
        return self


class AlertSettings(_Part):
    """Everything of alerts. Without `webhook_urls` and `mail_to` they stand in the pages and the API alone."""

    late: LateRule = Field(default_factory=LateRule)
    supervision: SupervisionRule = Field(default_factory=SupervisionRule)
    offline: OfflineRule = Field(default_factory=OfflineRule)
    refusals: RefusalsRule = Field(default_factory=RefusalsRule)
    current: CurrentRule = Field(default_factory=CurrentRule)
    quiet: QuietHours = Field(default_factory=QuietHours)
    urgent: tuple[Rule, ...] = (Rule.COPY,)  # told in quiet hours too
    remind_days: int = Field(default=0, ge=0, le=365)  # natural days from telling to telling again; 0: once alone
    tell_ended: bool = True
    keep_days: int = Field(default=400, ge=30, le=3650)  # of alerts that ended
    look_seconds: float = Field(default=60.0, ge=5.0, le=3600.0)
    webhook_urls: tuple[str, ...] = ()
    mail_to: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # unit of the office: addresses
