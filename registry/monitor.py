"""What a provincial office may watch: headers and entries of its province, read-only."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, time, timedelta
from typing import Final

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from registry.callers import Caller, Callers
from registry.database import Database
from registry.records import FlowRow, PageItem, ThreadFilter, ThreadRow
from registry.threads import kept_from
from registry.writer import Writer
from xieban.federation.v1 import monitor_pb2 as pb

_DEFAULT_PAGE: Final = 50
_MOST_PAGE: Final = 500
_MOST_ITEMS: Final = 256
_MOST_DAYS: Final = 366
_MOST_BYTES: Final = 3 * 1024 * 1024
_WATCH_SECONDS: Final = 2.0
_CODE_LENGTH: Final = 64


class Monitor:
    """Read-only views, scoped to the caller's regions."""

    def __init__(self, database: Database, writer: Writer, callers: Callers, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._writer = writer
        self._callers = callers
        self._clock = clock

    async def threads(self, caller: Caller, request: pb.ListThreadsRequest) -> pb.ListThreadsResponse:
        """A page of threads by id; the page token is the last id of the page before."""
        if max(len(request.home_unit), len(request.host_unit), len(request.page_token)) > _CODE_LENGTH:
            raise Refusal(Reason.MALFORMED)
        limit = min(request.page_size or _DEFAULT_PAGE, _MOST_PAGE)
        wanted = ThreadFilter(
            regions=self._callers.regions(caller),
            home_unit=request.home_unit,
            host_unit=request.host_unit,
            matter=request.matter,
            overdue_before=day_of(self._clock()).isoformat() if request.overdue_only else "",
            after_thread=request.page_token,
            limit=limit + 1,
        )
        rows = await self._database.read(lambda: self._database.store.list_threads(wanted))
        response = pb.ListThreadsResponse(threads=[summary_of(row) for row in rows[:limit]])
        if len(rows) > limit:
            response.next_page_token = rows[limit - 1].thread_id
        return response

    async def thread(self, caller: Caller, thread_id: str) -> pb.GetThreadResponse:
        """A thread's headers and entries. Raises Refusal NOT_FOUND for one that is not of the caller's regions."""
        regions = self._callers.regions(caller)
        units = set(self._callers.units(caller))

        def ask() -> pb.GetThreadResponse:
            store = self._database.store
            row = store.threads([thread_id]).get(thread_id)
            if row is None or not _may_watch(row, regions, units):
                raise Refusal(Reason.NOT_FOUND)
            items = _fitting(store.thread_page(thread_id, 1, _MOST_ITEMS, False))
            return pb.GetThreadResponse(
                summary=summary_of(row),
                headers=[item.header for item in items],
                entries=[item.entry for item in items],
            )

        return await self._database.read(ask)

    async def flows(self, caller: Caller, first: str, last: str) -> pb.GetFlowsResponse:
        """Counts and medians of the delegations that began in a span of at most a year."""
        try:
            start, end = date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
        except (ValueError, OverflowError) as error:
            raise Refusal(Reason.MALFORMED, field="from") from error
        if not 0 < (end - start).days <= _MOST_DAYS:
            raise Refusal(Reason.MALFORMED, field="to")
        regions, zone = self._callers.regions(caller), self._clock().tzinfo
        shanghai = timedelta(hours=8)
        rows = await self._database.read(
            lambda: self._database.store.flows(
                regions,
                start=datetime.combine(start, time.min, tzinfo=zone) - shanghai,
                end=datetime.combine(end, time.min, tzinfo=zone) - shanghai,
            )
        )
        return pb.GetFlowsResponse(flows=_flows(rows), checkpoint=self._writer.checkpoint)

    async def watch(self, caller: Caller, from_leaf: int) -> AsyncIterator[pb.WatchThreadsResponse]:
        """Changed threads from a leaf on, as they change, while the caller may."""
        leaf = min(from_leaf, 2**62)
        while True:
            self._callers.check(caller)
            wanted = ThreadFilter(regions=self._callers.regions(caller), from_leaf=leaf, limit=_MOST_ITEMS)
            rows = await self._database.read(lambda wanted=wanted: self._database.store.list_threads(wanted))  # type: ignore[misc]  # the loop's value, bound now
            if not rows:
                await asyncio.sleep(_WATCH_SECONDS)
                continue
            leaf = rows[-1].last_leaf + 1
            yield pb.WatchThreadsResponse(threads=[summary_of(row) for row in rows], next_leaf=leaf)


def summary_of(row: ThreadRow) -> pb.ThreadSummary:
    """A thread in headers."""
    summary = pb.ThreadSummary(
        thread_id=row.thread_id, home_unit=row.home_unit, host_unit=row.host_unit, state=row.state, turn=row.turn
    )
    for due in kept_from(row).state.due_dates:
        summary.due_dates.add(
            clock=due.clock,
            unit=due.unit,
            nominal=due.nominal.isoformat(),
            legal=due.legal.isoformat(),
            provisional=due.provisional,
        )
    summary.changed_at.FromDatetime(row.changed_at)
    return summary


def _fitting(items: list[PageItem]) -> list[PageItem]:
    """The beginning of a timeline, as far as one message holds it; no thread of real work is longer."""
    size = 0
    for number, item in enumerate(items):
        size += len(item.header) + len(item.entry)
        if size > _MOST_BYTES:
            return items[:number]
    return items


def _may_watch(row: ThreadRow, regions: tuple[str, ...], units: set[str]) -> bool:
    if not regions or row.home_unit.startswith(regions) or row.host_unit.startswith(regions):
        return True
    return bool(units & kept_from(row).state.parties)


def _flows(rows: list[FlowRow]) -> list[pb.Flow]:
    pairs: dict[tuple[str, str], list[FlowRow]] = {}
    for row in rows:
        pairs.setdefault((row.home_region[:4] + "00", row.host_region[:4] + "00"), []).append(row)
    flows = []
    for (home, host), group in sorted(pairs.items()):
        days = [(day_of(r.reported_at) - day_of(r.opened_at)).days for r in group if r.reported_at is not None]
        median = float(statistics.median(days)) if days else 0.0
        flows.append(pb.Flow(home_region=home, host_region=host, threads=len(group), median_days=median))
    return flows
