"""No word of a case is anywhere at a provincial office or the registry: database, WAL, reports, log, metrics, errors.

The office's copy and its own threads run, a report is made. `tests/trials/test_canaries.py` looks into memory too.
"""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from delegation.deadlines import day_of
from delegation.errors import Refusal
from delegation.figures import Count, Period
from node.province.ports import Behind, Wanted
from tests.node.province.test_acts import boss
from tests.node.world import (
    CHENGDU,
    HANGZHOU,
    NOTHING,
    ZHEJIANG,
    World,
    an_investigation,
    issued,
    make,
    now,
    reach,
    running,
    until,
    view,
)
from tests.trials.support.canaries import Canaries
from tests.trials.support.search import Search, forms_of_number, forms_of_text

WORDS = ("worker name", "employer name", "case summary", "item", "acceptance number", "investigator")


def _searched(canaries: Canaries) -> Search:
    words = {name: forms_of_text(canaries.texts[name]) for name in WORDS}
    words["ID number"] = forms_of_number(canaries.id_number)
    return Search(words, last_four=canaries.id_number[-4:])


def _business(canaries: Canaries) -> dict[str, object]:
    words, business = canaries.texts, an_investigation()
    letter = business["letter"]
    assert isinstance(letter, dict)
    letter |= {
        "acceptance_number": words["acceptance number"],
        "case_summary": words["case summary"],
        "items": [{"code": "A1", "text": words["item"], "mandatory": True}],
        "employer": {"name": words["employer name"]},
    }
    letter["worker"] |= {"name": words["worker name"], "id_number": canaries.id_number}
    return business


def _assignment(canaries: Canaries, unit: str) -> dict[str, object]:
    people = [
        {
            "staff_id": f"i{number}", "name": canaries.texts["investigator"], "credential_kind": "执法证",
            "credential_number": f"C{number}", "unit": unit, "recusal_declared": True,
        }
        for number in (1, 2)
    ]  # fmt: skip
    return {"body": {"assignment": {"investigators": people}}}


async def _played(world: World, canaries: Canaries) -> str:
    home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
    ref = (await issued(home, HANGZHOU, _business(canaries))).row.delegation_id
    seen = await reach(host, CHENGDU, ref, "issued")
    for kind in ("SIGNED_FOR", "ACCEPTED"):
        await make(host, CHENGDU, ref, kind, NOTHING)
    await make(host, CHENGDU, ref, "ASSIGNED", _assignment(canaries, seen.row.host_unit))
    return ref


async def test_an_office_and_the_registry_hold_no_word_of_a_case(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    canaries = Canaries.drawn(seed)
    search, told = _searched(canaries), list[bytes]()
    wanted = Wanted(period=Period(day_of(now()) - timedelta(days=3), day_of(now())))
    async with running(tmp_path, ZHEJIANG, HANGZHOU, CHENGDU) as world:
        ref = await _played(world, canaries)
        office, actor = world.nodes[ZHEJIANG], boss(ZHEJIANG)
        seen = await until(
            lambda: office.oversight.overview(actor, wanted), lambda found: found.tally.counts.get(Count.ACCEPTED) == 1
        )
        # the positive control: where the case is known the same search finds every word
        known = [repr(await view(world.nodes[bureau], bureau, ref)) for bureau in (HANGZHOU, CHENGDU)]
        assert {"worker name", "ID number", "case summary"} <= {
            each.word for each in search.data("".join(known).encode(), "control")
        }

        report = await office.reports.make_report(actor, wanted.period)
        told += [await office.reports.report_content(actor, report.report_id)]
        timeline = await office.oversight.timeline(actor, ref)
        lines = await office.oversight.lines(actor, wanted, Behind())
        told += [repr(each).encode() for each in (seen, report, timeline, lines)]
        assert len(timeline.steps) >= 3
        for word in (canaries.id_number, canaries.texts["worker name"]):  # by who puts it where it does not belong
            with pytest.raises(Refusal) as refused:
                await office.oversight.timeline(actor, word)
            told.append(f"{refused.value!r} {refused.value} {refused.value.details}".encode())
        told.append(office.metrics.text())
        places = [office.settings.data_dir, tmp_path / "registry"]
        assert {path.suffix for path in office.settings.data_dir.rglob("*")} >= {".db"}
        assert search.files(*places) == []
    assert search.files(*places) == [], "stopped"
    output = capfd.readouterr()
    told += [output.out.encode(), output.err.encode()]
    assert search.data(b"\n".join(told), "told") == []
