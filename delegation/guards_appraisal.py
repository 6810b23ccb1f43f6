"""Guards of class H of an appraisal: its letter, mode and basis, the examination, the opinion, the conclusion.

Those of the draw and the panel are in `guards_panel`. NOT checked here: what travels sealed (`guards_body_appraisal`).
"""

from dataclasses import replace
from datetime import date
from typing import Final

from delegation.appraisal_facts import MOST_REJUDGES, AppraisalFacts
from delegation.codes import AppraisalKind, AppraisalMode, LegalBasis, Matter
from delegation.declared_appraisal import (
    AppointmentDeclared,
    AttendanceDeclared,
    ConclusionDeclared,
    NotifiedDeclared,
    OpinionDeclared,
    PanelVoidedDeclared,
    TestsDeclared,
)
from delegation.errors import Reason, Refused
from delegation.guards import Answer, Asked, Guards
from delegation.guards_letter import clock_holds
from delegation.limits import Step
from delegation.roster_view import Unit, UnitType
from delegation.thread_changes import letter_of

_NO_FACTS: Final = AppraisalFacts(mode=AppraisalMode.UNSPECIFIED, kind=AppraisalKind.UNSPECIFIED)


def facts_of(asked: Asked) -> AppraisalFacts:
    """The appraisal's facts before the event; empty ones before its letter."""
    return asked.thread.appraisal or _NO_FACTS


# The letter.


def _application_received(asked: Asked) -> Answer:
    """Received, and not after today: the 60 days run from then (条例 Art 25)."""
    header, roster = asked.header, asked.roster
    if header.counterpart_unit not in roster.units or header.sender_unit not in roster.units:
        return False
    letter = letter_of(header, asked.thread.letter, short_time=False)
    home, host = header.sender_unit, header.counterpart_unit
    thread = replace(asked.thread, home_unit=home, host_unit=host, letter=letter)
    return clock_holds(header.clock, thread, asked.today, roster)


def _mode_stated(asked: Asked) -> Answer:
    """Mode and kind are stated. An illness that is no work injury is applied for anew, never reviewed."""
    header = asked.header
    if header.appraisal_mode is AppraisalMode.UNSPECIFIED or header.appraisal_kind is AppraisalKind.UNSPECIFIED:
        return False
    illness = asked.thread.matter is Matter.NON_WORK_ILLNESS
    return not (illness and header.appraisal_kind is AppraisalKind.REVIEW)


def _mode_repeated(asked: Asked) -> Answer:
    """Only a letter says mode and kind; others may leave them out or repeat them."""
    if asked.thread.appraisal is None or "mode_stated" in asked.row.header_guards:
        return True
    header, facts = asked.header, asked.thread.appraisal
    mode = header.appraisal_mode in (AppraisalMode.UNSPECIFIED, facts.mode)
    return mode and header.appraisal_kind in (AppraisalKind.UNSPECIFIED, facts.kind)


def _kind_kept(asked: Asked) -> Answer:
    return asked.header.appraisal_kind is facts_of(asked).kind


def _mode_kept(asked: Asked) -> Answer:
    return asked.header.appraisal_mode is facts_of(asked).mode and asked.header.appraisal_kind is facts_of(asked).kind


def _other_host_or_mode(asked: Asked) -> Answer:
    """T07: what was short there may not be short elsewhere, or in another mode."""
    other = asked.header.counterpart_unit != asked.thread.host_unit
    return other or asked.header.appraisal_mode is not facts_of(asked).mode


def _pair(asked: Asked) -> tuple[Unit | None, Unit | None]:
    units = asked.roster.units
    return units.get(asked.header.sender_unit), units.get(asked.header.counterpart_unit)


def _appraisal_units(asked: Asked) -> Answer:
    """Home and host are committees (条例 Art 24)."""
    return all(unit is not None and unit.type is UnitType.APPRAISAL for unit in _pair(asked))


def _again_by_provinces(asked: Asked) -> Answer:
    """再次鉴定 is the province's and final (条例 Art 26): from one provincial committee to another, to no city."""
    if asked.header.appraisal_kind is not AppraisalKind.AGAIN:
        return True
    if all(unit is not None and unit.region.endswith("0000") for unit in _pair(asked)):
        return True
    return Refused(Reason.GUARD_FAILED, {"guard": "again_by_provinces", "article": "regulation-26"})


def _mode_agreed(asked: Asked) -> Answer:
    """A named agreement holds and covers units, matter and mode; 委托鉴定 has to name one."""
    header, roster = asked.header, asked.roster
    if not header.agreement_id:
        if header.appraisal_mode is AppraisalMode.FULL_ENTRUST:
            return _needs_agreement()
        return True
    agreement = roster.agreement(header.agreement_id, asked.today)
    units = {"home": header.sender_unit, "host": header.counterpart_unit}
    if agreement is None or not roster.agreement_covers(agreement, **units, matter=asked.thread.matter):
        return _needs_agreement()
    return header.appraisal_mode in agreement.modes or _needs_agreement()


