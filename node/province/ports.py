"""What the pages and the interface of a provincial office ask of its node.

Everything here is made of headers and entries that the office may see: no name, no number of a person, no case text.
What lies outside the scope is not there; a filter that leaves the scope gives nothing and says so (`outside`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

from delegation.codes import Kind, Matter, Priority
from delegation.figures import Count, Period, Span, Tally
from delegation.model import DueDate
from delegation.table import BusinessStatus, State
from node.desk.ports import Actor
from node.province.scoreboard import DEFAULTS, Scoreboard


class Business(StrEnum):
    """Which delegations."""

    ALL = "all"
    INVESTIGATION = "investigation"
    APPRAISAL = "appraisal"


class Route(StrEnum):
    """How the host is reached; paper threads are counted apart."""

    WIRE = "wire"
    PAPER = "paper"
    ALL = "all"


class Flow(StrEnum):
    """Which way over the province's border."""

    ALL = "all"
    WITHIN = "within"  # home and host in the province
    OUT = "out"  # its cities delegate elsewhere
    IN = "in"  # its cities are asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked at. `home`, `host`: region codes of two, four or six digits, or unit codes; empty: every one."""

    period: Period
    business: Business = Business.ALL
    route: Route = Route.WIRE
    flow: Flow = Flow.ALL
    matter: Matter = Matter.UNSPECIFIED
    home: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class AsOf:
    """What the figures are computed at: the log's size and signed checkpoint, when it was taken over, the day."""

    log_size: int
    checkpoint: bytes
    at: datetime
    today: date
    current: bool  # False while the registry was not heard for long, or the copy is still catching up


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a trend, by its Monday."""

    monday: date
    issued: int
    results: int
    results_late: int
    ended: int


@dataclass(frozen=True, slots=True)
class PlaceTally:
    """Figures of one city (region code) or unit (unit code), as home and as host."""

    code: str
    as_home: Tally
    as_host: Tally


@dataclass(frozen=True, slots=True)
class Overview:
    """The page of the morning."""

    as_of: AsOf
    wanted: Wanted
    tally: Tally
    paper: Tally
    weeks: tuple[Week, ...]
    cities: tuple[PlaceTally, ...]  # by province, prefecture or unit (`node.province.grouping`)
    late_with: tuple[tuple[str, int], ...]  # unit that has to act, how many are late with it; most first
    outside: str = ""  # why nothing is shown: the part of the filter that lies outside the scope
    scoreboard: Scoreboard = DEFAULTS  # where the bands of a place begin, as the operator set it


@dataclass(frozen=True, slots=True)
class FlowCell:
    """One pair of prefectures."""

    home: str
    host: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class FlowTable:
    """The flow matrix, without the empty cells."""

    as_of: AsOf
    cells: tuple[FlowCell, ...]
    outside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One delegation in a list."""

    thread_id: str
    matter: Matter
    priority: Priority
    home_unit: str
    host_unit: str
    leg: int
    on_paper: bool
    state: State
    status: BusinessStatus
    issued_at: datetime
    changed_at: datetime
    due: DueDate | None
    late_days: int  # natural days over the due date, 0 when it is not late
    reminders: int
    supervisions: int
    supervision_open: bool
    left: bool = False  # goes on in another province: no longer in hand for who looks


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of a list."""

    as_of: AsOf
    lines: tuple[Line, ...]
    total: int
    next_token: str = ""
    outside: str = ""


class Listed(StrEnum):
    """What is listed beside counts: what two of them leave over, and what several are together."""

    RESULTS_LATE = "results_late"  # with an agreed day, and after it
    ENDED = "ended"  # completed, withdrawn, cancelled or terminated


@dataclass(frozen=True, slots=True)
class Behind:
    """The list behind a figure: everything that it counts, or of one span, or late with one unit or place."""

    count: Count | None = None
    span: Span | None = None
    late_with: str = ""
    week: date | None = None
    listed: Listed | None = None


class SortBy(StrEnum):
    """A column of a list that it may be sorted by."""

    URGENCY = "urgency"  # the earliest day first, a priority's bonus allowed for; then what has none; then what ended
    ISSUED = "issued"
    HOME = "home"  # by region code
    HOST = "host"
    MATTER = "matter"


@dataclass(frozen=True, slots=True)
class Sorting:
    """The order of a list; within one value by thread, always upwards."""

    by: SortBy = SortBy.URGENCY
    down: bool = False


USUAL: Final = Sorting()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a public timeline."""

    sequence: int
    leaf: int
    kind: Kind | None  # None for negative evidence
    label: str
    sender: str
    leg: int
    claimed_at: datetime | None
    accepted_at: datetime
    due: tuple[DueDate, ...]
    reasons: tuple[str, ...] = ()
    declared: Mapping[str, str] = field(default_factory=dict)
    missed_clock: str = ""
    awaited: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A delegation as headers and entries tell it."""

    as_of: AsOf
    line: Line
    steps: tuple[Step, ...]


class Oversight(Protocol):
    """Read-only views of a provincial office. Each raises Refusal ROLE_MISSING for a person who may not look."""

    async def overview(self, actor: Actor, wanted: Wanted) -> Overview:
        """The figures of the scope."""

    async def flows(self, actor: Actor, wanted: Wanted) -> FlowTable:
        """The flow matrix, home by host: prefectures; provinces where the whole country is asked for."""

    async def lines(
        self,
        actor: Actor,
        wanted: Wanted,
        behind: Behind,
        *,
        sorting: Sorting = USUAL,
        page_token: str = "",
        limit: int = 50,
    ) -> Lines:
        """The delegations behind a figure, the most urgent first unless another order is asked for."""

    async def timeline(self, actor: Actor, thread_id: str) -> Timeline:
        """One delegation. Raises Refusal NOT_FOUND for an unknown one and for one outside the scope alike."""
