"""The exchange and its neighbours on the wire: read the request, ask the room that knows, write the answer."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from certs.acknowledge import verify_batch_root
from delegation import patterns
from delegation.codec_entry import EnvelopeParts, envelope_parts
from delegation.codec_header import read_material
from delegation.errors import Reason, Refusal
from delegation.merkle import batch_root_and_paths
from registry.acknowledge import AcknowledgeJob, parse_batch
from registry.answers import Final as FinalAnswer
from registry.answers import NotFinal
from registry.attendance import Attendance
from registry.callers import CALLER, Callers
from registry.delivery import Deliveries
from registry.intake import Intake
from registry.log import LogBook
from registry.materials import Materials, leaf_list
from registry.metrics import Metrics
from registry.monitor import Monitor
from registry.reading import Reading
from registry.roster import RosterBook
from registry.routing import Routes
from registry.watching import Watching
from registry.writer import Writer
from xieban.federation.v1 import (
    exchange_pb2,
    exchange_pb2_grpc,
    log_pb2,
    log_pb2_grpc,
    monitor_pb2,
    monitor_pb2_grpc,
    roster_pb2,
    roster_pb2_grpc,
)

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"  # of every method
_MOST_ENVELOPES: Final = 256
_MOST_BYTES: Final = 2 * 1024 * 1024
_WARN: Final = timedelta(minutes=5)
_REFUSE: Final = timedelta(hours=1)
_WARNING: Final = "xieban-clock-off-seconds"
_FINAL: Final = {"class": exchange_pb2.RESULT_CLASS_FINAL}  # a keyword here, a field's name there


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What the exchange asks."""

    book: RosterBook
    callers: Callers
    writer: Writer
    intake: Intake
    deliveries: Deliveries
    reading: Reading
    materials: Materials
    routes: Routes
    metrics: Metrics
    clock: Callable[[], datetime]


def check_clock(sent_at: Timestamp, *, at: datetime, context: Context) -> None:
    """The caller's clock (protocol 7.5): off by five minutes is warned of in trailing metadata.

    Raises Refusal: MALFORMED without a time, CLOCK_OFF by an hour.
    """
    try:
        sent = sent_at.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Refusal(Reason.MALFORMED, field="sent_at") from error
    off = abs(sent - at)
    if not sent_at.seconds:
        raise Refusal(Reason.MALFORMED, field="sent_at")
    if off >= _REFUSE:
        raise Refusal(Reason.CLOCK_OFF)
    if off >= _WARN:
        context.set_trailing_metadata(((_WARNING, str(int(off.total_seconds()))),))


