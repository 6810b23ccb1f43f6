"""Delegations from their beginning to their end, told as they happen."""

from delegation.table import State
from tests.simulator.composing import an_investigation
from tests.simulator.federation import Federation


def test_an_investigation_goes_from_letter_to_archive() -> None:
    federation = Federation()
    hangzhou, chengdu = federation.bureau("330100"), federation.bureau("510100")
    ref = hangzhou.delegate(an_investigation(at="510100"))
    federation.settle()
    for row in ("signed_for", "accepted", "assigned", "reported"):
        chengdu.send(ref, row)
        federation.settle()
    assert hangzhou.look_up(ref).state is State.REPORTED
    hangzhou.send(ref, "completed")
    federation.settle()
    chengdu.send(ref, "archived")
    hangzhou.send(ref, "archived")
    federation.settle()
    assert hangzhou.look_up(ref).state is chengdu.look_up(ref).state is State.ARCHIVED
    assert not federation.threads[ref].due_dates
