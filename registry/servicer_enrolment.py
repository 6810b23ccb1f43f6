"""Enrolment on the wire."""

from typing import Any, TypeAlias

import grpc

from registry.enrolment import Enrolment
from xieban.federation.v1 import enrolment_pb2, enrolment_pb2_grpc

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class EnrolmentServicer(enrolment_pb2_grpc.EnrolmentServiceServicer):
    """See enrolment.proto."""

    def __init__(self, enrolment: Enrolment) -> None:
        self._enrolment = enrolment

    async def Enrol(self, request: enrolment_pb2.EnrolRequest, context: Context) -> enrolment_pb2.EnrolResponse:
        """Let a bureau in."""
        del context
        return await self._enrolment.enrol(
            request.token, channel_request=request.channel_request, node_request=request.node_request
        )
