"""The dispatcher's desk (分派): headers of every unit of the bureau, who has a case in hand, and handing it on.

The dispatcher reads no case: what is shown tells state, day, place and number, and nobody's name. Giving a case to
another person of the unit is a note of this node; giving it to another unit is a move of the rule book (转办), which
the approver of the unit approves like every other.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from delegation.codes import Kind, Matter, Priority
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.urgency import UNDATED
from node.desk import moves
from node.desk.account_rules import roles_of, units_of
from node.desk.deputies import name_of_staff
from node.desk.guard import need
from node.desk.labels import state_label
from node.desk.lists import BY_DUE, place_by_due, threads_by_due
from node.desk.people_views import AssignmentView, HeaderRow
from node.desk.ports import Actor, Role
from node.desk.rows import names_of
from node.desk.views import Page, PreparedMoveView
from node.records import PartyRecord, StaffRecord, ThreadRecord, from_us, to_us
from node.records_people import AssignmentRecord
from node.state import State
from node.store import ThreadQuery, Where
from node.writer import Tx

_WORKS: Final = frozenset({Role.CLERK, Role.INVESTIGATOR, Role.SUPERVISOR})
_MOST: Final = 200


def list_headers(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    actor: Actor,
    unit: str,
    assigned: str | None,
    is_open: bool | None,
    page_size: int,
    page_token: str,
    sort: str = "",
) -> Page[HeaderRow]:
    """Headers of one unit or (empty) of all of the bureau, latest change first; by `sort` the nearest due date.

    Refusal INVALID_INPUT (field sort, page_token), NOT_FOUND for a unit that is none of the bureau's.
    """
    need(actor, state, Role.DISPATCHER)
    if unit and unit not in state.units:
        raise Refusal(Reason.NOT_FOUND)
    size = max(1, min(page_size, _MOST))
    where = () if is_open is None else (Where("is_open", is_open),)
    if sort == BY_DUE:
        return _by_due(tx, state, at, unit=unit, assigned=assigned, where=where, size=size, token=page_token)
    if sort:
        raise Refusal(Reason.INVALID_INPUT, field="sort")
    before = _number(page_token)
    found: list[tuple[ThreadRecord, str, str]] = []
    for each in (unit,) if unit else sorted(state.units):
        query = ThreadQuery(unit=each, where=where, assigned=assigned, before=before, limit=size + 1)
        found += [(row, role, each) for row, role in tx.store.list_threads(query) if isinstance(row, ThreadRecord)]
    found.sort(key=lambda item: (-item[0].change_number, item[2]))
    numbers = list(dict.fromkeys(row.change_number for row, _, _ in found))
    shown = set(numbers[:size])  # a case of two own units has two lines, on one page
    more = str(numbers[size - 1]) if len(numbers) > size else ""
    rows = (
        _header(tx, state, row, role=role, unit=each, at=at) for row, role, each in found if row.change_number in shown
    )
    return Page(tuple(rows), more)


def _by_due(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    unit: str,
    assigned: str | None,
    where: tuple[Where, ...],
    size: int,
    token: str,
) -> Page[HeaderRow]:
    """By the day as in every list (`node.desk.lists`); a case of two own units has two lines, on one page."""
    found: list[tuple[ThreadRecord, str, str]] = []
    for each in (unit,) if unit else sorted(state.units):
        query = ThreadQuery(unit=each, where=where, assigned=assigned, limit=size + 1)
        found += [(row, role, each) for row, role in threads_by_due(tx, query, token)]
    found.sort(key=lambda item: (item[0].rank_day or UNDATED, item[0].thread_id, item[2]))
    cases = list(dict.fromkeys(row.thread_id for row, _, _ in found))
    shown = set(cases[:size])
    page = [item for item in found if item[0].thread_id in shown]
    more = place_by_due(page[-1][0]) if len(cases) > size else ""
    return Page(tuple(_header(tx, state, row, role=role, unit=each, at=at) for row, role, each in page), more)


def _number(text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise Refusal(Reason.INVALID_INPUT, field="page_token") from error


def _header(tx: Tx, state: State, record: ThreadRecord, *, role: str, unit: str, at: datetime) -> HeaderRow:
    names = names_of(state)
    other = record.host_unit if record.home_unit == unit else record.home_unit
    due = date.fromisoformat(record.next_due) if record.next_due else None
    row = tx.get(AssignmentRecord, (unit, record.thread_id))
    return HeaderRow(
        delegation_id=record.thread_id,
        unit=unit,
        unit_name=names[unit].name if unit in names else "",
        our_role=role,
        other_unit=other,
        other_name=names[other].name if other in names else "",
        state=record.state,
        state_label=state_label(record.state),
        our_turn=record.turn == unit,
        matter=Matter(record.matter).name,
        priority=Priority(record.priority).name,
        place=record.place,
        next_due=due,
        overdue=due is not None and due < day_of(at) and record.is_open,
        changed_at=from_us(record.changed_at),
        assigned_to=row.staff_id if row is not None else "",
        assigned_name=name_of_staff(tx, state.vault, row.staff_id) if row is not None else "",
        may_go_to_unit=role == "host" and record.state == "signed_for" and record.turn == unit,
    )


def assigned(tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str) -> AssignmentView | None:
    """Who of the actor's unit has the case in hand; None for nobody. Refusal NOT_FOUND."""
    del at
    need(actor, state, *Role)
    if tx.get(PartyRecord, (actor.unit, delegation_id)) is None:
        raise Refusal(Reason.NOT_FOUND)
    row = tx.get(AssignmentRecord, (actor.unit, delegation_id))
    return _view(tx, state, row) if row is not None else None


