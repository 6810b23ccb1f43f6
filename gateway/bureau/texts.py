"""Texts of the pages: Chinese in the sources, English from one catalogue beside them (gettext, read with Babel).

The Chinese text is its own key, so a text that nobody translated shows in Chinese; a test keeps the catalogue complete.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from babel.messages.pofile import read_po

from gateway.language import Language

CATALOGUES: Final = Path(__file__).parent / "locale" / "en" / "LC_MESSAGES"  # desk.po, and one a room
COOKIE: Final = "xieban_language"
Translate = Callable[[str], str]


@cache
def english() -> Mapping[str, str]:
    """Chinese text: English text. Read once, from the package's own files."""
    found: dict[str, str] = {}
    for path in sorted(CATALOGUES.glob("desk*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale="en")
        for message in catalogue:
            if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string:
                found[message.id] = message.string
    return MappingProxyType(found)


def translator(language: Language) -> Translate:
    """What turns a Chinese text of ours into the language; texts of cases are never given to it."""
    if language is Language.CHINESE:
        return str
    texts = english()
    return lambda text: texts.get(text, text)


def _many(translate: Translate) -> Callable[[str, str, int], str]:
    """Chinese has no plural; English texts are written so that they need none."""
    return lambda one, _several, _number: translate(one)


def gettext_functions(language: Language) -> tuple[Translate, Callable[[str, str, int], str]]:
    """`gettext` and `ngettext` for Jinja's i18n extension."""
    translate = translator(language)
    return translate, _many(translate)
