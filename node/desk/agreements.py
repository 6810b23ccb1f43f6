"""The proof of an agreement as the seal authority takes it: signed headers and the terms, no sealed body."""

from datetime import datetime
from typing import Final

from certs.agreement_proof import AgreementProof, SignedHeader, proof_to_json
from delegation.codec_body import agreement_record
from delegation.codes import Kind, ThreadType
from delegation.errors import Reason, Refusal
from node.case_facts import body_of
from node.desk.guard import READS, need, own
from node.desk.ports import Actor
from node.parts import split_all
from node.records import EntryRecord
from node.state import State
from node.store import Where
from node.writer import Tx

_MOST_ENTRIES: Final = 64


def agreement_file(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str) -> str:
    """The proof of a countersigned agreement, of an ended one with its ending.

    Refusal NOT_FOUND for a thread that is none of the unit's, NOT_ALLOWED for one that is no agreement or is not
    countersigned yet.
    """
    del at
    need(actor, state, *READS)
    held = own(tx, state, actor, thread_id)
    if held.record.thread_type != ThreadType.AGREEMENT:
        raise Refusal(Reason.NOT_ALLOWED, kind="agreement")
    entries = tx.select(EntryRecord, (Where("thread_id", thread_id),), order=("sequence",), limit=_MOST_ENTRIES)
    by_kind = {each.kind: each for each in entries}
    proposed, countersigned = by_kind.get(Kind.AGREEMENT_PROPOSED), by_kind.get(Kind.AGREEMENT_COUNTERSIGNED)
    if proposed is None or countersigned is None:
        raise Refusal(Reason.NOT_ALLOWED, kind="agreement")
    ended = by_kind.get(Kind.AGREEMENT_ENDED)
    proof = AgreementProof(
        record=agreement_record(body_of(tx, state, proposed)),
        proposed=_signed(proposed),
        countersigned=_signed(countersigned),
        ended=_signed(ended) if ended is not None else None,
    )
    return proof_to_json(proof)


def _signed(entry: EntryRecord) -> SignedHeader:
    return SignedHeader(entry.header, split_all(entry.signatures))
