"""One event before one thread: the table, staleness and guards of class H (promises 4 and 6; protocol 5, 7.3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias

from delegation.clocks import Moment
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.effects import Accepted, accepted, accepted_again
from delegation.errors import Reason, Refused
from delegation.guards import Asked, IsKnown, failed, judged
from delegation.guards_header import HEADER_GUARDS
from delegation.model import Entry, EnvelopeRef, Header
from delegation.movers import begun, belongs
from delegation.reasons_codes import in_header
from delegation.roster_view import RosterView
from delegation.table import Row, State, Table
from delegation.thread_state import MOST_MOVES_KEPT, ThreadState
from delegation.values import maker
from delegation.ways import Way, book_for

_Found: TypeAlias = list[tuple[Way, Asked]]
# What of a protested envelope is judged again when the same kind is sent anew; the rest was judged at its time.
_JUDGED_AGAIN: Final = frozenset({
    "letter_counts", "accepted_before", "procedure_stated", "place_stated", "priority_stated", "right_types",
    "legal_basis_right", "agreement_holds", "defects_listed", "investigators_two", "unit_named", "result_counts",
    "something_found", "nothing_found", "checks_closed", "supplement_counts", "application_received", "mode_stated",
    "mode_kept", "mode_agreed", "appraisal_basis_right", "appraisal_units", "again_by_provinces", "served_before",
})  # fmt: skip
_NONE: Final = State.NONE  # a member of an enum is looked up in Python each time
_a_moment: Final = maker(Moment)
_asked: Final = maker(Asked)


def judge(
    thread: ThreadState | None,
    header: Header,
    *,
    roster: RosterView,
    at: datetime,
    is_known: IsKnown,
    entry: Entry | None = None,
) -> Accepted | Refused:
    """Judges one event by table and class H guards (protocol 5; order of checks 7.3).

    `is_known` says "accepted", "refused" or "unknown" of an envelope that the header names. Order: the thread, the
    sender's own predecessor, base, mover and state, guards, effect. `Accepted.thread.state_version` is already that of
    the entry; where the `entry` itself is at hand, the thread is given as `entered` gives it.
    NOT checked: signatures, certificates, the two instants (`check_times`), materials, quotas, the body, the entry.
    """
    asked = _passing(thread, header, roster, at, is_known)
    if isinstance(asked, Refused):
        return asked
    if header.replaces is not None and _sent_again(asked.thread, header):
        return accepted_again(asked, entry)
    return accepted(asked, entry)


def lawful(
    thread: ThreadState | None, header: Header, *, roster: RosterView, at: datetime, is_known: IsKnown
) -> Row | Refused:
    """By which row the event passes: `judge` without the effect, for who asks before anything is sent."""
    asked = _passing(thread, header, roster, at, is_known)
    return asked if isinstance(asked, Refused) else asked.row


def _passing(
    thread: ThreadState | None, header: Header, roster: RosterView, at: datetime, is_known: IsKnown
) -> Asked | Refused:
    """The event with the row by which it is legal."""
    moment = _a_moment(at, day_of(at), roster)
    if thread is None:
        book = book_for(header.thread_type, header.matter)
        if book is None or not any(_NONE in way.row.sources for way in book.ways.get(header.kind, ())):
            return Refused(Reason.NOT_FOUND)
        if header.base.sequence or header.predecessor is not None:
            return Refused(Reason.NOT_FOUND)
        thread = begun(header, roster)
    else:
        if not belongs(thread, header.sender_unit, roster, moment.today):
            return Refused(Reason.NOT_FOUND)
        book = book_for(thread.thread_type, thread.matter)
    if book is None or header.thread_id != thread.thread_id:
        return Refused(Reason.NOT_FOUND)
    again = header.replaces is not None and _sent_again(thread, header)
    ways = book.ways.get(header.kind, ())
    if len(ways) == 1 and ways[0].row.neutral and not again:  # most of what is sent: one row, and never stale
        way = ways[0]
        asked = _asked(thread, header, way.row, moment, is_known)
        if thread.state in way.row.sources and way.is_for(asked) and reasons_fit(way.row, header):
            return way.refusal(asked) or asked
    found = _candidates(ways, thread, header, moment, is_known, again=again)
    stale = _stale(thread, header, ways if isinstance(found, Refused) else [way for way, _ in found], is_known)
    if stale is not None:
        return stale
    if isinstance(found, Refused):
        return found
    if again:
        return _legal_again(book.table, found[0][1])
    return _first_legal(found)


def reasons_fit(row: Row, header: Header) -> bool:
    """Whether the reasons in the header are of the row's list, sealed ones by their class."""
    if not header.reasons:
        return not row.reasons_required
    return set(header.reasons) <= in_header(row.reasons) and len(set(header.reasons)) == len(header.reasons)


