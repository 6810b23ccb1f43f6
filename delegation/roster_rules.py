"""Whether a roster makes sense as a whole (protocol 9.3): asked by the seal authority before it signs, and by whoever
takes a new version. The first thing that is wrong is refused with INVALID_INPUT and a `problem` of `Problem`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from typing import Final, NoReturn

from delegation import digits, patterns
from delegation.codes import Matter
from delegation.errors import Reason, Refusal
from delegation.limits import AgreedTimes, LimitError
from delegation.roster_view import STEP_OF_CLOCK, Agreement, Competence, RosterView, Unit, UnitLife, UnitType

# 2018 notice, task one: from this day the first determination is the prefecture's, no longer the province's.
NO_PROVINCIAL_DETERMINATION_FROM: Final = date(2019, 1, 1)
_FAR: Final = date.max
_MOST_STEPS: Final = 8


class Problem(StrEnum):
    """What is wrong with a roster; stands in the refusal's details as `problem`."""

    CODE = "code"  # a bureau or unit code that is not well formed
    UNIT_TYPE = "unit_type"  # a unit whose code says another type than its record
    UNKNOWN_REGION = "unknown_region"
    UNKNOWN_BUREAU = "unknown_bureau"
    UNKNOWN_UNIT = "unknown_unit"  # a parent, successor, competence or party that is not in the roster
    PARENT = "parent"  # a superior of the wrong type, or superiors in a circle
    SUCCESSION = "succession"  # a unit that succeeds itself, at once or in a circle
    MEMBER_WITHOUT_BUREAU = "member_without_bureau"
    MEMBER_WITHOUT_KEYS = "member_without_keys"  # active without a signing certificate and a sealing key
    SHARED_KEY = "shared_key"  # a certificate or sealing key of two units
    COMPETENCE_DATES = "competence_dates"
    COMPETENCE_OVERLAP = "competence_overlap"  # two units, or one twice, for a place and matter on one day
    COMPETENCE_MATTER = "competence_matter"  # a recognition unit that appraises, or the other way round
    PROVINCIAL_DETERMINATION = "provincial_determination"
    AGREEMENT = "agreement"  # units not two in code order, dates, a clock that is unknown or a time out of bounds
    AGREEMENT_OVERLAP = "agreement_overlap"
    AGREEMENT_SCOPE = "agreement_scope"
    SUITES = "suites"  # no signing or no sealing suite at all, or dates that run backwards
    RULES = "rules"  # none, or versions and days that do not rise together
    REVOCATION = "revocation"  # compromised only after it was revoked


def validate_roster(view: RosterView) -> None:
    """Refuse a roster that contradicts itself or the law.

    A competence that ended before 2019-01-01 may name a provincial unit; one that holds on or after that day may not.
    NOT checked: signatures and certificates, that places of competence without a region code exist, that every place
    has a competent unit.

    Raises:
        Refusal: INVALID_INPUT with `problem` and, where one is concerned, the `unit`, `place`, `bureau` or `matter`.
    """
    for bureau in view.bureaus.values():
        if not patterns.is_bureau(bureau.code):
            _refuse(Problem.CODE)
        if bureau.region not in view.regions:
            _refuse(Problem.UNKNOWN_REGION, bureau=bureau.code)
    for unit in view.units.values():
        _check_unit(view, unit)
    _check_circles(view.units)
    _check_keys(view.units.values())
    _check_competences(view)
    _check_agreements(view)
    _check_suites(view)
    _check_rules(view)
    for revocation in view.revocations.values():
        since = revocation.compromised_since
        if since is not None and since > revocation.revoked_at:
            _refuse(Problem.REVOCATION)


def _refuse(problem: Problem, **details: str) -> NoReturn:
    raise Refusal(Reason.INVALID_INPUT, field="roster", problem=problem.value, **details)


