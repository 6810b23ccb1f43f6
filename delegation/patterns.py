"""The closed patterns of the header (protocol 2.1, 3.4, 3.5): every string that the registry may see matches one.

Each function answers yes or no and never raises for a string. The caller names the field; nobody repeats the value.
Names that come again and again (federation, units, threads) are remembered once found good.
"""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Final

from delegation.digits import DigitError, parse_delegation_number, parse_unit_code
from delegation.reasons_codes import REASON_LIST

_REMEMBERED: Final = 16_384  # all units of the country, or the threads of a busy day; about 3 MB
_UNIT_LENGTH: Final = 11
_NUMBER_LENGTH: Final = 27

Matcher = Callable[[str], bool]


def _matcher(pattern: str) -> Matcher:
    fullmatch = re.compile(pattern, re.ASCII).fullmatch
    return lambda text: fullmatch(text) is not None


class _Accepted(dict[str, bool]):
    """What was found good, bounded. What is not is judged each time, so that nobody fills it with what is refused."""

    def __init__(self, holds: Matcher) -> None:
        super().__init__()
        self._holds = holds

    def __missing__(self, text: str) -> bool:
        if not self._holds(text):
            return False
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = True
        return True


_HEX: Final = "[0-9a-f]"
EXACT_REASONS: Final[frozenset[str]] = frozenset(REASON_LIST)
# Those that travel sealed (protocol 5.8) are refused in a header; it has their class, the letter with 00.
HEADER_REASONS: Final[frozenset[str]] = frozenset(code.in_header for code in REASON_LIST.values())
DEFECT_CODES: Final[frozenset[str]] = frozenset(code for code in EXACT_REASONS if code[0] == "B")
SUSPENSION_GROUNDS: Final[frozenset[str]] = frozenset(code for code in EXACT_REASONS if code[0] == "S")


class FieldGroup(StrEnum):
    """What a defect, a correction or an amendment may name (protocol 3.5)."""

    LETTER = "letter"
    SEAL = "seal"
    ATTACHMENTS = "attachments"
    OUTLINE = "outline"
    ITEMS = "items"
    PERSONS = "persons"
    WORKER = "worker"
    EMPLOYER = "employer"
    ACCIDENT = "accident"
    PLACE = "place"
    INSURANCE = "insurance"
    APPLICANT = "applicant"
    ACCEPTANCE = "acceptance"
    CLOCK = "clock"
    FEES = "fees"
    CONTACT = "contact"
    REPORT = "report"
    EVIDENCE = "evidence"
    ANSWERS = "answers"
    OTHER = "other"


FIELD_GROUPS: Final[frozenset[str]] = frozenset(FieldGroup)

is_uuid7: Final = _matcher(rf"{_HEX}{{8}}-{_HEX}{{4}}-7{_HEX}{{3}}-[89ab]{_HEX}{{3}}-{_HEX}{{12}}")
is_uuid4: Final = _matcher(rf"{_HEX}{{8}}-{_HEX}{{4}}-4{_HEX}{{3}}-[89ab]{_HEX}{{3}}-{_HEX}{{12}}")
is_region: Final = _matcher(r"[1-9][0-9]{5}")
is_place: Final = _matcher(r"[1-9][0-9]{5}([0-9A-Z]{2,5})?")  # a region, or an organisation code of 8 to 11
is_bureau: Final = _matcher(r"[1-9][0-9]{5}([0-9A-Z]{2})?")
is_reason_form: Final = _matcher(r"[A-Z][0-9]{2}")
is_reason_name: Final = _matcher(r"[A-Z][A-Z_]{0,39}")  # a name of `errors.Reason`
is_subject_form: Final = _matcher(r"[a-z]{1,20}")
is_clock_name: Final = _matcher(r"[a-z]{1,20}([-_][a-z]{1,20}){0,2}")
is_item_code: Final = _matcher(r"[A-Z0-9-]{1,16}")
is_local_id: Final = _matcher(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # staff and evidence ids, given out by a node
is_check_code: Final = _matcher(r"[a-z0-9-]{1,40}")
is_ground_code: Final = _matcher(r"[0-9]{1,2}(-[0-9]{1,2}){0,2}")  # article, paragraph, item of the Regulation
is_detail_name: Final = _matcher(r"[a-z][a-z_]{0,39}")
is_detail_value: Final = _matcher(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
is_event_name: Final = _matcher(r"[a-z]{1,20}(-[a-z]{1,20}){0,3}")
is_local_time_form: Final = _matcher(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_day_form: Final = _matcher(r"2[01][0-9]{2}-[01][0-9]-[0-3][0-9]")
_any_day_form: Final = _matcher(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]")
_LAST_DAY: Final = date(2100, 12, 31)


def _unit_holds(text: str) -> bool:
    if len(text) != _UNIT_LENGTH:
        return False
    try:
        parse_unit_code(text)
    except DigitError:
        return False
    return True


def _number_holds(text: str) -> bool:
    if len(text) != _NUMBER_LENGTH:
        return False
    try:
        parse_delegation_number(text)
    except DigitError:
        return False
    return True


# The dictionaries' own methods: a good one costs a single look-up.
is_federation: Final[Matcher] = _Accepted(_matcher(r"[a-z0-9-]{1,32}")).__getitem__
# Eleven characters with their check character. NOT checked: that the roster knows the unit.
is_unit: Final[Matcher] = _Accepted(_unit_holds).__getitem__
# A printed delegation number with a day that exists and its check character (protocol 3.7).
is_delegation_number: Final[Matcher] = _Accepted(_number_holds).__getitem__


def day(text: str) -> date | None:
    """The day of an ISO date ``YYYY-MM-DD`` from 2000 to 2100, None for anything else (other ISO forms, 02-30)."""
    if not _day_form(text):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found <= _LAST_DAY else None


def any_day(text: str) -> date | None:
    """The day of an ISO date from 1000 to 2999: for births and old documents in a body; None for anything else."""
    if not _any_day_form(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_plain_text(text: str, most: int) -> bool:
    """Whether a name or address of the roster is short, and free of control and invisible characters; blank is fine."""
    return len(text) <= most and text.isprintable()
