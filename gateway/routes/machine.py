"""For the machine's keepers: alive, ready, measured, described. Nothing personal, no identity asked."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from gateway.answers import answer
from gateway.metrics import Metrics
from gateway.problems import WireRefusalError
from gateway.routes.changes import Streams
from gateway.schemas.answers import HealthOut
from gateway.settings import is_loopback
from gateway.wire_reasons import WireReason

router = APIRouter(tags=["machine"])


@router.get("/healthz", operation_id="readHealth", response_model=HealthOut)
async def read_health() -> Response:
    """The process answers."""
    return answer(HealthOut, {"status": "ok"})


@router.get(
    "/readyz",
    operation_id="readReadiness",
    response_model=HealthOut,
    responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": HealthOut, "description": "Starting or stopping."}},
)
async def read_readiness(request: Request) -> Response:
    """Work is taken. A node without a registry is ready: local work never waits for the centre."""
    streams: Streams = request.app.state.streams
    if streams.stopping.is_set():
        return answer(HealthOut, {"status": "stopping"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    if not request.app.state.is_ready():
        return answer(HealthOut, {"status": "starting"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return answer(HealthOut, {"status": "ok"})


@router.get("/metrics", operation_id="readMetrics", response_class=Response)
async def read_metrics(request: Request) -> Response:
    """Counts in the Prometheus text format, for callers on this machine."""
    if request.client is None or not is_loopback(request.client.host):
        raise WireRefusalError(WireReason.ADDRESS_UNKNOWN)
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
