"""Who may be drawn, why others may not, and what can be done where too few are."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.draw import strata_problem
from delegation.draw_lists import PoolExpert
from delegation.eligibility import (
    Asked,
    Declaration,
    DeclaredOf,
    Member,
    Parties,
    PlanFault,
    WayOut,
    eligibility,
    plan_fault,
    same_unit,
)
from delegation.specialties import SPECIALTIES, Ineligibility, is_senior

ON = date(2026, 11, 23)
CASE = Parties(
    worker_name="王小明", worker_number="11010519491231002X", employer_name="某某建筑（集团）有限公司",
    employer_number="91330100MA27X8888X", treating_hospitals=("成都市第三人民医院",), close=("李红",),
)  # fmt: skip
PLAN = (Asked("M201", 2, 1), Asked("M101", 1, 1))


def member(number: str = "1", *declared: Declaration, **changes: Any) -> Member:
    values: dict[str, Any] = {
        "expert_id": number, "name": "专家" + number, "title": "主任医师", "employer": "四川大学华西医院",
        "specialties": ("M201",), "appointed_from": "2025-01-01", "appointed_until": "2027-12-31", "active": True,
    }  # fmt: skip
    return Member(PoolExpert(**{**values, **changes}), declared)


def reason(one: Member, **more: Any) -> Ineligibility | None:
    return eligibility([one], CASE, PLAN, on=ON, **more).reasons[0]


def test_each_reason_has_its_expert() -> None:
    assert reason(member()) is None
    assert reason(member(active=False)) is Ineligibility.NOT_ACTIVE
    assert reason(member(appointed_from="2026-11-24")) is Ineligibility.TERM_NOT_BEGUN
    assert reason(member(appointed_until="2026-11-22")) is Ineligibility.TERM_OVER
    assert reason(member(appointed_from="2026-11-23", appointed_until="2026-11-23")) is None
    assert reason(member(title="主治医师")) is Ineligibility.NO_SENIOR_TITLE
    assert reason(member(), void=["1"]) is Ineligibility.VOID_PANEL
    assert reason(member(), recused={"1"}) is Ineligibility.RECUSED
    assert reason(member(employer="某某建筑(集团)有限公司 第二分公司")) is Ineligibility.EMPLOYER
    assert reason(member(employer="成都市第三人民医院东区")) is Ineligibility.TREATING_HOSPITAL
    assert reason(member(specialties=("M301",))) is Ineligibility.SPECIALTY_NOT_ASKED


def test_declared_conflicts() -> None:
    person, unit = DeclaredOf.PERSON, DeclaredOf.UNIT
    kin = Ineligibility.KINSHIP
    assert reason(member("1", Declaration(person, "王 小明"))) is kin
    assert reason(member("1", Declaration(person, "王小明", "110105194912310021"))) is None  # a namesake
    assert reason(member("1", Declaration(person, "", "11010519491231002x"))) is kin
    assert reason(member("1", Declaration(person, "李红"))) is kin
    assert reason(member("1", Declaration(person, "张三"))) is None
    assert reason(member("1", Declaration(unit, "成都市第三人民医院"))) is kin
    assert reason(member("1", Declaration(unit, "别的名称", "91330100MA27X8888X"))) is kin
    assert reason(member("1", Declaration(unit, "医院"))) is None  # too short to mean one
    assert reason(member(), declared_since=[("1", Declaration(person, "王小明"))]) is kin
    assert reason(member(), declared_since=[("2", Declaration(person, "王小明"))]) is None


def test_an_expert_stands_in_the_first_stratum_of_the_plan_that_fits() -> None:
    pool = [member("1", specialties=("M101", "M201")), member("2", specialties=("M101",)), member("3")]
    found = eligibility(pool, CASE, PLAN, on=ON)
    assert found.strata == ((0, 2), (1,))
    assert [(each.seats, each.reserves, each.eligible) for each in found.figures] == [(2, 1, 2), (1, 1, 1)]
    turned = eligibility(pool, CASE, PLAN[::-1], on=ON)
    assert turned.strata == ((0, 1), (2,))


def test_too_few_is_told_with_what_can_be_done() -> None:
    pool = [member(str(number)) for number in range(3)] + [member("9", specialties=("M101",))]
    pool += [
        member("20", specialties=("M102",)),
        member("21", specialties=("M102", "M301")),
        member("22", active=False),
    ]
    found = eligibility(pool, CASE, PLAN, on=ON)
    (short,) = found.shortages
    assert (short.stratum, short.specialty, short.seats, short.reserves, short.eligible) == (1, "M101", 1, 1, 1)
    assert found.ways_out == (WayOut.FEWER_RESERVES, WayOut.WIDEN, WayOut.SECONDMENT, WayOut.OTHER_COMMITTEE)
    assert [(each.specialty, each.experts) for each in found.spare] == [("M102", 2), ("M301", 1)]  # same division first
    assert found.counts == ((Ineligibility.NOT_ACTIVE, 1), (Ineligibility.SPECIALTY_NOT_ASKED, 2))
    none = eligibility([], CASE, PLAN, on=ON)
    assert none.ways_out == (WayOut.SECONDMENT, WayOut.OTHER_COMMITTEE)
    whole = eligibility([*pool, member("10", specialties=("M101",))], CASE, PLAN, on=ON)
    assert (whole.is_short, whole.ways_out, whole.spare) == (False, (), ())


def test_plans() -> None:
    assert plan_fault(PLAN) is None
    assert plan_fault(()) is PlanFault.STRATA_COUNT
    assert plan_fault([Asked("M201", 1, 0)] * 6) is PlanFault.STRATA_COUNT
    assert plan_fault([Asked("M999", 3, 0)]) is PlanFault.SPECIALTY_UNKNOWN
    assert plan_fault([Asked("M201", 2, 0), Asked("M201", 1, 0)]) is PlanFault.SPECIALTY_TWICE
    assert plan_fault([Asked("M201", 3, 0), Asked("M101", 0, 0)]) is PlanFault.NO_SEAT
    assert plan_fault([Asked("M201", 4, 0)]) is PlanFault.PANEL_SIZE
    with pytest.raises(ValueError, match="panel_size"):
        eligibility([], CASE, [Asked("M201", 4, 0)], on=ON)


def test_titles_and_names() -> None:
    assert is_senior("副主任医师")
    assert is_senior("主任医师、教授")
    assert not is_senior("主治医师")
    assert not is_senior("")
    assert same_unit("四川大学华西医院", "四川大学华西医院（上锦）")
    assert not same_unit("人民医院", "四川省人民医院")
    assert not same_unit("", "")


_members = st.builds(
    lambda number, codes, active, title, employer: member(
        number, specialties=tuple(sorted(codes)), active=active, title=title, employer=employer
    ),
    st.text("0123456789", min_size=1, max_size=4),
    st.sets(st.sampled_from(list(SPECIALTIES)[:8]), min_size=1, max_size=3),
    st.booleans(),
    st.sampled_from(["主任医师", "医师"]),
    st.sampled_from(["四川大学华西医院", "成都市第三人民医院"]),
)
_plans = st.lists(st.sampled_from(list(SPECIALTIES)[:8]), min_size=1, max_size=3, unique=True).map(
    lambda codes: [Asked(code, 3 - len(codes) + 1 if place == 0 else 1, 1) for place, code in enumerate(codes)]
)


@given(st.lists(_members, max_size=30, unique_by=lambda one: one.expert.expert_id), _plans, st.sets(st.text("01")))
def test_everyone_stands_once_or_has_a_reason(pool: list[Member], plan: list[Asked], void: set[str]) -> None:
    found = eligibility(pool, CASE, plan, on=ON, void=void)
    standing = [index for stratum in found.strata for index in stratum]
    assert sorted(standing) == [index for index, why in enumerate(found.reasons) if why is None]
    assert sum(count for _, count in found.counts) + len(standing) == len(pool)
    for place, stratum in enumerate(found.strata):
        assert list(stratum) == sorted(stratum)
        earlier = {asked.specialty for asked in plan[:place]}
        for index in stratum:
            assert plan[place].specialty in pool[index].expert.specialties
            assert earlier.isdisjoint(pool[index].expert.specialties)
            assert pool[index].expert.expert_id not in void
    assert (strata_problem(found.figures) is None) is not found.is_short
    more = eligibility(pool, CASE, plan, on=ON, void=void | {one.expert.expert_id for one in pool[:1]})
    assert {index for stratum in more.strata for index in stratum} <= set(standing)
