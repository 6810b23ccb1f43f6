"""Letters before they are issued: written, handed to an approver, sent back, issued. Four eyes at the last step."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.digits import delegation_number
from delegation.errors import Reason, Refusal
from node.bodies import Hands, Person
from node.compose import LetterHeader, compose, may_seal, seal
from node.contents import note_case
from node.desk.building import hands_of, materials_of
from node.desk.business import Business, host_of, parse_business, problems_of
from node.desk.guard import APPROVES, READS, acting_as, must_be_apart, need, same_version, shown_name
from node.desk.light import light_view
from node.desk.ports import Actor, Role
from node.desk.seals import need_seal, pressed
from node.desk.views import DelegationView, DraftView, Page
from node.ids import uuid4, uuid7
from node.queueing import queue
from node.records import (
    DraftRecord,
    LookupRecord,
    MaterialRecord,
    MetaRecord,
    PartyRecord,
    from_us,
    to_us,
)
from node.state import Held, State
from node.store import Op, Where
from node.threads import new_record
from node.writer import Tx

_EDITABLE = ("draft", "pending_approval", "reviewed", "sent_back")


def _secret(tx: Tx, state: State, draft_id: str, content: Mapping[str, object]) -> bytes:
    data = json.dumps(dict(content), ensure_ascii=False).encode()
    return state.vault.seal(tx, draft_id, f"drafts/{draft_id}/secret", data)


def content_of(tx: Tx, state: State, record: DraftRecord) -> dict[str, object]:
    """What was typed, who prepared it, and the note with which it came back."""
    found: dict[str, object] = json.loads(
        state.vault.open(tx, record.draft_id, f"drafts/{record.draft_id}/secret", record.secret)
    )
    return found


def _business(content: Mapping[str, object]) -> Mapping[str, object]:
    found = content["business"]
    return found if isinstance(found, Mapping) else {}


def load_draft(tx: Tx, actor: Actor, draft_id: str) -> DraftRecord:
    """A draft of the actor's unit. Refusal NOT_FOUND."""
    record = tx.get(DraftRecord, (draft_id,))
    if record is None or record.unit != actor.unit:
        raise Refusal(Reason.NOT_FOUND)
    return record


def view_of(tx: Tx, state: State, record: DraftRecord, at: datetime) -> DraftView:
    """A draft as it is shown."""
    content = content_of(tx, state, record)
    business = parse_business(_business(content))
    roster = state.rosters.current.view if state.rosters.ready else None
    host = host_of(business, roster, day_of(at)) if roster is not None else None
    return DraftView(
        draft_id=record.draft_id,
        version=record.version,
        state=record.state,
        unit=record.unit,
        business=_business(content),
        competent_unit=host.code if host is not None else "",
        competent_name=host.name if host is not None else "",
        on_paper=host is not None and not host.is_member,
        problems=problems_of(business, roster, day_of(at)),
        materials=materials_of(tx, state, record.draft_id),
        prepared_by=record.prepared_by,
        prepared_by_name=str(content.get("prepared_by_name", "")),
        note=str(content.get("note", "")),
        delegation_id=record.delegation_id,
        created_at=from_us(record.created_at),
        changed_at=from_us(record.changed_at),
        hands=hands_of(content) if record.state in ("reviewed", "issued") else None,
    )


def told_in_a_line(tx: Tx, state: State, draft_id: str, at: datetime) -> tuple[str, str, datetime | None]:
    """Of a draft in a list: the worker's name, the host's code, when it changed. Empty where nothing is known."""
    record = tx.get(DraftRecord, (draft_id,))
    if record is None:
        return "", "", None
    try:
        business = _business(content_of(tx, state, record))
    except Refusal:  # damaged
        return "", "", from_us(record.changed_at)
    letter = business.get("letter")
    worker = letter.get("worker") if isinstance(letter, Mapping) else None
    name = worker.get("name") if isinstance(worker, Mapping) else None
    host = None
    if state.rosters.ready:
        host = host_of(parse_business(business), state.rosters.current.view, day_of(at))
    return name if isinstance(name, str) else "", host.code if host is not None else "", from_us(record.changed_at)


