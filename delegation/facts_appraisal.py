"""What guards need of an appraisal's opened bodies: codes, figures, digests and ids; no text and no name."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the letter asks for (条例 Art 21 to 28)."""

    decision_told: bool = False  # number of the recognition decision
    decided_on: date | None = None
    pool_basis_told: bool = False
    consent_worker: bool = False
    consent_employer: bool = False
    panel_size: int = 0
    earlier_told: bool = False  # number of an earlier conclusion
    earlier_on: date | None = None


@dataclass(frozen=True, slots=True)
class OpenedExpert:
    """An expert whose leaf in the list of a draw is opened; `leaf` is its hash (protocol 13.2)."""

    expert_id: str
    stratum: int
    position: int
    reserve: bool
    chair: bool
    leaf: bytes
    path: tuple[bytes, ...]
    rank: int = 0  # of the title: 2 chief, 1 senior, 0 neither


@dataclass(frozen=True, slots=True)
class SecondedFacts:
    """An expert who is proposed, admitted or confirmed."""

    expert_id: str
    home_expert_id: str
    appointment_told: bool
    appointed_until: date | None
    recusal_declared: bool
    available_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionFacts:
    """A panel's opinion. `experts`: number, agrees with the majority, signed, told why not."""

    experts: tuple[tuple[str, bool, bool, bool], ...] = ()
    grades: tuple[int, ...] = ()
    combined: int = 0
    care_items: int | None = None  # how many of the five need care; None where nothing is said of them
    care_degree: int = 0
    other_told: bool = False
    warnings: tuple[str, ...] = ()  # of the standard's arithmetic, each code once
    answered: tuple[str, ...] = ()
    contradicted: tuple[str, ...] = ()  # experts whose own finding contradicts itself, or the majority they agree with


@dataclass(frozen=True, slots=True, kw_only=True)
class AppraisalBody:
    """The parts that a kind has; the others are empty. `reason_told` is of the content's own words."""

    request: RequestFacts | None = None
    specialties: tuple[str, ...] = ()
    remedy_told: bool = False
    escrow_units: tuple[str, ...] = ()
    opened: tuple[OpenedExpert, ...] = ()
    leaves: str = ""
    reason_told: bool = False
    day: date | None = None
    proof: str = ""
    identity_matches: bool = False
    present: tuple[str, ...] = ()
    opinion: OpinionFacts | None = None
    conclusion_told: bool = False
    adopted: bool = False  # wholly
    service_told: bool = False
    clauses: int = 0
    seconded: tuple[SecondedFacts, ...] = ()
