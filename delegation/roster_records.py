"""The records of a roster as frozen values (protocol 9). Nothing is checked here beyond what the types say."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from delegation.codes import AppraisalMode, Matter, SealingSuite, SigningSuite


class UnitType(StrEnum):
    """Types of unit; the value is the two letters in a unit code."""

    RECOGNITION = "RD"  # 社会保险行政部门
    APPRAISAL = "AC"  # 劳动能力鉴定委员会
    PROVINCIAL = "PO"  # 省级监管
    NATIONAL = "NO"  # office with the role national


class UnitLife(StrEnum):
    """Where a unit stands in its life (protocol 9)."""

    NON_MEMBER = "non_member"
    JOINING = "joining"
    ACTIVE = "active"
    LEAVING = "leaving"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Succession:
    """From `on` the unit named takes over: all places, or those listed."""

    unit: str
    on: date
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingKey:
    """A sealing key with the statement that vouches for it. Valid from `not_before` until just before `not_after`."""

    key_id: bytes
    public_key: bytes
    not_before: datetime
    not_after: datetime
    statement: bytes
    signature: bytes
    signer_certificate: bytes
    suite: SealingSuite = SealingSuite.X25519_AES256GCM


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit, member or not."""

    code: str
    name: str
    type: UnitType
    region: str
    bureau: str = ""
    pooling_area: str = ""
    parent: str = ""
    phone: str = ""
    address: str = ""
    life: UnitLife = UnitLife.ACTIVE
    since: date = date(2020, 1, 1)
    successions: tuple[Succession, ...] = ()
    signing_certificates: tuple[bytes, ...] = ()
    sealing_keys: tuple[SealingKey, ...] = ()
    calendar_region: str = ""

    @property
    def is_member(self) -> bool:
        """Whether a node serves it: it has a bureau and is active, or leaving and finishing what is open."""
        return bool(self.bureau) and self.life in {UnitLife.ACTIVE, UnitLife.LEAVING}


@dataclass(frozen=True, slots=True)
class Bureau:
    """A bureau 机构节点."""

    code: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class Competence:
    """Who is competent for a matter at a place; `valid_to` is inclusive, None for open."""

    place: str
    matter: Matter
    unit: str
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, on: date) -> bool:
        """Whether it holds on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Revocation:
    """A certificate (SHA-256) or sealing key (16-byte id) that holds no longer."""

    digest: bytes
    revoked_at: datetime
    compromised_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgreedTime:
    """Working days that two units agreed for a clock; `green_working_days` 0 leaves the green channel as it is."""

    clock: str
    working_days: int
    green_working_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """An agreement between two units, or between their provincial offices for them."""

    agreement_id: str
    units: tuple[str, str]
    matters: tuple[Matter, ...]
    modes: tuple[AppraisalMode, ...] = ()
    times: tuple[AgreedTime, ...] = ()
    valid_from: date
    valid_to: date | None = None
    proofs: tuple[bytes, ...] = ()

    def holds_on(self, on: date) -> bool:
        """Whether it holds on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class SuiteRule:
    """From when a suite may be used and perhaps must be. UNSPECIFIED says nothing of that half."""

    signing: SigningSuite
    sealing: SealingSuite
    allowed_from: date
    allowed_to: date | None = None
    demanded_from: date | None = None


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A version of the rules and the first day on which it judges."""

    version: int
    valid_from: date


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness of the log."""

    name: str
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryInfo:
    """The registry and its authorities."""

    log_origin: str
    log_public_key: bytes
    channel_authorities: tuple[bytes, ...] = ()
    spiffe_id: str = ""
