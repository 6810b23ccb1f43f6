"""What is said of a file before it travels, and files that never do."""

from dataclasses import replace
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.ports import FileFacts
from tests.node.world import CHENGDU, HANGZHOU, an_investigation, approver, clerk, reach, running, stream, view

PDF = b"%PDF-1.7\n" + bytes(2000)
FACTS = FileFacts(name="笔录.pdf")


async def test_a_file_is_described_until_an_approver_looks_and_what_is_kept_back_never_travels(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        actor = clerk(HANGZHOU)
        draft = await home.desk.create_draft(actor, an_investigation())
        sent = await home.desk.add_file(actor, draft.draft_id, stream(PDF), FACTS)
        original = await home.desk.add_file(actor, draft.draft_id, stream(PDF), FileFacts(name="原图.pdf"))
        redacted = await home.desk.add_file(
            actor, draft.draft_id, stream(PDF), FileFacts(name="遮盖.pdf", redacts=original.material_id)
        )
        assert redacted.redacts == original.material_id
        said = replace(
            FACTS, document_kind="witness", is_copy=True, compared_by="何经办", original_at="档案室", pages=2
        )
        told = await home.desk.describe_file(actor, sent.material_id, said, seen=FACTS)
        assert (told.document_kind, told.is_copy, told.compared_by, told.pages) == ("witness", True, "何经办", 2)
        with pytest.raises(Refusal) as stale:  # somebody described it meanwhile
            await home.desk.describe_file(actor, sent.material_id, FACTS, seen=FACTS)
        assert stale.value.reason is Reason.EDITED_MEANWHILE
        kept = await home.desk.list_materials(actor, draft.draft_id)
        assert [each.withheld for each in kept] == [False, True, False]

        pending = await home.desk.submit_for_approval(actor, draft.draft_id, draft.version)
        for attempt in (
            home.desk.describe_file(actor, sent.material_id, FACTS),
            home.desk.drop_file(actor, sent.material_id),
            home.desk.add_file(actor, draft.draft_id, stream(PDF), FACTS),
        ):
            with pytest.raises(Refusal) as fast:
                await attempt
            assert fast.value.reason is Reason.NOT_ALLOWED
        issued = await home.desk.approve_and_issue(approver(HANGZHOU), pending.draft_id, pending.version)
        ref = issued.row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        there = await host.desk.list_materials(clerk(CHENGDU), ref)
        assert {each.name for each in there} == {"笔录.pdf", "遮盖.pdf"}
        assert next(each for each in there if each.name == "笔录.pdf").compared_by == "何经办"
        assert not any(each.redacts or each.withheld for each in there)
        body = (await view(host, CHENGDU, ref)).entries[0].body
        assert "redacts" not in str(body)
        assert original.material_id not in str(body)

        with pytest.raises(Refusal) as listed:
            await home.desk.describe_file(actor, sent.material_id, FACTS)
        assert listed.value.reason is Reason.NOT_ALLOWED
        asked = {"materials": [original.material_id], "body": {"question": {"text": "请看"}}}
        with pytest.raises(Refusal) as back:  # nor does it travel when a move names it
            await home.desk.act(actor, ref, "QUESTION", asked, None)
        assert back.value.reason is Reason.NOT_ALLOWED
        with pytest.raises(Refusal) as foreign:
            await host.desk.describe_file(clerk(CHENGDU), sent.material_id, FACTS)
        assert foreign.value.reason is Reason.NOT_ALLOWED


async def test_a_file_that_a_prepared_move_lists_stays_as_it_is(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host, actor = world.nodes[HANGZHOU], world.nodes[CHENGDU], clerk(CHENGDU)
        draft = await home.desk.create_draft(clerk(HANGZHOU), an_investigation())
        pending = await home.desk.submit_for_approval(clerk(HANGZHOU), draft.draft_id, draft.version)
        issued = await home.desk.approve_and_issue(approver(HANGZHOU), pending.draft_id, pending.version)
        ref = issued.row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        file = await host.desk.add_file(actor, ref, stream(PDF), FACTS)
        defects = [{"code": "B01", "subject": "letter", "text": "缺事由"}]
        data = {"reasons": ["B01"], "materials": [file.material_id], "body": {"return_notice": {"defects": defects}}}
        await host.desk.act(actor, ref, "SIGNED_FOR", {}, (await view(host, CHENGDU, ref)).version)
        seen = await view(host, CHENGDU, ref)
        prepared = await host.desk.prepare_move(actor, ref, "RETURNED", data, seen.version)
        with pytest.raises(Refusal) as fast:
            await host.desk.describe_file(actor, file.material_id, replace(FACTS, pages=9))
        assert fast.value.reason is Reason.NOT_ALLOWED
        await host.desk.drop_move(actor, prepared.move_id, prepared.version)
        assert (await host.desk.describe_file(actor, file.material_id, replace(FACTS, pages=9))).pages == 9
