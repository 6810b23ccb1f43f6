"""Of what kind the files are that a delegation holds, read only for a body that asks for some (protocol 5.10).

Kinds lie sealed in the records of the files; nobody opens them for every envelope.
"""

import json
from dataclasses import replace

from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Refusal
from delegation.facts import BodyFacts, CaseFacts, HeldDocument
from delegation.guards_asked import asks_for
from delegation.model import Header
from node.records import EntryRecord, MaterialRecord
from node.state import Held, State
from node.store import Where
from node.writer import Tx

_MOST_ENTRIES = 10_000


def with_documents(tx: Tx, state: State, held: Held | None, case: CaseFacts, facts: BodyFacts) -> CaseFacts:
    """The case as the guard `not_asked_again` needs it; the same case when the body asks for nothing."""
    if held is None or not asks_for(facts):
        return case
    return replace(case, held_documents=held_documents(tx, state, held))


def held_documents(tx: Tx, state: State, held: Held) -> tuple[HeldDocument, ...]:
    """Files that envelopes between home and host listed, oldest first; none of an envelope that was protested."""
    rows = tx.select(EntryRecord, (Where("thread_id", held.thread_id),), order=("sequence",), limit=_MOST_ENTRIES)
    read = [(row, parse_header(row.header)) for row in rows if row.state != "parked"]
    protested = {
        header.in_reply_to.envelope_id
        for _, header in read
        if header.kind is Kind.PROTEST and header.in_reply_to is not None
    }
    found = []
    for row, header in read:
        if not header.manifest or row.envelope_id in protested or not _is_between(held, header):
            continue
        for ref in header.manifest:
            kind = _kind(tx, state, ref.material_id)
            if kind:
                found.append(HeldDocument(ref.material_id, kind, header.leg, row.sequence))
    return tuple(found)


def _is_between(held: Held, header: Header) -> bool:
    """Home and host may both read it; of an earlier leg, whose host was another, the guard asks nothing."""
    return {held.record.home_unit, held.record.host_unit} <= {each.unit for each in header.recipients}


def _kind(tx: Tx, state: State, material_id: str) -> str:
    record = tx.get(MaterialRecord, (material_id,))
    if record is None:
        return ""
    try:
        secret = state.vault.open(tx, record.subject_id, f"materials/{material_id}/secret", record.secret)
    except Refusal:  # purged
        return ""
    return str(json.loads(secret).get("document_kind", ""))
