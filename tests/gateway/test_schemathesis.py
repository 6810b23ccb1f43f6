"""Schemathesis, which knows nothing of us but the OpenAPI document: no 5xx, no status that is not written there."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from node.desk.ports import Role
from tests.gateway.conftest import a_house
from tests.gateway.fake_accounts import PASSWORD

_HOUSE = a_house(pages=False, heartbeat_seconds=0.05)
_TOKENS = {
    role: asyncio.run(_HOUSE.station.accounts.sign_in(str(role), PASSWORD)).token
    for role in (Role.CLERK, Role.ADMINISTRATOR)
}
schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", _HOUSE.app)
# A stream that never ends, and sessions that would end the ones used here.
_LEFT_OUT = ("watchChanges", "signOut", "changePassword")


@pytest.mark.parametrize("role", sorted(_TOKENS))
@schema.exclude(operation_id=list(_LEFT_OUT)).parametrize()
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_a_documented_one(case: schemathesis.Case[Any], role: Role) -> None:
    answer = case.call(headers={"Authorization": f"Bearer {_TOKENS[role]}"})
    case.validate_response(answer, checks=[not_a_server_error, status_code_conformance, content_type_conformance])
