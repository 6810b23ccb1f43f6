"""What the registry answers to one envelope (protocol 7.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from delegation import patterns
from delegation.catalogue import reason_class
from delegation.errors import Reason, ReasonClass, Refusal, Refused


class Final(NamedTuple):
    """Accepted, or refused by rule: the stored entry."""

    entry: bytes
    accepted: bool
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class NotFinal:
    """Try again, or untrusted: nothing is stored."""

    reason: Reason
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def untrusted(self) -> bool:
        """Not to be tried again as it is."""
        return reason_class(self.reason) is ReasonClass.UNTRUSTED


Result = Final | NotFinal


def is_final(refused: Refused | Refusal) -> bool:
    """Whether a refusal is stored and logged."""
    return reason_class(refused.reason) is ReasonClass.FINAL


def safe_details(details: Mapping[str, str]) -> dict[str, str]:
    """Details that match the closed patterns of protocol 7; whatever else a refusal carries stays here."""
    return {
        name: value
        for name, value in details.items()
        if patterns.is_detail_name(name) and patterns.is_detail_value(value)
    }


def not_final(refused: Refused | Refusal) -> NotFinal:
    """A refusal of which nothing is stored. A local reason never travels: it becomes UNAVAILABLE."""
    if reason_class(refused.reason) in (ReasonClass.FINAL, ReasonClass.LOCAL):
        return NotFinal(Reason.UNAVAILABLE)
    return NotFinal(refused.reason, safe_details(refused.details))
