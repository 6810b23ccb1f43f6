"""The document tells the whole truth: every operation, form, status; and no request that follows it breaks anything."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from gateway.access import OPERATIONS
from node.desk.ports import Role
from tests.gateway.conftest import House, a_house
from tests.gateway.drawn import Document, Json, documented, mostly, operations, requests
from tests.gateway.fake_accounts import PASSWORD
from tests.gateway.fake_desk import FakeFile
from tests.gateway.fake_views import DELEGATION, ENVELOPE, MATERIAL, a_material

HOUSE = a_house()
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


async def the_document(house: House) -> Json:
    """As callers get it."""
    async with house.anonymous() as client:
        answer = await client.get("/api/v1/openapi.json")
    found: Json = answer.json()
    return found


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


async def test_an_address_takes_the_parameters_of_the_document_and_no_other(house: House) -> None:
    """The gate knows them without the document, which no start waits for."""
    told = {
        operation["operationId"]: [(each["name"], each["in"]) for each in operation.get("parameters", [])]
        for _, _, operation in operations(await the_document(house))
    }
    state = house.app.state
    assert state.query_names == {
        name: {word for word, place in found if place == "query"} for name, found in told.items()
    }
    assert state.parameter_names == {word for found in told.values() for word, _ in found}
    assert len(state.parameter_names) > 20


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


@pytest.fixture(scope="module")
def told() -> Json:
    """The document of the house that is tried."""
    return asyncio.run(the_document(HOUSE))


@settings(suppress_health_check=list(HealthCheck), max_examples=200)
@given(data=st.data(), role=mostly(st.just("everything"), st.sampled_from(Role)))
async def test_no_request_breaks_it_and_no_status_is_untold(told: Json, data: st.DataObject, role: str) -> None:
    operation, request = data.draw(requests(Document(told), PLACES))
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
