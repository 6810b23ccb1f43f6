"""What the roster answers: who is competent, who is above, by which times, calendars, keys and versions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from delegation.codes import Matter, PlaceCertainty, PlaceRole, Priority, SealingSuite, SigningSuite
from delegation.errors import Reason, Refusal
from delegation.limits import Step
from delegation.model import TaskPlace, Versions
from delegation.roster_view import (
    AgreedTime,
    Agreement,
    Competence,
    Revocation,
    RosterView,
    RuleVersion,
    Succession,
    SuiteRule,
    UnitLife,
    UnitType,
)
from delegation.workdays import Calendar, Overlay, load_seed_years
from tests import builders as b

ASKED = Matter.INVESTIGATION
SINCE = date(2020, 1, 1)
AGREEMENT = Agreement(
    agreement_id=b.a_uuid7(50),
    units=tuple(sorted((b.HANGZHOU_RD, b.CHENGDU_RD))),  # type: ignore[arg-type]  # two of them
    matters=(ASKED,),
    times=(AgreedTime("investigate", 10, 5), AgreedTime("question-answer", 3), AgreedTime("assign", 1)),
    valid_from=SINCE,
    valid_to=date(2026, 12, 31),
)


@pytest.fixture(scope="module")
def roster() -> RosterView:
    return b.a_roster()


def competent(roster: RosterView, place: str, *, matter: Matter = ASKED, on: date = b.TODAY) -> str | None:
    unit = roster.competent_unit(place, matter, on)
    return None if unit is None else unit.code


def test_the_place_itself_counts_before_those_above_it(roster: RosterView) -> None:
    assert competent(roster, "510100") == b.CHENGDU_RD
    assert competent(roster, "510107") == b.CHENGDU_RD  # 武侯区, by its prefecture
    own = Competence("510107", ASKED, b.DEYANG_RD, SINCE)
    assert competent(replace(roster, competences=(*roster.competences, own)), "510107") == b.DEYANG_RD


def test_the_matter_and_the_day_decide(roster: RosterView) -> None:
    assert competent(roster, "510107", matter=Matter.SELF_CARE) == b.CHENGDU_AC
    assert competent(roster, "510600", matter=Matter.SELF_CARE) is None
    assert competent(roster, "510100", on=SINCE - timedelta(days=1)) is None
    ended = Competence("510100", ASKED, b.CHENGDU_RD, SINCE, b.TODAY)
    followed = Competence("510100", ASKED, b.DEYANG_RD, b.TODAY + timedelta(days=1))
    changing = replace(roster, competences=(ended, followed))
    assert competent(changing, "510100") == b.CHENGDU_RD
    assert competent(changing, "510100", on=b.TODAY + timedelta(days=1)) == b.DEYANG_RD


def test_an_older_code_is_carried_to_its_successor(roster: RosterView) -> None:
    assert competent(roster, "330103") == b.HANGZHOU_RD  # 下城区, since 2021 part of 拱墅区
    own = Competence("330105", ASKED, b.HANGZHOU_RD, SINCE)
    assert competent(replace(roster, competences=(own,)), "330103") == b.HANGZHOU_RD
    assert competent(roster, "330104") is None  # 江干区 was divided: a person chooses
    assert competent(roster, "999999") is None
    assert competent(roster, "440300") is None


def test_a_place_with_an_organisation_code_is_never_taken_for_what_surrounds_it(roster: RosterView) -> None:
    zone = "510100A1"
    assert competent(roster, zone) is None
    own = Competence(zone, ASKED, b.CHENGDU_RD, SINCE)
    assert competent(replace(roster, competences=(own,)), zone) == b.CHENGDU_RD


def test_a_unit_that_was_succeeded_gives_way(roster: RosterView) -> None:
    gone = b.with_unit(
        roster,
        b.CHENGDU_RD,
        life=UnitLife.LEFT,
        successions=(Succession(b.DEYANG_RD, b.TODAY, places=("510104",)), Succession(b.HANGZHOU_RD, b.TODAY)),
    )
    assert competent(gone, "510100") == b.HANGZHOU_RD
    assert competent(gone, "510100", on=b.TODAY - timedelta(days=1)) == b.CHENGDU_RD
    listed = b.with_unit(roster, b.CHENGDU_RD, successions=(Succession(b.DEYANG_RD, b.TODAY, places=("510104",)),))
    assert competent(listed, "510104") == b.DEYANG_RD
    assert competent(listed, "510107") == b.CHENGDU_RD
    circle = b.with_unit(gone, b.HANGZHOU_RD, successions=(Succession(b.CHENGDU_RD, b.TODAY),))
    assert competent(circle, "510100") is None


def test_each_candidate_place_brings_its_unit_once(roster: RosterView) -> None:
    place = TaskPlace("510107", PlaceRole.ACCIDENT, PlaceCertainty.UNCERTAIN, ("510600", "510104"))
    assert [unit.code for unit in roster.competent_units(place, ASKED, b.TODAY)] == [b.CHENGDU_RD, b.DEYANG_RD]


def test_superiors_are_the_members_among_the_provincial_offices(roster: RosterView) -> None:
    office = roster.provincial_office(b.CHENGDU_AC)
    assert office is not None
    assert office.code == b.SICHUAN_PO
    assert roster.provincial_office(b.SICHUAN_PO) == office
    assert roster.provincial_office(b.NATIONAL_NO) is None
    assert roster.superiors(b.HANGZHOU_RD, b.CHENGDU_RD) == (b.ZHEJIANG_PO, b.SICHUAN_PO)
    assert roster.superiors(b.CHENGDU_RD, b.DEYANG_RD) == (b.SICHUAN_PO,)
    away = b.with_unit(roster, b.SICHUAN_PO, life=UnitLife.NON_MEMBER)
    assert away.superiors(b.CHENGDU_RD, b.DEYANG_RD) == ()
    national = roster.national_office()
    assert national is not None
    assert national.code == b.NATIONAL_NO
    assert b.with_unit(roster, b.NATIONAL_NO, bureau="").national_office() is None


def test_a_circle_of_superiors_ends(roster: RosterView) -> None:
    circle = b.with_unit(b.with_unit(roster, b.CHENGDU_RD, parent=b.DEYANG_RD), b.DEYANG_RD, parent=b.CHENGDU_RD)
    assert circle.provincial_office(b.CHENGDU_RD) is None


def test_bureaus_and_their_units(roster: RosterView) -> None:
    assert roster.bureau_of(b.CHENGDU_RD) == "510100"
    assert [unit.code for unit in roster.units_of("330100")] == sorted((b.HANGZHOU_RD, b.HANGZHOU_AC))
    assert roster.units_of("999999") == ()
    with pytest.raises(Refusal) as caught:
        roster.unit("somebody")
    assert caught.value.reason is Reason.NOT_FOUND
    assert "somebody" not in str(caught.value)


@pytest.mark.parametrize(
    ("life", "bureau", "member"),
    [
        (UnitLife.ACTIVE, "510100", True),
        (UnitLife.LEAVING, "510100", True),
        (UnitLife.JOINING, "510100", False),
        (UnitLife.LEFT, "510100", False),
        (UnitLife.NON_MEMBER, "", False),
        (UnitLife.ACTIVE, "", False),
    ],
)
def test_who_is_a_member(life: UnitLife, bureau: str, member: bool) -> None:
    assert b.a_unit(b.CHENGDU_RD, life=life, bureau=bureau).is_member is member


def test_agreed_times_take_the_place_of_the_defaults(roster: RosterView) -> None:
    agreed = replace(roster, agreements=(AGREEMENT,))

    def times(home: str = b.HANGZHOU_RD, host: str = b.CHENGDU_RD, on: date = b.TODAY, matter: Matter = ASKED) -> int:
        found = agreed.times_for(home, host, matter, on, AGREEMENT.agreement_id)
        return found.days(Step.INVESTIGATE, Priority.NORMAL)

    assert times() == times(b.CHENGDU_RD, b.HANGZHOU_RD) == 10
    assert times(host=b.DEYANG_RD) == times(matter=Matter.SELF_CARE) == times(on=date(2027, 1, 1)) == 15
    found = agreed.times_for(b.HANGZHOU_RD, b.CHENGDU_RD, ASKED, b.TODAY, AGREEMENT.agreement_id)
    assert found.days(Step.INVESTIGATE, Priority.GREEN) == 5
    assert found.days(Step.ANSWER_QUESTION, Priority.NORMAL) == 3
    assert found.days(Step.DECIDE, Priority.NORMAL) == 3
    default = agreed.times_for(b.HANGZHOU_RD, b.CHENGDU_RD, ASKED, b.TODAY, "")
    assert default.days(Step.ASSIGN, Priority.NORMAL) == 2


def test_a_normal_time_below_the_green_one_pulls_it_along(roster: RosterView) -> None:
    short = replace(AGREEMENT, times=(AgreedTime("investigate", 4),))
    found = replace(roster, agreements=(short,)).times_for(
        b.HANGZHOU_RD, b.CHENGDU_RD, ASKED, b.TODAY, short.agreement_id
    )
    assert found.days(Step.INVESTIGATE, Priority.GREEN) == 4


def test_provinces_agree_for_their_units(roster: RosterView) -> None:
    first, second = sorted((b.ZHEJIANG_PO, b.SICHUAN_PO))
    between = replace(AGREEMENT, units=(first, second))
    found = replace(roster, agreements=(between,))
    times = found.times_for(b.HANGZHOU_RD, b.DEYANG_RD, ASKED, b.TODAY, between.agreement_id)
    assert times.days(Step.INVESTIGATE, Priority.NORMAL) == 10
    inside = found.times_for(b.CHENGDU_RD, b.DEYANG_RD, ASKED, b.TODAY, between.agreement_id)
    assert inside.days(Step.INVESTIGATE, Priority.NORMAL) == 15


def test_calendars_follow_the_region_or_the_one_named(roster: RosterView) -> None:
    festival = date(2026, 4, 20)
    overlay = Overlay("510000", 2026, frozenset({festival}), frozenset(), "test")
    local = replace(roster, calendar=Calendar(1, load_seed_years(), (overlay,)))
    assert not local.calendar_of(b.CHENGDU_RD).is_workday(festival)
    assert local.calendar_of(b.HANGZHOU_RD).is_workday(festival)
    assert local.calendar_of(b.CHENGDU_RD) is local.calendar_of(b.CHENGDU_AC)
    moved = b.with_unit(local, b.HANGZHOU_RD, calendar_region="510100")
    assert not moved.calendar_of(b.HANGZHOU_RD).is_workday(festival)


def test_versions_name_the_newest_rule_that_holds(roster: RosterView) -> None:
    ruled = replace(
        roster,
        version=9,
        calendar_version=4,
        agreement_version=5,
        rules=(RuleVersion(1, SINCE), RuleVersion(2, b.TODAY + timedelta(days=1))),
    )
    assert ruled.versions(b.TODAY) == Versions(roster=9, rules=1, calendar=4, agreements=5)
    assert ruled.rule_version(b.TODAY + timedelta(days=1)) == 2
    with pytest.raises(Refusal) as caught:
        ruled.rule_version(SINCE - timedelta(days=1))
    assert caught.value.reason is Reason.ROSTER_NOT_READY


def test_suites_are_allowed_and_demanded_from_a_day(roster: RosterView) -> None:
    p256, hybrid = SigningSuite.ECDSA_P256_SHA256, SigningSuite.ECDSA_P256_ML_DSA_65
    x25519, none = SealingSuite.X25519_AES256GCM, SealingSuite.UNSPECIFIED
    first, later = date(2027, 1, 1), date(2030, 1, 1)
    view = replace(roster, suites=(*roster.suites, SuiteRule(hybrid, none, first, None, later)))
    assert roster.suite_allowed(p256, x25519, b.TODAY)
    assert not roster.suite_allowed(hybrid, x25519, b.TODAY)
    assert not roster.suite_allowed(p256, SealingSuite.SM2_SM4, b.TODAY)
    assert not roster.suite_allowed(p256, none, b.TODAY)
    assert not view.suite_allowed(hybrid, x25519, first - timedelta(days=1))
    assert view.suite_allowed(hybrid, x25519, first)
    assert view.suite_allowed(p256, x25519, first)
    assert not view.suite_allowed(p256, x25519, later)
    assert view.suite_allowed(hybrid, x25519, later)
    ended = replace(roster, suites=(replace(roster.suites[0], allowed_to=b.TODAY),))
    assert ended.suite_allowed(p256, x25519, b.TODAY)
    assert not ended.suite_allowed(p256, x25519, b.TODAY + timedelta(days=1))


def test_the_newest_sealing_key_is_valid_and_not_revoked(roster: RosterView) -> None:
    old = b.a_sealing_key(b.CHENGDU_RD)
    new = b.a_sealing_key(b.CHENGDU_RD, number=2, not_before=b.NOW - timedelta(days=1))
    next_one = b.a_sealing_key(b.CHENGDU_RD, number=3, not_before=b.NOW + timedelta(days=1))
    view = b.with_unit(roster, b.CHENGDU_RD, sealing_keys=(old, new, next_one))
    assert view.newest_sealing_key(b.CHENGDU_RD, b.NOW) == new
    assert view.newest_sealing_key(b.CHENGDU_RD, next_one.not_before) == next_one
    assert view.newest_sealing_key(b.CHENGDU_RD, old.not_before - timedelta(seconds=1)) is None
    assert view.newest_sealing_key(b.CHENGDU_RD, b.NOW, SealingSuite.SM2_SM4) is None
    same_instant = b.a_sealing_key(b.CHENGDU_RD, number=4, not_before=new.not_before)
    both = b.with_unit(roster, b.CHENGDU_RD, sealing_keys=(new, same_instant))
    assert both.newest_sealing_key(b.CHENGDU_RD, b.NOW) == same_instant
    revoked = replace(view, revocations={new.key_id: Revocation(new.key_id, b.NOW)})
    assert revoked.newest_sealing_key(b.CHENGDU_RD, b.NOW) == old
    assert revoked.newest_sealing_key(b.CHENGDU_RD, b.NOW - timedelta(seconds=1)) == new
    assert revoked.sealing_key(b.CHENGDU_RD, new.key_id) == new
    assert revoked.sealing_key(b.CHENGDU_RD, b"x" * 16) is None


def test_a_revocation_holds_from_when_it_was_said_or_since_the_compromise(roster: RosterView) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    digest = b.a_digest("certificate")
    plain = replace(roster, revocations={digest: Revocation(digest, at)})
    assert plain.is_revoked(digest, at) is not None
    assert plain.is_revoked(digest, at - timedelta(seconds=1)) is None
    assert plain.is_revoked(b"x" * 32, at) is None
    since = replace(roster, revocations={digest: Revocation(digest, at, at - timedelta(days=10))})
    assert since.is_revoked(digest, at - timedelta(days=10)) is not None
    assert since.is_revoked(digest, at - timedelta(days=11)) is None


def test_a_signer_is_found_by_the_digest_of_its_certificate(roster: RosterView) -> None:
    key = b.a_sealing_key(b.CHENGDU_AC)
    assert roster.signer_at(key.signer_certificate) == (b.CHENGDU_AC, b.a_certificate(b.CHENGDU_AC))
    assert roster.signer_at(b"x" * 32) is None


def test_unit_types_are_the_letters_of_the_code() -> None:
    assert {unit_type.value for unit_type in UnitType} == {"RD", "AC", "PO", "NO"}


@pytest.mark.parametrize("life", UnitLife)
@pytest.mark.parametrize("heirs", [(), (Succession(b.DEYANG_RD, SINCE),), (Succession(b.DEYANG_RD, date(2099, 1, 1)),)])
def test_members_and_those_that_nobody_succeeds_are_of_this_version(
    roster: RosterView, life: UnitLife, heirs: tuple[Succession, ...]
) -> None:
    assert b.CHENGDU_RD in roster.members & roster.standing
    changed = replace(roster.unit(b.CHENGDU_RD), life=life, successions=heirs)
    newer = replace(roster, version=roster.version + 1, units={**roster.units, b.CHENGDU_RD: changed})
    assert (b.CHENGDU_RD in newer.members) is changed.is_member
    assert (b.CHENGDU_RD in newer.standing) is (changed.is_member and not heirs)
    assert newer.members - {b.CHENGDU_RD} == roster.members - {b.CHENGDU_RD}