def _check_unit(view: RosterView, unit: Unit) -> None:
    try:
        parts = digits.parse_unit_code(unit.code)
    except digits.DigitError:
        _refuse(Problem.CODE)
    if view.units.get(unit.code) is not unit:
        _refuse(Problem.CODE, unit=unit.code)
    if parts.unit_type.value != unit.type.value:
        _refuse(Problem.UNIT_TYPE, unit=unit.code)
    named = (unit.region, unit.pooling_area or unit.region, unit.calendar_region or unit.region)
    if not all(region in view.regions for region in named):
        _refuse(Problem.UNKNOWN_REGION, unit=unit.code)
    if unit.bureau and unit.bureau not in view.bureaus:
        _refuse(Problem.UNKNOWN_BUREAU, unit=unit.code)
    if not unit.bureau and unit.life in {UnitLife.JOINING, UnitLife.ACTIVE, UnitLife.LEAVING}:
        _refuse(Problem.MEMBER_WITHOUT_BUREAU, unit=unit.code)
    if unit.life is UnitLife.ACTIVE and not (unit.signing_certificates and unit.sealing_keys):
        _refuse(Problem.MEMBER_WITHOUT_KEYS, unit=unit.code)
    if unit.parent:
        above = view.units.get(unit.parent)
        if above is None:
            _refuse(Problem.UNKNOWN_UNIT, unit=unit.code)
        if above.type not in {UnitType.PROVINCIAL, UnitType.NATIONAL}:
            _refuse(Problem.PARENT, unit=unit.code)
    for succession in unit.successions:
        heir = view.units.get(succession.unit)
        if heir is None:
            _refuse(Problem.UNKNOWN_UNIT, unit=unit.code)
        if heir.type is not unit.type:
            _refuse(Problem.SUCCESSION, unit=unit.code)


def _check_circles(units: Mapping[str, Unit]) -> None:
    for unit in units.values():
        above: Unit | None = unit
        for _ in range(_MOST_STEPS):
            above = units.get(above.parent) if above is not None else None
        if above is not None:
            _refuse(Problem.PARENT, unit=unit.code)
        heirs = {unit.code}
        for _ in range(_MOST_STEPS):
            heirs = {succession.unit for code in heirs for succession in units[code].successions}
        if heirs:
            _refuse(Problem.SUCCESSION, unit=unit.code)


def _check_keys(units: Iterable[Unit]) -> None:
    owners: dict[bytes, str] = {}
    for unit in units:
        certificates = {sha256(der).digest() for der in unit.signing_certificates}
        for name in certificates | {key.key_id for key in unit.sealing_keys}:
            if owners.setdefault(name, unit.code) != unit.code:
                _refuse(Problem.SHARED_KEY, unit=unit.code)


def _check_competences(view: RosterView) -> None:
    by_place: dict[tuple[str, Matter], list[Competence]] = {}
    for record in view.competences:
        unit = view.units.get(record.unit)
        if unit is None:
            _refuse(Problem.UNKNOWN_UNIT, place=record.place)
        if not patterns.is_place(record.place):
            _refuse(Problem.CODE, unit=unit.code)
        if len(record.place) == 6 and record.place not in view.regions:
            _refuse(Problem.UNKNOWN_REGION, place=record.place)
        if record.valid_to is not None and record.valid_to < record.valid_from:
            _refuse(Problem.COMPETENCE_DATES, place=record.place, unit=unit.code)
        _check_matter(record, unit)
        by_place.setdefault((record.place, record.matter), []).append(record)
    for (place, matter), records in by_place.items():
        for earlier, later in pairwise(sorted(records, key=lambda record: record.valid_from)):
            if later.valid_from <= (earlier.valid_to or _FAR):
                _refuse(Problem.COMPETENCE_OVERLAP, place=place, matter=matter.name)


