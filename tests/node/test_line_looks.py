"""Lines of lists are looks too: one row a list, soon, once an hour a case; and no way from a case to them is lost."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.line_looks import _MOST_WAITING, LineLooks
from node.desk.ports import Acting, Actor, Filters, Role
from node.doctor import Status, examine
from node.examination.looks import verify_looks
from node.records_people import LookLineRecord, LookRecord
from node.service import Node
from node.state import State
from node.writer import Tx
from tests.node.test_looks import AUDITOR, BOSS, UNIT, rows_of
from tests.node.world import HANGZHOU, UNITS_OF, an_investigation, approver, clerk, issued, now, running


async def of_case(home: Node, ref: str, who: Actor = BOSS) -> list[tuple[str, str, str, str]]:
    page = await home.people.looks(who, delegation_id=ref)
    assert page.broken_at == 0
    return [(each.staff_id, each.what, each.subject_id, each.part) for each in reversed(page.items)]


async def written(home: Node) -> None:
    await home.desk._lines.flush()


async def test_a_list_is_one_row_and_found_from_each_of_its_cases(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, "510100") as world:
        home, li, shi = world.nodes[HANGZHOU], clerk(HANGZHOU), approver(HANGZHOU)
        refs = sorted([(await issued(home, HANGZHOU)).row.delegation_id for _ in range(3)])
        await home.settle()  # what was accepted stands under sent_out
        before = rows_of(world.settings[HANGZHOU])
        page = await home.desk.list_delegations(li, Filters())
        assert {row.delegation_id for row in page.items} == set(refs)
        await home.desk.list_delegations(li, Filters())
        await home.desk.todo(li, "sent_out")  # the same cases again
        async with asyncio.timeout(5):
            while rows_of(world.settings[HANGZHOU]) == before:  # by itself, soon
                await asyncio.sleep(0.05)
        assert rows_of(world.settings[HANGZHOU]) == before + 1
        deputy = Actor("yi", "乙", UNIT, frozenset({"clerk"}), "", (Acting("clerk", "jia", "甲"),))
        await home.desk.todo(deputy, "sent_out")
        await written(home)
        for ref in refs:
            assert await of_case(home, ref) == [(li.staff_id, "lines", ref, ""), ("yi", "lines", ref, "")]
        assert (await home.people.looks(BOSS, delegation_id=refs[0])).items[0].on_behalf == "jia"
        [own] = (await home.people.looks(AUDITOR, staff_id=li.staff_id)).items
        assert sorted(own.part.split()) == refs
        assert "王小明" not in repr(own)
        await home.desk.get_delegation(shi, refs[0])
        assert [each[1] for each in await of_case(home, refs[0])] == ["lines", "lines", "case"]
        first = await home.people.looks(BOSS, delegation_id=refs[0], page_size=2)
        assert [each.what for each in first.items] == ["case", "lines"]
        rest = await home.people.looks(BOSS, delegation_id=refs[0], page_size=2, before=first.next_number)
        assert [each.staff_id for each in rest.items] == [li.staff_id]
        home.state.units = frozenset({UNIT, "330106RD018"})
        foreign = Actor("audit", "审计", "330106RD018", frozenset({Role.READER.value}))
        assert await of_case(home, refs[0], foreign) == []
        assert await of_case(home, (await issued(home, HANGZHOU)).row.delegation_id) == []


async def test_drafts_are_noted_and_what_waits_is_written_at_the_stop(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, "510100") as world:
        home, li = world.nodes[HANGZHOU], clerk(HANGZHOU)
        draft = await home.desk.create_draft(li, an_investigation())
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await home.desk.list_drafts(approver(HANGZHOU))
        await home.desk.list_delegations(li, Filters())
        await world.stop_node(HANGZHOU)
        home = await world.start_node(HANGZHOU)
        assert await of_case(home, draft.draft_id) == [(approver(HANGZHOU).staff_id, "lines", draft.draft_id, "")]
        assert await of_case(home, ref) == [(li.staff_id, "lines", ref, "")]
        await world.stop_node(HANGZHOU)
        settings = world.settings[HANGZHOU]
        number, broken = verify_looks(settings)
        assert (number, broken) == (rows_of(settings), 0)
        shutil.copytree(settings.data_dir, tmp_path / "copy")
        (tmp_path / "copy").chmod(0o700)
        copy = settings.model_copy(update={"data_dir": tmp_path / "copy"})
        with sqlite3.connect(copy.database.removeprefix("sqlite:///")) as connection:
            connection.execute("DELETE FROM look_lines WHERE subject = ?", (ref,))
        connection.close()
        assert verify_looks(copy)[1] == number
        [finding] = [each for each in await asyncio.to_thread(examine, copy, now()) if each.name == "looks"]
        assert finding.status is Status.FAILED


class _Full:
    """A writer whose store takes nothing until it is told to."""

    def __init__(self) -> None:
        self.refuses = True
        self.asked = 0

    async def run(self, use_case: Callable[[Tx, State, datetime], None]) -> None:
        del use_case
        self.asked += 1
        if self.refuses:
            raise Refusal(Reason.STORAGE_UNAVAILABLE)


async def test_a_store_that_takes_nothing_is_tried_again_and_lists_wait_when_too_much_does() -> None:
    store = _Full()
    lines = LineLooks(store.run, lambda: datetime(2026, 8, 3, tzinfo=UTC), seconds=0.01)
    who = Actor("li", "李", UNITS_OF[HANGZHOU], frozenset({"clerk"}))
    await lines.note(who, ["a"])
    await lines.note(who, [])
    async with asyncio.timeout(5):
        while store.asked < 3:
            await asyncio.sleep(0.01)
    for _ in range(_MOST_WAITING - 1):
        await lines.note(who, ["b"])
    with pytest.raises(Refusal) as full:
        await lines.note(who, ["c"])
    assert full.value.reason is Reason.STORAGE_UNAVAILABLE
    store.refuses = False
    await lines.note(who, ["c"])
    await lines.close()
    asked = store.asked
    await lines.close()
    assert store.asked == asked  # nothing waits any more


async def test_a_case_is_noted_again_after_an_hour(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, "510100") as world:
        home, li = world.nodes[HANGZHOU], clerk(HANGZHOU)
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        lines = home.desk._lines
        for minutes, count in ((0, 1), (59, 1), (60, 2)):
            lines._clock = lambda minutes=minutes: now() + timedelta(minutes=minutes)  # type: ignore[misc]
            await home.desk.list_delegations(li, Filters())
            await written(home)
            assert len(await of_case(home, ref)) == count


def test_the_way_to_a_list_holds_no_more_than_the_number() -> None:
    assert set(LookLineRecord.__slots__) == {"subject", "number", "unit"}
    assert "part" in LookRecord.__slots__
