"""What stands at the other end of a case: shown on pages and given by no interface of its own."""

from dataclasses import dataclass

from node.desk.views import DraftView


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A notice, the draft that was made of it, or the delegation."""

    kind: str  # notice | draft | delegation
    subject_id: str
    state: str
    state_label: str
    draft: DraftView | None = None
