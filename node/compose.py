"""Making an own envelope: body, header, judgement, seal, signature, and the outbox row that holds all of it.

A move is judged by the same table as at the registry, on the thread as it will stand when what is queued before it is
in. The row is written whole, sealed and signed, in the transaction of the use case; nothing is ever sealed or signed a
second time for the same envelope.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import TypeGuard

from certs.envelope import SealedEnvelope, seal_and_sign
from certs.trust import Trust
from delegation.codec_body import agreement_record
from delegation.codec_json import body_and_facts_from_json
from delegation.codes import Kind, ThreadType
from delegation.deadlines import Suspension, day_of
from delegation.errors import Reason, Refusal, Refused
from delegation.facts import BodyFacts
from delegation.lifecycle import Accepted, CaseFacts, LocalFacts, judge, judge_body, judge_local
from delegation.model import Base, ClockFacts, EnvelopeRef, Header, MaterialRef, Recipient, TaskPlace
from delegation.reasons_codes import REASON_LIST
from delegation.roster_view import RosterView
from delegation.table import Row
from delegation.thread_state import ThreadState
from delegation.values import replaced
from node import parts
from node.audiences import audiences
from node.case_facts import case_facts
from node.declaring import declared_of
from node.ids import uuid7
from node.move_input import MoveInput, invalid
from node.records import EntryRecord, MaterialRecord, OutboxRecord, to_us
from node.roster_cache import Freshness
from node.state import Held, Judged, Pending, Queued, State, is_move
from node.threads import keep, known_in, local_view
from node.writer import Tx

_to_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of staff as an attestation names them."""

    staff_id: str
    name: str = ""
    phone: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Whose hands the move went through; both empty for what the node does by itself."""

    handler: Person | None = None
    approver: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterHeader:
    """Header facts that only a letter has."""

    task_place: TaskPlace
    fields: Mapping[str, object]  # matter, legal_basis, …: keyword arguments of Header
    host_unit: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A judged draft, before it is sealed."""

    header: Header
    body: bytes
    facts: BodyFacts
    row: Row
    after: ThreadState
    judged: Judged | None = None  # None for a first letter, which has no thread yet


def may_seal(state: State, *, at: datetime) -> Trust:
    """The roster in force, if it may still be sealed by. Refusal ROSTER_NOT_READY, ROSTER_TOO_OLD."""
    trust = state.rosters.current
    if state.rosters.freshness(at=at, connected=False) is Freshness.TOO_OLD or trust.is_stale(at):
        raise Refusal(Reason.ROSTER_TOO_OLD)
    return trust


