"""Whether the home's statutory time still suffices for what the host has yet to do (法定时限不足). For showing alone.

Agreed times are convention, the statutory one is not (条例 Art 20): where the steps to come, each at its agreed length,
end after the cap, somebody has to be quicker than agreed, or the home decides without the host's answer.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from delegation.clocks import uncapped_due
from delegation.codes import ThreadType
from delegation.deadlines import day_of
from delegation.limits import Step
from delegation.roster_view import RosterView
from delegation.table import State
from delegation.thread_state import ThreadState

_WORK: Final = (Step.SIGN, Step.DECIDE, Step.INVESTIGATE)
# Steps that begin when the one in progress is done.
_TO_COME: Final[Mapping[State, tuple[Step, ...]]] = MappingProxyType({
    State.ISSUED: (Step.DECIDE, Step.INVESTIGATE),
    State.SIGNED_FOR: (Step.INVESTIGATE,),
    State.RETURNED_FOR_CORRECTION: _WORK,
    State.TRANSFERRED: _WORK,
    State.AWAITING_DESIGNATION: (Step.REISSUE, *_WORK),
    State.REFUSED: _WORK,
    State.ACCEPTED: (),
    State.IN_PROGRESS: (),
    State.SUPPLEMENT_REQUESTED: (),
})  # fmt: skip
_EXAMINING: Final = (Step.EXAMINE, Step.FORM_OPINION, Step.REPORT_OPINION)
_APPRAISAL: Final = (Step.SIGN, Step.DECIDE, *_EXAMINING)
# The same of an appraisal: the examination's time runs from acceptance, whatever is drawn and appointed in it.
_TO_COME_OF_APPRAISAL: Final[Mapping[State, tuple[Step, ...]]] = MappingProxyType({
    State.ISSUED: (Step.DECIDE, *_EXAMINING),
    State.SIGNED_FOR: _EXAMINING,
    State.RETURNED_FOR_CORRECTION: _APPRAISAL,
    State.TRANSFERRED: _APPRAISAL,
    State.AWAITING_DESIGNATION: (Step.REISSUE, *_APPRAISAL),
    State.REFUSED: _APPRAISAL,
    State.ACCEPTED: (Step.FORM_OPINION, Step.REPORT_OPINION),
    State.SPECIALTY_SET: (Step.FORM_OPINION, Step.REPORT_OPINION),
    State.DRAW_VOID: (Step.FORM_OPINION, Step.REPORT_OPINION),
    State.PANEL_SHORT: (Step.FORM_OPINION, Step.REPORT_OPINION),
    State.PANEL_DRAWN: (Step.FORM_OPINION, Step.REPORT_OPINION),
    State.SCHEDULED: (Step.FORM_OPINION, Step.REPORT_OPINION),
    State.NOTIFIED: (Step.FORM_OPINION, Step.REPORT_OPINION),
    State.EXAMINED: (Step.REPORT_OPINION,),
    State.OPINION_FORMED: (),
    State.SUPPLEMENT_REQUESTED: (),
})  # fmt: skip
SHORT_STATES: Final = frozenset(_TO_COME) | frozenset(_TO_COME_OF_APPRAISAL)  # in any other nothing is short
# Clocks of the step in progress; answers and hand-overs run beside the work.
_IN_PROGRESS: Final = frozenset({
    "delivery", "sign", "decide", "investigate", "supplement", "correction", "reissue", "designation", "examine",
    "opinion-form", "opinion-report",
})  # fmt: skip
_MOST_DAYS: Final = 400


def short_from(thread: ThreadState, roster: RosterView) -> date | None:
    """The first day on which too little statutory time is left, if nothing happens until then; None for never.

    A day in the past says that it is short now. Never: the host's part is over, the statutory clock stands still or is
    not known, or the thread is none of a delegation. Short from the start: the home confirmed so when it issued.
    Calendars and agreed times are those of `roster`. NOT checked: whether a unit will be quicker than agreed.
    """
    to_come = (_TO_COME if thread.appraisal is None else _TO_COME_OF_APPRAISAL).get(thread.state)
    letter, cap = thread.letter, thread.cap
    if to_come is None or letter is None or cap is None or thread.thread_type is not ThreadType.DELEGATION:
        return None
    began = min((clock.starts_on for clock in thread.open_clocks), default=None)
    if letter.short_time:
        return began or cap.legal
    calendar = roster.calendar_of(thread.host_unit)
    running = [clock for clock in thread.open_clocks if clock.clock in _IN_PROGRESS]
    day = max((clock.starts_on for clock in running), default=None)
    if day is None:
        day = day_of(thread.changed_at) if thread.changed_at is not None else cap.legal
    times = roster.times_for(thread.home_unit, thread.host_unit, thread.matter, day, letter.agreement_id)
    rest = sum(times.days(step, letter.priority) for step in to_come)
    if thread.state is State.ISSUED and any(clock.clock == "delivery" for clock in running):
        rest += times.days(Step.SIGN, letter.priority)
    ends = max((uncapped_due(thread, clock, roster) for clock in running), default=day)
    if rest:
        ends = calendar.add_workdays(ends, rest)
    if ends > cap.legal:
        return day
    # In time if the step in progress ends when it should. From here on every day late is a day too many:
    left, last = 0, cap.legal
    for _ in range(_MOST_DAYS):
        if left >= rest:
            break
        left += calendar.is_workday(last)
        last -= timedelta(days=1)
    return last + timedelta(days=1)
