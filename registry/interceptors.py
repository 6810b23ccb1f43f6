"""One chain around every call: log, metrics, identity with revocation, policy, limits; then the servicer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

import grpc

from delegation.errors import Reason, Refusal
from registry.callers import CALLER, Callers
from registry.logs import Log
from registry.members import Members
from registry.metrics import Metrics
from registry.policy import Who
from registry.quotas import Rates
from registry.status import abort

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"  # of every method
Handler: TypeAlias = Any  # grpc.RpcMethodHandler, which has no types for its functions
_STRANGERS: Final = "anyone"


class _Undecodable:
    """What came in place of a request; grpc itself would answer INTERNAL."""


_UNDECODABLE: Final = _Undecodable()


class Door(grpc.aio.ServerInterceptor):
    """The chain of one port."""

    def __init__(
        self,
        rules: Mapping[str, Who],
        *,
        callers: Callers | None,
        rates: Rates,
        metrics: Metrics,
        log: Log,
        is_open: Callable[[], bool],
        members: Members | None = None,
    ) -> None:
        self._rules = rules
        self._callers = callers
        self._rates = rates
        self._metrics = metrics
        self._log = log
        self._is_open = is_open
        self._members = members
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Wrap the method's handler, once."""
        method = str(handler_call_details.method)
        found = self._wrapped.get(method)
        if found is not None:
            return found
        handler = await continuation(handler_call_details)
        if handler is None or method not in self._rules:
            return None  # grpc says UNIMPLEMENTED: what has no line in the policy is not there
        wrapped = self._wrap(method, handler)
        self._wrapped[method] = wrapped
        return wrapped

    def _wrap(self, method: str, handler: Handler) -> Handler:
        who = self._rules[method]
        if handler.request_streaming:
            return handler  # reflection alone
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._streaming(method, who, handler.unary_stream),
                request_deserializer=_lenient(handler.request_deserializer),
                response_serializer=handler.response_serializer,
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(method, who, handler.unary_unary),
            request_deserializer=_lenient(handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )

    def _unary(self, method: str, who: Who, inner: Any) -> Callable[[Any, Context], Awaitable[Any]]:
        name = method.rpartition("/")[2]

        async def call(request: Any, context: Context) -> Any:
            started = self._metrics.now()
            try:
                caller = self._admit(who, context)
                try:
                    answer = await inner(_decoded(request), context)
                finally:
                    self._rates.leave(caller)
            except Refusal as refusal:
                self._ended(name, refusal.reason.value, self._metrics.now() - started)
                await abort(context, refusal)
            except (asyncio.CancelledError, grpc.aio.AbortError):
                raise
            except Exception as error:  # noqa: BLE001 - a caller is never told more than a typed reason
                self._failed(name, error, self._metrics.now() - started)
                await abort(context, Refusal(Reason.UNAVAILABLE))
            self._ended(name, "OK", self._metrics.now() - started)
            return answer

        return call

    def _streaming(self, method: str, who: Who, inner: Any) -> Callable[[Any, Context], AsyncIterator[Any]]:
        name = method.rpartition("/")[2]

        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            try:
                caller = self._admit(who, context)
                try:
                    async for answer in inner(_decoded(request), context):
                        yield answer
                finally:
                    self._rates.leave(caller)
            except Refusal as refusal:
                self._ended(name, refusal.reason.value, None)
                await abort(context, refusal)
            except (asyncio.CancelledError, GeneratorExit, grpc.aio.AbortError):
                raise
            except Exception as error:  # noqa: BLE001 - as above
                self._failed(name, error, None)
                await abort(context, Refusal(Reason.UNAVAILABLE))
            self._ended(name, "OK", None)

        return call

    def _admit(self, who: Who, context: Context) -> str:
        """Let a call begin; gives the name under which it counts, until `leave`."""
        if not self._is_open():
            raise Refusal(Reason.STOPPING)
        name = _STRANGERS
        if self._callers is not None:
            caller = self._callers.identify(context.auth_context(), who)
            CALLER.set(caller)
            name = caller.bureau
            if self._members is not None:
                self._members.note(caller, context.invocation_metadata)
        self._rates.enter(name)
        return name

    def _ended(self, method: str, outcome: str, seconds: float | None) -> None:
        self._metrics.call(method, outcome, seconds)
        if outcome != "OK":
            self._log.debug("call_refused", method=method, outcome=outcome)

    def _failed(self, method: str, error: Exception, seconds: float | None) -> None:
        self._metrics.call(method, "FAILED", seconds)
        self._log.alarm("call_failed", method=method, error=type(error).__name__)


def _lenient(deserializer: Callable[[bytes], Any] | None) -> Callable[[bytes], Any]:
    """A deserialiser that never raises: bytes that are no message become a typed refusal, not INTERNAL."""

    def deserialise(data: bytes) -> Any:
        try:
            return data if deserializer is None else deserializer(data)
        except Exception:  # noqa: BLE001 - whatever the bytes did to the parser
            return _UNDECODABLE

    return deserialise


def _decoded(request: Any) -> Any:
    if request is _UNDECODABLE:
        raise Refusal(Reason.MALFORMED)
    return request
