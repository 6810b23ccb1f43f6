"""主动介入: a notice of an accident becomes a case of its home's with one act, and the two point at each other.

The act answers the notice (CASE_OPENED) and drafts the letter from what the notice says, to the unit that sent it. The
draft waits for 受理: nothing is delegated before that (《工伤认定办法》第十四条). What the notice
does not tell stays empty.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final

from delegation.codec_header import parse_header
from delegation.codec_json import body_to_json
from delegation.codes import Kind, LegalBasis, Matter, PlaceCertainty, PlaceRole, Priority, Relation, ThreadType
from delegation.errors import Reason, Refusal
from delegation.table import State as Stage
from delegation.thread_state import ThreadState
from node.case_facts import body_of
from node.desk import drafts, moves
from node.desk.guard import READS, need, own, same_version
from node.desk.labels import state_label
from node.desk.linked_view import Linked
from node.desk.ports import Actor, Role
from node.desk.views import DraftView
from node.records import DraftRecord, EntryRecord, LookupRecord, PartyRecord, ThreadRecord
from node.state import Held, State
from node.store import Where
from node.writer import Staged, Tx

_OPENED: Final[Mapping[str, object]] = {"declared": {"outcome": "CASE_OPENED"}}
_PARTS: Final = ("worker", "employer", "accident")
_MOST_DRAFTS: Final = 20  # of one notice: those that were dropped among them
_MOST_LOOKED: Final = 500  # delegations between two units, the latest
_ITEMS: Final = (
    ("A1", "事故发生的时间、地点、经过和原因"),
    ("A2", "职工与用人单位的关系，当时所从事的工作及与工作的联系"),
)


def open_case(tx: Tx, state: State, at: datetime, *, actor: Actor, notice_id: str, version: int | None) -> DraftView:
    """Answer a notice with 立案 and draft the letter from it; asked again, the draft that there is.

    Refusal NOT_FOUND; NOT_ALLOWED for what is no notice to the actor's unit, or was answered otherwise; as `act`.
    """
    need(actor, state, Role.CLERK)
    held = own(tx, state, actor, notice_id)
    thread = held.thread
    if thread is None or thread.thread_type is not ThreadType.NOTICE or thread.host_unit != actor.unit:
        raise Refusal(Reason.NOT_ALLOWED, kind=Kind.NOTICE_ANSWERED.name)
    standing = _draft_of(tx, state, actor, notice_id, at)
    if standing is not None:
        return standing
    business = _business(tx, state, held, thread, actor)
    if thread.state is Stage.NOTICE_OPEN and not held.pending:
        same_version(version, held.record.version)
        kind = Kind.NOTICE_ANSWERED.name
        steps = partial(moves.act, actor=actor, delegation_id=notice_id, kind=kind, data=_OPENED, version=version)
        Staged(notice_id, steps)(tx, state, at)
    elif not _answered_so(tx, notice_id):
        raise Refusal(Reason.NOT_ALLOWED, state=thread.state.value)
    draft = drafts.create(tx, state, at, actor=actor, business=business)
    tx.put(LookupRecord(_digest(state, actor.unit, notice_id), draft.draft_id))
    return draft


def _digest(state: State, unit: str, notice_id: str) -> bytes:
    return state.vault.lookup(f"{unit}\x1f{notice_id}", field="notice-drafts")


def _draft_of(tx: Tx, state: State, actor: Actor, notice_id: str, at: datetime) -> DraftView | None:
    """The draft that was made of a notice and not dropped since."""
    digest = _digest(state, actor.unit, notice_id)
    for lookup in tx.select(LookupRecord, (Where("digest", digest),), limit=_MOST_DRAFTS):
        record = tx.get(DraftRecord, (lookup.thread_id,))
        if record is not None and record.unit == actor.unit and record.state != "cancelled":
            return drafts.view_of(tx, state, record, at)
    return None


def _answered_so(tx: Tx, notice_id: str) -> bool:
    """Whether the notice was answered with 立案."""
    where = (Where("thread_id", notice_id), Where("kind", int(Kind.NOTICE_ANSWERED)))
    answered = tx.select(EntryRecord, where, limit=1)
    declared = parse_header(answered[0].header).declared if answered else None
    outcome = getattr(declared, "outcome", None)
    return getattr(outcome, "name", "") == "CASE_OPENED"


def _business(tx: Tx, state: State, held: Held, thread: ThreadState, actor: Actor) -> dict[str, object]:
    """A letter's form with what the notice tells."""
    where = (Where("thread_id", held.thread_id), Where("kind", int(Kind.NOTICE_SENT)))
    sent = tx.select(EntryRecord, where, limit=1)
    told: object = body_to_json(body_of(tx, state, sent[0])).get("notice") if sent else None
    notice = told if isinstance(told, Mapping) else {}
    view = state.rosters.current.view
    home, host = view.units[actor.unit], view.units.get(thread.home_unit)
    letter: dict[str, object] = {name: dict(notice[name]) for name in _PARTS if isinstance(notice.get(name), Mapping)}
    accident = letter.get("accident")
    place = accident if isinstance(accident, dict) else {}
    letter["insurance"] = {"mode": "INSURANCE_MODE_EMPLOYER", "insured_in": home.region}
    letter["items"] = [{"code": code, "text": text, "mandatory": True} for code, text in _ITEMS]
    course = place.get("course")
    if isinstance(course, str) and course:
        letter["case_summary"] = course[:2_000]
    same = host is not None and bool(home.pooling_area) and home.pooling_area == host.pooling_area
    basis = LegalBasis.SAME_POOLING_AREA if same else LegalBasis.RECOGNITION_RULES_14
    where_code = place.get("region_code") or (host.region if host is not None else "")
    business: dict[str, object] = {
        "matter": Matter.INVESTIGATION.name,
        "legal_basis": basis.name,
        "priority": Priority.NORMAL.name,
        "relation": Relation.FROM_NOTICE.name,
        "related_thread_id": held.thread_id,
        "letter": letter,
    }
    if isinstance(where_code, str) and where_code:
        business["task_place"] = {
            "code": where_code,
            "role": PlaceRole.ACCIDENT.name,
            "certainty": PlaceCertainty.DEFINITE.name,
        }
    return business


