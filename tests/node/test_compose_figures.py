"""What the node fills into a header by itself, so that nobody types it twice."""

from dataclasses import replace

import pytest

from delegation.codes import Kind
from delegation.thread_state import ThreadState
from node.bodies import item_codes
from node.compose import counts_of
from node.move_input import MoveInput
from tests.simulator.composing import an_investigation
from tests.simulator.federation import Federation


def _result(*codes: str) -> MoveInput:
    return MoveInput(body={"result": {"answers": [{"item_code": "A", "unable_code": code} for code in codes]}})


def test_the_codes_of_the_items_are_the_reasons_of_a_result_once_each() -> None:
    assert item_codes(Kind.REPORTED, _result("U04", "", "U04", "U01")) == ("U04", "U01")


def test_a_code_that_was_given_is_not_given_again() -> None:
    assert item_codes(Kind.UNABLE, replace(_result("U04"), reasons=("U04",))) == ()


@pytest.mark.parametrize("body", [{}, {"result": None}, {"result": {"answers": "x"}}, {"result": {"answers": [1]}}])
def test_a_body_of_another_shape_gives_no_code_and_is_the_codecs_to_refuse(body: dict[str, object]) -> None:
    assert item_codes(Kind.REPORTED, MoveInput(body=body)) == ()


def _signed_for() -> ThreadState:
    federation = Federation()
    ref = federation.bureau("330100").delegate(an_investigation(at="510100"))
    federation.settle()
    federation.bureau("510100").send(ref, "signed_for")
    federation.settle()
    return federation.threads[ref]


@pytest.mark.parametrize(("reason", "hop"), [("T01", 1), ("T02", 0), ("T03", 1)])
def test_a_hand_over_within_one_bureau_is_no_hop(reason: str, hop: int) -> None:
    assert counts_of(Kind.TRANSFERRED, _signed_for(), (reason,)) == (1, 1, hop)
