"""Whom a move is addressed to: the sets of units that the kind's rows know in the thread as it stands."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from delegation.codes import Kind, Matter, ThreadType
from delegation.errors import Reason, Refusal
from delegation.roster_view import RosterView
from delegation.table import Audience, State
from delegation.tables import table_for
from delegation.thread_state import ThreadState
from node.move_input import MoveInput


class _Sides(NamedTuple):
    """Who is who for this move: `other` is whom the sender mostly writes to, `paper` a host that is no member."""

    unit: str
    home: str
    host: str
    other: str
    paper: str


def audiences(
    thread: ThreadState | None, roster: RosterView, data: MoveInput, *, kind: Kind, unit: str, counterpart: str
) -> list[tuple[str, ...]]:
    """The sets of addressees that the kind's rows know in this thread, likeliest first, each once.

    `unit` is the sender's, `counterpart` the header's. What a home records for a host on paper goes to nobody.
    """
    if data.paper is not None:
        return [()]
    if thread is None:
        return [_members(data.to or ((counterpart,) if counterpart != unit else ()), roster)]
    other = thread.other_side(unit) or thread.home_unit
    sides = _Sides(unit, thread.home_unit, thread.host_unit, other, thread.host_unit if thread.on_paper else "")
    if kind is Kind.ISSUED:
        sides = _Sides(unit, thread.home_unit, counterpart, counterpart, "")
    found: list[tuple[str, ...]] = []
    for audience in _audiences_of(thread.thread_type, thread.matter, kind, thread.state):
        members = _members(_units_of(audience, sides, thread, roster, data.to), roster)
        if members not in found:
            found.append(members)
    return found or [_members((sides.other,), roster)]


@lru_cache(maxsize=4096)  # tables never change; their kinds and states are some hundreds of pairs
def _audiences_of(of_type: ThreadType, matter: Matter, kind: Kind, state: State) -> tuple[Audience, ...]:
    """The audiences of the kind's rows in that state, else in any. Refusal UNKNOWN_CODE (matter) without a table."""
    table = table_for(of_type, matter)
    if table is None:
        raise Refusal(Reason.UNKNOWN_CODE, field="matter")
    rows = table.rows_of(kind)
    rows = tuple(row for row in rows if state in row.sources) or rows
    return tuple(dict.fromkeys(row.audience for row in rows))


def _units_of(
    audience: Audience, sides: _Sides, thread: ThreadState, roster: RosterView, to: tuple[str, ...]
) -> Sequence[str]:
    """The units of one audience; `to` are those that the clerk named."""
    unit, home, host, other, paper = sides
    if audience is Audience.OTHER_SIDE:
        return (other,) if other != paper else ()
    if audience is Audience.OTHER_SIDE_AND_SUPERIORS or audience is Audience.PARTIES:
        return [each for each in (home, host, *roster.superiors(home, host)) if each not in (unit, paper)]
    if audience is Audience.LATE_SIDE:
        moves = thread.turn in (home, host) and thread.turn != unit
        return [each for each in (to or ((thread.turn,) if moves else (other,))) if each != paper]
    if audience is Audience.SUPERVISED:
        return to or [each for each in (home, host) if _office(roster, each) == unit][:1]
    if audience is Audience.SUPERVISOR:
        return (_office(roster, unit),)
    if audience is Audience.AS_ORIGINAL:
        return to
    return to or (other,) if audience is Audience.UNITS else ()


def _members(units: Sequence[str], roster: RosterView) -> tuple[str, ...]:
    known = roster.units
    return tuple(dict.fromkeys([each for each in units if each in known and known[each].is_member]))


def _office(roster: RosterView, unit: str) -> str:
    office = roster.provincial_office(unit) if unit in roster.units else None
    return "" if office is None else office.code
