"""Makes views out of records. Runs in the writer's thread, so that what it reads is of one moment."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum

from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codec_json import body_to_json
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.lifecycle import available
from delegation.model import Header, NegativeEvidence
from delegation.reasons_codes import label_of
from delegation.thread_state import ThreadState
from node.case_facts import body_of
from node.desk.labels import clock_label, kind_label
from node.desk.ports import Actor
from node.desk.rows import due_views, due_views_of, name_of, row_view
from node.desk.views import (
    AlarmView,
    DelegationView,
    DeliveryView,
    DueDateView,
    EntryView,
    HandsView,
    MaterialView,
    MoveView,
    NegativeView,
    PreparedMoveView,
    QueuedMoveView,
    ThreadView,
)
from node.draws.showing import appraisal_view
from node.material_mover import facts_of as material_facts
from node.outbox import SHOW_NOT_FOUND
from node.records import (
    AlarmRecord,
    DeliveryRecord,
    EntryRecord,
    MaterialRecord,
    MoveRecord,
    NegativeRecord,
    OutboxRecord,
    from_us,
)
from node.sending import typed_in
from node.state import Held, State
from node.store import Op, Where
from node.threads import local_view
from node.writer import Tx

_GONE = ("dropped", "reissued")


def plain(value: object) -> object:
    """A model value as JSON values: enums by name, dates ISO, bytes hex."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | list | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(item) for name, item in asdict(value).items()}
    return value


def move_views(state: State, thread: ThreadState | None, *, unit: str, at: datetime) -> tuple[MoveView, ...]:
    """Moves of the unit on the thread as it stands with what is queued."""
    if thread is None or not state.rosters.ready:
        return ()
    found = []
    for move in available(thread, unit=unit, on=day_of(at), at=at, roster=state.rosters.current.view):
        refused = move.refused
        found.append(
            MoveView(
                kind=move.kind.name,
                label=move.row.label,
                approval=move.row.approval,
                allowed=move.allowed,
                reasons=move.row.reasons,
                reason=refused.reason.value if refused is not None else "",
                details=dict(refused.details) if refused is not None else None,
            )
        )
    return tuple(found)


def queued_views(tx: Tx, state: State, thread_id: str, at: datetime) -> tuple[QueuedMoveView, ...]:
    """Own envelopes without an accepted entry, in the order they were queued."""
    found = []
    for record in tx.select(OutboxRecord, (Where("thread_id", thread_id),), order=("number",)):
        if record.state in _GONE:
            continue
        shown = record.state
        if record.state == "answered":
            shown = "queued"
        late = record.tried_at and at - from_us(record.tried_at) > SHOW_NOT_FOUND
        if record.state == "queued" and record.reason == Reason.NOT_FOUND.value and late:
            shown = "not_found"
        try:
            typed = typed_in(tx, state, record)[2]
        except Refusal:
            typed = {}
        found.append(
            QueuedMoveView(
                envelope_id=record.envelope_id,
                kind=Kind(record.kind).name,
                label=kind_label(Kind(record.kind)),
                state=shown,
                queued_at=from_us(record.queued_at),
                claimed_at=parse_header(record.header).claimed_at,
                reason=record.reason,
                details=json.loads(record.details),
                data=typed or None,
            )
        )
    return tuple(found)


def material_view(tx: Tx, state: State, record: MaterialRecord) -> MaterialView:
    """A file's facts."""
    try:
        info = material_facts(tx, state, record)
    except Refusal:
        info = {}
    shown = {"uploaded": "held", "expected": "expected"}.get(record.state, record.state)
    if record.state == "held" and record.envelope_id and record.uploader in state.units:
        shown = "uploading"
    return MaterialView(
        material_id=record.material_id,
        delegation_id=record.subject_id,
        name=str(info.get("name", "")),
        media_type=str(info.get("media_type", "")),
        size=int(str(info.get("size", 0))),
        sha256=base64.b64decode(str(info.get("sha256", ""))),
        document_kind=str(info.get("document_kind", "")),
        pages=int(str(info.get("pages", 0))),
        is_copy=bool(info.get("is_copy", False)),
        compared_by=str(info.get("compared_by", "")),
        original_at=str(info.get("original_at", "")),
        from_unit=record.uploader,
        state=shown,
        chunks=record.chunks,
        chunks_done=record.chunks_done,
        attached_to=record.envelope_id,
        added_at=from_us(record.added_at),
        withheld=bool(info.get("withheld", False)),
        redacts=str(info.get("redacts", "")),
        taken_over=bool(info.get("taken_over", False)),
    )


def materials_of(tx: Tx, state: State, subject_id: str) -> tuple[MaterialView, ...]:
    """Files of a delegation or draft."""
    rows = tx.select(MaterialRecord, (Where("subject_id", subject_id),), order=("added_at",), limit=10_000)
    return tuple(material_view(tx, state, row) for row in rows)


