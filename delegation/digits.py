"""Check digits: identity numbers, credit codes, and the printed codes of this federation.

Each function returns a small frozen result or raises :class:`DigitError`. No error text, and no ``repr`` of a result
that holds personal data, repeats the value: a number that is wrong by one digit is still somebody's number.
All functions want the canonical form (ASCII, upper case, no blanks); the caller trims and folds what a person typed.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

_ALPHABET_36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALPHABET_31: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015 leaves out I O S V Z

_CITIZEN_ID: Final = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_OLD_CITIZEN_ID: Final = re.compile(r"[1-8][0-9]{14}", re.ASCII)
_CREDIT_CODE: Final = re.compile(
    rf"[1-9A-HJ-NP-RTUWXY][{_ALPHABET_31}][0-9]{{6}}[{_ALPHABET_31}]{{9}}[{_ALPHABET_31}]", re.ASCII
)
_REGION6: Final = re.compile(r"[1-9][0-9]{5}", re.ASCII)
_BUREAU_CODE: Final = re.compile(r"[1-9][0-9]{5}([A-Z0-9]{2})?", re.ASCII)
_UNIT_CODE: Final = re.compile(r"([1-9][0-9]{5})(RD|AC|PO|NO)([0-9]{2})([0-9A-Z])", re.ASCII)
_DELEGATION_NUMBER: Final = re.compile(r"WT-([1-9][0-9]{5})-([0-9]{8})-([0-9]{6})-([0-9A-Z])", re.ASCII)

_EARLIEST_BIRTH: Final = date(1850, 1, 1)  # nobody with a card was born earlier; a typing error, not a person


class DigitError(ValueError):
    """A code that is not well formed. ``code`` says what is wrong; the value itself is never part of the error.

    Codes: ``format`` (length, alphabet or layout), ``check`` (the check character), ``date`` (no such day),
    ``birth_in_future``, ``birth_too_early``, ``serial`` (out of range), ``region`` (not six digits).
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"malformed code: {code}")
        self.code = code


class IdKind(StrEnum):
    """What kind of card an 18 digit number stands on, told by its first digits alone."""

    CITIZEN = "citizen"  # 居民身份证
    HONG_KONG = "hong_kong"  # 港澳台居民居住证, 810000
    MACAU = "macau"  # 820000
    TAIWAN = "taiwan"  # 830000
    FOREIGN_RESIDENT = "foreign_resident"  # 外国人永久居留身份证, the form of 2023
    OLD_CITIZEN = "old_citizen"  # the 15 digit number issued until 1999


@dataclass(frozen=True, slots=True)
class IdNumber:
    """What a well-formed identity number says. Personal data: neither field of the person shows in ``repr``."""

    kind: IdKind
    born_on: date = field(repr=False)
    is_male: bool = field(repr=False)


@dataclass(frozen=True, slots=True)
class CreditCode:
    """The parts of a unified social credit code that a form may use.

    ``organisation_code_holds`` tells whether the inner organisation code satisfies GB 11714-1997 as well. It is a
    warning, not a refusal: the outer check character is what GB 32100 asks for, and a real employer whose inner code
    was given out wrongly must still be able to be named.
    """

    authority: str
    category: str
    region_code: str
    organisation_code: str
    organisation_code_holds: bool


class UnitType(StrEnum):
    """The kinds of unit that hold a seal."""

    RECOGNITION = "RD"  # 社会保险行政部门
    APPRAISAL = "AC"  # 劳动能力鉴定委员会
    PROVINCIAL = "PO"  # 省级监管
    NATIONAL = "NO"  # 国家级


@dataclass(frozen=True, slots=True)
class UnitCode:
    """The parts of a unit code: GB/T 2260 region, type of unit, serial in that region (1 to 99)."""

    region_code: str
    unit_type: UnitType
    serial: int


@dataclass(frozen=True, slots=True)
class DelegationNumber:
    """The parts of a printed delegation number: day of issue, region of the home, serial of that day (1 to 999999)."""

    issued_on: date
    home_region: str
    serial: int


