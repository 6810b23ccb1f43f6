"""Four eyes with deputies: whoever did it and for whom, on one side, and nobody of them on the other."""

from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.ports import Acting, Actor
from node.service import Node
from tests.node.world import HANGZHOU, UNITS_OF, an_investigation, approver, clerk, reach, running

UNIT = UNITS_OF[HANGZHOU]


def person(staff_id: str, *roles: str, stands_in: tuple[tuple[str, str], ...] = ()) -> Actor:
    """Somebody with roles of his own and roles held for others."""
    acting = tuple(Acting(role, other, f"名{other}") for role, other in stands_in)
    return Actor(staff_id, f"名{staff_id}", UNIT, frozenset({*roles, *(role for role, _ in stands_in)}), "1", acting)


async def submitted(home: Node, by: Actor) -> tuple[str, int]:
    """A letter that waits for an approver."""
    draft = await home.desk.create_draft(by, an_investigation())
    draft = await home.desk.submit_for_approval(by, draft.draft_id, draft.version)
    return draft.draft_id, draft.version


async def four_eyes(home: Node, by: Actor, draft: tuple[str, int]) -> None:
    with pytest.raises(Refusal) as refused:
        await home.desk.approve_and_issue(by, *draft)
    assert refused.value.reason is Reason.FOUR_EYES


async def test_neither_the_person_nor_whom_he_stands_in_for_is_on_both_sides(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, "510100") as world:
        home = world.nodes[HANGZHOU]
        by_jia = await submitted(home, person("jia", "clerk"))
        await four_eyes(home, person("yi", "investigator", stands_in=(("approver", "jia"),)), by_jia)
        by_yi_for_jia = await submitted(home, person("yi", "investigator", stands_in=(("clerk", "jia"),)))
        await four_eyes(home, person("jia", "approver"), by_yi_for_jia)
        await four_eyes(home, person("yi", "approver"), by_yi_for_jia)
        await four_eyes(home, person("bing", "clerk", stands_in=(("approver", "jia"),)), by_yi_for_jia)
        # of two whom he stands in for, the one who has no part in it
        two = (("approver", "jia"), ("approver", "ding"))
        issued = await home.desk.approve_and_issue(person("bing", "clerk", stands_in=two), *by_yi_for_jia)
        seen = await reach(home, HANGZHOU, issued.row.delegation_id, "issued")
        body = seen.entries[0].body
        assert body is not None
        attested = body["attestation"]
        assert isinstance(attested, dict)
        assert (attested["handler"]["staff_id"], attested["handler"]["name"]) == ("yi", "名yi（代名jia）")
        assert (attested["approver"]["staff_id"], attested["approver"]["name"]) == ("bing", "名bing（代名ding）")

        ref = issued.row.delegation_id
        data: dict[str, object] = {"reasons": ["W01"], "text": "不再需要"}
        prepared = await home.desk.prepare_move(
            person("yi", stands_in=(("clerk", "jia"),)), ref, "WITHDRAW_REQUESTED", data, seen.version
        )
        assert prepared.prepared_by_name == "名yi（代名jia）"
        for who in (person("jia", "approver"), person("bing", stands_in=(("approver", "jia"),))):
            with pytest.raises(Refusal) as refused:
                await home.desk.approve_move(who, prepared.move_id, prepared.version)
            assert refused.value.reason is Reason.FOUR_EYES
            with pytest.raises(Refusal) as refused:
                await home.desk.review_move(who, prepared.move_id, prepared.version)
            assert refused.value.reason is Reason.FOUR_EYES
        reviewed = await home.desk.review_move(approver(HANGZHOU), prepared.move_id, prepared.version)
        with pytest.raises(Refusal) as refused:
            await home.desk.press_seal(
                person("bing", stands_in=(("seal_holder", "jia"),)), reviewed.move_id, reviewed.version
            )
        assert refused.value.reason is Reason.FOUR_EYES
        await home.desk.press_seal(person("wu", "seal_holder"), reviewed.move_id, reviewed.version)


async def test_an_own_right_goes_before_one_that_is_held_for_somebody(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, "510100") as world:
        home = world.nodes[HANGZHOU]
        draft = await submitted(home, clerk(HANGZHOU))
        own = person("yi", "approver", stands_in=(("clerk", clerk(HANGZHOU).staff_id),))
        issued = await home.desk.approve_and_issue(own, *draft)
        seen = await reach(home, HANGZHOU, issued.row.delegation_id, "issued")
        attested = (seen.entries[0].body or {})["attestation"]
        assert isinstance(attested, dict)
        assert attested["approver"]["name"] == "名yi"
