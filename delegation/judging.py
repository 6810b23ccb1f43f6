"""One event before one thread: the table, staleness and guards of class H (promises 4 and 6; protocol 5, 7.3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from delegation.clocks import Moment, apply_effects, with_statutory
from delegation.codes import Kind, Procedure
from delegation.errors import Reason, Refusal, Refused
from delegation.guards import Asked, IsKnown, failed, judged
from delegation.guards_header import HEADER_GUARDS
from delegation.model import DueDate, EnvelopeRef, Header
from delegation.movers import begun, belongs, plays
from delegation.reasons_codes import in_header
from delegation.roster_view import RosterView
from delegation.table import Row, State, Table, Turn
from delegation.tables import table_for
from delegation.thread_changes import CHANGES
from delegation.thread_state import MOST_MOVES_KEPT, ThreadState
from delegation.values import replaced

# What of a protested envelope is judged again when the same kind is sent anew; the rest was judged at its time.
_JUDGED_AGAIN: Final = frozenset({
    "letter_counts", "accepted_before", "procedure_stated", "place_stated", "priority_stated", "right_types",
    "legal_basis_right", "agreement_holds", "defects_listed", "investigators_two", "unit_named", "result_counts",
    "something_found", "nothing_found", "checks_closed", "supplement_counts",
})  # fmt: skip
_LETTERS: Final = frozenset({Kind.ISSUED, Kind.LETTER_CORRECTED})
_UNSETTLED_CHANGES: Final = frozenset({"transferred", "extension_asked", "supplement"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The event is legal. `thread` is after it, its sequence not yet advanced; `warnings` are codes for people."""

    row: Row
    thread: ThreadState
    due_dates: tuple[DueDate, ...]
    warnings: tuple[str, ...] = ()


def judge(
    thread: ThreadState | None, header: Header, *, roster: RosterView, at: datetime, is_known: IsKnown
) -> Accepted | Refused:
    """Judges one event by table and class H guards (protocol 5; order of checks 7.3).

    `is_known` says "accepted", "refused" or "unknown" of an envelope that the header names. Order: the thread, the
    sender's own predecessor, base, mover and state, guards, effect. `Accepted.thread.state_version` is already that of
    the entry. NOT checked: signatures, certificates, the two instants (`check_times`), materials, quotas, the body.
    """
    moment = Moment.of(at, roster)
    of_type, matter = (header.thread_type, header.matter) if thread is None else (thread.thread_type, thread.matter)
    table = table_for(of_type, matter)
    if thread is None:
        if table is None or not any(State.NONE in row.sources for row in table.rows_of(header.kind)):
            return Refused(Reason.NOT_FOUND)
        if header.base.sequence or header.predecessor is not None:
            return Refused(Reason.NOT_FOUND)
        thread = begun(header, roster)
    elif not belongs(thread, header.sender_unit, roster, moment.today):
        return Refused(Reason.NOT_FOUND)
    if table is None or header.thread_id != thread.thread_id:
        return Refused(Reason.NOT_FOUND)
    again = _sent_again(thread, header)
    rows = _candidates(table, thread, header, moment, is_known, again=again)
    known_rows = table.rows_of(header.kind) if isinstance(rows, Refused) else rows
    stale = _stale(thread, header, known_rows, is_known)
    if stale is not None:
        return stale
    if isinstance(rows, Refused):
        return rows
    if again:
        return _judge_again(table, thread, header, rows[0], moment, is_known)
    here = tuple(row for row in rows if thread.state in row.sources)
    if not here:
        return Refused(Reason.NOT_ALLOWED, {"kind": header.kind.name, "state": thread.state.value})
    return _first_legal(table, thread, header, here, moment, is_known)


