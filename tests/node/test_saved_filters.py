"""Filters of one's own: kept for the person, bounded, and not readable on disk."""

from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.views import SavedFilter
from tests.node.world import HANGZHOU, approver, clerk, running

LATE = SavedFilter("王小明的案子", (("overdue", "yes"), ("role", "home")))


async def test_a_filter_belongs_to_its_person_and_outlives_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        desk = world.nodes[HANGZHOU].desk
        assert await desk.saved_filters(clerk(HANGZHOU)) == ()
        assert await desk.save_filter(clerk(HANGZHOU), LATE) == (LATE,)
        assert await desk.saved_filters(approver(HANGZHOU)) == ()
        await world.stop_node(HANGZHOU)
        desk = (await world.start_node(HANGZHOU)).desk
        assert await desk.saved_filters(clerk(HANGZHOU)) == (LATE,)
        folder = world.settings[HANGZHOU].data_dir
        assert LATE.name.encode() not in b"".join(path.read_bytes() for path in folder.glob("node.db*"))
        other = SavedFilter(LATE.name, (("state", "issued"),))
        assert await desk.save_filter(clerk(HANGZHOU), other) == (other,)
        assert await desk.drop_filter(clerk(HANGZHOU), LATE.name) == ()
        with pytest.raises(Refusal) as gone:
            await desk.drop_filter(clerk(HANGZHOU), LATE.name)
        assert gone.value.reason is Reason.NOT_FOUND


async def test_names_codes_and_their_number_are_bounded(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        desk, actor = world.nodes[HANGZHOU].desk, clerk(HANGZHOU)
        for wrong in (
            SavedFilter(" ", ()),
            SavedFilter("x" * 41, ()),
            SavedFilter("x\n y", ()),
            SavedFilter("x", (("state", "张三"),)),
            SavedFilter("x", (("state", "a" * 41),)),
            SavedFilter("x", tuple((f"n{number}", "1") for number in range(17))),
        ):
            with pytest.raises(Refusal) as caught:
                await desk.save_filter(actor, wrong)
            assert caught.value.reason is Reason.INVALID_INPUT
        for number in range(20):
            await desk.save_filter(actor, SavedFilter(f"f{number}", (("state", "issued"),)))
        with pytest.raises(Refusal) as full:
            await desk.save_filter(actor, SavedFilter("one more", ()))
        assert full.value.reason is Reason.QUOTA_EXCEEDED
        await desk.save_filter(actor, SavedFilter("f3", ()))
