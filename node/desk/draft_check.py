"""A draft judged as if it were approved now, and the drafts of one case. Nothing is sealed, numbered or written."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.digits import delegation_number
from delegation.effects import enacted
from delegation.errors import Reason, Refusal
from delegation.movers import begun
from delegation.thread_state import ThreadState
from node.bodies import Hands, Person
from node.compose import Composed, LetterHeader, compose, may_seal
from node.desk.business import Business, host_of, parse_business, problems_of
from node.desk.drafts import case_digest, content_of, load_draft, view_of
from node.desk.guard import READS, need
from node.desk.ports import Actor
from node.desk.rows import due_views
from node.desk.views import DraftCheck, DraftView, Problem
from node.ids import uuid4
from node.records import DraftRecord, LookupRecord
from node.state import State
from node.store import Where
from node.writer import Tx

_SERIAL: Final = 999_999  # of the number that the letter is judged under; it is given to nobody
_SOMEBODY: Final = "approver"
_MOST_DRAFTS: Final = 64  # of one case


def check(tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str) -> DraftCheck:
    """What keeps the draft from being issued at this moment, by the same guards that issuing asks, and its due dates.

    What the form itself lacks is told whole; of the guards, the first that refuses. NOT judged: the draft's own files,
    and who approves (somebody else is assumed).
    """
    need(actor, state, *READS)
    record = load_draft(tx, actor, draft_id)
    content = content_of(tx, state, record)
    found = content["business"]
    business = parse_business(found if isinstance(found, Mapping) else {})
    roster = state.rosters.current.view if state.rosters.ready else None
    problems = problems_of(business, roster, day_of(at))
    if problems:
        return DraftCheck(problems=problems, due_dates=())
    try:
        composed = _composed(tx, state, at, record=record, business=business, name=str(content["prepared_by_name"]))
    except Refusal as refusal:
        field = refusal.details.get("field", "")
        return DraftCheck(problems=(Problem(field, refusal.reason.value, dict(refusal.details)),), due_dates=())
    return DraftCheck(problems=(), due_dates=due_views(_thread_after(state, composed, at), at))


def _thread_after(state: State, composed: Composed, at: datetime) -> ThreadState:
    """The thread as its first letter, which was judged lawful, would make it."""
    roster = state.rosters.current.view
    return enacted(begun(composed.header, roster), composed.header, composed.row, roster=roster, at=at).thread


def _composed(tx: Tx, state: State, at: datetime, *, record: DraftRecord, business: Business, name: str) -> Composed:
    trust = may_seal(state, at=at)
    host = host_of(business, trust.view, day_of(at))
    if host is None or business.place is None:
        raise Refusal(Reason.INVALID_INPUT, field="task_place", why="no_competent_unit")
    handler = Person(staff_id=record.prepared_by, name=name, role="clerk")
    approver = Person(staff_id=_SOMEBODY if record.prepared_by != _SOMEBODY else "another", role="approver")
    return compose(
        tx,
        state,
        None,
        unit=record.unit,
        kind=Kind.ISSUED,
        data=replace(business.move(), materials=()),
        hands=Hands(handler=handler, approver=approver),
        at=at,
        thread_id=delegation_number(day_of(at), trust.view.unit(record.unit).region, _SERIAL),
        letter=LetterHeader(task_place=business.place, fields=business.fields, host_unit=host.code, case_id=uuid4()),
    )


def of_case(tx: Tx, state: State, at: datetime, *, actor: Actor, case_key: str) -> tuple[DraftView, ...]:
    """The unit's drafts under one of its own case numbers, the issued among them, oldest first; not the dropped."""
    need(actor, state, *READS)
    if not case_key:
        return ()
    found = []
    digest = case_digest(state, actor.unit, case_key)
    for lookup in tx.select(LookupRecord, (Where("digest", digest),), limit=_MOST_DRAFTS):
        record = tx.get(DraftRecord, (lookup.thread_id,))
        if record is None or record.unit != actor.unit or record.state == "cancelled":
            continue
        view = view_of(tx, state, record, at)
        if view.business.get("case_key") == case_key:  # the number may have been changed since
            found.append(view)
    return tuple(sorted(found, key=lambda view: (view.created_at, view.draft_id)))
