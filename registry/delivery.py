"""A bureau's delivery stream: from cursors, several things a message, at most 512 unacknowledged, a head every 20 s."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from delegation.errors import Reason, Refusal
from registry.callers import Caller, Callers
from registry.database import Database
from registry.metrics import Metrics
from registry.parts import split_parts
from registry.records import ItemKind, MailboxItem
from registry.roster import RosterBook
from registry.routing import Line, Routes
from registry.settings import RegistrySettings
from registry.tail import size_of
from registry.writer import Writer
from xieban.federation.v1 import exchange_pb2 as pb

_MOST_ITEMS: Final = 64  # of one read
_MOST_BYTES: Final = 2 * 1024 * 1024
_MOST_CURSORS: Final = 1024


class Deliveries:
    """Opens streams."""

    def __init__(
        self,
        database: Database,
        book: RosterBook,
        writer: Writer,
        routes: Routes,
        callers: Callers,
        settings: RegistrySettings,
        *,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._book = book
        self._writer = writer
        self._routes = routes
        self._callers = callers
        self._settings = settings
        self._clock = clock
        self._metrics = metrics

    async def stream(self, caller: Caller, cursors: Mapping[str, int]) -> AsyncIterator[pb.ReceiveDeliveriesResponse]:
        """Deliver until the caller goes away, is replaced by its newer stream, or may no longer call.

        Raises Refusal: NOT_YOUR_UNIT, STREAM_REPLACED, STOPPING, CERTIFICATE_*.
        """
        if len(cursors) > _MOST_CURSORS:
            raise Refusal(Reason.TOO_LARGE, field="cursors")
        for unit in cursors:
            self._callers.own(caller, unit)
        positions = dict(cursors)
        line = self._routes.open(caller.bureau)
        self._routes.serve(line, self._callers.units(caller))  # before the heads are read: nothing falls between
        self._metrics.stream(1)
        try:
            yield await self._head(caller, line, positions)
            while True:
                async for message in self._round(caller, line, positions):
                    yield message
                if not await line.wait(self._settings.stream_head_seconds):
                    self._check(caller, line)
                    yield await self._head(caller, line, positions)
        finally:
            self._metrics.stream(-1)
            self._routes.close(line)

    def _check(self, caller: Caller, line: Line) -> None:
        line.check()
        self._callers.check(caller)

    async def _round(
        self, caller: Caller, line: Line, positions: dict[str, int]
    ) -> AsyncIterator[pb.ReceiveDeliveriesResponse]:
        """Everything new in the caller's mailboxes, units in turn, while enough is acknowledged.

        Whether the caller may still have it is looked at before each message, at the instant of sending (promise 8).
        """
        self._check(caller, line)
        checked = True
        while True:
            units = self._callers.units(caller)
            self._routes.serve(line, units)
            room = self._settings.unacknowledged - len(line.unacknowledged)
            asked = line.take_fresh(units)
            if room <= 0 or not asked:
                line.fresh.update(asked)
                return
            items, unread = self._held(line, asked, positions, min(room, _MOST_ITEMS))
            if unread:
                checked = False  # time passes, and another roster may come in force
                items += await self._read(line, unread, positions, min(room, _MOST_ITEMS) - len(items))
            if not items:
                continue
            if not checked:
                self._check(caller, line)
            for item in items:
                positions[item.unit] = item.cursor
                if item.kind is ItemKind.ENVELOPE:
                    line.unacknowledged.add((item.unit, item.cursor))
            yield self._message(items)
            checked = False

    def _held(
        self, line: Line, units: list[str], after: Mapping[str, int], most: int
    ) -> tuple[list[MailboxItem], list[str]]:
        """One message's worth of what the line holds, and the units that the store is to be asked for."""
        found: list[MailboxItem] = []
        unread: list[str] = []
        size = _MOST_BYTES
        for unit in units:
            if len(found) >= most or size <= 0:
                line.fresh.add(unit)
                continue
            items = line.tail.take(unit, after.get(unit, 0), most=most - len(found), size=size)
            if not items:
                unread.append(unit)
                continue
            found += items
            if len(units) > 1:
                size -= sum(map(size_of, items))
            if line.tail.holds(unit):
                line.fresh.add(unit)
        return found, unread

    async def _read(self, line: Line, units: list[str], after: Mapping[str, int], most: int) -> list[MailboxItem]:
        """The same from the store, of what the line does not hold."""
        if most <= 0:
            line.fresh.update(units)
            return []
        items, cut = await self._database.read(partial(self._collect, units, dict(after), most))
        line.fresh.update(cut)
        return items

    def _collect(self, units: list[str], after: Mapping[str, int], most: int) -> tuple[list[MailboxItem], list[str]]:
        """One message's worth of items, and the units that may have more."""
        found: list[MailboxItem] = []
        cut: list[str] = []
        size = 0
        for unit in units:
            if len(found) >= most or size >= _MOST_BYTES:
                cut.append(unit)
                continue
            limit = most - len(found)
            items = self._database.store.mailbox(unit, after.get(unit, 0), limit)
            if len(items) == limit:
                cut.append(unit)
            for item in items:
                size += size_of(item)
                if size > _MOST_BYTES and found:
                    cut.append(unit)
                    break
                found.append(item)
        return found, cut

    async def _head(self, caller: Caller, line: Line, positions: Mapping[str, int]) -> pb.ReceiveDeliveriesResponse:
        units = sorted(self._callers.units(caller))
        store = self._database.store
        heads = await self._database.read(lambda: store.mailbox_heads(units))
        line.fresh.update(unit for unit in units if heads[unit] > positions.get(unit, 0))
        message = self._message([])
        message.heads.extend(pb.MailboxCursor(unit=unit, cursor=heads[unit]) for unit in units)
        return message

    def _message(self, items: list[MailboxItem]) -> pb.ReceiveDeliveriesResponse:
        message = pb.ReceiveDeliveriesResponse(checkpoint=self._writer.checkpoint, roster_version=self._book.version)
        add = message.deliveries.add  # filled where it stands: a message put into another one is copied
        for item in items:
            fill_delivery(add(unit=item.unit, cursor=item.cursor), item)
        message.registry_time.FromDatetime(self._clock())
        return message


def fill_delivery(delivery: pb.Delivery, item: MailboxItem) -> None:
    """A mailbox item as it travels."""
    if item.kind is ItemKind.NEGATIVE:
        delivery.negative_entry = item.entry
    elif item.kind is ItemKind.EVIDENCE:
        evidence = delivery.evidence
        evidence.MergeFromString(item.evidence)
        evidence.entry = item.entry
    else:
        fill_envelope(
            delivery.envelope,
            header=item.header,
            signatures=item.signatures,
            sealed_body=item.sealed_body,
            entry=item.entry,
        )


def fill_envelope(
    into: pb.DeliveredEnvelope, *, header: bytes, signatures: bytes, sealed_body: bytes, entry: bytes
) -> None:
    """An accepted envelope and its entry as they travel."""
    into.entry = entry
    envelope = into.envelope
    envelope.header = header
    envelope.sealed_body = sealed_body
    envelope.signatures.extend(split_parts(signatures))
