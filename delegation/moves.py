"""What a unit might do next, and why it may not: the same table and guards, asked before anything is written.

A desk shows these. A move that is allowed here may still be refused for what is typed into it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from delegation.clocks import Moment
from delegation.codes import Kind, NoticeOutcome, Priority
from delegation.declared_appraisal import (
    AttendanceDeclared,
    ConclusionDeclared,
    DrawRevealedDeclared,
    DrawVoidedDeclared,
)
from delegation.effects import table_of
from delegation.errors import Reason, Refused
from delegation.guards import Asked, failed, judged
from delegation.guards_header import HEADER_GUARDS
from delegation.model import (
    AgreementDeclared,
    Base,
    DeclaredDetail,
    EnvelopeRef,
    ExtensionDeclared,
    Header,
    NoticeDeclared,
    Recipient,
)
from delegation.movers import belongs, plays
from delegation.reasons_codes import REASON_LIST
from delegation.roster_view import RosterView
from delegation.table import Audience, Party, Row
from delegation.thread_state import ThreadState
from delegation.values import maker

# Guards that ask about the thread and the day alone, so that they can be asked before a draft exists.
_OF_THE_THREAD: Final = frozenset({
    "as_designated", "superiors_silent", "succession_true", "host_joined", "designation_open", "designation_timely",
    "host_overdue", "supervision_unanswered", "refusal_disputable", "extension_first", "before_expiry",
    "extension_open", "silence_over", "check_long_over", "not_paused", "is_paused", "clock_suspended", "round_follows",
    "not_archived_yet", "answers_supervision", "opinion_asked", "acknowledges_correction", "questions_not_too_many",
    "hops_left", "hops_spent", "clock_running", "host_draws", "home_draws", "on_paper_alone", "draw_on_line",
    "way_to_draw", "reserves_spent", "commits_once", "both_committed", "both_revealed", "nothing_revealed",
    "panel_settled", "recusals_not_too_many", "answers_recusal", "absence_recorded", "rejudges_left", "panel_stands",
    "extended_once", "term_not_over", "opinion_stands", "concluded_once", "served_once", "reappraisal_new",
    "reappraisal_open", "day_appointed", "missed_once", "reveals_for_own_unit", "reveal_overdue", "reveals_once",
    "reveal_failed",
})  # fmt: skip
_BY_ITSELF: Final = frozenset({Kind.RESEAL, Kind.PROTEST})
_ANSWERED_CLOCK: Final = {
    Kind.ANSWER: "question-answer",
    Kind.SUPERVISE_ANSWER: "supervise",
    Kind.OPINION: "opinion",
    Kind.CORRECTION_ACKNOWLEDGED: "correction-acknowledge",
    Kind.RECUSAL_ANSWERED: "recusal",
}
_QUESTION_OF: Final = {Kind.ANSWER: Kind.QUESTION, Kind.SUBJECT_ANSWER: Kind.SUBJECT_REQUEST}
_NO_DIGEST: Final = bytes(32)
_a_header: Final = maker(Header)


@dataclass(frozen=True, slots=True)
class Move:
    """One row that the unit might use. `in_reply_to` is what an answer or a silence has to name."""

    kind: Kind
    row: Row
    allowed: bool
    refused: Refused | None = None
    in_reply_to: EnvelopeRef | None = None


def available(
    thread: ThreadState, *, unit: str, on: date, at: datetime, roster: RosterView, of: Kind | None = None
) -> tuple[Move, ...]:
    """Every move that the unit's part in the thread knows, in the order of the table; forbidden ones with the reason.

    With `of`, those of that kind alone. A unit that has no part in the thread gets none. Paper moves of a host that is
    no member are offered to the home. NOT shown: what a node does by itself (reseal, protest).
    """
    if not belongs(thread, unit, roster, on):
        return ()
    moment = Moment(at, on, roster)
    moves = []
    table = table_of(thread)
    for row in table.rows if of is None else table.rows_of(of):
        if row.kind is None or row.kind in _BY_ITSELF:
            continue
        asked = _probe(thread, row, row.kind, unit, moment)
        if plays(asked):
            refused = _refused(asked)
            moves.append(Move(row.kind, row, refused is None, refused, asked.header.in_reply_to))
    return tuple(moves)


def _refused(asked: Asked) -> Refused | None:
    row, thread = asked.row, asked.thread
    if thread.state not in row.sources:
        return Refused(Reason.NOT_ALLOWED, {"kind": asked.header.kind.name, "state": thread.state.value})
    if asked.header.kind in _QUESTION_OF and asked.header.in_reply_to is None and not _asked_before(asked):
        return failed("answers_other_side")
    names = tuple(name for name in row.header_guards if name in _OF_THE_THREAD)
    return judged(names, HEADER_GUARDS, asked)


def _asked_before(asked: Asked) -> bool:
    """Whether the other side asked; where the history was cut, nobody can tell, and the answer is yes."""
    thread, kind = asked.thread, _QUESTION_OF[asked.header.kind]
    if len(thread.history) < thread.sequence:
        return True
    return any(past.kind is kind and past.sender != asked.header.sender_unit for past in thread.history)


def _probe(thread: ThreadState, row: Row, kind: Kind, unit: str, moment: Moment) -> Asked:
    """An event as this row would have it, with whatever the thread itself says filled in."""
    paper = thread.on_paper and unit == thread.home_unit and not {Party.HOME, Party.HOME_NODE} & set(row.movers)
    paper = paper and bool({Party.HOST, Party.HOST_NODE} & set(row.movers))
    supervised = row.audience is Audience.SUPERVISED
    header = _a_header(
        envelope_id="",
        federation_id="",
        thread_id=thread.thread_id,
        thread_type=thread.thread_type,
        kind=kind,
        sender_unit=unit,
        counterpart_unit=_counterpart(thread, row, unit, moment),
        recipients=_supervised(thread, unit, moment.roster) if supervised else (),
        claimed_at=moment.at,
        base=Base(thread.sequence, thread.last_entry_digest),
        roster_version=moment.roster.version,
        leg=thread.leg + (kind is Kind.ISSUED),
        round=thread.round + (kind is Kind.SUPPLEMENT_REQUESTED),
        hop=thread.hop + (kind is Kind.TRANSFERRED),
        reasons=tuple(REASON_LIST[code].in_header for code in row.reasons[:1]),
        declared=_declared_in_appraisal(thread, row, unit, moment) or _declared(thread, row),
        priority=Priority.NORMAL,
        recorded_by_home=paper,
        in_reply_to=_answers(thread, row, kind, unit if not paper else thread.host_unit),
    )
    return Asked(thread, header, row, moment, lambda _ref: "accepted")


def _counterpart(thread: ThreadState, row: Row, unit: str, moment: Moment) -> str:
    if row.kind is not Kind.ISSUED:
        return thread.other_side(unit) or thread.home_unit
    if thread.work.designated:
        return thread.work.designated
    if "succession_true" in row.header_guards and thread.letter is not None and thread.letter.place is not None:
        heir = moment.roster.successor(thread.host_unit, place=thread.letter.place.code, on=moment.today)
        return heir.code if heir is not None else thread.host_unit
    return thread.work.transferred_to or thread.host_unit


def _supervised(thread: ThreadState, unit: str, roster: RosterView) -> tuple[Recipient, ...]:
    for side in (thread.host_unit, thread.home_unit):
        office = roster.provincial_office(side) if side in roster.units else None
        if office is not None and office.code == unit:
            return (Recipient(side, b""),)
    return ()


def _answers(thread: ThreadState, row: Row, kind: Kind, acting: str) -> EnvelopeRef | None:
    if "extension_open" in row.header_guards:
        return thread.work.extension_request
    if row.silence == "check":
        return thread.work.reported_by
    if row.silence:
        waiting = [clock for clock in thread.open_clocks if clock.clock == row.silence and clock.unit != acting]
        return min(waiting, key=lambda clock: clock.due.legal).started_by if waiting else None
    name = _ANSWERED_CLOCK.get(kind, "")
    clock = thread.clock(name, unit=acting) if name else None
    return clock.started_by if clock is not None else None


def _declared_in_appraisal(thread: ThreadState, row: Row, unit: str, moment: Moment) -> DeclaredDetail | None:
    """What an event of an appraisal would say today, as far as the thread tells it."""
    facts = thread.appraisal
    if facts is None:
        return None
    match row.declares:
        case "ConclusionDeclared":
            return ConclusionDeclared(moment.today)
        case "AttendanceDeclared":
            return AttendanceDeclared(facts.appointed_on or moment.today, facts.absences)
        case "DrawVoidedDeclared":
            return DrawVoidedDeclared(facts.draw, thread.other_side(unit))
        case "DrawRevealedDeclared":
            whose = unit if thread.other_side(unit) else _late_unit_of(thread, unit, moment.roster)
            return DrawRevealedDeclared(facts.draw, whose, b"")
        case _:
            return None


def _late_unit_of(thread: ThreadState, office: str, roster: RosterView) -> str:
    """The unit of that office that has yet to show its secret."""
    for clock in thread.open_clocks:
        if clock.clock == "draw-reveal" and clock.unit in roster.units:
            found = roster.provincial_office(clock.unit)
            if found is not None and found.code == office:
                return clock.unit
    return ""


def _declared(thread: ThreadState, row: Row) -> DeclaredDetail | None:
    if row.declares == "ExtensionDeclared":
        return ExtensionDeclared(thread.work.extension_asked or 1)
    if row.declares == "AgreementDeclared":
        return AgreementDeclared(thread.terms_digest or _NO_DIGEST)
    return NoticeDeclared(NoticeOutcome.KNOWN) if row.declares == "NoticeDeclared" else None
