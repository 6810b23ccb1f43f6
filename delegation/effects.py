"""What an accepted event does to the thread: state, turn, facts, clocks, and its place once the entry is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from delegation.clocks import Moment, apply_effects, with_statutory
from delegation.codes import Kind, Procedure
from delegation.deadlines import day_of
from delegation.declared_appraisal import ConclusionDeclared
from delegation.errors import Reason, Refusal
from delegation.guards import Asked
from delegation.model import DueDate, Entry, EnvelopeRef, Header
from delegation.roster_view import RosterView
from delegation.table import Row, Table, Turn
from delegation.tables import table_for
from delegation.thread_changes import CHANGES
from delegation.thread_state import MOST_MOVES_KEPT, MOST_NEUTRAL_KEPT, Past, ThreadState
from delegation.turns import turn_by_state
from delegation.values import completed, maker, replaced

_LETTERS: Final = frozenset({Kind.ISSUED, Kind.LETTER_CORRECTED})
_UNSETTLED_CHANGES: Final = frozenset({"transferred", "extension_asked", "supplement"})
_SIDES: Final = frozenset({Turn.HOST, Turn.HOME})
_SAME: Final = Turn.SAME  # a member of an enum is looked up in Python each time
_BY_STATE: Final = Turn.BY_STATE


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


_a_past: Final = maker(Past)
_a_moment: Final = maker(Moment)
_asked: Final = maker(Asked)
_an_acceptance: Final = maker(Accepted)


def accepted(asked: Asked, entry: Entry | None) -> Accepted:
    """The effect of an event that passed, in one new thread where no clock and no fact of the work moves."""
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
    elif row.turn is _BY_STATE:
        after = replaced(after, turn=turn_by_state(after))
    if row.clocks:
        after = apply_effects(after, row.clocks, header, asked.moment)
    return _an_acceptance(row, after, _warnings(header, thread))


def accepted_again(asked: Asked, entry: Entry | None) -> Accepted:
    """The effect of what is sent again after a protest: the thread gets the new content and its turn back."""
    thread, header, row, moment = asked.thread, asked.header, asked.row, asked.moment
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
        change = "letter" if after.appraisal is None else "appraisal_letter"
        after = with_statutory(CHANGES[change](asked, after), moment.roster)
    elif row.change in _UNSETTLED_CHANGES and thread.state in {row.target, *row.sources}:
        after = CHANGES[row.change](asked, after)
    if entry is not None:
        after = entered(after, header, sequence=entry.thread_sequence, entry_digest=entry.digest)
    return _an_acceptance(row, after, _warnings(header, thread))


def enacted(
    thread: ThreadState, header: Header, row: Row, *, roster: RosterView, at: datetime, entry: Entry | None = None
) -> Accepted:
    """What `judge` gives for an event that is known to pass by this row: its effect alone.

    For a node whose own envelope comes back accepted: it judged the same header by the same roster on the same thread,
    on the same day. Not for what is sent again after a protest, whose effect is another. NOT checked: anything at all.
    """
    return accepted(_asked(thread, header, row, _a_moment(at, day_of(at), roster), _nothing_known), entry)


def entered(thread: ThreadState, header: Header, *, sequence: int, entry_digest: bytes) -> ThreadState:
    """The thread once the accepted event's entry is known: its place, and what staleness needs of it."""
    return replaced(thread, **_place(thread, header, sequence, entry_digest))


def placed(judged: Accepted, header: Header, *, sequence: int, entry_digest: bytes) -> ThreadState:
    """As `entered`, for what `judge` has just given without an entry: its thread is new, and itself is filled in.

    Nobody may hold `judged.thread` but the caller, who goes on with what this gives.
    """
    return completed(judged.thread, **_place(judged.thread, header, sequence, entry_digest))


class Later(NamedTuple):
    """An accepted neutral entry as a row of a store has it: what is left of it in the thread."""

    sequence: int
    kind: Kind
    sender: str
    entry_digest: bytes
    header_digest: bytes
    at: datetime


def caught_up(thread: ThreadState, later: Sequence[Later]) -> ThreadState:
    """The thread after these entries too, of which `merely_entered` was true when each was accepted.

    Raises:
        Refusal: INTERNAL for entries that do not follow one another from the thread's own.
    """
    if not later:
        return thread
    if [each.sequence for each in later] != list(range(thread.sequence + 1, thread.sequence + 1 + len(later))):
        raise Refusal(Reason.INTERNAL, field="thread")
    past = [_a_past(x.sequence, x.kind, x.sender, x.entry_digest[:16], x.header_digest[:16], False) for x in later]
    last = later[-1]
    return replaced(
        thread,
        sequence=last.sequence,
        last_entry_digest=last.entry_digest,
        state_version=thread.state_version + len(later),
        recent=(*thread.recent, *past)[-MOST_NEUTRAL_KEPT:],
        changed_at=last.at,
    )


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
        case Turn.SAME | Turn.PROTESTED | Turn.BY_STATE:
            return thread.turn


def _moved(thread: ThreadState, header: Header) -> tuple[tuple[str, bytes], ...]:
    others = tuple(move for move in thread.last_moves if move[0] != header.sender_unit)
    return (*others, (header.sender_unit, header.digest))


def _warnings(header: Header, before: ThreadState) -> tuple[str, ...]:
    """What is legal and seldom wise, or what another organ decides on.

    A simple case has 15 days in all (条例 Art 20): delegating it leaves little. A re-appraisal asked for late is the
    province's to judge (条例 Art 26).
    """
    if header.kind in _LETTERS and header.clock.procedure is Procedure.SIMPLE:
        return ("SIMPLE_PROCEDURE",)
    if header.kind is Kind.REAPPRAISAL_REQUESTED and isinstance(header.declared, ConclusionDeclared):
        window = before.clock("reappraisal")
        if window is not None and header.declared.on > window.due.legal:
            return ("REAPPRAISAL_LATE",)
    return ()
