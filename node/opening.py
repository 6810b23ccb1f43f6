"""Opening and judging what arrived for one of our units: body, commitment, header, guards of class B."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from certs.envelope import Opened, open_body
from certs.trust import Trust
from delegation.codec_body import body_facts, message_facts
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.facts import BodyFacts
from delegation.lifecycle import judge_body
from delegation.model import Header
from delegation.values import maker
from node.case_documents import with_documents
from node.case_facts import case_facts
from node.draws.checking import check_panel
from node.records import EntryRecord
from node.state import Held, State
from node.store import Where
from node.threads import APPLIED, NOT_OURS, OWN, PARKED
from node.writer import Tx

_CANNOT_OPEN = Reason.CANNOT_OPEN.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of opening a body."""

    state: str
    content: bytes = b""
    reason: str = ""
    refusal: Refusal | None = None
    unit: str = ""


_reading: Final = maker(Reading)


class Body(NamedTuple):
    """A body that one of our units opened, and that is what its header says; no guard has judged it yet."""

    unit: str
    opened: Opened
    facts: BodyFacts


def our_key(state: State, header: Header, unit: str) -> tuple[str, X25519PrivateKey | None] | None:
    """Which of our units may open it, `unit` before the others, and its key if we hold it; None where none may."""
    ours = [each for each in header.recipients if each.unit in state.units]
    if not ours:
        return None
    if len(ours) > 1:
        ours.sort(key=lambda each: each.unit != unit)
    for each in ours:
        key = state.keyring.sealing_key(each.unit, each.key_id)
        if key is not None:
            return each.unit, key
    return unit, None


def read_opened(unit: str, opened: Opened) -> Body:
    """What guards need of a body that a unit of ours opened. Refusal as `body_facts`."""
    message = opened.message
    return Body(unit, opened, message_facts(message) if message is not None else body_facts(opened.body))


def read_body(
    tx: Tx,
    state: State,
    held: Held,
    header: Header,
    sealed_body: bytes,
    trust: Trust,
    *,
    unit: str,
    body: Body | None = None,
) -> Reading:
    """Open and judge the body for whichever of our units may; `body` is what it was opened as already (no reseal)."""
    own = header.sender_unit in state.units
    original: Header | None = None
    try:
        if body is None:
            found = our_key(state, header, unit)
            if found is None:
                return Reading(state=NOT_OURS)
            unit, key = found
            if key is None or not sealed_body:
                # A lost key, or a body that the registry no longer holds: its sender seals it anew (protocol 5.4).
                return Reading(state=PARKED, reason=_CANNOT_OPEN, unit="")
            original = _original(tx, state, header)
            body = read_opened(unit, open_body(header, sealed_body, unit=unit, private_key=key, judged_by=original))
        unit = body.unit
        if original is None:
            case = with_documents(tx, state, held, case_facts(tx, state, held), body.facts)
            refused = judge_body(held.thread, header, body.facts, roster=trust.view, history=case)
            if refused is not None:
                raise Refusal(refused.reason, **refused.details)
            check_panel(tx, state, held, header, body.opened.body)
    except Refusal as refusal:
        shown = refusal
        if refusal.reason in (Reason.MALFORMED, Reason.UNKNOWN_CODE, Reason.TOO_LARGE):
            shown = Refusal(Reason.BODY_CONTRADICTS_HEADER, **refusal.details)
        return Reading(state=PARKED, reason=shown.reason.value, refusal=shown, unit="" if own else unit)
    return _reading(state=OWN if own else APPLIED, content=body.opened.content, unit=unit)


def _original(tx: Tx, state: State, header: Header) -> Header | None:
    """The header that a reseal's body is judged against. Refusal BODY_CONTRADICTS_HEADER when it is not here."""
    if header.kind is not Kind.RESEAL:
        return None
    del state
    if header.replaces is None:
        raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="replaces")
    where = (Where("thread_id", header.thread_id), Where("envelope_id", header.replaces.envelope_id))
    for record in tx.select(EntryRecord, where):
        if record.header_digest == header.replaces.header_digest:
            return parse_header(record.header)
    raise Refusal(Reason.BODY_CONTRADICTS_HEADER, field="replaces")
