"""Who made a delegation 优先 or put it into 绿色通道, who approved that, and why."""

from dataclasses import dataclass

from gateway.bureau.cases.asking import part_of
from gateway.bureau.cases.model import Act, act_of
from gateway.bureau.cases.reading import Names
from node.desk.views import DelegationView

_LETTERS = ("ISSUED", "LETTER_CORRECTED")
_RAISED = frozenset({"GREEN", "PREFERRED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """The act that gave the delegation its priority; its entry stands in the timeline."""

    act: Act
    reason: str


def raised(view: DelegationView, names: Names, *, unit: str) -> Raised | None:
    """The last change of priority, else the letter that had it from the start; None for an ordinary delegation."""
    if view.row.priority not in _RAISED:
        return None
    changed = [each for each in view.entries if each.kind == "PRIORITY_CHANGED" and each.state != "parked"]
    letters = [each for each in view.entries if each.kind in _LETTERS and part_of(each, "letter")]
    if not changed and not letters:
        return None
    entry = changed[-1] if changed else letters[0]
    letter = part_of(entry, "letter") or {}
    reason = (entry.body or {}).get("text") if changed else letter.get("priority_reason")
    return Raised(act=act_of(view, entry, names, unit=unit), reason=str(reason or ""))
