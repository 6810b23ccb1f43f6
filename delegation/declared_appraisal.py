"""What the kinds of an appraisal declare in the open, as frozen values (protocol 5.9, 13; declared.proto).

Figures, days, digests and positions; no speciality, no name, no finding. `model` joins them to those of other kinds.
"""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from delegation.draw import Picks, Stratum


@dataclass(frozen=True, slots=True)
class StrataDeclared:
    """For SPECIALTY_DETERMINED and PANEL_SHORT; `eligible_root` is empty with the latter."""

    draw: int
    strata: tuple[Stratum, ...]
    pool_version: int
    eligible_root: bytes = b""


@dataclass(frozen=True, slots=True)
class DrawCommittedDeclared:
    """For DRAW_COMMITTED (protocol 13.3)."""

    draw: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class DrawRevealedDeclared:
    """For DRAW_REVEALED and DRAW_REVEALED_FOR; `unit` is the side whose secret it is."""

    draw: int
    unit: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class DrawVoidedDeclared:
    """For DRAW_VOIDED; `unit` is the side that did not show its secret, empty where nobody is at fault."""

    draw: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class PanelDeclared:
    """For PANEL_DRAWN: size and root of the log, and the picks of each stratum in its order (protocol 13.6)."""

    draw: int
    log_size: int
    log_root: bytes
    picks: tuple[Picks, ...]


@dataclass(frozen=True, slots=True)
class ReplacementDeclared:
    """For PANEL_REPLACED: stratum from 0, positions of who leaves and of the reserve that enters."""

    draw: int
    stratum: int
    leaves: int
    enters: int


@dataclass(frozen=True, slots=True)
class AppointmentDeclared:
    """For SCHEDULED and RESCHEDULED; `instead_of` only with the latter."""

    on: date
    instead_of: date | None = None


@dataclass(frozen=True, slots=True)
class NotifiedDeclared:
    """For WORKER_NOTIFIED: when the notice was served, and the day of the examination that it names."""

    served_on: date
    examination_on: date


@dataclass(frozen=True, slots=True)
class AttendanceDeclared:
    """For NO_SHOW and EXAMINED; absences that count so far, 0 with EXAMINED."""

    on: date
    absences: int = 0


@dataclass(frozen=True, slots=True)
class TestsDeclared:
    """For EXTRA_TESTS: by when results are expected."""

    __test__ = False  # no class of tests, whatever its name says

    expected_on: date


@dataclass(frozen=True, slots=True)
class OpinionDeclared:
    """For OPINION_FORMED and APPRAISAL_REPORTED; no field for a grade."""

    experts: int
    signed: int
    dissenting: int = 0
    warnings_answered: int = 0
    warnings_open: int = 0
    reused_materials: int = 0
    draw: int = 1


@dataclass(frozen=True, slots=True)
class ExpertsDeclared:
    """For EXPERTS_PROPOSED, EXPERTS_ADMITTED and EXPERTS_CONFIRMED."""

    experts: int


@dataclass(frozen=True, slots=True)
class RecusalDeclared:
    """For RECUSAL_ANSWERED: the expert was replaced or will be."""

    upheld: bool


@dataclass(frozen=True, slots=True)
class ConclusionDeclared:
    """For CONCLUSION_ISSUED, CONCLUSION_SERVED, REAPPRAISAL_REQUESTED and REAPPRAISAL_RESULT."""

    on: date


@dataclass(frozen=True, slots=True)
class PanelVoidedDeclared:
    """For PANEL_VOIDED: the draw whose panel it is."""

    draw: int


AppraisalDetail: TypeAlias = (
    StrataDeclared
    | DrawCommittedDeclared
    | DrawRevealedDeclared
    | DrawVoidedDeclared
    | PanelDeclared
    | ReplacementDeclared
    | AppointmentDeclared
    | NotifiedDeclared
    | AttendanceDeclared
    | TestsDeclared
    | OpinionDeclared
    | ExpertsDeclared
    | RecusalDeclared
    | ConclusionDeclared
    | PanelVoidedDeclared
)
