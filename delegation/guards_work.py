"""Guards of class H of the course of work: decisions, extensions, pauses, results, rounds, ends, silence."""

from typing import Final

from delegation.codes import Kind, Matter
from delegation.guards import Answer, Asked, Guards
from delegation.limits import Step
from delegation.model import (
    AssignmentDeclared,
    CompetenceDeclared,
    ExtensionDeclared,
    ResultDeclared,
    ReturnDeclared,
    SupplementDeclared,
)
from delegation.roster_view import UnitLife, UnitType
from delegation.thread_state import OpenClock

MOST_HOPS: Final = 2
MOST_ROUNDS: Final = 3
_DISPUTABLE: Final = frozenset({"R01", "R02", "R10"})
_OF_THE_HOST: Final = frozenset({
    "delivery", "sign", "decide", "assign", "investigate", "supplement", "specialties", "draw-commit", "draw-reveal",
    "draw-panel", "schedule", "examine", "experts-propose", "experts-confirm", "panel-short", "recusal",
})  # fmt: skip


def _named(asked: Asked) -> str:
    declared = asked.header.declared
    return declared.unit if isinstance(declared, CompetenceDeclared) else ""


def _unit_named(asked: Asked) -> Answer:
    """A unit of the matter's type, of the roster, not gone, not the home; a transfer names another than itself."""
    unit = asked.roster.units.get(_named(asked))
    wanted = UnitType.RECOGNITION if asked.thread.matter is Matter.INVESTIGATION else UnitType.APPRAISAL
    if unit is None or unit.type is not wanted or unit.life is UnitLife.LEFT:
        return False
    if asked.header.kind is Kind.TRANSFERRED and unit.code == asked.thread.host_unit:
        return False
    return unit.code != asked.thread.home_unit


def _unit_named_or_none(asked: Asked) -> Answer:
    return not _named(asked) or _named(asked) in asked.roster.units


def _within_bureau(asked: Asked) -> bool:
    """T02: a hand-over between units of one bureau is not a hop."""
    return asked.header.reasons == ("T02",)


def _hop_counts(asked: Asked) -> Answer:
    thread, header = asked.thread, asked.header
    if not _within_bureau(asked):
        return header.hop == thread.hop + 1 and len(header.reasons) == 1
    units = asked.roster.units
    host, other = units.get(thread.host_unit), units.get(_named(asked))
    same = host is not None and other is not None and bool(host.bureau) and host.bureau == other.bureau
    return same and header.hop == thread.hop


def _hops_left(asked: Asked) -> Answer:
    return _within_bureau(asked) or asked.header.hop <= MOST_HOPS


def _hops_spent(asked: Asked) -> Answer:
    return not _within_bureau(asked) and asked.header.hop > MOST_HOPS


def _refusal_disputable(asked: Asked) -> Answer:
    reasons = asked.thread.work.refusal_reasons
    return not reasons or bool(_DISPUTABLE & set(reasons))


def _designation_open(asked: Asked) -> Answer:
    return not asked.thread.work.designated


def _designation_timely(asked: Asked) -> Answer:
    """The national office speaks when the provinces differ, are silent, or are not enrolled."""
    thread, roster = asked.thread, asked.roster
    superiors = roster.superiors(thread.home_unit, thread.host_unit)
    if asked.header.sender_unit in superiors:
        return True
    said = dict(thread.work.votes)
    for province in superiors:
        clock = thread.clock("designation", unit=province)
        if province not in said and clock is not None and asked.today <= clock.due.legal:
            return False
    return True


def _host_overdue(asked: Asked) -> Answer:
    """A clock of the host's own work ran out: nothing is taken from a host that is in time."""
    return any(
        clock.clock in _OF_THE_HOST and clock.unit == asked.thread.host_unit and asked.today > clock.due.legal
        for clock in asked.thread.deadlines
    )