class ExchangeServicer(exchange_pb2_grpc.ExchangeServiceServicer):
    """See exchange.proto."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def SubmitEnvelopes(
        self, request: exchange_pb2.SubmitEnvelopesRequest, context: Context
    ) -> exchange_pb2.SubmitEnvelopesResponse:
        """Take envelopes."""
        rooms, caller = self._rooms, CALLER.get()
        check_clock(request.sent_at, at=rooms.clock(), context=context)
        if len(request.envelopes) > _MOST_ENVELOPES or request.ByteSize() > _MOST_BYTES:
            raise Refusal(Reason.TOO_LARGE, field="envelopes")
        parts: list[EnvelopeParts | Refusal] = []
        for envelope in request.envelopes:
            try:
                parts.append(envelope_parts(envelope))
            except Refusal as refusal:
                parts.append(refusal)
        results = await rooms.intake.take(caller.bureau, parts)
        response = exchange_pb2.SubmitEnvelopesResponse(roster_version=rooms.book.version)
        accepted = repeated = refused = 0
        add = response.results.add  # filled where it stands: a message put into another one is copied
        for result in results:
            if isinstance(result, FinalAnswer):
                add(entry=result.entry, repeated_answer=result.repeated, **_FINAL)
                if result.repeated:
                    repeated += 1
                elif result.accepted:
                    accepted += 1
                else:
                    refused += 1
            else:
                self._write(add(), result)
        for answer, count in (("accepted", accepted), ("repeated", repeated), ("refused", refused)):
            if count:
                rooms.metrics.envelope(answer, count)
        if accepted or repeated or refused:
            response.checkpoint = rooms.writer.checkpoint
        response.registry_time.FromDatetime(rooms.clock())
        return response

    def _write(self, into: exchange_pb2.SubmitResult, result: NotFinal) -> None:
        number = exchange_pb2.RESULT_CLASS_UNTRUSTED if result.untrusted else exchange_pb2.RESULT_CLASS_TRY_AGAIN
        setattr(into, "class", number)
        into.reason = result.reason.value
        for name, value in sorted(result.details.items()):
            into.details.add(name=name, value=value)
        self._rooms.metrics.envelope(result.reason.value)

    async def ReceiveDeliveries(
        self, request: exchange_pb2.ReceiveDeliveriesRequest, context: Context
    ) -> AsyncIterator[exchange_pb2.ReceiveDeliveriesResponse]:
        """Deliver."""
        rooms, caller = self._rooms, CALLER.get()
        check_clock(request.sent_at, at=rooms.clock(), context=context)
        cursors = {each.unit: each.cursor for each in request.cursors}
        if len(cursors) != len(request.cursors) or any(cursor >= 2**62 for cursor in cursors.values()):
            raise Refusal(Reason.MALFORMED, field="cursors")
        async for message in rooms.deliveries.stream(caller, cursors):
            yield message

    async def AcknowledgeDeliveries(
        self, request: exchange_pb2.AcknowledgeDeliveriesRequest, context: Context
    ) -> exchange_pb2.AcknowledgeDeliveriesResponse:
        """Take a batch of acknowledgements."""
        rooms, caller = self._rooms, CALLER.get()
        check_clock(request.sent_at, at=rooms.clock(), context=context)
        trust, at = rooms.book.current(), rooms.clock()
        leaves = list(request.acknowledgements)
        found = parse_batch(leaves, rooms.callers.units(caller))
        info = trust.check_node_certificate(request.node_certificate, caller.bureau, at)
        tree = batch_root_and_paths(leaves)
        verify_batch_root(
            tree.root,
            len(leaves),
            request.signature,
            federation_id=trust.view.federation_id,
            bureau=caller.bureau,
            public_key=info.public_key,
        )
        job = AcknowledgeJob(
            bureau=caller.bureau,
            leaves=leaves,
            acknowledgements=found,
            tree=tree,
            signature=request.signature,
            node_certificate=request.node_certificate,
        )
        taken = await rooms.writer.do(job, bureau=caller.bureau, patient=True)
        rooms.routes.acknowledged(caller.bureau, [(each.unit, each.cursor) for each in found])
        response = exchange_pb2.AcknowledgeDeliveriesResponse(entry=taken.entry, checkpoint=rooms.writer.checkpoint)
        response.registry_time.FromDatetime(rooms.clock())
        return response

    async def ReadThread(
        self, request: exchange_pb2.ReadThreadRequest, context: Context
    ) -> exchange_pb2.ReadThreadResponse:
        """Read a thread."""
        del context
        check_thread_id(request.thread_id)
        units = self._rooms.callers.units(CALLER.get())
        return await self._rooms.reading.page(
            units,
            thread_id=request.thread_id,
            start=request.from_sequence,
            page_size=request.page_size,
            with_bodies=request.with_bodies,
        )

    async def UploadMaterial(
        self, request: exchange_pb2.UploadMaterialRequest, context: Context
    ) -> exchange_pb2.UploadMaterialResponse:
        """Take a chunk."""
        del context
        rooms, caller = self._rooms, CALLER.get()
        rooms.callers.own(caller, request.unit)
        check_thread_id(request.thread_id)
        held, complete = await rooms.materials.upload(
            unit=request.unit,
            units=list(rooms.callers.units(caller)),
            thread_id=request.thread_id,
            material=read_material(request.material, "material"),
            number=request.chunk_number,
            chunk=request.chunk,
            leaf_hashes=request.leaf_hashes,
        )
        return exchange_pb2.UploadMaterialResponse(held_chunks=held, complete=complete)

    async def DownloadMaterial(
        self, request: exchange_pb2.DownloadMaterialRequest, context: Context
    ) -> AsyncIterator[exchange_pb2.DownloadMaterialResponse]:
        """Give chunks."""
        del context
        rooms, caller = self._rooms, CALLER.get()
        rooms.callers.own(caller, request.unit)
        check_thread_id(request.thread_id)
        asked = {"unit": request.unit, "thread_id": request.thread_id, "material_id": request.material_id}
        row = await rooms.materials.find(**asked)
        first = True
        async for number, chunk in rooms.materials.chunks(row, start=request.from_chunk):
            rooms.callers.check(caller)  # again for each chunk: promise 8
            rooms.callers.own(caller, request.unit)
            hashes = leaf_list(row) if first else []
            yield exchange_pb2.DownloadMaterialResponse(chunk_number=number, chunk=chunk, leaf_hashes=hashes)
            first = False


def check_thread_id(text: str) -> None:
    """Raise Refusal NOT_FOUND for what can be the id of no thread; it is not repeated."""
    if not (patterns.is_delegation_number(text) or patterns.is_uuid7(text)):
        raise Refusal(Reason.NOT_FOUND)


class RosterServicer(roster_pb2_grpc.RosterServiceServicer):
    """See roster.proto of the federation."""

    def __init__(self, book: RosterBook) -> None:
        self._book = book

    async def GetRoster(self, request: roster_pb2.GetRosterRequest, context: Context) -> roster_pb2.GetRosterResponse:
        """Give a version."""
        del context
        if request.version >= 2**62:
            raise Refusal(Reason.NOT_FOUND)
        row = await self._book.signed(request.version)
        response = roster_pb2.GetRosterResponse(version=row.version)
        response.roster.statement, response.roster.signature = row.statement, row.signature
        if request.held_version != row.version:
            response.roster.roster = row.roster
        return response


class LogServicer(log_pb2_grpc.LogServiceServicer):
    """See log.proto."""

    def __init__(self, book: LogBook) -> None:
        self._book = book

    async def GetCheckpoint(
        self, request: log_pb2.GetCheckpointRequest, context: Context
    ) -> log_pb2.GetCheckpointResponse:
        """Give the newest checkpoint."""
        del request, context
        return log_pb2.GetCheckpointResponse(checkpoint=self._book.checkpoint)

    async def GetInclusionProof(
        self, request: log_pb2.GetInclusionProofRequest, context: Context
    ) -> log_pb2.GetInclusionProofResponse:
        """Prove that leaves are there."""
        del context
        leaves = (request.leaf_index, *request.more_leaf_indexes)
        (path, *others), size, checkpoint = await self._book.inclusions(leaves, request.tree_size)
        more = [log_pb2.InclusionPath(path=other) for other in others]
        return log_pb2.GetInclusionProofResponse(path=path, tree_size=size, checkpoint=checkpoint, more_paths=more)

    async def GetConsistencyProof(
        self, request: log_pb2.GetConsistencyProofRequest, context: Context
    ) -> log_pb2.GetConsistencyProofResponse:
        """Prove that the tree only grew."""
        del context
        path, size, checkpoint = await self._book.consistency(request.old_size, request.new_size)
        return log_pb2.GetConsistencyProofResponse(path=path, new_size=size, checkpoint=checkpoint)

    async def GetDrawCheckpoint(
        self, request: log_pb2.GetDrawCheckpointRequest, context: Context
    ) -> log_pb2.GetDrawCheckpointResponse:
        """Give the first checkpoint that covers a draw's commitment."""
        del context
        checkpoint = await self._book.draw_checkpoint(request.leaf_index)
        return log_pb2.GetDrawCheckpointResponse(checkpoint=checkpoint)


