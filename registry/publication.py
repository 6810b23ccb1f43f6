"""A published roster becomes an entry of the log."""

import hashlib
from dataclasses import dataclass

from delegation.model import EntryKind, RosterPublished
from registry.batch import Batch, Needs
from registry.quotas import Counts


@dataclass(frozen=True, slots=True)
class RosterJob:
    """Log every statement that has no leaf yet; gives how many."""

    @property
    def weight(self) -> int:
        """See `jobs.Job`."""
        return 1

    @property
    def size(self) -> int:
        """See `jobs.Job`."""
        return 0

    def needs(self, needs: Needs) -> None:
        """See `jobs.Job`."""

    def run(self, batch: Batch, counts: Counts) -> int:
        """See `jobs.Job`."""
        del counts
        rows = batch.store.statements_to_log()
        for row in rows:
            detail = RosterPublished(row.version, hashlib.sha256(row.roster).digest(), row.statement_digest)
            entry = batch.log(EntryKind.ROSTER, detail)
            batch.statements.append((row.statement_digest, entry.leaf_index))
        return len(rows)
