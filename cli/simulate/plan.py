"""What is to be played, and what came of it."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from delegation.codes import Kind

FULL_YEAR: Final = 61_500  # 37,500 investigations and 24,000 appraisals: the base scenario, an estimate
DEMONSTRATION: Final = 600
INVESTIGATIONS: Final = 0.61  # of all delegations, by the same estimate
DAYS: Final = 365
ENROLLED: Final = timedelta(days=2)  # before the first day: all members


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One year up to `end`, its last day. The same plan gives the same histories, times and figures.

    `without` are regions (a place's, or a province's for its office) whose units a real node will serve: a predecessor
    is played in their place, and gives way to them (`handover.give_way`). `focus` is a province with which two in five
    delegations have to do, so that a small year has something to show there; the country's own skew has no focus.
    """

    end: date
    seed: int = 7
    delegations: int = DEMONSTRATION
    without: frozenset[str] = frozenset()
    focus: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.delegations <= 1_000_000:
            raise ValueError("delegations: 1 to 1,000,000")
        if self.focus and not (len(self.focus) == 6 and self.focus.endswith("0000")):
            raise ValueError("focus: the code of a province")

    @property
    def start(self) -> date:
        """The first day."""
        return self.end - timedelta(days=DAYS - 1)


@dataclass(slots=True)
class Summary:
    """Figures of a run; seconds are the machine's own, everything else follows from the plan."""

    delegations: int = 0
    envelopes: int = 0  # accepted
    refused: int = 0  # by rule, as meant: a wrong place, an act that had become stale
    unexpected: dict[str, int] = field(default_factory=dict)  # refusals that were not meant, by kind and reason
    acknowledged: int = 0
    negative: int = 0
    rosters: int = 0  # versions and restatements
    log_size: int = 0
    open_at_end: int = 0
    most_at_once: int = 0  # delegations that somebody still had to do something about, at the busiest moment
    kinds: dict[str, int] = field(default_factory=dict)
    enrolling_seconds: float = 0.0
    playing_seconds: float = 0.0

    def count(self, kind: Kind) -> None:
        """One more accepted envelope."""
        self.envelopes += 1
        self.kinds[kind.name] = self.kinds.get(kind.name, 0) + 1

    @property
    def envelopes_a_second(self) -> float:
        """Accepted envelopes, with their acknowledgements, for each second of playing."""
        return self.envelopes / self.playing_seconds if self.playing_seconds else 0.0

    def to_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "delegations": self.delegations,
            "envelopes": self.envelopes,
            "refused": self.refused,
            "unexpected_refusals": dict(sorted(self.unexpected.items())),
            "acknowledgements": self.acknowledged,
            "negative_entries": self.negative,
            "roster_statements": self.rosters,
            "log_size": self.log_size,
            "open_at_end": self.open_at_end,
            "most_at_once": self.most_at_once,
            "enrolling_seconds": round(self.enrolling_seconds, 2),
            "playing_seconds": round(self.playing_seconds, 2),
            "envelopes_a_second": round(self.envelopes_a_second, 1),
            "kinds": dict(sorted(self.kinds.items())),
        }
