"""A clock that is set on: the registry takes nothing until it is started again (ADR 0042), and then nothing is lost."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from delegation.codes import Kind
from node.service import Node
from tests.node.province.test_acts import boss, federation, kinds, sealed, waits_for
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, ZHEJIANG, clerk, issued, make_two, reach, until


async def test_a_supervision_of_a_moved_clock_waits_for_the_registry_and_arrives(tmp_path: Path) -> None:
    async with federation(tmp_path, ZHEJIANG, HANGZHOU, CHENGDU) as (world, clock):
        office, home, host = (world.nodes[each] for each in (ZHEJIANG, HANGZHOU, CHENGDU))
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        clock.ahead = timedelta(days=3)
        asked = await office.acts.supervise(
            boss(ZHEJIANG), ref, unit=UNITS_OF[HANGZHOU], working_days=3, text="请报告进展"
        )
        assert not (await sealed(office, ZHEJIANG, asked)).reason
        await until(partial(_queued, office), lambda queued: queued == 1)
        assert Kind.SUPERVISE not in await kinds(home, ref)
        await world.stop_registry()
        await world.start_registry()
        await until(partial(kinds, home, ref), lambda found: found[-1] is Kind.SUPERVISE)
        assert await waits_for(home, clerk(HANGZHOU), "to_answer_supervision") == ref
        await make_two(home, HANGZHOU, ref, "SUPERVISE_ANSWER", {"text": "已与受托方联系"})
        await until(partial(kinds, office, ref), lambda found: found[-1] is Kind.SUPERVISE_ANSWER)


async def _queued(node: Node) -> int:
    return len(node.state.outbox.queued)
