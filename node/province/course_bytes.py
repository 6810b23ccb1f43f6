"""A course as bytes of one row: JSON with a version, every field by its name."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from delegation.codes import Adoption, AppraisalMode, Matter, Priority
from delegation.course import Course, Missed
from delegation.errors import Reason, Refusal
from delegation.model import DueDate
from delegation.table import BusinessStatus, State
from delegation.values import maker
from node.records import from_us, to_us

_VERSION: Final = 1
_INSTANTS: Final = (
    "issued_at", "leg_issued_at", "changed_at", "signed_at", "accepted_at", "assigned_at", "result_at", "completed_at",
    "ended_at",
)  # fmt: skip
_PLAIN: Final = (
    "thread_id", "home_unit", "host_unit", "first_host", "leg", "on_paper", "sequence", "leaf", "returns", "refusals",
    "transfers", "disputes", "supplements", "extensions", "reminders", "supervisions", "supervision_answers",
    "draw_defaults", "draw_voids", "reused", "given_to", "matter", "mode", "priority", "state", "status", "ended_as",
    "adoption",
)  # fmt: skip
_CODES: Final[Mapping[str, type[Any]]] = {  # Any: enumerations, each by its value
    "matter": Matter, "mode": AppraisalMode, "priority": Priority, "state": State, "status": BusinessStatus,
    "ended_as": State, "adoption": Adoption,
}  # fmt: skip
_course_of: Final = maker(Course)


def course_bytes(course: Course) -> bytes:
    """The bytes of a row."""
    found: dict[str, object] = {"v": _VERSION}
    found |= {name: getattr(course, name) for name in _PLAIN}
    for name in _INSTANTS:
        at: datetime | None = getattr(course, name)
        found[name] = to_us(at) if at is not None else None
    found["result_due"] = course.result_due.isoformat() if course.result_due is not None else None
    found["due"] = [
        (due.clock, due.unit, due.nominal.isoformat(), due.legal.isoformat(), due.provisional) for due in course.due
    ]
    for name, those in (("missed", course.missed), ("overdue", course.overdue)):
        found[name] = [(each.clock, each.unit, each.due.isoformat(), each.leg) for each in those]
    found["archived_by"] = course.archived_by
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def read_course(data: bytes) -> Course:
    """The course of a row. Refusal INTERNAL (stored_content) for anything else."""
    try:
        found: dict[str, Any] = json.loads(data)  # Any: what JSON gives; each field is turned below
        if found.pop("v") != _VERSION:
            raise ValueError
        for name, code in _CODES.items():
            found[name] = code(found[name])
        for name in _INSTANTS:
            if found[name] is not None:
                found[name] = from_us(found[name])
        if found["result_due"] is not None:
            found["result_due"] = date.fromisoformat(found["result_due"])
        found["due"] = tuple(
            DueDate(clock, unit, date.fromisoformat(nominal), date.fromisoformat(legal), provisional)
            for clock, unit, nominal, legal, provisional in found["due"]
        )
        for name in ("missed", "overdue"):
            found[name] = tuple(
                Missed(clock, unit, date.fromisoformat(due), leg) for clock, unit, due, leg in found[name]
            )
        found["archived_by"] = tuple(found["archived_by"])
        return _course_of(**found)
    except (ValueError, TypeError, KeyError):
        raise Refusal(Reason.INTERNAL, field="stored_content") from None
