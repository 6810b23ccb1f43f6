"""委托鉴定 between two real nodes: by a standing agreement alone; the host concludes, the home adopts and serves."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from delegation.errors import Refusal
from tests.node import appraisals as a
from tests.node.committees import committees
from tests.node.world import CHENGDU, HANGZHOU

CONSENTS = {"consent_worker": True, "consent_employer": True}
ENTRUSTED: dict[str, Any] = {"number": "成劳鉴受〔2026〕3号", "finding": a.FINDING}


async def test_the_host_concludes_and_the_home_adopts_issues_and_serves(tmp_path: Path) -> None:
    async with committees(tmp_path) as both:
        with pytest.raises(Refusal) as without:
            await a.issue(both.home, both.letter(appraisal_mode="FULL_ENTRUST", letter={"appraisal": CONSENTS}))
        assert without.value.details == {"guard": "mode_agreed", "needs": "agreement-on-matter-and-mode"}
        agreement = await both.agreed()
        entrusted = {"appraisal_mode": "FULL_ENTRUST", "legal_basis": "AGREEMENT", "agreement_id": agreement}
        for missing in CONSENTS:
            asked = {**CONSENTS, missing: False}
            with pytest.raises(Refusal) as unasked:
                await a.issue(both.home, both.letter(**entrusted, letter={"appraisal": asked}))
            assert unasked.value.details["guard"] == "consents_given"
        ref = await both.accepted(**entrusted, letter={"appraisal": CONSENTS})
        seen = await a.see(both.host, CHENGDU, ref)
        assert seen.letter is not None
        told = seen.letter["appraisal"]
        assert isinstance(told, dict)
        assert told["consent_worker"]
        assert told["consent_employer"]
        sitting = await both.drawn(ref)
        await both.to_the_opinion(ref, sitting, dissents=(sitting[0],))  # who presides has one vote, and dissents

        with pytest.raises(Refusal) as none:  # the host concludes here
            await both.reported(ref)
        assert none.value.details["guard"] == "conclusion_by_mode"
        concluded = {**ENTRUSTED, "on": both.today.isoformat()}
        seen = await both.reported(ref, conclusion=concluded)
        result = (seen.entries[-1].body or {})["appraisal_result"]
        assert isinstance(result, dict)
        assert result["conclusion"]["number"] == ENTRUSTED["number"]
        votes = {each["expert_id"]: each.get("agrees", False) for each in result["opinion"]["opinions"]}
        assert votes == {sitting[0]: False, sitting[1]: True, sitting[2]: True}
        (dissenter,) = [each for each in result["opinion"]["opinions"] if not each.get("agrees")]
        assert (dissenter["text"], dissenter["finding"]["grade"]) == ("应为八级", 8)
        assert result["opinion"]["dissent"] == "一名专家认为应为八级"
        with pytest.raises(Refusal) as not_adopted:
            await both.homes(ref, "COMPLETED", {}, "completed")
        assert not_adopted.value.details["guard"] == "adopted_in_one_act"
        adoption = {"body": {"adoption": {"adoption": "ADOPTION_ADOPTED"}}}
        await both.homes(ref, "COMPLETED", adoption, "completed")
        issued = {"number": "杭劳鉴〔2026〕3号", "on": both.today.isoformat(), "finding": a.FINDING}
        seen = await both.homes(ref, "CONCLUSION_ISSUED", {"body": {"conclusion": issued}})
        (serve,) = [each for each in seen.due_dates if each.clock == "serve-conclusion"]
        assert serve.nominal == both.today + timedelta(days=15)  # of a conclusion of after 2025-07-01
        await both.on(2)
        served = {"on": both.today.isoformat(), "service_method": "直接送达", "remedy_told": True}
        seen = await both.homes(ref, "CONCLUSION_SERVED", {"body": {"conclusion": served}})
        (window,) = [each for each in seen.due_dates if each.clock == "reappraisal"]
        assert window.nominal == both.today + timedelta(days=15)  # from the home's service, not from the host's paper
        with pytest.raises(Refusal) as early:
            await both.homes(
                ref, "REAPPRAISAL_RESULT", {"body": {"conclusion": {"on": both.day(0), "outcome": "维持"}}}
            )
        assert early.value.details["guard"] == "reappraisal_open"
        await both.on(16)  # a day late: told, and the province judges it
        seen = await both.homes(ref, "REAPPRAISAL_REQUESTED", {"body": {"conclusion": {"on": both.day(0)}}})
        assert "reappraisal" not in {each.clock for each in seen.due_dates}
        again = {"number": "浙劳鉴〔2026〕1号", "on": both.day(0), "outcome": "维持九级"}
        await both.homes(ref, "REAPPRAISAL_RESULT", {"body": {"conclusion": again}})
        with pytest.raises(Refusal) as twice:
            await both.homes(ref, "REAPPRAISAL_REQUESTED", {"body": {"conclusion": {"on": both.day(0)}}})
        assert twice.value.details["guard"] == "reappraisal_new"
        for node, bureau in ((both.home, HANGZHOU), (both.host, CHENGDU)):
            shown = (await a.see(node, bureau, ref)).appraisal
            assert shown is not None
            assert (shown.mode, shown.reappraised) == ("FULL_ENTRUST", True)
            assert (shown.served_on, shown.reappraisal_on) == (both.today - timedelta(days=16), both.today)
        await both.no_alarm(ref)
