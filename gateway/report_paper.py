"""A report as a page for the press: main figures, what proves them, place for the seal (签章处).

An e-seal, where the office has one, is added to the PDF by its own program; the page is the same without it.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from html import escape
from typing import Final, cast

from delegation.figures import SHARES, Count
from node.province.report_counting import PAPER, WHOLE, Json
from node.province.report_words import COUNTS, SPANS
from node.province.reports import Report

_STYLE: Final = """@page { size: A4; margin: 2cm }
body { font-family: "Noto Serif CJK SC", serif; font-size: 10.5pt; line-height: 1.5 }
h1 { text-align: center; font-size: 18pt } h2 { font-size: 12pt }
table { border-collapse: collapse; width: 100% } th, td { border: 0.5pt solid #000; padding: 2pt 4pt }
td.n { text-align: right } .proof { font-size: 8pt; word-break: break-all; white-space: pre-wrap }
.seal { margin-top: 2.5cm; text-align: right; line-height: 2.5 }"""
_LENGTHS: Final = {1: "月报", 3: "季报", 12: "年报"}
_OTHER: Final = "情况报表"
_SHARES: Final = {
    "on_time": "按期提交率",
    "accepted_quickly": "三个工作日内受理率",
    "returned": "退回率",
    "refused": "不予受托率",
    "transferred": "转办率",
    "supplemented": "要求补充或复核率",
    "adopted": "采信率",
}


def paper(report: Report, *, office: str) -> str:
    """HTML for the press; `office` is the office's name."""
    whole, on_paper = (cast("Json", report.figures[name]) for name in (WHOLE, PAPER))
    title = title_of(report)
    first, last, day = report.period.first, report.period.last, report.today
    parts = [
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>',
        f"</head><body><h1>{title}</h1><p>单位：{escape(office)}（{escape(report.unit)}）</p>",
        f"<p>统计期：{first:%Y年%m月%d日}至{last:%Y年%m月%d日}。在办、到期、超期按检查点取得之日（{day:%Y年%m月%d日}）计。</p>",
        "<h2>一、主要指标</h2>",
        _table(("指标", "网上办理", "纸质办理"), _counts(whole, on_paper)),
        "<h2>二、比率</h2>",
        _table(("指标", "分子", "分母", "比率"), _shares(whole)),
        "<h2>三、各环节自然日</h2>",
        _table(("环节", "件数", "中位天数", "九成不超过"), _days(whole)),
        "<h2>四、可核验依据</h2>",
        f'<p class="proof">日志长度 {report.log_size}；委托 {len(report.threads)} 件；',
        f"报表摘要（SHA-256）{report.digest}\n",
        f"{escape(report.checkpoint.decode())}</p><p>以 xieban report verify 对同名 JSON 文件重新计算核验。</p>",
        '<div class="seal"><p>签章处</p><p>负责人（签字）：　　　　　　　　　　　</p>',
        "<p>单位（盖章）：　　　　　　　　　　　</p><p>　　　　年　　月　　日</p></div></body></html>",
    ]
    return "".join(parts)


def title_of(report: Report) -> str:
    """By the length of the period: 月报, 季报, 年报, or 情况报表 for any other."""
    first, last = report.period.first, report.period.last
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    whole = first.day == 1 and (last + timedelta(days=1)).day == 1 and (first.month - 1) % months == 0
    return f"工伤保险异地协办{'省级' if report.province else '全国'}{_LENGTHS.get(months, _OTHER) if whole else _OTHER}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def row(cells: Sequence[object]) -> str:
        first, *rest = (escape(str(cell)) for cell in cells)
        return f'<tr><th scope="row">{first}</th>' + "".join(f'<td class="n">{cell}</td>' for cell in rest) + "</tr>"

    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{''.join(map(row, rows))}</tbody></table>"


def _of(figures: Json, name: str) -> dict[str, int]:
    return cast("dict[str, int]", figures[name])


def _counts(whole: Json, on_paper: Json) -> list[tuple[object, ...]]:
    return [
        (zh, _of(whole, "counts").get(count.value, 0), _of(on_paper, "counts").get(count.value, 0))
        for count, (zh, _) in COUNTS.items()
    ]


def _shares(whole: Json) -> list[tuple[object, ...]]:
    counts = _of(whole, "counts")

    def line(name: str, part: Count, of: Count) -> tuple[object, ...]:
        above, below = counts.get(part.value, 0), counts.get(of.value, 0)
        return _SHARES[name], above, below, f"{above / below:.1%}" if below else "—"

    return [line(name, part, of) for name, (part, of) in SHARES.items()]


def _days(whole: Json) -> list[tuple[object, ...]]:
    days = cast("dict[str, dict[str, object]]", whole["days"])
    return [
        (zh, *(days[span.value][name] for name in ("count", "median", "p90")))
        for span, (zh, _) in SPANS.items()
        if span.value in days
    ]
