"""One acknowledgement that the registry will never take does not hold back the ones behind it."""

from pathlib import Path

from delegation.errors import Reason
from delegation.model import AcknowledgementStatus
from node.acks import acknowledge
from node.records import AlarmRecord
from node.state import State
from node.writer import Tx
from tests.builders import DELEGATION_NUMBER
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, issued, reach, running, until


async def test_what_waits_behind_a_refused_acknowledgement_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        await world.stop_registry()

        def poison(tx: Tx, state: State, at: object) -> None:
            for cursor in (901, 902):  # never delivered: as if the registry had forgotten them
                acknowledge(
                    tx,
                    state,
                    unit=UNITS_OF[CHENGDU],
                    cursor=cursor,
                    header_digest=bytes(32),
                    thread_id=DELEGATION_NUMBER,
                    status=AcknowledgementStatus.APPLIED,
                )

        await host.writer.run(poison)
        await world.start_registry()
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")

        async def waiting() -> int:
            return len(host.state.acks.waiting)

        await until(waiting, lambda count: count == 0)
        told = [reason for reason, details in await host.writer.run(_alarms) if "acknowledgement" in details]
        assert told == [Reason.NOT_FOUND.value] * 2


def _alarms(tx: Tx, state: State, at: object) -> list[tuple[str, str]]:
    return [(alarm.reason, alarm.details) for alarm in tx.select(AlarmRecord)]
