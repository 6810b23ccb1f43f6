"""What is in one person's hands, and giving it to another: drafts, prepared moves, delegations assigned.

What is given on comes back to the desk as a draft: the receiver looks at it, hands it in again and stands for it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from node.at_rest import Vault
from node.desk.account_rules import roles_of, units_of
from node.desk.labels import kind_label
from node.desk.people_views import OpenTask
from node.desk.ports import Actor, Role
from node.records import DraftRecord, MoveRecord, StaffRecord, ThreadRecord, to_us
from node.records_people import AssignmentRecord
from node.store import Where
from node.writer import Tx

_DRAFTS: Final = ("draft", "pending_approval", "reviewed", "sent_back")
_MOVES: Final = ("prepared", "reviewed", "draft")
_MOST: Final = 10_000
_DRAFTS_BY: Final = frozenset({Role.CLERK})
_MOVES_BY: Final = frozenset({Role.CLERK, Role.INVESTIGATOR, Role.SUPERVISOR})


def open_tasks(tx: Tx, staff_id: str, units: tuple[str, ...]) -> list[OpenTask]:
    """Everything in these units that a person prepared and nobody has issued, and every open case assigned to him."""
    return [task for unit in units for task in _in_unit(tx, staff_id, unit)]


def _in_unit(tx: Tx, staff_id: str, unit: str) -> Iterator[OpenTask]:
    for draft in _drafts(tx, staff_id, unit):
        yield OpenTask(
            kind="draft", unit=unit, subject_id=draft.draft_id, delegation_id="", label="委托函", state=draft.state
        )
    for move in _moves(tx, staff_id, unit):
        yield OpenTask(
            kind="move",
            unit=unit,
            subject_id=move.move_id,
            delegation_id=move.thread_id,
            label=kind_label(Kind(move.kind)),
            state=move.state,
        )
    for row in _assignments(tx, staff_id, unit):
        yield OpenTask(
            kind="assignment",
            unit=unit,
            subject_id=row.thread_id,
            delegation_id=row.thread_id,
            label="在办案件",
            state="open",
        )


def _drafts(tx: Tx, staff_id: str, unit: str) -> Iterator[DraftRecord]:
    for state in _DRAFTS:
        for draft in tx.select(DraftRecord, (Where("unit", unit), Where("state", state)), limit=_MOST):
            if draft.prepared_by == staff_id:
                yield draft


def _moves(tx: Tx, staff_id: str, unit: str) -> Iterator[MoveRecord]:
    for state in _MOVES:
        for move in tx.select(MoveRecord, (Where("unit", unit), Where("state", state)), limit=_MOST):
            if move.prepared_by == staff_id:
                yield move


def _assignments(tx: Tx, staff_id: str, unit: str) -> Iterator[AssignmentRecord]:
    for row in tx.select(AssignmentRecord, (Where("staff_id", staff_id), Where("unit", unit)), limit=_MOST):
        thread = tx.get(ThreadRecord, (row.thread_id,))
        if thread is not None and thread.is_open:
            yield row


def may_hand_over(actor: Actor, staff_id: str) -> None:
    """Refusal ROLE_MISSING for anybody but an administrator and the person."""
    if actor.staff_id != staff_id and not actor.has(Role.ADMINISTRATOR):
        raise Refusal(Reason.ROLE_MISSING, role=Role.ADMINISTRATOR.value)


def hand_over(
    tx: Tx,
    at: datetime,
    *,
    vault: Vault,
    signal: Callable[[str], None],
    actor: Actor,
    staff_id: str,
    to: str,
    to_name: str,
    unit: str,
) -> int:
    """Give everything that a person has in hand in one unit to another of the unit; how much that was.

    Raises:
        Refusal: ROLE_MISSING; INVALID_INPUT (field to, `why=role` when the other may not do such work).
    """
    may_hand_over(actor, staff_id)
    receiver = tx.get(StaffRecord, (to,))
    if receiver is None or not receiver.active or unit not in units_of(receiver) or to == staff_id:
        raise Refusal(Reason.INVALID_INPUT, field="to")
    drafts, moves = list(_drafts(tx, staff_id, unit)), list(_moves(tx, staff_id, unit))
    assignments = list(_assignments(tx, staff_id, unit))
    needed = [_DRAFTS_BY] * bool(drafts) + [_MOVES_BY] * bool(moves or assignments)
    if any(roles_of(receiver).isdisjoint(roles) for roles in needed):
        raise Refusal(Reason.INVALID_INPUT, field="to", why="role")
    handed: dict[str, object] = {
        "prepared_by_name": to_name,
        "prepared_for": "",
        "phone": "",
        "note": "由原经办人移交，请核对后重新提交",
    }
    for draft in drafts:
        subject, row = draft.draft_id, f"drafts/{draft.draft_id}/secret"
        content = {**json.loads(vault.open(tx, subject, row, draft.secret)), **handed}
        secret = vault.seal(tx, subject, row, json.dumps(content, ensure_ascii=False).encode())
        tx.put(
            replace(
                draft,
                state="sent_back",
                prepared_by=to,
                approved_by="",
                secret=secret,
                version=draft.version + 1,
                changed_at=to_us(at),
            )
        )
    for move in moves:
        subject, row = move.thread_id, f"moves/{move.move_id}/secret"
        content = {**json.loads(vault.open(tx, subject, row, move.secret)), **handed}
        secret = vault.seal(tx, subject, row, json.dumps(content, ensure_ascii=False).encode())
        tx.put(replace(move, state="draft", prepared_by=to, secret=secret, version=move.version + 1))
    for assigned in assignments:
        tx.put(replace(assigned, staff_id=to, set_by=actor.staff_id, set_at=to_us(at)))
    changed = {draft.draft_id for draft in drafts} | {move.thread_id for move in moves}
    for subject in changed | {assigned.thread_id for assigned in assignments}:
        tx.after.append(partial(signal, f"thread:{subject}:0"))
    return len(drafts) + len(moves) + len(assignments)