class MonitorServicer(monitor_pb2_grpc.MonitorServiceServicer):
    """See monitor.proto."""

    def __init__(self, monitor: Monitor, watching: Watching, attendance: Attendance) -> None:
        self._monitor = monitor
        self._watching = watching
        self._attendance = attendance

    async def ListThreads(
        self, request: monitor_pb2.ListThreadsRequest, context: Context
    ) -> monitor_pb2.ListThreadsResponse:
        """List threads."""
        del context
        return await self._monitor.threads(CALLER.get(), request)

    async def GetThread(self, request: monitor_pb2.GetThreadRequest, context: Context) -> monitor_pb2.GetThreadResponse:
        """Give one thread."""
        del context
        check_thread_id(request.thread_id)
        return await self._monitor.thread(CALLER.get(), request.thread_id, request.from_sequence)

    async def GetFlows(self, request: monitor_pb2.GetFlowsRequest, context: Context) -> monitor_pb2.GetFlowsResponse:
        """Give figures."""
        del context
        return await self._monitor.flows(CALLER.get(), request)

    async def WatchThreads(
        self, request: monitor_pb2.WatchThreadsRequest, context: Context
    ) -> AsyncIterator[monitor_pb2.WatchThreadsResponse]:
        """Stream changes."""
        del context
        async for message in self._watching.threads(CALLER.get(), request.from_leaf):
            yield message

    async def WatchEntries(
        self, request: monitor_pb2.WatchEntriesRequest, context: Context
    ) -> AsyncIterator[monitor_pb2.WatchEntriesResponse]:
        """Stream what was accepted."""
        del context
        async for message in self._watching.entries(CALLER.get(), request.from_leaf, request.max):
            yield message

    async def ListMembers(
        self, request: monitor_pb2.ListMembersRequest, context: Context
    ) -> monitor_pb2.ListMembersResponse:
        """List members."""
        del request, context
        return self._attendance.members(CALLER.get())
