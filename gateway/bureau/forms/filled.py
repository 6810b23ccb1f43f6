"""A form as somebody filled it in: the typed texts by path, kept as they are so that nothing is lost when one is wrong.

`to_json` makes the nested values that the desk's use cases take; what was left empty is left out. What cannot be what
the field asks (a number, a day) is told beside the field. The rules of the business are the node's to judge.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, cast

from gateway.bureau.forms.spec import Ask, Field, FormSpec, Rows

CHECKED = "1"


@dataclass(slots=True)
class Filled:
    """Typed texts and faults, both by path. A fault is a Chinese text of ours, never what was typed."""

    spec: FormSpec
    typed: Mapping[str, Sequence[str]]
    faults: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)  # rows shown, by group

    def text(self, path: str) -> str:
        """What stands in a field."""
        found = self.typed.get(path, ())
        return found[0] if found else ""

    def texts(self, path: str) -> tuple[str, ...]:
        """What was chosen in a field of several."""
        return tuple(self.typed.get(path, ()))

    def fault(self, path: str) -> str:
        """What is wrong with a field; empty when nothing is."""
        return self.faults.get(path, "")

    def count(self, rows: Rows) -> int:
        """How many rows of a group to show."""
        return self.counts.get(rows.path, rows.least)

    def is_open(self, name: str) -> bool:
        """A folded section has something filled in or wrong."""
        section = next(each for each in self.spec.sections if each.name == name)
        paths = tuple(part.path for part in section.parts)
        shown = [path for path, values in self.typed.items() if any(values)] + list(self.faults)
        return any(path == mine or path.startswith(f"{mine}.") for path in shown for mine in paths)

    @property
    def first_fault(self) -> str:
        """Path of the first field that is wrong, in the order of the form; the page sets the focus there."""
        for path in _in_order(self):
            if path in self.faults:
                return path
        return next(iter(self.faults), "")


def _in_order(form: Filled) -> list[str]:
    found = []
    for section in form.spec.sections:
        for part in section.parts:
            if isinstance(part, Rows):
                found.append(part.path)
                numbers = range(form.count(part))
                found.extend(f"{part.path}.{number}.{each.path}" for number in numbers for each in part.fields)
            else:
                found.append(part.path)
    return found


def read(spec: FormSpec, typed: Mapping[str, Sequence[str]]) -> Filled:
    """What was typed, for this form; fields that it does not ask are left out.

    The button ``_add`` asks for another row of the group that it names, ``_drop`` for one less (``letter.items.2``).
    """
    known: dict[str, list[str]] = {}
    form = Filled(spec=spec, typed=known)
    for each in spec.fields:
        _take(known, typed, each.path, each)
    for rows in spec.rows:
        dropped = _dropped(typed, rows)
        numbers = [number for number in _numbers(typed, rows) if number != dropped]
        for position, number in enumerate(numbers):
            for each in rows.fields:
                _take(known, typed, f"{rows.path}.{number}.{each.path}", each, to=f"{rows.path}.{position}.{each.path}")
        more = int(rows.path in typed.get("_add", ()))
        form.counts[rows.path] = min(rows.most, max(rows.least, len(numbers) + more))
    return form


def _take(
    known: dict[str, list[str]], typed: Mapping[str, Sequence[str]], path: str, asked: Field, *, to: str = ""
) -> None:
    values = [value.replace("\r\n", "\n").strip() for value in typed.get(path, ())]
    if asked.ask is not Ask.CHOICES:
        values = values[-1:]  # an unticked box sends its hidden twin first
    if any(values):
        known[to or path] = values


def _numbers(typed: Mapping[str, Sequence[str]], rows: Rows) -> list[int]:
    start = f"{rows.path}."
    found = set()
    for path in typed:
        if path.startswith(start):
            number = path[len(start) :].partition(".")[0]
            if number.isdigit() and len(number) <= 4:
                found.add(int(number))
    return sorted(found)[: rows.most]


def _dropped(typed: Mapping[str, Sequence[str]], rows: Rows) -> int:
    for value in typed.get("_drop", ()):
        path, _, number = value.rpartition(".")
        if path == rows.path and number.isdigit():
            return int(number)
    return -1


def to_json(form: Filled) -> dict[str, object]:
    """The nested values of what was filled in. Faults of kind (a day that is none) are noted in `form`."""
    made: dict[str, object] = {}
    for each in form.spec.fields:
        _put(form, made, each.path, each)
    for rows in form.spec.rows:
        group: list[object] = []
        for number in range(form.count(rows)):
            one: dict[str, object] = {}
            for each in rows.fields:
                _put(form, one, each.path, each, at=f"{rows.path}.{number}.{each.path}")
            if any(value is not False for value in one.values()):
                group.append(one)
        if group:
            _set(made, rows.path, group)
    return made


def missing(form: Filled) -> None:
    """Note each required field that is empty."""
    for each in form.spec.fields:
        if each.required and not form.text(each.path):
            form.faults.setdefault(each.path, _missing(each))
    for rows in form.spec.rows:
        for number in range(form.count(rows)):
            filled = any(form.text(f"{rows.path}.{number}.{each.path}") for each in rows.fields)
            for each in rows.fields:
                path = f"{rows.path}.{number}.{each.path}"
                if each.required and (filled or number < rows.least) and not form.text(path):
                    form.faults.setdefault(path, _missing(each))


MISSING: Final = frozenset({"请填写此项", "请选择此项", "请勾选此项"})


def _missing(asked: Field) -> str:
    if asked.ask in (Ask.CHOICE, Ask.CHOICES):
        return "请选择此项"
    return "请勾选此项" if asked.ask is Ask.CHECK else "请填写此项"


def _put(form: Filled, made: dict[str, object], path: str, asked: Field, *, at: str = "") -> None:
    shown = at or path
    if asked.ask is Ask.CHOICES:
        chosen = [value for value in form.texts(shown) if value in dict(asked.choices)]
        if chosen:
            _set(made, path, chosen)
        return
    text = form.text(shown)
    if asked.ask is Ask.CHECK:
        _set(made, path, text == CHECKED)
    elif text:
        try:
            _set(made, path, _READ.get(asked.ask, _as_text)(text, asked))
        except ValueError as error:
            form.faults.setdefault(shown, str(error))


def _set(made: dict[str, object], path: str, value: object) -> None:
    *way, last = path.split(".")
    here = made
    for name in way:
        here = cast("dict[str, object]", here.setdefault(name, {}))
    here[last] = value


def _as_text(text: str, asked: Field) -> object:
    if len(text) > asked.longest:
        raise ValueError("太长了，请缩短")
    return text


def _as_day(text: str, _asked: Field) -> object:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("不是有效的日期，应如 2026-07-30") from None


def _as_moment(text: str, _asked: Field) -> object:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None).isoformat(timespec="minutes")
    except ValueError:
        raise ValueError("不是有效的日期和时间，应如 2026-07-30 09:40") from None


def _as_number(text: str, asked: Field) -> object:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError("应为整数")
    number = int(text)
    if (asked.least is not None and number < asked.least) or (asked.most is not None and number > asked.most):
        raise ValueError("超出允许的范围")
    return number


def _as_choice(text: str, asked: Field) -> object:
    if text not in dict(asked.choices):
        raise ValueError("请从列表中选择")
    return text


_READ: dict[Ask, Callable[[str, Field], object]] = {
    Ask.DAY: _as_day,
    Ask.MOMENT: _as_moment,
    Ask.NUMBER: _as_number,
    Ask.CHOICE: _as_choice,
}


def fill(spec: FormSpec, values: Mapping[str, object]) -> Filled:
    """The form filled in from values of a use case (the other way round than `to_json`), to be changed."""
    typed: dict[str, list[str]] = {}
    form = Filled(spec=spec, typed=typed)
    for each in spec.fields:
        _show(typed, each.path, _at(values, each.path))
    for rows in spec.rows:
        group = _at(values, rows.path)
        listed = list(group)[: rows.most] if isinstance(group, list | tuple) else []
        for number, one in enumerate(listed):
            for each in rows.fields:
                _show(typed, f"{rows.path}.{number}.{each.path}", _at(one, each.path))
        form.counts[rows.path] = max(rows.least, len(listed))
    return form


def _at(values: object, path: str) -> object:
    for name in path.split("."):
        if not isinstance(values, Mapping):
            return None
        values = values.get(name)
    return values


def _show(typed: dict[str, list[str]], path: str, value: object) -> None:
    if value is None or value is False or value == "":
        return
    if value is True:
        typed[path] = [CHECKED]
    elif isinstance(value, list | tuple):
        typed[path] = [str(each) for each in value]
    else:
        typed[path] = [str(value)]


@dataclass(frozen=True, slots=True)
class Named:
    """A field in words: its label, and of a row what the row is and which one."""

    label: str = ""
    row: str = ""
    number: int = 0


def named(form: Filled, path: str) -> Named:
    """The field of a path, to be shown before its fault; an empty label for a path that the form does not ask."""
    for each in form.spec.fields:
        if each.path == path:
            return Named(each.label)
    for rows in form.spec.rows:
        if path == rows.path:
            return Named(rows.label)
        if path.startswith(f"{rows.path}."):
            number, _, last = path[len(rows.path) + 1 :].partition(".")
            label = next((each.label for each in rows.fields if each.path == last), rows.label)
            return Named(label, rows.row_label or rows.label, int(number) + 1 if number.isdecimal() else 0)
    return Named()


def label_of(form: Filled, path: str) -> str:
    """The label alone."""
    return named(form, path).label