def _candidates(
    ways: tuple[Way, ...], thread: ThreadState, header: Header, moment: Moment, is_known: IsKnown, *, again: bool
) -> _Found | Refused:
    """Ways of the kind that this sender may use with these reasons: those of this state, else of any other.

    What is sent `again` was legal in an earlier state.
    """
    state, mine, fitting, here = thread.state, _Found(), _Found(), _Found()
    legal = False
    for way in ways:
        row = way.row
        asked = _asked(thread, header, row, moment, is_known)
        if not way.is_for(asked):
            continue
        mine.append((way, asked))
        now = state in row.sources
        legal = legal or now
        if reasons_fit(row, header):
            fitting.append((way, asked))
            if now:
                here.append((way, asked))
    if not ways:
        return Refused(Reason.NOT_ALLOWED, {"kind": header.kind.name, "state": state.value})
    if not mine:
        return Refused(Reason.NOT_ALLOWED, {"kind": header.kind.name, "state": state.value, "party": "not_yours"})
    if again:
        return fitting or failed("reasons_listed")
    if not here and legal:
        return failed("reasons_listed")
    return here or fitting or mine


def _sent_again(thread: ThreadState, header: Header) -> bool:
    """Whether it takes the place of a protested envelope of its own, of the same kind."""
    replaces = header.replaces
    return replaces is not None and any(
        protest.envelope.header_digest == replaces.header_digest
        and protest.kind in {header.kind, Kind.UNSPECIFIED}
        and protest.envelope.sender_unit == header.sender_unit
        for protest in thread.protests
    )


def _stale(thread: ThreadState, header: Header, ways: Sequence[Way], is_known: IsKnown) -> Refused | None:
    """Promise 6: the predecessor is the sender's last move, and nothing after base conflicts."""
    moving = [way for way in ways if not way.row.neutral]
    if not moving or thread.state is _NONE:
        return None
    last, named = thread.last_move_of(header.sender_unit), header.predecessor
    if (named.header_digest if named is not None else None) != last:
        return _predecessor_refused(named, header, is_known)
    base = header.base
    if base.sequence > thread.sequence:
        return failed("base_known")
    noted = thread.noted
    if len(noted) >= MOST_MOVES_KEPT and base.sequence + 1 < noted[0].sequence:
        return Refused(Reason.STALE, {"since": str(noted[0].sequence)})
    conflict = None
    for past in thread.history:
        if past.sequence == base.sequence and past.digest16 != base.entry_digest[:16]:
            return failed("base_known")
        unseen = past.sequence > base.sequence and past.sender != header.sender_unit
        if unseen and conflict is None and not any(way.row.commutes_with(past.kind) for way in ways):
            conflict = past
    if conflict is None:
        return None
    return Refused(Reason.STALE, {"since": str(conflict.sequence), "kind": conflict.kind.name})


def _predecessor_refused(named: EnvelopeRef | None, header: Header, is_known: IsKnown) -> Refused:
    if named is None:
        return Refused(Reason.STALE, {"field": "predecessor"})
    if named.sender_unit != header.sender_unit:
        return failed("predecessor_own")
    known = is_known(named)
    if known == "refused":
        return Refused(Reason.PREDECESSOR_REFUSED)
    if known == "unknown":
        return Refused(Reason.PREDECESSOR_MISSING, {"field": "predecessor"})
    return Refused(Reason.STALE, {"field": "predecessor"})


def _first_legal(found: _Found) -> Asked | Refused:
    """The first way of this state whose guards all pass; else the refusal of the first, WRONG_PLACE before all others.

    `_candidates` gives ways of this state alone, or none of it.
    """
    refusals: list[Refused] = []
    for way, asked in found:
        thread, header = asked.thread, asked.header
        if thread.state not in way.row.sources:
            return Refused(Reason.NOT_ALLOWED, {"kind": header.kind.name, "state": thread.state.value})
        refused = way.refusal(asked)
        if refused is None:
            return asked
        refusals.append(refused)
    return next((refused for refused in refusals if refused.reason is Reason.WRONG_PLACE), refusals[0])


def _legal_again(table: Table, asked: Asked) -> Asked | Refused:
    """The same kind again after a protest: the order stands, so that only what is new in it is judged."""
    thread, header, row = asked.thread, asked.header, asked.row
    if (header.leg, header.round) != (thread.leg, thread.round):
        return failed("leg_and_round")
    names = (*table.common_header_guards, *(name for name in row.header_guards if name in _JUDGED_AGAIN))
    refused = judged(tuple(name for name in names if name != "leg_and_round"), HEADER_GUARDS, asked)
    return asked if refused is None else refused
