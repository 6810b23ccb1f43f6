"""Who sat, who left and who was drawn in a thread, out of the bodies that this node can read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from delegation.codec_body_checks import read_body
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.declared_appraisal import (
    DrawCommittedDeclared,
    PanelDeclared,
    RecusalDeclared,
    ReplacementDeclared,
    StrataDeclared,
)
from delegation.errors import Refusal
from delegation.panel_chair import chair_of
from node.case_facts import body_of
from node.records import EntryRecord
from node.state import State
from node.store import Op, Where
from node.threads import PARKED
from node.writer import Tx
from xieban.delegation.v1 import appraisal_pb2, body_pb2

_TOLD: Final = frozenset({Kind.PANEL_DRAWN, Kind.PANEL_REPLACED, Kind.PANEL_VOIDED, Kind.RECUSAL_RAISED,
                          Kind.RECUSAL_ANSWERED, Kind.EXPERTS_ADMITTED})  # fmt: skip
MOST_ENTRIES: Final = 2000
PanelRecord: TypeAlias = appraisal_pb2.PanelRecord
Expert: TypeAlias = tuple[str, str]  # the unit of the pool, the number in it


@dataclass(slots=True)
class Members:
    """`sitting`: place to expert, of the panel that stands. `drawn`: everybody of the current draw by place.

    `drawn_by`: the unit that drew it.
    """

    drawn_by: str = ""
    sitting: dict[tuple[int, int], appraisal_pb2.PanelExpert] = field(default_factory=dict)
    drawn: dict[tuple[int, int], appraisal_pb2.PanelExpert] = field(default_factory=dict)
    void: set[Expert] = field(default_factory=set)  # who sat in a void panel of the case
    left: set[Expert] = field(default_factory=set)  # who was recused or replaced in the case
    lent: set[tuple[Expert, Expert]] = field(default_factory=set)  # who was lent, as lent and as admitted
    chair: tuple[int, int] | None = None  # the place of who presides (protocol 13.10)
    recusals: dict[str, appraisal_pb2.Recusal] = field(default_factory=dict)  # by envelope, as raised

    def place_of(self, expert_id: str) -> tuple[int, int] | None:
        """Where somebody who sits stands in the list."""
        return next((place for place, each in self.sitting.items() if each.expert_id == expert_id), None)

    def barred(self, unit: str) -> tuple[set[str], set[str]]:
        """Numbers in that unit's pool of those who sat in a void panel, and of those who left, lent ones too.

        Each unit numbers its own pool: the same number in another's is somebody else.
        """
        same = self.lent | {(admitted, lent) for lent, admitted in self.lent}
        void, left = (
            {number for of, number in who | {other for one, other in same if one in who} if of == unit}
            for who in (self.void, self.left)
        )
        return void, left

    def chair_by_rule(self) -> tuple[int, int] | None:
        """Who presides over those who sit now: the highest title, then the order of the draw."""
        places = [place for place in self.drawn if place in self.sitting]
        found = chair_of([self.sitting[place].title for place in places])
        return None if found is None else places[found]


def entries(tx: Tx, thread_id: str, kinds: Sequence[Kind] | frozenset[Kind], *, after: int = 0) -> list[EntryRecord]:
    """Entries of these kinds in order."""
    where = (Where("thread_id", thread_id), Where("sequence", after, Op.GT))
    numbers = {int(kind) for kind in kinds}
    return [
        each for each in tx.select(EntryRecord, where, order=("sequence",), limit=MOST_ENTRIES) if each.kind in numbers
    ]


def message_of(tx: Tx, state: State, record: EntryRecord) -> body_pb2.Body | None:
    """The opened body; None when this node cannot read it, or does not let it count."""
    body = body_of(tx, state, record)
    try:
        return read_body(body) if body and record.state != PARKED else None
    except Refusal:
        return None


def members_of(tx: Tx, state: State, thread_id: str) -> Members:
    """Walk through the thread's panels."""
    found = Members()
    for record in entries(tx, thread_id, _TOLD):
        header, body = parse_header(record.header), message_of(tx, state, record)
        declared = header.declared
        if record.kind == Kind.PANEL_VOIDED:
            found.void |= {(found.drawn_by, each.expert_id) for each in found.sitting.values()}
            found.sitting, found.drawn, found.chair = {}, {}, None
        elif body is None:
            continue
        elif isinstance(declared, PanelDeclared):
            found.drawn_by = record.sender_unit
            found.drawn = {(each.stratum, each.position): each for each in body.panel.experts}
            found.sitting = {place: each for place, each in found.drawn.items() if not each.reserve}
            found.chair = found.chair_by_rule()
        elif isinstance(declared, ReplacementDeclared):
            found.left.add((record.sender_unit, body.panel_change.leaves))
            leaves, enters = (declared.stratum, declared.leaves), (declared.stratum, declared.enters)
            if leaves in found.sitting:
                found.sitting = {
                    enters if place == leaves else place: body.panel_change.enters if place == leaves else each
                    for place, each in found.sitting.items()
                }
                if leaves == found.chair:
                    found.chair = found.chair_by_rule()
        elif record.kind == Kind.EXPERTS_ADMITTED:
            home, host = record.sender_unit, header.counterpart_unit
            found.lent |= {((host, each.expert_id), (home, each.home_expert_id)) for each in body.experts.experts}
        elif record.kind == Kind.RECUSAL_RAISED:
            found.recusals[record.envelope_id] = body.recusal
        elif isinstance(declared, RecusalDeclared) and declared.upheld and header.in_reply_to is not None:
            raised = found.recusals.get(header.in_reply_to.envelope_id)
            if raised is not None:
                found.left.add((record.sender_unit, raised.expert_id))
    return found


def commitments(tx: Tx, thread_id: str, draw: int) -> Mapping[str, EntryRecord]:
    """The first commitment of each unit in a draw."""
    return first_commitments(entries(tx, thread_id, (Kind.DRAW_COMMITTED,)), draw)


def first_commitments(records: Sequence[EntryRecord], draw: int) -> Mapping[str, EntryRecord]:
    """As `commitments`, of entries in order: one that was sent again after a protest moves nothing (13.4)."""
    found: dict[str, EntryRecord] = {}
    for record in records:
        if record.kind != Kind.DRAW_COMMITTED:
            continue
        declared = parse_header(record.header).declared
        if isinstance(declared, DrawCommittedDeclared) and declared.draw == draw:
            found.setdefault(record.sender_unit, record)
    return found


def listed(tx: Tx, thread_id: str, draw: int) -> EntryRecord | None:
    """The entry of the list that a draw rests on."""
    for record in entries(tx, thread_id, (Kind.SPECIALTY_DETERMINED,)):
        declared = parse_header(record.header).declared
        if isinstance(declared, StrataDeclared) and declared.draw == draw:
            return record
    return None
