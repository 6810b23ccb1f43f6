"""How often each unit showed its secret of a draw in time, by headers alone: what a province can count (13.5).

A provincial office has the headers of every thread of its units; so does any side of its own. No body is opened.
"""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Final

from delegation.codec_header import parse_header
from delegation.codes import Kind, Matter
from delegation.declared_appraisal import DrawRevealedDeclared, DrawVoidedDeclared
from node.desk.guard import READS, need
from node.desk.ports import Actor
from node.desk.rows import name_of
from node.draws.views import RevealFigure
from node.records import EntryRecord, PartyRecord, ThreadRecord, from_us
from node.state import State
from node.store import Op, Where
from node.threads import PARKED
from node.writer import Tx

_COLUMNS: Final = ("thread_id", "kind", "sender_unit", "header", "state", "accepted_at")
_KINDS: Final = (Kind.DRAW_COMMITTED, Kind.DRAW_REVEALED, Kind.DRAW_REVEALED_FOR, Kind.DRAW_VOIDED)
_MOST_THREADS: Final = 100_000


def reveal_figures(tx: Tx, state: State, at: datetime, *, actor: Actor) -> tuple[RevealFigure, ...]:
    """Of every unit with a secret in a draw that the actor's unit may see, by code. Refusal ROLE_MISSING."""
    del at
    need(actor, state, *READS)
    ours = [Where("unit", actor.unit)]
    ids = [str(row[0]) for row in tx.store.select_columns(PartyRecord, ("thread_id",), ours, limit=_MOST_THREADS)]
    appraisals = (Where("matter", int(Matter.INVESTIGATION), Op.GT),)
    of_appraisals = tx.store.select_in(ThreadRecord, ("thread_id",), "thread_id", ids, appraisals)
    drawing = (Where("kind", int(min(_KINDS)), Op.GE), Where("kind", int(max(_KINDS)), Op.LE))
    rows = tx.store.select_in(EntryRecord, _COLUMNS, "thread_id", sorted(str(row[0]) for row in of_appraisals), drawing)
    counts: dict[str, Counter[Kind]] = defaultdict(Counter)
    late: dict[str, dict[str, None]] = defaultdict(dict)
    since: dict[str, datetime] = {}
    for thread_id, kind, sender, header, standing, accepted_at in rows:
        if standing == PARKED or kind not in {int(each) for each in _KINDS}:
            continue
        found, unit = Kind(int(str(kind))), str(sender)
        if found in (Kind.DRAW_REVEALED_FOR, Kind.DRAW_VOIDED):
            declared = parse_header(header if isinstance(header, bytes) else b"").declared
            unit = declared.unit if isinstance(declared, DrawRevealedDeclared | DrawVoidedDeclared) else ""
            if not unit:
                continue  # nobody is at fault
            late[unit][str(thread_id)] = None
        counts[unit][found] += 1
        when = from_us(int(str(accepted_at)))
        since[unit] = min(since.get(unit, when), when)
    return tuple(
        RevealFigure(
            unit=unit,
            unit_name=name_of(state, unit),
            committed=count[Kind.DRAW_COMMITTED],
            revealed=count[Kind.DRAW_REVEALED],
            shown_for=count[Kind.DRAW_REVEALED_FOR],
            void=count[Kind.DRAW_VOIDED],
            delegations=tuple(late[unit]),
            since=since.get(unit),
        )
        for unit, count in sorted(counts.items())
    )
