"""By when the unit answers what a person asks about the own data: working days, a rule of the unit's own.

No statute names a period for this (PIPL 45 says 及时, in good time); so it is a setting, and shown as one. Days are
counted by the calendar of the unit, the day of the request not counted.
"""

from datetime import date, datetime
from typing import Final

from delegation.errors import Reason, Refusal
from delegation.workdays import CalendarError
from node.desk.guard import READS, need
from node.desk.ports import Actor, Role
from node.records import MetaRecord
from node.state import State
from node.writer import Tx

USUAL: Final = 15
MOST: Final = 60


def _name(unit: str) -> str:
    return f"answer_days/{unit}"


def days_of(tx: Tx, unit: str) -> int:
    """Working days that the unit gives itself."""
    record = tx.get(MetaRecord, (_name(unit),))
    return int(record.value) if record is not None else USUAL


def read(tx: Tx, state: State, at: datetime, *, actor: Actor) -> int:
    """The setting of the actor's unit. Refusal ROLE_MISSING."""
    del at
    need(actor, state, *READS, Role.ADMINISTRATOR)
    return days_of(tx, actor.unit)


def keep(tx: Tx, state: State, at: datetime, *, actor: Actor, days: int) -> int:
    """Set it (ADMINISTRATOR), for requests that are recorded from now on. Refusal INVALID_INPUT (days)."""
    del at
    need(actor, state, Role.ADMINISTRATOR)
    if not 1 <= days <= MOST:
        raise Refusal(Reason.INVALID_INPUT, field="days")
    tx.put(MetaRecord(_name(actor.unit), str(days).encode()))
    return days


def due_of(tx: Tx, state: State, *, unit: str, asked_on: date) -> date | None:
    """The last day for an answer; None before there is a roster with the unit's calendar."""
    if not state.rosters.ready:
        return None
    try:
        return state.rosters.current.view.calendar_of(unit).add_workdays(asked_on, days_of(tx, unit))
    except (Refusal, CalendarError):
        return None
