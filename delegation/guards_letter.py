"""Guards of class H of the letter: what makes a delegation legal, who is competent, and the next leg."""

from dataclasses import replace
from datetime import date
from typing import Final

from delegation.clocks import statutory_of, time_is_short
from delegation.codes import Kind, LegalBasis, Matter, PlaceCertainty, PlaceRole, Priority, Procedure
from delegation.deadlines import DeadlineError
from delegation.digits import DigitError, parse_delegation_number
from delegation.errors import Reason, Refused
from delegation.guards import Answer, Asked, Guards
from delegation.guards_common import successor_of
from delegation.limits import LimitError
from delegation.model import ClockFacts, LetterDeclared
from delegation.roster_view import RosterView, UnitType
from delegation.thread_changes import letter_of
from delegation.thread_state import ThreadState

_GROUNDS: Final = frozenset({"S01", "S02", "S03"})
_GROUNDS_OF_APPRAISAL: Final = frozenset({"S04", "S05"})


def _thread_begins(asked: Asked) -> Answer:
    """A first letter, under a number of its own region: else one bureau could take another's numbers (protocol 3.7)."""
    header = asked.header
    first = (header.leg, header.round, header.hop) == (1, 1, 0)
    if not first or header.base.sequence or header.predecessor is not None or header.recorded_by_home:
        return False
    unit = asked.roster.units.get(header.sender_unit)
    try:
        return unit is not None and parse_delegation_number(header.thread_id).home_region == unit.region
    except DigitError:
        return False


def _leg_follows(asked: Asked) -> Answer:
    """The next leg keeps the hops, starts at round 1 and carries the clock facts as they stand."""
    header, thread = asked.header, asked.thread
    if header.recorded_by_home or thread.letter is None or header.clock != thread.letter.clock:
        return False
    return (header.leg, header.round, header.hop) == (thread.leg + 1, 1, thread.hop)


def _letter_counts(asked: Asked) -> Answer:
    letter = asked.header.declared
    if not isinstance(letter, LetterDeclared) or not 1 <= letter.mandatory_items <= letter.items:
        return False
    return bool(letter.changed_subjects) == (asked.header.kind is Kind.LETTER_CORRECTED)


def clock_holds(clock: ClockFacts, thread: ThreadState, today: date, roster: RosterView) -> bool:
    """Whether clock facts are complete, not in the future and free of contradiction (办法 Art 14; 条例 Art 20, 25).

    A recognition runs from its acceptance by its procedure, an appraisal from the receipt of the application.
    """
    start, other, grounds = clock.accepted_on, clock.application_received_on, _GROUNDS
    if thread.matter is not Matter.INVESTIGATION:
        start, other, grounds = other, start, _GROUNDS_OF_APPRAISAL
        if clock.procedure is not Procedure.UNSPECIFIED:
            return False
    if start is None or start > today or other is not None:
        return False
    for suspension in clock.suspensions:
        ends = suspension.resumed_on
        if suspension.ground not in grounds or suspension.effective_on > today or (ends is not None and ends > today):
            return False
    if thread.letter is None:
        return False
    try:
        statutory_of(replace(thread, letter=replace(thread.letter, clock=clock)), roster)
    except (DeadlineError, LimitError):
        return False
    return True


def _with_letter(asked: Asked) -> ThreadState:
    """The thread as it would be with this letter."""
    header = asked.header
    return replace(
        asked.thread,
        home_unit=header.sender_unit,
        host_unit=header.counterpart_unit,
        letter=letter_of(header, asked.thread.letter, short_time=False),
    )


def _accepted_before(asked: Asked) -> Answer:
    """Nothing is delegated before 受理 (办法 Art 14)."""
    if asked.header.counterpart_unit not in asked.roster.units or asked.header.sender_unit not in asked.roster.units:
        return False
    return clock_holds(asked.header.clock, _with_letter(asked), asked.today, asked.roster)


def _procedure_stated(asked: Asked) -> Answer:
    return asked.header.clock.procedure in {Procedure.ORDINARY, Procedure.SIMPLE}


def _place_stated(asked: Asked) -> Answer:
    place = asked.header.task_place
    if place is None or place.role is PlaceRole.UNSPECIFIED:
        return False
    if place.certainty is PlaceCertainty.DEFINITE:
        return not place.other_candidates
    return place.certainty is PlaceCertainty.UNCERTAIN and 1 <= len(place.other_candidates) <= 2


def _priority_stated(asked: Asked) -> Answer:
    return asked.header.priority is not Priority.UNSPECIFIED


def _right_types(asked: Asked) -> Answer:
    """Home and host are units that recognise injuries (条例 Art 5)."""
    units = asked.roster.units
    pair = (units.get(asked.header.sender_unit), units.get(asked.header.counterpart_unit))
    return all(unit is not None and unit.type is UnitType.RECOGNITION for unit in pair)


