"""The golden files of the rules: made by their generator, and read here as another implementation would read them."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import cast

import pytest

from delegation.deadlines import (
    Due,
    Suspension,
    day_of,
    days_left_workdays,
    host_cap,
    last_resort_due,
    natural_due,
    pause_shift,
    statutory_due,
    working_due,
)
from delegation.digits import (
    DigitError,
    check_bureau_code,
    check_citizen_id,
    check_credit_code,
    check_old_citizen_id,
    parse_delegation_number,
    parse_unit_code,
)
from delegation.workdays import Calendar, CalendarYear, Overlay, RegionalCalendar
from scripts import make_vectors_rules


def text_of(name: str) -> str:
    return (make_vectors_rules.FOLDER / name).read_text(encoding="utf-8")


DEADLINES = json.loads(text_of("deadlines.json"))
DIGITS = json.loads(text_of("digits.json"))


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(texts: list[str]) -> frozenset[date]:
    return frozenset(map(day, texts))


def due(found: dict[str, str] | None) -> Due | None:
    return Due(day(found["nominal"]), day(found["legal"]), cast("bool", found["provisional"])) if found else None


def certain(text: str | None) -> Due | None:
    return Due(day(text), day(text), False) if text else None


def calendar() -> Calendar:
    stored = DEADLINES["calendar"]
    years = {
        int(year): CalendarYear(int(year), days(of["rest_days"]), days(of["make_up_workdays"]), of["source"])
        for year, of in stored["years"].items()
    }
    overlays = tuple(
        Overlay(of["region_code"], of["year"], days(of["rest_days"]), frozenset(), "vectors")
        for of in stored["overlays"]
    )
    return Calendar(1, years, overlays)


HERE: RegionalCalendar = calendar().at(DEADLINES["region_code"])


@pytest.mark.parametrize(
    ("name", "made"),
    [("deadlines.json", make_vectors_rules.deadlines_text), ("digits.json", make_vectors_rules.digits_text)],
)
def test_the_golden_files_are_what_their_generator_makes(name: str, made: Callable[[], str]) -> None:
    assert text_of(name) == made(), "run: python -m scripts.make_vectors_rules"
    assert json.loads(text_of(name))["generator"] == "scripts/make_vectors_rules.py"


def test_the_deadline_vectors_hold() -> None:
    for case in DEADLINES["natural_due"]:
        assert natural_due(day(case["start"]), case["days"], HERE) == due(case["due"])
    for case in DEADLINES["working_due"]:
        assert working_due(day(case["start"]), case["days"], HERE) == due(case["due"])
    for case in DEADLINES["working_due_with_overlay"]:
        there = calendar().at(case["region_code"])
        assert working_due(day(case["start"]), case["days"], there) == due(case["due"])
    for case in DEADLINES["host_cap"]:
        assert host_cap(day(case["home_nominal"]), HERE, case["margin_days"]) == due(case["due"])
    for case in DEADLINES["last_resort_due"]:
        assert last_resort_due(day(case["home_nominal"]), HERE) == due(case["due"])
    for case in DEADLINES["days_left_workdays"]:
        assert days_left_workdays(day(case["today"]), day(case["due"]), HERE) == case["left"]
    for case in DEADLINES["day_of"]:
        assert day_of(datetime.fromisoformat(case["instant"])) == day(case["day"])


def test_the_suspension_and_pause_vectors_hold() -> None:
    for case in DEADLINES["statutory_due"]:
        suspensions = [
            Suspension(day(s["effective_on"]), day(s["resumed_on"]) if s["resumed_on"] else None, s["ground"])
            for s in case["suspensions"]
        ]
        assert statutory_due(day(case["start"]), case["limit_days"], suspensions, HERE) == due(case["due"])
    for case in DEADLINES["pause_shift"]:
        before = certain(case["due"])
        assert before is not None
        moved = pause_shift(
            before,
            paused_on=day(case["paused_on"]),
            unpaused_on=day(case["unpaused_on"]),
            cal=HERE,
            cap=certain(case["cap"]),
        )
        assert moved == due(case["moved"])


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("citizen_id", lambda text: check_citizen_id(text, day(DIGITS["today"]))),
        ("old_citizen_id", lambda text: check_old_citizen_id(text, day(DIGITS["today"]))),
        ("credit_code", check_credit_code),
        ("delegation_number", parse_delegation_number),
        ("unit_code", parse_unit_code),
        ("bureau_code", check_bureau_code),
    ],
)
def test_the_digit_vectors_hold(name: str, check: Callable[[str], object]) -> None:
    cases = DIGITS[name]
    assert {case["error"] is None for case in cases} == {True, False}
    for case in cases:
        if case["error"] is None:
            check(case["text"])
        else:
            with pytest.raises(DigitError) as error:
                check(case["text"])
            assert error.value.code == case["error"]
