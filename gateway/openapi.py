"""The OpenAPI document: FastAPI's, with what it cannot know: bodies that we read ourselves, and every refusal.

Statuses follow from what an operation is: whether it asks who calls, takes a body, changes something. The schema-driven
test finds any status that is answered and not written here.
"""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Final, cast

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from delegation.catalogue import CATALOGUE
from delegation.errors import Reason
from gateway.access import OPERATIONS, UPLOADS, Access
from gateway.auth import CSRF_HEADER, KEY_HEADER
from gateway.examples import EXAMPLES
from gateway.incoming import JsonBody
from gateway.problems import MEDIA_TYPE
from gateway.schemas.answers import ProblemDocument
from gateway.schemas.materials import FileFactsForm
from gateway.wire_reasons import WIRE_TEXTS, WireReason

Json = dict[str, object]
VERSION: Final = "1"
_REF: Final = "#/components/schemas/"
_CHANGING: Final = frozenset({"post", "put", "patch", "delete"})

# Reasons with which a node or the gateway answers a call that changes nothing.
_OF_READING: Final = (
    Reason.NOT_FOUND,
    Reason.INVALID_INPUT,
    Reason.MATERIAL_MISSING,
    Reason.MATERIAL_DAMAGED,
    Reason.STORAGE_UNAVAILABLE,
    Reason.STOPPING,
    Reason.UNAVAILABLE,
    Reason.ROSTER_NOT_READY,
    Reason.INTERNAL,
)
_OF_IDENTITY: Final = (Reason.SIGN_IN_REQUIRED, Reason.ROLE_MISSING, Reason.QUOTA_EXCEEDED, Reason.LOCKED_OUT)
_ALWAYS: Final = (WireReason.BAD_REQUEST, WireReason.BUSY)
_WITH_BODY: Final = (WireReason.BODY_STALLED, WireReason.BODY_TOO_LARGE, WireReason.MEDIA_TYPE_NOT_SUPPORTED)

_DESCRIPTIONS: Final[Mapping[int, str]] = {
    400: "The request cannot be read.",
    401: "Nobody is signed in, or the session is over.",
    403: "The role does not open this, the page's token is missing, or the person may not (four eyes).",
    404: "There is no such thing, or it is somebody else's.",
    408: "The body stopped coming.",
    409: "The rules forbid it, or something happened meanwhile.",
    412: "It was changed since it was read; read it again.",
    413: "Too large.",
    415: "The media type is not taken.",
    416: "The range lies outside the file.",
    422: "A field breaks a rule; `errors` names it.",
    428: "If-Match is missing.",
    429: "Too much at a time; try again later.",
    500: "Something failed that nobody foresaw.",
    503: "Not now; try again later.",
    507: "The node's disk is full.",
}
_SECURITY: Final[dict[str, dict[str, str]]] = {
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "xieban_session",  # the desk of a bureau puts its code behind this
        "description": f"A browser's session; a change needs the header {CSRF_HEADER} with `csrf` of the session too.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token of a session."},
    "key": {"type": "apiKey", "in": "header", "name": KEY_HEADER, "description": "The key of a business system."},
}
_BINARY: Final[Json] = {"type": "string", "format": "binary"}


def api_routes(routers: Sequence[APIRouter]) -> Iterator[APIRoute]:
    """Every operation of the routers."""
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield route


def form_of(route: APIRoute) -> type[BaseModel] | None:
    """The form that the route reads from its body."""
    for dependency in route.dependant.dependencies:
        if isinstance(dependency.call, JsonBody):
            return cast("type[BaseModel]", dependency.call.form)
    return None


def _with_inner(dependant: Dependant) -> Iterator[Dependant]:
    """What an endpoint asks for, and what that asks for."""
    yield dependant
    for inner in dependant.dependencies:
        yield from _with_inner(inner)


def query_names(routers: Sequence[APIRouter]) -> dict[str, frozenset[str]]:
    """Names of the query parameters of each operation; any other is refused."""
    return {
        str(route.operation_id): frozenset(
            field.alias for part in _with_inner(route.dependant) for field in part.query_params
        )
        for route in api_routes(routers)
    }


