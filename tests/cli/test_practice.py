"""演练: samples about nobody, a mark on every page, and a federation that no other takes for its own."""

from datetime import date
from pathlib import Path

from cli.demo.appraisal import APPRAISAL_STAGES
from cli.demo.practice import sample_appraisals, sample_cases
from cli.demo.story import STAGES, load_case
from delegation.digits import check_citizen_id
from tests.gateway.conftest import a_house

_CASE = Path(__file__).resolve().parents[2] / "examples" / "hangzhou-chengdu.json"
_TODAY = date(2026, 11, 23)


def test_the_samples_are_about_different_people_at_every_stage() -> None:
    case = load_case(_CASE, today=_TODAY)
    samples, appraisals = sample_cases(case), sample_appraisals(case)
    workers = [sample["letter"]["worker"] for _, sample in (*samples, *appraisals)]  # type: ignore[index] # the case file's own shape
    for worker in workers:
        assert check_citizen_id(worker["id_number"], _TODAY).born_on.isoformat() == worker["born_on"]
        assert worker["name"].startswith("演练")
    assert len({worker["id_number"] for worker in workers}) == len(samples) + len(appraisals)
    assert {stage for stage, _ in samples} == set(range(1, STAGES + 1))
    assert {stage for stage, _ in appraisals} == set(range(1, APPRAISAL_STAGES)), "the newcomer concludes one"
    keys = [sample["appraisal"]["delegation"]["case_key"] for _, sample in appraisals]  # type: ignore[index] # as above
    assert len(set(keys)) == len(keys)


def test_the_samples_need_no_large_file() -> None:
    for _, sample in sample_cases(load_case(_CASE, today=_TODAY)):
        assert all("megabytes" not in each for each in sample["attachments"])  # type: ignore[attr-defined]


async def test_every_page_of_a_practice_says_so() -> None:
    for practice, marked in ((True, True), (False, False)):
        async with a_house(practice=practice).anonymous() as client:
            page = await client.get("/desk/sign-in")
            assert ("演练环境" in page.text) is marked
