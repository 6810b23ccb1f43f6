"""The document tells the whole truth: every operation, form, status; and no request that follows it breaks anything."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from gateway.access import OPERATIONS
from gateway.conditions import etag
from node.desk.ports import Role
from tests.gateway.conftest import House, a_house
from tests.gateway.fake_accounts import PASSWORD
from tests.gateway.fake_desk import FakeFile
from tests.gateway.fake_views import DELEGATION, ENVELOPE, MATERIAL, a_material

Json = dict[str, Any]  # a JSON document, walked by its keys
HOUSE = a_house(heartbeat_seconds=0.05)


async def the_document(house: House) -> Json:
    """As callers get it."""
    async with house.anonymous() as client:
        answer = await client.get("/api/v1/openapi.json")
    found: Json = answer.json()
    return found


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method, operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(value: object) -> Iterator[str]:
    """Every $ref in it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


async def test_every_operation_is_told_with_its_refusals(house: House) -> None:
    document = await the_document(house)
    found = {operation["operationId"]: (method, operation) for _, method, operation in operations(document)}
    assert set(found) == set(OPERATIONS)
    for name, (method, operation) in found.items():
        statuses = set(operation["responses"])
        assert {"400", "500", "503"} <= statuses
        assert {"401", "403"} <= statuses or OPERATIONS[name].public, name
        assert {"408", "413", "415"} <= statuses or "requestBody" not in operation, name
        assert operation["description"], name
        for status, response in operation["responses"].items():
            if int(status) >= 400 and not (name == "readReadiness" and status == "503"):
                assert list(response["content"]) == ["application/problem+json"], (name, status)
        takes_version = any(item["name"] == "If-Match" for item in operation.get("parameters", []))
        if takes_version:
            assert {"412", "428"} <= statuses, name
        if method == "get":
            assert "requestBody" not in operation


