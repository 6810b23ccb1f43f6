"""A delegation's line in a list, and its due dates, made of the record and the thread as they are in memory."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from delegation.clock_specs import legal_source
from delegation.codes import Matter, Priority, ThreadType
from delegation.deadlines import day_of
from delegation.errors import Refusal
from delegation.model import DueDate
from delegation.roster_view import Unit
from delegation.thread_json import thread_from_bytes
from delegation.thread_state import ThreadState
from node.desk.labels import clock_label, state_label
from node.desk.views import DelegationRow, DueDateView
from node.records import ThreadRecord, from_us
from node.state import State, thread_in
from node.writer import Tx

Names = Mapping[str, Unit]


def names_of(state: State) -> Names:
    """The units of the roster in force; none before there is one."""
    return state.rosters.current.view.units if state.rosters.ready else {}


def name_in(names: Names, unit: str) -> str:
    """The unit's name, empty for one that the roster does not know."""
    found = names.get(unit)
    return found.name if found is not None else ""


def name_of(state: State, unit: str) -> str:
    """The unit's name by the roster in force, empty for one that it does not know."""
    return name_in(names_of(state), unit)


def secret_row(thread_id: str) -> str:
    """The name that a thread's secret is authenticated with."""
    return f"threads/{thread_id}/secret"


def row_view(tx: Tx, state: State, record: ThreadRecord, *, role: str, unit: str, at: datetime) -> DelegationRow:
    """A line of a list."""
    shown: dict[str, str] = {}
    if record.secret:
        try:
            secret = state.vault.open(tx, record.thread_id, secret_row(record.thread_id), record.secret)
            shown = json.loads(secret)
        except Refusal:
            shown = {}
    held = thread_in(tx, state, record.thread_id)
    thread = held.thread if held is not None else None
    if held is None and record.state_bytes:  # its state alone: a list would push threads in use out of the memory
        thread = thread_from_bytes(record.state_bytes)
    return row_of(record, thread, shown, role=role, unit=unit, at=at, names=names_of(state))


def row_of(
    record: ThreadRecord,
    thread: ThreadState | None,
    shown: Mapping[str, str],
    *,
    role: str,
    unit: str,
    at: datetime,
    names: Names,
) -> DelegationRow:
    """A line of a list; `shown` is what the record's secret holds."""
    due = date.fromisoformat(record.next_due) if record.next_due else None
    provisional = thread is not None and any(item.provisional for item in thread.due_dates)
    return DelegationRow(
        delegation_id=record.thread_id,
        thread_type=ThreadType(record.thread_type).name,
        version=record.version,
        state=record.state,
        state_label=state_label(record.state),
        business_status=thread.business_status.label if thread is not None else "待注册中心确认",
        our_role=role,
        home_unit=record.home_unit,
        home_name=name_in(names, record.home_unit),
        host_unit=record.host_unit,
        host_name=name_in(names, record.host_unit),
        turn=record.turn,
        our_turn=record.turn == unit,
        matter=Matter(record.matter).name,
        priority=Priority(record.priority).name,
        place=record.place,
        worker_name=shown.get("worker_name", ""),
        employer_name=shown.get("employer_name", ""),
        next_due=due,
        overdue=due is not None and due < day_of(at) and record.is_open,
        provisional=provisional,
        queued=record.queued,
        parked=record.parked,
        leg=record.leg,
        round=record.round,
        changed_at=from_us(record.changed_at),
    )


def due_views(thread: ThreadState | None, at: datetime) -> tuple[DueDateView, ...]:
    """The due dates that count, the nearest first."""
    return due_views_of(thread.due_dates, at) if thread is not None else ()


def due_views_of(dates: Sequence[DueDate], at: datetime) -> tuple[DueDateView, ...]:
    """Due dates as they are shown on that day, the nearest first."""
    today = day_of(at)
    found = [
        DueDateView(
            clock=due.clock,
            label=clock_label(due.clock),
            unit=due.unit,
            nominal=due.nominal,
            legal=due.legal,
            provisional=due.provisional,
            source=legal_source(due.clock),
            days_left=(due.legal - today).days,
        )
        for due in dates
    ]
    return tuple(sorted(found, key=lambda item: (item.legal, item.clock)))
