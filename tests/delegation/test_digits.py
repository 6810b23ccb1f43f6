"""Check digits: what the standards guarantee, tried on made-up numbers. No real person's number stands here."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.digits import (
    DigitError,
    IdKind,
    UnitCode,
    UnitType,
    check_bureau_code,
    check_citizen_id,
    check_credit_code,
    check_old_citizen_id,
    citizen_check_character,
    credit_check_character,
    delegation_number,
    mod_37_36,
    organisation_check_character,
    parse_delegation_number,
    parse_unit_code,
    unit_code,
)

TODAY = date(2026, 11, 23)
BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BASE_31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"

regions = st.integers(100_000, 999_999).map(str)
birthdays = st.dates(date(1900, 1, 1), TODAY)
serials = st.integers(0, 999)


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    head = f"{draw(regions)}{draw(birthdays):%Y%m%d}{draw(serials):03d}"
    return head + citizen_check_character(head)


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    authority = draw(st.sampled_from("123456789ANY"))
    category = draw(st.sampled_from(BASE_31))
    middle = draw(st.text(BASE_31, min_size=8, max_size=8))
    check = organisation_check_character(middle)
    head = f"{authority}{category}{draw(regions)}{middle}{check}"
    return head + credit_check_character(head)


def code_of(error: pytest.ExceptionInfo[DigitError]) -> str:
    return error.value.code


def replaced(text: str, at: int, character: str) -> str:
    return text[:at] + character + text[at + 1 :]


def swapped(text: str, at: int) -> str:
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


# --- identity numbers ---


@given(identity_numbers())
def test_a_generated_identity_number_passes_and_says_its_birthday(number: str) -> None:
    found = check_citizen_id(number, TODAY)
    assert f"{found.born_on:%Y%m%d}" == number[6:14]
    assert found.is_male == (number[16] in "13579")


@given(identity_numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_changed_character_of_an_identity_number_is_caught(number: str, at: int, character: str) -> None:
    if number[at] != character:
        with pytest.raises(DigitError):
            check_citizen_id(replaced(number, at, character), TODAY)


@given(identity_numbers(), st.integers(0, 16))
def test_two_swapped_neighbours_of_an_identity_number_are_caught(number: str, at: int) -> None:
    if number[at] != number[at + 1]:
        with pytest.raises(DigitError):
            check_citizen_id(swapped(number, at), TODAY)


def test_the_example_of_the_identity_standard_passes() -> None:
    assert check_citizen_id("11010519491231002X", TODAY).born_on == date(1949, 12, 31)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("33011319900307001", IdKind.CITIZEN),  # a district founded long after the birth
        ("37120219800229002", IdKind.CITIZEN),  # an abolished code of a place that was none in 1980
        ("81000019900307003", IdKind.HONG_KONG),
        ("82000019900307004", IdKind.MACAU),
        ("83000019900307005", IdKind.TAIWAN),
        ("91184019900307006", IdKind.FOREIGN_RESIDENT),
    ],
)
def test_cards_that_a_region_table_would_refuse_are_taken(head: str, kind: IdKind) -> None:
    assert check_citizen_id(head + citizen_check_character(head), TODAY).kind is kind


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("19900229", "date"),
        ("19901301", "date"),
        ("00000101", "date"),
        ("20261124", "birth_in_future"),
        ("18491231", "birth_too_early"),
    ],
)
def test_a_birthday_that_cannot_be_is_refused(day: str, code: str) -> None:
    head = f"330113{day}001"
    with pytest.raises(DigitError) as error:
        check_citizen_id(head + citizen_check_character(head), TODAY)
    assert code_of(error) == code


def test_born_today_is_no_future() -> None:
    head = "33011320261123001"
    assert check_citizen_id(head + citizen_check_character(head), TODAY).born_on == TODAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1101051949123100",
        "11010519491231002x",
        " 11010519491231002X",
        "11010519491231002X\n",
        "0" * 18,
        "X" * 18,
        "1" * 10_000,
        "１１０１０５１９４９１２３１００２X",  # full-width digits are no ASCII digits
    ],
)
def test_what_is_no_identity_number_is_a_format_error(text: str) -> None:
    with pytest.raises(DigitError) as error:
        check_citizen_id(text, TODAY)
    assert code_of(error) == "format"


def test_the_old_number_has_its_own_door() -> None:
    found = check_old_citizen_id("110105491231002", TODAY)
    assert (found.kind, found.born_on, found.is_male) == (IdKind.OLD_CITIZEN, date(1949, 12, 31), False)
    with pytest.raises(DigitError):
        check_citizen_id("110105491231002", TODAY)
    with pytest.raises(DigitError) as error:
        check_old_citizen_id("110105490231002", TODAY)
    assert code_of(error) == "date"


@given(identity_numbers(), st.integers(0, 17))
def test_neither_an_error_nor_a_result_shows_the_number(number: str, at: int) -> None:
    shown = repr(check_citizen_id(number, TODAY))
    assert number[6:14] not in shown
    assert "datetime" not in shown
    with pytest.raises(DigitError) as error:
        check_citizen_id(replaced(number, at, "?"), TODAY)
    assert number[6:14] not in f"{error.value!r} {error.value}"
    head = f"330113{19901399}001"
    with pytest.raises(DigitError) as error:
        check_citizen_id(head + citizen_check_character(head), TODAY)
    assert error.value.__suppress_context__


# --- unified social credit codes ---


@given(credit_codes())
def test_a_generated_credit_code_passes(text: str) -> None:
    found = check_credit_code(text)
    assert found.region_code == text[2:8]
    assert found.organisation_code_holds


@given(credit_codes(), st.integers(0, 17), st.sampled_from(BASE_36))
def test_one_changed_character_of_a_credit_code_is_caught(text: str, at: int, character: str) -> None:
    if text[at] != character:
        with pytest.raises(DigitError):
            check_credit_code(replaced(text, at, character))


@given(credit_codes(), st.integers(0, 16))
def test_two_swapped_neighbours_of_a_credit_code_are_caught(text: str, at: int) -> None:
    if text[at] != text[at + 1]:
        with pytest.raises(DigitError):
            check_credit_code(swapped(text, at))


def test_the_example_of_the_credit_code_standard_passes() -> None:
    assert check_credit_code("91350100M000100Y43").organisation_code == "M000100Y4"


@pytest.mark.parametrize("prefix", ["N2", "Y1", "A1", "11", "12", "93"])
def test_letters_are_good_where_registration_puts_them(prefix: str) -> None:
    head = f"{prefix}330106" + "M000100Y4"
    assert check_credit_code(head + credit_check_character(head)).authority == prefix[0]


def test_a_wrong_inner_code_is_told_and_not_refused() -> None:
    head = "91330100M000100Y5"
    assert not check_credit_code(head + credit_check_character(head)).organisation_code_holds


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_the_standard_leaves_out_are_refused(letter: str) -> None:
    with pytest.raises(DigitError) as error:
        check_credit_code(f"91350100M000100{letter}43")
    assert code_of(error) == "format"


# --- printed numbers of our own ---


@given(st.dates(date(2000, 1, 1), date(2199, 12, 31)), regions, st.integers(1, 999_999))
def test_a_delegation_number_is_read_back(day: date, region: str, serial: int) -> None:
    found = parse_delegation_number(delegation_number(day, region, serial))
    assert (found.issued_on, found.home_region, found.serial) == (day, region, serial)


@given(
    st.dates(date(2000, 1, 1), date(2199, 12, 31)),
    regions,
    st.integers(1, 999_999),
    st.integers(0, 26),
    st.sampled_from(BASE_36 + "-"),
)
def test_one_changed_character_of_a_delegation_number_is_caught(
    day: date, region: str, serial: int, at: int, character: str
) -> None:
    text = delegation_number(day, region, serial)
    if text[at] != character:
        with pytest.raises(DigitError):
            parse_delegation_number(replaced(text, at, character))


def test_swaps_that_a_hybrid_system_lets_through_are_few_and_known() -> None:
    escaped = {
        (a, b)
        for start in BASE_36
        for a in BASE_36
        for b in BASE_36
        if a != b and mod_37_36(start + a + b) == mod_37_36(start + b + a)
    }
    assert all((BASE_36.index(a) - BASE_36.index(b)) % 36 in {1, 35} for a, b in escaped)


@given(regions, st.sampled_from(UnitType), st.integers(1, 99), st.integers(0, 9))
def test_swaps_in_a_unit_code_are_caught_unless_the_two_are_next_to_each_other(
    region: str, kind: UnitType, serial: int, at: int
) -> None:
    text = unit_code(region6=region, unit_type=kind, serial=serial)
    distance = (BASE_36.index(text[at]) - BASE_36.index(text[at + 1])) % 36
    if distance not in {0, 1, 35} and at < 9:
        with pytest.raises(DigitError):
            parse_unit_code(swapped(text, at))


@given(regions, st.sampled_from(UnitType), st.integers(1, 99))
def test_a_unit_code_is_eleven_characters_and_is_read_back(region: str, kind: UnitType, serial: int) -> None:
    text = unit_code(region6=region, unit_type=kind, serial=serial)
    assert len(text) == 11
    assert parse_unit_code(text) == UnitCode(region_code=region, unit_type=kind, serial=serial)


@given(regions, st.sampled_from(UnitType), st.integers(1, 99), st.integers(0, 10), st.sampled_from(BASE_36))
def test_one_changed_character_of_a_unit_code_is_caught(
    region: str, kind: UnitType, serial: int, at: int, character: str
) -> None:
    text = unit_code(region6=region, unit_type=kind, serial=serial)
    if text[at] != character:
        with pytest.raises(DigitError):
            parse_unit_code(replaced(text, at, character))


def test_the_published_example_of_mod_37_36() -> None:
    assert mod_37_36("A12425GABC1234002") == "M"  # the example of the global release identifier


@pytest.mark.parametrize(
    ("region", "serial", "code"), [("33010", 1, "region"), ("330100", 0, "serial"), ("330100", 1_000_000, "serial")]
)
def test_a_delegation_number_out_of_bounds_is_not_made(region: str, serial: int, code: str) -> None:
    with pytest.raises(DigitError) as error:
        delegation_number(TODAY, region, serial)
    assert code_of(error) == code


def test_a_well_checked_number_with_an_impossible_day_is_refused() -> None:
    stem = "33010020260230000017"
    with pytest.raises(DigitError) as error:
        parse_delegation_number(f"WT-330100-20260230-000017-{mod_37_36('WT' + stem)}")
    assert code_of(error) == "date"


@pytest.mark.parametrize("text", ["330100", "330100KF", "65900102"])
def test_bureau_codes_give_their_region(text: str) -> None:
    assert check_bureau_code(text) == text[:6]


@pytest.mark.parametrize("text", ["", "33010", "330100K", "330100kf", "330100KFX", "330100\n", "030100"])
def test_other_bureau_codes_are_refused(text: str) -> None:
    with pytest.raises(DigitError):
        check_bureau_code(text)


@given(st.dates(TODAY - timedelta(days=1), TODAY), regions)
def test_the_zero_serial_is_refused_on_reading_too(day: date, region: str) -> None:
    stem = f"{region}{day:%Y%m%d}000000"
    with pytest.raises(DigitError) as error:
        parse_delegation_number(f"WT-{region}-{day:%Y%m%d}-000000-{mod_37_36('WT' + stem)}")
    assert code_of(error) == "serial"
