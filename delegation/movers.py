"""Who is who in a thread: whether the sender of an event plays one of the parties that a row names (protocol 5.1)."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from delegation.clock_specs import WINDOWS
from delegation.guards import Asked
from delegation.guards_common import successor_of
from delegation.model import Header
from delegation.roster_view import RosterView
from delegation.table import Party
from delegation.thread_state import ThreadState
from delegation.turns import drawing_unit


def belongs(thread: ThreadState, unit: str, roster: RosterView, on: date) -> bool:
    """Whether the unit has to do with the thread at all; to anyone else the thread is NOT_FOUND.

    Parties, hosts and homes of earlier legs, superiors of today's roster and the national office, whoever succeeds the
    home.
    """
    if unit and (unit == thread.home_unit or unit == thread.host_unit):  # nearly every envelope
        return True
    if unit in thread.parties or thread.reads_until(unit) is not None or thread.last_move_of(unit) is not None:
        return True
    if thread.home_unit not in roster.units or thread.host_unit not in roster.units or unit not in roster.units:
        return False
    national = roster.national_office()
    superiors = roster.superiors(thread.home_unit, thread.host_unit)
    if unit in superiors or (national is not None and unit == national.code):
        return True
    home = roster.successor(thread.home_unit, place=roster.units[thread.home_unit].region, on=on)
    return home is not None and home.code == unit


def _home(asked: Asked) -> bool:
    return asked.sender_is_home and not asked.header.recorded_by_home


def _host(asked: Asked) -> bool:
    if asked.header.recorded_by_home:
        return asked.sender_is_home and asked.thread.on_paper
    return asked.header.sender_unit == asked.thread.host_unit


def _home_successor(asked: Asked) -> bool:
    heir = successor_of(asked.thread.home_unit, asked.thread, asked)
    return heir is not None and heir.code == asked.header.sender_unit


def _former_host(asked: Asked) -> bool:
    return any(former.unit == asked.header.sender_unit for former in asked.thread.former_hosts)


def _superiors(asked: Asked) -> tuple[str, ...]:
    return asked.roster.superiors(asked.thread.home_unit, asked.thread.host_unit)


def _superior(asked: Asked) -> bool:
    sender = asked.header.sender_unit
    return sender in _superiors(asked) or sender == asked.thread.work.national != ""


def _office_of(asked: Asked, unit: str) -> str:
    office = asked.roster.provincial_office(unit) if unit in asked.roster.units else None
    return "" if office is None else office.code


def _host_province(asked: Asked) -> bool:
    return asked.header.sender_unit == _office_of(asked, asked.thread.host_unit)


def _any_province(asked: Asked) -> bool:
    return asked.header.sender_unit in _superiors(asked)


def _own_province(asked: Asked) -> bool:
    to = asked.header.addressees
    return bool(to) and all(_office_of(asked, unit) == asked.header.sender_unit for unit in to)


def _side(asked: Asked) -> bool:
    return asked.header.sender_unit in {asked.thread.home_unit, asked.thread.host_unit}


def _waiting_side(asked: Asked) -> bool:
    return _side(asked) and asked.thread.turn != asked.header.sender_unit


def _late_side(asked: Asked) -> bool:
    sender, thread = asked.header.sender_unit, asked.thread
    if not _side(asked):
        return False
    late = any(unit == sender for _, unit in thread.work.late)
    return late or any(
        clock.unit == sender and asked.today > clock.due.legal and clock.clock not in WINDOWS
        for clock in thread.deadlines
    )


def _drawing_unit(asked: Asked) -> bool:
    return not asked.header.recorded_by_home and asked.header.sender_unit == drawing_unit(asked.thread)


def _sender_node(asked: Asked) -> bool:
    original = asked.header.replaces
    return original is not None and original.sender_unit == asked.header.sender_unit


def _recipient_node(asked: Asked) -> bool:
    return asked.thread.reads_until(asked.header.sender_unit) is not None or _superior(asked)


def _author(asked: Asked) -> bool:
    return asked.header.sender_unit == asked.thread.home_unit


def _other_unit(asked: Asked) -> bool:
    return asked.header.sender_unit == asked.thread.host_unit


PARTIES: Final[Mapping[Party, Callable[[Asked], bool]]] = {
    Party.HOME: _home,
    Party.HOST: _host,
    Party.HOME_NODE: _home,
    Party.HOST_NODE: _host,
    Party.HOME_SUCCESSOR: _home_successor,
    Party.FORMER_HOST: _former_host,
    Party.SUPERIOR: _superior,
    Party.HOST_PROVINCE: _host_province,
    Party.ANY_PROVINCE: _any_province,
    Party.OWN_PROVINCE: _own_province,
    Party.WAITING_SIDE: _waiting_side,
    Party.LATE_SIDE: _late_side,
    Party.DRAWING_UNIT: _drawing_unit,
    Party.SENDER_NODE: _sender_node,
    Party.RECIPIENT_NODE: _recipient_node,
    Party.AUTHOR: _author,
    Party.OTHER_UNIT: _other_unit,
}


def plays(asked: Asked) -> bool:
    """Whether the sender plays one of the parties of the row. NOT checked: that the row is legal in this state."""
    return any(PARTIES[party](asked) for party in asked.row.movers)


def begun(header: Header, roster: RosterView) -> ThreadState:
    """The thread before its first envelope: nobody has written, the envelope says who is who."""
    known = header.sender_unit in roster.units and header.counterpart_unit in roster.units
    return ThreadState(
        thread_id=header.thread_id,
        thread_type=header.thread_type,
        matter=header.matter,
        case_id=header.case_id,
        home_unit=header.sender_unit,
        host_unit=header.counterpart_unit,
        provinces=roster.superiors(header.sender_unit, header.counterpart_unit) if known else (),
    )