def parameter_names(routers: Sequence[APIRouter]) -> frozenset[str]:
    """Names of all parameters: the only ones that an error repeats."""
    return frozenset(
        field.alias
        for route in api_routes(routers)
        for part in _with_inner(route.dependant)
        for field in (*part.path_params, *part.query_params, *part.header_params, *part.cookie_params)
    )


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in cast("dict[str, dict[str, Json]]", document["paths"]).items():
        for method, operation in operations.items():
            yield path, method, operation


def _status(reason: Reason) -> int:
    return int(CATALOGUE[reason].http_status)


def refusal_statuses(operation: str, method: str, *, has_body: bool) -> frozenset[int]:
    """Every status of a refusal that the operation may answer with."""
    access = OPERATIONS[operation]
    found = {WIRE_TEXTS[reason].status for reason in _ALWAYS} | {_status(reason) for reason in _OF_READING}
    if not access.public or operation == "signIn":
        found |= {_status(reason) for reason in _OF_IDENTITY}
    if method in _CHANGING:
        found |= {_status(reason) for reason in Reason}
        if has_body:
            found |= {WIRE_TEXTS[reason].status for reason in _WITH_BODY}
    if operation == "readMaterial":
        found.add(WIRE_TEXTS[WireReason.RANGE_NOT_SATISFIABLE].status)
    return frozenset(found)


def _problem(status: int) -> Json:
    description = _DESCRIPTIONS.get(status, HTTPStatus(status).phrase)
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": _REF + ProblemDocument.__name__}}}}


def _json_body(form: type[BaseModel]) -> Json:
    content: Json = {"schema": {"$ref": _REF + form.__name__}}
    if form in EXAMPLES:
        content["example"] = dict(EXAMPLES[form])
    return {"required": True, "content": {"application/json": content}}


def _upload_body() -> Json:
    schema: Json = {
        "type": "object",
        "properties": {"facts": {"$ref": _REF + FileFactsForm.__name__}, "file": _BINARY},
        "required": ["file"],
        "additionalProperties": False,
    }
    encoding: Json = {"facts": {"contentType": "application/json"}}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema, "encoding": encoding}}}


def _security(access: Access) -> list[Json]:
    if access.public:
        return []
    names = ("cookie", "bearer") if access.person else ("cookie", "bearer", "key")
    return [{name: []} for name in names]


def _success(operation: str, responses: dict[str, Json]) -> None:
    """Content that is not JSON, and the ETag of what has versions."""
    if operation == "readMaterial":
        content: Json = {"application/octet-stream": {"schema": _BINARY}}
        responses["200"] = {"description": "The whole file.", "content": content}
        responses["206"] = {"description": "One range of it.", "content": content}
    elif operation == "watchChanges":
        responses["200"] = {"description": "Events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    elif operation == "readMetrics":
        responses["200"] = {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}


def describe(routes: Sequence[BaseRoute], routers: Sequence[APIRouter], *, cookie: str) -> Json:
    """The whole document."""
    document: Json = get_openapi(
        title="协办 Xieban",
        version=VERSION,
        description="A bureau's desk for delegation across regions in work-injury insurance. 异地工伤认定、鉴定委托",
        routes=routes,
    )
    forms = {str(route.operation_id): form_of(route) for route in api_routes(routers)}
    known = {form for form in forms.values() if form is not None} | {FileFactsForm}
    _, definitions = models_json_schema(
        [(form, "validation") for form in sorted(known, key=lambda form: form.__name__)]
        + [(ProblemDocument, "serialization")],
        ref_template=_REF + "{model}",
    )
    components = cast("dict[str, Json]", document.setdefault("components", {}))
    schemas = components.setdefault("schemas", {})
    schemas.update(cast("Json", definitions["$defs"]))
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    components["securitySchemes"] = {**_SECURITY, "cookie": {**_SECURITY["cookie"], "name": cookie}}
    for _, method, operation in _operations(document):
        name = str(operation["operationId"])
        form = forms[name]
        if name in UPLOADS:
            operation["requestBody"] = _upload_body()
        elif form is not None:
            operation["requestBody"] = _json_body(form)
        responses = cast("dict[str, Json]", operation["responses"])
        responses.pop("422", None)
        _success(name, responses)
        for status in sorted(refusal_statuses(name, method, has_body="requestBody" in operation)):
            responses.setdefault(str(status), _problem(status))
        operation["security"] = _security(OPERATIONS[name])
    return document
