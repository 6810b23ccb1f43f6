"""Names of files as strangers give them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bureau.evidence.names import LONGEST, UNNAMED, safe_name, with_ending


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("调查笔录.pdf", "调查笔录.pdf"),
        ("C:\\Users\\me\\扫描件.pdf", "扫描件.pdf"),
        ("../../etc/passwd", "passwd"),
        ("照片\u202egpj.exe", "照片gpj.exe"),
        ("a\x00b\r\nc\x7f.txt", "abc.txt"),
        ("\u200b\ufeff名.txt", "名.txt"),
        ("..", UNNAMED),
        ("", UNNAMED),
        (" . ", UNNAMED),
        ("\u2066\u2069", UNNAMED),
        ("\ue863某.pdf", "\ue863某.pdf"),  # a rare character in the private use area
        ("<script>alert(1)</script>.png", "script>.png"),
    ],
)
def test_a_name_is_shown_harmless(given: str, shown: str) -> None:
    assert safe_name(given) == shown


def test_a_long_name_keeps_its_ending() -> None:
    found = safe_name("长" * 500 + ".jpeg")
    assert len(found) == LONGEST
    assert found.endswith("长.jpeg")


@given(st.text(max_size=300))
def test_no_name_hides_or_turns_anything(text: str) -> None:
    found = safe_name(text)
    assert 0 < len(found) <= LONGEST
    assert "/" not in found
    assert "\\" not in found
    assert not {unicodedata.category(each) for each in found} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert safe_name(found) == found


def test_an_ending_is_put_in_place_of_another() -> None:
    assert with_ending("照片.png", "jpg") == "照片.jpg"
    assert with_ending("没有结尾", "pdf") == "没有结尾.pdf"
