"""Whom a move is addressed to: the sets of units that the kind's rows know in the thread as it stands."""

from collections.abc import Sequence

from delegation.codes import Kind
from delegation.lifecycle import table_of
from delegation.model import Header
from delegation.roster_view import RosterView
from delegation.table import Audience
from delegation.thread_state import ThreadState
from node.move_input import MoveInput


def audiences(header: Header, thread: ThreadState | None, roster: RosterView, data: MoveInput) -> list[tuple[str, ...]]:
    """The sets of addressees that the kind's rows know in this thread, likeliest first, each once."""
    if header.recorded_by_home:
        return [()]
    unit = header.sender_unit
    if thread is None:
        others = data.to or ((header.counterpart_unit,) if header.counterpart_unit != unit else ())
        return [_members(others, roster)]
    paper = {thread.host_unit} if thread.on_paper else set[str]()
    other = thread.other_side(unit) or thread.home_unit
    if header.kind is Kind.ISSUED:
        other, paper = header.counterpart_unit, set()
    home, host = thread.home_unit, header.counterpart_unit if header.kind is Kind.ISSUED else thread.host_unit

    def units_of(audience: Audience) -> Sequence[str]:
        match audience:
            case Audience.OTHER_SIDE:
                return [each for each in (other,) if each not in paper]
            case Audience.OTHER_SIDE_AND_SUPERIORS | Audience.PARTIES:
                return [each for each in (home, host, *roster.superiors(home, host)) if each not in (unit, *paper)]
            case Audience.SUPERVISED:
                return data.to or [each for each in (home, host) if _office(roster, each) == unit][:1]
            case Audience.SUPERVISOR:
                return [_office(roster, unit)]
            case Audience.LATE_SIDE:
                moves = thread.turn in (home, host) and thread.turn != unit
                late = data.to or ((thread.turn,) if moves else (other,))
                return [each for each in late if each not in paper]
            case Audience.AS_ORIGINAL:
                return data.to
            case Audience.SELF:
                return []
            case Audience.UNITS:
                return data.to or [other]

    table = table_of(thread)
    rows = table.rows_of(header.kind)
    rows = tuple(row for row in rows if thread.state in row.sources) or rows
    found = [_members(units_of(audience), roster) for audience in dict.fromkeys(row.audience for row in rows)]
    return list(dict.fromkeys(found)) or [_members((other,), roster)]


def _members(units: Sequence[str], roster: RosterView) -> tuple[str, ...]:
    members = (each for each in units if each in roster.units and roster.units[each].is_member)
    return tuple(dict.fromkeys(members))


def _office(roster: RosterView, unit: str) -> str:
    office = roster.provincial_office(unit) if unit in roster.units else None
    return "" if office is None else office.code
