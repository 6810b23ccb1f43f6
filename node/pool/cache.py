"""Pools that were read lately, decrypted, in memory: a list of 5,000 need not be decrypted for each page of it.

What is here is found by a mark that is never used twice (`PoolRecord.content`, a version's root), so nothing has to be
dropped when a transaction is taken back. Used by the writer's thread alone.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from delegation.eligibility import Member
from delegation.merkle import Batch
from node.records_pool import ExpertRecord

_MOST_LIVE: Final = 8  # units of a node that appraise
_MOST_FROZEN: Final = 4


@dataclass(frozen=True, slots=True)
class Kept:
    """An expert as stored, with what the row says."""

    record: ExpertRecord
    content: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A version as it was frozen: experts in their order, the salt of each one's leaf, and the tree over the leaves."""

    rows: tuple[Mapping[str, str], ...]
    members: tuple[Member, ...]
    salts: tuple[bytes, ...]
    tree: Batch


class PoolCache:
    """Both, bounded, the longest unused dropped first."""

    def __init__(self) -> None:
        self._live: OrderedDict[str, tuple[str, tuple[Kept, ...]]] = OrderedDict()
        self._frozen: OrderedDict[bytes, Frozen] = OrderedDict()

    def live(self, unit: str, content: str) -> tuple[Kept, ...] | None:
        """The experts of a unit in the order of their numbers, if this state of the pool is in memory."""
        found = self._live.get(unit)
        return found[1] if found is not None and found[0] == content else None

    def keep_live(self, unit: str, content: str, experts: tuple[Kept, ...]) -> None:
        """Remember them."""
        self._live[unit] = (content, experts)
        self._live.move_to_end(unit)
        while len(self._live) > _MOST_LIVE:
            self._live.popitem(last=False)

    def frozen(self, root: bytes) -> Frozen | None:
        """A version by its root."""
        found = self._frozen.get(root)
        if found is not None:
            self._frozen.move_to_end(root)
        return found

    def keep_frozen(self, root: bytes, version: Frozen) -> None:
        """Remember it."""
        self._frozen[root] = version
        while len(self._frozen) > _MOST_FROZEN:
            self._frozen.popitem(last=False)
