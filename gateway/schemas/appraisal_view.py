"""Answers about an appraisal: the shapes of `node.draws.views`, field by field (a test keeps both equal)."""

from datetime import date, datetime

from gateway.schemas.base import Answer, Facts, Hex


class StratumOut(Answer):
    """A stratum of the draw; speciality and label are empty where the plan is not the caller's to read."""

    specialty: str
    label: str
    seats: int
    reserves: int
    eligible: int


class DrawStepOut(Answer):
    """One event of the draws so far. `digest`: list root, commitment, secret or log root, as the kind declares."""

    draw: int
    kind: str
    label: str
    unit: str
    unit_name: str
    at: datetime
    sequence: int
    digest: Hex
    reasons: tuple[str, ...]
    about: str


class SeatOut(Answer):
    """A place that the lot fell on. `drawn_as`: seat or reserve; `status`: sits, reserve, left."""

    stratum: int
    position: int
    order: int
    drawn_as: str
    status: str
    expert_id: str
    name: str
    title: str
    employer: str
    specialty: str
    specialty_label: str
    chair: bool


class RecusalOut(Answer):
    """An objection to an expert; `upheld` is null while nobody has answered."""

    envelope_id: str
    raised_by: str
    expert_id: str
    name: str
    reason: str
    raised_at: datetime
    upheld: bool | None
    answer: str
    answered_at: datetime | None


class AppointmentOut(Answer):
    """An appointment. `state`: stands, moved, missed, held."""

    day: date
    at: str
    place: str
    form: str
    bring: str
    contact_phone: str
    reason: str
    state: str
    sequence: int


class AppraisalOut(Answer):
    """An appraisal so far: the draw, who sits, the examination, the opinion, the conclusion."""

    mode: str
    kind: str
    drawing_unit: str
    draw: int
    draw_over: bool
    strata: tuple[StratumOut, ...]
    pool_version: int
    eligible_root: Hex
    plan_reason: str
    ineligible: tuple[tuple[str, int], ...]
    log_size: int
    log_root: Hex
    checkpoint: str
    steps: tuple[DrawStepOut, ...]
    panel: tuple[SeatOut, ...]
    void_draws: tuple[tuple[int, str, str], ...]
    defaults: tuple[tuple[str, int], ...]
    recusals: tuple[RecusalOut, ...]
    replacements_due: int
    appointments: tuple[AppointmentOut, ...]
    appointed_on: date | None
    notices: tuple[tuple[date, date], ...]
    absences: int
    missed_on: date | None
    examined_on: date | None
    tests_until: date | None
    opinion: Facts | None
    opinion_figures: tuple[int, int, int, int]
    rejudged: int
    extended: bool
    proposed: int
    admitted: int
    concluded_on: date | None
    served_on: date | None
    reappraisal_on: date | None
    reappraised: bool


class DrawFileOut(Answer):
    """The file that proves a draw (protocol 13.8), as `xieban draw verify` checks it."""

    format: str
    leg: int
    draw: int
    seal_authorities: tuple[str, ...]
    log: Facts
    certificates: tuple[str, ...]
    checkpoints: tuple[str, ...]
    consistency: tuple[tuple[str, ...], ...]
    draw_checkpoint: int
    draw_paths: tuple[tuple[str, ...], ...]
    thread: tuple[Facts, ...]
    pool: Facts | None
    experts: tuple[Facts, ...]
