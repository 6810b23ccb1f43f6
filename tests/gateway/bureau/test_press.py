"""The press: real PDFs with the Chinese font inside, and typed errors instead of holes."""

import zlib
from contextlib import suppress

import pytest

from gateway.bureau.documents.press import PACKAGES, Press, PressError, PressFault
from gateway.bureau.documents.worker import find_fonts, missing_characters

has_fonts = pytest.mark.skipif(not find_fonts(), reason=f"no Chinese font here: apt-get install {PACKAGES}")
_PAGE = '<style>body{{font-family:"Noto Serif CJK SC","Noto Sans CJK SC"}}</style><p>{}</p>'


def _unpacked(pdf: bytes) -> bytes:
    """The PDF's streams without their compression; fonts are named in them."""
    found = []
    for part in pdf.split(b"stream\n")[1:]:
        with suppress(zlib.error):
            found.append(zlib.decompressobj().decompress(part))
    return b"".join(found)


@has_fonts
async def test_a_paper_has_the_chinese_font_inside() -> None:
    made = await Press().pdf(_PAGE.format("委托调查函：张三，𠮷"))
    assert made.startswith(b"%PDF-")
    assert b"CJK" in _unpacked(made)


@has_fonts
async def test_a_character_without_a_glyph_is_an_error() -> None:
    strange = "\U0003134a"  # of an extension that the font does not have
    with pytest.raises(PressError) as raised:
        await Press().pdf(_PAGE.format(f"张{strange}"))
    assert raised.value.fault is PressFault.NO_GLYPH
    assert raised.value.characters == "U+3134A"
    assert strange not in str(raised.value)


@has_fonts
def test_styles_and_titles_are_not_drawn() -> None:
    html = "<title>\U0003134a</title><style>/* \U0003134a */</style><p>字</p>"
    assert missing_characters(html, find_fonts()) == []


@has_fonts
async def test_no_file_and_no_address_is_read() -> None:
    made = await Press().pdf(_PAGE.format('<img src="file:///etc/hostname"><img src="http://127.0.0.1:9/x.png">字'))
    assert made.startswith(b"%PDF-")
    assert b"/Image" not in made + _unpacked(made)


async def test_a_machine_without_fonts_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    # The worker's own code for a machine that this one is not: its fonts cannot be taken away from other tests.
    monkeypatch.setattr("gateway.bureau.documents.press._run", _without_fonts)
    with pytest.raises(PressError) as raised:
        await Press().pdf("<p>字</p>")
    assert raised.value.fault is PressFault.NO_FONT
    assert PACKAGES in raised.value.text


async def _without_fonts(_page: bytes) -> tuple[int, bytes, str]:
    return 4, b"", ""


async def test_a_paper_that_is_too_long_is_told() -> None:
    with pytest.raises(PressError) as raised:
        await Press().pdf("字" * (3 * 1024 * 1024))
    assert raised.value.fault is PressFault.TOO_LARGE