def case_digest(state: State, unit: str, case_key: str) -> bytes:
    """What the drafts of one of a unit's own case numbers are found by."""
    return state.vault.lookup(f"{unit}\x1f{case_key}", field="case-drafts")


def _note_case_key(tx: Tx, state: State, record: DraftRecord, business: Mapping[str, object]) -> None:
    case_key = business.get("case_key")
    if isinstance(case_key, str) and case_key:
        tx.put(LookupRecord(case_digest(state, record.unit, case_key), record.draft_id))


def _prepared(actor: Actor) -> dict[str, object]:
    """Who prepared it, and for whom, as it is kept beside the letter."""
    acting = acting_as(actor, Role.CLERK)
    return {
        "prepared_by_name": shown_name(actor, acting),
        "prepared_for": acting.staff_id if acting is not None else "",
        "phone": actor.phone,
    }


def create(
    tx: Tx, state: State, at: datetime, *, actor: Actor, business: Mapping[str, object], follows: str = ""
) -> DraftView:
    """Begin a letter. `follows` is a delegation of another unit of this node in the same case; it is not sent."""
    need(actor, state, Role.CLERK)
    parsed = parse_business(business)
    draft_id = uuid7(at)
    content = {"business": business, **_prepared(actor), "follows": follows}
    record = DraftRecord(
        draft_id=draft_id,
        unit=actor.unit,
        version=1,
        state="draft",
        secret=_secret(tx, state, draft_id, content),
        prepared_by=actor.staff_id,
        approved_by="",
        delegation_id="",
        created_at=to_us(at),
        changed_at=to_us(at),
        priority=int(parsed.priority),
    )
    tx.put(record)
    _note_case_key(tx, state, record, business)
    return view_of(tx, state, record, at)


def update(
    tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str, version: int, business: Mapping[str, object]
) -> DraftView:
    """Replace a draft's content; whoever changed it is now the one who prepared it."""
    need(actor, state, Role.CLERK)
    record = _editable(tx, actor, draft_id, version)
    parsed = parse_business(business)
    before = content_of(tx, state, record)
    stays = {name: before.get(name, "") for name in ("note", "follows")}  # the note until it is handed over again
    content = {"business": business, **_prepared(actor), **stays}
    _note_case_key(tx, state, record, business)
    changed = replace(
        record,
        state="draft",
        secret=_secret(tx, state, draft_id, content),
        prepared_by=actor.staff_id,
        priority=int(parsed.priority),
    )
    return _put(tx, state, at, changed)


def _editable(tx: Tx, actor: Actor, draft_id: str, version: int) -> DraftRecord:
    record = load_draft(tx, actor, draft_id)
    same_version(version, record.version)
    if record.state not in _EDITABLE:
        raise Refusal(Reason.NOT_ALLOWED, state=record.state)
    return record


def _put(tx: Tx, state: State, at: datetime, record: DraftRecord) -> DraftView:
    changed = replace(record, version=record.version + 1, changed_at=to_us(at))
    tx.put(changed)
    tx.after.append(lambda: state.signal(f"thread:{changed.draft_id}:{changed.version}"))
    return view_of(tx, state, changed, at)


def get(tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str) -> DraftView:
    """One draft."""
    need(actor, state, *READS)
    return view_of(tx, state, load_draft(tx, actor, draft_id), at)


