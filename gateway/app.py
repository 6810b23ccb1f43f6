"""The HTTP application: routes before a node, each guarded, each refusal a problem document."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final, cast

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from delegation.errors import Reason, Refusal, Refused
from gateway.access import OPERATIONS
from gateway.auth import authorise
from gateway.bureau.evidence.spool import Spool
from gateway.bureau.site import create_site, to_desk
from gateway.incoming import request_errors
from gateway.metrics import Metrics
from gateway.middleware import Guard, SafeHeaders
from gateway.openapi import Json, api_routes, describe, parameter_names, query_names
from gateway.page_tokens import PageTokens
from gateway.ports import Station
from gateway.problems import (
    InvalidInputError,
    WireRefusalError,
    invalid_input_problem,
    problem_response,
    refused_problem,
    wire_problem,
)
from gateway.routes import (
    accounts,
    changes,
    delegations,
    desk,
    dispatch,
    drafts,
    draws,
    events,
    machine,
    materials,
    moves,
    old_cases,
    people,
    pool,
    province_acts,
    province_alerts,
    province_figures,
    province_reports,
    requests,
    session,
    taking,
)
from gateway.routes.changes import Streams
from gateway.routes.session import SignInGate
from gateway.scanning import Scanner
from gateway.sealing import seal_of
from gateway.settings import GatewaySettings
from gateway.sign_in_service import load
from gateway.wire_reasons import WireReason

PREFIX: Final = "/api/v1"
_DESK: Final = (
    session,
    accounts,
    drafts,
    delegations,
    draws,
    moves,
    materials,
    taking,
    desk,
    changes,
    events,
    old_cases,
    people,
    dispatch,
    requests,
    pool,
    province_figures,
    province_alerts,
    province_acts,
    province_reports,
)
_OF_STATUS: Final = {
    400: WireReason.BAD_REQUEST,
    404: WireReason.ADDRESS_UNKNOWN,
    405: WireReason.METHOD_NOT_ALLOWED,
    408: WireReason.BODY_STALLED,
    413: WireReason.BODY_TOO_LARGE,
    415: WireReason.MEDIA_TYPE_NOT_SUPPORTED,
    416: WireReason.RANGE_NOT_SATISFIABLE,
    429: WireReason.TOO_MANY_REQUESTS,
    503: WireReason.BUSY,
}
Handler = Callable[[Request, Exception], Coroutine[object, object, Response]]


def utc_now() -> datetime:
    """The wall clock, for the one place that shows how soon something is due."""
    return datetime.now(UTC)


async def _refused(request: Request, error: Exception) -> Response:
    refusal = cast("Refusal", error)
    return problem_response(refused_problem(refusal.refused), request.scope)


async def _invalid(request: Request, error: Exception) -> Response:
    return problem_response(invalid_input_problem(cast("InvalidInputError", error).errors), request.scope)


async def _parameters(request: Request, error: Exception) -> Response:
    known: frozenset[str] = request.app.state.parameter_names
    found = request_errors(cast("RequestValidationError", error), known)
    return problem_response(invalid_input_problem(found), request.scope)


async def _wire(request: Request, error: Exception) -> Response:
    refusal = cast("WireRefusalError", error)
    return problem_response(wire_problem(refusal.reason, refusal.headers), request.scope)


async def _http(request: Request, error: Exception) -> Response:
    """What Starlette and FastAPI refuse by themselves; their texts are not shown."""
    refusal = cast("HTTPException", error)
    reason = _OF_STATUS.get(refusal.status_code)
    if reason is None:
        return problem_response(refused_problem(Refused(Reason.INTERNAL)), request.scope)
    allow = {name: value for name, value in (refusal.headers or {}).items() if name.lower() == "allow"}
    return problem_response(wire_problem(reason, allow), request.scope)


def _check_access(routers: Sequence[APIRouter]) -> None:
    """Refuse to start when a route and the table of access do not name the same operations."""
    named = [route.operation_id or route.path for route in api_routes(routers)]
    if sorted(named) != sorted(OPERATIONS):
        raise ValueError(f"access table and routes differ: {sorted(set(named) ^ set(OPERATIONS))}")


@cache
def _gated() -> APIRouter:
    """Every operation of the desk behind `authorise`; one for all, for FastAPI works out each where it is used."""
    gated = APIRouter(dependencies=[Depends(authorise)])
    for module in _DESK:
        gated.include_router(module.router, prefix=PREFIX)
    gated.include_router(machine.router)
    return gated


def create_app(
    station: Station,
    settings: GatewaySettings,
    *,
    clock: Callable[[], datetime] = utc_now,
    is_ready: Callable[[], bool] = lambda: True,
    metrics_beside: Sequence[CollectorRegistry] = (),
) -> FastAPI:
    """The application before `station` (a running node, or anything with its desk and accounts).

    `metrics_beside` (such as a node's `metrics.registry`) are shown with the gateway's own at /metrics. The application
    starts and stops nothing: it lives as long as its server.

    Raises:
        ValueError: a route that the table of access does not name.
    """
    metrics = Metrics(metrics_beside)
    handlers: dict[int | type[Exception], Handler] = {
        Refusal: _refused,
        InvalidInputError: _invalid,
        RequestValidationError: _parameters,
        WireRefusalError: _wire,
        HTTPException: _http,
    }
    app = FastAPI(
        openapi_url=None,
        docs_url=None,  # the pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the address
        dependencies=[Depends(authorise)],
        exception_handlers=handlers,
        middleware=[
            Middleware(SafeHeaders, tls=settings.tls),
            Middleware(Guard, metrics=metrics, concurrency=settings.concurrency, uncounted=PREFIX + changes.CHANGES),
        ],
        # spans would carry bodies and values of parameters
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    described = APIRouter(tags=["machine"])

    @described.get(f"{PREFIX}/openapi.json", operation_id="readOpenApi", response_model=dict[str, object])
    async def read_openapi() -> Response:
        """This document."""
        return JSONResponse(document())

    everything = [*(module.router for module in _DESK), machine.router, described]
    _check_access(everything)
    app.router.routes.extend(_gated().routes)
    app.include_router(described)

    @cache
    def document() -> Json:  # for whoever asks first: no start waits for it
        return describe(app.routes, everything, cookie=settings.session_cookie)

    state = app.state
    state.station, state.settings, state.clock, state.is_ready, state.metrics = (
        station,
        settings,
        clock,
        is_ready,
        metrics,
    )
    state.streams = Streams(metrics, most=settings.streams, most_per_caller=settings.streams_per_caller)
    state.sign_in_gate = SignInGate(at_once=settings.sign_ins_at_once, waiting=settings.sign_ins_waiting)
    state.sign_in_service = load(settings, clock=clock)
    state.page_tokens, state.practice = PageTokens(), settings.practice
    state.scanner, state.spool = Scanner.of(settings), Spool.of(settings)
    state.paper_seal = seal_of(settings)
    if settings.pages:
        app.router.routes.append(Route("/", to_desk, methods=["GET"]))
        app.router.routes.append(create_site(state))
    state.query_names, state.parameter_names = query_names(everything), parameter_names(everything)
    return app
