"""Deadlines that passed: negative evidence says what the log did not hold, never that someone failed (protocol 8.4).

No sweep runs while the registry would speak of a time in which nobody could reach it (protocol 8.5).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from delegation.deadlines import day_of
from delegation.lifecycle import certified, overdue, recompute
from delegation.model import EntryKind, NegativeEvidence
from registry.batch import Batch, Needs
from registry.quotas import Counts
from registry.records import ItemKind, NegativeRow, envelope_key
from registry.threads import Kept

ABSENCE: Final = timedelta(minutes=10)
LONGEST_QUIET: Final = timedelta(hours=4)
CLOCK_MARGIN: Final = 300.0  # seconds
_REFUSE_MARGIN: Final = 3600.0
_SETTLE: Final = 10.0  # seconds an hour: what keeping time by the network may shift a clock


class ClockWatch:
    """Tells a jump of the wall clock by the monotonic one, which nobody can set."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._offset = self._now()
        self._settled = monotonic()

    def _now(self) -> float:
        return self._clock().timestamp() - self._monotonic()

    @property
    def drift(self) -> float:
        """Seconds by which the wall clock left the monotonic one."""
        drift = self._now() - self._offset
        if abs(drift) < _SETTLE and self._monotonic() - self._settled > 3600.0:
            self._offset, self._settled = self._now(), self._monotonic()
        return drift

    @property
    def jumped(self) -> bool:
        """By five minutes or more: no deadline is judged until a restart or until the clock is back."""
        return abs(self.drift) >= CLOCK_MARGIN

    @property
    def lost(self) -> bool:
        """By an hour or more: nothing is accepted either."""
        return abs(self.drift) >= _REFUSE_MARGIN


class Quiet:
    """How long sweeps wait after an absence: as long as it lasted, at most four hours."""

    def __init__(self) -> None:
        self._until: datetime | None = None

    def returned(self, *, last_seen: datetime | None, at: datetime) -> None:
        """The registry is there again; the stored heartbeat says since when it was not."""
        if last_seen is None:
            return
        absence = at - last_seen
        if absence > ABSENCE:
            until = at + min(absence, LONGEST_QUIET)
            self._until = until if self._until is None else max(self._until, until)

    def holds(self, at: datetime) -> bool:
        """Whether sweeps still wait."""
        if self._until is not None and at >= self._until:
            self._until = None
        return self._until is not None


@dataclass(frozen=True, slots=True)
class OverdueJob:
    """Log negative evidence for some threads; gives how many pieces."""

    on: date
    limit: int = 200

    @property
    def weight(self) -> int:
        """See `jobs.Job`."""
        return 64

    @property
    def size(self) -> int:
        """See `jobs.Job`."""
        return 0

    def needs(self, needs: Needs) -> None:
        """See `jobs.Job`."""

    def run(self, batch: Batch, counts: Counts) -> int:
        """See `jobs.Job`. A day is past when the registry's day of acceptance is later."""
        del counts
        if batch.trust is None or self.on != day_of(batch.at):
            return 0
        due = batch.store.due_threads(self.on.isoformat(), self.limit)
        batch.fetch_threads(due)
        written = 0
        for thread_id in due:
            kept = batch.thread(thread_id)
            if kept is not None:
                written += self._certify(kept, batch)
        return written

    def _certify(self, kept: Kept, batch: Batch) -> int:
        state, leaf = kept.state, kept.last_leaf
        clocks = overdue(state, on=self.on)
        for clock in clocks:
            state = certified(state, clock)
            row = batch.log(
                EntryKind.NEGATIVE,
                NegativeEvidence(clock.clock, clock.unit, clock.started_by, clock.due.legal, batch.size),
                thread_id=state.thread_id,
                state_version=state.state_version,
                due_dates=state.due_dates,
            )
            leaf = row.leaf_index
            key = envelope_key(clock.started_by.sender_unit, clock.started_by.envelope_id)
            batch.negatives.append(NegativeRow(state.thread_id, leaf, key, batch.at))
            for unit in dict.fromkeys((state.home_unit, state.host_unit)):
                if _is_served(batch, unit):
                    batch.deliver(unit, ItemKind.NEGATIVE, leaf, row.data)
        if state is not kept.state:
            batch.put_thread(Kept(state, kept.opened_at, batch.at, kept.reported_at, leaf))
        return len(clocks)


@dataclass(frozen=True, slots=True)
class RecomputeJob:
    """A calendar was published: open dates are computed anew (promise 10)."""

    thread_ids: tuple[str, ...]

    @property
    def weight(self) -> int:
        """See `jobs.Job`."""
        return len(self.thread_ids)

    @property
    def size(self) -> int:
        """See `jobs.Job`."""
        return 0

    def needs(self, needs: Needs) -> None:
        """See `jobs.Job`."""
        needs.threads.update(self.thread_ids)

    def run(self, batch: Batch, counts: Counts) -> int:
        """See `jobs.Job`."""
        del counts
        changed = 0
        for thread_id in self.thread_ids:
            kept = batch.thread(thread_id)
            if kept is None or batch.trust is None:
                continue
            after = recompute(kept.state, batch.trust.view)
            if after != kept.state:
                batch.put_thread(Kept(after, kept.opened_at, kept.changed_at, kept.reported_at, kept.last_leaf))
                changed += 1
        return changed


def _is_served(batch: Batch, unit: str) -> bool:
    return batch.trust is not None and unit in batch.trust.view.units and batch.trust.view.units[unit].bureau != ""