def _view(tx: Tx, state: State, row: AssignmentRecord) -> AssignmentView:
    return AssignmentView(
        delegation_id=row.thread_id,
        unit=row.unit,
        staff_id=row.staff_id,
        name=name_of_staff(tx, state.vault, row.staff_id),
        set_by=row.set_by,
        set_at=from_us(row.set_at),
    )


def assign(
    tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str, unit: str, staff_id: str
) -> AssignmentView | None:
    """Put a case of a unit into a person's hands; nobody's with an empty `staff_id`.

    By the dispatcher in every unit of the bureau; in the own unit also by an approver, and by whoever has it in hand.

    Raises:
        Refusal: NOT_FOUND for a case or unit that is not there; ROLE_MISSING; INVALID_INPUT (staff_id, `why=role`).
    """
    before = tx.get(AssignmentRecord, (unit, delegation_id))
    need(actor, state, *Role)
    if not actor.has(Role.DISPATCHER):
        if unit != actor.unit:
            raise Refusal(Reason.NOT_FOUND)
        if not actor.has(Role.APPROVER) and (before is None or before.staff_id != actor.staff_id):
            raise Refusal(Reason.ROLE_MISSING, role=Role.DISPATCHER.value)
    thread = tx.get(ThreadRecord, (delegation_id,))
    if unit not in state.units or thread is None or tx.get(PartyRecord, (unit, delegation_id)) is None:
        raise Refusal(Reason.NOT_FOUND)
    tx.after.append(lambda: state.signal(f"thread:{delegation_id}:{thread.version}"))
    if not staff_id:
        tx.delete(AssignmentRecord, (unit, delegation_id))
        return None
    staff = tx.get(StaffRecord, (staff_id,))
    if staff is None or not staff.active or unit not in units_of(staff):
        raise Refusal(Reason.INVALID_INPUT, field="staff_id")
    if roles_of(staff).isdisjoint(_WORKS):
        raise Refusal(Reason.INVALID_INPUT, field="staff_id", why="role")
    row = AssignmentRecord(
        unit=unit, thread_id=delegation_id, staff_id=staff_id, set_by=actor.staff_id, set_at=to_us(at)
    )
    tx.put(row)
    return _view(tx, state, row)


def hand_to_unit(
    tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str, unit: str, to_unit: str, reason: str
) -> PreparedMoveView:
    """Prepare the transfer (转办) of a case that `unit` signed for to another unit; the unit's approver decides.

    Raises:
        Refusal: ROLE_MISSING; NOT_FOUND; what the rule book says of the transfer.
    """
    need(actor, state, Role.DISPATCHER)
    if unit not in state.units:
        raise Refusal(Reason.NOT_FOUND)
    party, thread = tx.get(PartyRecord, (unit, delegation_id)), tx.get(ThreadRecord, (delegation_id,))
    if party is None or thread is None:
        raise Refusal(Reason.NOT_FOUND)
    data: Mapping[str, object] = {"reasons": [reason], "declared": {"unit": to_unit}}
    hands = replace(actor, unit=unit, roles=frozenset({Role.CLERK.value}), acting=())
    return moves.prepare(
        tx,
        state,
        at,
        actor=hands,
        delegation_id=delegation_id,
        kind=Kind.TRANSFERRED.name,
        data=data,
        version=thread.version,
    )
