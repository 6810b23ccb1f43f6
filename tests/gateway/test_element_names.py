"""The export for the agency that pays benefits: the ministry's names, nothing made up."""

import re

from gateway.element_names import ELEMENTS, exported
from tests.gateway.bureau.a_case import a_full_case
from tests.gateway.conftest import House
from tests.gateway.fake_views import DELEGATION


def test_each_name_is_one_of_the_systems_and_stands_once() -> None:
    names = [name for name, _, _ in ELEMENTS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"A[A-Z]{2}[0-9]{3}", name) for name in names)


def test_what_the_letter_holds_goes_out_under_its_name() -> None:
    elements = exported(a_full_case())["elements"]
    assert isinstance(elements, dict)
    assert elements["AAC003"] == "沈砚青"
    assert elements["ALC017"] == "2026-08-03"
    assert elements["AAZ127"] == DELEGATION


def test_the_decision_is_not_held_here_and_said_so() -> None:
    found = exported(a_full_case())
    missing, elements = found["missing"], found["elements"]
    assert isinstance(missing, tuple)
    assert isinstance(elements, dict)
    assert {"ALC011", "ALC029", "ALA040"} <= set(missing)
    assert not set(missing) & set(elements)


async def test_it_is_answered_to_a_clerk_and_not_to_an_administrator(house: House) -> None:
    house.station.desk.shown = a_full_case()
    address = f"/api/v1/delegations/{DELEGATION}/export"
    async with house.caller("clerk") as client:
        assert (await client.get(address)).json()["elements"]["AAB004"] == "杭州示例公司"
    async with house.caller("administrator") as client:
        assert (await client.get(address)).status_code == 403
