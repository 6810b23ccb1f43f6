"""Making an own envelope: its header around the body, the judgement, then seal and signature.

A move is judged by the same table as at the registry, on the thread as it will stand when what is queued before it is
in. `node.bodies` makes the body; `node.queueing` puts the sealed envelope into the outbox.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final, cast

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from certs.envelope import SealedEnvelope, Unsigned, seal_draft, sign
from certs.sealing import SealTo, as_named
from certs.trust import Trust
from delegation.codec_body import agreement_record
from delegation.codes import Kind, ThreadType
from delegation.deadlines import Suspension, day_of
from delegation.errors import Reason, Refusal, Refused
from delegation.facts import BodyFacts
from delegation.lifecycle import CaseFacts, LocalFacts, judge_body, judge_local, lawful
from delegation.model import Base, ClockFacts, EnvelopeRef, Header, Recipient, TaskPlace
from delegation.roster_view import RosterView
from delegation.table import Row
from delegation.thread_state import ThreadState
from delegation.values import maker, replaced
from node.audiences import audiences
from node.bodies import NOBODY, Hands, MadeBody, make_body
from node.case_documents import with_documents
from node.case_facts import case_facts
from node.declaring import declared_of
from node.ids import uuid7
from node.move_input import MoveInput, invalid
from node.records import EntryRecord
from node.roster_cache import Freshness
from node.state import Held, Judged, State
from node.threads import known_in, local_view
from node.writer import Tx

_AGREEMENTS: Final = frozenset({Kind.AGREEMENT_PROPOSED, Kind.AGREEMENT_COUNTERSIGNED, Kind.AGREEMENT_ENDED})
_header = maker(Header)
_base = maker(Base)
_local_facts = maker(LocalFacts)
_judgement = maker(Judged)


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
    keys: tuple[SealTo, ...]  # of the header's recipients, good when it was judged
    judged: Judged | None = None  # None for a first letter, which has no thread yet


_composed = maker(Composed)


def may_seal(state: State, *, at: datetime) -> Trust:
    """The roster in force, if it may still be sealed by. Refusal ROSTER_NOT_READY, ROSTER_TOO_OLD."""
    trust = state.rosters.current
    if state.rosters.freshness(at=at, connected=False) is Freshness.TOO_OLD or trust.is_stale(at):
        raise Refusal(Reason.ROSTER_TOO_OLD)
    return trust


def find_ref(tx: Tx, state: State, held: Held, envelope_id: str, *, field: str) -> EnvelopeRef:
    """An envelope of the thread by its id: in the log, or queued by us. Refusal INVALID_INPUT with the field."""
    for item in held.pending:
        if item.header.envelope_id == envelope_id:
            return item.header.ref
    known = state.known.thread(held.thread_id) or {}
    if held.thread is not None:  # mostly of one side or the other: a long thread need not be searched
        for unit in (held.thread.host_unit, held.thread.home_unit):
            named = tx.recall(state.known, (held.thread_id, unit, envelope_id)) or known.get((unit, envelope_id))
            if named is not None:
                return EnvelopeRef(unit, envelope_id, cast("tuple[str, bytes]", named)[1])
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
    base = _base(thread.sequence, thread.last_entry_digest) if thread is not None else Base(0, b"")
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
    made: MadeBody | None = None,
) -> Composed:
    """A judged draft of the unit's next envelope. Raises the judgement's refusal, or INVALID_INPUT with the field.

    `made` is what `make_body` gave already for the same kind, thread, data, hands and instant.
    """
    trust = may_seal(state, at=at)
    view = trust.view
    thread: ThreadState | None = None
    if held is not None:
        thread = local_view(tx, state, held, roster=view, at=at)[0] if held.pending else held.thread
        thread_id = held.thread_id
    if made is None:
        made = make_body(tx, state, kind=kind, thread_id=thread_id, data=data, hands=hands, at=at)
    body, facts, manifest, shown = made
    case = case_facts(tx, state, held) if held is not None else CaseFacts()
    case = with_documents(tx, state, held, case, facts)
    declared = declared_of(facts, _said(kind, data, body), case=case, sender=unit, thread=thread)
    counterpart = letter.host_unit if letter is not None else counterpart or _counterpart(thread, unit)
    base, predecessor = position(held, unit)
    leg, round_, hop = counts_of(kind, thread, shown, replaces=data.replaces)
    of_type = thread.thread_type if thread is not None else thread_type
    case_id = letter.case_id if letter is not None else (thread.case_id if thread is not None else "")
    in_reply_to = _ref(tx, state, held, data.in_reply_to, field="in_reply_to")
    replaces = _ref(tx, state, held, data.replaces, field="replaces")
    stated = _stated(kind, data, thread, letter, extra)
    envelope_id = uuid7(at)
    refused: Refused | None = None
    known = known_in(tx, state, thread_id, held.pending if held is not None else ())
    for units in audiences(thread, view, data, kind=kind, unit=unit, counterpart=counterpart):
        keys = keys_of(trust, (unit, *units), at)
        header = _header(
            envelope_id=envelope_id,
            federation_id=view.federation_id,
            thread_id=thread_id,
            thread_type=of_type,
            kind=kind,
            sender_unit=unit,
            counterpart_unit=counterpart,
            case_id=case_id,
            recorded_by_home=data.paper is not None,
            paper_on=data.paper.paper_on if data.paper is not None else None,
            task_place=letter.task_place if letter is not None else None,
            claimed_at=at,
            base=base,
            predecessor=predecessor,
            in_reply_to=in_reply_to,
            replaces=replaces,
            roster_version=view.version,
            reasons=shown,
            declared=declared,
            manifest=manifest,
            leg=leg,
            round=round_,
            hop=hop,
            recipients=recipients_by(keys),
        )
        if stated:
            header = replaced(header, **stated)
        row = lawful(thread, header, roster=view, at=at, is_known=known)
        if isinstance(row, Refused):
            refused = row
            continue
        local = _local(hands, at)
        wrong = judge_body(thread, header, facts, roster=view, history=case)
        wrong = wrong or judge_local(thread, header, facts, roster=view, staff=local)
        if wrong is not None:
            raise Refusal(wrong.reason, **wrong.details)
        judged = _judged(thread, header, view, local.today, row)
        return _composed(header=header, body=body, facts=facts, row=row, keys=keys, judged=judged)
    if refused is None:
        raise Refusal(Reason.NOT_ALLOWED, kind=kind.name)
    raise Refusal(refused.reason, **refused.details)


def _said(kind: Kind, data: MoveInput, body: bytes) -> Mapping[str, object]:
    """What was said beside the body; an agreement's terms are named by their digest, which nobody types."""
    if kind not in _AGREEMENTS:
        return data.declared
    return {**data.declared, "terms_digest": sha256(agreement_record(body)).hexdigest()}


