"""Looks at cases as the desk notes them, and as auditors read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from delegation.errors import Reason, Refusal
from node.desk.deputies import name_of_staff
from node.desk.guard import READS, acting_as, need, own
from node.desk.people_views import LookPage, LookView
from node.desk.ports import Actor, Role
from node.looks import FIELD, What, is_whole, note_look
from node.records import from_us
from node.records_people import LookLineRecord, LookRecord
from node.state import State
from node.store import Op, Where
from node.writer import Tx

_MOST: Final = 200


def look(tx: Tx, state: State, actor: Actor, at: datetime, what: What, subject: str, part: str = "") -> None:
    """Note in this transaction that the actor sees it; see `node.looks`."""
    acting = acting_as(actor, *READS)
    on_behalf = acting.staff_id if acting is not None else ""

    def keyed(text: str) -> bytes:
        return state.vault.lookup(text, field=FIELD)

    note_look(tx, state.looks, keyed, at=at, who=actor, on_behalf=on_behalf, what=what, subject=subject, part=part)


def note_paper(tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str, paper: str) -> None:
    """Note that a paper of the case was made. Refusal NOT_FOUND, ROLE_MISSING."""
    need(actor, state, *READS)
    own(tx, state, actor, delegation_id)
    look(tx, state, actor, at, What.PAPER, delegation_id, paper)


def looks(
    tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str, staff_id: str, before: int, page_size: int
) -> LookPage:
    """Who saw a case, or what a person saw: one of the two; an auditor sees what was done in the own unit.

    Raises:
        Refusal: ROLE_MISSING; INVALID_INPUT unless exactly one is asked for.
    """
    del at
    need(actor, state, Role.READER, Role.ADMINISTRATOR)
    if bool(delegation_id) == bool(staff_id):
        raise Refusal(Reason.INVALID_INPUT, field="delegation_id")
    size = max(1, min(page_size, _MOST))
    where = [Where("subject", delegation_id) if delegation_id else Where("staff_id", staff_id)]
    if not actor.has(Role.ADMINISTRATOR):
        where.append(Where("unit", actor.unit))
    if before:
        where.append(Where("number", before, Op.LT))
    rows = tx.select(LookRecord, where, order=("number",), descending=True, limit=size + 1)
    if delegation_id:
        rows = _with_lines(tx, rows, [*where[1:], Where("subject", delegation_id)], size + 1)
    seen = {staff for row in rows[:size] for staff in (row.staff_id, row.on_behalf)}
    names = {staff: name_of_staff(tx, state.vault, staff) for staff in seen}
    broken = [row.number for row in rows[:size] if not _whole(state, row)]
    return LookPage(
        items=tuple(_view(row, names, of=delegation_id) for row in rows[:size]),
        next_number=rows[size - 1].number if len(rows) > size else 0,
        broken_at=min(broken, default=0),
    )


def _with_lines(tx: Tx, rows: list[LookRecord], where: Sequence[Where], limit: int) -> list[LookRecord]:
    """Beside the looks at the case itself those lists that had it among their lines."""
    lines = tx.select(LookLineRecord, where, order=("number",), descending=True, limit=limit)
    found = [tx.get(LookRecord, (line.number,)) for line in lines]
    rows += [row for row in found if row is not None]
    return sorted(rows, key=lambda row: -row.number)[:limit]


def _whole(state: State, row: LookRecord) -> bool:
    return is_whole(lambda text: state.vault.lookup(text, field=FIELD), row)


def _view(row: LookRecord, names: Mapping[str, str], *, of: str) -> LookView:
    """A row; of a list's lines the one that was asked for, or (of a person) all of them."""
    lines = row.what == What.LINES
    return LookView(
        number=row.number,
        at=from_us(row.at),
        staff_id=row.staff_id,
        name=names[row.staff_id],
        on_behalf=row.on_behalf,
        on_behalf_name=names[row.on_behalf],
        unit=row.unit,
        what=row.what,
        subject_id=of if lines else row.subject,
        part="" if lines and of else row.part,
    )
