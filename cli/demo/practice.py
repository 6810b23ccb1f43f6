"""演练: sample cases at different stages, for people who learn the desk. Everybody in them is made up."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from cli.demo.appraisal import play_appraisal_until
from cli.demo.desk import Json
from cli.demo.story import Staff, Tell, part, play_until
from delegation.digits import citizen_check_character

# name, sex, first seventeen digits of a number that nobody holds (the day of birth lies before the form's), stage
_PEOPLE: Final = (
    ("演练一号", "1", "33010619900101001", 1),
    ("演练二号", "2", "33010619910202002", 2),
    ("演练三号", "1", "33010619920303003", 3),
    ("演练四号", "2", "33010619930404004", 4),
    ("演练五号", "1", "33010619940505005", 5),
)
# The same of appraisals; what waits then: specialities, an appointment, the notice, the opinion, the home's check.
_APPRAISED: Final = (
    ("演练六号", "2", "33010619950606006", 1),
    ("演练七号", "1", "33010619960707007", 2),
    ("演练八号", "2", "33010619970808008", 3),
    ("演练九号", "1", "33010619980909009", 4),
    ("演练十号", "2", "33010619991010010", 5),
)
_SMALL: Final = frozenset({"text", "csv"})  # a practice needs no recording of 25 MB


def sample_cases(case: Json) -> list[tuple[int, Json]]:
    """(stage, case) of each sample: the one case with other people, small attachments and a number of its own."""
    return [(stage, _of(case, name, sex, digits)) for name, sex, digits, stage in _PEOPLE]


def sample_appraisals(case: Json) -> list[tuple[int, Json]]:
    """(stage, case) of each sample of an appraisal: nobody's number is that of a sample of the other business."""
    found = []
    for name, sex, digits, stage in _APPRAISED:
        sample = _of(case, name, sex, digits)
        appraisal = part(case, "appraisal")
        appraisal["delegation"] = {**part(appraisal, "delegation"), "case_key": f"演练〔{name}〕"}
        appraisal["letter"] = {**part(appraisal, "letter"), "acceptance_number": f"演练鉴〔{name}〕"}
        found.append((stage, {**sample, "appraisal": appraisal}))
    return found


def play_sample_appraisals(case: Json, staff: Staff, *, folder: Path, tell: Tell) -> list[str]:
    """Play each sample of an appraisal to its stage; gives the delegations' numbers."""
    numbers = []
    for stage, sample in sample_appraisals(case):
        inside = folder / f"appraisal-{stage}"
        inside.mkdir()
        numbers.append(play_appraisal_until(stage, sample, staff, folder=inside, tell=lambda _: None))
        tell(f"演练鉴定 {stage}：{numbers[-1]}")
    return numbers


def play_samples(case: Json, staff: Staff, *, folder: Path, host_unit: str, tell: Tell) -> list[str]:
    """Play each sample to its stage; gives the delegations' numbers."""
    numbers = []
    for position, (stage, sample) in enumerate(sample_cases(case)):
        inside = folder / str(position)
        inside.mkdir()
        number = play_until(stage, sample, staff, folder=inside, host_unit=host_unit, tell=lambda _: None)
        numbers.append(number)
        tell(f"演练案件 {position + 1}：{number}")
    return numbers


def _of(case: Json, name: str, sex: str, digits: str) -> Json:
    letter = dict(cast("Json", case["letter"]))
    number = digits + citizen_check_character(digits)
    born = f"{digits[6:10]}-{digits[10:12]}-{digits[12:14]}"
    letter["worker"] = {
        **cast("Json", letter["worker"]),
        "name": name,
        "sex": sex,
        "id_number": number,
        "born_on": born,
    }
    letter["acceptance_number"] = f"演练〔{name}〕"
    files = [each for each in cast("list[Mapping[str, object]]", case["attachments"]) if each["make"] in _SMALL]
    delegation = {**cast("Json", case["delegation"]), "case_key": f"演练〔{name}〕"}
    return {**case, "letter": letter, "delegation": delegation, "attachments": files}
