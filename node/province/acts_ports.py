"""What a provincial office may do, as its pages and its interface ask for it: signed acts, never a look into a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from delegation.codes import AppraisalMode, Kind, Matter
from delegation.roster_records import AgreedTime
from delegation.table import State
from node.desk.ports import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one of several: queued or prepared, or why not. `move_id`, `version` of what is to be approved."""

    thread_id: str
    unit: str = ""
    move_id: str = ""
    version: int = 0
    reason: str = ""  # empty: done
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer to a supervision that came in."""

    thread_id: str
    unit: str
    sequence: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What waits for the office in one thread: `designation`, `opinion`, `coordination`, `agreement` or `reveal`."""

    what: str
    thread_id: str
    other_unit: str
    due: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An act of the office that waits for an approver's yes, or (`reviewed`) for the seal alone."""

    move_id: str
    version: int
    thread_id: str
    kind: Kind
    prepared_by: str  # staff id: this person approves it never
    prepared_at: datetime
    reviewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeWork:
    """What the office has to do, the earliest day first, and the answers that came in the last days, newest first."""

    waits: tuple[Waits, ...]
    answers: tuple[Answered, ...]
    prepared: tuple[Prepared, ...] = ()  # the oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """What an office may ask or decide in one delegation as its copy has it; the rule book judges the act itself.

    `designation` is empty (not now), `dispute` (asked for) or `reassign` (the own unit is late and did not answer).
    """

    seen: int  # number of the last entry
    turn: str = ""  # the side that has to act, where it may be reminded
    remind: tuple[str, ...] = ()
    supervise: tuple[str, ...] = ()
    coordinate: tuple[str, ...] = ()
    designation: str = ""
    named: str = ""  # the unit that this office named already
    claims: tuple[str, ...] = ()  # units that others say are competent, the latest first
    opinion: bool = False

    @property
    def any(self) -> bool:
        """Whether there is any act."""
        return bool(self.remind or self.supervise or self.coordinate or self.designation or self.opinion)


@dataclass(frozen=True, slots=True)
class NamedUnit:
    """A unit of the roster."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class OfficeUnits:
    """Members of the office's province, without itself, and the other members that are offices; by code."""

    own: tuple[NamedUnit, ...]
    offices: tuple[NamedUnit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """An agreement with another province's office: matters, modes and times for the units of both."""

    matters: tuple[Matter, ...]
    modes: tuple[AppraisalMode, ...] = ()
    times: tuple[AgreedTime, ...] = ()
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementLine:
    """An agreement or a proposal that the office is a party of. `terms` None: its body was purged or does not open."""

    thread_id: str
    other: str  # code of the other office
    other_name: str
    ours: bool  # proposed by this office
    state: State  # proposed, in_force or ended
    changed_at: datetime
    terms: Terms | None
    in_roster: bool  # the seal authority took it into the signed roster: it holds from then on


class ProvincialActs(Protocol):
    """Acts of an office. Each raises Refusal ROLE_MISSING unless the actor is a SUPERVISOR of such an office.

    An act on a thread first reads it from the registry as far as the office may; Refusal NOT_FOUND for a thread that is
    none of its units', UNAVAILABLE where the office holds nothing of it and the registry is away. What the table wants
    two persons for waits as a prepared move.
    """

    async def remind(self, actor: Actor, thread_ids: Sequence[str], text: str, *, unit: str = "") -> tuple[Done, ...]:
        """Remind `unit`, or whoever has to act: an envelope each, once a day, thread and side (QUOTA_EXCEEDED)."""

    async def supervise(self, actor: Actor, thread_id: str, *, unit: str, working_days: int, text: str) -> Done:
        """Ask a unit of the own province for an answer in so many working days.

        Refusal NOT_ALLOWED (why=other_province, office) for another province's unit: remind it, or `coordinate`.
        """

    async def designate(self, actor: Actor, thread_id: str, *, unit: str, seen: int, text: str) -> Done:
        """Name the competent unit, with the reason. `seen` is the last entry's number that the actor saw.

        Refusal STALE (since, kind, state, sequence, unit) when the thread has moved on since.
        """

    async def give_opinion(self, actor: Actor, thread_id: str, *, text: str) -> Done:
        """The office's opinion on a dispute."""

    async def coordinate(self, actor: Actor, thread_id: str, *, unit: str, text: str) -> Done:
        """Ask the office of another province's unit to see to it; it has five working days."""

    async def answer_coordination(self, actor: Actor, thread_id: str, *, text: str) -> Done:
        """Answer such a request."""

    async def announce(self, actor: Actor, units: Sequence[str], text: str) -> tuple[Done, ...]:
        """Announce to units of the own province, all of them where none is named: an envelope each."""

    async def propose_agreement(self, actor: Actor, office: str, terms: Terms) -> Done:
        """Propose an agreement between the units of both provinces."""

    async def countersign(self, actor: Actor, thread_id: str) -> Done:
        """Countersign what was proposed, in the very terms."""

    async def end_agreement(self, actor: Actor, thread_id: str) -> Done:
        """End an agreement, or decline a proposed one."""

    async def approve(self, actor: Actor, moves: Sequence[tuple[str, int]]) -> tuple[Done, ...]:
        """Approve and seal prepared acts (id and version each), each judged on the thread as it now stands."""

    async def waiting(self, actor: Actor) -> OfficeWork:
        """What waits for the office, and the answers to its supervisions of the last thirty days.

        For a READER and an APPROVER of the office too.
        """

    async def possible(self, actor: Actor, thread_id: str) -> Possible:
        """What the office may do now, by its own copy alone: no registry is asked. Refusal NOT_FOUND."""

    async def units(self, actor: Actor) -> OfficeUnits:
        """Whom the office may announce to, and with which offices it may agree."""

    async def agreements(self, actor: Actor) -> tuple[AgreementLine, ...]:
        """Its agreements and proposals, the latest change first, at most 200. For a READER and an APPROVER too."""
