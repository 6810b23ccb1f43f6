"""Whose turn it is in the states of an appraisal, where the mode and the draw decide it (protocol 5.9)."""

from delegation.appraisal_facts import AppraisalFacts
from delegation.table import State
from delegation.thread_state import ThreadState


def drawing_unit(thread: ThreadState) -> str:
    """The unit that draws and whose pool it is: the host, or the home where experts are seconded; else empty."""
    facts = thread.appraisal
    if facts is None:
        return ""
    return thread.home_unit if facts.home_draws else thread.host_unit


def turn_by_state(thread: ThreadState) -> str:
    """The unit whose turn it is; empty where both may move, or nobody. As it stands for any other thread."""
    facts = thread.appraisal
    if facts is None:
        return thread.turn
    home, host = thread.home_unit, thread.host_unit
    match thread.state:
        case State.SPECIALTY_SET:
            return _turn_in_draw(thread, facts)
        case State.DRAW_VOID:
            return drawing_unit(thread)
        case State.PANEL_SHORT | State.SCHEDULED | State.EXPERTS_PROPOSED | State.EXPERTS_ADMITTED:
            return home
        case State.EXPERTS_CONFIRMED | State.REPORTED:
            return home
        case State.PANEL_DRAWN if facts.recusals or facts.replacements_due > 0:
            return drawing_unit(thread)
        case State.COMPLETED | State.WITHDRAWN | State.CANCELLED | State.TERMINATED | State.ARCHIVED:
            return ""
        case _:
            return host


def _turn_in_draw(thread: ThreadState, facts: AppraisalFacts) -> str:
    both = (thread.home_unit, thread.host_unit)
    for done in (facts.commitments, facts.reveals):
        missing = [unit for unit in both if unit not in dict(done)]
        if missing:
            return missing[0] if len(missing) == 1 else ""
    return drawing_unit(thread)
