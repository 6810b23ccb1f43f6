"""What a provincial office sees: figures, flows, lists, timelines. Made of headers and entries: no name, no case text.

Every answer says what it is computed at (`as_of`); figures say over which days, and where a filter leaves the scope.
"""

from base64 import b64encode
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, computed_field

from delegation.clock_specs import legal_source
from delegation.figures import Basis, Count, Span
from gateway.glossary import outside_text
from gateway.schemas.base import Answer, Details
from node.desk.labels import clock_label, state_label
from node.province.scoreboard import Band, Measure


def _name(code: object) -> object:
    """A code by its name, as everywhere in the interface; none is empty."""
    return code.name if isinstance(code, Enum) else code or ""


def _rows(pairs: object) -> object:
    """Pairs of a unit and a number as rows."""
    return [{"unit": unit, "delegations": number} for unit, number in pairs] if isinstance(pairs, tuple) else pairs


Name = Annotated[str, BeforeValidator(_name)]
ShareName = Literal["on_time", "accepted_quickly", "returned", "refused", "transferred", "supplemented", "adopted"]
Base64 = Annotated[
    bytes,
    PlainSerializer(lambda data: b64encode(data).decode("ascii"), return_type=str),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]


class AsOfOut(Answer):
    """What an answer is computed at: the log's size, its signed checkpoint, when that was taken over, and the day.

    `current` is false while the registry was not heard for long, or the office's copy is still catching up.
    """

    log_size: int
    checkpoint: Base64
    """The signed note, in Base64; empty before the first."""
    at: datetime
    today: date
    """The day on which lateness is judged."""
    current: bool


class PeriodOut(Answer):
    """Days of Asia/Shanghai, both included."""

    first: date
    last: date


class DaysOut(Answer):
    """Natural days of a step: of how many, the middle one, the one that nine of ten do not exceed, their sum."""

    count: int
    median: float
    p90: int
    total: int
    mean: float


class TallyOut(Answer):
    """Figures by their codes, which `readProvinceFigures` explains. What is not named is 0, or had none."""

    counts: dict[Count, int]
    days: dict[Span, DaysOut]
    shares: dict[ShareName, float]
    """Between 0 and 1."""


class WeekOut(Answer):
    """One week of a trend, by its Monday."""

    monday: date
    issued: int
    results: int
    results_late: int
    ended: int


class JudgedOut(Answer):
    """A measure of a place as host: its band, the share or the average days, over how many delegations.

    `few`: too few to judge; `none`: no delegation at all.
    """

    band: Band
    value: float | None
    of: int


class ScoreboardOut(Answer):
    """Where bands begin, as the operator set them: shares at least, days at most, of no fewer delegations."""

    quick_green: float
    quick_yellow: float
    days_green: float
    days_yellow: float
    on_time_green: float
    on_time_yellow: float
    least_cases: int


class PlaceTallyOut(Answer):
    """Figures of one province, city (region code) or unit, as home and as host; `bands` judge it as host."""

    code: str
    as_home: TallyOut
    as_host: TallyOut
    bands: dict[Measure, JudgedOut]


class LateWithOut(Answer):
    """How many are late with a unit that has to act."""

    unit: str
    delegations: int


class FiguresOut(Answer):
    """What figures have in common."""

    as_of: AsOfOut
    period: PeriodOut
    outside: Literal["", "home", "host"]
    """The part of the filter that lies outside the scope, for which nothing is shown."""

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated property
    @property
    def outside_zh(self) -> str:
        """Why nothing is shown; empty for a filter inside."""
        return outside_text(self.outside)[0]

    @computed_field  # type: ignore[prop-decorator] # as above
    @property
    def outside_en(self) -> str:
        """The same."""
        return outside_text(self.outside)[1]


class OverviewOut(FiguresOut):
    """The figures of the morning; delegations on paper are counted apart."""

    tally: TallyOut
    paper: TallyOut
    weeks: tuple[WeekOut, ...]
    cities: tuple[PlaceTallyOut, ...]
    late_with: Annotated[tuple[LateWithOut, ...], BeforeValidator(_rows)]
    """Most first."""
    scoreboard: ScoreboardOut


class FlowCellOut(Answer):
    """One pair of prefectures, or of provinces where the whole country is asked for."""

    home: str
    host: str
    tally: TallyOut


class FlowsOut(FiguresOut):
    """The flow matrix, without the empty cells."""

    cells: tuple[FlowCellOut, ...]


class OversightDueOut(Answer):
    """A due date that counts: who must act, until when, on what ground."""

    clock: str
    unit: str
    nominal: date
    legal: date
    provisional: bool

    @computed_field  # type: ignore[prop-decorator] # as above
    @property
    def label(self) -> str:
        """The clock in words."""
        return clock_label(self.clock)

    @computed_field  # type: ignore[prop-decorator] # as above
    @property
    def source(self) -> str:
        """Where its time comes from."""
        return legal_source(self.clock)


class OverseenOut(Answer):
    """One delegation in a list. `late_days` are natural days over the due date, 0 when it is not late."""

    delegation_id: str = Field(validation_alias="thread_id")
    matter: Name
    priority: Name
    home_unit: str
    host_unit: str
    leg: int
    on_paper: bool
    state: str
    business_status: str = Field(validation_alias="status")
    issued_at: datetime
    changed_at: datetime
    due: OversightDueOut | None
    late_days: int
    reminders: int
    supervisions: int
    supervision_open: bool
    left: bool
    """Goes on in another province: no longer in hand here."""

    @computed_field  # type: ignore[prop-decorator] # as above
    @property
    def state_label(self) -> str:
        """The state in words."""
        return state_label(self.state)


class OverseenPage(FiguresOut):
    """A page of the delegations behind a figure, the most urgent first; `next_page_token` is empty at the end."""

    items: tuple[OverseenOut, ...]
    total: int
    next_page_token: str


class StepOut(Answer):
    """One line of a public timeline; `kind` is empty for evidence that something was not done (`missed_clock`)."""

    sequence: int
    leaf: int
    kind: Name
    label: str
    sender: str
    leg: int
    claimed_at: datetime | None
    accepted_at: datetime
    due: tuple[OversightDueOut, ...]
    reasons: tuple[str, ...]
    declared: Details
    missed_clock: str
    awaited: str


class TimelineOut(Answer):
    """A delegation as headers and entries tell it."""

    as_of: AsOfOut
    delegation: OverseenOut = Field(validation_alias="line")
    steps: tuple[StepOut, ...]


class FigureOut(Answer):
    """A figure: its code, its words, what it counts, over which delegations."""

    code: str
    measure: Literal["count", "days", "share", "list"]
    """A list is of no figure of its own: what several counts leave over, or make up."""
    basis: Basis
    label_zh: str
    label_en: str
    counts_zh: str
    counts_en: str
    part: str
    """Of a share: the count above the line."""
    of: str
    """Of a share: the count below it."""


class BasisOut(Answer):
    """Over which delegations a figure counts."""

    code: Basis
    text_zh: str
    text_en: str


class GlossaryOut(Answer):
    """Every figure and every basis."""

    figures: tuple[FigureOut, ...]
    bases: tuple[BasisOut, ...]
