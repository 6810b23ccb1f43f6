"""A thread as every judge holds it: home, host and registry compute the same value from the same entries (protocol 5).

It is a value: an event gives another one. `sequence`, `last_entry_digest` and the history move only when the entry is
known (`lifecycle.entered`). What staleness needs of the past is kept short and bounded: all moves, and the last neutral
events, apart from one another, so that a neutral event touches the few neutral ones alone.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Final

from delegation.appraisal_facts import AppraisalFacts
from delegation.codes import Kind, LegalBasis, Matter, Priority, ThreadType
from delegation.model import ClockFacts, DueDate, EnvelopeRef, TaskPlace
from delegation.table import BusinessStatus, State

MOST_MOVES_KEPT: Final = 96  # a thread with every round, extension and leg has about forty
MOST_NEUTRAL_KEPT: Final = 16
MOST_CLOCKS: Final = 64
MOST_EARLIER: Final = 32
MOST_QUESTIONS: Final = 32


@dataclass(frozen=True, slots=True)
class Past:
    """One entry of the thread as staleness needs it; the first 16 bytes of its digest and of its header's."""

    sequence: int
    kind: Kind
    sender: str
    digest16: bytes
    header16: bytes
    noted: bool  # some row does not commute with it: kept longer, in `ThreadState.noted`


_sequence_of: Final = attrgetter("sequence")


@dataclass(frozen=True, slots=True)
class Shift:
    """What moved an agreed due date after its start, in order: `extend` and `shorten` by days, `pause` from to."""

    what: str
    days: int = 0
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClock:
    """A clock that runs. `days` are working days from `starts_on`, 0 for one of half a year; `due` counts now."""

    clock: str
    unit: str
    started_by: EnvelopeRef
    starts_on: date
    days: int
    due: DueDate
    shifts: tuple[Shift, ...] = ()
    paused_on: date | None = None
    certified: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """A clock that starts when this envelope is delivered to this unit; void when an act came first."""

    clock: str
    unit: str
    awaited: str
    started_by: EnvelopeRef
    void: bool = False


@dataclass(frozen=True, slots=True)
class FormerHost:
    """The host of an earlier leg: it may read the thread up to `last_sequence` and nothing later."""

    unit: str
    leg: int
    last_sequence: int
    investigated: bool


