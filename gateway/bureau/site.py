"""The desk as an application of its own, mounted at /desk: its pages, its files, its words when something is wrong."""

from collections.abc import Callable, Coroutine, Sequence
from functools import cache
from http import HTTPStatus
from typing import Final, cast

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Mount

from delegation.errors import Refusal
from gateway.bureau import session
from gateway.bureau.access import PAGES
from gateway.bureau.cases import pages as cases
from gateway.bureau.documents import pages as documents
from gateway.bureau.draws import pages as draws
from gateway.bureau.evidence import pages as evidence
from gateway.bureau.guard import SessionOverError, admit_page
from gateway.bureau.intake import pages as intake
from gateway.bureau.old_cases import pages as old_cases
from gateway.bureau.people import pages as people
from gateway.bureau.pool import pages as pool
from gateway.bureau.province import acts as province_acts
from gateway.bureau.province import alerts as province_alerts
from gateway.bureau.province import office as province_office
from gateway.bureau.province import pages as province
from gateway.bureau.province import reports as province_reports
from gateway.bureau.render import BASE, render, see_other
from gateway.bureau.session import sign_in_page
from gateway.bureau.static_files import DigestedFiles
from gateway.bureau.todo import pages as todo
from gateway.openapi import api_routes
from gateway.problems import InvalidInputError, Problem, WireRefusalError, invalid_input_problem, refused_problem
from gateway.problems import wire_problem as problem_of_wire
from gateway.wire_reasons import WireReason

_PAGES: Final = (
    session,
    documents,
    todo,
    intake,
    evidence,
    people,
    old_cases,
    pool,
    province,
    province_acts,
    province_alerts,
    province_office,
    province_reports,
    draws,
    cases,
)
_OF_STATUS: Final = {404: WireReason.ADDRESS_UNKNOWN, 405: WireReason.METHOD_NOT_ALLOWED}
Handler = Callable[[Request, Exception], Coroutine[object, object, Response]]


def problem_page(request: Request, problem: Problem) -> Response:
    """What is wrong and what to do, in words; nothing that was typed is repeated."""
    return render(request, "problem.html", status=problem.status, headers=problem.headers, problem=problem)


async def _refused(request: Request, error: Exception) -> Response:
    return problem_page(request, refused_problem(cast("Refusal", error).refused))


async def _invalid(request: Request, error: Exception) -> Response:
    return problem_page(request, invalid_input_problem(cast("InvalidInputError", error).errors))


async def _parameters(request: Request, error: Exception) -> Response:
    del error  # holds what was sent
    return problem_page(request, problem_of_wire(WireReason.BAD_REQUEST))


async def _wire(request: Request, error: Exception) -> Response:
    refusal = cast("WireRefusalError", error)
    if refusal.reason is WireReason.PASSWORD_CHANGE_REQUIRED:
        return see_other(f"{BASE}/people/password")
    return problem_page(request, problem_of_wire(refusal.reason, refusal.headers))


async def _http(request: Request, error: Exception) -> Response:
    reason = _OF_STATUS.get(cast("HTTPException", error).status_code, WireReason.BAD_REQUEST)
    return problem_page(request, problem_of_wire(reason))


async def _session_over(request: Request, error: Exception) -> Response:
    return sign_in_page(request, cast("SessionOverError", error).typed)


def _check_access(routers: Sequence[APIRouter]) -> None:
    """Refuse to start when a page and the table of access do not name the same pages."""
    named = [route.operation_id or route.path for route in api_routes(routers)]
    if sorted(named) != sorted(PAGES):
        raise ValueError(f"access table and pages differ: {sorted(set(named) ^ set(PAGES))}")


@cache
def _gated() -> APIRouter:
    """Every page behind `admit_page`; one for all, for FastAPI works out each where it is used."""
    gated = APIRouter(dependencies=[Depends(admit_page)])
    for module in _PAGES:
        gated.include_router(module.router)
    return gated


def create_site(state: State) -> Mount:
    """The desk's pages, to be mounted beside the API, whose `state` (station, settings, clock, gates) they share.

    Raises:
        ValueError: a page that the table of access does not name.
    """
    handlers: dict[int | type[Exception], Handler] = {
        Refusal: _refused,
        InvalidInputError: _invalid,
        RequestValidationError: _parameters,
        WireRefusalError: _wire,
        HTTPException: _http,
        SessionOverError: _session_over,
    }
    site = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(admit_page)],
        exception_handlers=handlers,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    _check_access([module.router for module in _PAGES])
    site.router.routes.extend(_gated().routes)
    site.mount("/static", DigestedFiles())
    site.state = state
    return Mount(BASE, app=site, name="desk")


async def to_desk(request: Request) -> Response:
    """The bare address leads to the desk."""
    del request
    return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": f"{BASE}/"})
