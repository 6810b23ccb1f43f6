"""An idempotency key: the same request gives the first result, another one is refused, and after 7 days it is free."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.ports import FileFacts
from node.records import MetaRecord
from node.store import Op, Where
from tests.node.world import HANGZHOU, clerk, running, stream

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


async def test_a_draft_asked_for_twice_is_one_draft(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        home = world.nodes[HANGZHOU]
        first = await home.desk.create_draft(clerk(HANGZHOU), {"case_key": "一"}, once="k-1")
        again = await home.desk.create_draft(clerk(HANGZHOU), {"case_key": "一"}, once="k-1")
        assert again.draft_id == first.draft_id
        with pytest.raises(Refusal) as refused:
            await home.desk.create_draft(clerk(HANGZHOU), {"case_key": "二"}, once="k-1")
        assert refused.value.reason is Reason.ID_CONFLICT
        colleague = replace(clerk(HANGZHOU), staff_id="330100-jbr2")
        assert (await home.desk.create_draft(colleague, {"case_key": "一"}, once="k-1")).draft_id != first.draft_id
        plain = [await home.desk.create_draft(clerk(HANGZHOU), {"case_key": "一"}) for _ in range(2)]
        assert len({draft.draft_id for draft in (first, *plain)}) == 3
        await world.stop_node(HANGZHOU)
        home = await world.start_node(HANGZHOU)
        again = await home.desk.create_draft(clerk(HANGZHOU), {"case_key": "一"}, once="k-1")
        assert again.draft_id == first.draft_id
        home.writer._clock = lambda: world.clock() + timedelta(days=7, minutes=1)
        later = await home.desk.create_draft(clerk(HANGZHOU), {"case_key": "二"}, once="k-1")
        assert later.draft_id != first.draft_id
        kept = (Where("name", "once/", Op.GT), Where("name", "once0", Op.LT))
        assert len(home.store.select(MetaRecord, kept)) == 2
        await home.sweeper.keep_house(force=True)
        assert len(home.store.select(MetaRecord, kept)) == 1  # the colleague's is over, the new one stays


async def test_a_file_sent_twice_is_one_file(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        home = world.nodes[HANGZHOU]
        draft = await home.desk.create_draft(clerk(HANGZHOU), {})
        facts = FileFacts(name="a.pdf")
        first = await home.desk.add_file(clerk(HANGZHOU), draft.draft_id, stream(PDF), facts, once="k-2")
        again = await home.desk.add_file(clerk(HANGZHOU), draft.draft_id, stream(PDF), facts, once="k-2")
        assert again == first
        for content, said in ((PDF + b"x", facts), (PDF, FileFacts(name="b.pdf"))):
            with pytest.raises(Refusal) as refused:
                await home.desk.add_file(clerk(HANGZHOU), draft.draft_id, stream(content), said, once="k-2")
            assert refused.value.reason is Reason.ID_CONFLICT
        files = list(home.settings.materials_dir.glob("*/*"))
        assert [path.name for path in files] == [f"{first.material_id}.sealed"]  # no copy is left over
