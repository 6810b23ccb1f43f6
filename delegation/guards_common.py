"""Guards of class H that every row has: shape, leg, counterpart, repeated facts, units, recipients, paper, replies."""

from typing import Final

from delegation.codes import Kind, Matter, ThreadType
from delegation.errors import Reason, Refused
from delegation.guards import Answer, Asked, Guards
from delegation.model import AmendmentDeclared, ClockFacts
from delegation.roster_view import RosterView, Unit, UnitLife
from delegation.table import Audience
from delegation.thread_state import ThreadState

_SETS_CLOCK: Final = frozenset({Kind.ISSUED, Kind.LETTER_CORRECTED, Kind.CLOCK_SUSPENDED, Kind.CLOCK_RESUMED})
_SETS_PLACE: Final = frozenset({Kind.ISSUED, Kind.LETTER_CORRECTED})
# Members of enums are looked up in Python each time, and these guards are asked of every envelope.
_ISSUED: Final = Kind.ISSUED
_DELEGATION: Final = ThreadType.DELEGATION
_UNSPECIFIED: Final = Matter.UNSPECIFIED
_OTHER_SIDE: Final = Audience.OTHER_SIDE


def _declared_fits(asked: Asked) -> Answer:
    declared = asked.header.declared
    return (type(declared).__name__ if declared is not None else "") == asked.row.declares


def _leg_and_round(asked: Asked) -> Answer:
    thread, header = asked.thread, asked.header
    if header.kind is _ISSUED:
        return True  # thread_begins and leg_follows say more
    if asked.row.neutral:
        return header.leg <= thread.leg and header.round <= thread.round and header.hop <= thread.hop
    leg = header.leg == thread.leg
    round_ = header.kind is Kind.SUPPLEMENT_REQUESTED or header.round == thread.round
    return leg and round_ and (header.kind is Kind.TRANSFERRED or header.hop == thread.hop)


def _counterpart_right(asked: Asked) -> Answer:
    thread, header = asked.thread, asked.header
    if header.kind is _ISSUED:
        return header.counterpart_unit != header.sender_unit
    other = thread.other_side(header.sender_unit)
    if other:
        return header.counterpart_unit == other
    return header.counterpart_unit in {thread.home_unit, thread.host_unit}


def _facts_repeated(asked: Asked) -> Answer:
    """What the thread already says may be left out or repeated, never contradicted."""
    thread, header = asked.thread, asked.header
    if header.thread_type is not thread.thread_type or header.case_id not in ("", thread.case_id):
        return False
    if header.matter not in (thread.matter, _UNSPECIFIED):
        return False
    letter = thread.letter
    if letter is None:
        return True
    if header.kind not in _SETS_PLACE:
        if header.task_place is not None and header.task_place != letter.place:
            return False
        if header.agreement_id not in ("", letter.agreement_id):
            return False
    if says_no_clock(header.clock) or header.clock == letter.clock or header.kind in _SETS_CLOCK:
        return True
    return isinstance(header.declared, AmendmentDeclared) and header.declared.subject == "clock"


def says_no_clock(clock: ClockFacts) -> bool:
    """Whether a header leaves the clock facts out, as nearly all do."""
    return not (clock.accepted_on or clock.application_received_on or clock.procedure or clock.suspensions)


def successor_of(code: str, thread: ThreadState, asked: Asked) -> Unit | None:
    """Who stands for a unit of the thread today: itself, unless it was succeeded for this thread's place."""
    unit = asked.roster.units.get(code)
    if unit is None:
        return None
    place = unit.region
    if code == thread.host_unit and thread.letter is not None and thread.letter.place is not None:
        place = thread.letter.place.code
    return asked.roster.successor(code, place=place, on=asked.today)


def not_active(unit: str, successor: Unit | None) -> Refused:
    """UNIT_NOT_ACTIVE with the unit and, where there is one, its successor."""
    details = {"unit": unit}
    if successor is not None and successor.code != unit:
        details["successor"] = successor.code
    return Refused(Reason.UNIT_NOT_ACTIVE, details)


