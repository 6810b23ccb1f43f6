"""立案 on a notice: once, by the unit that got it, and by nobody after another answer."""

from functools import partial
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.views import DelegationView
from tests.node.world import (
    CHENGDU,
    HANGZHOU,
    UNITS_OF,
    World,
    approver,
    clerk,
    issued,
    make,
    reach,
    running,
    until,
    view,
)

NOTICE = {
    "worker": {"name": "赵示例"},
    "employer": {"name": "示例运输公司"},
    "accident": {"place_text": "某高速出口", "region_code": "510104", "course": "装卸时被货物压伤"},
}


async def noticed(world: World) -> DelegationView:
    """Chengdu tells Hangzhou of an accident; as Hangzhou sees it."""
    host, home = world.nodes[CHENGDU], world.nodes[HANGZHOU]
    data = {"body": {"notice": NOTICE}}
    begun = await host.desk.start_thread(clerk(CHENGDU), "NOTICE_SENT", (UNITS_OF[HANGZHOU],), data)
    move = begun.prepared[-1]
    await host.desk.approve_move(approver(CHENGDU), move.move_id, move.version)
    return await reach(home, HANGZHOU, begun.row.delegation_id, "notice_open")


async def test_a_case_is_opened_once_and_drafted_from_what_the_notice_tells(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        host, home = world.nodes[CHENGDU], world.nodes[HANGZHOU]
        seen = await noticed(world)
        ref = seen.row.delegation_id
        with pytest.raises(Refusal) as stale:
            await home.desk.open_case(clerk(HANGZHOU), ref, seen.version + 7)
        assert stale.value.reason is Reason.EDITED_MEANWHILE
        with pytest.raises(Refusal) as own:  # who sent it opens nothing
            await host.desk.open_case(clerk(CHENGDU), ref, seen.version)
        assert own.value.reason is Reason.NOT_ALLOWED
        draft = await home.desk.open_case(clerk(HANGZHOU), ref, seen.version)
        assert (await home.desk.open_case(clerk(HANGZHOU), ref, seen.version)).draft_id == draft.draft_id
        told = await until(partial(view, host, CHENGDU, ref), lambda v: v.row.state == "answered")
        assert [entry.kind for entry in told.entries] == ["NOTICE_SENT", "NOTICE_ANSWERED"]
        assert told.entries[-1].declared["outcome"] == "CASE_OPENED"
        letter = draft.business["letter"]
        assert isinstance(letter, dict)
        assert {name: letter[name] for name in NOTICE} == NOTICE
        assert draft.business["task_place"] == {"code": "510104", "role": "ACCIDENT", "certainty": "DEFINITE"}
        assert draft.competent_unit == UNITS_OF[CHENGDU]
        handed = await home.desk.submit_for_approval(clerk(HANGZHOU), draft.draft_id, draft.version)
        with pytest.raises(Refusal) as early:  # nothing goes out before 受理
            await home.desk.approve_and_issue(approver(HANGZHOU), draft.draft_id, handed.version)
        assert early.value.details["guard"] == "accepted_before"
        standing = await home.desk.get_draft(clerk(HANGZHOU), draft.draft_id)
        await home.desk.cancel_draft(clerk(HANGZHOU), draft.draft_id, standing.version)
        assert await home.desk.linked(clerk(HANGZHOU), ref) is None
        again = await home.desk.open_case(clerk(HANGZHOU), ref, None)  # answered so already: drafted anew
        assert again.draft_id != draft.draft_id


async def test_what_was_answered_otherwise_or_is_no_notice_opens_no_case(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        ref = (await noticed(world)).row.delegation_id
        await make(home, HANGZHOU, ref, "NOTICE_ANSWERED", {"declared": {"outcome": "NOT_INSURED_HERE"}})
        await reach(home, HANGZHOU, ref, "answered")
        letter = (await issued(home, HANGZHOU)).row.delegation_id
        for each in (ref, letter):
            with pytest.raises(Refusal) as refused:
                await home.desk.open_case(clerk(HANGZHOU), each, None)
            assert refused.value.reason is Reason.NOT_ALLOWED
        assert (await home.desk.list_drafts(clerk(HANGZHOU))).items == ()
