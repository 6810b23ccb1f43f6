"""What rows of an appraisal do to its facts; `Row.change` names one of these. None of them checks: the guards did."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from delegation.appraisal_facts import MOST_KEPT, MOST_NOTICES, AppraisalFacts, Replaced, VoidDraw, VoidPanel
from delegation.clocks import answered, started, stopped_for
from delegation.codes import AppraisalKind, AppraisalMode, Kind
from delegation.declared_appraisal import (
    AppointmentDeclared,
    AttendanceDeclared,
    ConclusionDeclared,
    DrawCommittedDeclared,
    DrawRevealedDeclared,
    DrawVoidedDeclared,
    ExpertsDeclared,
    NotifiedDeclared,
    OpinionDeclared,
    PanelDeclared,
    RecusalDeclared,
    ReplacementDeclared,
    StrataDeclared,
    TestsDeclared,
)
from delegation.guards import Asked
from delegation.table import BusinessStatus, State
from delegation.thread_state import ThreadState
from delegation.values import replaced

Change: TypeAlias = Callable[[Asked, ThreadState], ThreadState]
# What staff see once a pause is over: the state's own status.
_STATUS: Final[Mapping[State, BusinessStatus]] = {
    State.ACCEPTED: BusinessStatus.ACCEPTED_TO_APPRAISE,
    State.SUPPLEMENT_REQUESTED: BusinessStatus.MORE_ASKED,
}


def facts_before(thread: ThreadState) -> AppraisalFacts:
    """The facts as they are; empty ones where a thread has none yet."""
    if thread.appraisal is not None:
        return thread.appraisal
    return AppraisalFacts(mode=AppraisalMode.UNSPECIFIED, kind=AppraisalKind.UNSPECIFIED)


def _with(thread: ThreadState, **changes: object) -> ThreadState:
    return replaced(thread, appraisal=replaced(facts_before(thread), **changes))


def with_letter(asked: Asked, thread: ThreadState) -> ThreadState:
    """Mode and kind as the letter says."""
    return _with(thread, mode=asked.header.appraisal_mode, kind=asked.header.appraisal_kind)


def with_next_leg(asked: Asked, thread: ThreadState) -> ThreadState:
    """Begins anew but for the number of the draw, what was void, and what the home did with its own term."""
    before, header = facts_before(thread), asked.header
    why = header.reasons[0] if header.reasons else ""
    void = before.void_draws if before.draw_over else _voided(before, why, "")
    facts = AppraisalFacts(
        mode=header.appraisal_mode,
        kind=header.appraisal_kind,
        draw=before.draw,
        void_draws=void,
        void_panels=before.void_panels,
        defaults=before.defaults,
        extended=before.extended,
    )
    return replaced(thread, appraisal=facts)


def _voided(facts: AppraisalFacts, why: str, unit: str) -> tuple[VoidDraw, ...]:
    return (*facts.void_draws, VoidDraw(facts.draw, why, unit))[-MOST_KEPT:]


def appraisal_unpaused(asked: Asked, thread: ThreadState) -> ThreadState:  # noqa: ARG001 - one signature for all
    """The status is the state's own again; what else ends a pause, the investigation's change did."""
    return replaced(thread, business_status=_status_of(thread))


def _status_of(thread: ThreadState) -> BusinessStatus:
    """The state's own, and of a draw how far both sides have come."""
    facts = facts_before(thread)
    if thread.state is State.SPECIALTY_SET and len(facts.reveals) > 1:
        return BusinessStatus.DRAW_REVEALED
    if thread.state is State.SPECIALTY_SET and len(facts.commitments) > 1:
        return BusinessStatus.DRAW_COMMITTED
    return status_after_pause(thread.state)


def _goes_on(thread: ThreadState) -> ThreadState:
    """A draw goes on by itself during a pause, which staff still see."""
    if thread.business_status is BusinessStatus.PAUSED:
        return thread
    return replaced(thread, business_status=_status_of(thread))