def _needs_agreement() -> Refused:
    return Refused(Reason.GUARD_FAILED, {"guard": "mode_agreed", "needs": "agreement-on-matter-and-mode"})


def _appraisal_basis_right(asked: Asked) -> Answer:
    """With an agreement, it or 条例 Art 25; without one, 一案一议, where acceptance is the agreement.

    条例 Art 25 says nothing of an examination by another committee's experts for a conclusion of the home's, so that
    协助现场鉴定 rests on the agreement itself.
    """
    basis = asked.header.legal_basis
    if not asked.header.agreement_id:
        return basis is LegalBasis.SINGLE_CASE
    if asked.header.appraisal_mode is AppraisalMode.ONSITE_ASSIST:
        return basis is LegalBasis.AGREEMENT
    return basis in {LegalBasis.AGREEMENT, LegalBasis.REGULATION_25}


# The examination.


def _appointment_not_past(asked: Asked) -> Answer:
    """Today or later; what was arranged on paper may be recorded later.

    Today too: who is at the host's place already, a home visit, an hour agreed for the same afternoon. That nobody is
    blamed for a day of which they could not know, `absence_counts` sees to.
    """
    declared = asked.header.declared
    if not isinstance(declared, AppointmentDeclared):
        return False
    return asked.header.recorded_by_home or declared.on >= asked.today


def _instead_of_the_last(asked: Asked) -> Answer:
    declared = asked.header.declared
    if not isinstance(declared, AppointmentDeclared) or declared.on == declared.instead_of:
        return False
    return declared.instead_of is not None and declared.instead_of == facts_of(asked).appointed_on


def _day_named(asked: Asked) -> Answer:
    """The notice names the day that stands, and not one on which nobody came."""
    declared, facts = asked.header.declared, facts_of(asked)
    if not isinstance(declared, NotifiedDeclared) or declared.examination_on == facts.missed_on:
        return False
    return declared.examination_on == facts.appointed_on


def _served_before(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, NotifiedDeclared) and declared.served_on <= min(asked.today, declared.examination_on)


def _attended(asked: Asked) -> date | None:
    declared = asked.header.declared
    return declared.on if isinstance(declared, AttendanceDeclared) else None


def _day_appointed(asked: Asked) -> Answer:
    """On the day that was appointed, which is over or today."""
    on = _attended(asked)
    return on is not None and on == facts_of(asked).appointed_on and on <= asked.today


def _missed_once(asked: Asked) -> Answer:
    """One day is missed once."""
    return _attended(asked) != facts_of(asked).missed_on


def _notice_in_time(asked: Asked, on: date) -> bool:
    """Whether a notice of the examination on that day was served so many agreed working days before (five, agreed)."""
    thread, roster = asked.thread, asked.roster
    agreement = thread.letter.agreement_id if thread.letter is not None else ""
    times = roster.times_for(thread.home_unit, thread.host_unit, thread.matter, asked.today, agreement)
    calendar, days = roster.calendar_of(thread.host_unit), times.normal[Step.NOTIFY_WORKER]
    return any(calendar.add_workdays(served, days) <= on for served in facts_of(asked).served_for(on))


def _absence_counts(asked: Asked) -> Answer:
    """An absence counts only where the notice was served early enough; else it is recorded and does not count."""
    declared, facts = asked.header.declared, facts_of(asked)
    if not isinstance(declared, AttendanceDeclared):
        return False
    if declared.absences == facts.absences:
        return True
    return declared.absences == facts.absences + 1 and _notice_in_time(asked, declared.on)


def _absence_recorded(asked: Asked) -> Answer:
    """An absence that counts was recorded (条例 Art 42); whether it was unjustified, or a refusal, the body says."""
    return facts_of(asked).absences >= 1


def _tests_ahead(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, TestsDeclared) and (
        asked.header.recorded_by_home or declared.expected_on >= asked.today
    )


def _ground_recorded(asked: Asked) -> Answer:
    """S04 needs an appointment that moved or was missed, S05 tests that were ordered."""
    facts = facts_of(asked)
    if asked.header.reasons == ("S04",):
        return facts.moved > 0 or facts.missed_on is not None
    return facts.tests_until is not None


# The opinion and the result.


def _opinion_of_the_panel(asked: Asked) -> Answer:
    """The opinion is that of the panel that sits; on paper there is none in the log, and three or five sign."""
    declared, facts = asked.header.declared, facts_of(asked)
    if not isinstance(declared, OpinionDeclared):
        return False
    if not facts.panel:
        return asked.header.recorded_by_home and declared.experts in {3, 5}
    return declared.draw == facts.draw and declared.experts == len(facts.panel)