def enacted(thread: ThreadState, header: Header, row: Row, *, roster: RosterView, at: datetime) -> Accepted:
    """What `judge` gives for an event that is known to pass by this row: its effect alone.

    For a node whose own envelope comes back accepted: it judged the same header by the same roster on the same thread,
    on the same day. Not for what is sent again after a protest, whose effect is another. NOT checked: anything at all.
    """
    return _accepted(Asked(thread, header, row, Moment.of(at, roster), _nothing_known))


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
    table: Table, thread: ThreadState, header: Header, moment: Moment, is_known: IsKnown, *, again: bool
) -> tuple[Row, ...] | Refused:
    """Rows of the kind that this sender may use with these reasons: those of this state, else of any other.

    What is sent `again` was legal in an earlier state.
    """
    rows = table.rows_of(header.kind)
    if not rows:
        return Refused(Reason.NOT_ALLOWED, {"kind": header.kind.name, "state": thread.state.value})
    mine = tuple(row for row in rows if plays(Asked(thread, header, row, moment, is_known)))
    if not mine:
        details = {"kind": header.kind.name, "state": thread.state.value, "party": "not_yours"}
        return Refused(Reason.NOT_ALLOWED, details)
    fitting = tuple(row for row in mine if reasons_fit(row, header))
    if again:
        return fitting or failed("reasons_listed")
    here = tuple(row for row in fitting if thread.state in row.sources)
    if not here and any(thread.state in row.sources for row in mine):
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


def _stale(thread: ThreadState, header: Header, rows: tuple[Row, ...], is_known: IsKnown) -> Refused | None:
    """Promise 6: the predecessor is the sender's last move, and nothing after base conflicts."""
    if all(row.neutral for row in rows) or thread.state is State.NONE:
        return None
    last, named = thread.last_move_of(header.sender_unit), header.predecessor
    if (named.header_digest if named is not None else None) != last:
        return _predecessor_refused(named, header, is_known)
    base = header.base
    if base.sequence > thread.sequence:
        return failed("base_known")
    noted = [past for past in thread.history if past.noted]
    if len(noted) >= MOST_MOVES_KEPT and base.sequence + 1 < noted[0].sequence:
        return Refused(Reason.STALE, {"since": str(noted[0].sequence)})
    conflict = None
    for past in thread.history:
        if past.sequence == base.sequence and past.digest16 != base.entry_digest[:16]:
            return failed("base_known")
        unseen = past.sequence > base.sequence and past.sender != header.sender_unit
        if unseen and conflict is None and not any(row.commutes_with(past.kind) for row in rows):
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


def _first_legal(
    table: Table, thread: ThreadState, header: Header, rows: tuple[Row, ...], moment: Moment, is_known: IsKnown
) -> Accepted | Refused:
    """The first row whose guards all pass; else the refusal of the first row, WRONG_PLACE before all others."""
    refusals: list[Refused] = []
    for row in rows:
        asked = Asked(thread, header, row, moment, is_known)
        refused = judged(table.common_header_guards, HEADER_GUARDS, asked) or judged(
            row.header_guards, HEADER_GUARDS, asked
        )
        if refused is None:
            return _accepted(asked)
        refusals.append(refused)
    return next((refused for refused in refusals if refused.reason is Reason.WRONG_PLACE), refusals[0])


def _accepted(asked: Asked) -> Accepted:
    thread, row, header = asked.thread, asked.row, asked.header
    state = row.target or thread.state
    after = replaced(
        thread,
        state=state,
        turn=_turn(asked),
        business_status=row.status or thread.business_status,
        state_version=thread.state_version + 1,
        changed_at=asked.at,
        last_moves=thread.last_moves if row.neutral else _moved(thread, header),
    )
    if row.change:
        after = CHANGES[row.change](asked, after)
    if row.turn in {Turn.HOST, Turn.HOME} and after.turn == "":
        after = replaced(after, turn=after.host_unit if row.turn is Turn.HOST else after.home_unit)
    after = apply_effects(after, row.clocks, header, asked.moment)
    return Accepted(row, after, after.due_dates, _warnings(header))


def _judge_again(
    table: Table, thread: ThreadState, header: Header, row: Row, moment: Moment, is_known: IsKnown
) -> Accepted | Refused:
    """The same kind again after a protest: the order stands, the thread gets the new content and its turn back."""
    asked = Asked(thread, header, row, moment, is_known)
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
    return Accepted(row, after, after.due_dates, _warnings(header))


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
