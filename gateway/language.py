"""Which language a caller reads: Chinese unless the caller says English (RFC 9110 clause 12.5.4)."""

from enum import StrEnum

_MOST_RANGES = 16  # browsers send a handful; the rest is not read


class Language(StrEnum):
    """Languages that every text exists in."""

    CHINESE = "zh"
    ENGLISH = "en"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not parameters.strip():
        return 1.0
    digits = value.strip()
    if name.strip() != "q" or not digits.isascii() or not digits.replace(".", "", 1).isdigit() or len(digits) > 5:
        return 0.0
    return min(float(digits), 1.0)


def language_of(accept_language: str) -> Language:
    """The language of the highest weight; Chinese for an empty header, a tie or a language that we do not have."""
    best, best_weight = Language.CHINESE, 0.0
    for part in accept_language.split(",")[:_MOST_RANGES]:
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        if primary not in {Language.CHINESE, Language.ENGLISH, "*"}:
            continue
        weight = _weight(parameters)
        if weight > best_weight:
            best, best_weight = Language.CHINESE if primary == "*" else Language(primary), weight
    return best
