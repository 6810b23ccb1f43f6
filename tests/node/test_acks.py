"""A batch of acknowledgements is sent again as it was: nothing joins it once it was formed, also over a restart."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from delegation.model import AcknowledgementStatus
from node.acks import MOST_IN_BATCH, acknowledge, form_batch
from node.records import AckRecord
from node.state import State
from node.writer import Tx
from tests.builders import DELEGATION_NUMBER
from tests.node.world import CHENGDU, UNITS_OF, running

UseCase = Callable[[Tx, State, datetime], tuple[AckRecord, ...]]


def _saying(*cursors: int) -> UseCase:
    def use(tx: Tx, state: State, at: datetime) -> tuple[AckRecord, ...]:
        for cursor in cursors:
            acknowledge(
                tx,
                state,
                unit=UNITS_OF[CHENGDU],
                cursor=cursor,
                header_digest=bytes(32),
                thread_id=DELEGATION_NUMBER,
                status=AcknowledgementStatus.APPLIED,
            )
        return ()

    return use


def _cursors(batch: object) -> list[int]:
    assert isinstance(batch, tuple)
    return [record.cursor for record in batch]


async def test_what_comes_later_waits_for_the_next_batch(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU) as world:
        await world.stop_node(CHENGDU)
        node = await world.start_node(CHENGDU, carry=False)
        _, first = await node.writer.run_each([_saying(1, 2), form_batch])
        assert _cursors(first) == [1, 2], "what the same commit writes is in it"
        _, again, _ = await node.writer.run_each([_saying(3), form_batch, _saying(4)])
        assert again == first
        await world.stop_node(CHENGDU)
        node = await world.start_node(CHENGDU, carry=False)
        await node.writer.run(_saying(5))
        assert await node.writer.run(form_batch) == first

        def answered(tx: Tx, state: State, at: datetime) -> None:
            for record in tx.select(AckRecord):
                if record.cursor < 3:
                    tx.delete(AckRecord, (record.number,))
                    tx.remember(state.acks, record.number, False)

        _, second = await node.writer.run_each([answered, form_batch])
        assert _cursors(second) == [3, 4]


async def test_a_batch_is_never_larger_than_the_registry_takes(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU) as world:
        await world.stop_node(CHENGDU)
        node = await world.start_node(CHENGDU, carry=False)
        await node.writer.run(_saying(*range(1, MOST_IN_BATCH + 3)))
        assert _cursors(await node.writer.run(form_batch)) == list(range(1, MOST_IN_BATCH + 1))
