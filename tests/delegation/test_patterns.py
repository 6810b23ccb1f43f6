"""The closed patterns: what fits, what only looks as if it did, and days that exist."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation import patterns
from tests import builders as b

LOOKALIKES = [
    "", " ", "\n", "０", "Ａ", "\x00", "330100\n", " 330100", "３３０１００", "33010０", "330100\u200b", "張三",
]  # fmt: skip
MATCHERS = {name: value for name, value in vars(patterns).items() if name.startswith("is_") and name != "is_plain_text"}


@pytest.mark.parametrize("name", MATCHERS)
def test_no_pattern_takes_a_lookalike(name: str) -> None:
    assert not [text for text in LOOKALIKES if MATCHERS[name](text)]


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("is_federation", ["xieban-test", "a"]),
        ("is_uuid7", [b.a_uuid7()]),
        ("is_uuid4", [b.a_uuid4()]),
        ("is_region", ["330100"]),
        ("is_place", ["330100", "330100A1", b.CHENGDU_RD]),
        ("is_bureau", ["330100", "659001B2"]),
        ("is_unit", [b.HANGZHOU_RD, b.NATIONAL_NO]),
        ("is_delegation_number", [b.DELEGATION_NUMBER]),
        ("is_clock_name", ["sign", "extension-answer", "answer_extension"]),
        ("is_item_code", ["A1", "ITEM-2"]),
        ("is_ground_code", ["14-1", "15-1-2"]),
        ("is_local_time_form", ["2026-03-01T08:30", "2026-03-01T08:30:59"]),
    ],
)
def test_each_pattern_takes_what_it_is_for(name: str, good: list[str]) -> None:
    assert all(MATCHERS[name](text) for text in good)


@pytest.mark.parametrize("text", ["330100A", "330100ABCDEF", "030100", "3301001"])
def test_a_place_has_six_or_eight_to_eleven_characters(text: str) -> None:
    assert not patterns.is_place(text)


@given(st.text(max_size=30))
def test_no_text_breaks_a_pattern(text: str) -> None:
    for matches in MATCHERS.values():
        assert matches(text) in {True, False}
    assert patterns.day(text) is None or text == patterns.day(text).isoformat()  # type: ignore[union-attr]


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_every_day_of_the_century_is_one(day: date) -> None:
    assert patterns.day(day.isoformat()) == patterns.any_day(day.isoformat()) == day


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "1999-12-31", "2101-01-01", "20260301", "2026-W10-1"])
def test_days_that_do_not_exist_or_are_out_of_range(text: str) -> None:
    assert patterns.day(text) is None


def test_codes_that_travel_sealed_are_not_for_a_header() -> None:
    assert {"R05", "U01", "H02", "T03", "K05", "N04"} <= patterns.EXACT_REASONS - patterns.HEADER_REASONS
    assert {"R00", "U00", "H00", "T00", "K00", "N00", "R01", "U07"} <= patterns.HEADER_REASONS


def test_plain_text_has_no_hidden_characters() -> None:
    assert patterns.is_plain_text("杭州市人力资源和社会保障局", 40)
    assert not patterns.is_plain_text("杭州\u202e市", 40)
    assert not patterns.is_plain_text("a\nb", 40)
    assert not patterns.is_plain_text("a" * 41, 40)


def test_a_good_name_is_remembered_and_a_bad_one_judged_each_time() -> None:
    judged: list[str] = []

    def holds(text: str) -> bool:
        judged.append(text)
        return text == "good"

    accepted = patterns._Accepted(holds)
    assert [accepted[text] for text in ("good", "bad", "good", "bad")] == [True, False, True, False]
    assert judged == ["good", "bad", "bad"]
    assert len(accepted) == 1
