"""What waits for the writer: fair turns between bureaus, in order within one."""

import asyncio
from collections import OrderedDict, deque
from typing import Any, NamedTuple

from delegation.errors import Reason, Refusal
from registry.jobs import Job
from registry.quotas import over


class Outcomes:
    """What the jobs of one call came to, each a result or a Refusal; `all` is told when the last one is known."""

    __slots__ = ("_found", "_left", "all")

    def __init__(self, count: int, told: "asyncio.Future[list[Any]]") -> None:
        self.all = told
        self._found: list[Any] = [None] * count
        self._left = count

    def put(self, place: int, outcome: object) -> None:
        """The outcome of one job, once. A caller that went away is not told; a retry gets the stored answer."""
        self._found[place] = outcome
        self._left -= 1
        if not self._left and not self.all.done():
            self.all.set_result(self._found)


class Waiting(NamedTuple):
    """A job, and its place among the outcomes of its call."""

    job: Job[Any]  # of every result type; the outcomes carry it back to a typed caller
    outcomes: Outcomes
    place: int


class FairQueue:
    """Bureaus take turns, one job each; the registry's own jobs are a bureau of the empty name.

    `patience` is how many seconds jobs may wait for others that are in more of a hurry, when they are put so.
    """

    def __init__(self, *, most_of_one: int, most: int) -> None:
        self._most_of_one = most_of_one
        self._most = most
        self._lines: OrderedDict[str, deque[Waiting]] = OrderedDict()
        self._weights: dict[str, int] = {}
        self._total = 0
        self._filled = asyncio.Event()
        self.patience = 0.0

    @property
    def total(self) -> int:
        """Weight of everything that waits."""
        return self._total

    def put(self, bureau: str, jobs: list[Waiting], *, patient: bool = False) -> None:
        """Let all wait, or none. Raises Refusal: QUOTA_EXCEEDED for one bureau, UNAVAILABLE for all together.

        Where there is patience, `patient` jobs go with the next others, or alone when none come.
        """
        weight = sum([each.job.weight for each in jobs])
        held = self._weights.get(bureau, 0)
        if bureau and held and held + weight > self._most_of_one:
            raise over("envelopes_waiting")
        if bureau and self._total and self._total + weight > self._most:
            raise Refusal(Reason.UNAVAILABLE)
        self._lines.setdefault(bureau, deque()).extend(jobs)
        self._weights[bureau] = held + weight
        self._total += weight
        if patient and self.patience:
            asyncio.get_running_loop().call_later(self.patience, self._filled.set)
        else:
            self._filled.set()

    async def take(self, *, weight: int, size: int) -> list[Waiting]:
        """What one batch may hold; waits for it. Nothing when what was patient went already."""
        await self._filled.wait()
        taken: list[Waiting] = []
        while self._lines and (not taken or (weight > 0 and size > 0)):
            bureau, line = self._lines.popitem(last=False)
            each = line.popleft()
            taken.append(each)
            own = each.job.weight
            weight, size = weight - own, size - each.job.size
            self._total -= own
            self._weights[bureau] -= own
            if line:
                self._lines[bureau] = line  # to the end: the others have their turn first
            else:
                del self._weights[bureau]
        if not self._lines:
            self._filled.clear()
        return taken

    def drain(self) -> list[Waiting]:
        """Everything that waits, at the end."""
        left = [each for line in self._lines.values() for each in line]
        self._lines.clear()
        self._weights.clear()
        self._total = 0
        self._filled.clear()
        return left