def _stated(
    kind: Kind,
    data: MoveInput,
    thread: ThreadState | None,
    letter: LetterHeader | None,
    extra: Mapping[str, object] | None,
) -> dict[str, Any]:
    """Fields of the header that few kinds state."""
    fields: dict[str, Any] = dict(letter.fields) if letter is not None else {}
    clock = _clock(kind, data, thread)
    if clock is not None:
        fields["clock"] = clock
    if data.priority:
        fields["priority"] = data.priority
    if data.requested_due is not None:
        fields["requested_due"] = data.requested_due
    if extra:
        fields.update(extra)
    return fields


def _local(hands: Hands, at: datetime) -> LocalFacts:
    handler, approver = hands.handler or NOBODY, hands.approver or NOBODY
    return _local_facts(
        today=day_of(at),
        handler_id=handler.staff_id,
        approver_id=approver.staff_id,
        handler_role=handler.role,
        approver_role=approver.role,
    )


def _judged(thread: ThreadState | None, header: Header, view: RosterView, on: date, row: Row) -> Judged | None:
    """What is remembered of the judgement; nothing of a first letter, nor of what is sent again after a protest."""
    return _judgement(thread, view, on, row) if thread is not None and header.replaces is None else None


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
    if replaces and any(protest.envelope.envelope_id == replaces for protest in thread.protests):
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


def keys_of(trust: Trust, units: Sequence[str], at: datetime) -> tuple[SealTo, ...]:
    """The newest good sealing key of each unit at that instant: whom an envelope is sealed to, in that order.

    Raises:
        Refusal: RECIPIENT_KEY_NOT_VALID, or KEY_CHANGED_UNSIGNED for a unit whose new key nobody vouches for.
    """
    found: list[SealTo] = []
    for unit in units:
        key = trust.sealing_key(unit, at)
        found.append(SealTo(unit, key.key_id, key.public_key))
    return tuple(found)


def recipients_by(keys: Sequence[SealTo]) -> tuple[Recipient, ...]:
    """The recipients of a header, by the keys that it is sealed to."""
    return as_named(tuple(keys))


def recipients_of(trust: Trust, unit: str, others: Sequence[str], at: datetime) -> tuple[Recipient, ...]:
    """Who can open it: the sender's own unit first, then each addressee, by its newest good sealing key.

    Raises:
        Refusal: as `keys_of`.
    """
    return recipients_by(keys_of(trust, (unit, *others), at))


def seal(state: State, composed: Composed, *, at: datetime) -> SealedEnvelope:
    """Seal and sign a judged draft with the unit's seal, whose certificate the roster holds good at this moment.

    `at` is the instant at which it was composed: by it the keys were chosen.
    """
    unsigned, key = seal_body(state, composed)
    return sign_with_seal(state, unsigned, key, at=at)


def seal_body(state: State, composed: Composed) -> tuple[Unsigned, EllipticCurvePrivateKey]:
    """The first half of `seal`: the body sealed, the header written for the unit's certificate; and its key."""
    key, certificate = state.keyring.signing_key(composed.header.sender_unit)
    header, body, facts = composed.header, composed.body, composed.facts
    return seal_draft(header, body, recipients=composed.keys, certificate=certificate, facts=facts), key


def sign_with_seal(state: State, unsigned: Unsigned, key: EllipticCurvePrivateKey, *, at: datetime) -> SealedEnvelope:
    """The other half of `seal`, by the key that `seal_body` gave. Refusal SIGNER_NOT_VALID as the roster says."""
    sealed = sign(unsigned, key)
    for digest in sealed.header.signer_certificates:
        state.rosters.current.signer(digest, at)
    return sealed
