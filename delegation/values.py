"""Three things that every envelope pays for: a frozen value, another one like it, and what was made of one before.

A frozen dataclass sets each of its fields through `object.__setattr__`, which for a header costs more than reading one.
So a value is filled here as its class's twin, which has the same slots and is not frozen, and then becomes one of its
class; nobody sees the twin.
"""

from collections.abc import Callable, Iterable
from dataclasses import field, fields, make_dataclass
from operator import attrgetter
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
V = TypeVar("V")
R = TypeVar("R")
_MOST: Final = 1 << 15
_set: Final = object.__setattr__


def _twin(of: type[Any], *, as_declared: bool) -> type[Any]:
    """A class whose calls give values of `of`: with its defaults, or with every field in its place (and no default)."""
    if hasattr(of, "__post_init__") or not hasattr(of, "__slots__"):
        raise TypeError("not a plain class of values")

    def becomes(new: Any) -> None:  # Any: of the twin before, of the class after
        new.__class__ = of

    found = [
        (
            each.name,
            object,
            field(default=each.default, default_factory=each.default_factory, kw_only=each.kw_only)
            if as_declared
            else field(),
        )
        for each in fields(of)
    ]
    # The same bases: a value can only become one of a class whose layout is the same.
    return make_dataclass(
        of.__name__, found, bases=of.__bases__, namespace={"__post_init__": becomes}, slots=True, eq=False, repr=False
    )


def maker(of: Callable[P, V]) -> Callable[P, V]:
    """A frozen class's own call, of the same arguments and defaults, at a third to a half of its price.

    For a class of many fields whose values are made for every envelope; it has slots and no `__post_init__`.

    Raises:
        TypeError: a class of another sort.
    """
    return cast("Callable[P, V]", _twin(cast("type[Any]", of), as_declared=True))


class _Shape:
    """How a class of values is read and filled at once: what `dataclasses.replace` works out for each call."""

    __slots__ = ("fill", "positions", "read")

    def __init__(self, of: type[Any]) -> None:
        self.fill = _twin(of, as_declared=False)
        names = [each.name for each in fields(of)]
        if len(names) < 2:
            raise TypeError("not a plain class of values")
        self.read = attrgetter(*names)
        self.positions = {name: position for position, name in enumerate(names)}


_SHAPES: Final[dict[type[Any], _Shape]] = {}  # as many as there are classes


def replaced(value: V, **changes: object) -> V:
    """As `dataclasses.replace`, for frozen classes with slots and without `__post_init__`; several times as fast.

    Raises:
        TypeError: a field that the class does not have, or a class of another sort.
    """
    of = type(value)
    shape = _SHAPES.get(of)
    if shape is None:
        shape = _SHAPES[of] = _Shape(of)
    parts = list(shape.read(value))
    positions = shape.positions
    for name, part in changes.items():
        position = positions.get(name)
        if position is None:
            raise TypeError("no such field")
        parts[position] = part
    made: V = shape.fill(*parts)
    return made


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