@dataclass(frozen=True, slots=True)
class Protested:
    """An envelope that its recipient protested and that was not sent again yet."""

    envelope: EnvelopeRef
    kind: Kind
    turn_before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """The letter in force, as the header shows it."""

    ref: EnvelopeRef
    commitment: bytes
    place: TaskPlace | None
    clock: ClockFacts
    priority: Priority
    agreement_id: str
    legal_basis: LegalBasis
    items: int
    mandatory_items: int
    short_time: bool = False
    on_paper: bool = False
    changed_subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFacts:
    """What happened in the leg so far, as far as a later row asks for it."""

    returned: tuple[tuple[str, str], ...] = ()  # code and subject of every defect of the last return
    returns: int = 0
    transferred_to: str = ""
    transfer_reason: str = ""
    designated: str = ""
    designated_by_province: bool = False
    votes: tuple[tuple[str, str], ...] = ()  # province, unit named
    national: str = ""
    refusal_reasons: tuple[str, ...] = ()
    refusal_by_silence: bool = False
    extension_asked: int = 0  # working days; 0 when no request is open
    extension_request: EnvelopeRef | None = None
    extension_round: int = 0  # the round in which one was asked
    paused_since: date | None = None
    pause_reason: str = ""
    investigated: bool = False
    supplement_items: int = 0
    reported_by: EnvelopeRef | None = None
    unable: bool = False
    amendments: tuple[tuple[str, str, int], ...] = ()  # author, subject, version
    green_changed: bool = False  # the green channel came by PRIORITY_CHANGED, not by the letter
    green_since: datetime | None = None  # when that change was delivered to the host
    late: tuple[tuple[str, str], ...] = ()  # clock, unit: acted after the due date


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadState:
    """A thread. Days are of Asia/Shanghai; `turn` is a unit code, empty where nobody or several may move."""

    thread_id: str
    thread_type: ThreadType
    matter: Matter
    case_id: str
    home_unit: str
    host_unit: str
    provinces: tuple[str, ...]
    leg: int = 1
    round: int = 1
    hop: int = 0
    state: State = State.NONE
    turn: str = ""
    business_status: BusinessStatus = BusinessStatus.DRAFT
    paused: bool = False
    sequence: int = 0
    last_entry_digest: bytes = b""
    state_version: int = 0
    letter: LetterFacts | None = None
    work: WorkFacts = field(default_factory=WorkFacts)
    statutory: DueDate | None = None
    cap: DueDate | None = None
    open_clocks: tuple[OpenClock, ...] = ()
    pending: tuple[Pending, ...] = ()
    earlier: tuple[DueDate, ...] = ()  # dates that a later one took the place of
    noted: tuple[Past, ...] = ()  # the last entries with which some row does not commute: all moves, in practice
    recent: tuple[Past, ...] = ()  # the last of the others
    last_moves: tuple[tuple[str, bytes], ...] = ()  # sender, digest of its last accepted move
    former_hosts: tuple[FormerHost, ...] = ()
    former_homes: tuple[str, ...] = ()
    archived_by: tuple[str, ...] = ()
    protests: tuple[Protested, ...] = ()
    terms_digest: bytes = b""  # of an agreement's thread
    pool_version: int = 0  # of a unit's own thread
    delivered_at: datetime | None = None
    changed_at: datetime | None = None
    appraisal: AppraisalFacts | None = None  # of an appraisal, from its letter on

    @property
    def history(self) -> tuple[Past, ...]:
        """What is kept of the past, in order; made anew each time."""
        return tuple(sorted((*self.noted, *self.recent), key=_sequence_of))

    @property
    def parties(self) -> frozenset[str]:
        """Every unit that may read the whole thread: home, host, their provinces, the national office once asked."""
        units = {self.home_unit, self.host_unit, *self.provinces, self.work.national}
        return frozenset(units - {""})

    def reads_until(self, unit: str) -> int | None:
        """Up to which sequence the unit may read; None when it may not read at all."""
        if unit in self.parties:
            return self.sequence
        ends = [former.last_sequence for former in self.former_hosts if former.unit == unit]
        if unit in self.former_homes:
            ends.append(self.sequence)
        return max(ends, default=None)

    @property
    def due_dates(self) -> tuple[DueDate, ...]:
        """The due dates that count now: statutory, cap, and every clock that runs and is not paused."""
        found = [due for due in (self.statutory, self.cap) if due is not None]
        if self.open_clocks:
            found += [clock.due for clock in self.open_clocks if clock.paused_on is None]
        return tuple(found)

    @property
    def deadlines(self) -> tuple[OpenClock, ...]:
        """The clocks that run and are not paused."""
        return tuple(clock for clock in self.open_clocks if clock.paused_on is None)

    @property
    def on_paper(self) -> bool:
        """Whether the host of the leg is no member and the home records its acts."""
        return self.letter is not None and self.letter.on_paper

    def clock(self, name: str, *, unit: str = "") -> OpenClock | None:
        """The open clock of that name, of that unit when one is named."""
        for clock in self.open_clocks:
            if clock.clock == name and unit in {"", clock.unit}:
                return clock
        return None

    def last_move_of(self, unit: str) -> bytes | None:
        """The header digest of the unit's last accepted move."""
        for sender, digest in self.last_moves:
            if sender == unit:
                return digest
        return None

    def other_side(self, unit: str) -> str:
        """The other one of home and host; empty for anyone else."""
        if unit == self.home_unit:
            return self.host_unit
        return self.home_unit if unit == self.host_unit else ""
