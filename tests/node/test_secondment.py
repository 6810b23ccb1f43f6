"""Seconded experts, and a pool with too few: what is filled in for the clerks, and what the node keeps of it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from delegation.errors import Refusal
from node.desk.ports import Role
from tests.node import appraisals as a
from tests.node.world import CHENGDU, COMMITTEES, HANGZHOU, now, running, until

LENT: dict[str, Any] = {
    "title": "主任医师",
    "specialties": ["M201"],
    "employer": "成都某医院",
}


async def test_lent_experts_are_in_the_home_s_pool_before_it_draws(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = await a.until_accepted(home, host, a.a_letter(appraisal_mode="EXPERT_SECONDMENT"))
        lent = [{"expert_id": f"x-{number}", "name": f"川专家{number}", **LENT} for number in range(6)]
        await a.two(host, CHENGDU, ref, "EXPERTS_PROPOSED", {"body": {"experts": {"experts": lent}}})
        await a.both_reach(home, host, ref, "experts_proposed")
        until_day = now().date().replace(year=now().year + 1).isoformat()
        admitted = [
            {"expert_id": each["expert_id"], "appointment_number": "杭劳鉴聘1号", "appointed_until": until_day}
            for each in lent
        ]
        await a.two(home, HANGZHOU, ref, "EXPERTS_ADMITTED", {"body": {"experts": {"experts": admitted}}})
        await a.both_reach(home, host, ref, "experts_admitted")
        clerk = a.member(HANGZHOU)
        known = await home.pool.export_experts(clerk)
        assert {(each["number"], each["name"]) for each in known} == {
            (f"{CHENGDU}-x-{number}", f"川专家{number}") for number in range(6)
        }
        plan = {
            "declared": {"strata": [{"seats": 3, "reserves": 2}]},
            "body": {"specialties": {"specialties": ["M201"], "reason": "伤在腰椎"}},
        }
        with pytest.raises(Refusal) as early:  # nobody draws from what was not committed to
            await a.two(home, HANGZHOU, ref, "SPECIALTY_DETERMINED", plan)
        assert early.value.details == {"state": "pool_not_committed"}
        prepared = await home.pool.prepare_version(clerk)
        await home.desk.approve_move(a.member(HANGZHOU, Role.APPROVER), prepared.move_id, prepared.move_version)
        await until(lambda: home.pool.list_versions(clerk), lambda versions: versions[0].state == "committed")
        await a.two(home, HANGZHOU, ref, "SPECIALTY_DETERMINED", plan)
        experts = a.panel_of(await a.both_reach(home, host, ref, "panel_drawn"))
        confirmed = [
            {"expert_id": each, "recusal_declared": True, "available_on": now().date().isoformat()} for each in experts
        ]
        await a.two(host, CHENGDU, ref, "EXPERTS_CONFIRMED", {"body": {"experts": {"experts": confirmed}}})
        seen = await a.both_reach(home, host, ref, "experts_confirmed")
        assert not seen.alarms
        report = await host.draws.check_draw(a.member(CHENGDU), ref)
        assert report.ok, report.failed
        checks = (COMMITTEES[HANGZHOU], "check")
        await until(
            lambda: a.see(home, HANGZHOU, ref), lambda seen: checks in {(e.unit, e.clock) for e in seen.due_dates}
        )
        await a.two(home, HANGZHOU, ref, "COMPLETED", {})
        await a.both_reach(home, host, ref, "completed")
        # The law of a conclusion is that of its own day: until 2025-06-30 it is served within twenty days.
        concluded = {"number": "杭劳鉴〔2025〕8号", "on": "2025-06-30", "finding": a.FINDING}
        await a.two(home, HANGZHOU, ref, "CONCLUSION_ISSUED", {"body": {"conclusion": concluded}})
        await a.until_entry(home, HANGZHOU, ref, "CONCLUSION_ISSUED")
        await a.until_entry(host, CHENGDU, ref, "CONCLUSION_ISSUED")
        for node, bureau in ((home, HANGZHOU), (host, CHENGDU)):
            due = {each.clock: each.nominal for each in (await a.see(node, bureau, ref)).due_dates}
            assert due["serve-conclusion"] == date(2025, 7, 20)


async def test_too_few_becomes_a_short_panel_with_its_ways_out_and_is_widened(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        await a.with_pool(host, CHENGDU)
        ref = await a.until_accepted(home, host)
        greedy = {**a.PLAN, "declared": {"strata": [{"seats": 2, "reserves": 7}, {"seats": 1, "reserves": 1}]}}
        assert await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", greedy) == "PANEL_SHORT"
        seen = await a.both_reach(home, host, ref, "panel_short")
        told = (seen.entries[-1].body or {})["specialties"]
        assert "减少候补名额" in told["remedy"]  # type: ignore[index]  # JSON
        with pytest.raises(Refusal) as enough:
            await a.two(host, CHENGDU, ref, "PANEL_SHORT", a.PLAN)
        assert enough.value.details == {"state": "panel_not_short"}
        await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", a.PLAN)
        shown = (await a.both_reach(home, host, ref, "panel_drawn")).appraisal
        assert shown is not None
        assert (shown.draw, shown.void_draws) == (2, ((1, "PANEL_SHORT", ""),))


async def test_nobody_draws_or_shows_a_secret_by_hand(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        await a.with_pool(host, CHENGDU)
        ref = await a.until_accepted(home, host)
        forged = {**a.PLAN, "declared": {**a.PLAN["declared"], "eligible_root": "00" * 32, "draw": 1}}
        with pytest.raises(Refusal) as typed:
            await a.two(host, CHENGDU, ref, "SPECIALTY_DETERMINED", forged)
        assert typed.value.details == {"field": "declared.eligible_root"}
        for kind in ("DRAW_COMMITTED", "DRAW_REVEALED", "PANEL_DRAWN"):
            with pytest.raises(Refusal) as refused:
                await a.act(host, CHENGDU, ref, kind, {})
            assert refused.value.details == {"kind": kind}