def linked(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str) -> Linked | None:
    """Of a notice, the draft or delegation that came of it; of a delegation, the notice that it came from."""
    need(actor, state, *READS)
    held = own(tx, state, actor, thread_id)
    if held.record.thread_type == ThreadType.NOTICE:
        draft = _draft_of(tx, state, actor, thread_id, at)
        if draft is not None and not draft.delegation_id:
            return Linked(kind="draft", subject_id=draft.draft_id, state=draft.state, state_label="", draft=draft)
        found = draft.delegation_id if draft is not None else _delegation_from(tx, held)
        return _thread(tx, actor, found, "delegation")
    return _thread(tx, actor, _notice_of(tx, held.record), "notice")


def _thread(tx: Tx, actor: Actor, thread_id: str, kind: str) -> Linked | None:
    record = tx.get(ThreadRecord, (thread_id,)) if thread_id else None
    if record is None or tx.get(PartyRecord, (actor.unit, thread_id)) is None:
        return None
    return Linked(kind=kind, subject_id=thread_id, state=record.state, state_label=state_label(record.state))


def _notice_of(tx: Tx, record: ThreadRecord) -> str:
    """The notice that a delegation's letter names."""
    letter = tx.get(EntryRecord, (record.thread_id, record.letter_sequence)) if record.letter_sequence else None
    if letter is None:
        return ""
    header = parse_header(letter.header)
    return header.related_thread_id if header.relation is Relation.FROM_NOTICE else ""


def _delegation_from(tx: Tx, held: Held) -> str:
    """At the unit that sent the notice: the delegation that names it, among those between the two units."""
    between = (
        Where("home_unit", held.record.host_unit),
        Where("host_unit", held.record.home_unit),
        Where("thread_type", int(ThreadType.DELEGATION)),
    )
    rows = tx.select(ThreadRecord, between, order=("change_number",), descending=True, limit=_MOST_LOOKED)
    return next((row.thread_id for row in rows if _notice_of(tx, row) == held.thread_id), "")
