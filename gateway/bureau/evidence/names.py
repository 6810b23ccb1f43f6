"""Names of files as people gave them, made harmless: shown as text, they deceive nobody and lead nowhere."""

import unicodedata
from pathlib import PurePosixPath
from typing import Final

LONGEST: Final = 200
UNNAMED: Final = "未命名"
# Controls, what is not seen or turns the direction of writing, halves of characters, line and paragraph ends. Private
# use stays: rare characters of people's names are written with it.
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LONGEST_ENDING: Final = 12


def safe_name(text: str) -> str:
    """The last part of a path, without characters that hide or turn text; at most `LONGEST`, the ending kept."""
    last = PurePosixPath(text.replace("\\", "/")).name
    kept = "".join(each for each in last if unicodedata.category(each) not in _DROPPED)
    kept = " ".join(kept.split()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if len(kept) > LONGEST and stem and len(ending) <= _LONGEST_ENDING:
        kept = stem[: LONGEST - len(ending) - 1] + dot + ending
    return kept[:LONGEST] or UNNAMED


def with_ending(name: str, ending: str) -> str:
    """The name with another ending: 照片.png to 照片.jpg."""
    stem, dot, old = name.rpartition(".")
    base = stem if dot and stem and len(old) <= _LONGEST_ENDING else name
    return safe_name(f"{base[: LONGEST - len(ending) - 1]}.{ending}")
