"""Two things that every envelope pays for: another value of a frozen class, and what was made of a value before."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import fields
from itertools import repeat
from operator import attrgetter, call
from typing import Any, Final, Generic, TypeVar

V = TypeVar("V")
R = TypeVar("R")
_MOST: Final = 1 << 15
_EXHAUST: Final = deque[object](maxlen=0).extend


class _Shape:
    """How a class of values is read and filled at once: what `dataclasses.replace` works out for each call."""

    __slots__ = ("positions", "read", "setters")

    def __init__(self, of: type[Any]) -> None:
        names = [each.name for each in fields(of)]
        if len(names) < 2 or hasattr(of, "__post_init__") or not hasattr(of, "__slots__"):
            raise TypeError("not a plain class of values")
        self.read = attrgetter(*names)
        self.positions = {name: position for position, name in enumerate(names)}
        self.setters = [getattr(of, name).__set__ for name in names]


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
    for name, part in changes.items():
        position = shape.positions.get(name)
        if position is None:
            raise TypeError("no such field")
        parts[position] = part
    new = object.__new__(of)
    _EXHAUST(map(call, shape.setters, repeat(new), parts))
    return new


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
