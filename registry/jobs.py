"""What the writer runs: one job after another in a batch, each with what it needs read beforehand."""

from typing import Protocol, TypeVar

from registry.batch import Batch, Needs
from registry.quotas import Counts

T_co = TypeVar("T_co", covariant=True)


class Job(Protocol[T_co]):
    """One act of the writer. It reads first, then decides, then writes: a refusal leaves the batch as it was."""

    @property
    def weight(self) -> int:
        """How much of a batch it takes; an envelope is 1."""

    @property
    def size(self) -> int:
        """Bytes that it will store, roughly."""

    def needs(self, needs: Needs) -> None:
        """Add what is to be read before the batch is judged."""

    def run(self, batch: Batch, counts: Counts) -> T_co:
        """Judge and write. Raises Refusal when nothing is to be stored."""
