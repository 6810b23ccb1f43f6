"""One event before one thread: the table, staleness and guards of class H (promises 4 and 6; protocol 5, 7.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from delegation.clocks import Moment, apply_effects, with_statutory
from delegation.codes import Kind, Procedure
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal, Refused
from delegation.guards import Asked, IsKnown, failed, judged
from delegation.guards_header import HEADER_GUARDS
from delegation.model import DueDate, Entry, EnvelopeRef, Header
from delegation.movers import begun, belongs
from delegation.reasons_codes import in_header
from delegation.roster_view import RosterView
from delegation.table import Row, State, Table, Turn
from delegation.tables import table_for
from delegation.thread_changes import CHANGES
from delegation.thread_state import MOST_MOVES_KEPT, MOST_NEUTRAL_KEPT, Past, ThreadState
from delegation.values import maker, replaced
from delegation.ways import Way, book_for

_Found: TypeAlias = list[tuple[Way, Asked]]

# What of a protested envelope is judged again when the same kind is sent anew; the rest was judged at its time.
_JUDGED_AGAIN: Final = frozenset({
    "letter_counts", "accepted_before", "procedure_stated", "place_stated", "priority_stated", "right_types",
    "legal_basis_right", "agreement_holds", "defects_listed", "investigators_two", "unit_named", "result_counts",
    "something_found", "nothing_found", "checks_closed", "supplement_counts",
})  # fmt: skip
_LETTERS: Final = frozenset({Kind.ISSUED, Kind.LETTER_CORRECTED})
_UNSETTLED_CHANGES: Final = frozenset({"transferred", "extension_asked", "supplement"})
_SIDES: Final = frozenset({Turn.HOST, Turn.HOME})
_SAME: Final = Turn.SAME  # a member of an enum is looked up in Python each time
_NONE: Final = State.NONE
_a_past: Final = maker(Past)
_a_moment: Final = maker(Moment)
_asked: Final = maker(Asked)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The event is legal. `thread` is after it; its sequence has advanced only where the entry was known already.

    `warnings` are codes for people.
    """

    row: Row
    thread: ThreadState
    warnings: tuple[str, ...] = ()

    @property
    def due_dates(self) -> tuple[DueDate, ...]:
        """The due dates that count after the event."""
        return self.thread.due_dates


_an_acceptance: Final = maker(Accepted)


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
    found = _candidates(ways, thread, header, moment, is_known, again=again)
    stale = _stale(thread, header, ways if isinstance(found, Refused) else [way for way, _ in found], is_known)
    if stale is not None:
        return stale
    if isinstance(found, Refused):
        return found
    if again:
        return _judge_again(book.table, found[0][1], entry)
    return _first_legal(found, entry)


def enacted(
    thread: ThreadState, header: Header, row: Row, *, roster: RosterView, at: datetime, entry: Entry | None = None
) -> Accepted:
    """What `judge` gives for an event that is known to pass by this row: its effect alone.

    For a node whose own envelope comes back accepted: it judged the same header by the same roster on the same thread,
    on the same day. Not for what is sent again after a protest, whose effect is another. NOT checked: anything at all.
    """
    return _accepted(_asked(thread, header, row, _a_moment(at, day_of(at), roster), _nothing_known), entry)


def entered(thread: ThreadState, header: Header, *, sequence: int, entry_digest: bytes) -> ThreadState:
    """The thread once the accepted event's entry is known: its place, and what staleness needs of it."""
    return replaced(thread, **_place(thread, header, sequence, entry_digest))


def _place(thread: ThreadState, header: Header, sequence: int, entry_digest: bytes) -> dict[str, object]:
    """What `entered` changes. Of each sort of entry the oldest go; neutral ones never push out a move."""
    noted = header.kind in table_of(thread).noted
    past = _a_past(sequence, header.kind, header.sender_unit, entry_digest[:16], header.digest[:16], noted)
    changes: dict[str, object] = {"sequence": sequence, "last_entry_digest": entry_digest}
    if noted:
        changes["noted"] = (*thread.noted, past)[-MOST_MOVES_KEPT:]
    else:
        changes["recent"] = (*thread.recent, past)[-MOST_NEUTRAL_KEPT:]
    return changes


def _nothing_known(_ref: EnvelopeRef) -> str:
    return "unknown"


