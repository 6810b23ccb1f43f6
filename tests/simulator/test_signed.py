"""The stories again with real keys: what is judged is what was signed, and each reader opens it."""

from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from delegation.table import State
from tests.simulator.composing import an_investigation
from tests.simulator.federation import Federation
from tests.simulator.signing import RealSealer


@pytest.fixture
def sealer(tmp_path: Path) -> RealSealer:
    return RealSealer(tmp_path)


def test_an_investigation_is_signed_sealed_and_opened_from_letter_to_archive(sealer: RealSealer) -> None:
    federation = Federation(sealer.roster, sealer=sealer)
    hangzhou, chengdu = federation.bureau("330100"), federation.bureau("510100")
    ref = hangzhou.delegate(an_investigation(at="510100"))
    federation.settle()
    for row in ("signed_for", "accepted", "assigned", "reported"):
        chengdu.send(ref, row)
        federation.settle()
    hangzhou.send(ref, "completed")
    federation.settle()
    chengdu.send(ref, "archived")
    hangzhou.send(ref, "archived")
    federation.settle()
    assert hangzhou.look_up(ref).state is chengdu.look_up(ref).state is State.ARCHIVED
    assert sealer.opened == 2 * hangzhou.look_up(ref).sequence


def test_the_offline_queue_of_four_is_signed_before_it_leaves(sealer: RealSealer) -> None:
    federation = Federation(sealer.roster, sealer=sealer)
    hangzhou, chengdu = federation.bureau("330100"), federation.bureau("510100")
    ref = hangzhou.delegate(an_investigation(at="510100"))
    federation.settle()
    chengdu.online = False
    for row in ("signed_for", "accepted", "assigned", "reported"):
        chengdu.send(ref, row)
    assert sealer.opened == 2 * 5
    chengdu.online = True
    federation.settle()
    assert hangzhou.look_up(ref).state is State.REPORTED


def test_keys_that_are_not_in_the_roster_convince_nobody(sealer: RealSealer, tmp_path: Path) -> None:
    sealer.trust = RealSealer(tmp_path / "another").trust
    federation = Federation(sealer.roster, sealer=sealer)
    with pytest.raises(Refusal) as refused:
        federation.bureau("330100").delegate(an_investigation(at="510100"))
    assert refused.value.reason is Reason.SIGNER_NOT_VALID
