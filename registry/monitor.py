"""What a provincial office may ask of headers and entries: threads, one thread, figures. Streams are in `watching`."""

import re
import statistics
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from delegation.codec_entry import parse_entry
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.table import State
from delegation.thread_json import thread_from_bytes
from registry.callers import Caller, Callers
from registry.database import Database
from registry.records import OPEN, FlowRow, PageItem, SeenThread, ThreadFilter
from registry.sights import province_of
from registry.writer import Writer
from xieban.federation.v1 import monitor_pb2 as pb

_DEFAULT_PAGE: Final = 50
_MOST_PAGE: Final = 500
_MOST_ITEMS: Final = 256
_MOST_DAYS: Final = 366
_MOST_FLOWS: Final = 20_000
_MOST_BYTES: Final = 3 * 1024 * 1024
_CODE_LENGTH: Final = 64
_REGION: Final = re.compile(r"(?:[0-9]{2}){1,3}", re.ASCII)
_STATES: Final = frozenset(state.value for state in State)
_ROUTES: Final = {pb.ROUTE_FILTER_UNSPECIFIED: None, pb.ROUTE_FILTER_WIRE: False, pb.ROUTE_FILTER_PAPER: True}


class Monitor:
    """Read-only views, scoped to the caller's provinces by the table in `policy`."""

    def __init__(self, database: Database, writer: Writer, callers: Callers, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._writer = writer
        self._callers = callers
        self._clock = clock

    async def threads(self, caller: Caller, request: pb.ListThreadsRequest) -> pb.ListThreadsResponse:
        """A page of threads by id; the page token is the last id of the page before. Raises Refusal MALFORMED."""
        if max(len(request.home_unit), len(request.host_unit), len(request.page_token)) > _CODE_LENGTH:
            raise Refusal(Reason.MALFORMED)
        if request.state and request.state not in _STATES:
            raise Refusal(Reason.MALFORMED, field="state")
        if request.route not in _ROUTES:
            raise Refusal(Reason.MALFORMED, field="route")
        limit = min(request.page_size or _DEFAULT_PAGE, _MOST_PAGE)
        wanted = ThreadFilter(
            regions=self._callers.regions(caller, "ListThreads"),
            home_unit=request.home_unit,
            host_unit=request.host_unit,
            home_region=_region(request.home_region, "home_region"),
            host_region=_region(request.host_region, "host_region"),
            matter=request.matter,
            state=request.state,
            on_paper=_ROUTES[request.route],
            changed_since=_changed_since(request),
            overdue_before=day_of(self._clock()).isoformat() if request.overdue_only else "",
            after_thread=request.page_token,
            limit=limit + 1,
        )
        outside = outside_of(wanted)
        if outside is not None:
            nothing = pb.ListThreadsResponse()
            nothing.outside.name, nothing.outside.value = outside
            return nothing
        rows = await self._database.browse(lambda: self._database.store.list_threads(wanted))
        response = pb.ListThreadsResponse(threads=[summary_of(row) for row in rows[:limit]])
        if len(rows) > limit:
            response.next_page_token = rows[limit - 1].row.thread_id
        return response

    async def thread(self, caller: Caller, thread_id: str, start: int = 0) -> pb.GetThreadResponse:
        """A page of a thread's headers and entries, as far as the caller's provinces see it.

        Raises Refusal NOT_FOUND for one that they do not see.
        """
        regions = self._callers.regions(caller, "GetThread")
        if start >= OPEN:
            raise Refusal(Reason.NOT_FOUND)

        def ask() -> pb.GetThreadResponse:
            store = self._database.store
            seen = store.seen_thread(thread_id, regions)
            if seen is None:
                raise Refusal(Reason.NOT_FOUND)
            found = store.thread_page(thread_id, max(start, 1), _MOST_ITEMS + 1, False)
            items = [item for item in found if item.leaf_index <= seen.until_leaf]
            shown = _fitting(items[:_MOST_ITEMS])
            response = pb.GetThreadResponse(
                summary=summary_of(seen),
                headers=[item.header for item in shown],
                entries=[item.entry for item in shown],
            )
            if len(shown) < len(items):
                response.next_sequence = items[len(shown)].sequence
            else:
                negatives = store.negatives(thread_id)
                response.negative_entries.extend(
                    data for data in negatives if parse_entry(data).leaf_index <= seen.until_leaf
                )
            return response

        return await self._database.browse(ask)

    async def flows(self, caller: Caller, request: pb.GetFlowsRequest) -> pb.GetFlowsResponse:
        """Counts and medians of the delegations that began in a span of at most a year. Raises Refusal MALFORMED."""
        try:
            start = date.fromisoformat(getattr(request, "from"))
            end = date.fromisoformat(request.to) + timedelta(days=1)
        except (ValueError, OverflowError) as error:
            raise Refusal(Reason.MALFORMED, field="from") from error
        if not 0 < (end - start).days <= _MOST_DAYS:
            raise Refusal(Reason.MALFORMED, field="to")
        wanted = ThreadFilter(
            regions=self._callers.regions(caller, "GetFlows"),
            home_region=_region(request.home_region, "home_region"),
            host_region=_region(request.host_region, "host_region"),
        )
        checkpoint = self._writer.checkpoint
        outside = outside_of(wanted)
        if outside is not None:
            nothing = pb.GetFlowsResponse(checkpoint=checkpoint)
            nothing.outside.name, nothing.outside.value = outside
            return nothing
        zone, shanghai = self._clock().tzinfo, timedelta(hours=8)

        def ask() -> list[pb.Flow]:
            return _flows(
                self._database.store.flows(
                    wanted,
                    start=datetime.combine(start, time.min, tzinfo=zone) - shanghai,
                    end=datetime.combine(end, time.min, tzinfo=zone) - shanghai,
                )
            )

        flows = await self._database.browse(ask)
        left_out = max(0, len(flows) - _MOST_FLOWS)
        if left_out:
            flows = sorted(sorted(flows, key=lambda flow: -flow.threads)[:_MOST_FLOWS], key=_pair)
        return pb.GetFlowsResponse(flows=flows, checkpoint=checkpoint, left_out=left_out)


def summary_of(seen: SeenThread) -> pb.ThreadSummary:
    """A thread in headers, as it is seen."""
    row = seen.row
    summary = pb.ThreadSummary(
        thread_id=row.thread_id,
        home_unit=row.home_unit,
        host_unit=row.host_unit,
        state=row.state,
        turn=row.turn,
        matter=row.matter,  # type: ignore[arg-type]  # the enum's number, as it was stored
        on_paper=row.on_paper,
        left=seen.left,
    )
    for due in thread_from_bytes(row.data).due_dates if row.data else ():  # what the bytes may lack moves no date
        summary.due_dates.add(
            clock=due.clock,
            unit=due.unit,
            nominal=due.nominal.isoformat(),
            legal=due.legal.isoformat(),
            provisional=due.provisional,
        )
    summary.changed_at.FromDatetime(row.changed_at)
    return summary


def outside_of(wanted: ThreadFilter) -> tuple[str, str] | None:
    """The filter that lies outside the scope, by name and code, when home and host both do and nothing can match."""
    if not wanted.regions:
        return None
    named = None
    for name, unit, region in (
        ("home", wanted.home_unit, wanted.home_region),
        ("host", wanted.host_unit, wanted.host_region),
    ):
        asked = [("unit", unit, province_of(unit)), ("region", region, region[:2])]
        elsewhere = [(what, code) for what, code, province in asked if code and province not in wanted.regions]
        if not elsewhere:
            return None
        if named is None:
            named = (f"{name}_{elsewhere[0][0]}", elsewhere[0][1])
    return named


def _region(code: str, field: str) -> str:
    if code and _REGION.fullmatch(code) is None:
        raise Refusal(Reason.MALFORMED, field=field)
    return code


def _changed_since(request: pb.ListThreadsRequest) -> datetime | None:
    if not request.HasField("changed_since"):
        return None
    try:
        return request.changed_since.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Refusal(Reason.MALFORMED, field="changed_since") from error


def _fitting(items: list[PageItem]) -> list[PageItem]:
    """The beginning of a page, as far as one message holds it, one at least."""
    size = 0
    for number, item in enumerate(items):
        size += len(item.header) + len(item.entry)
        if size > _MOST_BYTES and number:
            return items[:number]
    return items


def _pair(flow: pb.Flow) -> tuple[str, str]:
    return flow.home_region, flow.host_region


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
