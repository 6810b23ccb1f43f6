"""Opening and judging what arrived for one of our units: body, commitment, header, guards of class B."""

from dataclasses import dataclass
from typing import Final

from certs.envelope import open_body
from certs.trust import Trust
from delegation.codec_body import body_facts
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.lifecycle import judge_body
from delegation.model import Header
from delegation.values import maker
from node.case_facts import case_facts
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


def read_body(
    tx: Tx, state: State, held: Held, header: Header, sealed_body: bytes, trust: Trust, *, unit: str
) -> Reading:
    """Open and judge the body for whichever of our units may."""
    ours = [each for each in header.recipients if each.unit in state.units]
    if not ours:
        return Reading(state=NOT_OURS)
    if len(ours) > 1:
        ours.sort(key=lambda each: each.unit != unit)
    own = header.sender_unit in state.units
    key = None
    for each in ours:
        key = state.keyring.sealing_key(each.unit, each.key_id)
        if key is not None:
            unit = each.unit
            break
    if key is None or not sealed_body:
        # A lost key, or a body that the registry no longer holds: its sender seals it anew (protocol 5.4).
        return Reading(state=PARKED, reason=_CANNOT_OPEN, unit="")
    try:
        original = _original(tx, state, header)
        opened = open_body(header, sealed_body, unit=unit, private_key=key, judged_by=original)
        facts = body_facts(opened.body)
        if original is None:
            refused = judge_body(held.thread, header, facts, roster=trust.view, history=case_facts(tx, state, held))
            if refused is not None:
                raise Refusal(refused.reason, **refused.details)
    except Refusal as refusal:
        shown = refusal
        if refusal.reason in (Reason.MALFORMED, Reason.UNKNOWN_CODE, Reason.TOO_LARGE):
            shown = Refusal(Reason.BODY_CONTRADICTS_HEADER, **refusal.details)
        return Reading(state=PARKED, reason=shown.reason.value, refusal=shown, unit="" if own else unit)
    return _reading(state=OWN if own else APPLIED, content=opened.content, unit=unit)


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
