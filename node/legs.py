"""The next leg: the home's node issues the unchanged letter to another host, by itself when its roster agrees."""

from dataclasses import replace
from datetime import datetime

import structlog

from certs.envelope import seal_and_sign
from delegation.codec_body import body_facts
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Refusal, Refused
from delegation.lifecycle import LocalFacts, judge_body, judge_local, lawful
from delegation.payloads import SALT_SIZE
from delegation.reasons_codes import REASON_LIST
from delegation.table import State as Legal
from delegation.thread_state import ThreadState
from node.case_facts import case_facts, content_of
from node.compose import may_seal, position, recipients_of
from node.counterparts import BY_NODE, NewParties, new_parties
from node.ids import uuid7
from node.queueing import queue
from node.records import EntryRecord
from node.sending import same_salt
from node.state import Held, State
from node.threads import known_in
from node.writer import Tx

_log = structlog.get_logger("node.legs")
_HANDED_ON = frozenset({Legal.TRANSFERRED, Legal.AWAITING_DESIGNATION})


def next_leg(tx: Tx, state: State, held: Held, *, at: datetime) -> bool:
    """Queue the next leg where a transfer, a designation or the roster names the unit. False when a person must decide.

    The unchanged letter goes out by the home's seal, after a succession of the home by its successor's (T04): that is
    possible here only when this node serves the successor too, because nobody else can read the letter.
    """
    thread = held.thread
    if thread is None or thread.letter is None or any(item.header.kind is Kind.ISSUED for item in held.pending):
        return False
    parties = _parties(state, thread, at)
    record = tx.get(EntryRecord, (held.thread_id, held.record.letter_sequence))
    if parties is None or parties.home not in state.units or record is None or record.kind != Kind.ISSUED:
        return False
    content = content_of(tx, state, record)
    if not content:
        return False
    try:
        return _issue(tx, state, held, thread, record, content, parties=parties, at=at)
    except Refusal as refusal:
        _log.info("next leg waits", reason=refusal.reason.value, thread=held.thread_id)
        return False


def _parties(state: State, thread: ThreadState, at: datetime) -> NewParties | None:
    """Home and host of the next leg as our own signed roster, or the provinces' designation, has them."""
    view = state.rosters.current.view
    changed = new_parties(thread, view, at=at)
    if changed is not None and (changed.home != thread.home_unit or thread.state not in _HANDED_ON):
        member = view.units[changed.host].is_member
        return changed if member and thread.state in BY_NODE | _HANDED_ON else None
    if thread.state not in _HANDED_ON:
        return None
    target, reason = _target(state, thread, at)
    return NewParties(thread.home_unit, target, reason) if target else None


def _target(state: State, thread: ThreadState, at: datetime) -> tuple[str, str]:
    """Whom our own signed roster, or the provinces' designation, names; empty when neither agrees with the host."""
    work, view = thread.work, state.rosters.current.view
    if thread.state is Legal.AWAITING_DESIGNATION:
        return work.designated, "T06"
    named = work.transferred_to
    if work.transfer_reason == "T02":
        return named, "T02"
    if thread.letter is None or thread.letter.place is None:
        return "", ""
    competent = {unit.code for unit in view.competent_units(thread.letter.place, thread.matter, day_of(at))}
    return (named, work.transfer_reason) if named in competent else ("", "")


def _issue(
    tx: Tx,
    state: State,
    held: Held,
    thread: ThreadState,
    record: EntryRecord,
    content: bytes,
    *,
    parties: NewParties,
    at: datetime,
) -> bool:
    trust = may_seal(state, at=at)
    old = parse_header(record.header)
    base, predecessor = position(held, parties.home)
    draft = replace(
        old,
        envelope_id=uuid7(at),
        sender_unit=parties.home,
        counterpart_unit=parties.host,
        recipients=recipients_of(trust, parties.home, (parties.host,), at),
        leg=thread.leg + 1,
        round=1,
        hop=thread.hop,
        clock=thread.letter.clock if thread.letter is not None else old.clock,
        claimed_at=at,
        base=base,
        predecessor=predecessor,
        replaces=None,
        in_reply_to=None,
        roster_version=trust.view.version,
        reasons=(REASON_LIST[parties.reason].in_header,),
        digest=b"",
    )
    known = known_in(tx, state, held.thread_id, held.pending)
    outcome = lawful(thread, draft, roster=trust.view, at=at, is_known=known)
    refused: Refused | None = outcome if isinstance(outcome, Refused) else None
    facts = body_facts(content[SALT_SIZE:])
    refused = refused or judge_body(thread, draft, facts, roster=trust.view, history=case_facts(tx, state, held))
    staff = LocalFacts(today=day_of(at), handler_id=facts.handler_id, approver_id=facts.approver_id)
    refused = refused or judge_local(thread, draft, facts, roster=trust.view, staff=staff)
    if refused is not None:
        raise Refusal(refused.reason, **refused.details)
    key, certificate = state.keyring.signing_key(parties.home)
    sealed = seal_and_sign(
        draft,
        content[SALT_SIZE:],
        recipients=[(r.unit, r.key_id, trust.sealing_key(r.unit, at).public_key) for r in draft.recipients],
        signing_key=key,
        certificate=certificate,
        randomness=same_salt(content),
    )
    queue(tx, state, held, sealed, at=at)
    return True