def _legal_basis_right(asked: Asked) -> Answer:
    """同统筹地区协查 within one pooling area, else 办法 Art 14, or a standing agreement (条例 Art 11)."""
    header = asked.header
    if header.legal_basis is LegalBasis.AGREEMENT:
        return bool(header.agreement_id)
    home, host = asked.roster.units.get(header.sender_unit), asked.roster.units.get(header.counterpart_unit)
    if home is None or host is None:
        return False
    same = bool(home.pooling_area) and home.pooling_area == host.pooling_area
    return header.legal_basis is (LegalBasis.SAME_POOLING_AREA if same else LegalBasis.RECOGNITION_RULES_14)


def _agreement_holds(asked: Asked) -> Answer:
    header, roster = asked.header, asked.roster
    if not header.agreement_id:
        return True
    agreement = roster.agreement(header.agreement_id, asked.today)
    if agreement is None:
        return False
    pair = {"home": header.sender_unit, "host": header.counterpart_unit}
    return roster.agreement_covers(agreement, **pair, matter=asked.thread.matter)


def _time_left_confirmed(asked: Asked) -> Answer:
    """With fewer than five working days left to the cap the home confirms; a later leg keeps the cap of the first."""
    letter = asked.header.declared
    if asked.thread.letter is not None or not isinstance(letter, LetterDeclared) or letter.short_time_confirmed:
        return True
    return not time_is_short(_with_letter(asked), asked.moment)


def _competent_unit(asked: Asked) -> Answer:
    """The unit addressed is competent for a candidate place today; else the answer names who is."""
    place = asked.header.task_place
    if place is None:
        return False
    competent = asked.roster.competent_units(place, asked.thread.matter, asked.today)
    if any(unit.code == asked.header.counterpart_unit for unit in competent):
        return True
    details = {"competent_unit": competent[0].code} if competent else {}
    return Refused(Reason.WRONG_PLACE, details)


def _transfer_target(asked: Asked) -> Answer:
    """To the unit that the host named in its own bureau, else to whoever the roster says is competent."""
    header, work = asked.header, asked.thread.work
    if header.reasons != (work.transfer_reason,):
        return False
    if work.transfer_reason == "T02":
        return header.counterpart_unit == work.transferred_to
    return _competent_unit(asked)


def _other_unit(asked: Asked) -> Answer:
    return asked.header.counterpart_unit != asked.thread.host_unit


def _as_designated(asked: Asked) -> Answer:
    designated = asked.thread.work.designated
    return bool(designated) and asked.header.counterpart_unit == designated


def _superiors_silent(asked: Asked) -> Answer:
    """Nobody named a unit, and whoever was still to answer let its day pass; then the home chooses, with its reason."""
    if asked.thread.work.designated:
        return False
    waiting = [clock for clock in asked.thread.open_clocks if clock.clock == "designation"]
    return all(asked.today > clock.due.legal for clock in waiting)


def _succession_true(asked: Asked) -> Answer:
    """The roster says that the host was succeeded by the unit addressed, or the home by the sender."""
    thread, header = asked.thread, asked.header
    host = successor_of(thread.host_unit, thread, asked)
    home = successor_of(thread.home_unit, thread, asked)
    if host is None or home is None or header.counterpart_unit != host.code or header.sender_unit != home.code:
        return False
    return host.code != thread.host_unit or home.code != thread.home_unit


def _host_joined(asked: Asked) -> Answer:
    """The host got paper so far and is a member now."""
    thread = asked.thread
    unit = asked.roster.units.get(thread.host_unit)
    return thread.on_paper and asked.header.counterpart_unit == thread.host_unit and unit is not None and unit.is_member


def _same_host(asked: Asked) -> Answer:
    """A corrected letter goes to the same host, keeps the suspensions, and a new place must still be the host's."""
    header, letter = asked.header, asked.thread.letter
    if letter is None or header.counterpart_unit != asked.thread.host_unit:
        return False
    if header.clock.suspensions != letter.clock.suspensions:
        return False
    if header.task_place == letter.place:
        return True
    declared = header.declared
    told = isinstance(declared, LetterDeclared) and "place" in declared.changed_subjects
    return _competent_unit(asked) if told else False


LETTER_GUARDS: Final[Guards] = {
    "thread_begins": _thread_begins,
    "leg_follows": _leg_follows,
    "letter_counts": _letter_counts,
    "accepted_before": _accepted_before,
    "procedure_stated": _procedure_stated,
    "place_stated": _place_stated,
    "priority_stated": _priority_stated,
    "right_types": _right_types,
    "legal_basis_right": _legal_basis_right,
    "agreement_holds": _agreement_holds,
    "time_left_confirmed": _time_left_confirmed,
    "competent_unit": _competent_unit,
    "transfer_target": _transfer_target,
    "other_unit": _other_unit,
    "as_designated": _as_designated,
    "superiors_silent": _superiors_silent,
    "succession_true": _succession_true,
    "host_joined": _host_joined,
    "same_host": _same_host,
}
