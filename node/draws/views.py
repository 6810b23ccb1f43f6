"""What the desk shows of an appraisal: how its experts were drawn, who sits, when the worker comes, what was found.

Names stand in it where this node could open the panel's body: home and host, no province.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class StratumView:
    """A stratum of the draw; speciality and label are empty where the plan's body is not ours to read."""

    specialty: str
    label: str
    seats: int
    reserves: int
    eligible: int


@dataclass(frozen=True, slots=True)
class DrawStepView:
    """One event of the draws so far, in order. `digest`: what it declares: list root, commitment, secret, log root."""

    draw: int
    kind: str
    label: str
    unit: str
    unit_name: str
    at: datetime
    sequence: int
    digest: bytes
    reasons: tuple[str, ...]
    about: str  # the side whose secret it is, or that is at fault


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """A place that the lot fell on. `status`: sits, reserve, left. Who it is is empty where we may not see it."""

    stratum: int
    position: int
    order: int  # among the seats, or among the reserves, of its stratum; from 1
    drawn_as: str  # seat | reserve
    status: str
    expert_id: str
    name: str
    title: str
    employer: str
    specialty: str
    specialty_label: str
    chair: bool = False  # 组长, by the rule of protocol 13.10


@dataclass(frozen=True, slots=True, kw_only=True)
class RecusalView:
    """An objection to an expert. `upheld` is None while nobody has answered."""

    envelope_id: str
    raised_by: str
    expert_id: str
    name: str
    reason: str
    raised_at: datetime
    upheld: bool | None
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentView:
    """An appointment as it stands or stood. `state`: stands, moved, missed, held."""

    day: date
    at: str  # local time, as typed
    place: str
    form: str
    bring: str
    contact_phone: str
    reason: str
    state: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentLine:
    """An appointment in the unit's calendar; `notified`: the worker was told of this day."""

    delegation_id: str
    worker_name: str
    appointment: AppointmentView
    notified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealFigure:
    """How often a unit showed its secret in time; `delegations` are those in which it did not."""

    unit: str
    unit_name: str
    committed: int
    revealed: int  # by itself
    shown_for: int  # by its provincial office
    void: int  # draws that fell because nobody showed it
    delegations: tuple[str, ...]
    since: datetime | None  # the first event that the figures count


@dataclass(frozen=True, slots=True, kw_only=True)
class AppraisalView:
    """An appraisal so far. Figures are those of the rule book; empty and None before it comes to them."""

    mode: str
    kind: str
    drawing_unit: str
    draw: int
    draw_over: bool
    strata: tuple[StratumView, ...]
    pool_version: int
    eligible_root: bytes
    plan_reason: str
    ineligible: tuple[tuple[str, int], ...]  # reason, how many
    log_size: int
    log_root: bytes
    checkpoint: str  # the signed note that this node kept before it showed its secret
    steps: tuple[DrawStepView, ...]
    panel: tuple[SeatView, ...]
    void_draws: tuple[tuple[int, str, str], ...]  # number, why, unit at fault
    defaults: tuple[tuple[str, int], ...]  # unit, secrets that it did not show in time
    recusals: tuple[RecusalView, ...]
    replacements_due: int
    appointments: tuple[AppointmentView, ...]
    appointed_on: date | None
    notices: tuple[tuple[date, date], ...]  # served on, for the examination on
    absences: int
    missed_on: date | None
    examined_on: date | None
    tests_until: date | None
    opinion: Mapping[str, object] | None  # as formed last, where we may read it
    opinion_figures: tuple[int, int, int, int]  # experts, signed, dissenting, warnings answered
    rejudged: int
    extended: bool
    proposed: int
    admitted: int
    concluded_on: date | None
    served_on: date | None
    reappraisal_on: date | None
    reappraised: bool
