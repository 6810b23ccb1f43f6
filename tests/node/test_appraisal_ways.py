"""The less usual ways of an appraisal between real nodes: absence, another day, tests, judging again, a void panel."""

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node.service import Node
from tests.node import appraisals as a
from tests.node.test_appraisal import Clock, ahead
from tests.node.world import CHENGDU, HANGZHOU, World, now


async def scheduled(home: Node, host: Node, ref: str, day: str, kind: str = "SCHEDULED") -> None:
    """An appointment, told to the home."""
    appointment = {"at": f"{day}T09:00", "place": "成都某医院", "form": "EXAMINATION_FORM_ON_SITE"}
    reason = {"reason": "专家出差"} if kind == "RESCHEDULED" else {}
    await a.act(host, CHENGDU, ref, kind, {"body": {"appointment": {**appointment, **reason}}})
    await a.both_reach(home, host, ref, "scheduled")


async def notified(home: Node, host: Node, ref: str, served: str) -> None:
    """The worker was told."""
    proof = await a.a_file(home, HANGZHOU, ref)
    notice = {
        "declared": {"served_on": served},
        "body": {"worker_notice": {"method": "直接送达", "proof_material_id": proof}},
        "materials": [proof],
    }
    await a.act(home, HANGZHOU, ref, "WORKER_NOTIFIED", notice)
    await a.both_reach(home, host, ref, "notified")


async def refused_opinions(home: Node, host: Node, ref: str, sitting: list[str]) -> None:
    """What is not whole is refused before it is sealed, and nothing is concluded before everybody has signed."""
    told = cast("dict[str, Any]", a.an_opinion(sitting)["body"])["opinion"]
    one, *others = told["opinions"]
    ten = {"injuries": [{"injury": "腰椎骨折", "clause": "5.10.2.5", "grade": 10}], "grade": 10}
    far = {**a.FINDING, "grade": 7}  # nine raised by two
    for changes, guard in (
        ({"opinions": [{**one, "signed_on": ""}, *others]}, "all_signed"),
        ({"opinions": [{**one, "finding": ten}, *others]}, "own_finding_fits"),
        ({"majority": {**a.FINDING, "self_care": {"moving": True, "degree": 3}}}, "grades_computed"),
        ({"majority": far, "opinions": [{**each, "finding": far} for each in told["opinions"]]}, "warnings_answered"),
    ):
        with pytest.raises(Refusal) as caught:
            await a.act(host, CHENGDU, ref, "OPINION_FORMED", {"body": {"opinion": {**told, **changes}}})
        assert caught.value.details["guard"] == guard
    conclusion = {"number": "杭劳鉴〔2026〕9号", "on": day_of(now()).isoformat(), "finding": a.FINDING}
    with pytest.raises(Refusal) as early:
        await a.two(home, HANGZHOU, ref, "CONCLUSION_ISSUED", {"body": {"conclusion": conclusion}})
    assert early.value.reason is Reason.NOT_ALLOWED


async def test_absence_another_day_tests_a_second_look_and_a_void_panel(tmp_path: Path) -> None:
    clock = Clock()
    world = World(tmp_path, clock=clock, committees=True)
    try:
        await world.begin((HANGZHOU, CHENGDU))
        home, host = await world.start_node(HANGZHOU), await world.start_node(CHENGDU)
        await a.with_pool(host, CHENGDU, experts=20)
        ref = await a.until_accepted(home, host)
        await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", a.PLAN)
        sitting = a.panel_of(await a.both_reach(home, host, ref, "panel_drawn"))
        first, second, third = ((day_of(clock()) + timedelta(days=days)).isoformat() for days in (3, 4, 5))
        await scheduled(home, host, ref, first)
        await scheduled(home, host, ref, second, "RESCHEDULED")
        await notified(home, host, ref, day_of(clock()).isoformat())
        async with ahead(world, clock, days=4):
            missed = {"reasons": ["N01"], "body": {"absence": {"detail": "通知过晚，未到"}}}
            with pytest.raises(Refusal) as early:  # told less than five working days before: it does not count
                await a.two(host, CHENGDU, ref, "NO_SHOW", {**missed, "reasons": ["N03"]})
            assert early.value.details["guard"] == "absence_counts"
            await a.two(host, CHENGDU, ref, "NO_SHOW", missed)
            shown = (await a.both_reach(home, host, ref, "scheduled")).appraisal
            assert shown is not None
            assert (shown.absences, str(shown.missed_on)) == (0, second)
            await scheduled(home, host, ref, third, "RESCHEDULED")
        async with ahead(world, clock, days=1):
            held = {"at": f"{third}T09:10", "form": "EXAMINATION_FORM_ON_SITE", "identity_matches": True}
            await a.act(host, CHENGDU, ref, "EXAMINED", {"body": {"examination": held}})
            await a.both_reach(home, host, ref, "examined")
            tests = {"hospital": "某医院", "tests": "肌电图"}
            expected = {"declared": {"expected_on": third}, "body": {"extra_tests": tests}}
            await a.act(host, CHENGDU, ref, "EXTRA_TESTS", expected)
            await refused_opinions(home, host, ref, sitting)
            await a.act(host, CHENGDU, ref, "OPINION_FORMED", a.an_opinion(sitting))
            result = {"report": "伤残九级", "reviewer_staff_id": f"{CHENGDU}-reviewer"}
            reported = {"body": {"appraisal_result": result}}
            await a.both_reach(home, host, ref, "opinion_formed")
            await a.two(host, CHENGDU, ref, "APPRAISAL_REPORTED", reported)
            await a.both_reach(home, host, ref, "reported")
            again = {"body": {"rejudge": {"clauses": ["5.9.2.1"], "reason": "条款有误"}}}
            await a.two(home, HANGZHOU, ref, "REJUDGE_REQUESTED", again)
            await a.both_reach(home, host, ref, "examined")
            await a.act(host, CHENGDU, ref, "OPINION_FORMED", a.an_opinion(sitting, dissent="无"))
            await a.both_reach(home, host, ref, "opinion_formed")
            await a.two(home, HANGZHOU, ref, "PANEL_VOID_DEMANDED", {"text": "专家应当回避"})
            await a.until_entry(host, CHENGDU, ref, "PANEL_VOID_DEMANDED")
            await a.two(host, CHENGDU, ref, "PANEL_VOIDED", {"reasons": ["K05"], "text": "应当回避而未回避"})
            await a.both_reach(home, host, ref, "draw_void")
            await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", a.PLAN)
            seen = await a.both_reach(home, host, ref, "panel_drawn")
            shown = seen.appraisal
            assert shown is not None
            assert dict(shown.ineligible)["I05"] == 3  # members of the void panel
            assert not set(a.panel_of(seen)) & set(sitting)
            assert [each.state for each in shown.appointments] == ["moved", "missed", "held"]
            await a.two(home, HANGZHOU, ref, "APPRAISAL_EXTENDED", {"reasons": ["E11"], "text": "需重新组成专家组"})
            seen = await a.until_entry(host, CHENGDU, ref, "APPRAISAL_EXTENDED")
            assert not seen.alarms
            report = await home.draws.check_draw(a.member(HANGZHOU), ref)
            assert report.ok, report.failed
    finally:
        await world.stop()
