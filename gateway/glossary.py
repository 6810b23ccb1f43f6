"""What each figure of a provincial office is called and counts, in both languages: the pages' own words."""

from collections.abc import Mapping
from functools import cache

from delegation.figures import SHARES, Count, Span
from gateway.bureau.province.words import BASES, OUTSIDE, SHARE_LABELS, basis_of, words_of
from gateway.bureau.texts import english
from node.province.ports import Listed


def in_both(text: str) -> tuple[str, str]:
    """A text of the pages, Chinese and English; empty for none."""
    return text, english().get(text, text)


def outside_text(part: str) -> tuple[str, str]:
    """Why a filter shows nothing; empty for a filter inside the scope."""
    return in_both(OUTSIDE.get(part, ""))


def _figure(code: str, measure: str, basis: str, texts: tuple[str, str], *, part: str = "", of: str = "") -> object:
    (label_zh, label_en), (counts_zh, counts_en) = in_both(texts[0]), in_both(texts[1])
    return {
        "code": code,
        "measure": measure,
        "basis": basis,
        "label_zh": label_zh,
        "label_en": label_en,
        "counts_zh": counts_zh,
        "counts_en": counts_en,
        "part": part,
        "of": of,
    }


def _share(name: str, part: Count, of: Count) -> object:
    """A share counts what its part counts."""
    texts = (SHARE_LABELS[name], words_of(part)[1])
    return _figure(name, "share", basis_of(of).value, texts, part=part.value, of=of.value)


@cache
def glossary() -> Mapping[str, object]:
    """Every figure with its words, and the bases over which they count."""
    bases = [(basis.value, *in_both(text)) for basis, text in BASES.items()]
    counts = [_figure(each.value, "count", basis_of(each).value, words_of(each)) for each in Count]
    spans = [_figure(each.value, "days", basis_of(each).value, words_of(each)) for each in Span]
    shares = [_share(name, part, of) for name, (part, of) in SHARES.items()]
    lists = [_figure(each.value, "list", basis_of(each).value, words_of(each)) for each in Listed]
    return {
        "figures": [*counts, *spans, *shares, *lists],
        "bases": [{"code": code, "text_zh": zh, "text_en": en} for code, zh, en in bases],
    }
