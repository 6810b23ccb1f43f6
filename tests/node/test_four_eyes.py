"""Two persons where the table says two, and nobody approves his own work."""

from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor
from tests.node.world import (
    CHENGDU,
    HANGZHOU,
    UNITS_OF,
    a_result,
    an_investigation,
    approver,
    clerk,
    issued,
    make,
    reach,
    running,
    view,
)


def both(bureau: str) -> Actor:
    """One person with both roles."""
    return Actor(f"{bureau}-both", "一人二职", UNITS_OF[bureau], frozenset({"clerk", "approver"}))


async def test_nobody_approves_what_he_prepared(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        draft = await home.desk.create_draft(both(HANGZHOU), an_investigation())
        with pytest.raises(Refusal) as early:
            await home.desk.approve_and_issue(approver(HANGZHOU), draft.draft_id, draft.version)
        assert early.value.reason is Reason.NOT_ALLOWED
        draft = await home.desk.submit_for_approval(both(HANGZHOU), draft.draft_id, draft.version)
        for actor, reason in ((both(HANGZHOU), Reason.FOUR_EYES), (clerk(HANGZHOU), Reason.ROLE_MISSING)):
            with pytest.raises(Refusal) as refused:
                await home.desk.approve_and_issue(actor, draft.draft_id, draft.version)
            assert refused.value.reason is reason
        with pytest.raises(Refusal) as stale:
            await home.desk.approve_and_issue(approver(HANGZHOU), draft.draft_id, draft.version - 1)
        assert stale.value.reason is Reason.EDITED_MEANWHILE
        ref = (await home.desk.approve_and_issue(approver(HANGZHOU), draft.draft_id, draft.version)).row.delegation_id

        host = world.nodes[CHENGDU]
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        seen = await view(host, CHENGDU, ref)
        returned = {
            "reasons": ["B01"],
            "body": {"return_notice": {"defects": [{"code": "B01", "subject": "letter", "text": "缺事由"}]}},
        }
        with pytest.raises(Refusal) as alone:
            await host.desk.act(clerk(CHENGDU), ref, "RETURNED", returned, seen.version)
        assert alone.value.reason is Reason.FOUR_EYES
        prepared = await host.desk.prepare_move(both(CHENGDU), ref, "RETURNED", returned, seen.version)
        with pytest.raises(Refusal) as own:
            await host.desk.approve_move(both(CHENGDU), prepared.move_id, prepared.version)
        assert own.value.reason is Reason.FOUR_EYES
        await host.desk.approve_move(approver(CHENGDU), prepared.move_id, prepared.version)
        back = await reach(world.nodes[HANGZHOU], HANGZHOU, ref, "returned_for_correction")
        assert back.entries[-1].body is not None
        attested = back.entries[-1].body["attestation"]
        assert isinstance(attested, dict)
        assert attested["handler"]["staff_id"] != attested["approver"]["staff_id"]


async def test_a_foreign_delegation_is_not_found(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        stranger = Actor("x", "别人", UNITS_OF[CHENGDU], frozenset({"clerk"}))
        with pytest.raises(Refusal) as refused:
            await home.desk.get_delegation(stranger, ref)
        assert refused.value.reason is Reason.NOT_FOUND
        with pytest.raises(Refusal) as unknown:
            await home.desk.act(clerk(HANGZHOU), "WT-330100-20260312-000999-X", "REMIND", {}, None)
        assert unknown.value.reason is Reason.NOT_FOUND
        with pytest.raises(Refusal) as typed:
            await home.desk.create_draft(clerk(HANGZHOU), {"id_number": "11010519491231002X"})
        assert "11010519491231002X" not in str(typed.value)
        assert a_result()
