"""The thread judged again from its first entry: what the registry said of each, and what this node kept at the end.

Two threads are carried along. The registry's counts what it logged: deliveries and negative evidence in the order of
the log, dates computed anew when a calendar was published. The node's is what `node.threads` makes of the same entries.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from delegation.codes import Kind
from delegation.errors import Refusal, Refused
from delegation.lifecycle import certified, delivered, entered, judge, recompute
from delegation.model import DueDate, Entry, EnvelopeRef, Header
from delegation.roster_view import RosterView
from delegation.thread_state import OpenClock, Pending, ThreadState
from node.records import OutboxRecord
from node.threads import Known
from node.verification.deliveries import Delivered, Missed, is_applied
from node.verification.entries import Read
from node.verification.report import Book, Doubt
from node.verification.rows import Rows

_REFUSED = frozenset({"refused", "reissued", "dropped"})
_FIXED = frozenset({"statutory", "cap"})


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What the replay comes to. `ours` as this node keeps it; `roles` of our units; None when it broke off."""

    ours: ThreadState | None = None
    roles: dict[str, str]
    letter_sequence: int = 0
    priority: int = 0
    place: str = ""


class _Threads:
    """Both threads, and the calendar that the registry's was last computed by."""

    def __init__(self) -> None:
        self.ours: ThreadState | None = None
        self.theirs: ThreadState | None = None
        self.calendar = 0
        self.more = False  # the registry counted something that was not shown to us

    def publish(self, entry: Entry, roster: RosterView) -> ThreadState | None:
        """The registry's thread computed anew, when a calendar was published since; None when none was."""
        before, self.calendar = self.calendar, max(self.calendar, entry.versions.calendar)
        if self.theirs is None or not before or self.calendar == before:
            return None
        again = recompute(self.theirs, roster)
        return None if again == self.theirs else again


def replay(
    book: Book,
    rows: Rows,
    entries: list[Read],
    deliveries: list[Delivered],
    negatives: list[Missed],
    *,
    units: frozenset[str],
) -> Replayed:
    """Judge every entry again in the order of the log; a line each for state, version and due dates."""
    events: list[tuple[int, Read | Delivered | Missed]] = [(read.entry.leaf_index, read) for read in entries]
    events += [(item.entry.leaf_index, item) for item in deliveries if is_applied(item)]
    events += [(item.entry.leaf_index, item) for item in negatives]
    threads, found = _Threads(), Replayed(roles={})
    known: dict[tuple[str, str], bytes] = {}
    is_known = _knows(known, rows.outbox)
    for _, event in sorted(events, key=lambda item: item[0]):
        match event:
            case Read():
                if not _enter(book, threads, event, is_known):
                    return found
                known[event.header.sender_unit, event.header.envelope_id] = event.header.digest
                _note(found, threads, event, units)
            case Delivered():
                _deliver(threads, event)
            case Missed():
                _miss(book, threads, event)
    found.ours = threads.ours
    return found


def _knows(known: dict[tuple[str, str], bytes], outbox: tuple[OutboxRecord, ...]) -> Known:
    refused = {(row.sender_unit, row.envelope_id): row.header_digest for row in outbox if row.state in _REFUSED}

    def is_known(ref: EnvelopeRef) -> str:
        key = (ref.sender_unit, ref.envelope_id)
        if known.get(key) == ref.header_digest:
            return "accepted"
        return "refused" if refused.get(key) == ref.header_digest else "unknown"

    return is_known


def _enter(book: Book, threads: _Threads, read: Read, is_known: Known) -> bool:
    """One envelope. False when nothing after it can be judged."""
    header, entry, roster, sequence = read.header, read.entry, read.trust.view, read.record.sequence
    again = threads.publish(entry, roster)
    try:
        ours = judge(threads.ours, header, roster=roster, at=entry.accepted_at, is_known=is_known)
        candidates = [
            judge(thread, header, roster=roster, at=entry.accepted_at, is_known=is_known)
            for thread in ([threads.theirs] if again is None else [again, threads.theirs])
        ]
    except (Refusal, ValueError):
        book.fail("judgement", Doubt.DAMAGED, sequence)
        return False
    if isinstance(ours, Refused) or isinstance(candidates[-1], Refused):
        refused = ours if isinstance(ours, Refused) else candidates[-1]
        book.fail("judgement", refused.reason.value if isinstance(refused, Refused) else Doubt.DIFFERS, sequence)
        if threads.ours is None or threads.theirs is None:
            return False
        # The order stands, the event has no effect: as this node keeps it.
        threads.ours = _entered(threads.ours, header, entry)
        threads.theirs = _entered(threads.theirs, header, entry)
        return True
    book.ok("judgement", sequence)
    accepted = [outcome for outcome in candidates if not isinstance(outcome, Refused)]
    chosen = next((one for one in accepted if one.due_dates == entry.due_dates), accepted[0])
    version = chosen.thread.state_version
    if entry.state_version > version:  # counted there, not shown here: from now on as many more
        threads.more = True
        book.open("state_version", Doubt.EVENTS_NOT_HELD, sequence)
    else:
        book.equal("state_version", entry.state_version, version, sequence)
    _compare_dates(book, threads, entry, chosen.due_dates, sequence)
    threads.ours = _entered(ours.thread, header, entry)
    threads.theirs = replace(_entered(chosen.thread, header, entry), state_version=max(version, entry.state_version))
    return True


