"""Subtrees of the log in memory: they never change, and those of what was logged last are asked for most."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from delegation.merkle import Node

_MOST: Final = 65_536  # some 200 bytes each; the subtrees of the last 32,000 entries


class Nodes:
    """Hashes of committed perfect subtrees, leaves included; used on the event loop alone, the oldest give way."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._held: dict[tuple[int, int], bytes] = {}

    def get(self, level: int, index: int) -> bytes:
        """A subtree's hash. Raises KeyError when it is not held."""
        return self._held[level, index]

    def put(self, nodes: Iterable[Node]) -> None:
        """Hold subtrees that the store shows committed."""
        held = self._held
        for level, index, value in nodes:
            held[level, index] = value
        for name in list(islice(held, max(0, len(held) - self._most))):
            del held[name]
