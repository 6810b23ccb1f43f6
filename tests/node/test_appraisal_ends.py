"""How an appraisal ends without a conclusion, and what no city is asked for, between two real nodes."""

from pathlib import Path

import pytest

from delegation.errors import Refusal
from tests.node import appraisals as a
from tests.node.committees import Committees, committees
from tests.node.world import CHENGDU, COMMITTEES, HANGZHOU


def missed(reason: str) -> dict[str, object]:
    return {"reasons": [reason], "body": {"absence": {"detail": "通知送达，未到场，电话无人接听", "material_ids": []}}}


def ended(reason: str = "N03") -> dict[str, object]:
    return {"reasons": [reason], "text": "两次通知，无正当理由未到场"}


async def absence(both: Committees, ref: str, reason: str, *, kind: str) -> None:
    """Appointed for five working days from today, told today with proof; the day comes and nobody does."""
    calendar = both.host.state.rosters.current.view.calendar_of(COMMITTEES[CHENGDU])
    days = (calendar.add_workdays(both.today, 5) - both.today).days
    await both.scheduled(ref, both.day(days), kind)
    await both.notified(ref)
    await both.on(days)
    await both.hosts(ref, "NO_SHOW", missed(reason), "scheduled")


async def test_two_absences_told_in_time_end_the_appraisal_and_no_city_appraises_again(tmp_path: Path) -> None:
    async with committees(tmp_path) as both:
        again = {"earlier_conclusion": "杭劳鉴〔2025〕1号", "earlier_concluded_on": "2025-12-01"}
        with pytest.raises(Refusal) as city:  # 再次鉴定 is the province's
            await a.issue(both.home, both.letter(appraisal_kind="AGAIN", letter={"appraisal": again}))
        assert city.value.details == {"guard": "again_by_provinces", "article": "regulation-26"}
        ref = await both.accepted()
        await both.drawn(ref)
        await both.scheduled(ref, both.day(1))
        with pytest.raises(Refusal) as early:  # nobody was absent yet
            await both.homes(ref, "TERMINATED", ended())
        assert early.value.details["guard"] == "absence_recorded"
        await absence(both, ref, "N03", kind="RESCHEDULED")
        with pytest.raises(Refusal) as same:  # one day is missed once
            await both.hosts(ref, "NO_SHOW", missed("N03"))
        assert same.value.details["guard"] == "missed_once"
        await absence(both, ref, "N04", kind="RESCHEDULED")
        shown = (await a.see(both.home, HANGZHOU, ref)).appraisal
        assert shown is not None
        assert (shown.absences, shown.missed_on) == (2, both.today)
        assert [each.state for each in shown.appointments] == ["moved", "missed", "missed"]
        with pytest.raises(Refusal) as of_host:  # the host records, the home ends it
            await a.two(both.host, CHENGDU, ref, "TERMINATED", ended())
        assert of_host.value.reason.value in {"WRONG_PARTY", "NOT_ALLOWED", "WRONG_MOVER"}
        with pytest.raises(Refusal):  # a ground that does not count
            await both.homes(ref, "TERMINATED", ended("N01"))
        seen = await both.homes(ref, "TERMINATED", ended("N04"), "terminated")
        assert {each.clock for each in seen.due_dates} == {"archive"}
        for late in ("SCHEDULED", "EXAMINED", "CONCLUSION_ISSUED"):
            moves = (await a.see(both.host, CHENGDU, ref)).moves
            assert late not in {each.kind for each in moves if each.allowed}
        await both.no_alarm(ref)