def table_of(thread: ThreadState) -> Table:
    """The table that judges a thread.

    Raises:
        Refusal: UNKNOWN_CODE for a thread that no table of this version knows; `judge` begins none.
    """
    table = table_for(thread.thread_type, thread.matter)
    if table is None:
        raise Refusal(Reason.UNKNOWN_CODE, field="matter")
    return table


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


def _first_legal(found: _Found, entry: Entry | None) -> Accepted | Refused:
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
            return _accepted(asked, entry)
        refusals.append(refused)
    return next((refused for refused in refusals if refused.reason is Reason.WRONG_PLACE), refusals[0])


def _accepted(asked: Asked, entry: Entry | None) -> Accepted:
    """The event's effect, in one new thread where no clock and no fact of the work moves."""
    thread, row, header = asked.thread, asked.row, asked.header
    changes = {} if entry is None else _place(thread, header, entry.thread_sequence, entry.digest)
    changes["state_version"] = thread.state_version + 1
    changes["changed_at"] = asked.moment.at
    if row.target is not None:
        changes["state"] = row.target
    if row.status is not None:
        changes["business_status"] = row.status
    if row.turn is not _SAME:
        changes["turn"] = _turn(asked)
    if not row.neutral:
        changes["last_moves"] = _moved(thread, header)
    after = replaced(thread, **changes)
    if row.change:
        after = CHANGES[row.change](asked, after)
    if row.turn in _SIDES and after.turn == "":
        after = replaced(after, turn=after.host_unit if row.turn is Turn.HOST else after.home_unit)
    if row.clocks:
        after = apply_effects(after, row.clocks, header, asked.moment)
    return _an_acceptance(row, after, _warnings(header))


def _judge_again(table: Table, asked: Asked, entry: Entry | None) -> Accepted | Refused:
    """The same kind again after a protest: the order stands, the thread gets the new content and its turn back."""
    thread, header, row, moment = asked.thread, asked.header, asked.row, asked.moment
    if (header.leg, header.round) != (thread.leg, thread.round):
        return failed("leg_and_round")
    names = (*table.common_header_guards, *(name for name in row.header_guards if name in _JUDGED_AGAIN))
    refused = judged(tuple(name for name in names if name != "leg_and_round"), HEADER_GUARDS, asked)
    if refused is not None:
        return refused
    protested = header.replaces.header_digest if header.replaces is not None else b""
    protest = next(p for p in thread.protests if p.envelope.header_digest == protested)
    after = replaced(
        thread,
        turn=protest.turn_before,
        state_version=thread.state_version + 1,
        changed_at=moment.at,
        last_moves=thread.last_moves if row.neutral else _moved(thread, header),
        protests=tuple(p for p in thread.protests if p != protest),
    )
    if header.kind in _LETTERS:
        after = with_statutory(CHANGES["letter"](asked, after), moment.roster)
    elif row.change in _UNSETTLED_CHANGES and thread.state in {row.target, *row.sources}:
        after = CHANGES[row.change](asked, after)
    if entry is not None:
        after = entered(after, header, sequence=entry.thread_sequence, entry_digest=entry.digest)
    return _an_acceptance(row, after, _warnings(header))


def _turn(asked: Asked) -> str:
    thread = asked.thread
    match asked.row.turn:
        case Turn.HOME | Turn.AUTHOR:
            return thread.home_unit
        case Turn.HOST | Turn.OTHER_UNIT:
            return asked.header.counterpart_unit if asked.header.kind is Kind.ISSUED else thread.host_unit
        case Turn.SUPERIORS:
            superiors = asked.roster.superiors(thread.home_unit, thread.host_unit)
            return superiors[0] if len(superiors) == 1 else ""
        case Turn.NOBODY:
            return ""
        case Turn.SAME | Turn.PROTESTED:
            return thread.turn


def _moved(thread: ThreadState, header: Header) -> tuple[tuple[str, bytes], ...]:
    others = tuple(move for move in thread.last_moves if move[0] != header.sender_unit)
    return (*others, (header.sender_unit, header.digest))


def _warnings(header: Header) -> tuple[str, ...]:
    """A simple case has 15 days in all (条例 Art 20): delegating it is legal and seldom wise."""
    simple = header.kind in _LETTERS and header.clock.procedure is Procedure.SIMPLE
    return ("SIMPLE_PROCEDURE",) if simple else ()
