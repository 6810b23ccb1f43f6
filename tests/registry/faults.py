"""A store that breaks when it is told to: before a commit, or after it was kept and before anyone was told."""

from registry.records import Changes
from registry.store import StoreRejected, StoreUnavailable
from registry.store_memory import MemoryStore


class FaultyStore(MemoryStore):
    """The memory store with faults; each one is used up."""

    def __init__(self) -> None:
        super().__init__()
        self.fail_before = 0
        self.fail_after = 0
        self.poisoned_key = ""
        self.fail_reading = 0
        self.commits: list[Changes] = []

    def commit(self, changes: Changes) -> None:
        """As the memory store, or not."""
        if self.fail_before:
            self.fail_before -= 1
            raise StoreUnavailable
        if any(row.key == self.poisoned_key for row in changes.answers):
            raise StoreRejected
        super().commit(changes)
        self.commits.append(changes)
        if self.fail_after:
            self.fail_after -= 1
            raise StoreUnavailable

    def count_waiting(self, unit: str) -> int:
        """As the memory store, or not."""
        if self.fail_reading:
            self.fail_reading -= 1
            raise StoreUnavailable
        return super().count_waiting(unit)
