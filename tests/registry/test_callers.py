"""Who calls: what is remembered of a roster is not served after it."""

from dataclasses import replace

from registry.callers import Caller
from tests.builders import CHENGDU_AC
from tests.registry.federation import CHENGDU, DEYANG, Federation


async def test_a_callers_units_are_those_of_the_roster_in_force(federation: Federation) -> None:
    async with federation.running() as registry:
        caller = Caller(CHENGDU, b"")
        before = registry.callers.units(caller)
        assert registry.callers.units(caller) is before, "read once a roster"
        moved = replace(federation.view.units[CHENGDU_AC], bureau=DEYANG)
        federation.change(units={**federation.view.units, CHENGDU_AC: moved})
        federation.publish(registry.database.store)
        await registry.book.refresh()
        assert set(registry.callers.units(caller)) == set(before) - {CHENGDU_AC}
        assert CHENGDU_AC in registry.callers.units(Caller(DEYANG, b""))