def _compare_dates(book: Book, threads: _Threads, entry: Entry, due_dates: tuple[DueDate, ...], sequence: int) -> None:
    """All dates are equal; where the registry knows of deliveries that we do not, those that envelopes alone decide."""
    if entry.due_dates == due_dates:
        book.ok("due_dates", sequence)
    elif threads.more and _fixed(entry.due_dates) == _fixed(due_dates):
        book.open("due_dates", Doubt.EVENTS_NOT_HELD, sequence)
    else:
        book.fail("due_dates", Doubt.DIFFERS, sequence)


def _fixed(due_dates: tuple[DueDate, ...]) -> list[DueDate]:
    return [due for due in due_dates if due.clock in _FIXED]


def _entered(thread: ThreadState, header: Header, entry: Entry) -> ThreadState:
    return entered(thread, header, sequence=entry.thread_sequence, entry_digest=entry.digest)


def _deliver(threads: _Threads, event: Delivered) -> None:
    record, roster, at = event.record, event.trust.view, event.entry.accepted_at
    again = threads.publish(event.entry, roster)
    if again is not None:
        threads.theirs = again
    threads.ours = _delivered(threads.ours, record.header_digest, record.unit, at, roster)
    threads.theirs = _delivered(threads.theirs, record.header_digest, record.unit, at, roster)


def _delivered(
    thread: ThreadState | None, digest: bytes, unit: str, at: datetime, roster: RosterView
) -> ThreadState | None:
    return None if thread is None else delivered(thread, digest, unit=unit, at=at, roster=roster)


def _miss(book: Book, threads: _Threads, event: Missed) -> None:
    """Negative evidence is about a clock that ran, with the day on which it ran out."""
    entry, detail, thread = event.entry, event.detail, threads.theirs
    subject = str(entry.leaf_index)
    clock = _clock(thread, event) if thread is not None else None
    if thread is None or clock is None:
        book.open("negative_clock", Doubt.EVENTS_NOT_HELD, 0, subject)
        return
    book.equal("negative_clock", detail.due, clock.due.legal, 0, subject)
    threads.theirs = certified(thread, clock)


def _clock(thread: ThreadState, event: Missed) -> OpenClock | None:
    detail = event.detail
    for clock in thread.open_clocks:
        if (clock.clock, clock.unit, clock.started_by) == (detail.clock, detail.awaited_unit, detail.started_by):
            return clock
    return None


def _note(found: Replayed, threads: _Threads, read: Read, units: frozenset[str]) -> None:
    """What the node's own columns are made of."""
    header, thread = read.header, threads.ours
    if read.record.sequence == 1:
        found.place = header.task_place.code if header.task_place is not None else ""
        found.priority = int(header.priority)
    if header.kind in (Kind.ISSUED, Kind.LETTER_CORRECTED):
        found.letter_sequence = read.record.sequence
    if header.kind in (Kind.ISSUED, Kind.LETTER_CORRECTED, Kind.PRIORITY_CHANGED):
        found.priority = int(header.priority) or found.priority
    if thread is None:
        return
    for unit in units:
        if unit == thread.home_unit:
            found.roles[unit] = "home"
        elif unit == thread.host_unit:
            found.roles[unit] = "host"
        elif unit in thread.parties:
            found.roles[unit] = "superior"
        elif thread.reads_until(unit) is not None:
            found.roles[unit] = "former_host"


def settled(thread: ThreadState) -> ThreadState:
    """The thread without the order in which deliveries came: they commute with every envelope."""
    return replace(
        thread,
        open_clocks=tuple(sorted(thread.open_clocks, key=_clock_key)),
        pending=tuple(sorted(thread.pending, key=_pending_key)),
        earlier=tuple(sorted(thread.earlier, key=lambda due: (due.clock, due.unit, due.legal, due.nominal))),
    )


def _clock_key(clock: OpenClock) -> tuple[str, str, str]:
    return clock.clock, clock.unit, clock.started_by.envelope_id


def _pending_key(pending: Pending) -> tuple[str, str, str]:
    return pending.clock, pending.unit, pending.started_by.envelope_id