def list_all(tx: Tx, state: State, at: datetime, *, actor: Actor, page_size: int, page_token: str) -> Page[DraftView]:
    """Drafts that were not issued, newest change first."""
    need(actor, state, *READS)
    size = max(1, min(page_size, 200))
    where = [Where("unit", actor.unit), Where("state", "issued", Op.NE), Where("state", "cancelled", Op.NE)]
    if page_token:
        try:
            where.append(Where("changed_at", int(page_token), Op.LT))
        except ValueError as error:
            raise Refusal(Reason.INVALID_INPUT, field="page_token") from error
    rows = tx.select(DraftRecord, where, order=("changed_at",), descending=True, limit=size + 1)
    more = str(rows[size - 1].changed_at) if len(rows) > size else ""
    return Page(tuple(view_of(tx, state, row, at) for row in rows[:size]), more)


def submit(tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str, version: int) -> DraftView:
    """Hand a complete draft to an approver. Refusal INVALID_INPUT with the first problem's field."""
    need(actor, state, Role.CLERK)
    record = _editable(tx, actor, draft_id, version)
    roster = state.rosters.current.view if state.rosters.ready else None
    content = content_of(tx, state, record)
    for problem in problems_of(parse_business(_business(content)), roster, day_of(at)):
        raise Refusal(Reason.INVALID_INPUT, field=problem.field, why=problem.reason)
    secret = _secret(tx, state, draft_id, {**content, "note": ""})
    return _put(tx, state, at, replace(record, state="pending_approval", secret=secret))


def send_back(tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str, version: int, note: str) -> DraftView:
    """Give a draft back with a note."""
    need(actor, state, *APPROVES)
    record = _editable(tx, actor, draft_id, version)
    content = {**content_of(tx, state, record), "note": note[:2000]}
    return _put(tx, state, at, replace(record, state="sent_back", secret=_secret(tx, state, draft_id, content)))


def cancel(tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str, version: int) -> DraftView:
    """Drop a draft."""
    need(actor, state, Role.CLERK, *APPROVES)
    record = _editable(tx, actor, draft_id, version)
    return _put(tx, state, at, replace(record, state="cancelled"))


def review(tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str, version: int) -> DraftView:
    """Approve it and leave the seal to the unit's seal holder (APPROVER); `issue` then names this approver."""
    need(actor, state, *APPROVES)
    record = _editable(tx, actor, draft_id, version)
    if record.state != "pending_approval":
        raise Refusal(Reason.NOT_ALLOWED, state=record.state)
    content = content_of(tx, state, record)
    approver = _approver(actor, record, content)
    content = {
        **content,
        "reviewed_by": approver.staff_id,
        "reviewed_by_name": approver.name,
        "reviewed_at": at.isoformat(),
    }
    return _put(tx, state, at, replace(record, state="reviewed", secret=_secret(tx, state, draft_id, content)))


def _makers(record: DraftRecord, content: Mapping[str, object]) -> frozenset[str]:
    return frozenset({record.prepared_by, str(content.get("prepared_for", ""))} - {""})


def _approver(actor: Actor, record: DraftRecord, content: Mapping[str, object]) -> Person:
    """The actor as approver, apart from whoever made the letter. Refusal FOUR_EYES."""
    makers = _makers(record, content)
    acting = acting_as(actor, *APPROVES, apart_from=makers)
    must_be_apart(actor, acting, makers)
    return Person(staff_id=actor.staff_id, name=shown_name(actor, acting), role="approver")


def _sealer(tx: Tx, actor: Actor, record: DraftRecord, content: Mapping[str, object]) -> Person:
    """Who approves the letter that is sealed now: the actor, or whoever reviewed it before."""
    need_seal(tx, actor)
    if record.state == "pending_approval" and actor.has(*APPROVES):
        return _approver(actor, record, content)
    if record.state != "reviewed":
        raise Refusal(Reason.NOT_ALLOWED, state=record.state)
    return Person(staff_id=str(content["reviewed_by"]), name=str(content.get("reviewed_by_name", "")), role="approver")