def _supervision_unanswered(asked: Asked) -> Answer:
    return any(
        clock.clock == "supervise"
        and clock.unit == asked.thread.host_unit
        and clock.started_by.sender_unit == asked.header.sender_unit
        and asked.today > clock.due.legal
        for clock in asked.thread.open_clocks
    )


def _unit_of_own_province(asked: Asked) -> Answer:
    named = _named(asked)
    if named not in asked.roster.units or named == asked.thread.host_unit:
        return False
    office = asked.roster.provincial_office(named)
    return office is not None and office.code == asked.header.sender_unit


def _defects_listed(asked: Asked) -> Answer:
    declared = asked.header.declared
    if not isinstance(declared, ReturnDeclared) or not declared.defects:
        return False
    if len(set(declared.defects)) != len(declared.defects):
        return False
    return {defect.code for defect in declared.defects} == set(asked.header.reasons)


def _defects_only_new(asked: Asked) -> Answer:
    """One-off notice: a later return names what the correction changed, or what was listed and not mended."""
    thread, declared = asked.thread, asked.header.declared
    if not thread.work.returns or not isinstance(declared, ReturnDeclared) or thread.letter is None:
        return True
    allowed = {subject for _, subject in thread.work.returned} | set(thread.letter.changed_subjects)
    return all(defect.subject in allowed for defect in declared.defects)


def _investigators_two(asked: Asked) -> Answer:
    """At least two with credentials, none with a conflict (办法 Art 10, 16); one of them is the host's own."""
    declared = asked.header.declared
    if not isinstance(declared, AssignmentDeclared):
        return False
    return declared.investigators >= 2 and not declared.conflicts and declared.from_elsewhere < declared.investigators


def _work_clock(asked: Asked) -> OpenClock | None:
    for name in ("investigate", "supplement", "examine", "opinion-form", "experts-propose"):
        found = asked.thread.clock(name)
        if found is not None:
            return found
    return None


def _most_extension(asked: Asked) -> int:
    thread = asked.thread
    agreement = thread.letter.agreement_id if thread.letter is not None else ""
    times = asked.roster.times_for(thread.home_unit, thread.host_unit, thread.matter, asked.today, agreement)
    return times.normal[Step.EXTENSION]


def _extension_days(asked: Asked) -> int:
    declared = asked.header.declared
    return declared.working_days if isinstance(declared, ExtensionDeclared) else 0


def _extension_first(asked: Asked) -> Answer:
    work = asked.thread.work
    first = not work.extension_asked and work.extension_round != asked.thread.round
    return first and 1 <= _extension_days(asked) <= _most_extension(asked)


def _before_expiry(asked: Asked) -> Answer:
    clock = _work_clock(asked)
    return clock is not None and (clock.paused_on is not None or asked.today <= clock.due.legal)


def _extension_open(asked: Asked) -> Answer:
    return bool(asked.thread.work.extension_asked) and asked.replies_to(asked.thread.work.extension_request)


def _extension_length(asked: Asked) -> Answer:
    return 1 <= _extension_days(asked) <= _most_extension(asked)


def _days_as_asked(asked: Asked) -> Answer:
    return _extension_days(asked) == asked.thread.work.extension_asked


def _silence_over(asked: Asked) -> Answer:
    """The clock that the named envelope started ran out unanswered; the day itself still belongs to the other side."""
    reply = asked.header.in_reply_to
    return reply is not None and any(
        clock.clock == asked.row.silence
        and clock.unit != asked.acting_unit
        and clock.started_by.header_digest == reply.header_digest
        and asked.today > clock.due.legal
        for clock in asked.thread.open_clocks
    )


def _check_long_over(asked: Asked) -> Answer:
    """The check is ten working days late; where the result never reached the home, counted from when it should have."""
    thread, roster = asked.thread, asked.roster
    if not asked.replies_to(thread.work.reported_by):
        return False
    check, delivery = thread.clock("check"), thread.clock("delivery", unit=thread.home_unit)
    agreement = thread.letter.agreement_id if thread.letter is not None else ""
    times = roster.times_for(thread.home_unit, thread.host_unit, thread.matter, asked.today, agreement)
    calendar = roster.calendar_of(thread.host_unit)
    if check is not None:
        due = check.due.legal
    elif delivery is not None:
        due = calendar.add_workdays(delivery.due.legal, times.normal[Step.CHECK])
    else:
        return False
    return asked.today > calendar.add_workdays(due, times.normal[Step.SILENCE])


