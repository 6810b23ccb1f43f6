"""Every operation with every role, from a table that is written apart from the gateway's."""

import csv
from pathlib import Path

import pytest

from gateway.access import OPERATIONS
from gateway.app import create_app
from gateway.settings import GatewaySettings
from node.desk.ports import Role
from tests.gateway.conftest import FakeStation, House

MATRIX = list(csv.DictReader((Path(__file__).parent / "access_matrix.csv").read_text("utf-8").splitlines()))
PUBLIC = {"signIn", "readHealth", "readReadiness", "readMetrics", "readOpenApi"}


def test_the_table_names_every_operation() -> None:
    assert {row["operation"] for row in MATRIX} | PUBLIC == set(OPERATIONS)


def test_a_gateway_with_a_route_that_nobody_opened_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.app.OPERATIONS", {name: row for name, row in OPERATIONS.items() if name != "readMe"})
    with pytest.raises(ValueError, match="readMe"):
        create_app(FakeStation(), GatewaySettings())


def _answers_without_end(row: dict[str, str]) -> bool:
    return row["operation"] == "watchChanges"  # its open stream is tried over a real server


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row["operation"])
async def test_each_role_reaches_what_the_table_opens_and_nothing_else(house: House, row: dict[str, str]) -> None:
    for role in Role:
        allowed = row[role.value] == "yes"
        if allowed and _answers_without_end(row):
            continue
        async with house.caller(role) as client:
            answer = await client.request(row["method"], row["path"])
        if allowed:
            assert (answer.status_code, answer.json().get("reason") if answer.content else None) != (
                403,
                "ROLE_MISSING",
            )
            assert answer.status_code not in {401, 405}, role
        else:
            assert (answer.status_code, answer.json()["reason"]) == (403, "ROLE_MISSING"), role


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row["operation"])
async def test_nobody_is_let_in_without_a_name(house: House, row: dict[str, str]) -> None:
    for headers in (
        {},
        {"authorization": "Bearer nobody"},
        {"authorization": "Basic Y2xlcms6eA=="},
        {"x-api-key": "no"},
    ):
        async with house.anonymous(**headers) as client:
            answer = await client.request(row["method"], row["path"])
        assert (answer.status_code, answer.json()["reason"]) == (401, "SIGN_IN_REQUIRED")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row["operation"])
async def test_a_business_system_reaches_what_its_one_role_opens_but_not_what_needs_a_person(
    house: House, row: dict[str, str]
) -> None:
    for role in Role:
        allowed = row["key"] == "yes" and row[role.value] == "yes"
        if allowed and _answers_without_end(row):
            continue
        async with house.anonymous(**{"x-api-key": house.station.accounts.key_of(role)}) as client:
            answer = await client.request(row["method"], row["path"])
        refused = answer.status_code == 403 and answer.json()["reason"] == "ROLE_MISSING"
        assert refused is not allowed, role


async def test_two_identities_at_once_are_refused(house: House) -> None:
    async with house.caller() as client:
        answer = await client.get("/api/v1/me", headers={"x-api-key": house.station.accounts.key_of(Role.CLERK)})
    assert answer.status_code == 401


async def test_an_address_that_is_not_there_and_a_method_that_is_not_taken_are_problems(house: House) -> None:
    async with house.anonymous() as client:
        missing, wrong = await client.get("/api/v1/nothing"), await client.patch("/api/v1/session")
        slash = await client.get("/api/v1/me/")
    assert (missing.status_code, missing.json()["reason"]) == (404, "ADDRESS_UNKNOWN")
    assert (wrong.status_code, wrong.json()["reason"]) == (405, "METHOD_NOT_ALLOWED")
    assert slash.status_code == 404
