"""What a list of delegations is asked for, by codes: from the address, into an address, into the node's filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from re import ASCII
from re import compile as pattern
from typing import Final

from delegation.codes import Matter
from delegation.table import State
from gateway.bureau.cases.labels import CODE_LABELS
from gateway.bureau.filters import ZONE
from node.desk.labels import state_label
from node.desk.ports import Filters

_SHOWN_STATES: Final = (
    State.ISSUED, State.SIGNED_FOR, State.RETURNED_FOR_CORRECTION, State.TRANSFERRED, State.AWAITING_DESIGNATION,
    State.REFUSED, State.ACCEPTED, State.IN_PROGRESS, State.REPORTED, State.SUPPLEMENT_REQUESTED,
    State.WITHDRAW_REQUESTED, State.COMPLETED, State.WITHDRAWN, State.CANCELLED, State.ARCHIVED, State.NOTICE_OPEN,
    State.PROPOSED, State.IN_FORCE, State.STATED, State.ASKED, State.ANSWERED, State.ENDED,
)  # fmt: skip
STATES: Final = tuple((state.value, state_label(state.value)) for state in _SHOWN_STATES)
ROLES: Final = (("home", "我方委托"), ("host", "我方受托"), ("superior", "上级监管"))
TURNS: Final = (("yes", "轮到我方"), ("no", "轮到对方"))
OVERDUE: Final = (("yes", "已超期"), ("no", "未超期"))
OPEN: Final = (("yes", "未办结"), ("no", "已办结"))
MINE: Final = (("yes", "分派给我的"),)
MATTERS: Final = tuple((each.name, CODE_LABELS.get(each.name, each.name)) for each in Matter if each)
SORTS: Final = (("changed", "按变动"), ("due", "按期限"))
_UNIT: Final = pattern(r"^[0-9]{6}[A-Z]{2}[0-9]{2}[0-9A-Z]$", ASCII)
_CHOICES: Final = {
    "state": STATES, "role": ROLES, "our_turn": TURNS, "overdue": OVERDUE, "open": OPEN, "matter": MATTERS,
    "mine": MINE, "sort": SORTS,
}  # fmt: skip
_BEFORE: Final = {"due_before": "< ", "changed_after": "≥ "}
_DAYS: Final = ("due_before", "changed_after")
NAMES: Final = (*_CHOICES, "other_unit", *_DAYS)
_YES_NO: Final = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Codes by name, those that say anything and are known; `faults`: what was not understood, by name."""

    codes: Mapping[str, str]
    faults: Mapping[str, str]

    def filters(self) -> Filters:
        """As the node takes them."""
        get = self.codes.get
        changed = get("changed_after")
        return Filters(
            state=get("state", ""),
            role=get("role", ""),
            our_turn=_YES_NO.get(get("our_turn", "")),
            overdue=_YES_NO.get(get("overdue", "")),
            open=_YES_NO.get(get("open", "")),
            matter=get("matter", ""),
            other_unit=get("other_unit", ""),
            due_before=date.fromisoformat(self.codes["due_before"]) if get("due_before") else None,
            changed_after=_begin_of(date.fromisoformat(changed)) if changed else None,
            mine=get("mine") == "yes",
            sort=get("sort", "changed"),
        )

    def words(self) -> list[str]:
        """What was asked for in words, each to be translated or as it was typed."""
        found = []
        for name, code in self.codes.items():
            found.append(dict(_CHOICES[name])[code] if name in _CHOICES else _BEFORE.get(name, "") + code)
        return found


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def _is_day(text: str) -> bool:
    try:
        return 2000 <= date.fromisoformat(text).year <= 2100
    except ValueError:
        return False


def chosen_from(values: Mapping[str, str]) -> Chosen:
    """What was asked for. An unknown value is told and asks for nothing."""
    codes: dict[str, str] = {}
    faults: dict[str, str] = {}
    for name in NAMES:
        text = values.get(name, "").strip()
        if not text:
            continue
        if name in _CHOICES:
            good, fault = text in dict(_CHOICES[name]), "请从列表中选择"
        elif name == "other_unit":
            text = text.upper()
            good, fault = bool(_UNIT.match(text)), "请填单位代码，如 510100RD015"
        else:
            good, fault = len(text) == len("2026-01-01") and _is_day(text), "请填日期，如 2026-08-31"
        if good:
            codes[name] = text
        else:
            faults[name] = fault
    if codes.get("sort") == "changed":
        del codes["sort"]
    return Chosen(codes, faults)
