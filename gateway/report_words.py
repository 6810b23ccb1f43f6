"""Words of reports, for pages and the interface alike: kinds, how a verification stands, what a difference is about."""

from collections.abc import Mapping
from typing import Final

from delegation.figures import Count, Span
from gateway.bureau.province.words import COUNTS, SPANS
from node.province.report_online import OnlineState
from node.province.report_ports import CheckState
from node.province.schedule import ReportKind

KINDS: Final[Mapping[ReportKind, str]] = {
    ReportKind.MONTH: "月报",
    ReportKind.QUARTER: "季报",
    ReportKind.YEAR: "年报",
    ReportKind.CUSTOM: "自定时段",
}
CHECK_STATES: Final[Mapping[CheckState, str]] = {
    CheckState.RUNNING: "正在核验",
    CheckState.DONE: "核验完毕",
    CheckState.FAILED: "核验未完成",
}
ONLINE_STATES: Final[Mapping[OnlineState, str]] = {
    OnlineState.CONSISTENT: "注册中心日志包含报表所依据的全部条目",
    OnlineState.DIFFERS: "与注册中心日志不符",
    OnlineState.UNAVAILABLE: "未能联系注册中心，联机核验没有进行",
}
WHATS: Final[Mapping[str, str]] = {
    "report": "报表文件",
    "checkpoint": "检查点",
    "thread": "委托",
    "entry": "日志条目",
    "figure": "指标",
}


def figure_label(where: str) -> str:
    """What a figure's path ends in, in Chinese; empty for none of ours."""
    for part in reversed(where.split(".")):
        if part in COUNTS:
            return COUNTS[Count(part)][0]
        if part in SPANS:
            return SPANS[Span(part)][0]
    return ""
