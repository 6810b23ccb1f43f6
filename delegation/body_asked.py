"""What a guard of class B is asked, and what it may answer (protocol 5.3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from delegation.errors import Reason, Refused
from delegation.facts import BodyFacts, CaseFacts
from delegation.model import Header
from delegation.roster_view import RosterView
from delegation.table import Row
from delegation.thread_state import ThreadState


@dataclass(frozen=True, slots=True)
class BodyAsked:
    """One opened body before one thread."""

    thread: ThreadState
    header: Header
    facts: BodyFacts
    row: Row
    roster: RosterView
    history: CaseFacts

    @property
    def manifest_ids(self) -> tuple[str, ...]:
        """The materials that the header lists."""
        return tuple([material.material_id for material in self.header.manifest])

    @property
    def items_of_round(self) -> Mapping[str, bool] | None:
        """Item code to mandatory for what this round asks; None when the letter is not at hand."""
        letter = self.history.letter
        if letter is None:
            return None
        items = dict(letter.items)
        if self.header.round == 1:
            return items
        if self.history.supplement is None:
            return None
        asked = (code for code, _ in self.history.supplement.supplement_items)
        return {code: items.get(code, False) for code in asked}


Answer: TypeAlias = bool | Refused
BodyGuard: TypeAlias = Callable[[BodyAsked], Answer]


def contradicts(what: str) -> Refused:
    """The refusal of a body that says otherwise than its header."""
    return Refused(Reason.BODY_CONTRADICTS_HEADER, {"what": what})
