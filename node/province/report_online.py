"""Does the registry's log still hold what a report was counted at? Asked of its LogService, apart from the counting.

The checkpoint that the report carries is signed by the log, and the log as it now stands grew out of it. Of each thread
that was counted the last entry lies in the carried checkpoint's tree, and by the chain so does every one before it;
negative evidence, which no chain holds, is looked for by itself. NOT checked: that the registry kept no thread back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from certs.notes import Checkpoint, NoteError, parse_and_verify
from certs.trust import Trust
from delegation.errors import Reason, Refusal
from node.log_watch import Seen, check_inclusion, consistent
from node.province.report_checking import MOST_TOLD, Difference, Leaf
from node.province.reports import Report
from xieban.federation.v1 import log_pb2

_AT_ONCE: Final = 256


class OnlineState(StrEnum):
    """What the registry's log said."""

    CONSISTENT = "consistent"
    DIFFERS = "differs"
    UNAVAILABLE = "unavailable"  # nobody answered: nothing is said of the report


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    """`log_size`: of the head that was shown now; `leaves`: how many were found in the carried checkpoint's tree."""

    state: OnlineState
    log_size: int = 0
    leaves: int = 0
    differences: tuple[Difference, ...] = ()


class LogService(Protocol):
    """What is asked of the link to the registry."""

    async def checkpoint(self) -> log_pb2.GetCheckpointResponse:
        """The newest head."""
        ...

    async def consistency(self, *, old_size: int, new_size: int) -> log_pb2.GetConsistencyProofResponse:
        """How one head grew out of another."""
        ...

    async def inclusions(self, leaf_indexes: Sequence[int], *, tree_size: int) -> list[tuple[bytes, ...]]:
        """Paths of leaves in one tree."""
        ...


async def check_online(report: Report, leaves: Sequence[Leaf], log: LogService, *, newest: Trust) -> Online:
    """Ask the log. Never raises Refusal: a registry that does not answer is a state."""
    try:
        carried = _seen(report.checkpoint, newest)
        shown = _seen((await log.checkpoint()).checkpoint, newest)
        fault = await _grown(carried, shown, log)
        if fault:
            return Online(state=OnlineState.DIFFERS, log_size=shown.checkpoint.size, differences=(fault,))
        found, missing = await _included(leaves, carried.checkpoint, log)
    except NoteError as error:
        return Online(state=OnlineState.DIFFERS, differences=(_checkpoint(str(error.code)),))
    except Refusal:
        return Online(state=OnlineState.UNAVAILABLE)
    return Online(
        state=OnlineState.DIFFERS if missing else OnlineState.CONSISTENT,
        log_size=shown.checkpoint.size,
        leaves=found,
        differences=tuple(missing[:MOST_TOLD]),
    )


def _seen(note: bytes, newest: Trust) -> Seen:
    return Seen(note, parse_and_verify(note, newest.view.registry.log_origin, newest.log_key))


def _checkpoint(why: str) -> Difference:
    return Difference(what="checkpoint", where="log.checkpoint", why=why)


async def _grown(old: Seen, new: Seen, log: LogService) -> Difference | None:
    if new.checkpoint.size < old.checkpoint.size:
        return _checkpoint("shrunk")
    path: list[bytes] = []
    if 0 < old.checkpoint.size < new.checkpoint.size:
        answer = await log.consistency(old_size=old.checkpoint.size, new_size=new.checkpoint.size)
        path = list(answer.path)
    if old.checkpoint.size and consistent(old, new, path) is not None:
        return _checkpoint("not_consistent")
    return None


async def _included(leaves: Sequence[Leaf], head: Checkpoint, log: LogService) -> tuple[int, list[Difference]]:
    missing = [_outside(leaf) for leaf in leaves if leaf.index >= head.size]
    waiting = sorted((leaf for leaf in leaves if leaf.index < head.size), key=lambda leaf: leaf.index)
    found = 0
    while waiting:
        asked = waiting[:_AT_ONCE]
        paths = await log.inclusions([leaf.index for leaf in asked], tree_size=head.size)
        if not paths:
            raise Refusal(Reason.UNAVAILABLE)
        for leaf, path in zip(asked, paths, strict=False):  # a registry of an older contract proves the first alone
            try:
                check_inclusion(leaf_index=leaf.index, entry_digest=leaf.digest, path=path, head=head)
                found += 1
            except Refusal:
                missing.append(_outside(leaf))
        waiting = waiting[len(paths) :]
    return found, missing


def _outside(leaf: Leaf) -> Difference:
    return Difference(what="entry", where="", thread_id=leaf.thread_id, leaf=leaf.index, why="inclusion")
