"""A refusal as a gRPC status: google.rpc.Status with ErrorInfo, the reason's name and its typed details."""

from typing import Final, NoReturn

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no stubs

from delegation.catalogue import grpc_code
from delegation.errors import Refusal
from registry.answers import safe_details

DOMAIN: Final = "xieban"
_DETAILS: Final = "grpc-status-details-bin"
_CODES: Final = {code.name: code for code in grpc.StatusCode}


async def abort(context: "grpc.aio.ServicerContext[object, object]", refusal: Refusal) -> NoReturn:
    """End the call with the refusal. Dynamic values stand in the metadata, the message is the reason's name."""
    code = _CODES[grpc_code(refusal.reason)]
    info = error_details_pb2.ErrorInfo(
        reason=refusal.reason.value, domain=DOMAIN, metadata=safe_details(refusal.details)
    )
    detail = any_pb2.Any()
    detail.Pack(info)
    status = status_pb2.Status(code=int(code.value[0]), message=refusal.reason.value, details=[detail])
    await context.abort(code, refusal.reason.value, ((_DETAILS, status.SerializeToString()),))
    raise AssertionError  # abort never returns
