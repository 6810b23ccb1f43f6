"""A draft's business JSON: header facts and the letter itself, parsed strictly, every problem named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TypeVar

from delegation.codec_json import body_from_json
from delegation.codes import (
    AppraisalKind,
    AppraisalMode,
    Kind,
    LegalBasis,
    Matter,
    PlaceCertainty,
    PlaceRole,
    Priority,
    Relation,
)
from delegation.errors import Refusal
from delegation.model import TaskPlace
from delegation.roster_view import RosterView, Unit
from node.desk.views import Problem
from node.move_input import MoveInput, clock_of, day_of_field, invalid, object_of, only, text_of, texts_of

_FIELDS = frozenset(
    {
        "matter",
        "task_place",
        "case_key",
        "legal_basis",
        "agreement_id",
        "appraisal_kind",
        "appraisal_mode",
        "priority",
        "clock",
        "requested_due",
        "related_thread_id",
        "relation",
        "host_unit",
        "short_time_confirmed",
        "letter",
        "text",
        "reused_materials",
        "materials",
    }
)
_Code = TypeVar("_Code", bound=Enum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """A draft's content as values."""

    matter: Matter
    place: TaskPlace | None
    fields: Mapping[str, object]
    host_unit: str
    case_key: str
    short_time_confirmed: bool
    letter: Mapping[str, object]
    text: str
    materials: tuple[str, ...]
    reused: tuple[str, ...]

    @property
    def priority(self) -> Priority:
        """The letter's priority."""
        found = self.fields["priority"]
        return found if isinstance(found, Priority) else Priority.UNSPECIFIED

    def move(self) -> MoveInput:
        """What `compose` takes for the letter."""
        return MoveInput(
            declared={"short_time_confirmed": True} if self.short_time_confirmed else {},
            body={"letter": dict(self.letter)},
            materials=self.materials,
            reused=self.reused,
            text=self.text,
        )


def _code(kind: type[_Code], data: Mapping[str, object], name: str, *, path: str = "") -> _Code:
    text = text_of(data, name, path=path) or "UNSPECIFIED"
    try:
        return kind[text]
    except KeyError as error:
        raise invalid(f"{path}{name}") from error


def _place(data: Mapping[str, object]) -> TaskPlace | None:
    value = object_of(data, "task_place")
    if not value:
        return None
    path = "task_place."
    only(value, frozenset({"code", "role", "certainty", "other_candidates"}), path=path)
    return TaskPlace(
        text_of(value, "code", path=path),
        _code(PlaceRole, value, "role", path=path),
        _code(PlaceCertainty, value, "certainty", path=path),
        texts_of(value, "other_candidates", path=path, most=2),
    )


def parse_business(data: Mapping[str, object]) -> Business:
    """A draft's content. Refusal INVALID_INPUT with the path of the field; incomplete is fine, malformed is not."""
    only(data, _FIELDS)
    confirmed = data.get("short_time_confirmed", False)
    if not isinstance(confirmed, bool):
        raise invalid("short_time_confirmed")
    matter = _code(Matter, data, "matter")
    fields: dict[str, object] = {
        "matter": matter,
        "legal_basis": _code(LegalBasis, data, "legal_basis"),
        "priority": _code(Priority, data, "priority"),
        "appraisal_kind": _code(AppraisalKind, data, "appraisal_kind"),
        "appraisal_mode": _code(AppraisalMode, data, "appraisal_mode"),
        "agreement_id": text_of(data, "agreement_id"),
        "related_thread_id": text_of(data, "related_thread_id"),
        "relation": _code(Relation, data, "relation"),
        "requested_due": day_of_field(data, "requested_due"),
        "clock": clock_of(object_of(data, "clock")),
    }
    return Business(
        matter=matter,
        place=_place(data),
        fields=fields,
        host_unit=text_of(data, "host_unit"),
        case_key=text_of(data, "case_key"),
        short_time_confirmed=confirmed,
        letter=object_of(data, "letter"),
        text=text_of(data, "text"),
        materials=texts_of(data, "materials"),
        reused=texts_of(data, "reused_materials"),
    )


def host_of(business: Business, roster: RosterView, on: date) -> Unit | None:
    """The unit that is competent by the roster; the one named when it is among several."""
    if business.place is None or not business.matter:
        return None
    competent = roster.competent_units(business.place, business.matter, on)
    named = [unit for unit in competent if unit.code == business.host_unit]
    return (named or list(competent) or [None])[0]  # type: ignore[list-item]  # None when nobody is


def problems_of(business: Business, roster: RosterView | None, on: date) -> tuple[Problem, ...]:
    """What keeps the draft from being sealed, as far as it can be said before it is composed."""
    found: list[Problem] = []

    def missing(field: str) -> None:
        found.append(Problem(field, "missing", {}))

    if not business.matter:
        missing("matter")
    if business.place is None:
        missing("task_place")
    for name in ("legal_basis", "priority"):
        if not business.fields[name]:
            missing(name)
    if not business.letter:
        missing("letter")
    else:
        try:
            body_from_json(Kind.ISSUED, {"thread_id": "WT-330100-20260312-000017-O", "letter": dict(business.letter)})
        except Refusal as refusal:
            found.append(Problem(refusal.details.get("field", "letter"), refusal.reason.value, {}))
    if roster is not None and business.place is not None and business.matter:
        unit = host_of(business, roster, on)
        if unit is None:
            found.append(Problem("task_place", "no_competent_unit", {}))
        elif business.host_unit and unit.code != business.host_unit:
            found.append(Problem("host_unit", "WRONG_PLACE", {"competent_unit": unit.code}))
    return tuple(found)