def issue(tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str, version: int) -> DelegationView:
    """Approve, seal, sign and queue the letter: the draft becomes a delegation in the same transaction.

    What was reviewed before is sealed alone. Refusal ROLE_MISSING for who may not press the unit's seal.
    """
    need(actor, state, Role.SEAL_HOLDER, *APPROVES)
    record = _editable(tx, actor, draft_id, version)
    content = content_of(tx, state, record)
    approver = _sealer(tx, actor, record, content)
    if record.state != "reviewed":
        content |= {"reviewed_by": approver.staff_id, "reviewed_by_name": approver.name, "reviewed_at": at.isoformat()}
    content |= pressed(tx, actor, _makers(record, content), at)
    business = parse_business(_business(content))
    trust = may_seal(state, at=at)
    host = host_of(business, trust.view, day_of(at))
    if host is None or business.place is None:
        raise Refusal(Reason.INVALID_INPUT, field="task_place", why="no_competent_unit")
    thread_id = _number(tx, state, trust.view.unit(actor.unit).region, at)
    attached = _move_materials(tx, state, draft_id, thread_id)
    letter = LetterHeader(
        task_place=business.place,
        fields=business.fields,
        host_unit=host.code,
        case_id=_case_id(tx, state, business, host.code),
    )
    composed = compose(
        tx,
        state,
        None,
        unit=actor.unit,
        kind=Kind.ISSUED,
        data=replace(business.move(), materials=attached),
        hands=Hands(
            handler=Person(
                staff_id=record.prepared_by,
                name=str(content.get("prepared_by_name", "")),
                phone=str(content.get("phone", "")),
                role="clerk",
            ),
            approver=approver,
        ),
        at=at,
        thread_id=thread_id,
        letter=letter,
    )
    sealed = seal(state, composed, at=at)
    held = Held(record=new_record(sealed.header, at=at), thread=None, roles={actor.unit: "home"})
    state.known.load(thread_id, {})
    held = note_case(tx, state, held, {"letter": business.letter})
    tx.put(PartyRecord(actor.unit, thread_id, "home"))
    held = queue(tx, state, held, sealed, at=at, data=_business(content))
    tx.put(
        replace(
            record,
            state="issued",
            version=record.version + 1,
            secret=_secret(tx, state, draft_id, content),
            approved_by=approver.staff_id,
            delegation_id=thread_id,
            changed_at=to_us(at),
        )
    )
    return light_view(tx, state, held, actor, at)


def _number(tx: Tx, state: State, region: str, at: datetime) -> str:
    """The next delegation number of the region and day; a serial is never given twice."""
    del state
    day = day_of(at)
    name = f"serial/{region}/{day.isoformat()}"
    record = tx.get(MetaRecord, (name,))
    serial = int(record.value) + 1 if record is not None else 1
    tx.put(MetaRecord(name, str(serial).encode()))
    return delegation_number(day, region, serial)


def _case_id(tx: Tx, state: State, business: Business, host: str) -> str:
    """Random, and shared only by delegations of one case to the same host: by the bureau's own case number."""
    if not business.case_key:
        return uuid4()
    digest = state.vault.lookup(f"{host}\x1f{business.case_key}", field="case")
    for found in tx.select(LookupRecord, (Where("digest", digest),), limit=1):
        return found.thread_id
    case_id = uuid4()
    tx.put(LookupRecord(digest, case_id))
    return case_id


def _move_materials(tx: Tx, state: State, draft_id: str, thread_id: str) -> tuple[str, ...]:
    """The draft's files become the delegation's, under its own data key; gives the ids of those that travel.

    All go with the letter but those that are kept back (`withheld`).
    """
    records = tx.select(MaterialRecord, (Where("subject_id", draft_id),), order=("added_at",), limit=10_000)
    travelling = []
    for record in records:
        row = f"materials/{record.material_id}/secret"
        secret = state.vault.open(tx, draft_id, row, record.secret)
        tx.put(replace(record, subject_id=thread_id, secret=state.vault.seal(tx, thread_id, row, secret)))
        if not json.loads(secret).get("withheld", False):
            travelling.append(record.material_id)
    return tuple(travelling)
