"""What the registry says to one row of an appraisal, asked without sending it."""

from dataclasses import replace
from typing import Any

from delegation.errors import Reason, Refused
from delegation.lifecycle import Accepted, judge
from delegation.roster_view import RosterView
from tests.builders import (
    HANGZHOU_AC,
    parsed,
)
from tests.simulator.appraisal_paths import actor, appraisal_scene
from tests.simulator.appraising import (
    Appraisal,
    appraisal_letter,
    appraisal_roster,
)
from tests.simulator.paths import Scene


def asked_of(where: Scene, who: str, row: str, **changes: Any) -> Accepted | Refused:
    """What the registry says to this row now."""
    federation = where.federation
    bureau = actor(federation, who)
    draft, _ = bureau.draft(where.ref, row, **changes)
    return judge(
        federation.threads[where.ref], parsed(draft), roster=federation.roster, at=federation.now,
        is_known=federation.is_known,
    )  # fmt: skip


def first(wish: Appraisal, roster: RosterView | None = None, **changes: Any) -> Accepted | Refused:
    """What the registry says to a first letter."""
    roster = roster or appraisal_roster()
    where = appraisal_scene("issued")
    federation = where.federation
    header = appraisal_letter(
        wish, thread_id=federation.next_number(HANGZHOU_AC), home=HANGZHOU_AC, at=federation.now, roster=roster
    )
    header = replace(header, envelope_id=federation.next_id(), **changes)
    return judge(None, parsed(header), roster=roster, at=federation.now, is_known=federation.is_known)


def guard_of(outcome: Accepted | Refused) -> str:
    assert isinstance(outcome, Refused), outcome.row.name
    assert outcome.reason is Reason.GUARD_FAILED, outcome
    return outcome.details["guard"]
