"""The standard's arithmetic, and the lists of specialities and reasons."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.appraisal_rules import (
    GRADE_LABELS,
    GRADE_WARNINGS,
    NOT_REACHED,
    SELF_CARE_DEGREES,
    SELF_CARE_ITEMS,
    SELF_CARE_LABELS,
    GradeWarning,
    clause_grade,
    clause_warnings,
    grade_warnings,
    self_care_degree,
    warning_label,
)
from delegation.specialties import (
    DIVISIONS,
    INELIGIBLE,
    SPECIALTIES,
    SPECIALTY_PATTERN,
    Ineligibility,
    has_specialty_form,
    ineligibility_label,
    is_specialty,
    specialties_of,
    specialty_label,
)

_GRADE = st.integers(1, NOT_REACHED)


@pytest.mark.parametrize(("items", "degree"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_self_care_is_computed_from_five_items(items: int, degree: int) -> None:
    assert self_care_degree(items) == degree
    assert degree in SELF_CARE_DEGREES
    assert tuple(SELF_CARE_LABELS) == SELF_CARE_ITEMS


@pytest.mark.parametrize("items", [-1, 6])
def test_more_than_five_items_are_refused(items: int) -> None:
    with pytest.raises(ValueError, match="range"):
        self_care_degree(items)


@pytest.mark.parametrize(
    ("grades", "combined", "codes"),
    [
        ((), 0, ()),
        ((9,), 9, ()),
        ((9, 9), 8, ()),
        ((9, 9), 9, ()),
        ((7, 9, 10), 7, ()),
        ((7, 9), 9, ("G01",)),
        ((7, 9), 8, ("G02",)),
        ((7,), 10, ("G02",)),
        ((9, 9), 7, ("G03",)),
        ((9,), 8, ("G04",)),
        ((8, 9, 9), 7, ("G04",)),
        ((9,), 7, ("G03", "G04")),
        ((11,), 11, ()),
        ((11, 11), 10, ("G04",)),
        ((1, 1), 0, ("G05",)),
        ((0,), 9, ("G05",)),
        ((9,), 12, ("G05",)),
        ((), 9, ("G06",)),
    ],
)
def test_combined_grades(grades: tuple[int, ...], combined: int, codes: tuple[str, ...]) -> None:
    assert grade_warnings(grades, combined) == codes


@given(st.lists(_GRADE, min_size=1, max_size=12), _GRADE)
def test_no_warning_means_heaviest_or_one_better_with_two_equal(grades: list[int], combined: int) -> None:
    heaviest = sorted(grades)[0]
    two_equal = heaviest <= 10 and sorted(grades)[:2] == [heaviest, heaviest]
    lawful = {heaviest} | ({heaviest - 1} if two_equal and heaviest > 1 else set())
    assert (grade_warnings(grades, combined) == ()) is (combined in lawful)


@given(st.lists(st.integers(-3, 15), max_size=8), st.integers(-3, 15))
def test_order_of_injuries_does_not_matter_and_every_code_has_a_text(grades: list[int], combined: int) -> None:
    told = grade_warnings(grades, combined)
    assert grade_warnings(sorted(grades), combined) == told
    assert list(told) == sorted(set(told))
    assert all(warning_label(code) != code for code in told)


@given(st.lists(_GRADE, min_size=1, max_size=8), _GRADE, _GRADE)
def test_a_lighter_injury_more_never_makes_a_right_grade_wrong(grades: list[int], combined: int, more: int) -> None:
    if grade_warnings(grades, combined) == () and more > min(grades):
        assert grade_warnings([*grades, more], combined) == ()


@pytest.mark.parametrize(
    ("clause", "grade"),
    [("5.1.1", 1), ("5.9.2", 9), ("5.9.2.13", 9), ("5.10.2.1", 10), ("5.11.2", None), ("5.9.1.2", None), ("5.9", None),
     ("4.2", None), ("5.9.2.013", None), ("５.9.2", None), ("5.9.2.13\n", None), ("", None)],
)  # fmt: skip
def test_clauses(clause: str, grade: int | None) -> None:
    assert clause_grade(clause) == grade


def test_a_clause_of_another_grade_is_told() -> None:
    assert clause_warnings("5.9.2.13", 9) == ()
    assert clause_warnings("5.9.2.13", 8) == (GradeWarning.CLAUSE_OF_ANOTHER_GRADE,)
    assert clause_warnings("left leg", 8) == (GradeWarning.CLAUSE_NOT_KNOWN,)
    assert clause_warnings("", NOT_REACHED) == ()
    assert clause_warnings("", 9) == (GradeWarning.CLAUSE_NOT_KNOWN,)


def test_lists_are_whole() -> None:
    assert [each.code for each in GRADE_WARNINGS] == list(GradeWarning)
    assert [each.code for each in INELIGIBLE] == list(Ineligibility)
    told = [(each.label, each.source) for each in GRADE_WARNINGS]
    told += [(each.label, each.source) for each in INELIGIBLE]
    told += [(each.label, each.source) for each in SPECIALTIES.values()]
    assert all(label and source for label, source in told)
    assert len({each.label for each in SPECIALTIES.values()}) == len(SPECIALTIES)
    assert list(GRADE_LABELS) == list(range(1, NOT_REACHED + 1))


def test_specialities_stand_in_divisions() -> None:
    assert [each.code for each in DIVISIONS] == [f"M{number}" for number in range(1, 7)]
    assert [each for one in DIVISIONS for each in specialties_of(one.code)] == list(SPECIALTIES.values())
    assert all(specialties_of(one.code) for one in DIVISIONS)
    assert specialties_of("M7") == ()
    assert all(re.fullmatch(SPECIALTY_PATTERN, code) and has_specialty_form(code) for code in SPECIALTIES)
    assert is_specialty("M201")
    assert not is_specialty("M299")
    assert has_specialty_form("M299")
    assert not has_specialty_form("M2010")
    assert specialty_label("M201") == "骨科"
    assert specialty_label("M999") == "M999"
    assert ineligibility_label("I03") == "聘期已满"
    assert ineligibility_label("I99") == "I99"
