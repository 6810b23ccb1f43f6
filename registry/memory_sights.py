"""Who sees which thread, of the memory store."""

from collections.abc import Iterator
from dataclasses import dataclass

from registry.records import OPEN, LateSight, SeenThread, SightEnd, SightRow, ThreadFilter, ThreadRow


@dataclass(slots=True)
class _Sight:
    province: str
    since: int
    late: bool
    until: int = OPEN
    left: ThreadRow | None = None


class MemorySights:
    """Sights by thread; the store's lock is held."""

    def __init__(self) -> None:
        self._of: dict[str, list[_Sight]] = {}

    def begin(self, row: SightRow) -> None:
        """A province begins to see a thread."""
        self._of.setdefault(row.thread_id, []).append(_Sight(row.province, row.since_leaf, row.late))

    def end(self, end: SightEnd) -> None:
        """A province sees no further."""
        for sight in self._of.get(end.row.thread_id, ()):
            if sight.province == end.province and sight.until == OPEN and sight.since <= end.row.last_leaf:
                sight.until, sight.left = end.row.last_leaf, end.row

    def sees(self, regions: tuple[str, ...], thread_id: str, leaf: int) -> bool:
        """Whether a leaf is seen when it comes."""
        return not regions or any(s.since <= leaf <= s.until for s in self._among(regions, thread_id))

    def thread(self, row: ThreadRow, regions: tuple[str, ...]) -> SeenThread | None:
        """A thread as it is seen."""
        if not regions:
            return SeenThread(row, OPEN)
        last = max(self._among(regions, row.thread_id), key=lambda s: (s.until, s.province), default=None)
        if last is None:
            return None
        if last.left is None:
            return SeenThread(row, OPEN)
        left = last.left._replace(
            matter=row.matter, turn="", closed=True, next_deadline="", earliest_due="", opened_at=row.opened_at
        )
        return SeenThread(left, last.until)

    def late(self, regions: tuple[str, ...], *, start: int, end: int) -> list[LateSight]:
        """See `store.Store.late_sights`."""
        found = set()
        for thread_id in self._of:
            for sight in self._among(regions, thread_id):
                if sight.late and start <= sight.since < end:
                    until = max((s.until for s in self._among(regions, thread_id) if s.since < sight.since), default=-1)
                    if until < sight.since:
                        found.add(LateSight(sight.since, thread_id, until))
        return sorted(found)

    def _among(self, regions: tuple[str, ...], thread_id: str) -> Iterator[_Sight]:
        return (sight for sight in self._of.get(thread_id, ()) if sight.province in regions)


def passes(row: ThreadRow, wanted: ThreadFilter) -> bool:
    """Whether a thread, as it is seen, is asked for."""
    return (
        wanted.home_unit in ("", row.home_unit)
        and wanted.host_unit in ("", row.host_unit)
        and row.home_unit.startswith(wanted.home_region)
        and row.host_unit.startswith(wanted.host_region)
        and wanted.matter in (0, row.matter)
        and wanted.state in ("", row.state)
        and wanted.on_paper in (None, row.on_paper)
        and (wanted.changed_since is None or row.changed_at >= wanted.changed_since)
        and (not wanted.overdue_before or "" < row.earliest_due < wanted.overdue_before)
        and row.thread_id > wanted.after_thread
        and row.last_leaf >= wanted.from_leaf
    )
