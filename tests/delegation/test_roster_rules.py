"""A roster that contradicts itself or the law is refused, each fault under its own name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from delegation.codes import AppraisalMode, Matter, SealingSuite, SigningSuite
from delegation.errors import Reason, Refusal
from delegation.roster_advice import advice
from delegation.roster_rules import Problem, validate_roster
from delegation.roster_view import (
    AgreedTime,
    Agreement,
    Bureau,
    Competence,
    Revocation,
    RosterView,
    RuleVersion,
    Succession,
    SuiteRule,
    UnitLife,
    UnitType,
)
from tests import builders as b

SINCE = date(2020, 1, 1)
ASKED = Matter.INVESTIGATION


def also(*records: Competence) -> Callable[[RosterView], RosterView]:
    return lambda roster: replace(roster, competences=(*roster.competences, *records))


def unit(code: str, **changes: object) -> Callable[[RosterView], RosterView]:
    return lambda roster: b.with_unit(roster, code, **changes)


def agreed(**changes: object) -> Callable[[RosterView], RosterView]:
    first, second = sorted((b.HANGZHOU_RD, b.CHENGDU_RD))
    agreement = Agreement(agreement_id=b.a_uuid7(50), units=(first, second), matters=(ASKED,), valid_from=SINCE)
    return lambda roster: replace(roster, agreements=(replace(agreement, **changes),))  # type: ignore[arg-type]


def twice(roster: RosterView) -> RosterView:
    one = agreed()(roster).agreements[0]
    return replace(roster, agreements=(one, replace(one, valid_from=date(2026, 1, 1))))


FAULTS: list[tuple[Problem, Callable[[RosterView], RosterView]]] = [
    (Problem.CODE, lambda r: replace(r, bureaus={"x": Bureau("33", "杭州", "330100")})),
    (Problem.CODE, lambda r: replace(r, units={"330100RD019": replace(b.a_unit(b.HANGZHOU_RD), code="330100RD019")})),
    (Problem.CODE, lambda r: replace(r, units={**r.units, b.DEYANG_RD: b.a_unit(b.CHENGDU_RD)})),
    (Problem.CODE, also(Competence("chengdu", ASKED, b.CHENGDU_RD, SINCE))),
    (Problem.UNIT_TYPE, unit(b.HANGZHOU_RD, type=UnitType.APPRAISAL)),
    (Problem.UNKNOWN_REGION, unit(b.HANGZHOU_RD, region="990000")),
    (Problem.UNKNOWN_REGION, unit(b.HANGZHOU_RD, calendar_region="990000")),
    (Problem.UNKNOWN_REGION, lambda r: replace(r, bureaus={**r.bureaus, "990000": Bureau("990000", "某", "990000")})),
    (Problem.UNKNOWN_REGION, also(Competence("990000", ASKED, b.CHENGDU_RD, SINCE))),
    (Problem.UNKNOWN_BUREAU, unit(b.HANGZHOU_RD, bureau="120000")),
    (Problem.UNKNOWN_UNIT, unit(b.HANGZHOU_RD, parent=b.code_of("120000", UnitType.PROVINCIAL))),
    (Problem.UNKNOWN_UNIT, unit(b.HANGZHOU_RD, successions=(Succession("x", SINCE),))),
    (Problem.UNKNOWN_UNIT, also(Competence("510104", ASKED, b.code_of("510104", UnitType.RECOGNITION), SINCE))),
    (Problem.UNKNOWN_UNIT, agreed(units=("x", b.CHENGDU_RD))),
    (Problem.PARENT, unit(b.HANGZHOU_RD, parent=b.CHENGDU_RD)),
    (Problem.PARENT, unit(b.NATIONAL_NO, parent=b.SICHUAN_PO)),
    (Problem.SUCCESSION, unit(b.HANGZHOU_RD, successions=(Succession(b.HANGZHOU_RD, SINCE),))),
    (Problem.SUCCESSION, unit(b.HANGZHOU_RD, successions=(Succession(b.CHENGDU_AC, SINCE),))),
    (Problem.MEMBER_WITHOUT_BUREAU, unit(b.HANGZHOU_RD, bureau="")),
    (Problem.MEMBER_WITHOUT_KEYS, unit(b.HANGZHOU_RD, sealing_keys=())),
    (Problem.MEMBER_WITHOUT_KEYS, unit(b.HANGZHOU_RD, signing_certificates=())),
    (Problem.SHARED_KEY, unit(b.HANGZHOU_RD, signing_certificates=(b.a_certificate(b.CHENGDU_RD),))),
    (Problem.SHARED_KEY, unit(b.HANGZHOU_RD, sealing_keys=(b.a_sealing_key(b.CHENGDU_RD),))),
    (Problem.COMPETENCE_DATES, also(Competence("510104", ASKED, b.CHENGDU_RD, SINCE, SINCE - timedelta(days=1)))),
    (Problem.COMPETENCE_OVERLAP, also(Competence("510100", ASKED, b.DEYANG_RD, date(2026, 1, 1)))),
    (Problem.COMPETENCE_MATTER, also(Competence("510104", Matter.SELF_CARE, b.CHENGDU_RD, SINCE))),
    (Problem.COMPETENCE_MATTER, also(Competence("510104", ASKED, b.CHENGDU_AC, SINCE))),
    (Problem.COMPETENCE_MATTER, also(Competence("510104", Matter.UNSPECIFIED, b.CHENGDU_RD, SINCE))),
    (Problem.PROVINCIAL_DETERMINATION, also(Competence("510000", ASKED, b.SICHUAN_PO, SINCE))),
    (Problem.PROVINCIAL_DETERMINATION, also(Competence("510000", ASKED, b.SICHUAN_PO, date(2010, 1, 1)))),
    (
        Problem.PROVINCIAL_DETERMINATION,
        also(Competence("510000", Matter.SELF_CARE, b.SICHUAN_PO, date(2010, 1, 1), date(2019, 1, 1))),
    ),
    (Problem.AGREEMENT, agreed(units=tuple(sorted((b.HANGZHOU_RD, b.CHENGDU_RD), reverse=True)))),
    (Problem.AGREEMENT, agreed(valid_to=date(2019, 1, 1))),
    (Problem.AGREEMENT, agreed(matters=())),
    (Problem.AGREEMENT, agreed(agreement_id="ours")),
    (Problem.AGREEMENT, agreed(times=(AgreedTime("lunch", 2),))),
    (Problem.AGREEMENT, agreed(times=(AgreedTime("investigate", 61),))),
    (Problem.AGREEMENT, agreed(times=(AgreedTime("investigate", 5, 6),))),
    (Problem.AGREEMENT, agreed(times=(AgreedTime("correct", 5), AgreedTime("correction", 6)))),
    (Problem.AGREEMENT_SCOPE, agreed(matters=(Matter.DISABILITY_GRADE,))),
    (Problem.AGREEMENT_SCOPE, agreed(modes=(AppraisalMode.FULL_ENTRUST,))),
    (Problem.AGREEMENT_OVERLAP, twice),
    (Problem.SUITES, lambda r: replace(r, suites=())),
    (
        Problem.SUITES,
        lambda r: replace(r, suites=(SuiteRule(SigningSuite.ECDSA_P256_SHA256, SealingSuite.UNSPECIFIED, SINCE),)),
    ),
    (Problem.SUITES, lambda r: replace(r, suites=(replace(r.suites[0], allowed_to=date(2019, 1, 1)),))),
    (Problem.SUITES, lambda r: replace(r, suites=(replace(r.suites[0], demanded_from=date(2019, 1, 1)),))),
    (Problem.RULES, lambda r: replace(r, rules=())),
    (Problem.RULES, lambda r: replace(r, rules=(RuleVersion(2, SINCE), RuleVersion(1, b.TODAY)))),
    (
        Problem.REVOCATION,
        lambda r: replace(r, revocations={b"x" * 32: Revocation(b"x" * 32, b.NOW, b.NOW + timedelta(days=1))}),
    ),
]  # fmt: skip


def test_a_good_roster_passes() -> None:
    validate_roster(b.a_roster())
    validate_roster(agreed(times=(AgreedTime("correction", 5), AgreedTime("investigate", 10, 4)))(b.a_roster()))


@pytest.mark.parametrize(("problem", "spoil"), FAULTS, ids=[f"{p.value}-{n}" for n, (p, _) in enumerate(FAULTS)])
def test_each_fault_is_refused_under_its_name(problem: Problem, spoil: Callable[[RosterView], RosterView]) -> None:
    with pytest.raises(Refusal) as caught:
        validate_roster(spoil(b.a_roster()))
    assert caught.value.reason is Reason.INVALID_INPUT
    assert caught.value.details["problem"] == problem


def test_every_problem_has_a_case() -> None:
    assert {problem for problem, _ in FAULTS} == set(Problem)


def test_a_province_may_have_determined_until_2018() -> None:
    validate_roster(also(Competence("510000", ASKED, b.SICHUAN_PO, date(2010, 1, 1), date(2018, 12, 31)))(b.a_roster()))


def test_a_non_member_needs_neither_bureau_nor_keys() -> None:
    validate_roster(
        b.with_unit(
            b.a_roster(), b.DEYANG_RD, life=UnitLife.NON_MEMBER, bureau="", signing_certificates=(), sealing_keys=()
        )
    )


def test_every_problem_says_what_to_change() -> None:
    for problem in Problem:
        assert advice(Refusal(Reason.INVALID_INPUT, field="roster", problem=problem.value))
    assert not advice(Refusal(Reason.INVALID_INPUT, field="body.place", problem=Problem.CODE.value))
    assert not advice(Refusal(Reason.INVALID_INPUT, field="roster", problem="none of them"))
