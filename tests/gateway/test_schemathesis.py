"""Schemathesis, which knows nothing of us but the OpenAPI document: no 5xx, no status that is not written there.

Cases are made when a test runs. Made while tests are collected, as is usual, every worker would make them all.
"""

import asyncio
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test  # as its collector does; the lock holds its version
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from gateway.access import OPERATIONS
from node.desk.ports import Role
from tests.gateway.conftest import House, a_house
from tests.gateway.fake_accounts import PASSWORD

# A stream that never ends, and sessions that would end the ones used here.
_LEFT_OUT = {"watchChanges", "signOut", "changePassword"}
# The first that an operation opens to asks: to all others the gate answers before anything is read (test_access).
_ASKING = (Role.CLERK, Role.ADMINISTRATOR, *Role)


@cache
def the_house() -> House:
    """One for all operations; what one leaves behind, the next finds."""
    return a_house(pages=False, heartbeat_seconds=0.05)


@cache
def the_schema() -> OpenApiSchema:
    load_all_checks()
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", the_house().app)


@cache
def token_of(role: Role) -> str:
    return asyncio.run(the_house().station.accounts.sign_in(str(role), PASSWORD)).token


@cache
def what_feeds() -> FeedbackSources:
    return FeedbackSources(constants_value_source=make_constants_value_source(the_schema()))


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def is_documented(case: schemathesis.Case[Any]) -> None:
    access = OPERATIONS[case.operation.definition.raw["operationId"]]
    role = next(role for role in _ASKING if not access.roles or role in access.roles)
    answer = case.call(headers={"Authorization": f"Bearer {token_of(role)}"})
    case.validate_response(answer, checks=[not_a_server_error, status_code_conformance, content_type_conformance])


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - _LEFT_OUT))
def test_every_answer_is_a_documented_one(name: str) -> None:
    schema = the_schema()
    built = build_operation_test(
        config=schema.config,
        operation=schema.find_operation_by_id(name),
        test_func=is_documented,
        given_kwargs={},
        feedback=what_feeds(),
    )
    built()
