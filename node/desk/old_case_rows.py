"""A row of an import of closed paper cases, judged: pure, every fault at once, nothing of what it says repeated.

NOT checked: that the old file exists, that the units were competent then, and that a number which is neither a
citizen's identity number of 18 nor of 15 digits (a passport's, say) was ever issued.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from delegation.digits import DigitError, check_citizen_id, check_old_citizen_id, citizen_check_character
from node.desk.views import Problem

ROLES: Final = ("home", "host")
RESULTS: Final = ("FOUND", "PARTLY", "NOT_FOUND", "DECLINED", "WITHDRAWN", "UNABLE")
_SHORT, _LONG = 200, 2000
_LENGTHS: Final[Mapping[str, int]] = {
    "number": 80, "our_role": 8, "home_name": _SHORT, "host_name": _SHORT, "worker_name": 100, "id_number": 40,
    "employer_name": _SHORT, "accident_on": 10, "accident_place": _SHORT, "asked": _LONG, "delegated_on": 10,
    "closed_on": 10, "result": 16, "result_text": _LONG, "shelf_mark": _SHORT, "note": _LONG,
}  # fmt: skip
FIELDS: Final = tuple(_LENGTHS)
REQUIRED: Final = (
    "number", "our_role", "home_name", "host_name", "worker_name", "closed_on", "result", "shelf_mark",
)  # fmt: skip
_CODES: Final = {"our_role": ROLES, "result": RESULTS}
_IN_ORDER: Final = ("accident_on", "delegated_on", "closed_on")
_EARLIEST: Final = date(1951, 1, 1)  # labour insurance began in this year
_OLD_DIGITS, _DIGITS = 15, 18
_NEAR: Final = range(14, 20)  # so many digits are meant as an identity number


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """What may be kept (what was left empty is left out), and what is wrong."""

    content: Mapping[str, str]
    faults: tuple[Problem, ...]


def canonical_id(number: str) -> str:
    """The number that a person is found by: one of 15 digits (before 1999-10-01) as the one of 18 that replaced it."""
    plain = "".join(number.split()).upper()
    if len(plain) != _OLD_DIGITS or not (plain.isascii() and plain.isdigit()):
        return plain
    first = f"{plain[:6]}19{plain[6:]}"
    return first + citizen_check_character(first)


def judge_row(given: object, today: date) -> JudgedRow:
    """Judge one row; texts are taken without blanks around them."""
    if not isinstance(given, Mapping):
        return JudgedRow({}, (_fault("", "no_text"),))
    faults = [_fault("", "unknown_field")] if set(given) - set(FIELDS) else []
    content: dict[str, str] = {}
    for name in FIELDS:
        value = given.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            faults.append(_fault(name, "no_text"))
            continue
        text = value.strip()
        reason = _of_text(name, text)
        if reason:
            faults.append(_fault(name, reason))
        elif text:
            content[name] = text
    wrong = {fault.field for fault in faults}
    faults += [_fault(name, "missing") for name in REQUIRED if name not in content and name not in wrong]
    faults += _days(content, today)
    if "id_number" in content and not _may_be_number(content["id_number"], today):
        faults.append(_fault("id_number", "id_check"))
    return JudgedRow(content, tuple(faults))


def _fault(field: str, reason: str) -> Problem:
    return Problem(field, reason, {})


def _of_text(name: str, text: str) -> str:
    if len(text) > _LENGTHS[name]:
        return "too_long"
    if not all(sign.isprintable() or sign in "\n\t" for sign in text):
        return "not_printable"
    return "no_code" if text and name in _CODES and text not in _CODES[name] else ""


def _days(content: Mapping[str, str], today: date) -> list[Problem]:
    found, before = [], _EARLIEST
    for name in _IN_ORDER:
        if name not in content:
            continue
        try:
            day = date.fromisoformat(content[name])
        except ValueError:
            found.append(_fault(name, "no_day"))
            continue
        if day > today:
            found.append(_fault(name, "in_future"))
        elif day < before:
            found.append(_fault(name, "too_early" if before == _EARLIEST else "order"))
        else:
            before = day
    return found


def _may_be_number(number: str, today: date) -> bool:
    plain = "".join(number.split()).upper()
    digits = plain[:-1] + plain[-1:].replace("X", "0")
    if not (digits.isascii() and digits.isdigit() and len(digits) in _NEAR):
        return plain.isascii() and plain.isprintable()
    try:
        if len(plain) == _OLD_DIGITS:
            check_old_citizen_id(plain, today)
        else:
            check_citizen_id(plain, today)
    except DigitError:
        return False
    return True