async def test_every_body_has_a_schema_and_an_example_and_every_reference_leads_somewhere(house: House) -> None:
    document = await the_document(house)
    schemas = document["components"]["schemas"]
    for _, _, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            assert content["application/json"]["example"], operation["operationId"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas
    assert "HTTPValidationError" not in schemas
    assert all(schema.get("additionalProperties") is False for name, schema in schemas.items() if name == "Draft")


async def test_operation_ids_are_stable(house: House) -> None:
    document = await the_document(house)
    addresses = {operation["operationId"]: (method, path) for path, method, operation in operations(document)}
    assert addresses["makeMove"] == ("post", "/api/v1/delegations/{delegation_id}/moves/{verb}")
    assert addresses["approveMove"] == ("post", "/api/v1/moves/{move_id}/approve")
    assert addresses["signIn"] == ("post", "/api/v1/session")


# ---- requests drawn from the document itself

PLACES = {
    "delegation_id": [DELEGATION],
    "draft_id": ["draft-1", "draft-2"],
    "move_id": ["move-1", "move-2"],
    "material_id": [MATERIAL],
    "envelope_id": [ENVELOPE],
    "staff_id": ["clerk", "reader"],
    "key_id": ["key-0"],
    "alarm_id": ["1"],
}
CONTENT_TYPES = {"application/json", "application/pdf", "text/plain; version=0.0.4; charset=utf-8"}
ANY_TEXT = st.text(max_size=30)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


def values(schema: Json, schemas: Json, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a schema describes, most of the time."""
    if "$ref" in schema:
        return values(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    if "anyOf" in schema:
        return st.one_of([values(option, schemas, depth) for option in schema["anyOf"]])
    kind = schema.get("type")
    if kind == "object":
        return an_object(schema, schemas, depth)
    if kind == "array":
        if depth > 4:
            return st.just([])
        return st.lists(values(schema["items"], schemas, depth + 1), max_size=2)
    if kind == "string":
        return a_text(schema)
    if kind == "integer":
        return st.integers(schema.get("minimum", -5), schema.get("maximum", 2**31))
    if kind == "boolean":
        return st.booleans()
    return st.none() if kind == "null" else ANY_JSON


def an_object(schema: Json, schemas: Json, depth: int) -> st.SearchStrategy[Any]:
    """Required fields, and some of the others."""
    properties, required = schema.get("properties", {}), set(schema.get("required", ()))
    if depth > 4:
        properties = {name: properties[name] for name in required}
    drawn = {name: values(inner, schemas, depth + 1) for name, inner in properties.items()}
    optional = {name: inner for name, inner in drawn.items() if name not in required}
    return st.fixed_dictionaries({name: drawn[name] for name in required}, optional=optional)


def a_text(schema: Json) -> st.SearchStrategy[str]:
    """A text of the pattern, a day, or any text of the length."""
    if "pattern" in schema:
        return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)
    if schema.get("format") == "date":
        return st.dates().map(str)
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    least, most = schema.get("minLength", 0), schema.get("maxLength", 40)
    return st.text(min_size=least, max_size=max(least, min(most, 40)))


def mostly(good: st.SearchStrategy[Any], wild: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Good three times in four."""
    return st.one_of(good, good, good, wild)


@st.composite
def requests(draw: st.DrawFn, document: Json) -> tuple[str, Json, httpx.Request]:
    """A request to one of the operations, with what the document asks for, or nearly."""
    schemas = document["components"]["schemas"]
    ending = [item for item in operations(document) if "changes" not in item[0]]
    path, method, operation = draw(st.sampled_from(ending))
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    for parameter in operation.get("parameters", []):
        name, schema = parameter["name"], parameter.get("schema", {})
        if parameter["in"] == "path":
            known = st.sampled_from(PLACES[name]) if name in PLACES else values(schema, schemas)
            path = path.replace(f"{{{name}}}", quote(str(draw(mostly(known, ANY_TEXT.filter(bool)))), safe=""))
        elif parameter["in"] == "query" and (parameter.get("required") or draw(st.booleans())):
            query[name] = str(draw(mostly(values(schema, schemas), ANY_TEXT)))
        elif parameter["in"] == "header" and draw(mostly(st.just(True), st.just(False))):
            tags = st.sampled_from([etag(1), etag(2), "*", "bytes=0-3", "bytes=9-", "nonsense", ""])
            headers[name] = draw(tags)
    if draw(mostly(st.just(False), st.just(True))) and draw(st.booleans()):
        query[draw(ANY_TEXT)] = "x"
    content: bytes | None = None
    bodies = operation.get("requestBody", {}).get("content", {})
    if "application/json" in bodies:
        good = values(bodies["application/json"]["schema"], schemas)
        content = json.dumps(draw(mostly(good, ANY_JSON))).encode()
        if draw(mostly(st.just(False), st.just(True))):
            content = draw(st.binary(max_size=40))
        headers["content-type"] = draw(mostly(st.just("application/json"), st.sampled_from(["text/plain", "x", ""])))
    elif bodies:
        facts = json.dumps(draw(mostly(values({"$ref": "#/FileFactsForm"}, schemas), ANY_JSON)))
        request = httpx.Request(
            "POST", "http://desk.test", data={"facts": facts}, files={"file": ("a.pdf", draw(st.binary(max_size=99)))}
        )
        content = request.read()
        if draw(mostly(st.just(False), st.just(True))):
            content = content[: draw(st.integers(0, len(content)))]
        headers["content-type"] = request.headers["content-type"]
    address = f"http://desk.test{path}" + (f"?{urlencode(query)}" if query else "")
    return method, operation, httpx.Request(method, address, headers=headers, content=content)


def documented(answer: httpx.Response, operation: Json) -> bool:
    """Whether the operation's document names the status; 404 and 405 of an address are the server's own."""
    if str(answer.status_code) in operation["responses"]:
        return True
    return answer.json()["reason"] in {"ADDRESS_UNKNOWN", "METHOD_NOT_ALLOWED"}


@pytest.fixture(scope="module")
def told() -> Json:
    """The document of the house that is tried."""
    return asyncio.run(the_document(HOUSE))


@settings(suppress_health_check=list(HealthCheck), max_examples=200)
@given(data=st.data(), role=mostly(st.just("everything"), st.sampled_from(Role)))
async def test_no_request_breaks_it_and_no_status_is_untold(told: Json, data: st.DataObject, role: str) -> None:
    _, operation, request = data.draw(requests(told))
    station = HOUSE.station = type(HOUSE.station)()
    HOUSE.app.state.station = station
    station.accounts.add("everything", *Role)
    station.desk.files[MATERIAL] = FakeFile(a_material(size=10), b"0123456789")
    session = await station.accounts.sign_in(str(role), PASSWORD)
    async with HOUSE.caller("clerk") as clerk:
        await clerk.post("/api/v1/drafts", json={})
        moves = f"/api/v1/delegations/{DELEGATION}/moves"
        await clerk.post(f"{moves}/refused", json={}, headers={"if-match": '"v1"'})
    request.headers["authorization"] = f"Bearer {session.token}"
    async with HOUSE.anonymous() as client:
        answer = await client.send(request)
    event(f"{operation['operationId']} {answer.status_code}")
    assert answer.status_code < 500, answer.text
    assert documented(answer, operation), (operation["operationId"], answer.status_code, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    elif answer.status_code != 204:
        assert answer.headers["content-type"] in CONTENT_TYPES