def _units_active(asked: Asked) -> Answer:
    """The sender is a member; nothing is sent to a unit that was succeeded or left, nothing new to one that leaves."""
    header, roster = asked.header, asked.moment.roster
    standing = roster.standing
    if (
        header.sender_unit in standing
        and header.counterpart_unit in standing
        and header.kind is not _ISSUED
        and standing.issuperset(header.addressees)
    ):
        return True  # nearly every envelope: none of what follows could refuse it
    sender = roster.units.get(header.sender_unit)
    if sender is None or not sender.is_member:
        return not_active(header.sender_unit, None)
    counterpart = roster.units.get(header.counterpart_unit)
    if counterpart is None:
        return Refused(Reason.UNIT_NOT_ACTIVE, {"unit": header.counterpart_unit})
    if asked.thread.thread_type is not _DELEGATION:
        return True
    for code in header.addressees:
        unit = roster.units.get(code)
        heir = successor_of(code, asked.thread, asked)
        if unit is None or not unit.is_member or (heir is not None and heir.code != code):
            return not_active(code, heir)
    if header.kind is Kind.ISSUED:
        if sender.life is UnitLife.LEAVING and header.leg == 1:
            return not_active(sender.code, successor_of(sender.code, asked.thread, asked))
        if counterpart.life in {UnitLife.LEAVING, UnitLife.LEFT}:
            return not_active(counterpart.code, successor_of(counterpart.code, asked.thread, asked))
    return True


def _members(units: set[str], roster: RosterView) -> set[str]:
    return units & roster.members


def _recipients_right(asked: Asked) -> Answer:
    """Each row says to whom it is addressed; who is no member gets paper. The sender's own copy is always there."""
    thread, header, roster = asked.thread, asked.header, asked.moment.roster
    units = [recipient.unit for recipient in header.recipients]
    if header.sender_unit not in units:
        return False
    to = set(units)
    to.discard(header.sender_unit)
    if header.recorded_by_home:
        return not to
    home, host = thread.home_unit, header.counterpart_unit if header.kind is _ISSUED else thread.host_unit
    other = thread.other_side(header.sender_unit) or home  # a former host, or the home's successor, writes to the home
    if header.kind is _ISSUED:
        other = host
    if asked.row.audience is _OTHER_SIDE:  # nearly every row: no superiors need be looked up
        if thread.on_paper and header.kind is not _ISSUED:
            return not to
        return to == {other} if other in roster.members else not to
    parties = _members({home, host, *roster.superiors(home, host)}, roster) - {header.sender_unit}
    national = roster.national_office()
    also = set() if national is None else {national.code}
    match asked.row.audience:
        case Audience.OTHER_SIDE_AND_SUPERIORS:
            return to - also == parties - (_on_paper(thread))
        case Audience.PARTIES:
            return to - also == parties - _on_paper(thread) - also
        case Audience.SUPERVISED:
            return len(to) == 1 and to <= {home, host} and all(_office(roster, u) == header.sender_unit for u in to)
        case Audience.SUPERVISOR:
            return len(to) == 1 and to == {_office(roster, header.sender_unit)}
        case Audience.LATE_SIDE:
            wanted = _members({home, host}, roster) - {header.sender_unit} - _on_paper(thread)
            return to <= wanted and (bool(to) or not wanted)
        case Audience.AS_ORIGINAL:
            known = thread.parties | {former.unit for former in thread.former_hosts} | set(thread.former_homes) | also
            return to <= known
        case Audience.SELF:
            return not to
        case Audience.UNITS:
            return bool(to)


def _on_paper(thread: ThreadState) -> set[str]:
    return {thread.host_unit} if thread.on_paper else set()


def _office(roster: RosterView, unit: str) -> str:
    office = roster.provincial_office(unit) if unit in roster.units else None
    return "" if office is None else office.code


def _paper_recorded(asked: Asked) -> Answer:
    """Only the home records paper, only for a host that is no member, with the day that the paper bears."""
    header = asked.header
    if not header.recorded_by_home:
        return True
    allowed = asked.thread.on_paper and asked.sender_is_home
    return allowed and header.paper_on is not None and header.paper_on <= asked.today


def _reply_known(asked: Asked) -> Answer:
    """What is answered was accepted; one that did not arrive yet may still come."""
    reply = asked.header.in_reply_to
    if reply is None:
        return True
    known = asked.is_known(reply)
    if known == "unknown":
        return Refused(Reason.PREDECESSOR_MISSING, {"field": "in_reply_to"})
    return known == "accepted"


COMMON_GUARDS: Final[Guards] = {
    "declared_fits": _declared_fits,
    "leg_and_round": _leg_and_round,
    "counterpart_right": _counterpart_right,
    "facts_repeated": _facts_repeated,
    "units_active": _units_active,
    "recipients_right": _recipients_right,
    "paper_recorded": _paper_recorded,
    "reply_known": _reply_known,
}
