"""What persons ask about their own data in a case (PIPL 45, 46, 47, 49): recorded, answered by two, by a due day.

Who prepared an answer never approves it, nor does the one he stood in for; sent back it waits for another preparing.

Kept on this node beside the case, under the case's data key. What the other side has to do travels as a move of its own
(个人信息请求, 更正). NOT checked: whether the person is who he says; how that was checked is written down by who did.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Final

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node.desk.answer_days import due_of
from node.desk.deputies import name_of_staff
from node.desk.guard import (
    APPROVES,
    PREPARES,
    READS,
    acting_as,
    must_be_apart,
    need,
    own,
    same_version,
    shown_name,
)
from node.desk.looking import look
from node.desk.once import Once
from node.desk.people_views import SubjectRequestView
from node.desk.ports import Actor
from node.ids import uuid7
from node.looks import What
from node.records import from_us, to_us
from node.records_people import SubjectRequestRecord
from node.state import State
from node.store import Where
from node.writer import Tx

ASKS: Final = ("copy", "correction", "deletion")
BY: Final = ("worker", "agent", "relative")  # a near relative only after death (PIPL 49)
CHECKED: Final = ("id_card", "online", "id_card_and_authority", "id_card_and_kinship")
_PROOF: Final = {"worker": CHECKED[:2], "agent": CHECKED[2:3], "relative": CHECKED[3:]}
OUTCOMES: Final = ("given", "partly", "corrected", "not_corrected", "not_deleted")
_OUTCOMES_OF: Final = {
    "copy": ("given", "partly"), "correction": ("corrected", "not_corrected"), "deletion": ("not_deleted",),
}  # fmt: skip
_LONGEST: Final = 2000
_FIELDS: Final = frozenset({"asked_by", "name", "checked", "asked_on", "text"})
_ANSWERED: Final = frozenset({"outcome", "text", "materials", "findings"})
_MOST: Final = 500
_MOST_MATERIALS: Final = 1000
_MOST_EARLIER: Final = 20


def record(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    actor: Actor,
    delegation_id: str,
    asks: str,
    content: Mapping[str, object],
    once: Once | None = None,
) -> SubjectRequestView:
    """Write down what was asked, by whom and how that was checked; from then on the day of the answer is known.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING; INVALID_INPUT (asks, asked_by, name, checked, asked_on, text); ID_CONFLICT.
    """
    need(actor, state, *PREPARES)
    own(tx, state, actor, delegation_id)
    made = once.first(tx, actor, at=at) if once is not None else ""
    if made:
        return _view(tx, state, _load(tx, state, actor, made), at)
    if asks not in ASKS:
        raise Refusal(Reason.INVALID_INPUT, field="asks")
    checked = _checked(content, day_of(at))
    request_id = uuid7(at)
    due = due_of(tx, state, unit=actor.unit, asked_on=date.fromisoformat(str(checked["asked_on"])))
    row = SubjectRequestRecord(
        request_id=request_id,
        thread_id=delegation_id,
        unit=actor.unit,
        asks=asks,
        state="open",
        version=1,
        secret=_seal(tx, state, delegation_id, request_id, {"content": checked, "answer": {}}),
        recorded_by=actor.staff_id,
        recorded_at=to_us(at),
        changed_at=to_us(at),
        due=due.isoformat() if due is not None else "",
    )
    if once is not None:
        once.note(tx, actor, request_id, at=at)
    return _put(tx, state, at, row)


def _put(tx: Tx, state: State, at: datetime, row: SubjectRequestRecord) -> SubjectRequestView:
    tx.put(row)
    tx.after.append(partial(state.signal, f"thread:{row.thread_id}:0"))
    return _view(tx, state, row, at)


def _checked(content: Mapping[str, object], today: date) -> dict[str, object]:
    found = {name: value.strip() for name, value in content.items() if isinstance(value, str)}
    if set(content) - _FIELDS or len(found) != len(content):
        raise Refusal(Reason.INVALID_INPUT, field="content")
    by = found.get("asked_by", "")
    if by not in BY:
        raise Refusal(Reason.INVALID_INPUT, field="asked_by")
    if found.get("checked", "") not in _PROOF[by]:
        raise Refusal(Reason.INVALID_INPUT, field="checked")
    if by != "worker" and not found.get("name"):
        raise Refusal(Reason.INVALID_INPUT, field="name")
    if len(found.get("name", "")) > 100 or not found.get("name", "").isprintable():
        raise Refusal(Reason.INVALID_INPUT, field="name")
    if not 0 < len(found.get("text", "")) <= _LONGEST:
        raise Refusal(Reason.INVALID_INPUT, field="text")
    try:
        asked_on = date.fromisoformat(found.get("asked_on", ""))
    except ValueError as error:
        raise Refusal(Reason.INVALID_INPUT, field="asked_on") from error
    if asked_on > today:
        raise Refusal(Reason.INVALID_INPUT, field="asked_on")
    return dict(found)


def answer(
    tx: Tx, state: State, at: datetime, *, actor: Actor, request_id: str, version: int, answer: Mapping[str, object]
) -> SubjectRequestView:
    """Prepare an answer, which another person approves; one that was given may be followed by another.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING, EDITED_MEANWHILE; INVALID_INPUT (outcome, text, materials).
    """
    need(actor, state, *PREPARES)
    row = _load(tx, state, actor, request_id)
    same_version(version, row.version)
    outcome, text, materials = answer.get("outcome"), answer.get("text", ""), answer.get("materials", ())
    if set(answer) - _ANSWERED or outcome not in _OUTCOMES_OF[row.asks]:
        raise Refusal(Reason.INVALID_INPUT, field="outcome")
    if not isinstance(text, str) or len(text) > _LONGEST or (outcome not in ("given", "corrected") and not text):
        raise Refusal(Reason.INVALID_INPUT, field="text")
    if not isinstance(materials, list | tuple) or len(materials) > _MOST_MATERIALS:
        raise Refusal(Reason.INVALID_INPUT, field="materials")
    held = _held(tx, state, row)
    if row.state == "answered":
        earlier = held.get("earlier", [])
        held["earlier"] = [*(earlier if isinstance(earlier, list) else []), held["answer"]][-_MOST_EARLIER:]
    acting = acting_as(actor, *PREPARES)
    held["answer"] = {
        "outcome": outcome,
        "text": text,
        "materials": [str(each) for each in materials],
        "findings": bool(answer.get("findings")),
        "by": actor.staff_id,
        "by_name": shown_name(actor, acting),
        "by_for": acting.staff_id if acting is not None else "",
        "prepared_on": day_of(at).isoformat(),
    }
    return _step(tx, state, at, replace(row, state="prepared", prepared_by=actor.staff_id), held)


def approve(tx: Tx, state: State, at: datetime, *, actor: Actor, request_id: str, version: int) -> SubjectRequestView:
    """Say that the prepared answer is the unit's (APPROVER): from that day it is answered.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING, EDITED_MEANWHILE; NOT_ALLOWED unless an answer waits; FOUR_EYES for who
            prepared it, also through a deputy.
    """
    row, held, answer = _waiting(tx, state, actor, request_id, version)
    makers = frozenset({str(answer["by"]), str(answer.get("by_for", ""))} - {""})
    acting = acting_as(actor, *APPROVES, apart_from=makers)
    must_be_apart(actor, acting, makers)
    held["answer"] = {
        **answer,
        "note": "",
        "approved_by": actor.staff_id,
        "approved_by_name": shown_name(actor, acting),
        "approved_for": acting.staff_id if acting is not None else "",
        "on": day_of(at).isoformat(),
    }
    return _step(tx, state, at, replace(row, state="answered"), held)


def send_back(
    tx: Tx, state: State, at: datetime, *, actor: Actor, request_id: str, version: int, note: str
) -> SubjectRequestView:
    """Give a prepared answer back with a note (APPROVER).

    Raises:
        Refusal: as `approve`, without FOUR_EYES; INVALID_INPUT (note) without one.
    """
    row, held, answer = _waiting(tx, state, actor, request_id, version)
    if not 0 < len(note.strip()) <= _LONGEST:
        raise Refusal(Reason.INVALID_INPUT, field="note")
    held["answer"] = {**answer, "note": note.strip(), "sent_back_by": actor.staff_id, "sent_back_by_name": actor.name}
    return _step(tx, state, at, replace(row, state="open"), held)


def _waiting(
    tx: Tx, state: State, actor: Actor, request_id: str, version: int
) -> tuple[SubjectRequestRecord, dict[str, object], Mapping[str, object]]:
    need(actor, state, *APPROVES)
    row = _load(tx, state, actor, request_id)
    same_version(version, row.version)
    if row.state != "prepared":
        raise Refusal(Reason.NOT_ALLOWED, state=row.state)
    held = _held(tx, state, row)
    answer = held["answer"]
    if not isinstance(answer, Mapping):
        raise Refusal(Reason.INTERNAL, field="stored_content")
    return row, held, answer


def _step(
    tx: Tx, state: State, at: datetime, row: SubjectRequestRecord, held: Mapping[str, object]
) -> SubjectRequestView:
    secret = _seal(tx, state, row.thread_id, row.request_id, held)
    return _put(tx, state, at, replace(row, version=row.version + 1, secret=secret, changed_at=to_us(at)))


def get(tx: Tx, state: State, at: datetime, *, actor: Actor, request_id: str) -> SubjectRequestView:
    """One request. Refusal NOT_FOUND, ROLE_MISSING."""
    need(actor, state, *READS)
    row = _load(tx, state, actor, request_id)
    look(tx, state, actor, at, What.REQUEST, row.thread_id, request_id)
    return _view(tx, state, row, at)


def of_case(tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str) -> tuple[SubjectRequestView, ...]:
    """Those of a case, the latest first."""
    need(actor, state, *READS)
    own(tx, state, actor, delegation_id)
    look(tx, state, actor, at, What.REQUEST, delegation_id)
    where = (Where("thread_id", delegation_id), Where("unit", actor.unit))
    rows = tx.select(SubjectRequestRecord, where, order=("recorded_at",), descending=True, limit=_MOST)
    return tuple(_view(tx, state, row, at) for row in rows)


def _load(tx: Tx, state: State, actor: Actor, request_id: str) -> SubjectRequestRecord:
    row = tx.get(SubjectRequestRecord, (request_id,))
    if row is None or row.unit != actor.unit:
        raise Refusal(Reason.NOT_FOUND)
    own(tx, state, actor, row.thread_id)
    return row


def _row(request_id: str) -> str:
    return f"subject_requests/{request_id}/secret"


def _seal(tx: Tx, state: State, thread_id: str, request_id: str, held: Mapping[str, object]) -> bytes:
    return state.vault.seal(tx, thread_id, _row(request_id), json.dumps(dict(held), ensure_ascii=False).encode())


def _held(tx: Tx, state: State, row: SubjectRequestRecord) -> dict[str, object]:
    found: dict[str, object] = json.loads(state.vault.open(tx, row.thread_id, _row(row.request_id), row.secret))
    return found


def _view(tx: Tx, state: State, row: SubjectRequestRecord, at: datetime) -> SubjectRequestView:
    held = _held(tx, state, row)
    content, answer, earlier = held["content"], held["answer"], held.get("earlier", [])
    if not (isinstance(content, Mapping) and isinstance(answer, Mapping) and isinstance(earlier, list)):
        raise Refusal(Reason.INTERNAL, field="stored_content")
    if row.due:
        due: date | None = date.fromisoformat(row.due)
    else:
        due = due_of(tx, state, unit=row.unit, asked_on=date.fromisoformat(str(content["asked_on"])))
    answered = date.fromisoformat(str(answer["on"])) if row.state == "answered" and "on" in answer else day_of(at)
    return SubjectRequestView(
        request_id=row.request_id,
        delegation_id=row.thread_id,
        asks=row.asks,
        state=row.state,
        version=row.version,
        content=content,
        answer=answer,
        earlier=tuple(each for each in earlier if isinstance(each, Mapping)),
        recorded_by=row.recorded_by,
        recorded_by_name=name_of_staff(tx, state.vault, row.recorded_by),
        recorded_at=from_us(row.recorded_at),
        changed_at=from_us(row.changed_at),
        due=due,
        days_left=(due - answered).days if due is not None else None,
    )
