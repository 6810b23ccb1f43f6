"""Who presses the seal: the approver, unless the unit keeps it for its seal holder; and nothing is prepared twice."""

from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.ports import Acting, Actor
from node.desk.views import DelegationView, PreparedMoveView
from node.service import Node
from tests.node.world import (
    ASSIGNMENT,
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

REFUSAL = {"reasons": ["R06"], "body": {"text": "剩余时间不足"}}


def person(staff_id: str, *roles: str, bureau: str = CHENGDU) -> Actor:
    """Somebody of the bureau with these roles."""
    return Actor(staff_id, "某某", UNITS_OF[bureau], frozenset(roles))


async def refused(node: Node, ref: str) -> PreparedMoveView:
    """A refusal that waits."""
    seen: DelegationView = await view(node, CHENGDU, ref)
    return await node.desk.prepare_move(clerk(CHENGDU), ref, "REFUSED", REFUSAL, seen.version)


async def test_a_unit_may_keep_its_seal_for_its_seal_holder(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        host = world.nodes[CHENGDU]
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        move = await refused(host, ref)
        assert (await refused(host, ref)).move_id == move.move_id  # pressed twice

        assert await host.desk.approver_seals(approver(CHENGDU))
        with pytest.raises(Refusal) as nobody:
            await host.desk.keep_seal(approver(CHENGDU), approver=False)
        assert nobody.value.reason is Reason.ROLE_MISSING
        await host.desk.keep_seal(person("root", "administrator"), approver=False)

        with pytest.raises(Refusal) as kept:
            await host.desk.approve_move(approver(CHENGDU), move.move_id, move.version)
        assert (kept.value.reason, kept.value.details["role"]) == (Reason.ROLE_MISSING, "seal_holder")
        holder = person("seal", "seal_holder")
        with pytest.raises(Refusal) as early:
            await host.desk.press_seal(holder, move.move_id, move.version)
        assert early.value.reason is Reason.NOT_ALLOWED
        reviewed = await host.desk.review_move(approver(CHENGDU), move.move_id, move.version)
        assert reviewed.state == "reviewed"
        assert [item.label for item in (await host.desk.todo(holder)).items] == ["用印：不予受托"]
        for wrong in (approver(CHENGDU), person(clerk(CHENGDU).staff_id, "seal_holder")):
            with pytest.raises(Refusal):
                await host.desk.press_seal(wrong, move.move_id, reviewed.version)
        await host.desk.press_seal(holder, move.move_id, reviewed.version)

        back = await reach(world.nodes[HANGZHOU], HANGZHOU, ref, "refused")
        body = back.entries[-1].body
        assert body is not None
        attested = body["attestation"]
        assert isinstance(attested, dict)
        assert attested["approver"]["staff_id"] == approver(CHENGDU).staff_id
        with pytest.raises(Refusal) as again:
            await host.desk.press_seal(holder, move.move_id, reviewed.version)
        assert again.value.reason is Reason.EDITED_MEANWHILE


async def test_a_letter_too_waits_for_the_seal_holder(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        desk = world.nodes[HANGZHOU].desk
        holder = person("seal", "seal_holder", bureau=HANGZHOU)
        await desk.keep_seal(person("root", "administrator", bureau=HANGZHOU), approver=False)
        draft = await desk.create_draft(clerk(HANGZHOU), an_investigation())
        draft = await desk.submit_for_approval(clerk(HANGZHOU), draft.draft_id, draft.version)
        for wrong, reason in ((approver(HANGZHOU), Reason.ROLE_MISSING), (holder, Reason.NOT_ALLOWED)):
            with pytest.raises(Refusal) as kept:
                await desk.approve_and_issue(wrong, draft.draft_id, draft.version)
            assert kept.value.reason is reason
        draft = await desk.review_draft(approver(HANGZHOU), draft.draft_id, draft.version)
        assert draft.state == "reviewed"
        assert [item.label for item in (await desk.todo(holder)).items] == ["用印：委托函"]
        ref = (await desk.approve_and_issue(holder, draft.draft_id, draft.version)).row.delegation_id
        seen = await reach(world.nodes[CHENGDU], CHENGDU, ref, "issued")
        body = seen.entries[0].body
        assert body is not None
        attested = body["attestation"]
        assert isinstance(attested, dict)
        assert attested["approver"]["staff_id"] == approver(HANGZHOU).staff_id


async def test_an_investigator_never_approves_the_own_report(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        host = world.nodes[CHENGDU]
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        for kind, data in (("SIGNED_FOR", {}), ("ACCEPTED", {}), ("ASSIGNED", ASSIGNMENT)):
            await make(host, CHENGDU, ref, kind, data)
        seen = await view(host, CHENGDU, ref)
        move = await host.desk.prepare_move(clerk(CHENGDU), ref, "REPORTED", a_result(), seen.version)
        with pytest.raises(Refusal) as own:
            await host.desk.approve_move(person("i1", "approver"), move.move_id, move.version)
        assert (own.value.reason, own.value.details) == (Reason.FOUR_EYES, {"missing": "reviewer"})
        await host.desk.approve_move(approver(CHENGDU), move.move_id, move.version)


async def test_who_pressed_the_seal_is_kept_and_for_whom(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        host = world.nodes[CHENGDU]
        await host.desk.keep_seal(person("root", "administrator"), approver=False)
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        move = await refused(host, ref)
        assert move.hands is None
        yes = await host.desk.review_move(approver(CHENGDU), move.move_id, move.version)
        assert yes.hands is not None
        assert (yes.hands.reviewed_by, yes.hands.sealed_by) == (approver(CHENGDU).staff_id, "")
        acting = (Acting("seal_holder", "seal", "印"),)
        # an approver's own right does not press this seal, so it is pressed for the seal holder
        deputy = Actor("yi", "乙", UNITS_OF[CHENGDU], frozenset({"approver", "seal_holder"}), "", acting)
        for_the_handler = (Acting("seal_holder", clerk(CHENGDU).staff_id, "甲"),)
        wrong = Actor("yi", "乙", UNITS_OF[CHENGDU], frozenset({"seal_holder"}), "", for_the_handler)
        with pytest.raises(Refusal) as made_it:
            await host.desk.press_seal(wrong, move.move_id, yes.version)
        assert made_it.value.reason is Reason.FOUR_EYES
        await host.desk.press_seal(deputy, move.move_id, yes.version)
        hands = (await host.desk.get_move(clerk(CHENGDU), move.move_id)).hands
        assert hands is not None
        assert (hands.sealed_by, hands.sealed_by_name, hands.sealed_for) == ("yi", "乙（代印）", "seal")
        assert hands.reviewed_by == approver(CHENGDU).staff_id
        assert hands.sealed_at is not None

        home, holder = world.nodes[HANGZHOU].desk, person("seal", "seal_holder", bureau=HANGZHOU)
        draft = await home.create_draft(clerk(HANGZHOU), an_investigation())
        draft = await home.submit_for_approval(clerk(HANGZHOU), draft.draft_id, draft.version)
        await home.approve_and_issue(approver(HANGZHOU), draft.draft_id, draft.version)
        both = (await home.get_draft(holder, draft.draft_id)).hands
        assert both is not None
        assert both.reviewed_by == both.sealed_by == approver(HANGZHOU).staff_id
        assert both.sealed_for == ""
