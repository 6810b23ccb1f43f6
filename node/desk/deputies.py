"""Deputies (代理人): for some days one person holds a role of another in one unit. By days of Asia/Shanghai.

A deputy holds what the other holds in his own right, never what that one holds for a third: powers are not handed down.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node.at_rest import Vault
from node.desk.account_rules import open_personal, roles_of, units_of
from node.desk.people_views import DeputyView
from node.desk.ports import Acting, Actor, Role
from node.ids import uuid4
from node.records import StaffRecord, to_us
from node.records_people import DeputyRecord
from node.store import Where
from node.writer import Tx

LONGEST_DAYS: Final = 366
_MOST: Final = 1000  # of one person, over the years
_MOST_SHOWN: Final = 5000


def acting_for(tx: Tx, vault: Vault, record: StaffRecord, *, unit: str, at: datetime) -> tuple[Acting, ...]:
    """The roles that an account holds for others in the unit on that day, beyond its own."""
    found = []
    for row in tx.select(DeputyRecord, (Where("deputy", record.staff_id),), limit=_MOST):
        if row.unit == unit and row.role not in roles_of(record) and _holds(tx, row, at):
            other = tx.get(StaffRecord, (row.staff_id,))
            if other is not None:
                found.append((row.set_at, Acting(row.role, row.staff_id, open_personal(vault, tx, other).name)))
    return tuple(acting for _, acting in sorted(found, key=lambda each: (each[0], each[1].staff_id, each[1].role)))


def _holds(tx: Tx, row: DeputyRecord, at: datetime) -> bool:
    today = day_of(at).isoformat()
    if row.ended_at or not row.first <= today <= row.last:
        return False
    other = tx.get(StaffRecord, (row.staff_id,))
    return other is not None and other.active and row.role in roles_of(other) and row.unit in units_of(other)


def name(
    tx: Tx,
    at: datetime,
    *,
    vault: Vault,
    actor: Actor,
    staff_id: str,
    deputy: str,
    unit: str,
    role: str,
    first: date,
    last: date,
) -> DeputyView:
    """Let `deputy` hold `role` of `staff_id` in `unit` from `first` to `last`; by an administrator or that person.

    The same as one that was not ended gives that one.

    Raises:
        Refusal: ROLE_MISSING for anybody else; INVALID_INPUT (field staff_id, deputy, role, unit, first, last).
    """
    _may_set(actor, staff_id)
    principal, other = tx.get(StaffRecord, (staff_id,)), tx.get(StaffRecord, (deputy,))
    if principal is None or not principal.active:
        raise Refusal(Reason.INVALID_INPUT, field="staff_id")
    if role not in roles_of(principal):
        raise Refusal(Reason.INVALID_INPUT, field="role")
    if unit not in units_of(principal):
        raise Refusal(Reason.INVALID_INPUT, field="unit")
    if other is None or not other.active or unit not in units_of(other):
        raise Refusal(Reason.INVALID_INPUT, field="deputy")
    if other.staff_id == principal.staff_id or role in roles_of(other):
        raise Refusal(Reason.INVALID_INPUT, field="deputy", why="holds_it")
    if last < first or (last - first).days >= LONGEST_DAYS:
        raise Refusal(Reason.INVALID_INPUT, field="last")
    if last < day_of(at):
        raise Refusal(Reason.INVALID_INPUT, field="last", why="past")
    asked = (staff_id, unit, role, first.isoformat(), last.isoformat())
    for held in tx.select(DeputyRecord, (Where("deputy", deputy), Where("ended_at", 0)), limit=_MOST):
        if (held.staff_id, held.unit, held.role, held.first, held.last) == asked:  # pressed twice
            return _view(tx, vault, held, at)
    row = DeputyRecord(
        deputy_id=uuid4(),
        staff_id=staff_id,
        deputy=deputy,
        unit=unit,
        role=role,
        first=first.isoformat(),
        last=last.isoformat(),
        set_by=actor.staff_id,
        set_at=to_us(at),
        ended_at=0,
    )
    tx.put(row)
    return _view(tx, vault, row, at)


def _may_set(actor: Actor, staff_id: str) -> None:
    if actor.staff_id != staff_id and not actor.has(Role.ADMINISTRATOR):
        raise Refusal(Reason.ROLE_MISSING, role=Role.ADMINISTRATOR.value)


def end(tx: Tx, at: datetime, *, actor: Actor, deputy_id: str) -> None:
    """End it now; by an administrator or either of the two. NOT_FOUND for one that the actor has no part in."""
    row = tx.get(DeputyRecord, (deputy_id,))
    if row is None or not (actor.has(Role.ADMINISTRATOR) or actor.staff_id in (row.staff_id, row.deputy)):
        raise Refusal(Reason.NOT_FOUND)
    if not row.ended_at:
        tx.put(replace(row, ended_at=to_us(at)))


def end_all(tx: Tx, staff_id: str, at: datetime) -> None:
    """End every one that a closed account has a part in."""
    for column in ("staff_id", "deputy"):
        for row in tx.select(DeputyRecord, (Where(column, staff_id), Where("ended_at", 0)), limit=_MOST):
            tx.put(replace(row, ended_at=to_us(at)))


def shown(tx: Tx, at: datetime, *, vault: Vault, actor: Actor) -> tuple[DeputyView, ...]:
    """Those that the actor has a part in, all for an administrator or auditor; not over first, then the latest."""
    if actor.has(Role.ADMINISTRATOR, Role.READER):
        rows = tx.select(DeputyRecord, limit=_MOST_SHOWN)
    else:
        rows = [
            row
            for column in ("staff_id", "deputy")
            for row in tx.select(DeputyRecord, (Where(column, actor.staff_id),), limit=_MOST)
        ]
    today = day_of(at).isoformat()
    rows.sort(key=lambda row: (not row.ended_at and row.last >= today, row.first, row.deputy_id), reverse=True)
    return tuple(_view(tx, vault, row, at) for row in rows)


def _view(tx: Tx, vault: Vault, row: DeputyRecord, at: datetime) -> DeputyView:
    return DeputyView(
        deputy_id=row.deputy_id,
        staff_id=row.staff_id,
        name=name_of_staff(tx, vault, row.staff_id),
        deputy=row.deputy,
        deputy_name=name_of_staff(tx, vault, row.deputy),
        unit=row.unit,
        role=row.role,
        first=date.fromisoformat(row.first),
        last=date.fromisoformat(row.last),
        set_by=row.set_by,
        ended=bool(row.ended_at),
        holds=_holds(tx, row, at) and _open(tx, row.deputy, row.unit),
    )


def _open(tx: Tx, staff_id: str, unit: str) -> bool:
    record = tx.get(StaffRecord, (staff_id,))
    return record is not None and record.active and unit in units_of(record)


def name_of_staff(tx: Tx, vault: Vault, staff_id: str) -> str:
    """The name of an account; empty for one that there is not."""
    record = tx.get(StaffRecord, (staff_id,))
    return open_personal(vault, tx, record).name if record is not None else ""
