"""Guards of class H of threads that are no delegation: notices, agreements, statements, coordination (protocol 3.2)."""

from typing import Final

from delegation.guards import Answer, Asked, Guards
from delegation.model import AgreementDeclared, PoolDeclared
from delegation.roster_view import UnitType

_PROVINCIAL: Final = frozenset({UnitType.PROVINCIAL, UnitType.NATIONAL})


def _type_of(asked: Asked, unit: str) -> UnitType | None:
    found = asked.roster.units.get(unit)
    return None if found is None else found.type


def _pair(asked: Asked) -> tuple[UnitType | None, UnitType | None]:
    return _type_of(asked, asked.header.sender_unit), _type_of(asked, asked.header.counterpart_unit)


def _first_leg_alone(asked: Asked) -> Answer:
    header = asked.header
    return (header.leg, header.round, header.hop) == (1, 1, 0) and not header.recorded_by_home


def _between_recognition_units(asked: Asked) -> Answer:
    different = asked.header.sender_unit != asked.header.counterpart_unit
    return different and _pair(asked) == (UnitType.RECOGNITION, UnitType.RECOGNITION)


def _units_of_one_type(asked: Asked) -> Answer:
    """An agreement is made by two units of one type, or by their provinces for them."""
    mine, other = _pair(asked)
    return mine is other and mine is not None and asked.header.sender_unit != asked.header.counterpart_unit


def _same_terms(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, AgreementDeclared) and declared.terms_digest == asked.thread.terms_digest


def _appraisal_unit(asked: Asked) -> Answer:
    return _pair(asked) == (UnitType.APPRAISAL, UnitType.APPRAISAL) and not asked.header.addressees


def _next_pool_version(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, PoolDeclared) and declared.version == asked.thread.pool_version + 1


def _province_to_own_units(asked: Asked) -> Answer:
    roster, header = asked.roster, asked.header
    if _type_of(asked, header.sender_unit) not in _PROVINCIAL:
        return False
    for code in header.addressees:
        office = roster.provincial_office(code) if code in roster.units else None
        if office is None or office.code != header.sender_unit:
            return False
    return header.counterpart_unit in header.addressees


def _between_provinces(asked: Asked) -> Answer:
    mine, other = _pair(asked)
    return mine in _PROVINCIAL and other in _PROVINCIAL and asked.header.sender_unit != asked.header.counterpart_unit


OTHER_GUARDS: Final[Guards] = {
    "first_leg_alone": _first_leg_alone,
    "between_recognition_units": _between_recognition_units,
    "units_of_one_type": _units_of_one_type,
    "same_terms": _same_terms,
    "appraisal_unit": _appraisal_unit,
    "next_pool_version": _next_pool_version,
    "province_to_own_units": _province_to_own_units,
    "between_provinces": _between_provinces,
}