def check_citizen_id(text: str, today: date) -> IdNumber:
    """Check an 18 digit identity number: GB 11643-1999, check character by ISO 7064 MOD 11-2.

    Takes 居民身份证, 港澳台居民居住证 (810000, 820000, 830000) and the 外国人永久居留身份证 of 2023 (begins with 9,
    then province and nationality). ``today`` is the day in Asia/Shanghai on which the number is judged.

    NOT checked: that the region code exists or existed at birth (cards carry the code of first registration, which
    may be older or newer than the birth), and that the number was ever issued.

    Raises:
        DigitError: ``format``, ``check``, ``date``, ``birth_in_future`` or ``birth_too_early``.
    """
    if not _CITIZEN_ID.fullmatch(text):
        raise DigitError("format")
    if sum(_mod_11_2_value(c) * pow(2, 17 - i, 11) for i, c in enumerate(text)) % 11 != 1:
        raise DigitError("check")
    kind = _id_kind(text)
    return IdNumber(kind=kind, born_on=_birth(text[6:14], today), is_male=int(text[16]) % 2 == 1)


def check_old_citizen_id(text: str, today: date) -> IdNumber:
    """Check a 15 digit number of before 1999-10-01 (GB 11643-1989).

    Six digits of region, YYMMDD of 19YY, three of serial. It has no check character, so a typing error is found only
    when it breaks the date. NOT checked: as for :func:`check_citizen_id`; nor that the holder has no longer number.

    Raises:
        DigitError: ``format``, ``date`` or ``birth_in_future``.
    """
    if not _OLD_CITIZEN_ID.fullmatch(text):
        raise DigitError("format")
    return IdNumber(kind=IdKind.OLD_CITIZEN, born_on=_birth("19" + text[6:12], today), is_male=int(text[14]) % 2 == 1)


def citizen_check_character(first_17: str) -> str:
    """The 18th character for 17 digits (GB 11643-1999, weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2).

    Raises:
        DigitError: ``format`` when the argument is not 17 ASCII digits.
    """
    if len(first_17) != 17 or not (first_17.isascii() and first_17.isdigit()):
        raise DigitError("format")
    return "10X98765432"[sum(int(c) * pow(2, 17 - i, 11) for i, c in enumerate(first_17)) % 11]


def check_credit_code(text: str) -> CreditCode:
    """Check a 统一社会信用代码: GB 32100-2015, 18 characters, base 31, weights 3^i modulo 31.

    The first two characters (registering authority and category) may be letters: N for rural collectives, Y and A for
    bodies registered elsewhere. NOT checked: that authority, category or region are assigned, or that the code was
    ever given out. The inner organisation code (GB 11714-1997) is judged apart, see :class:`CreditCode`.

    Raises:
        DigitError: ``format`` or ``check``.
    """
    if not _CREDIT_CODE.fullmatch(text):
        raise DigitError("format")
    if credit_check_character(text[:17]) != text[17]:
        raise DigitError("check")
    inner = text[8:17]
    return CreditCode(
        authority=text[0],
        category=text[1],
        region_code=text[2:8],
        organisation_code=inner,
        organisation_code_holds=organisation_check_character(inner[:8]) == inner[8],
    )


def credit_check_character(first_17: str) -> str:
    """The 18th character of a credit code (GB 32100-2015, formula 1).

    Raises:
        DigitError: ``format`` when the argument is not 17 characters of the base 31 alphabet.
    """
    if len(first_17) != 17 or not set(first_17) <= set(_ALPHABET_31):
        raise DigitError("format")
    total = sum(_ALPHABET_31.index(c) * pow(3, i, 31) for i, c in enumerate(first_17))
    return _ALPHABET_31[-total % 31]


def organisation_check_character(first_8: str) -> str:
    """The ninth character of an 组织机构代码 (GB 11714-1997, weights 3 7 9 10 5 8 4 2 modulo 11).

    Raises:
        DigitError: ``format`` when the argument is not eight digits or capital letters.
    """
    if len(first_8) != 8 or not set(first_8) <= set(_ALPHABET_36):
        raise DigitError("format")
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(_ALPHABET_36.index(c) * w for c, w in zip(first_8, weights, strict=True))
    return "0123456789X"[-total % 11]


