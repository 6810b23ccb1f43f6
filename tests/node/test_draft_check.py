"""A draft is judged before it is approved, and the drafts of a case are found by the bureau's own number."""

from datetime import timedelta
from pathlib import Path

from delegation.deadlines import day_of
from node.desk.ports import Actor
from tests.node.world import CHENGDU, HANGZHOU, an_investigation, approver, clerk, issued, now, running


async def test_a_draft_is_judged_as_if_approved_and_nothing_is_written(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        desk = world.nodes[HANGZHOU].desk
        good = await desk.create_draft(clerk(HANGZHOU), an_investigation())
        found = await desk.check_draft(approver(HANGZHOU), good.draft_id)
        assert found.problems == ()
        assert {"statutory", "cap"} <= {due.clock for due in found.due_dates}
        late = {"accepted_on": (day_of(now()) - timedelta(days=55)).isoformat(), "procedure": "ORDINARY"}
        short = await desk.create_draft(clerk(HANGZHOU), an_investigation(clock=late))
        (problem,) = (await desk.check_draft(clerk(HANGZHOU), short.draft_id)).problems
        assert (problem.reason, problem.details["guard"]) == ("GUARD_FAILED", "time_left_confirmed")
        empty = await desk.create_draft(clerk(HANGZHOU), {})
        assert {each.field for each in (await desk.check_draft(clerk(HANGZHOU), empty.draft_id)).problems} >= {"letter"}
        first = await issued(world.nodes[HANGZHOU], HANGZHOU)
        assert "-000001-" in first.row.delegation_id  # judging took no number
        assert (await desk.get_draft(clerk(HANGZHOU), good.draft_id)).version == good.version


async def test_the_drafts_of_a_case_are_found_by_its_number_within_the_unit(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        node = world.nodes[HANGZHOU]
        sent = await issued(node, HANGZHOU, an_investigation(case_key="甲-1"))
        draft = await node.desk.create_draft(clerk(HANGZHOU), an_investigation(case_key="甲-1"))
        dropped = await node.desk.create_draft(clerk(HANGZHOU), an_investigation(case_key="甲-1"))
        await node.desk.cancel_draft(clerk(HANGZHOU), dropped.draft_id, dropped.version)
        moved = await node.desk.create_draft(clerk(HANGZHOU), an_investigation(case_key="甲-1"))
        await node.desk.update_draft(clerk(HANGZHOU), moved.draft_id, 1, an_investigation(case_key="乙-2"))
        found = await node.desk.drafts_of_case(clerk(HANGZHOU), "甲-1")
        assert [each.delegation_id or each.draft_id for each in found] == [sent.row.delegation_id, draft.draft_id]
        assert await node.desk.drafts_of_case(clerk(HANGZHOU), "") == ()


async def test_the_note_stays_while_the_draft_is_mended(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        desk = world.nodes[HANGZHOU].desk
        person: Actor = clerk(HANGZHOU)
        draft = await desk.create_draft(person, an_investigation())
        draft = await desk.submit_for_approval(person, draft.draft_id, draft.version)
        draft = await desk.send_back(approver(HANGZHOU), draft.draft_id, draft.version, "请补充事发地点")
        draft = await desk.update_draft(person, draft.draft_id, draft.version, an_investigation())
        assert draft.note == "请补充事发地点"
        assert (await desk.submit_for_approval(person, draft.draft_id, draft.version)).note == ""
