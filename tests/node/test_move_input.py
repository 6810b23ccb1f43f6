"""A move's data are taken apart strictly: what is there is read by its own rule, what is not has its default."""

from datetime import date

import pytest

from delegation.codes import Priority, Procedure
from delegation.errors import Reason, Refusal
from node.move_input import MoveInput, parse_move

WHOLE: dict[str, object] = {
    "reasons": ["R05"],
    "declared": {"blocking": True},
    "in_reply_to": "a",
    "replaces": "b",
    "body": {"text": "x"},
    "materials": ["m"],
    "reused_materials": ["n"],
    "suspension": {"ground": "S01"},
    "clock": {"accepted_on": "2026-03-02", "procedure": "ORDINARY"},
    "priority": "GREEN",
    "paper": {"paper_on": "2026-03-03", "post_number": "EMS1"},
    "text": "y",
    "to": ["510100RD015"],
    "requested_due": "2026-04-01",
}


def test_nothing_said_is_every_default() -> None:
    assert parse_move({}) == MoveInput()
    empty = {"priority": "", "clock": {}, "paper": {}, "requested_due": "", "suspension": {}}
    assert parse_move(empty) == MoveInput()


def test_each_field_is_read_by_its_own_rule() -> None:
    found = parse_move(WHOLE)
    assert (found.reasons, found.materials, found.reused, found.to) == (("R05",), ("m",), ("n",), ("510100RD015",))
    assert (found.declared, found.body) == ({"blocking": True}, {"text": "x"})
    assert (found.in_reply_to, found.replaces, found.text) == ("a", "b", "y")
    assert (found.suspension_ground, found.priority) == ("S01", Priority.GREEN)
    assert found.clock is not None
    assert (found.clock.accepted_on, found.clock.procedure) == (date(2026, 3, 2), Procedure.ORDINARY)
    assert found.paper is not None
    assert (found.paper.paper_on, found.paper.post_number) == (date(2026, 3, 3), "EMS1")
    assert found.requested_due == date(2026, 4, 1)


@pytest.mark.parametrize("name", [*WHOLE, "unheard_of"])
def test_a_value_of_another_type_is_refused_by_the_fields_path(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_move({**WHOLE, name: 7})
    assert caught.value.reason is Reason.INVALID_INPUT
    assert caught.value.details == {"field": name}