def _check_matter(record: Competence, unit: Unit) -> None:
    if not record.matter:
        _refuse(Problem.COMPETENCE_MATTER, place=record.place, unit=unit.code)
    if unit.type in {UnitType.PROVINCIAL, UnitType.NATIONAL} or _is_provincial_place(unit):
        if (record.valid_to or _FAR) >= NO_PROVINCIAL_DETERMINATION_FROM:
            _refuse(Problem.PROVINCIAL_DETERMINATION, place=record.place, unit=unit.code)
    elif (record.matter is Matter.INVESTIGATION) != (unit.type is UnitType.RECOGNITION):
        _refuse(Problem.COMPETENCE_MATTER, place=record.place, unit=unit.code)


def _is_provincial_place(unit: Unit) -> bool:
    """A unit of a province's own region; the four municipalities' units are those of a prefecture."""
    return unit.region.endswith("0000") and unit.region not in {"110000", "120000", "310000", "500000"}


def _check_agreements(view: RosterView) -> None:
    by_id: dict[str, list[Agreement]] = {}
    for agreement in view.agreements:
        if not all(unit in view.units for unit in agreement.units):
            _refuse(Problem.UNKNOWN_UNIT)
        ordered = agreement.units[0] < agreement.units[1]
        runs_on = agreement.valid_to is None or agreement.valid_from <= agreement.valid_to
        if not (patterns.is_uuid7(agreement.agreement_id) and ordered and runs_on and agreement.matters):
            _refuse(Problem.AGREEMENT, unit=agreement.units[0])
        if not all(time.clock in STEP_OF_CLOCK for time in agreement.times):
            _refuse(Problem.AGREEMENT, unit=agreement.units[0])
        steps = [STEP_OF_CLOCK[time.clock] for time in agreement.times]
        if len(set(steps)) != len(steps):
            _refuse(Problem.AGREEMENT, unit=agreement.units[0])
        _check_times(agreement)
        _check_scope(view, agreement)
        by_id.setdefault(agreement.agreement_id, []).append(agreement)
    for records in by_id.values():
        for earlier, later in pairwise(sorted(records, key=lambda record: record.valid_from)):
            if later.valid_from <= (earlier.valid_to or _FAR):
                _refuse(Problem.AGREEMENT_OVERLAP, unit=later.units[0])


def _check_scope(view: RosterView, agreement: Agreement) -> None:
    """Units of one type, and matters and modes that such units have (条例 Art 5, 24)."""
    first, second = (view.units[code].type for code in agreement.units)
    investigates = Matter.INVESTIGATION in agreement.matters
    appraises = any(matter is not Matter.INVESTIGATION for matter in agreement.matters)
    fits = {
        UnitType.RECOGNITION: not appraises,
        UnitType.APPRAISAL: not investigates,
        UnitType.PROVINCIAL: True,
    }
    if first is not second or not fits.get(first, False) or (agreement.modes and not appraises):
        _refuse(Problem.AGREEMENT_SCOPE, unit=agreement.units[0])


def _check_times(agreement: Agreement) -> None:
    defaults = AgreedTimes()
    normal = {STEP_OF_CLOCK[time.clock]: time.working_days for time in agreement.times}
    green = {STEP_OF_CLOCK[time.clock]: time.green_working_days for time in agreement.times if time.green_working_days}
    try:
        AgreedTimes({**defaults.normal, **normal}, green)
    except LimitError:
        _refuse(Problem.AGREEMENT, unit=agreement.units[0])


def _check_suites(view: RosterView) -> None:
    signing = any(suite.signing for suite in view.suites)
    sealing = any(suite.sealing for suite in view.suites)
    runs_on = all(suite.allowed_to is None or suite.allowed_from <= suite.allowed_to for suite in view.suites)
    demanded = all(suite.demanded_from is None or suite.allowed_from <= suite.demanded_from for suite in view.suites)
    if not (signing and sealing and runs_on and demanded):
        _refuse(Problem.SUITES)


def _check_rules(view: RosterView) -> None:
    if not view.rules:
        _refuse(Problem.RULES)
    for earlier, later in pairwise(view.rules):
        if not (earlier.version < later.version and earlier.valid_from <= later.valid_from):
            _refuse(Problem.RULES)
