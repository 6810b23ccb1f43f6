"""What a matter asks for and what is held of it."""

import pytest

from delegation.codes import Matter
from delegation.required_materials import REQUIRED, held_of

FILES = [("m1", "diagnosis"), ("m2", "medical_record"), ("m3", "photo"), ("m4", "medical-record"), ("m5", "")]


def test_every_matter_has_its_list_with_sources_and_codes_that_differ() -> None:
    assert set(REQUIRED) == set(Matter) - {Matter.UNSPECIFIED}
    for listed in REQUIRED.values():
        assert listed
        assert len({each.code for each in listed}) == len(listed)
        assert all(each.source and each.kinds and each.label for each in listed)


def test_what_an_investigation_delivered_is_held_for_the_appraisal() -> None:
    held = {each.required.code: each.material_ids for each in held_of(Matter.DISABILITY_GRADE, FILES)}
    assert held == {"decision": (), "diagnosis": ("m1",), "records": ("m2", "m4"), "examinations": (), "id": ()}


def test_an_illness_that_is_no_work_injury_asks_for_no_decision() -> None:
    assert "decision" not in {each.code for each in REQUIRED[Matter.NON_WORK_ILLNESS]}


@pytest.mark.parametrize("kind", ["", "other", "Diagnosis", "diagnosis2"])
def test_what_nobody_said_is_not_held(kind: str) -> None:
    assert not any(each.material_ids for each in held_of(Matter.INVESTIGATION, [("m", kind)]))


def test_a_matter_that_is_not_chosen_asks_for_nothing() -> None:
    assert held_of(Matter.UNSPECIFIED, FILES) == ()
