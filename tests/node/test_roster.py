"""The roster at a node: only what the pinned authority signed, never an older one, never too old to seal by."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from certs.authority import SealAuthority
from delegation.codec_roster_write import roster_bytes
from delegation.errors import Reason, Refusal
from node.records import AlarmRecord
from node.roster_cache import Freshness, RosterCache
from node.roster_keeper import adopt
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, issued, now, regions, running


async def test_a_roster_of_another_authority_is_refused_with_an_alarm(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        await issued(home, HANGZHOU)
        other = SealAuthority.create(tmp_path / "other", "xieban-test", world.clock())
        forged = other.sign_roster(_bytes(home), world.clock())
        version = await home.writer.run(lambda tx, state, at: adopt(tx, state, at, signed=forged))
        assert version == home.state.rosters.current.view.version == 1
        assert Reason.ROSTER_NOT_TRUSTED.value in [a.reason for a in home.store.select(AlarmRecord)]


def _bytes(node: object) -> bytes:
    return roster_bytes(node.state.rosters.current.view)  # type: ignore[attr-defined]  # a Node


async def test_a_rolled_back_roster_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        await issued(home, HANGZHOU)
        authority, at = world.authority, world.clock()
        first = world.book.published(1)
        cache = RosterCache(seal_authority=authority.certificate, regions=regions())
        cache.keep(cache.verify(first, at=at))
        book = world.book
        book.revoke(bytes(16), at=at)
        cache.keep(cache.verify(book.publish(authority, at), at=at))
        with pytest.raises(Refusal) as refused:
            cache.verify(first, at=at)
        assert refused.value.reason is Reason.ROSTER_NOT_TRUSTED
        assert cache.verify(first, at=at, old=True).view.version == 1  # for an entry that names it


async def test_an_old_roster_warns_alarms_and_seals_nothing(tmp_path: Path) -> None:
    shift = timedelta(0)
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        await issued(home, HANGZHOU)
        rosters, at = home.state.rosters, world.clock()
        ages = [(23, True, Freshness.FRESH), (27, True, Freshness.FROZEN), (25, False, Freshness.CUT_OFF)]
        for hours, connected, wanted in ages:
            assert rosters.freshness(at=at + timedelta(hours=hours), connected=connected) is wanted
        shift = timedelta(days=15)
        await world.stop_registry()
        await world.stop_node(HANGZHOU)
        world.clock = lambda: now() + shift
        late = await world.start_node(HANGZHOU)
        with pytest.raises(Refusal) as refused:
            await issued(late, HANGZHOU)
        assert refused.value.reason is Reason.ROSTER_TOO_OLD
        assert UNITS_OF[HANGZHOU] in late.state.rosters.current.view.units


async def test_a_roster_that_contradicts_itself_is_not_taken_whoever_signed_it(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        await issued(home, HANGZHOU)
        view = home.state.rosters.current.view
        unit = view.units[UNITS_OF[HANGZHOU]]
        wrong = replace(
            view,
            version=view.version + 1,
            units={**view.units, unit.code: replace(unit, parent=UNITS_OF[CHENGDU])},
        )
        signed = world.authority.sign_roster(roster_bytes(wrong), world.clock())
        version = await home.writer.run(lambda tx, state, at: adopt(tx, state, at, signed=signed))
        assert version == home.state.rosters.current.view.version == view.version
        [alarm] = [a for a in home.store.select(AlarmRecord) if a.reason == Reason.ROSTER_NOT_TRUSTED.value]
        assert "parent" in alarm.details