def _all_signed(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, OpinionDeclared) and declared.signed == declared.experts


def _warnings_answered(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, OpinionDeclared) and not declared.warnings_open


def _opinion_as_formed(asked: Asked) -> Answer:
    """What is reported is what the panel formed; after a request to withdraw, only what it had formed before."""
    declared, facts = asked.header.declared, facts_of(asked)
    if not isinstance(declared, OpinionDeclared) or not facts.opinion_draw:
        return False
    figures = (declared.experts, declared.signed, declared.dissenting, declared.warnings_answered)
    return declared.draw == facts.opinion_draw and figures == facts.opinion


def _opinion_stands(asked: Asked) -> Answer:
    return facts_of(asked).opinion_draw > 0


def _rejudges_left(asked: Asked) -> Answer:
    return facts_of(asked).rejudged < MOST_REJUDGES


def _panel_stands(asked: Asked) -> Answer:
    return bool(facts_of(asked).panel) and facts_of(asked).void_demand is None


def _panel_of_the_draw(asked: Asked) -> Answer:
    declared, facts = asked.header.declared, facts_of(asked)
    return isinstance(declared, PanelVoidedDeclared) and bool(facts.panel) and declared.draw == facts.draw


# Extension and conclusion: the home's.


def _extended_once(asked: Asked) -> Answer:
    return not facts_of(asked).extended


def _term_not_over(asked: Asked) -> Answer:
    """What is over cannot be extended; while the clock stands still nothing is over."""
    statutory = asked.thread.statutory
    return statutory is None or asked.today <= statutory.legal


def _dated(asked: Asked) -> date | None:
    declared = asked.header.declared
    return declared.on if isinstance(declared, ConclusionDeclared) else None


def _dated_until_today(asked: Asked) -> Answer:
    on = _dated(asked)
    return on is not None and on <= asked.today


def _concluded_once(asked: Asked) -> Answer:
    """One conclusion; a mistake in it is CORRECTED. Not before the examination, where the thread knows its day."""
    facts, on = facts_of(asked), _dated(asked)
    if facts.concluded_on is not None or on is None:
        return False
    return facts.examined_on is None or on >= facts.examined_on


def _served_once(asked: Asked) -> Answer:
    facts, on = facts_of(asked), _dated(asked)
    return facts.concluded_on is not None and facts.served_on is None and on is not None and on >= facts.concluded_on


def _reappraisal_new(asked: Asked) -> Answer:
    """After service. That fifteen days are over is told and refuses nothing: the province judges (条例 Art 26)."""
    facts, on = facts_of(asked), _dated(asked)
    if facts.served_on is None or facts.reappraisal_on is not None or on is None:
        return False
    return on >= facts.served_on


def _reappraisal_open(asked: Asked) -> Answer:
    facts, on = facts_of(asked), _dated(asked)
    asked_on = facts.reappraisal_on
    return asked_on is not None and not facts.reappraised and on is not None and on >= asked_on


APPRAISAL_GUARDS: Final[Guards] = {
    "application_received": _application_received,
    "mode_stated": _mode_stated,
    "mode_repeated": _mode_repeated,
    "mode_kept": _mode_kept,
    "kind_kept": _kind_kept,
    "other_host_or_mode": _other_host_or_mode,
    "appraisal_units": _appraisal_units,
    "again_by_provinces": _again_by_provinces,
    "mode_agreed": _mode_agreed,
    "appraisal_basis_right": _appraisal_basis_right,
    "appointment_not_past": _appointment_not_past,
    "instead_of_the_last": _instead_of_the_last,
    "day_named": _day_named,
    "served_before": _served_before,
    "day_appointed": _day_appointed,
    "missed_once": _missed_once,
    "absence_counts": _absence_counts,
    "absence_recorded": _absence_recorded,
    "tests_ahead": _tests_ahead,
    "ground_recorded": _ground_recorded,
    "opinion_of_the_panel": _opinion_of_the_panel,
    "all_signed": _all_signed,
    "warnings_answered": _warnings_answered,
    "opinion_as_formed": _opinion_as_formed,
    "opinion_stands": _opinion_stands,
    "rejudges_left": _rejudges_left,
    "panel_stands": _panel_stands,
    "panel_of_the_draw": _panel_of_the_draw,
    "extended_once": _extended_once,
    "term_not_over": _term_not_over,
    "dated_until_today": _dated_until_today,
    "concluded_once": _concluded_once,
    "served_once": _served_once,
    "reappraisal_new": _reappraisal_new,
    "reappraisal_open": _reappraisal_open,
}
