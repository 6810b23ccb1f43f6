"""Three things that every envelope pays for: a frozen value, another one like it, and what was made of one before.

A frozen dataclass sets each of its fields through `object.__setattr__`, which for a header costs more than reading one.
So a value is filled here as its class's twin, which has the same slots and is not frozen, and then becomes one of its
class; nobody sees the twin.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
V = TypeVar("V")
R = TypeVar("R")
_MOST: Final = 1 << 15
_MOST_WRITTEN: Final = 256  # of one class: as many combinations of fields as the code changes together
_set: Final = object.__setattr__


class _Absent:
    """The type of what stands for an argument that was not given."""


_ABSENT: Final = _Absent()


def _twin(of: type[Any]) -> type[Any]:
    """A class with the slots of `of`, whose values are not frozen: one of them can become one of `of`."""
    if hasattr(of, "__post_init__") or not hasattr(of, "__slots__"):
        raise TypeError("not a plain class of values")
    # The same bases: a value can only become one of a class whose layout is the same.
    return type(of.__name__, of.__bases__, {"__slots__": of.__slots__})


def _written(of: type[Any], parameters: Sequence[str], parts: Mapping[str, str]) -> Callable[..., Any]:
    """A function of these parameters that fills each field with its part, one statement a field.

    It is written out because every envelope makes some fifty values, of up to forty fields: a loop over their names, or
    a class's own call, takes two to three times as long. All of the text is names of fields and of the parameters.
    """
    lines = [f"def made({', '.join(parameters)}):", " new = blank(twin)"]
    lines += [f" new.{name} = {part}" for name, part in parts.items()]
    lines += [" new.__class__ = of", " return new"]
    known: dict[str, Any] = {"twin": _twin(of), "of": of, "blank": object.__new__, "absent": _ABSENT}
    known |= {f"default_{each.name}": each.default for each in fields(of)}
    known |= {f"factory_{each.name}": each.default_factory for each in fields(of)}
    exec("\n".join(lines), known)  # noqa: S102 - as dataclasses write their own methods
    found: Callable[..., Any] = known["made"]
    return found


def maker(of: Callable[P, V]) -> Callable[P, V]:
    """A frozen class's own call, of the same arguments and defaults, at a third to a half of its price.

    For a class of many fields whose values are made for every envelope; it has slots and no `__post_init__`.

    Raises:
        TypeError: a class of another sort.
    """
    by_place, by_name, parts = list[str](), list[str](), dict[str, str]()
    for each in fields(cast("type[Any]", of)):
        name, parts[each.name] = each.name, each.name
        stated = name
        if each.default is not MISSING:
            stated = f"{name}=default_{name}"
        elif each.default_factory is not MISSING:
            stated, parts[name] = f"{name}=absent", f"factory_{name}() if {name} is absent else {name}"
        (by_name if each.kw_only else by_place).append(stated)
    parameters = [*by_place, "*", *by_name] if by_name else by_place
    return cast("Callable[P, V]", _written(cast("type[Any]", of), parameters, parts))


_FILLED: Final[dict[type[Any], dict[tuple[str, ...], Callable[..., Any]]]] = {}  # by class and names of the changes


def _changing(of: type[Any], names: tuple[str, ...]) -> Callable[..., Any]:
    """A function of a value and its new parts that gives the other value."""
    every = [each.name for each in fields(of)]
    if len(every) < 2 or not set(names) <= set(every):
        raise TypeError("no such field" if len(every) > 1 else "not a plain class of values")
    found = _written(of, ["value", *names], {name: name if name in names else f"value.{name}" for name in every})
    written = _FILLED.setdefault(of, {})
    if len(written) >= _MOST_WRITTEN:
        written.clear()
    written[names] = found
    return found


def replaced(value: V, **changes: object) -> V:
    """As `dataclasses.replace`, for frozen classes with slots and without `__post_init__`; several times as fast.

    Raises:
        TypeError: a field that the class does not have, or a class of another sort.
    """
    of, names = type(value), tuple(changes)
    written = _FILLED.get(of)
    fill = written.get(names) if written is not None else None
    if fill is None:
        fill = _changing(of, names)
    made: V = fill(value, *changes.values())
    return made


def changer(of: type[V], *names: str) -> Callable[..., V]:
    """`replaced` for just these fields of one class, told by place: (value, new part, …).

    Looking up by which fields a value changes costs twice what changing it does; for what every envelope changes.
    NOT checked: the types of the fields.

    Raises:
        TypeError: as `replaced`.
    """
    return _changing(of, names)


def completed(value: V, **changes: object) -> V:
    """The very value with other fields: for one that `replaced` made a moment ago and that nobody else holds yet.

    NOT checked: that nobody does, nor the types of the fields.
    """
    for name, part in changes.items():
        _set(value, name, part)
    return value


class Remembered(Generic[V, R]):
    """A pure function of frozen values that knows again, by identity, which ones it was given; bounded.

    Comparing or hashing a value costs about what making it anew would. A value that is held cannot be another one.
    """

    __slots__ = ("_held", "_make")

    def __init__(self, make: Callable[[V], R]) -> None:
        self._make = make
        self._held: dict[int, tuple[V, R]] = {}

    def __call__(self, value: V) -> R:
        found = self._held.get(id(value))
        if found is not None:
            return found[1]
        made = self._make(value)
        if len(self._held) >= _MOST:
            self._held.clear()
        self._held[id(value)] = (value, made)
        return made

    def each(self, values: Iterable[V]) -> list[R]:
        """What was made of each value, in order."""
        held = self._held
        return [self(value) if (found := held.get(id(value))) is None else found[1] for value in values]
