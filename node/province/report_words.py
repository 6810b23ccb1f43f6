"""What each figure of a report counts, in words: no figure goes out without them."""

from collections.abc import Mapping
from typing import Final

from delegation.figures import BASIS, SPAN_BASIS, Basis, Count, Span

BASES: Final[Mapping[Basis, tuple[str, str]]] = {
    Basis.STANDING: (
        "截至检查点在办的委托，已转出本省的不计",
        "delegations open at the checkpoint, but those that left the province",
    ),
    Basis.ISSUED: ("首次发出在统计期内的委托", "delegations whose first letter was accepted in the period"),
    Basis.RESULT: ("本程首个结果在统计期内的委托", "delegations whose leg's first result was accepted in the period"),
    Basis.ENDED: ("在统计期内结束的委托", "delegations that ended in the period"),
}
COUNTS: Final[Mapping[Count, tuple[str, str]]] = {
    Count.IN_HAND: ("在办", "in hand"),
    Count.DUE_SOON: ("三日内到期", "due within three days"),
    Count.LATE: ("已超期", "late"),
    Count.ISSUED: ("发出", "issued"),
    Count.SIGNED: ("已签收", "signed for"),
    Count.ACCEPTED: ("已受理", "accepted"),
    Count.ACCEPTED_QUICKLY: ("三个工作日内受理", "accepted within three working days"),
    Count.RETURNED: ("退回补正过", "returned at least once"),
    Count.REFUSED: ("不予受托过", "refused at least once"),
    Count.TRANSFERRED: ("转办过", "transferred at least once"),
    Count.DISPUTED: ("提请指定管辖过", "competence disputed at least once"),
    Count.REMINDED: ("被催办过", "reminded at least once"),
    Count.SUPERVISED: ("被督办过", "supervised at least once"),
    Count.REUSED: ("免于重复索取的材料（件）", "materials not asked for again (pieces)"),
    Count.DRAW_DEFAULTS: ("由省级代为揭示（次）", "secrets of draws shown by the province (times)"),
    Count.RESULTS: ("提交结果", "results"),
    Count.RESULTS_IN_TIME: ("按期提交", "results by the agreed day"),
    Count.RESULTS_DUE: ("有约定期限的结果", "results with an agreed day"),
    Count.SUPPLEMENTED: ("要求补充或复核过", "asked to supplement or judge again"),
    Count.ADOPTED: ("采信", "adopted"),
    Count.PARTLY_ADOPTED: ("部分采信", "adopted in part"),
    Count.NOT_ADOPTED: ("未采信", "not adopted"),
    Count.COMPLETED: ("办结", "completed"),
    Count.WITHDRAWN: ("撤回", "withdrawn"),
    Count.CANCELLED: ("作废", "cancelled"),
    Count.TERMINATED: ("终止", "terminated"),
}
SPANS: Final[Mapping[Span, tuple[str, str]]] = {
    Span.SIGN: ("发出至签收", "from letter to signing for it"),
    Span.DECIDE: ("签收至受理", "from signing for it to acceptance"),
    Span.ASSIGN: ("受理至分派（确定科别）", "from acceptance to assignment"),
    Span.WORK: ("受理至结果", "from acceptance to result"),
    Span.RESULT: ("发出至结果", "from letter to result"),
    Span.CHECK: ("结果至办结", "from result to completion"),
    Span.WHOLE: ("首次发出至办结", "from first letter to completion"),
}


def definitions() -> dict[str, object]:
    """As a report carries them."""
    counts = {
        count.value: {"basis": BASIS[count].value, "zh": zh, "en": en} for count, (zh, en) in COUNTS.items()
    }  # fmt: skip
    spans = {span.value: {"basis": SPAN_BASIS[span].value, "zh": zh, "en": en} for span, (zh, en) in SPANS.items()}
    bases = {basis.value: {"zh": zh, "en": en} for basis, (zh, en) in BASES.items()}
    return {"bases": bases, "counts": counts, "days": spans}
