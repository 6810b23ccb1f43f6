"""What staff or a business system hand in for a move, as a value: unknown fields are refused, values never repeated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from delegation.codes import Kind, Priority, Procedure
from delegation.deadlines import DeadlineError, Suspension
from delegation.errors import Reason, Refusal
from delegation.model import ClockFacts
from delegation.values import maker


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper act of a host that is no member."""

    paper_on: date
    post_number: str
    second_recorder: str
    second_recorder_name: str
    scan_material_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveInput:
    """A move's data, taken apart."""

    reasons: tuple[str, ...] = ()
    declared: Mapping[str, object] = field(default_factory=dict)
    in_reply_to: str = ""
    replaces: str = ""
    body: Mapping[str, object] = field(default_factory=dict)
    materials: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    suspension_ground: str = ""
    clock: ClockFacts | None = None
    priority: Priority = Priority.UNSPECIFIED
    paper: Paper | None = None
    text: str = ""
    to: tuple[str, ...] = ()
    requested_due: date | None = None


def invalid(path: str) -> Refusal:
    """INVALID_INPUT for a field."""
    return Refusal(Reason.INVALID_INPUT, field=path)


def text_of(data: Mapping[str, object], name: str, *, path: str = "") -> str:
    """A text, empty when absent."""
    value = data.get(name, "")
    if not isinstance(value, str) or len(value) > 20_000:
        raise invalid(f"{path}{name}")
    return value


def texts_of(data: Mapping[str, object], name: str, *, path: str = "", most: int = 128) -> tuple[str, ...]:
    """A list of texts, empty when absent."""
    if name not in data:
        return ()
    value = data[name]
    if not isinstance(value, list | tuple) or len(value) > most or not all(isinstance(item, str) for item in value):
        raise invalid(f"{path}{name}")
    return tuple(value)


def object_of(data: Mapping[str, object], name: str, *, path: str = "") -> Mapping[str, object]:
    """An object, empty when absent."""
    value = data.get(name)
    if value is None and name not in data:
        return {}
    if not isinstance(value, dict | Mapping):  # a dict nearly always: the abstract class is slow to ask
        raise invalid(f"{path}{name}")
    return value


def day_of_field(data: Mapping[str, object], name: str, *, path: str = "") -> date | None:
    """A day, None when absent or empty."""
    text = text_of(data, name, path=path)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"{path}{name}") from error


def only(data: Mapping[str, object], allowed: frozenset[str], *, path: str = "") -> None:
    """Refuse fields that nobody knows; the name is repeated only when it looks like one."""
    for name in data:
        if name not in allowed:
            shown = name if name.isidentifier() and name.isascii() and len(name) <= 40 else "unknown"
            raise invalid(f"{path}{shown}")


def kind_of(name: str) -> Kind:
    """The kind of that name. Refusal INVALID_INPUT."""
    try:
        return Kind[name]
    except KeyError as error:
        raise invalid("kind") from error


def clock_of(data: Mapping[str, object], *, path: str = "clock.") -> ClockFacts:
    """Clock facts as a form gives them."""
    only(data, frozenset({"accepted_on", "application_received_on", "procedure", "suspensions"}), path=path)
    suspensions = data.get("suspensions", [])
    if not isinstance(suspensions, list | tuple) or len(suspensions) > 32:
        raise invalid(f"{path}suspensions")
    procedure = text_of(data, "procedure", path=path) or "UNSPECIFIED"
    try:
        return ClockFacts(
            accepted_on=day_of_field(data, "accepted_on", path=path),
            application_received_on=day_of_field(data, "application_received_on", path=path),
            procedure=Procedure[procedure],
            suspensions=tuple(_suspension(item, path=f"{path}suspensions.") for item in suspensions),
        )
    except KeyError as error:
        raise invalid(f"{path}procedure") from error


def _suspension(item: object, *, path: str) -> Suspension:
    if not isinstance(item, Mapping):
        raise invalid(path.rstrip("."))
    only(item, frozenset({"ground", "effective_on", "resumed_on"}), path=path)
    effective = day_of_field(item, "effective_on", path=path)
    if effective is None:
        raise invalid(f"{path}effective_on")
    try:
        return Suspension(
            effective_on=effective,
            resumed_on=day_of_field(item, "resumed_on", path=path),
            ground=text_of(item, "ground", path=path),
        )
    except DeadlineError as error:
        raise invalid(f"{path}effective_on") from error


def _paper(data: Mapping[str, object]) -> Paper | None:
    value = object_of(data, "paper")
    if not value:
        return None
    path = "paper."
    only(
        value,
        frozenset({"paper_on", "post_number", "second_recorder", "second_recorder_name", "scan_material_id"}),
        path=path,
    )
    on = day_of_field(value, "paper_on", path=path)
    if on is None:
        raise invalid("paper.paper_on")
    return Paper(
        paper_on=on,
        post_number=text_of(value, "post_number", path=path),
        second_recorder=text_of(value, "second_recorder", path=path),
        second_recorder_name=text_of(value, "second_recorder_name", path=path),
        scan_material_id=text_of(value, "scan_material_id", path=path),
    )


def _priority(data: Mapping[str, object]) -> Priority:
    try:
        return Priority[text_of(data, "priority") or "UNSPECIFIED"]
    except KeyError as error:
        raise invalid("priority") from error


def _ground(data: Mapping[str, object]) -> str:
    suspension = object_of(data, "suspension")
    only(suspension, frozenset({"ground"}), path="suspension.")
    return text_of(suspension, "ground", path="suspension.")


def _stated_clock(data: Mapping[str, object]) -> ClockFacts | None:
    clock = object_of(data, "clock")
    return clock_of(clock) if clock else None


# By the name that is handed in: the field of MoveInput, and how it is read when the name is there.
_READERS: Final[Mapping[str, tuple[str, Callable[[Mapping[str, object]], object]]]] = {
    "priority": ("priority", _priority),
    "suspension": ("suspension_ground", _ground),
    "clock": ("clock", _stated_clock),
    "reasons": ("reasons", lambda data: texts_of(data, "reasons", most=16)),
    "declared": ("declared", lambda data: object_of(data, "declared")),
    "in_reply_to": ("in_reply_to", lambda data: text_of(data, "in_reply_to")),
    "replaces": ("replaces", lambda data: text_of(data, "replaces")),
    "body": ("body", lambda data: object_of(data, "body")),
    "materials": ("materials", lambda data: texts_of(data, "materials")),
    "reused_materials": ("reused", lambda data: texts_of(data, "reused_materials")),
    "paper": ("paper", _paper),
    "text": ("text", lambda data: text_of(data, "text")),
    "to": ("to", lambda data: texts_of(data, "to", most=6)),
    "requested_due": ("requested_due", lambda data: day_of_field(data, "requested_due")),
}
_FIELDS: Final = frozenset(_READERS)
_move = maker(MoveInput)


def parse_move(data: Mapping[str, object]) -> MoveInput:
    """Take a move's data apart. Refusal INVALID_INPUT with the path of the field, never its value."""
    only(data, _FIELDS)
    found = {field: read(data) for name, (field, read) in _READERS.items() if name in data}
    return _move(**found)  # type: ignore[arg-type]  # each reader gives its field's type; what is absent has a default
