"""What happened in an appraisal so far, as far as a later row asks for it: the draw, the panel, the examination.

Every judge computes the same from the same headers; positions and figures alone, no name and no finding (protocol 13).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from delegation.codes import AppraisalKind, AppraisalMode
from delegation.draw import Picks, Stratum
from delegation.model import EnvelopeRef

MOST_REJUDGES: Final = 2  # agreed, as two supplements are; then the home completes, disputes or has the panel voided
MOST_RECUSALS: Final = 16  # that wait for an answer at once
MOST_NOTICES: Final = 8
MOST_KEPT: Final = 64  # of void draws, defaults, replacements


@dataclass(frozen=True, slots=True)
class VoidDraw:
    """A draw that is over without a panel that stands: its number, why, and who is to blame (empty for nobody).

    `why` is D01 or D02, K05 for a voided panel, PANEL_SHORT, or the T code of the leg that ended it.
    """

    draw: int
    why: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class VoidPanel:
    """A panel whose members are never drawn again: its draw, its list, its members as stratum and position in it."""

    draw: int
    eligible_root: bytes
    members: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Replaced:
    """One seat that passed on: stratum, position of who left, of who entered."""

    stratum: int
    leaves: int
    enters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppraisalFacts:
    """Of one thread; a new leg begins anew but keeps the number of the draw and what was void."""

    mode: AppraisalMode
    kind: AppraisalKind
    # the draw
    draw: int = 0  # number of the last draw that was begun, 0 before the first
    strata: tuple[Stratum, ...] = ()
    pool_version: int = 0
    eligible_root: bytes = b""
    commitments: tuple[tuple[str, bytes], ...] = ()  # unit, commitment
    reveals: tuple[tuple[str, bytes], ...] = ()  # unit, secret
    log_size: int = 0
    log_root: bytes = b""
    picks: tuple[Picks, ...] = ()
    panel: tuple[tuple[int, int], ...] = ()  # who sits: stratum, position
    replaced: tuple[Replaced, ...] = ()
    void_draws: tuple[VoidDraw, ...] = ()
    void_panels: tuple[VoidPanel, ...] = ()
    defaults: tuple[tuple[str, int], ...] = ()  # unit, how many secrets it did not show in time
    # objections
    recusals: tuple[EnvelopeRef, ...] = ()  # those without an answer; all raised through the home
    replacements_due: int = 0  # upheld and not replaced yet; below 0, replaced before the answer
    void_demand: EnvelopeRef | None = None
    # the examination
    appointed_on: date | None = None
    moved: int = 0  # appointments that did not hold
    notices: tuple[tuple[date, date], ...] = ()  # served on, for the examination on
    absences: int = 0  # that count
    missed_on: date | None = None  # the last day on which nobody came, counted or not
    examined_on: date | None = None
    tests_until: date | None = None
    opinion_draw: int = 0  # of which draw's panel an opinion stands
    opinion: tuple[int, int, int, int] = (0, 0, 0, 0)  # experts, signed, dissenting, warnings answered
    rejudged: int = 0
    extended: bool = False
    # seconded experts
    proposed: int = 0
    admitted: int = 0
    # the conclusion
    concluded_on: date | None = None
    served_on: date | None = None
    reappraisal_on: date | None = None
    reappraised: bool = False

    @property
    def home_draws(self) -> bool:
        """Whether the home draws, from its own pool (聘请); else the host does."""
        return self.mode is AppraisalMode.EXPERT_SECONDMENT

    @property
    def draw_over(self) -> bool:
        """Whether the last draw was made void, or none was begun: the next one gets the next number."""
        return self.draw == 0 or any(void.draw == self.draw for void in self.void_draws)

    @property
    def seats(self) -> int:
        """How many sit in the panel."""
        return sum(stratum.seats for stratum in self.strata)

    def commitment_of(self, unit: str) -> bytes | None:
        """The unit's commitment in this draw."""
        return dict(self.commitments).get(unit)

    def secret_of(self, unit: str) -> bytes | None:
        """The unit's secret in this draw, once shown by itself or for it."""
        return dict(self.reveals).get(unit)

    def entered(self, stratum: int) -> tuple[int, ...]:
        """The reserves of a stratum that took a seat, in their order."""
        return tuple(each.enters for each in self.replaced if each.stratum == stratum)

    def served_for(self, day: date) -> tuple[date, ...]:
        """On which days a notice of an examination on that day was served."""
        return tuple(served for served, named in self.notices if named == day)
