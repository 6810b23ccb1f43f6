"""What each figure is called, and what it counts: the words behind the `?` of a figure and the sheet of a list."""

from collections.abc import Mapping
from typing import Final

from delegation.codes import Matter
from delegation.figures import BASIS, SPAN_BASIS, Basis, Count, Span
from gateway.bureau.cases.labels import CODE_LABELS
from node.province.ports import Listed

# label, what is counted
COUNTS: Final[Mapping[Count, tuple[str, str]]] = {
    Count.IN_HAND: ("在办", "尚未办结、撤回、作废、终止，也未转出本省的委托"),
    Count.DUE_SOON: ("三日内到期", "最近的约定期限在今天或此后三个自然日内的在办委托"),
    Count.LATE: ("已超期", "最近的约定期限已过的在办委托"),
    Count.ISSUED: ("已发出", "发出了首次委托函的委托"),
    Count.SIGNED: ("已签收", "其中受托方已签收的"),
    Count.ACCEPTED: ("已受理", "其中受托方已受理的"),
    Count.ACCEPTED_QUICKLY: ("三个工作日内受理", "其中发函次日起三个工作日内受理的，按受托方所在地的工作日"),
    Count.RETURNED: ("退回补正过", "其中至少退回补正一次的"),
    Count.REFUSED: ("不予受托过", "其中至少一次不予受托的"),
    Count.TRANSFERRED: ("转办过", "其中至少转办一次的"),
    Count.DISPUTED: ("提请指定管辖过", "其中提请过指定管辖的"),
    Count.REMINDED: ("被催办过", "其中至少被催办一次的"),
    Count.SUPERVISED: ("被督办过", "其中至少被督办一次的"),
    Count.REUSED: ("免于重复索取的材料", "其中引用已有材料、没有再向当事人索取的件数；名单列出有这种材料的委托"),
    Count.DRAW_DEFAULTS: ("由省级代为揭示", "其中由省级代为揭示抽取的次数；名单列出有过代为揭示的委托"),
    Count.RESULTS: ("已提交结果", "提交了本程首次结果的委托"),
    Count.RESULTS_IN_TIME: ("按期提交", "其中不晚于约定期限提交结果的"),
    Count.RESULTS_DUE: ("有约定期限的结果", "其中当时有约定期限的"),
    Count.SUPPLEMENTED: ("要求补充或复核过", "其中要求补充或复核过的"),
    Count.ADOPTED: ("采信", "其中委托方申明采信的"),
    Count.PARTLY_ADOPTED: ("部分采信", "其中委托方申明部分采信的"),
    Count.NOT_ADOPTED: ("未采信", "其中委托方申明未采信的"),
    Count.COMPLETED: ("正常办结", "正常办结的委托"),
    Count.WITHDRAWN: ("已撤回", "撤回的委托"),
    Count.CANCELLED: ("已作废", "作废的委托"),
    Count.TERMINATED: ("终止", "终止的委托"),
}
SPANS: Final[Mapping[Span, tuple[str, str]]] = {
    Span.SIGN: ("发出至签收", "本程委托函发出之日到签收之日的自然日数"),
    Span.DECIDE: ("签收至受理", "签收之日到受理之日的自然日数"),
    Span.ASSIGN: ("受理至分派（确定科别）", "受理之日到分派或确定科别之日的自然日数"),
    Span.WORK: ("受理至结果", "受理之日到提交结果之日的自然日数"),
    Span.RESULT: ("发出至结果", "本程委托函发出之日到提交结果之日的自然日数"),
    Span.CHECK: ("结果至办结", "提交结果之日到办结之日的自然日数"),
    Span.WHOLE: ("首次发出至办结", "首次委托函发出之日到办结之日的自然日数"),
}
LISTED: Final[Mapping[Listed, tuple[str, str, Basis]]] = {
    Listed.RESULTS_LATE: ("逾期提交", "提交时已过约定期限的结果", Basis.RESULT),
    Listed.ENDED: ("结束", "办结、撤回、作废或终止的委托", Basis.ENDED),
}
SHARE_LABELS: Final[Mapping[str, str]] = {
    "on_time": "按期率", "accepted_quickly": "三个工作日内受理率", "returned": "退回补正率", "refused": "不予受托率",
    "transferred": "转办率", "supplemented": "补充率", "adopted": "采信率",
}  # fmt: skip
# over which delegations, and since when
BASES: Final[Mapping[Basis, str]] = {
    Basis.STANDING: "现在的在办委托，不论何时发出",
    Basis.ISSUED: "首次委托函在本期内发出的委托",
    Basis.RESULT: "本程首次结果在本期内提交的委托",
    Basis.ENDED: "在本期内结束的委托",
}
OUTSIDE: Final[Mapping[str, str]] = {
    "home": "所选的委托方不在本机构的监管范围内，因此没有可显示的委托",
    "host": "所选的受托方不在本机构的监管范围内，因此没有可显示的委托",
}
BUSINESS: Final = (("all", "全部业务"), ("investigation", "调查"), ("appraisal", "鉴定"))
FLOWS: Final = (("all", "全部流向"), ("within", "省内互托"), ("out", "托出省外"), ("in", "省外托入"))
ROUTES: Final = (("wire", "网上办理"), ("paper", "线下办理"), ("all", "网上和线下"))
TYPES: Final[Mapping[str, str]] = {"RD": "认定机构", "AC": "鉴定机构", "PO": "省级监管", "NO": "国家监管"}
MATTERS: Final = (
    ("", "全部事项"),
    *((each.name, CODE_LABELS[each.name]) for each in Matter if each is not Matter.UNSPECIFIED),
)
SORTS: Final = (
    ("", "最急的在前"),
    ("issued", "发出早的在前"),
    ("-issued", "发出晚的在前"),
    ("home", "按委托方所在地"),
    ("host", "按受托方所在地"),
    ("matter", "按事项"),
)
DIRECT: Final = "直辖县（市）"
LATE_WITH: Final = "最近的约定期限已过、轮到其办理的在办委托"
ISSUED_LATER: Final = "不限：在办的，或本期内发出、出结果、结束的委托"


def basis_of(asked: Count | Span | Listed) -> Basis:
    """Over which courses."""
    if isinstance(asked, Listed):
        return LISTED[asked][2]
    return BASIS[asked] if isinstance(asked, Count) else SPAN_BASIS[asked]


def words_of(asked: Count | Span | Listed) -> tuple[str, str]:
    """Label, and what is counted."""
    if isinstance(asked, Listed):
        return LISTED[asked][:2]
    return COUNTS[asked] if isinstance(asked, Count) else SPANS[asked]
