"""The unit's examinations for a calendar: a list, which opens of each case the appointments alone.

The letter, the panel and the opinion stay closed; who saw the list is noted as for any list, not as a look at the case.
"""

from datetime import datetime
from typing import Final

from delegation.codes import Kind, Matter
from delegation.table import State as Legal
from delegation.thread_json import thread_from_bytes
from node.desk.guard import READS, need
from node.desk.ports import Actor
from node.desk.rows import row_view
from node.draws.members import entries
from node.draws.showing import Told, appointments_of
from node.draws.views import AppointmentLine
from node.records import ThreadRecord
from node.state import State
from node.store import Op, ThreadQuery, Where
from node.writer import Tx

_STATES: Final = (Legal.SCHEDULED, Legal.NOTIFIED, Legal.EXAMINED)  # an appointment stands or has just been kept
_MOST: Final = 100  # of each state: what a unit examines in some weeks
_KINDS: Final = frozenset({Kind.SCHEDULED, Kind.RESCHEDULED, Kind.NO_SHOW, Kind.EXAMINED})


def appointments(tx: Tx, state: State, at: datetime, *, actor: Actor) -> tuple[AppointmentLine, ...]:
    """Appointments of the unit's appraisals that are not over, by time. Refusal ROLE_MISSING."""
    need(actor, state, *READS)
    found: list[AppointmentLine] = []
    for legal in _STATES:
        where = (
            Where("state", legal.value),
            Where("is_open", True),
            Where("matter", int(Matter.INVESTIGATION), Op.GT),
        )
        for record, role in tx.store.list_threads(ThreadQuery(unit=actor.unit, where=where, limit=_MOST)):
            if isinstance(record, ThreadRecord):
                found += _of_thread(tx, state, at, record, role=role, unit=actor.unit)
    return tuple(sorted(found, key=lambda line: (line.appointment.day, line.appointment.at, line.delegation_id)))


def _of_thread(
    tx: Tx, state: State, at: datetime, record: ThreadRecord, *, role: str, unit: str
) -> list[AppointmentLine]:
    facts = thread_from_bytes(record.state_bytes).appraisal if record.state_bytes else None
    if facts is None:
        return []
    told = [Told(tx, state, each) for each in entries(tx, record.thread_id, _KINDS)]
    worker = row_view(tx, state, record, role=role, unit=unit, at=at).worker_name
    served = {day for _, day in facts.notices}
    return [
        AppointmentLine(
            delegation_id=record.thread_id, worker_name=worker, appointment=each, notified=each.day in served
        )
        for each in appointments_of(told, facts.appointed_on)
    ]