def entry_view(
    tx: Tx, state: State, record: EntryRecord, deliveries: Mapping[bytes, list[DeliveryRecord]]
) -> EntryView:
    """One entry with its body, if it could be opened."""
    header: Header | None
    try:
        header = parse_header(record.header)
    except Refusal:
        header = None
    body: Mapping[str, object] | None = None
    if record.state != "parked" or record.reason == "":
        data = body_of(tx, state, record)
        try:
            body = _shown_body(body_to_json(data)) if data else None
        except Refusal:
            body = None
    kind = Kind(record.kind)
    return EntryView(
        sequence=record.sequence,
        envelope_id=record.envelope_id,
        header_digest=record.header_digest,
        entry_digest=record.entry_digest,
        kind=kind.name,
        label=kind_label(kind),
        sender_unit=record.sender_unit,
        sender_name=name_of(state, record.sender_unit),
        leg=header.leg if header is not None else 1,
        round=header.round if header is not None else 1,
        accepted_at=from_us(record.accepted_at),
        claimed_at=header.claimed_at if header is not None else from_us(record.accepted_at),
        due_dates=_due_dates_of(record),
        reasons=header.reasons if header is not None else (),
        reason_labels=tuple(label_of(code) for code in header.reasons) if header is not None else (),
        declared=_declared(header),
        in_reply_to=header.in_reply_to.envelope_id if header is not None and header.in_reply_to is not None else "",
        replaces=header.replaces.envelope_id if header is not None and header.replaces is not None else "",
        body=body,
        materials=tuple(item.material_id for item in header.manifest) if header is not None else (),
        state=record.state,
        parked_reason=record.reason,
        deliveries=_deliveries(state, deliveries.get(record.header_digest, [])),
    )


def _due_dates_of(record: EntryRecord) -> tuple[DueDateView, ...]:
    try:
        entry = parse_entry(record.entry)
    except Refusal:
        return ()
    return due_views_of(entry.due_dates, entry.accepted_at)


def _shown_body(body: dict[str, object]) -> dict[str, object]:
    """A body without the keys of materials: nobody needs them on a screen."""
    listed = body.get("materials")
    if isinstance(listed, list):
        body["materials"] = [
            {name: value for name, value in item.items() if name != "key"}
            for item in listed
            if isinstance(item, Mapping)
        ]
    return body


def _declared(header: Header | None) -> Mapping[str, object]:
    if header is not None and header.kind is Kind.PRIORITY_CHANGED:
        return {"priority": header.priority.name}
    shown = plain(header.declared) if header is not None and header.declared is not None else {}
    return shown if isinstance(shown, Mapping) else {}


def _deliveries(state: State, records: list[DeliveryRecord]) -> tuple[DeliveryView, ...]:
    units = dict.fromkeys(record.unit for record in records)
    found = []
    for unit in units:
        by = {record.status: record for record in records if record.unit == unit}
        applied, held, parked = by.get("applied"), by.get("materials_held"), by.get("parked")
        found.append(
            DeliveryView(
                unit=unit,
                unit_name=name_of(state, unit),
                delivered_at=from_us(applied.at) if applied is not None else None,
                materials_held_at=from_us(held.at) if held is not None else None,
                parked_reason=parked.reason if parked is not None and applied is None else "",
            )
        )
    return tuple(found)


def entries_of(
    tx: Tx, state: State, thread_id: str, *, from_sequence: int = 1, limit: int = 1000
) -> tuple[EntryView, ...]:
    """Entries in order."""
    deliveries: dict[bytes, list[DeliveryRecord]] = {}
    for delivery in tx.select(DeliveryRecord, (Where("thread_id", thread_id),), limit=100_000):
        deliveries.setdefault(delivery.header_digest, []).append(delivery)
    where = (Where("thread_id", thread_id), Where("sequence", from_sequence, Op.GE))
    rows = tx.select(EntryRecord, where, order=("sequence",), limit=limit)
    return tuple(entry_view(tx, state, row, deliveries) for row in rows)


def prepared_view(tx: Tx, state: State, record: MoveRecord) -> PreparedMoveView:
    """A prepared move with what was typed."""
    secret = json.loads(state.vault.open(tx, record.thread_id, f"moves/{record.move_id}/secret", record.secret))
    kind = Kind(record.kind)
    return PreparedMoveView(
        move_id=record.move_id,
        delegation_id=record.thread_id,
        kind=kind.name,
        label=kind_label(kind),
        state=record.state,
        version=record.version,
        data=secret["data"],
        prepared_by=record.prepared_by,
        prepared_by_name=secret["prepared_by_name"],
        prepared_at=from_us(record.prepared_at),
        note=secret.get("note", ""),
        hands=hands_of(secret) if record.state in ("reviewed", "approved") else None,
    )


