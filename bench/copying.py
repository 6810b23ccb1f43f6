"""How many items a second a provincial office's mirror verifies and writes down, of a year played by the simulator.

The registry's own rooms give items and proofs in the same process, so that nothing of the wire is counted; the checks,
the store and its synced commits are the node's own.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from certs.keys import new_p256
from certs.notes import parse_and_verify
from certs.signing import sign_p256, verify_p256
from cli.local_federation import LocalFederation
from cli.simulate.plan import Plan
from cli.simulate.registry import Registry
from cli.simulate.run import found, into
from delegation.figures import Period, tally
from delegation.regions import load_regions
from delegation.roster_records import UnitType
from node.log_watch import Seen
from node.province.calendars import Calendars
from node.province.course_bytes import read_course
from node.province.mirror import Mirror
from node.province.ports import Route, Wanted
from node.records import AlarmRecord
from node.records_province import CourseRecord, WatchedRecord
from node.roster_cache import RosterCache
from node.store_sql import SqlStore, make_engine
from registry.database import Database
from registry.log import LogBook
from registry.parts import split_parts
from registry.settings import RegistrySettings
from registry.setup import open_store, rejoined
from registry.store_sql import SqlStore as RegistryStore
from tests.node.province.office import Office, OfficeState, an_office, overseer
from xieban.federation.v1 import monitor_pb2 as pb

_END = date(2026, 11, 20)
_AFTER = datetime.combine(_END + timedelta(days=2), time(), UTC)


@dataclass
class Rooms:
    """The registry's store and log as the source of a mirror; heads are signed by it and trusted here."""

    registry: Registry
    store: RegistryStore
    book: LogBook
    seconds: float = 0.0  # spent on the registry's side

    async def watch_entries(self, *, from_leaf: int, most: int) -> AsyncGenerator[pb.WatchEntriesResponse, None]:
        """As the registry's stream, once through."""
        size, note = self.registry.writer.signed
        position = from_leaf
        while position < size:
            began = perf_counter()
            rows = self.store.watched((), start=position, end=size, limit=most)
            position = rows[-1].leaf_index + 1 if len(rows) == most else size
            message = pb.WatchEntriesResponse(next_leaf=position, checkpoint=note, complete=position == size)
            for row in rows:
                message.items.add(
                    leaf=row.leaf_index, thread_id=row.thread_id, header=row.header, entry=row.entry,
                    signatures=split_parts(row.signatures) if row.signatures else (),
                )  # fmt: skip
            self.seconds += perf_counter() - began
            yield message

    async def inclusions(self, leaf_indexes: Sequence[int], *, tree_size: int) -> list[tuple[bytes, ...]]:
        """As the registry's log."""
        began = perf_counter()
        paths, _, _ = await self.book.inclusions(leaf_indexes, tree_size)
        self.seconds += perf_counter() - began
        return [tuple(path) for path in paths]

    async def trusted(self, link: object, note: bytes) -> Seen:
        """A head by its signature alone: there is one."""
        del link
        key = self.registry.keys.log_key.public_key()
        return Seen(note, parse_and_verify(note, self.registry.settings.origin, key))

    async def fetch(self, version: int) -> None:
        """Every version is held already."""
        raise RuntimeError(version)


def yardstick(rounds: int = 300) -> float:
    """Milliseconds to verify one P-256 signature: what no item can do without."""
    key, data = new_p256(), b"x" * 900
    signature = sign_p256(key, "bench", data)
    began = perf_counter()
    for _ in range(rounds):
        verify_p256(key.public_key(), signature, "bench", data)
    return (perf_counter() - began) * 1e3 / rounds


async def play_a_year(federation: Path, delegations: int) -> dict[str, object]:
    """Play into a folder, and say what it took."""
    plan = Plan(end=_END, delegations=delegations)
    found(federation, plan, at=_AFTER)
    # the simulator runs a loop of its own
    summary = await asyncio.to_thread(into, federation, plan)
    return {"played": delegations, "envelopes": summary.envelopes, "seconds": round(summary.playing_seconds)}


async def copy_a_year(federation: Path, url: str) -> dict[str, object]:
    """Copy a played folder into an empty store of a node, and say what it took."""
    settings = RegistrySettings.load(LocalFederation(federation, ()).registry_dir)
    registry = Registry(settings, load_regions(), _AFTER)
    await registry.start()
    store, engine = open_store(settings), make_engine(url)
    node = SqlStore(engine)
    try:
        rooms = Rooms(registry, store, LogBook(Database(store), registry.writer))
        async with an_office(node, lambda: _AFTER) as office:
            cast("OfficeState", office.state).rosters = _rosters(registry, store)  # type: ignore[assignment]  # real ones
            mirror = Mirror(
                writer=office.writer, state=office.state, link=cast("Any", None), log=rooms,
                rosters=rooms, clock=lambda: _AFTER, source=rooms,
            )  # fmt: skip
            before, began = _resident(), perf_counter()
            await mirror.follow()
            own = perf_counter() - began - rooms.seconds
            equal = await _is_the_tally(office, node)
        each = own * 1e3 / max(1, mirror.items)
        return {
            "store": engine.dialect.name, "mirror_items": mirror.items, "parked": mirror.parked,
            "alarms": node.count(AlarmRecord), "courses": node.count(CourseRecord), "rows": node.count(WatchedRecord),
            "seconds": round(own, 2), "items_a_second": round(mirror.items / own), "ms_an_item": round(each, 3),
            "times_verifying_one_signature": round(each / yardstick(), 1),
            "registry_side_seconds": round(rooms.seconds, 2), "figures_equal_the_tally": equal,
            "resident_mb_before": before, "resident_mb_after": _resident(),
        }  # fmt: skip
    finally:
        node.close()
        store.close()
        await registry.stop()


async def _is_the_tally(office: Office, node: SqlStore) -> bool:
    """Whether the page of each province says what one pass over the very courses does."""
    wanted = Wanted(period=Period(_END - timedelta(days=365), _END), route=Route.ALL)
    view = office.state.rosters.current.view
    offices = {code: unit.region[:2] for code, unit in view.units.items() if unit.type is UnitType.PROVINCIAL}
    cast("OfficeState", office.state).units = frozenset(offices)
    rows = node.select_columns(CourseRecord, ("provinces", "course"))
    courses = [(str(seen).split(), read_course(data)) for seen, data in rows if isinstance(data, bytes)]
    calendar_of = Calendars(view.calendar)
    for code, province in offices.items():
        shown = await office.views.overview(overseer(code), wanted)
        own = [course for seen, course in courses if province in seen]
        if shown.tally != tally(
            own, period=wanted.period, today=shown.as_of.today, calendar_of=calendar_of, province=province
        ):
            return False
    return bool(offices)


async def rosters_of(federation: Path) -> RosterCache:
    """The rosters of a played folder, each verified."""
    settings = RegistrySettings.load(LocalFederation(federation, ()).registry_dir)
    registry, store = Registry(settings, load_regions(), _AFTER), open_store(settings)
    try:
        return _rosters(registry, store)
    finally:
        store.close()


def _rosters(registry: Registry, store: RegistryStore) -> RosterCache:
    rosters = RosterCache(seal_authority=registry.keys.seal_authority, regions=load_regions())
    newest = store.newest_statement()
    for version in range(1, newest[0] + 1 if newest is not None else 1):
        row = store.roster(version)
        if row is not None:
            rosters.keep(rosters.verify(rejoined(row), at=_AFTER))
    return rosters


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 // (1024 * 1024)
