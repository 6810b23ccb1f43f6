"""What a node asks the seal authority for: never what the authority would have to refuse for want of the old key."""

from pathlib import Path

import pytest

from certs.roster_grants import add_certificate
from certs.vouching import VouchingKind
from delegation.errors import Reason, Refusal
from node import setup
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, World, running

UNIT = UNITS_OF[HANGZHOU]


def _keys(world: World) -> set[str]:
    return {path.name for path in (world.settings[HANGZHOU].keys_dir / "units" / UNIT).iterdir()}


@pytest.mark.parametrize("options", [{"rotate": True}, {"sealing_only": True}])
async def test_a_node_that_never_served_cannot_vouch_and_says_so(tmp_path: Path, options: dict[str, bool]) -> None:
    world = World(tmp_path)
    try:
        await world.begin([HANGZHOU])  # certified and in the roster, but the node does not know it
        before = _keys(world)
        with pytest.raises(Refusal) as caught:
            setup.unit_request(world.settings[HANGZHOU], UNIT, world.clock(), **options)
        assert caught.value.reason is Reason.ROSTER_NOT_READY
        assert caught.value.details == {"unit": UNIT, "why": "never_served"}
        assert _keys(world) == before, "no key was drawn in vain"
        again = setup.unit_request(world.settings[HANGZHOU], UNIT, world.clock())
        granted = add_certificate(world.book, world.authority, again, world.clock())
        assert not granted.is_new, "without rotating it asks for the keys that were drawn first"
        await world.start_node(HANGZHOU)
        await world.stop_node(HANGZHOU)
        request = setup.unit_request(world.settings[HANGZHOU], UNIT, world.clock(), rotate=True)
        assert request.vouching is not None
        assert request.vouching.kind is VouchingKind.EARLIER_KEY
        assert add_certificate(world.book, world.authority, request, world.clock()).is_new
    finally:
        await world.stop()


async def test_a_node_that_lost_its_key_is_told_who_has_to_vouch(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        await world.stop_node(HANGZHOU)
        for path in (world.settings[HANGZHOU].keys_dir / "units" / UNIT).glob("signing-*"):
            path.unlink()
        for options in ({"rotate": True}, {"sealing_only": True}):
            with pytest.raises(Refusal) as caught:
                setup.unit_request(world.settings[HANGZHOU], UNIT, world.clock(), **options)
            assert caught.value.reason is Reason.SIGNER_NOT_VALID
            assert caught.value.details == {"unit": UNIT, "why": "key_not_held"}
        request = setup.unit_request(world.settings[HANGZHOU], UNIT, world.clock())
        with pytest.raises(Refusal) as caught:
            add_certificate(world.book, world.authority, request, world.clock())
        assert caught.value.reason is Reason.KEY_CHANGED_UNSIGNED
        assert add_certificate(world.book, world.authority, request, world.clock(), authority_statement=True).is_new


async def test_keys_that_were_never_certified_are_drawn_anew_without_a_word(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        await world.stop_node(HANGZHOU)
        heir = "330100RD02R"
        first = setup.unit_request(world.settings[HANGZHOU], heir, world.clock())
        second = setup.unit_request(world.settings[HANGZHOU], heir, world.clock(), rotate=True)
        assert first.csr != second.csr
        assert second.vouching is None