def hands_of(content: Mapping[str, object]) -> HandsView | None:
    """Who approved and sealed, as it is kept with a move or a draft; None while nobody did."""
    if not content.get("reviewed_by"):
        return None
    return HandsView(
        reviewed_by=str(content["reviewed_by"]),
        reviewed_by_name=str(content.get("reviewed_by_name", "")),
        reviewed_at=_instant(content.get("reviewed_at")),
        sealed_by=str(content.get("sealed_by", "")),
        sealed_by_name=str(content.get("sealed_by_name", "")),
        sealed_for=str(content.get("sealed_for", "")),
        sealed_at=_instant(content.get("sealed_at")),
    )


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def prepared_of(tx: Tx, state: State, thread_id: str, unit: str) -> tuple[PreparedMoveView, ...]:
    """Moves of the unit that wait for an approver or for their handler."""
    rows = tx.select(MoveRecord, (Where("thread_id", thread_id), Where("unit", unit)), order=("prepared_at",))
    return tuple(prepared_view(tx, state, row) for row in rows if row.state in ("prepared", "reviewed", "draft"))


def alarm_view(record: AlarmRecord) -> AlarmView:
    """An alarm, without its proof."""
    return AlarmView(
        alarm_id=record.alarm_id,
        reason=record.reason,
        delegation_id=record.thread_id,
        unit=record.unit,
        details=json.loads(record.details),
        raised_at=from_us(record.raised_at),
        acknowledged_by=record.acknowledged_by,
    )


def negatives_of(tx: Tx, thread_id: str) -> tuple[NegativeView, ...]:
    """Negative evidence of the thread."""
    found = []
    for record in tx.select(NegativeRecord, (Where("thread_id", thread_id),), order=("leaf_index",)):
        entry = parse_entry(record.entry)
        if isinstance(entry.detail, NegativeEvidence):
            detail = entry.detail
            found.append(
                NegativeView(
                    clock=detail.clock,
                    label=clock_label(detail.clock),
                    awaited_unit=detail.awaited_unit,
                    due=detail.due,
                    log_size=detail.log_size,
                    noted_at=entry.accepted_at,
                )
            )
    return tuple(found)


def _letter(tx: Tx, state: State, held: Held) -> tuple[Mapping[str, object] | None, Mapping[str, object]]:
    """The letter in force and its header's facts; before the first entry the queued one's."""
    header: Header | None = None
    body = b""
    record = tx.get(EntryRecord, (held.thread_id, held.record.letter_sequence))
    if record is not None:
        header, body = parse_header(record.header), body_of(tx, state, record)
    elif held.pending:
        header = held.pending[0].header
        row = tx.get(OutboxRecord, (header.sender_unit, header.envelope_id))
        body = typed_in(tx, state, row)[1][32:] if row is not None else b""
    letter: Mapping[str, object] | None = None
    if body:
        try:
            shown = _shown_body(body_to_json(body)).get("letter")
        except Refusal:
            shown = None
        letter = shown if isinstance(shown, Mapping) else None
    facts = _HEADER_FACTS if header is not None else ()
    return letter, {name: plain(getattr(header, name)) for name in facts}


_HEADER_FACTS = (
    "task_place",
    "matter",
    "appraisal_kind",
    "appraisal_mode",
    "agreement_id",
    "legal_basis",
    "priority",
    "clock",
    "requested_due",
    "related_thread_id",
    "relation",
    "case_id",
)


def delegation_view(tx: Tx, state: State, held: Held, actor: Actor, at: datetime) -> DelegationView:
    """Everything of one delegation for one unit."""
    thread_id, unit = held.thread_id, actor.unit
    role = held.roles.get(unit, "")
    local: ThreadState | None = held.thread
    if held.pending and state.rosters.ready:
        local, _ = local_view(tx, state, held, roster=state.rosters.current.view, at=at)
    letter, facts = _letter(tx, state, held)
    alarms = tx.select(AlarmRecord, (Where("thread_id", thread_id), Where("acknowledged_by", "")))
    queued_state = local.state.value if local is not None and held.pending else ""
    return DelegationView(
        row=row_view(tx, state, held.record, role=role, unit=unit, at=at),
        version=held.record.version,
        letter=letter,
        header=facts,
        due_dates=due_views(held.thread, at),
        moves=move_views(state, local, unit=unit, at=at),
        queued=queued_views(tx, state, thread_id, at),
        queued_state=queued_state,
        prepared=prepared_of(tx, state, thread_id, unit),
        materials=materials_of(tx, state, thread_id),
        entries=entries_of(tx, state, thread_id),
        negatives=negatives_of(tx, thread_id),
        alarms=tuple(alarm_view(alarm) for alarm in alarms),
        provinces=held.thread.provinces if held.thread is not None else (),
        purged=held.record.purged,
        appraisal=appraisal_view(tx, state, held),
    )


def thread_view(tx: Tx, state: State, held: Held, *, from_sequence: int, page_size: int) -> ThreadView:
    """A page of a thread's entries."""
    size = max(1, min(page_size, 256))
    entries = entries_of(tx, state, held.thread_id, from_sequence=max(1, from_sequence), limit=size + 1)
    more = entries[size].sequence if len(entries) > size else 0
    return ThreadView(
        delegation_id=held.thread_id, version=held.record.version, entries=entries[:size], next_sequence=more
    )
