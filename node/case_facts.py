"""What guards of class B need of a case's earlier bodies, read once and kept with the thread in memory."""

from delegation.codec_body import body_facts
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Refusal
from delegation.facts import AnswerFacts, BodyFacts
from delegation.facts_appraisal import OpinionFacts
from delegation.lifecycle import CaseFacts
from delegation.model import Header
from delegation.payloads import SALT_SIZE
from node import parts
from node.records import EntryRecord, MaterialRecord
from node.state import Held, State
from node.store import Op, Where
from node.threads import secret_row
from node.writer import Tx

_LETTERS = (Kind.ISSUED, Kind.LETTER_CORRECTED)
_PANELS = (Kind.PANEL_DRAWN, Kind.PANEL_REPLACED, Kind.PANEL_VOIDED, Kind.EXPERTS_ADMITTED)
_RESULTS = (Kind.REPORTED, Kind.UNABLE)


def content_of(tx: Tx, state: State, record: EntryRecord) -> bytes:
    """Salt and body of an entry that we could open; empty when we could not, or once purged."""
    if not record.secret:
        return b""
    try:
        opened = state.vault.open(tx, record.thread_id, secret_row(record.thread_id, record.sequence), record.secret)
    except Refusal:
        return b""
    return parts.split(opened, 2)[1]


def body_of(tx: Tx, state: State, record: EntryRecord) -> bytes:
    """The body of an entry, without its salt."""
    return content_of(tx, state, record)[SALT_SIZE:]


def facts_of(tx: Tx, state: State, record: EntryRecord) -> BodyFacts | None:
    """Facts of an entry's body; None when it cannot be read."""
    body = body_of(tx, state, record)
    try:
        return body_facts(body) if body else None
    except Refusal:
        return None


def case_facts(tx: Tx, state: State, held: Held) -> CaseFacts:
    """The letter in force, the results so far, and every material delivered in the case."""
    fresh = tx.recall(state.facts, held.thread_id)
    if isinstance(fresh, CaseFacts):
        return fresh
    kept = state.facts.get(held.thread_id) if fresh is None else None
    if kept is not None:
        return kept
    letter: BodyFacts | None = None
    letter_header: Header | None = None
    supplement: BodyFacts | None = None
    answers: dict[int, tuple[AnswerFacts, ...]] = {}
    opinion: OpinionFacts | None = None
    panel = _Panel()
    for record in _moving(tx, held.thread_id):
        if record.state == "parked":
            continue
        if record.kind in _LETTERS:
            letter, letter_header = facts_of(tx, state, record), parse_header(record.header)
            supplement = None
        elif record.kind == Kind.SUPPLEMENT_REQUESTED:
            supplement = facts_of(tx, state, record)
        elif record.kind in _RESULTS:
            facts = facts_of(tx, state, record)
            if facts is not None:
                answers[parse_header(record.header).round] = facts.answers
        elif record.kind == Kind.OPINION_FORMED:
            facts = facts_of(tx, state, record)
            opinion = facts.appraisal.opinion if facts is not None and facts.appraisal is not None else None
        elif record.kind in _PANELS:
            panel.take(record, facts_of(tx, state, record))
    found = CaseFacts(
        letter=letter,
        answers_by_round=answers,
        held_material_ids=_materials(tx, held.thread_id),
        letter_header=letter_header,
        supplement=supplement,
        opinion=opinion,
        void_experts=frozenset(panel.void),
    )
    tx.remember(state.facts, held.thread_id, found)
    return found


class _Panel:
    """The experts who sit, and those who sat in a void panel, by the unit whose pool they stand in and their number."""

    def __init__(self) -> None:
        self.sitting: set[tuple[str, str]] = set()
        self.void: set[tuple[str, str]] = set()

    def take(self, record: EntryRecord, facts: BodyFacts | None) -> None:
        body, unit = facts.appraisal if facts is not None else None, record.sender_unit
        if record.kind == Kind.PANEL_VOIDED:
            self.void |= self.sitting
            self.sitting = set()
        elif body is None:
            return
        elif record.kind == Kind.PANEL_DRAWN:
            self.sitting = {(unit, each.expert_id) for each in body.opened if not each.reserve}
        elif record.kind == Kind.PANEL_REPLACED:
            self.sitting = self.sitting - {(unit, body.leaves)} | {(unit, each.expert_id) for each in body.opened}
        else:  # lent to another pool, a person stays the same
            lender = parse_header(record.header).counterpart_unit
            lent = {(lender, each.expert_id): (unit, each.home_expert_id) for each in body.seconded}
            self.void |= {admitted for lent_as, admitted in lent.items() if lent_as in self.void}


def _moving(tx: Tx, thread_id: str) -> list[EntryRecord]:
    where = (Where("thread_id", thread_id), Where("moving", True))
    return tx.select(EntryRecord, where, order=("sequence",), limit=1000)


def _materials(tx: Tx, thread_id: str) -> frozenset[str]:
    """Materials that an accepted envelope of the thread listed."""
    found = tx.select(MaterialRecord, (Where("subject_id", thread_id), Where("envelope_id", "", Op.NE)), limit=10_000)
    return frozenset(item.material_id for item in found)
