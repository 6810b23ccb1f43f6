"""When a side has not shown its secret in time, and who may do what about it then (protocol 13.5)."""

from datetime import date
from typing import Final

from delegation.roster_view import RosterView
from delegation.thread_state import ThreadState

REVEAL_CLOCK: Final = "draw-reveal"
REVEAL_FOR_WORKING_DAYS: Final = 2  # so long the office has to open the secret before the draw is void (agreed)


def office_of(unit: str, roster: RosterView) -> str:
    """The unit's provincial office when it is a member, which has its secrets in escrow; else empty."""
    office = roster.provincial_office(unit) if unit in roster.units else None
    return office.code if office is not None and office.is_member else ""


def last_day_to_reveal(thread: ThreadState, unit: str) -> date | None:
    """The last day on which the unit itself is in time; from the next on its office may show the secret for it.

    None where nothing is awaited of it: one of the commitments is missing, or the secret is shown.
    """
    clock = thread.clock(REVEAL_CLOCK, unit=unit)
    return clock.due.legal if clock is not None else None


def last_day_to_reveal_for(thread: ThreadState, unit: str, roster: RosterView) -> date | None:
    """The last day before the other side may make the draw void: two working days more where an office can open it."""
    last = last_day_to_reveal(thread, unit)
    if last is None or not office_of(unit, roster):
        return last
    return roster.calendar_of(thread.host_unit).add_workdays(last, REVEAL_FOR_WORKING_DAYS)