def travelling_reasons(exact: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands in the header, and what travels sealed, for exact codes. Refusal INVALID_INPUT (reasons)."""
    try:
        codes = [REASON_LIST[code] for code in exact]
    except KeyError as error:
        raise invalid("reasons") from error
    shown = tuple(dict.fromkeys(code.in_header for code in codes))
    return shown, tuple(code.code for code in codes if code.sealed)


def item_codes(kind: Kind, data: MoveInput) -> tuple[str, ...]:
    """Codes of the items that could not be found out: of a result they are the reasons, so nobody types them twice."""
    result = data.body.get("result")
    if kind not in (Kind.REPORTED, Kind.UNABLE) or not isinstance(result, Mapping):
        return ()
    answers = result.get("answers")
    given = [each.get("unable_code") for each in answers if isinstance(each, Mapping)] if _is_list(answers) else []
    return tuple(dict.fromkeys(code for code in given if isinstance(code, str) and code and code not in data.reasons))


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _person(person: Person) -> dict[str, object]:
    return {
        name: value
        for name, value in (("staff_id", person.staff_id), ("name", person.name), ("phone", person.phone))
        if value
    }


def _attestation(hands: Hands, at: datetime) -> dict[str, object]:
    found: dict[str, object] = {}
    if hands.handler is not None:
        found["handler"] = _person(hands.handler)
    if hands.approver is not None:
        found["approver"] = _person(hands.approver)
    if hands.handler is not None:
        found["approved_at"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return found


def material_info(state: State, tx: Tx, record: MaterialRecord) -> dict[str, object]:
    """The body's words on a material: key and name, from the record's secret."""
    secret = state.vault.open(tx, record.subject_id, f"materials/{record.material_id}/secret", record.secret)
    found: dict[str, object] = json.loads(secret)
    return {name: value for name, value in found.items() if value not in ("", 0, False)}


def _own_materials(tx: Tx, state: State, subject_id: str, ids: Sequence[str]) -> list[MaterialRecord]:
    found = []
    for material_id in ids:
        record = tx.get(MaterialRecord, (material_id,))
        if record is None or record.subject_id != subject_id or record.uploader not in state.units:
            raise Refusal(Reason.MATERIAL_MISSING, material_id=material_id)
        if record.envelope_id:
            raise Refusal(Reason.MATERIAL_HELD_ALREADY, material_id=material_id)
        found.append(record)
    return found


def make_body(
    tx: Tx, state: State, *, kind: Kind, thread_id: str, data: MoveInput, hands: Hands, at: datetime
) -> tuple[bytes, BodyFacts, tuple[MaterialRef, ...], tuple[str, ...]]:
    """The body's bytes and facts, the manifest, and the reasons that stand in the header."""
    shown, sealed = travelling_reasons((*data.reasons, *item_codes(kind, data)))
    records = _own_materials(tx, state, thread_id, data.materials)
    body: dict[str, object] = {name: value for name, value in data.body.items() if name not in _FILLED_IN}
    if len(body) != len(data.body):
        raise invalid("body")
    body["thread_id"] = thread_id
    attestation = _attestation(hands, at)
    if attestation:
        body["attestation"] = attestation
    if records:
        body["materials"] = [material_info(state, tx, record) for record in records]
    if data.reused:
        body["reused_material_ids"] = list(data.reused)
    if sealed:
        body["sealed_reasons"] = list(sealed)
    if data.text and "text" not in body:
        body["text"] = data.text
    if data.paper is not None:
        recorders = [_person(hands.handler)] if hands.handler is not None else []
        recorders.append(_person(Person(staff_id=data.paper.second_recorder, name=data.paper.second_recorder_name)))
        body["paper"] = {
            "post_number": data.paper.post_number,
            "recorded_by": recorders,
            "scan_material_id": data.paper.scan_material_id,
        }
    manifest = tuple(MaterialRef(item.material_id, item.root, item.sealed_size, item.chunks) for item in records)
    return *body_and_facts_from_json(kind, body), manifest, shown


_FILLED_IN = frozenset(
    {"kind", "thread_id", "attestation", "materials", "reused_material_ids", "sealed_reasons", "paper"}
)


def find_ref(tx: Tx, state: State, held: Held, envelope_id: str, *, field: str) -> EnvelopeRef:
    """An envelope of the thread by its id: in the log, or queued by us. Refusal INVALID_INPUT with the field."""
    for item in held.pending:
        if item.header.envelope_id == envelope_id:
            return item.header.ref
    known = state.known.thread(held.thread_id) or {}
    for (sender, found), (_, digest) in known.items():
        if found == envelope_id:
            return EnvelopeRef(sender, found, digest)
    for key, record in tx.touched(EntryRecord):
        if record is not None and key[0] == held.thread_id and record.envelope_id == envelope_id:
            return EnvelopeRef(record.sender_unit, envelope_id, record.header_digest)
    raise invalid(field)


def _clock(kind: Kind, data: MoveInput, thread: ThreadState | None) -> ClockFacts | None:
    """The clock facts that stand in the header: stated anew where the kind changes them."""
    if data.clock is not None:
        return data.clock
    letter = thread.letter if thread is not None else None
    if letter is None:
        return None
    effective = data.declared.get("effective_on")
    if kind is Kind.CLOCK_SUSPENDED and isinstance(effective, str):
        ground = data.suspension_ground or (data.reasons[0] if data.reasons else "")
        return replace(letter.clock, suspensions=(*letter.clock.suspensions, _suspension(effective, ground)))
    if kind is Kind.CLOCK_RESUMED and isinstance(effective, str):
        resumed = _day(effective)
        return replace(
            letter.clock,
            suspensions=tuple(
                replace(item, resumed_on=resumed) if item.resumed_on is None else item
                for item in letter.clock.suspensions
            ),
        )
    return None


def _suspension(effective_on: str, ground: str) -> Suspension:
    return Suspension(effective_on=_day(effective_on), resumed_on=None, ground=ground)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid("declared.effective_on") from error


def position(held: Held | None, unit: str) -> tuple[Base, EnvelopeRef | None]:
    """Base and predecessor of the unit's next envelope (protocol 5.6)."""
    if held is None:
        return Base(0, b""), None
    thread = held.thread
    base = Base(thread.sequence, thread.last_entry_digest) if thread is not None else Base(0, b"")
    predecessor = held.own_last.get(unit)
    for item in held.pending:
        if item.moving and item.header.sender_unit == unit:
            predecessor = item.header.ref
    return base, predecessor


def compose(
    tx: Tx,
    state: State,
    held: Held | None,
    *,
    unit: str,
    kind: Kind,
    data: MoveInput,
    hands: Hands,
    at: datetime,
    thread_id: str = "",
    thread_type: ThreadType = ThreadType.DELEGATION,
    counterpart: str = "",
    letter: LetterHeader | None = None,
    extra: Mapping[str, object] | None = None,
) -> Composed:
    """A judged draft of the unit's next envelope. Raises the judgement's refusal, or INVALID_INPUT with the field."""
    trust = may_seal(state, at=at)
    view = trust.view
    thread: ThreadState | None = None
    if held is not None:
        thread, _ = local_view(tx, state, held, roster=view, at=at)
        thread_id = held.thread_id
    body, facts, manifest, shown = make_body(tx, state, kind=kind, thread_id=thread_id, data=data, hands=hands, at=at)
    case = case_facts(tx, state, held) if held is not None else CaseFacts()
    said = dict(data.declared)
    if kind in (Kind.AGREEMENT_PROPOSED, Kind.AGREEMENT_COUNTERSIGNED, Kind.AGREEMENT_ENDED):
        said["terms_digest"] = sha256(agreement_record(body)).hexdigest()
    declared = declared_of(facts, said, case=case, sender=unit)
    base, predecessor = position(held, unit)
    fields: dict[str, object] = dict(letter.fields) if letter is not None else {}
    clock = _clock(kind, data, thread)
    if clock is not None:
        fields["clock"] = clock
    if data.priority:
        fields["priority"] = data.priority
    if data.requested_due is not None:
        fields["requested_due"] = data.requested_due
    fields.update(extra or {})
    counts = counts_of(kind, thread, shown, replaces=data.replaces)
    header = Header(
        envelope_id=uuid7(at),
        federation_id=view.federation_id,
        thread_id=thread_id,
        thread_type=thread.thread_type if thread is not None else thread_type,
        kind=kind,
        sender_unit=unit,
        counterpart_unit=letter.host_unit if letter is not None else counterpart or _counterpart(thread, unit),
        recipients=(),
        case_id=letter.case_id if letter is not None else (thread.case_id if thread is not None else ""),
        recorded_by_home=data.paper is not None,
        paper_on=data.paper.paper_on if data.paper is not None else None,
        task_place=letter.task_place if letter is not None else None,
        claimed_at=at,
        base=base,
        predecessor=predecessor,
        in_reply_to=_ref(tx, state, held, data.in_reply_to, field="in_reply_to"),
        replaces=_ref(tx, state, held, data.replaces, field="replaces"),
        roster_version=view.version,
        reasons=shown,
        declared=declared,
        manifest=manifest,
        leg=counts[0],
        round=counts[1],
        hop=counts[2],
        **fields,  # type: ignore[arg-type]  # fields of Header, built by the letter's form
    )
    known = known_in(tx, state, thread_id, held.pending if held is not None else ())
    refused = Refused(Reason.NOT_ALLOWED, {"kind": kind.name})
    for units in audiences(header, thread, view, data):
        addressed = replaced(header, recipients=recipients_of(trust, unit, units, at))
        outcome = judge(thread, addressed, roster=view, at=at, is_known=known)
        if isinstance(outcome, Accepted):
            local = LocalFacts(
                today=day_of(at),
                handler_id=hands.handler.staff_id if hands.handler is not None else "",
                approver_id=hands.approver.staff_id if hands.approver is not None else "",
                handler_role=hands.handler.role if hands.handler is not None else "",
                approver_role=hands.approver.role if hands.approver is not None else "",
            )
            wrong = judge_body(thread, addressed, facts, roster=view, history=case)
            wrong = wrong or judge_local(thread, addressed, facts, roster=view, staff=local)
            if wrong is not None:
                raise Refusal(wrong.reason, **wrong.details)
            return Composed(
                header=addressed,
                body=body,
                facts=facts,
                row=outcome.row,
                after=outcome.thread,
                judged=_judged(thread, addressed, view, local.today, outcome.row),
            )
        refused = outcome
    raise Refusal(refused.reason, **refused.details)


def _judged(thread: ThreadState | None, header: Header, view: RosterView, on: date, row: Row) -> Judged | None:
    """What is remembered of the judgement; nothing of a first letter, nor of what is sent again after a protest."""
    return Judged(thread, view, on, row) if thread is not None and header.replaces is None else None


def _ref(tx: Tx, state: State, held: Held | None, envelope_id: str, *, field: str) -> EnvelopeRef | None:
    if not envelope_id:
        return None
    if held is None:
        raise invalid(field)
    return find_ref(tx, state, held, envelope_id, field=field)


def counts_of(
    kind: Kind, thread: ThreadState | None, reasons: Sequence[str], *, replaces: str = ""
) -> tuple[int, int, int]:
    """Leg, round and hop as the header must state them. A hand-over within one bureau (T02) is no hop.

    What is sent again after a protest (`replaces`) keeps those of what it replaces: the order stood (protocol 5.5).
    """
    if thread is None:
        return 1, 1, 0
    if any(protest.envelope.envelope_id == replaces for protest in thread.protests):
        return thread.leg, thread.round, thread.hop
    if kind is Kind.ISSUED:
        return thread.leg + 1, 1, thread.hop
    return (
        thread.leg,
        thread.round + (1 if kind is Kind.SUPPLEMENT_REQUESTED else 0),
        thread.hop + (1 if kind is Kind.TRANSFERRED and "T02" not in reasons else 0),
    )


def _counterpart(thread: ThreadState | None, unit: str) -> str:
    if thread is None:
        return ""
    other = thread.other_side(unit)
    if other:
        return other
    return thread.home_unit if any(former.unit == unit for former in thread.former_hosts) else thread.host_unit


def recipients_of(trust: Trust, unit: str, others: Sequence[str], at: datetime) -> tuple[Recipient, ...]:
    """Who can open it: the sender's own unit first, then each addressee, by its newest good sealing key.

    Raises:
        Refusal: RECIPIENT_KEY_NOT_VALID, or KEY_CHANGED_UNSIGNED for a unit whose new key nobody vouches for.
    """
    return tuple(Recipient(each, trust.sealing_key(each, at).key_id) for each in (unit, *others))


def seal(state: State, composed: Composed, *, at: datetime) -> SealedEnvelope:
    """Seal and sign a judged draft with the unit's seal, whose certificate the roster holds good at this moment."""
    trust = state.rosters.current
    key, certificate = state.keyring.signing_key(composed.header.sender_unit)
    sealed = seal_and_sign(
        composed.header,
        composed.body,
        recipients=[
            (each.unit, each.key_id, trust.sealing_key(each.unit, at).public_key) for each in composed.header.recipients
        ],
        signing_key=key,
        certificate=certificate,
    )
    for digest in sealed.header.signer_certificates:
        trust.signer(digest, at)
    return sealed


def queue(
    tx: Tx,
    state: State,
    held: Held,
    sealed: SealedEnvelope,
    *,
    at: datetime,
    data: Mapping[str, object] | None = None,
    judged: Judged | None = None,
) -> Held:
    """Put a sealed envelope into the outbox, with what was typed beside it, and into the thread's queue."""
    header = sealed.header
    number = state.number("outbox")
    typed = _to_json(data if isinstance(data, dict) else dict(data or {})).encode()
    record = OutboxRecord(
        sender_unit=header.sender_unit,
        envelope_id=header.envelope_id,
        number=number,
        thread_id=header.thread_id,
        kind=int(header.kind),
        header=sealed.header_bytes,
        header_digest=header.digest,
        signatures=parts.join(*sealed.signatures),
        secret=state.vault.seal(
            tx,
            header.thread_id,
            f"outbox/{header.sender_unit}/{header.envelope_id}/secret",
            parts.join(sealed.sealed_body, sealed.content, typed),
        ),
        state="queued",
        reason="",
        details="{}",
        queued_at=to_us(at),
        tried_at=0,
    )
    tx.put(record)
    for item in header.manifest:
        material = tx.get(MaterialRecord, (item.material_id,))
        if material is not None and material.envelope_id != header.envelope_id:
            tx.put(replace(material, envelope_id=header.envelope_id))
    queued = Queued(
        number=number,
        sender_unit=header.sender_unit,
        envelope_id=header.envelope_id,
        thread_id=header.thread_id,
        size=len(sealed.header_bytes) + len(sealed.sealed_body) + 256,
        materials=tuple(item.material_id for item in header.manifest),
    )
    tx.remember(state.outbox, number, (queued, sealed, record))
    tx.after.append(lambda: state.signal("outbox"))
    if header.manifest:
        tx.after.append(lambda: state.signal("materials"))  # they go first
    pending = Pending(number=number, header=header, moving=is_move(header.kind), judged=judged)
    return keep(tx, state, replaced(held, pending=(*held.pending, pending)), at=at)
