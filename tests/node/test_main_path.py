"""The main path over a real registry: issued, delivered, worked on, reported, completed."""

from pathlib import Path

import pytest

from delegation.errors import Refusal
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    HANGZHOU,
    NOTHING,
    a_result,
    issued,
    make,
    make_two,
    reach,
    running,
    until,
    view,
)


async def test_a_letter_is_answered(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        sent = await issued(home, HANGZHOU)
        ref = sent.row.delegation_id
        seen = await reach(host, CHENGDU, ref, "issued")
        assert seen.row.worker_name == "王小明"
        assert seen.letter is not None
        assert seen.letter["case_summary"] == "职工出差途中受伤"
        delivered = await until(
            lambda: view(home, HANGZHOU, ref), lambda v: bool(v.entries and v.entries[0].deliveries)
        )
        assert delivered.entries[0].deliveries[0].delivered_at is not None
        assert delivered.row.business_status == "已送达，待签收"

        for kind, data in (("SIGNED_FOR", NOTHING), ("ACCEPTED", NOTHING), ("ASSIGNED", ASSIGNMENT)):
            await make(host, CHENGDU, ref, kind, data)
        await reach(home, HANGZHOU, ref, "in_progress")

        await make(host, CHENGDU, ref, "QUESTION", {"body": {"question": {"text": "伤者住哪家医院?"}}})
        asked = await until(lambda: view(home, HANGZHOU, ref), lambda v: v.entries[-1].kind == "QUESTION")
        question = asked.entries[-1]
        assert question.body is not None
        await make(
            home,
            HANGZHOU,
            ref,
            "ANSWER",
            {"in_reply_to": question.envelope_id, "body": {"question": {"text": "市一医院"}}},
        )
        await until(lambda: view(host, CHENGDU, ref), lambda v: v.entries[-1].kind == "ANSWER")

        with pytest.raises(Refusal) as unanswered:  # a check that is left out is not a check that is met
            await make_two(host, CHENGDU, ref, "REPORTED", a_result(checks=[]))
        assert unanswered.value.details["guard"] == "checks_complete"
        await make_two(host, CHENGDU, ref, "REPORTED", a_result())
        await reach(home, HANGZHOU, ref, "reported")
        await make_two(home, HANGZHOU, ref, "COMPLETED", {"body": {"adoption": {"adoption": "ADOPTION_ADOPTED"}}})
        await reach(host, CHENGDU, ref, "completed")
        assert not (await home.desk.list_alarms(_admin(HANGZHOU)))
        assert not (await host.desk.list_alarms(_admin(CHENGDU)))


def _admin(bureau: str):  # type: ignore[no-untyped-def]  # a helper of this file
    from node.desk.ports import Actor
    from tests.node.world import UNITS_OF

    return Actor("root", "管理员", UNITS_OF[bureau], frozenset({"administrator"}))
