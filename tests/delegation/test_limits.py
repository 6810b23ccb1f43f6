"""Statutory limits by the day they hold from, and the agreed times."""

from datetime import date

import pytest

from delegation.codes import Priority
from delegation.limits import (
    DEFAULT_GREEN,
    DEFAULT_NORMAL,
    STATUTORY_LIMITS,
    AgreedTimes,
    LimitError,
    LimitKind,
    LimitUnit,
    Step,
    statutory_limit,
)

NOW = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("kind", "on", "length", "unit"),
    [
        (LimitKind.RECOGNITION, NOW, 60, LimitUnit.NATURAL_DAYS),
        (LimitKind.RECOGNITION_SIMPLE, NOW, 15, LimitUnit.NATURAL_DAYS),
        (LimitKind.SERVE_DECISION, NOW, 20, LimitUnit.NATURAL_DAYS),
        (LimitKind.APPRAISAL, NOW, 60, LimitUnit.NATURAL_DAYS),
        (LimitKind.MATERIAL_NOTICE, NOW, 5, LimitUnit.WORKING_DAYS),
        (LimitKind.SERVE_CONCLUSION, date(2025, 6, 30), 20, LimitUnit.NATURAL_DAYS),
        (LimitKind.SERVE_CONCLUSION, date(2025, 7, 1), 15, LimitUnit.NATURAL_DAYS),
        (LimitKind.REAPPRAISAL_REQUEST, NOW, 15, LimitUnit.NATURAL_DAYS),
        (LimitKind.REVIEW, NOW, 1, LimitUnit.YEARS),
    ],
)
def test_limits_of_the_law(kind: LimitKind, on: date, length: int, unit: LimitUnit) -> None:
    limit = statutory_limit(kind, on)
    assert (limit.length, limit.unit) == (length, unit)


def test_only_the_appraisal_may_be_extended_and_by_thirty_days() -> None:
    assert {row.kind: row.extension for row in STATUTORY_LIMITS if row.extension} == {LimitKind.APPRAISAL: 30}


def test_every_kind_has_a_row_and_every_row_its_article() -> None:
    assert {row.kind for row in STATUTORY_LIMITS} == set(LimitKind)
    assert all(row.article.startswith("《") and row.starts.endswith("之日") for row in STATUTORY_LIMITS)
    assert len({(row.kind, row.effective_from) for row in STATUTORY_LIMITS}) == len(STATUTORY_LIMITS)


def test_the_order_of_the_rows_does_not_matter() -> None:
    upside_down = tuple(reversed(STATUTORY_LIMITS))
    assert statutory_limit(LimitKind.SERVE_CONCLUSION, NOW, upside_down).length == 15


def test_before_the_table_begins_no_limit_is_guessed() -> None:
    with pytest.raises(LimitError) as error:
        statutory_limit(LimitKind.RECOGNITION, date(2010, 12, 31))
    assert error.value.code == "not_in_force"


@pytest.mark.parametrize(
    ("step", "normal", "green"),
    [
        (Step.SIGN, 1, 1),
        (Step.DECIDE, 3, 1),
        (Step.INVESTIGATE, 15, 7),
        (Step.CORRECT, 5, 5),
        (Step.SUPPLEMENT, 7, 3),
        (Step.EXTENSION, 10, 10),
        (Step.CHECK, 3, 3),
        (Step.EXAMINE, 15, 7),
        (Step.FORM_OPINION, 3, 2),
    ],
)
def test_default_agreed_times(step: Step, normal: int, green: int) -> None:
    times = AgreedTimes()
    assert times.days(step, Priority.NORMAL) == times.days(step, Priority.PREFERRED) == normal
    assert times.days(step, Priority.GREEN) == green


def test_a_priority_that_is_not_stated_has_no_time() -> None:
    with pytest.raises(LimitError) as error:
        AgreedTimes().days(Step.SIGN, Priority.UNSPECIFIED)
    assert error.value.code == "priority"


@pytest.mark.parametrize(
    ("normal", "green", "code"),
    [
        ({Step.SIGN: 1}, {}, "step"),
        ({**DEFAULT_NORMAL, Step.SIGN: 0}, {}, "length"),
        ({**DEFAULT_NORMAL, Step.SIGN: 61}, {}, "length"),
        (DEFAULT_NORMAL, {**DEFAULT_GREEN, Step.DECIDE: 4}, "length"),
    ],
)
def test_agreed_times_that_cannot_hold_are_refused(normal: dict[Step, int], green: dict[Step, int], code: str) -> None:
    with pytest.raises(LimitError) as error:
        AgreedTimes(normal, green)
    assert error.value.code == code


def test_agreed_times_do_not_change_with_the_dictionary_they_were_made_of() -> None:
    normal = dict(DEFAULT_NORMAL)
    times = AgreedTimes(normal)
    normal[Step.SIGN] = 9
    assert times.days(Step.SIGN, Priority.NORMAL) == 1
