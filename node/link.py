"""The only place that speaks to the registry, and the only one that tries again by itself.

Every call has a deadline. A failure is a Refusal: the registry's own typed word where it gave one, else UNAVAILABLE.
Waiting between tries is jittered, grows to a cap, and ends at once when the registry is heard on any other call. A
channel that was out of order for long is rebuilt: an old one may be stuck on a dead connection for good.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from random import uniform
from time import monotonic
from typing import Any, TypeVar, cast

import grpc
import structlog
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # has no stubs
from grpc_status import rpc_status  # type: ignore[import-untyped]  # has no stubs
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from delegation.errors import Reason, Refusal
from xieban.federation.v1 import (
    exchange_pb2 as exchange,
)
from xieban.federation.v1 import (
    exchange_pb2_grpc,
    log_pb2,
    log_pb2_grpc,
    monitor_pb2,
    monitor_pb2_grpc,
    roster_pb2,
    roster_pb2_grpc,
)

T = TypeVar("T")
_log = structlog.get_logger("node.link")
_REBUILD_AFTER = 60.0  # seconds without a single answer
_TRY_AGAIN = frozenset(
    {
        Reason.UNAVAILABLE,
        Reason.STOPPING,
        Reason.QUOTA_EXCEEDED,
        Reason.STORAGE_UNAVAILABLE,
        Reason.ROSTER_NOT_READY,
        Reason.CLOCK_OFF,
        Reason.STREAM_REPLACED,
        Reason.DISK_FULL,
        Reason.INTERNAL,
    }
)
# Space that comes back is heard on no call: what waits for it looks every few seconds, ours or the registry's.
_STORAGE = frozenset({Reason.DISK_FULL, Reason.STORAGE_UNAVAILABLE})
_MOST_STORAGE_WAIT = 3.0
try:
    _SOFTWARE = version("xieban")
except PackageNotFoundError:  # run from its sources, without being installed
    _SOFTWARE = "0"
_OPTIONS = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_send_message_length", 4 * 1024 * 1024),
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.primary_user_agent", f"xieban/{_SOFTWARE}"),  # whoever runs the registry sees who is behind
)


def refusal_of(error: grpc.RpcError) -> Refusal:
    """The typed word in an RPC error (google.rpc.ErrorInfo); UNAVAILABLE when it has none or one that is unknown."""
    try:
        status = cast("status_pb2.Status | None", rpc_status.from_call(cast("grpc.Call", error)))
    except ValueError:  # the status does not match the call: not a word of the registry
        status = None
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            try:
                return Refusal(Reason(info.reason), **{str(k)[:40]: str(v)[:200] for k, v in info.metadata.items()})
            except ValueError:
                break
    code = error.code() if isinstance(error, grpc.aio.AioRpcError) else None
    if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return Refusal(Reason.UNAUTHENTICATED)
    return Refusal(Reason.UNAVAILABLE, status=code.name.lower() if code is not None else "unknown")


class Link:
    """One channel to the registry's exchange port."""

    def __init__(
        self,
        *,
        address: str,
        credentials: Callable[[], grpc.ChannelCredentials],
        clock: Callable[[], datetime],
        call_seconds: float = 20.0,
        most_wait: float = 30.0,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._clock = clock
        self._call_seconds = call_seconds
        self._most_wait = most_wait
        self._channel: grpc.aio.Channel | None = None
        self._exchange_stub: tuple[grpc.aio.Channel, exchange_pb2_grpc.ExchangeServiceAsyncStub] | None = None
        self._log_stub: tuple[grpc.aio.Channel, log_pb2_grpc.LogServiceAsyncStub] | None = None
        self._heard = asyncio.Event()
        self._silent_since: float | None = None
        self.last_heard: datetime | None = None
        self.connected = False

    # the channel

    def _open(self) -> grpc.aio.Channel:
        if self._channel is None:
            self._channel = grpc.aio.secure_channel(self._address, self._credentials(), options=_OPTIONS)
        return self._channel

    # A stub names every method of its service to the channel: made once a channel, not for every call.

    def _exchange(self) -> "exchange_pb2_grpc.ExchangeServiceAsyncStub":
        channel = self._open()
        if self._exchange_stub is None or self._exchange_stub[0] is not channel:
            self._exchange_stub = channel, exchange_pb2_grpc.ExchangeServiceStub(channel)
        return self._exchange_stub[1]

    def _log_service(self) -> "log_pb2_grpc.LogServiceAsyncStub":
        channel = self._open()
        if self._log_stub is None or self._log_stub[0] is not channel:
            self._log_stub = channel, log_pb2_grpc.LogServiceStub(channel)
        return self._log_stub[1]

    def _monitor(self) -> "monitor_pb2_grpc.MonitorServiceAsyncStub":
        return monitor_pb2_grpc.MonitorServiceStub(self._open())

    async def close(self) -> None:
        """Close the channel."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close(None)

    async def reconnect(self) -> None:
        """Drop the channel, for instance after the certificate was renewed; the next call opens another."""
        await self.close()

    def _note_heard(self) -> None:
        self.last_heard = self._clock()
        self._silent_since = None
        self.connected = True
        self._heard.set()

    async def _note_silence(self) -> None:
        self.connected = False
        now = monotonic()
        if self._silent_since is None:
            self._silent_since = now
        elif now - self._silent_since > _REBUILD_AFTER:
            self._silent_since = now
            _log.info("channel rebuilt")
            await self.close()

    async def _note_failure(self, refusal: Refusal) -> None:
        if refusal.reason is Reason.UNAVAILABLE:
            await self._note_silence()
        else:
            self._note_heard()

    async def _call(self, send: "Callable[[], Awaitable[T]]") -> T:
        try:
            answer = await send()
        except grpc.aio.AioRpcError as error:
            refusal = refusal_of(error)
            await self._note_failure(refusal)
            raise refusal from None
        except grpc.aio.UsageError:
            raise Refusal(Reason.UNAVAILABLE, status="closed") from None
        self._note_heard()
        return answer

    # trying again

    async def _sleep(self, seconds: float) -> None:
        self._heard.clear()
        try:
            # not wait_for: before Python 3.12 it swallows a cancellation that meets the end of the wait
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        except TimeoutError:
            return
        await asyncio.sleep(0.05)  # heard elsewhere: go on, but never in a tight loop

    async def persist(self, attempt: "Callable[[], Awaitable[T]]", *, what: str) -> T:
        """Call until it is answered. Ends with the answer, or with a Refusal that trying again does not mend."""

        try:
            return await attempt()  # nearly always answered: what tries again costs more than most attempts
        except Refusal as refusal:
            if refusal.reason not in _TRY_AGAIN:
                raise
        await self._sleep(uniform(0.2, 0.7))  # noqa: S311 - jitter, nothing secret

        def tell(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome is not None else None
            reason = error.reason.value if isinstance(error, Refusal) else ""
            if state.attempt_number in (1, 5) or state.attempt_number % 20 == 0:
                _log.info("call failed, trying again", what=what, reason=reason, attempt=state.attempt_number)

        slow = wait_exponential_jitter(multiplier=0.2, max=self._most_wait, jitter=0.5)
        quick = wait_exponential_jitter(multiplier=0.2, max=min(_MOST_STORAGE_WAIT, self._most_wait), jitter=0.5)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome is not None else None
            return quick(state) if isinstance(error, Refusal) and error.reason in _STORAGE else slow(state)

        retrying = AsyncRetrying(
            wait=wait,
            retry=retry_if_exception(lambda error: isinstance(error, Refusal) and error.reason in _TRY_AGAIN),
            sleep=self._sleep,
            after=tell,
            reraise=True,
        )
        return await retrying(attempt)

    async def pause(self, seconds: float) -> None:
        """Wait before the next try of something that keeps its own loop; ends early when the registry is heard."""
        await self._sleep(seconds)

    # calls

    async def submit(self, request: exchange.SubmitEnvelopesRequest) -> exchange.SubmitEnvelopesResponse:
        """SubmitEnvelopes, once."""
        request.sent_at.FromDatetime(self._clock())
        stub = self._exchange()
        return await self._call(lambda: stub.SubmitEnvelopes(request, timeout=self._call_seconds))

    async def acknowledge(
        self, request: exchange.AcknowledgeDeliveriesRequest
    ) -> exchange.AcknowledgeDeliveriesResponse:
        """AcknowledgeDeliveries, once."""
        request.sent_at.FromDatetime(self._clock())
        stub = self._exchange()
        return await self._call(lambda: stub.AcknowledgeDeliveries(request, timeout=self._call_seconds))

    def receive(
        self, request: exchange.ReceiveDeliveriesRequest, *, most_silence: float = 60.0
    ) -> AsyncGenerator[exchange.ReceiveDeliveriesResponse, None]:
        """ReceiveDeliveries until it ends. UNAVAILABLE after `most_silence` seconds of silence (a head each 20)."""
        request.sent_at.FromDatetime(self._clock())
        return self._messages(
            lambda: self._exchange().ReceiveDeliveries(request), exchange.ReceiveDeliveriesResponse, most_silence
        )

    def watch_entries(
        self, *, from_leaf: int, most: int, most_silence: float = 60.0
    ) -> AsyncGenerator[monitor_pb2.WatchEntriesResponse, None]:
        """WatchEntries until it ends. UNAVAILABLE after `most_silence` seconds without a sign of life."""
        request = monitor_pb2.WatchEntriesRequest(from_leaf=from_leaf, max=most)
        return self._messages(
            lambda: self._monitor().WatchEntries(request), monitor_pb2.WatchEntriesResponse, most_silence
        )

    async def _messages(
        self, begin: "Callable[[], grpc.aio.UnaryStreamCall[Any, T]]", kind: type[T], most_silence: float
    ) -> AsyncGenerator[T, None]:
        """What a stream tells until it ends; cancelled when nobody reads on."""
        stream = begin()
        try:
            while True:
                try:
                    async with asyncio.timeout(most_silence):
                        message = await stream.read()
                except grpc.aio.AioRpcError as error:
                    refusal = refusal_of(error)
                    await self._note_failure(refusal)
                    raise refusal from None
                except TimeoutError:
                    await self._note_silence()
                    raise Refusal(Reason.UNAVAILABLE, status="silent") from None
                if not isinstance(message, kind):  # EOF: the server ended it
                    return
                self._note_heard()
                yield message
        finally:
            stream.cancel()

    async def read_thread(self, request: exchange.ReadThreadRequest) -> exchange.ReadThreadResponse:
        """ReadThread, once."""
        stub = self._exchange()
        return await self._call(lambda: stub.ReadThread(request, timeout=self._call_seconds))

    async def upload(self, request: exchange.UploadMaterialRequest) -> exchange.UploadMaterialResponse:
        """UploadMaterial, one chunk."""
        stub = self._exchange()
        return await self._call(lambda: stub.UploadMaterial(request, timeout=self._call_seconds * 3))

    async def download(
        self, request: exchange.DownloadMaterialRequest
    ) -> AsyncGenerator[exchange.DownloadMaterialResponse, None]:
        """DownloadMaterial until it ends."""
        stub = self._exchange()
        stream = stub.DownloadMaterial(request)
        try:
            while True:
                try:
                    async with asyncio.timeout(self._call_seconds * 3):
                        message = await stream.read()
                except grpc.aio.AioRpcError as error:
                    refusal = refusal_of(error)
                    await self._note_failure(refusal)
                    raise refusal from None
                except TimeoutError:
                    raise Refusal(Reason.UNAVAILABLE, status="silent") from None
                if not isinstance(message, exchange.DownloadMaterialResponse):
                    return
                yield message
        finally:
            stream.cancel()

    async def roster(self, *, version: int = 0, held_version: int = 0) -> roster_pb2.GetRosterResponse:
        """GetRoster, once; version 0 is the one in force."""
        request = roster_pb2.GetRosterRequest(version=version, held_version=held_version)
        stub = roster_pb2_grpc.RosterServiceStub(self._open())
        return await self._call(lambda: stub.GetRoster(request, timeout=self._call_seconds))

    async def checkpoint(self) -> log_pb2.GetCheckpointResponse:
        """GetCheckpoint, once."""
        stub = self._log_service()
        return await self._call(lambda: stub.GetCheckpoint(log_pb2.GetCheckpointRequest(), timeout=self._call_seconds))

    async def draw_checkpoint(self, leaf_index: int) -> bytes:
        """GetDrawCheckpoint, once: the first checkpoint that covers a draw's commitment (protocol 13.4).

        NOT checked: anything of the note.
        """
        stub, request = self._log_service(), log_pb2.GetDrawCheckpointRequest(leaf_index=leaf_index)
        answer = await self._call(lambda: stub.GetDrawCheckpoint(request, timeout=self._call_seconds))
        return answer.checkpoint

    async def consistency(self, *, old_size: int, new_size: int) -> log_pb2.GetConsistencyProofResponse:
        """GetConsistencyProof, once."""
        request = log_pb2.GetConsistencyProofRequest(old_size=old_size, new_size=new_size)
        stub = self._log_service()
        return await self._call(lambda: stub.GetConsistencyProof(request, timeout=self._call_seconds))

    async def inclusion(self, *, leaf_index: int, tree_size: int) -> log_pb2.GetInclusionProofResponse:
        """GetInclusionProof, once."""
        return await self._prove(log_pb2.GetInclusionProofRequest(leaf_index=leaf_index, tree_size=tree_size))

    async def inclusions(self, leaf_indexes: Sequence[int], *, tree_size: int) -> list[tuple[bytes, ...]]:
        """GetInclusionProof for 1 to 256 leaves of one tree, once: their paths in order, or those of the first alone.

        NOT checked: any of the paths.
        """
        first, *more = leaf_indexes
        request = log_pb2.GetInclusionProofRequest(leaf_index=first, tree_size=tree_size, more_leaf_indexes=more)
        answer = await self._prove(request)
        return [tuple(answer.path), *(tuple(each.path) for each in answer.more_paths)][: len(leaf_indexes)]

    async def _prove(self, request: log_pb2.GetInclusionProofRequest) -> log_pb2.GetInclusionProofResponse:
        stub = self._log_service()
        return await self._call(lambda: stub.GetInclusionProof(request, timeout=self._call_seconds))

    async def members(self) -> monitor_pb2.ListMembersResponse:
        """ListMembers, once: when the registry heard the members of this node's provinces. NOT checked: any of it."""
        stub, request = monitor_pb2_grpc.MonitorServiceStub(self._open()), monitor_pb2.ListMembersRequest()
        return await self._call(lambda: stub.ListMembers(request, timeout=self._call_seconds))
