"""What is checked while somebody types, each rule broken once; and that a form loses nothing on its way."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bureau.forms.spec import Ask
from gateway.bureau.intake.business import show, take
from gateway.bureau.intake.checks import check, complete
from gateway.bureau.intake.choices import ID_DOCUMENTS
from gateway.bureau.intake.form import letter_form
from gateway.bureau.intake.letter import readable
from gateway.bureau.intake.places import PlaceError, places
from gateway.bureau.intake.sheet import with_outline
from tests.gateway.bureau.intake import FILLED, ID_NUMBER

NOW = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)  # 10:00 in Asia/Shanghai
TODAY = date(2026, 8, 3)
_USUAL = {"task_place.role": "ACCIDENT", "clock.procedure": "ORDINARY", "priority": "NORMAL"}


def faults(**changes: str) -> dict[str, str]:
    """Faults of the filled-in form with changes (``__`` for a dot)."""
    given = {**_USUAL, **FILLED, "letter.items.0.mandatory": "1"}
    given.update({name.replace("__", "."): value for name, value in changes.items()})
    taken = take({path: [value] for path, value in given.items()}, today=TODAY, stored={})
    check(taken.form, NOW)
    complete(taken.form)
    return taken.form.faults


def test_a_good_form_has_no_fault() -> None:
    assert faults() == {}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"letter__worker__id_number": "110105194912310021"}, "letter.worker.id_number"),
        ({"letter__worker__id_number": "1101054912310"}, "letter.worker.id_number"),
        ({"letter__worker__id_document": "ID_DOCUMENT_OLD_ID"}, "letter.worker.id_number"),
        ({"letter__employer__credit_code": "91330100MA0000000O"}, "letter.employer.credit_code"),
        ({"clock__accepted_on": "2026-08-04"}, "clock.accepted_on"),
        ({"clock__accepted_on": "1999-08-04"}, "clock.accepted_on"),
        (
            {
                "letter__accident__happened_at": "2026-08-03T10:01",
                "letter__applicant__applied_on": "2026-08-03",
                "clock__accepted_on": "2026-08-03",
            },
            "letter.accident.happened_at",
        ),
        ({"letter__applicant__applied_on": "2026-07-19"}, "letter.applicant.applied_on"),
        ({"clock__accepted_on": "2026-07-24"}, "clock.accepted_on"),
        ({"letter__accident__died_on": "2026-07-01"}, "letter.accident.died_on"),
        ({"requested_due": "2026-07-30"}, "requested_due"),
        ({"priority": "GREEN"}, "letter.priority_reason"),
        ({"letter__occupational_disease": "OCCUPATIONAL_DISEASE_VALID_CERTIFICATE"}, "letter.occupational_disease"),
        ({"legal_basis": "AGREEMENT"}, "agreement_id"),
        ({"agreement_id": "7"}, "agreement_id"),
        ({"place_2": "510104"}, "place_2"),
        ({"letter__items__0__code": "t 1"}, "letter.items.0.code"),
        ({"letter__items__0__mandatory": ""}, "letter.items.0.mandatory"),
        ({"letter__items__0__code": "A", "letter__items__1__code": "A", "letter__items__1__text": "x"}, "letter.items"),
        ({"letter__claimed_grounds": "14-9"}, "letter.claimed_grounds"),
        ({"letter__insurance__mode": "INSURANCE_MODE_PROJECT"}, "letter.insurance.project_in"),
        ({"letter__insurance__mode": "INSURANCE_MODE_NONE"}, "letter.employer.operates_in"),
        ({"letter__recusal_declared": ""}, "letter.recusal_declared"),
        ({"task_place__code": "朝阳区"}, "task_place.code"),
        ({"task_place__code": "999999"}, "task_place.code"),
        (
            {"clock__suspensions__0__ground": "S01", "clock__suspensions__0__effective_on": "2026-07-29"},
            "clock.suspensions.0.effective_on",
        ),
        (
            {
                "clock__suspensions__0__ground": "S01",
                "clock__suspensions__0__effective_on": "2026-07-31",
                "clock__suspensions__0__resumed_on": "2026-07-30",
            },
            "clock.suspensions.0.resumed_on",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_told_at_its_field(changes: dict[str, str], path: str) -> None:
    assert list(faults(**changes)) == [path]


@pytest.mark.parametrize("path", [field.path for field in letter_form().fields if field.required])
def test_each_required_field_is_missed(path: str) -> None:
    assert path in faults(**{path.replace(".", "__"): ""})


def test_a_number_is_tidied_as_the_card_prints_it() -> None:
    typed = {"letter.worker.id_number": [" １１０１０５ 19491231 002x "]}
    taken = take(typed, today=TODAY, stored={})
    assert taken.form.text("letter.worker.id_number") == ID_NUMBER


def test_a_passport_has_no_check_digit() -> None:
    assert faults(letter__worker__id_document=ID_DOCUMENTS[2][0], letter__worker__id_number="E1234") == {}


def test_a_place_is_known_by_code_name_and_successor() -> None:
    found = places()
    assert found.code_of("510104 四川省成都市锦江区", TODAY) == "510104"
    assert found.code_of("四川省成都市锦江区", TODAY) == "510104"
    assert found.code_of("330103", TODAY) == found.table.carry_forward("330103", TODAY) != "330103"  # 下城区, merged
    assert found.code_of("65940001", TODAY) == "65940001"  # an organisation code
    for typed in ("没有", "999999", "朝阳区"):
        with pytest.raises(PlaceError) as raised:
            found.code_of(typed, TODAY)
        assert typed not in str(raised.value)


def test_a_code_that_our_lists_do_not_know_stays_and_is_read_by_the_approver() -> None:
    stored = {"letter": {"accident": {"scene": "ship"}}, "relation": "SAME_CASE"}
    taken = take({"letter.worker.name": ["甲"]}, today=TODAY, stored=stored)
    assert taken.business["letter"]["accident"] == {"scene": "ship"}  # type: ignore[index] # an object of JSON
    shown = {line.label: line.text for part in readable(taken.business) for line in part.lines}
    assert (shown["场景"], shown["relation"]) == ("ship", "SAME_CASE")


def test_what_the_form_does_not_ask_is_read_all_the_same() -> None:
    business = {"clock": {"application_received_on": "2026-01-01"}, "reused_materials": ["a", "b"]}
    shown = [(line.label, line.text) for part in readable(business) for line in part.lines]
    assert ("clock.application_received_on", "2026-01-01") in shown
    assert ("reused_materials", "b") in shown


_TEXT = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4EFF), min_size=1, max_size=8)


@given(st.data())
def test_what_is_stored_is_shown_and_stored_again_the_same(data: st.DataObject) -> None:
    typed: dict[str, list[str]] = {}
    for field in data.draw(st.lists(st.sampled_from(letter_form().fields), unique_by=lambda each: each.path)):
        if field.ask is Ask.CHOICE:
            typed[field.path] = [data.draw(st.sampled_from([code for code, _ in field.choices]))]
        elif field.ask is Ask.CHOICES:
            codes = [code for code, _ in field.choices]
            typed[field.path] = data.draw(st.lists(st.sampled_from(codes), unique=True))
        elif field.ask is Ask.CHECK:
            typed[field.path] = ["1"]
        elif field.ask is Ask.DAY:
            typed[field.path] = [data.draw(st.dates(date(2000, 1, 1), date(2100, 1, 1))).isoformat()]
        elif field.ask is Ask.MOMENT:
            typed[field.path] = ["2026-07-01T08:30"]
        elif field.ask is Ask.PLACE:
            typed[field.path] = [data.draw(st.sampled_from(["510104", "330100", "110105"]))]
        elif field.ask is Ask.UNIT:
            typed[field.path] = ["510100RD015"]
        else:
            typed[field.path] = [data.draw(_TEXT)]
    first = take(typed, today=TODAY, stored={})
    assert first.form.faults == {}
    again = take(show(first.business).typed, today=TODAY, stored={})
    assert again.business == first.business


def test_an_outline_is_added_once_and_leaves_what_is_there() -> None:
    typed = {"letter.outline.0.text": ["自己的问题"], "_outline": ["place"]}
    once = with_outline(typed)
    assert once["letter.outline.0.text"] == ["自己的问题"]
    assert len([path for path in once if path.endswith(".text")]) == 4
    assert with_outline({**once, "_outline": ["place"]}) == {**once}
    assert with_outline({"_outline": ["no-such"]}) == {"_outline": ["no-such"]}