def _not_paused(asked: Asked) -> Answer:
    return not asked.thread.paused


def _is_paused(asked: Asked) -> Answer:
    """The home may end any pause; the host its own, and one ordered for a suspension that is over."""
    thread = asked.thread
    if not thread.paused:
        return False
    return asked.acting_unit == thread.home_unit or thread.work.pause_reason != "H05" or asked.suspension_open is None


def _clock_suspended(asked: Asked) -> Answer:
    return asked.suspension_open is not None


def _clock_running(asked: Asked) -> Answer:
    return asked.suspension_open is None


def _result_counts(asked: Asked) -> Answer:
    """Every item of the round is answered; in round 1 the letter says how many are mandatory."""
    declared, letter = asked.header.declared, asked.thread.letter
    if not isinstance(declared, ResultDeclared) or letter is None:
        return False
    total = declared.found + declared.partly_found + declared.not_found
    if declared.mandatory_answered > min(declared.mandatory_items, declared.found + declared.partly_found):
        return False
    if asked.thread.round == 1:
        return total == letter.items and declared.mandatory_items == letter.mandatory_items
    return total == asked.thread.work.supplement_items and declared.mandatory_items <= total


def _something_found(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, ResultDeclared) and declared.found + declared.partly_found >= 1


def _nothing_found(asked: Asked) -> Answer:
    """UNABLE only when no mandatory item is answered."""
    declared = asked.header.declared
    return isinstance(declared, ResultDeclared) and not declared.mandatory_answered


def _checks_closed(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, ResultDeclared) and not declared.checks_open


def _nothing_new_later(asked: Asked) -> Answer:
    """U07, nothing new, is a reason of rounds 2 and 3 alone."""
    return asked.thread.round > 1 or "U07" not in asked.header.reasons


def _round_follows(asked: Asked) -> Answer:
    return asked.header.round == asked.thread.round + 1 <= MOST_ROUNDS


def _supplement_counts(asked: Asked) -> Answer:
    declared, letter = asked.header.declared, asked.thread.letter
    return isinstance(declared, SupplementDeclared) and letter is not None and 1 <= declared.items <= letter.items


def _not_archived_yet(asked: Asked) -> Answer:
    return asked.acting_unit not in asked.thread.archived_by


WORK_GUARDS: Final[Guards] = {
    "unit_named": _unit_named,
    "unit_named_or_none": _unit_named_or_none,
    "hop_counts": _hop_counts,
    "hops_left": _hops_left,
    "hops_spent": _hops_spent,
    "refusal_disputable": _refusal_disputable,
    "designation_open": _designation_open,
    "designation_timely": _designation_timely,
    "host_overdue": _host_overdue,
    "supervision_unanswered": _supervision_unanswered,
    "unit_of_own_province": _unit_of_own_province,
    "defects_listed": _defects_listed,
    "defects_only_new": _defects_only_new,
    "investigators_two": _investigators_two,
    "extension_first": _extension_first,
    "before_expiry": _before_expiry,
    "extension_open": _extension_open,
    "extension_length": _extension_length,
    "days_as_asked": _days_as_asked,
    "silence_over": _silence_over,
    "check_long_over": _check_long_over,
    "not_paused": _not_paused,
    "is_paused": _is_paused,
    "clock_suspended": _clock_suspended,
    "clock_running": _clock_running,
    "result_counts": _result_counts,
    "something_found": _something_found,
    "nothing_found": _nothing_found,
    "checks_closed": _checks_closed,
    "nothing_new_later": _nothing_new_later,
    "round_follows": _round_follows,
    "supplement_counts": _supplement_counts,
    "not_archived_yet": _not_archived_yet,
}