def mod_37_36(text: str) -> str:
    """The check character of ISO 7064 MOD 37,36 (a hybrid system: letters and digits, one check character of the same).

    Every changed character is caught. Of the swaps of two neighbours, those of two values next to each other (such as
    4 and 5, or 0 and Z) escape at one of the 36 inner states each: 72 of 45360, the limit of every hybrid system.

    Raises:
        DigitError: ``format`` for an empty text, one over 64 characters, or another character than 0-9 A-Z.
    """
    if not 1 <= len(text) <= 64 or not set(text) <= set(_ALPHABET_36):
        raise DigitError("format")
    product = 36
    for character in text:
        product = ((product + _ALPHABET_36.index(character)) % 36 or 36) * 2 % 37
    return _ALPHABET_36[(37 - product) % 36]


def delegation_number(date: date, home_region6: str, serial: int) -> str:
    """The printed number of a delegation, for example ``WT-330100-20260312-000017-O``.

    ``date`` is the day of issue in Asia/Shanghai, ``home_region6`` the region of the home bureau, ``serial`` counts the
    letters of that region and day from 1. The check character is MOD 37,36 over the text without dashes.
    NOT checked: that the number is unique; the node that counts the serial sees to that.

    Raises:
        DigitError: ``region`` or ``serial``.
    """
    if not _REGION6.fullmatch(home_region6):
        raise DigitError("region")
    if not 1 <= serial <= 999_999:
        raise DigitError("serial")
    day = f"{date:%Y%m%d}".rjust(8, "0")
    return f"WT-{home_region6}-{day}-{serial:06d}-{mod_37_36(f'WT{home_region6}{day}{serial:06d}')}"


def parse_delegation_number(text: str) -> DelegationNumber:
    """Take a printed delegation number apart.

    Raises:
        DigitError: ``format``, ``check``, ``date`` or ``serial``.
    """
    match = _DELEGATION_NUMBER.fullmatch(text)
    if match is None:
        raise DigitError("format")
    region, day, serial, check = match.groups()
    if mod_37_36(f"WT{region}{day}{serial}") != check:
        raise DigitError("check")
    if int(serial) == 0:
        raise DigitError("serial")
    return DelegationNumber(issued_on=_day(day), home_region=region, serial=int(serial))


def unit_code(*, region6: str, unit_type: UnitType, serial: int) -> str:
    """The code of a unit, for example ``330100RD01T``: region, type, serial of two digits, check character (MOD 37,36).

    Raises:
        DigitError: ``region`` or ``serial`` (1 to 99).
    """
    if not _REGION6.fullmatch(region6):
        raise DigitError("region")
    if not 1 <= serial <= 99:
        raise DigitError("serial")
    stem = f"{region6}{unit_type.value}{serial:02d}"
    return stem + mod_37_36(stem)


def parse_unit_code(text: str) -> UnitCode:
    """Take a unit code apart. NOT checked: that the roster knows the unit.

    Raises:
        DigitError: ``format``, ``check`` or ``serial``.
    """
    match = _UNIT_CODE.fullmatch(text)
    if match is None:
        raise DigitError("format")
    region, kind, serial, check = match.groups()
    if mod_37_36(text[:-1]) != check:
        raise DigitError("check")
    if int(serial) == 0:
        raise DigitError("serial")
    return UnitCode(region_code=region, unit_type=UnitType(kind), serial=int(serial))


def check_bureau_code(text: str) -> str:
    """Check a bureau code and return its region: six digits, or six digits and two more characters.

    The longer form is for bodies without a region code of their own (development zones, divisions of the Xinjiang
    Production and Construction Corps); it has no check character, the roster is what knows it.

    Raises:
        DigitError: ``format``.
    """
    if not _BUREAU_CODE.fullmatch(text):
        raise DigitError("format")
    return text[:6]


def _mod_11_2_value(character: str) -> int:
    return 10 if character == "X" else int(character)


def _id_kind(text: str) -> IdKind:
    if text[0] == "9":
        return IdKind.FOREIGN_RESIDENT
    permits = {"810000": IdKind.HONG_KONG, "820000": IdKind.MACAU, "830000": IdKind.TAIWAN}
    return permits.get(text[:6], IdKind.CITIZEN)


def _birth(yyyymmdd: str, today: date) -> date:
    born_on = _day(yyyymmdd)
    if born_on > today:
        raise DigitError("birth_in_future")
    if born_on < _EARLIEST_BIRTH:
        raise DigitError("birth_too_early")
    return born_on


def _day(yyyymmdd: str) -> date:
    try:
        return date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError:
        # from None: the original text of the error would repeat parts of the value
        raise DigitError("date") from None