def status_after_pause(state: State) -> BusinessStatus:
    """What staff see of an appraisal that goes on in this state."""
    return _STATUS.get(state) or BusinessStatus(state.value)


def _specialty_determined(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    if not isinstance(declared, StrataDeclared):
        return thread
    return _with(
        thread,
        draw=declared.draw,
        strata=declared.strata,
        pool_version=declared.pool_version,
        eligible_root=declared.eligible_root,
        commitments=(),
        reveals=(),
        log_size=0,
        log_root=b"",
        picks=(),
        panel=(),
        replaced=(),
        recusals=(),
        replacements_due=0,
    )


def _panel_short(asked: Asked, thread: ThreadState) -> ThreadState:
    """The number is spent, with its reason; what was appointed falls."""
    declared = asked.header.declared
    draw = declared.draw if isinstance(declared, StrataDeclared) else facts_before(thread).draw
    facts = replaced(facts_before(thread), draw=draw)
    return replaced(
        thread,
        appraisal=replaced(
            facts,
            void_draws=_voided(facts, "PANEL_SHORT", ""),
            picks=(),
            panel=(),
            recusals=(),
            replacements_due=0,
            appointed_on=None,
        ),
    )


def _draw_committed(asked: Asked, thread: ThreadState) -> ThreadState:
    """Once both stand, both have their day to show the secret."""
    declared, header = asked.header.declared, asked.header
    if not isinstance(declared, DrawCommittedDeclared):
        return thread
    thread = stopped_for(thread, "draw-commit", header.sender_unit, asked.today)
    facts = facts_before(thread)
    commitments = (*facts.commitments, (header.sender_unit, declared.commitment))
    thread = _with(thread, commitments=commitments)
    if len(commitments) < 2:
        return thread
    for unit in (thread.home_unit, thread.host_unit):
        thread = started(
            thread, "draw-reveal", unit, header.ref, day=asked.today, at=asked.at, roster=asked.roster
        )  # fmt: skip
    return _goes_on(thread)


def _draw_revealed(asked: Asked, thread: ThreadState) -> ThreadState:
    """Once both are shown, whoever draws has its day. One shown by an office counts against its unit."""
    declared, header = asked.header.declared, asked.header
    if not isinstance(declared, DrawRevealedDeclared):
        return thread
    thread = stopped_for(thread, "draw-reveal", declared.unit, asked.today)
    facts = facts_before(thread)
    defaults = facts.defaults
    if header.kind is Kind.DRAW_REVEALED_FOR:
        defaults = _one_more(defaults, declared.unit)
    reveals = (*facts.reveals, (declared.unit, declared.secret))
    thread = _with(thread, reveals=reveals, defaults=defaults)
    if len(reveals) < 2:
        return thread
    draws = thread.home_unit if facts.home_draws else thread.host_unit
    thread = started(
        thread, "draw-panel", draws, header.ref, day=asked.today, at=asked.at, roster=asked.roster
    )  # fmt: skip
    return _goes_on(thread)


def _one_more(counts: tuple[tuple[str, int], ...], unit: str) -> tuple[tuple[str, int], ...]:
    found = dict(counts)
    found[unit] = found.get(unit, 0) + 1
    return tuple(sorted(found.items()))


def _draw_voided(asked: Asked, thread: ThreadState) -> ThreadState:
    declared, facts = asked.header.declared, facts_before(thread)
    unit = declared.unit if isinstance(declared, DrawVoidedDeclared) else ""
    why = asked.header.reasons[0] if asked.header.reasons else ""
    defaults = _one_more(facts.defaults, unit) if unit else facts.defaults
    return _with(thread, void_draws=_voided(facts, why, unit), defaults=defaults)


def _panel_drawn(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    if not isinstance(declared, PanelDeclared):
        return thread
    panel = tuple((index, seat) for index, drawn in enumerate(declared.picks) for seat in drawn.seats)
    return _with(
        thread, log_size=declared.log_size, log_root=declared.log_root, picks=declared.picks, panel=panel
    )  # fmt: skip


def _panel_replaced(asked: Asked, thread: ThreadState) -> ThreadState:
    declared, facts = asked.header.declared, facts_before(thread)
    if not isinstance(declared, ReplacementDeclared):
        return thread
    leaves, enters = (declared.stratum, declared.leaves), (declared.stratum, declared.enters)
    panel = tuple(enters if seat == leaves else seat for seat in facts.panel)
    passed = (*facts.replaced, Replaced(declared.stratum, declared.leaves, declared.enters))
    objected = bool(facts.recusals) or facts.replacements_due > 0
    return _with(thread, panel=panel, replaced=passed, replacements_due=facts.replacements_due - objected)


def _recusal_raised(asked: Asked, thread: ThreadState) -> ThreadState:
    return _with(thread, recusals=(*facts_before(thread).recusals, asked.header.ref))


def _recusal_answered(asked: Asked, thread: ThreadState) -> ThreadState:
    """What was replaced before its objection was answered counts for it; no such credit outlives the last answer."""
    header, facts = asked.header, facts_before(thread)
    reply = header.in_reply_to
    if reply is None:
        return thread
    thread = answered(
        thread, unit=header.sender_unit, started_by=reply.header_digest, names={"recusal"}, today=asked.today
    )
    waiting = tuple(ref for ref in facts.recusals if ref.header_digest != reply.header_digest)
    due = facts.replacements_due + (isinstance(header.declared, RecusalDeclared) and header.declared.upheld)
    return _with(thread, recusals=waiting, replacements_due=due if waiting else max(due, 0))


def _panel_voided(asked: Asked, thread: ThreadState) -> ThreadState:  # noqa: ARG001 - one signature for all
    """Its members are never drawn again in this case; what they did stays in the log."""
    facts = facts_before(thread)
    sitting = VoidPanel(facts.draw, facts.eligible_root, facts.panel)
    void_panels = (*facts.void_panels, sitting)[-MOST_KEPT:]
    return _with(
        replaced(thread, paused=False, work=replaced(thread.work, reported_by=None)),
        void_draws=_voided(facts, "K05", ""),
        void_panels=void_panels,
        picks=(),
        panel=(),
        recusals=(),
        replacements_due=0,
        void_demand=None,
        appointed_on=None,
        examined_on=None,
        tests_until=None,
        opinion_draw=0,
        opinion=(0, 0, 0, 0),
        rejudged=0,
    )


def _void_demanded(asked: Asked, thread: ThreadState) -> ThreadState:
    return _with(thread, void_demand=asked.header.ref)


def _experts_proposed(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    return _with(thread, proposed=declared.experts if isinstance(declared, ExpertsDeclared) else 0)


def _experts_admitted(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    return _with(thread, admitted=declared.experts if isinstance(declared, ExpertsDeclared) else 0)


def _scheduled(asked: Asked, thread: ThreadState) -> ThreadState:
    declared, facts = asked.header.declared, facts_before(thread)
    if not isinstance(declared, AppointmentDeclared):
        return thread
    return _with(thread, appointed_on=declared.on, moved=facts.moved + (declared.instead_of is not None))


def _notified(asked: Asked, thread: ThreadState) -> ThreadState:
    declared, facts = asked.header.declared, facts_before(thread)
    if not isinstance(declared, NotifiedDeclared):
        return thread
    notice = (declared.served_on, declared.examination_on)
    return _with(thread, notices=(*facts.notices, notice)[-MOST_NOTICES:])


def _no_show(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    if not isinstance(declared, AttendanceDeclared):
        return thread
    return _with(thread, absences=declared.absences, missed_on=declared.on)


def _examined(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    return _with(thread, examined_on=declared.on if isinstance(declared, AttendanceDeclared) else None)


def _extra_tests(asked: Asked, thread: ThreadState) -> ThreadState:
    """The panel's agreed time runs from the day on which results are expected, never past the cap."""
    declared, header = asked.header.declared, asked.header
    if not isinstance(declared, TestsDeclared):
        return thread
    thread = stopped_for(thread, "opinion-form", thread.host_unit, asked.today)
    thread = started(
        thread, "opinion-form", thread.host_unit, header.ref, day=declared.expected_on, at=asked.at, roster=asked.roster
    )
    return _with(thread, tests_until=declared.expected_on)


def _opinion_formed(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    if not isinstance(declared, OpinionDeclared):
        return thread
    figures = (declared.experts, declared.signed, declared.dissenting, declared.warnings_answered)
    return _with(thread, opinion_draw=declared.draw, opinion=figures)


def _rejudge(asked: Asked, thread: ThreadState) -> ThreadState:  # noqa: ARG001 - one signature for all
    """The same panel judges again; its opinion no longer stands, and so nothing is reported."""
    facts = facts_before(thread)
    thread = replaced(thread, work=replaced(thread.work, reported_by=None))
    return _with(thread, rejudged=facts.rejudged + 1, opinion_draw=0, opinion=(0, 0, 0, 0))


def appraisal_supplement(asked: Asked, thread: ThreadState) -> ThreadState:  # noqa: ARG001 - one signature for all
    """What is added leads to an opinion of its own."""
    return _with(thread, opinion_draw=0, opinion=(0, 0, 0, 0))


def _appraisal_extended(asked: Asked, thread: ThreadState) -> ThreadState:  # noqa: ARG001 - one signature for all
    return _with(thread, extended=True)


def _conclusion_issued(asked: Asked, thread: ThreadState) -> ThreadState:
    """By the law in force on its day, so long the home has to serve it."""
    declared, header = asked.header.declared, asked.header
    if not isinstance(declared, ConclusionDeclared):
        return thread
    thread = started(
        thread, "serve-conclusion", thread.home_unit, header.ref,
        day=declared.on, at=asked.at, roster=asked.roster,
    )  # fmt: skip
    return _with(thread, concluded_on=declared.on)


def _conclusion_served(asked: Asked, thread: ThreadState) -> ThreadState:
    """The fifteen days of the worker and the employer run from service (条例 Art 26)."""
    declared, header = asked.header.declared, asked.header
    if not isinstance(declared, ConclusionDeclared):
        return thread
    thread = stopped_for(thread, "serve-conclusion", thread.home_unit, declared.on)
    thread = started(
        thread, "reappraisal", thread.home_unit, header.ref, day=declared.on, at=asked.at, roster=asked.roster
    )  # fmt: skip
    return _with(thread, served_on=declared.on)


def _reappraisal_requested(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    if not isinstance(declared, ConclusionDeclared):
        return thread
    thread = stopped_for(thread, "reappraisal", thread.home_unit, asked.today)
    return _with(thread, reappraisal_on=declared.on)


def _reappraisal_result(asked: Asked, thread: ThreadState) -> ThreadState:  # noqa: ARG001 - one signature for all
    return _with(thread, reappraised=True)


APPRAISAL_CHANGES: Final[Mapping[str, Change]] = {
    "specialty_determined": _specialty_determined,
    "panel_short": _panel_short,
    "draw_committed": _draw_committed,
    "draw_revealed": _draw_revealed,
    "draw_voided": _draw_voided,
    "panel_drawn": _panel_drawn,
    "panel_replaced": _panel_replaced,
    "recusal_raised": _recusal_raised,
    "recusal_answered": _recusal_answered,
    "panel_voided": _panel_voided,
    "void_demanded": _void_demanded,
    "experts_proposed": _experts_proposed,
    "experts_admitted": _experts_admitted,
    "scheduled": _scheduled,
    "notified": _notified,
    "no_show": _no_show,
    "examined": _examined,
    "extra_tests": _extra_tests,
    "opinion_formed": _opinion_formed,
    "rejudge": _rejudge,
    "appraisal_extended": _appraisal_extended,
    "conclusion_issued": _conclusion_issued,
    "conclusion_served": _conclusion_served,
    "reappraisal_requested": _reappraisal_requested,
    "reappraisal_result": _reappraisal_result,
}
