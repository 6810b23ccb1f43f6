"""The rule book's face: judge an event, enter it, count its clocks, judge its body (promises 4 and 6; protocol 5 to 7).

Pure functions. Signatures, certificates, quotas, materials and the two instants of a header (`check_times`) are judged
elsewhere; here nothing reads a clock, a store or the network.
"""

from datetime import date, datetime, timedelta
from typing import Final

from delegation.body_asked import BodyAsked
from delegation.clock_specs import WINDOWS
from delegation.clocks import Moment, deliver, with_statutory
from delegation.effects import Accepted, entered, placed, table_of
from delegation.errors import Reason, Refused
from delegation.facts import BodyFacts, CaseFacts, LocalFacts
from delegation.guards_body import judged_body
from delegation.guards_local import LocalAsked, judged_local
from delegation.judging import judge, lawful, reasons_fit
from delegation.model import Header
from delegation.movers import begun
from delegation.moves import Move, available
from delegation.roster_view import RosterView
from delegation.table import BusinessStatus, State
from delegation.table_states import ENDED
from delegation.thread_state import OpenClock, ThreadState
from delegation.values import maker, replaced
from delegation.ways import Way, book_for

__all__ = [
    "Accepted", "CaseFacts", "LocalFacts", "Move", "available", "certified", "check_times", "delivered", "entered",
    "judge", "judge_body", "judge_local", "lawful", "next_deadline", "overdue", "placed", "recompute", "table_of",
]  # fmt: skip

_body_asked: Final = maker(BodyAsked)
_local_asked: Final = maker(LocalAsked)
CLAIMED_AHEAD_RETRY: Final = timedelta(minutes=5)
CLAIMED_AHEAD_REFUSE: Final = timedelta(hours=24)


def delivered(thread: ThreadState, header_digest: bytes, *, unit: str, at: datetime, roster: RosterView) -> ThreadState:
    """The thread after an APPLIED acknowledgement by `unit` was logged at `at`: clocks at delivery start on that day.

    A repeat, or one that no clock waits for, gives the same thread. Commutes with every envelope.
    """
    if not thread.pending:  # nearly every envelope: no clock waits for its delivery
        return thread
    after = deliver(thread, header_digest, unit=unit, moment=Moment.of(at, roster))
    if after is None:
        return thread
    letter, status, first = after.letter, after.business_status, after.delivered_at
    if letter is not None and letter.ref.header_digest == header_digest:
        first = at if first is None or at < first else first  # whichever is heard of first, an act may tell of it too
        status = BusinessStatus.DELIVERED if status is BusinessStatus.ISSUED else status
    reported = after.work.reported_by
    if reported is not None and reported.header_digest == header_digest and after.state is State.REPORTED:
        status = BusinessStatus.UNDER_CHECK
    return replaced(after, state_version=thread.state_version + 1, delivered_at=first, business_status=status)


def recompute(thread: ThreadState, roster: RosterView) -> ThreadState:
    """The thread with every open date computed anew by this roster's calendars; earlier dates stay in the history."""
    if thread.letter is None or thread.state in ENDED:
        return thread
    return with_statutory(thread, roster)


def overdue(thread: ThreadState, *, on: date) -> tuple[OpenClock, ...]:
    """Clocks that ran out before that day and are not certified yet; none against a host that is no member."""
    paper = {thread.host_unit} if thread.on_paper else set()
    return tuple(
        clock
        for clock in thread.deadlines
        if on > clock.due.legal and not clock.certified and clock.unit not in paper and clock.clock not in WINDOWS
    )


def certified(thread: ThreadState, clock: OpenClock) -> ThreadState:
    """The thread after negative evidence for that clock was logged; it runs on, late."""
    clocks = tuple(replaced(open_, certified=True) if open_ == clock else open_ for open_ in thread.open_clocks)
    if clocks == thread.open_clocks:
        return thread
    return replaced(thread, open_clocks=clocks, state_version=thread.state_version + 1)


def next_deadline(thread: ThreadState) -> date | None:
    """The first legal day of a clock that is not certified yet; a sweep looks again on the day after it."""
    paper = thread.host_unit if thread.on_paper else None
    first: date | None = None
    for clock in thread.open_clocks:
        if clock.paused_on is None and not clock.certified and clock.unit != paper and clock.clock not in WINDOWS:
            legal = clock.due.legal
            if first is None or legal < first:
                first = legal
    return first


def check_times(header: Header, at: datetime) -> Refused | None:
    """The two instants of a header against the judge's clock (protocol 7.5). An act in the past is welcome."""
    if header.valid_until is not None and header.valid_until < at:
        return Refused(Reason.NO_LONGER_VALID)
    ahead = header.claimed_at - at
    if ahead > CLAIMED_AHEAD_REFUSE:
        return Refused(Reason.CLAIMED_TIME_REFUSED)
    return Refused(Reason.CLAIMED_TIME_AHEAD) if ahead > CLAIMED_AHEAD_RETRY else None


def judge_body(
    thread_before: ThreadState | None, header: Header, facts: BodyFacts, *, roster: RosterView, history: CaseFacts
) -> Refused | None:
    """Guards of class B on an opened body (protocol 4.6): None when it holds.

    `thread_before` is the thread before the event, None for a first letter. For a RESEAL the caller gives the header
    that it replaces and the thread before that one. NOT checked: class H, the commitment, the materials' bytes.
    """
    found = _way_and_thread(thread_before, header, roster)
    if isinstance(found, Refused):
        return found
    way, thread = found
    return judged_body(way.body_guards, _body_asked(thread, header, facts, way.row, roster, history))


def judge_local(
    thread_before: ThreadState | None, header: Header, facts: BodyFacts, *, roster: RosterView, staff: LocalFacts
) -> Refused | None:
    """Guards of class L on a draft: how many people, which ones, as the body records them. The sender's node alone."""
    found = _way_and_thread(thread_before, header, roster)
    if isinstance(found, Refused):
        return found
    way, thread = found
    return judged_local(way.local_guards, _local_asked(thread, header, facts, way.row, staff))


def _way_and_thread(
    thread: ThreadState | None, header: Header, roster: RosterView
) -> tuple[Way, ThreadState] | Refused:
    """The row that judged the header, as far as kind, state and reasons tell it."""
    of_type, matter = (header.thread_type, header.matter) if thread is None else (thread.thread_type, thread.matter)
    book = book_for(of_type, matter)
    if book is None:
        return Refused(Reason.UNKNOWN_CODE, {"field": "matter"})
    ways = book.ways.get(header.kind, ())
    if not ways:
        return Refused(Reason.NOT_ALLOWED, {"kind": header.kind.name})
    if thread is None:
        thread = begun(header, roster)
    if len(ways) == 1:  # nearly every kind
        return ways[0], thread
    here = [way for way in ways if thread.state in way.row.sources] or ways
    return next((way for way in here if reasons_fit(way.row, header)), here[0]), thread
