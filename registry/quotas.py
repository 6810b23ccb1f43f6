"""What one bureau, unit or thread may take of what all share. Over it: QUOTA_EXCEEDED, which is 'try again'.

Counts that matter for days come from the store once and are then kept; rates and calls at once are of this process.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.roster_view import RosterView
from registry.settings import Quotas
from registry.store import Store


def over(quota: str) -> Refusal:
    """The refusal for a quota by its name."""
    return Refusal(Reason.QUOTA_EXCEEDED, quota=quota)


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Rates:
    """Calls a second (twice that in a burst) and calls at once, a bureau."""

    def __init__(self, quotas: Quotas, monotonic: Callable[[], float]) -> None:
        self._quotas = quotas
        self._monotonic = monotonic
        self._buckets: dict[str, _Bucket] = {}
        self._running: dict[str, int] = {}

    def enter(self, caller: str) -> None:
        """A call begins. Raises Refusal QUOTA_EXCEEDED; then `leave` is not called."""
        now, rate = self._monotonic(), self._quotas.calls_a_second
        bucket = self._buckets.setdefault(caller, _Bucket(2 * rate, now))
        bucket.level = min(2 * rate, bucket.level + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.level < 1:
            raise over("calls")
        if self._running.get(caller, 0) >= self._quotas.calls_at_once:
            raise over("calls_at_once")
        bucket.level -= 1
        self._running[caller] = self._running.get(caller, 0) + 1

    def leave(self, caller: str) -> None:
        """A call ends."""
        left = self._running.get(caller, 1) - 1
        if left:
            self._running[caller] = left
        else:
            self._running.pop(caller, None)


class Counts:
    """Counts of a bureau, unit or thread, kept by the writer. `forget` after an unknown outcome of a commit."""

    _MOST = 100_000

    def __init__(self, quotas: Quotas, store: Store) -> None:
        self._quotas = quotas
        self._store = store
        self._day = date.min
        self._refusals: dict[str, int] = {}
        self._neutral: dict[str, int] = {}
        self._open: dict[str, int] = {}
        self._waiting: dict[str, int] = {}

    def forget(self) -> None:
        """Ask the store again."""
        self._refusals.clear()
        self._open.clear()
        self._waiting.clear()

    def begin(self, at: datetime) -> None:
        """A batch begins; a new day empties what is counted a day."""
        today = day_of(at)
        if today != self._day or len(self._neutral) > self._MOST:
            self._day = today
            self._refusals.clear()
            self._neutral.clear()
        if len(self._waiting) > self._MOST:
            self._waiting.clear()

    def check_refusal(self, bureau: str, view: RosterView, at: datetime) -> None:
        """A refusal is about to be stored. Raises Refusal."""
        if bureau not in self._refusals:
            since = datetime.combine(self._day, time.min, tzinfo=at.tzinfo)
            self._refusals[bureau] = self._store.count_refusals(_units(view, bureau), since)
        if self._refusals[bureau] >= self._quotas.refusals_a_day:
            raise over("refusals")

    def refused(self, bureau: str) -> None:
        """A refusal was stored."""
        self._refusals[bureau] = self._refusals.get(bureau, 0) + 1

    def check_neutral(self, thread_id: str) -> None:
        """A neutral event is about to be judged. Raises Refusal."""
        if self._neutral.get(thread_id, 0) >= self._quotas.neutral_a_day:
            raise over("neutral_events")

    def neutral(self, thread_id: str) -> None:
        """A neutral event was accepted."""
        self._neutral[thread_id] = self._neutral.get(thread_id, 0) + 1

    def check_new_thread(self, bureau: str, view: RosterView) -> None:
        """A thread is about to begin. Raises Refusal."""
        if bureau not in self._open:
            self._open[bureau] = self._store.count_open_threads(_units(view, bureau))
        if self._open[bureau] >= self._quotas.open_threads:
            raise over("open_threads")

    def new_thread(self, bureau: str) -> None:
        """A thread began. Its end is counted when the store is asked again, each day."""
        self._open[bureau] = self._open.get(bureau, 0) + 1

    def check_mailbox(self, unit: str) -> None:
        """Something is about to be put into a mailbox. Raises Refusal."""
        if unit not in self._waiting:
            self._waiting[unit] = self._store.count_waiting(unit)
        if self._waiting[unit] >= self._quotas.mailbox:
            raise over("mailbox")

    def waiting(self, unit: str, change: int) -> None:
        """More or fewer envelopes wait in a mailbox."""
        if unit in self._waiting:
            self._waiting[unit] = max(0, self._waiting[unit] + change)


def _units(view: RosterView, bureau: str) -> list[str]:
    return [unit.code for unit in view.units_of(bureau)]
