"""What is said of an expert, judged: pure, every fault at once, nothing of what it says repeated.

One form for a row of an import, a clerk's form and the API: texts by field. Days are ISO dates; `specialties` codes or
labels of protocol 13.1; `active` yes or no; `conflicts` one a line or with a semicolon between, each of them
`亲属:姓名[:证件号码]` or `单位:名称[:统一社会信用代码]`.

NOT checked: that the person exists, and has the title and the appointment.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from delegation.draw_lists import PoolExpert
from delegation.eligibility import Declaration, DeclaredOf, Member
from delegation.specialties import SPECIALTIES
from node.desk.views import Problem

_LENGTHS: Final[Mapping[str, int]] = {
    "number": 40, "name": 100, "title": 100, "specialties": 400, "employer": 200, "appointed_from": 10,
    "appointed_until": 10, "active": 8, "conflicts": 2000, "note": 1000,
}  # fmt: skip
FIELDS: Final = tuple(_LENGTHS)
REQUIRED: Final = ("number", "name", "title", "specialties", "employer", "appointed_from", "appointed_until")
COMPARED: Final = tuple(name for name in FIELDS if name != "note")  # what a version has of an expert
MOST_SPECIALTIES: Final = 8
_MOST_CONFLICTS: Final = 20
_LINES: Final = frozenset({"conflicts", "note"})
_YES: Final = frozenset({"yes", "true", "1", "是", "启用", "√"})
_NO: Final = frozenset({"no", "false", "0", "否", "停用", "×"})
_BY_LABEL: Final = {each.label: each.code for each in SPECIALTIES.values()}
_APART: Final = re.compile(r"[、，,;；\s]+")
_ENTRIES: Final = re.compile(r"[;；\n]+")
_OF: Final = {
    "亲属": DeclaredOf.PERSON, "个人": DeclaredOf.PERSON, "person": DeclaredOf.PERSON,
    "单位": DeclaredOf.UNIT, "unit": DeclaredOf.UNIT,
}  # fmt: skip
_WORDS: Final = {DeclaredOf.PERSON: "亲属", DeclaredOf.UNIT: "单位"}


@dataclass(frozen=True, slots=True)
class Judged:
    """What may be kept, in one way of writing, and what is wrong. With a fault nothing may be kept."""

    content: Mapping[str, str]
    faults: tuple[Problem, ...]


def judge_row(given: object) -> Judged:
    """Judge what is said of one expert; texts are taken without blanks around them."""
    if not isinstance(given, Mapping):
        return Judged({}, (_fault("", "no_text"),))
    faults = [_fault("", "unknown_field")] if set(given) - set(FIELDS) else []
    content: dict[str, str] = {}
    for name in FIELDS:
        value = given.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            faults.append(_fault(name, "no_text"))
            continue
        text = value.replace("\r\n", "\n").strip()
        reason = _of_text(name, text)
        if reason:
            faults.append(_fault(name, reason))
        elif text:
            content[name] = text
    for name, write in (("specialties", _specialties), ("active", _active), ("conflicts", _conflicts)):
        if name in content:
            text, reason = write(content.pop(name))
            if reason:
                faults.append(_fault(name, reason))
            elif text:
                content[name] = text
    content.setdefault("active", "yes")
    faults += _days(content)
    wrong = {fault.field for fault in faults}
    faults += [_fault(name, "missing") for name in REQUIRED if name not in content and name not in wrong]
    return Judged(content, tuple(faults))


def _fault(field: str, reason: str) -> Problem:
    return Problem(field, reason, {})


def _of_text(name: str, text: str) -> str:
    if len(text) > _LENGTHS[name]:
        return "too_long"
    fit = all(sign.isprintable() or (sign in "\n\t" and name in _LINES) for sign in text)
    return "" if fit else "not_printable"


def _specialties(text: str) -> tuple[str, str]:
    found = {_BY_LABEL.get(each, each) for each in _APART.split(text) if each}
    if not found <= set(SPECIALTIES):
        return "", "no_code"
    return ",".join(sorted(found)), "too_long" if len(found) > MOST_SPECIALTIES else ""


def _active(text: str) -> tuple[str, str]:
    word = text.casefold()
    if word in _YES:
        return "yes", ""
    return ("no", "") if word in _NO else ("", "no_code")


def _conflicts(text: str) -> tuple[str, str]:
    found = []
    for entry in _ENTRIES.split(text):
        parts = [part.strip() for part in entry.replace("：", ":").split(":")]
        if parts == [""]:
            continue
        if len(parts) not in (2, 3) or parts[0] not in _OF or not any(parts[1:]):
            return "", "conflict_form"
        found.append(":".join([_WORDS[_OF[parts[0]]], *parts[1:]]).rstrip(":"))
    return "\n".join(dict.fromkeys(found)), "too_long" if len(found) > _MOST_CONFLICTS else ""


def _days(content: dict[str, str]) -> list[Problem]:
    found = []
    for name in ("appointed_from", "appointed_until"):
        if name not in content:
            continue
        try:
            content[name] = date.fromisoformat(content[name]).isoformat()
        except ValueError:
            found.append(_fault(name, "no_day"))
    if not found and content.get("appointed_from", "") > content.get("appointed_until", "9999"):
        found.append(_fault("appointed_until", "order"))
    return found


def declarations_of(content: Mapping[str, str]) -> tuple[Declaration, ...]:
    """The conflicts of what `judge_row` let through."""
    found = []
    for line in content.get("conflicts", "").splitlines():
        of, name, number = [*line.split(":"), ""][:3]
        found.append(Declaration(_OF[of], name, number))
    return tuple(found)


def member_of(content: Mapping[str, str]) -> Member:
    """The expert as a version of the pool has them, of what `judge_row` let through."""
    expert = PoolExpert(
        expert_id=content["number"],
        name=content["name"],
        title=content["title"],
        employer=content["employer"],
        specialties=tuple(content["specialties"].split(",")),
        appointed_from=content["appointed_from"],
        appointed_until=content["appointed_until"],
        active=content["active"] == "yes",
    )
    return Member(expert, declarations_of(content))
