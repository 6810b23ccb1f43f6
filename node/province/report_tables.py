"""A report as sheets: one row a place or flow, one column a figure, typed cells, and what each figure counts."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from delegation.figures import BASIS, SPAN_BASIS, Count, Span
from node.province.report_counting import PAPER, WHOLE, Json
from node.province.report_words import BASES, COUNTS, SPANS
from node.province.reports import Report

Value = str | int | float | date | None
_OF_DAYS: Final = (("count", "件数"), ("median", "中位天数"), ("p90", "九成不超过天数"), ("total", "合计天数"))
_SIDES: Final = (("as_home", "委托方"), ("as_host", "受托方"))
_HEAD: Final = (
    *(zh for zh, _ in COUNTS.values()),
    *(f"{zh}：{of}" for zh, _ in SPANS.values() for _, of in _OF_DAYS),
)


def lines(report: Report) -> Iterator[tuple[str, str, str, str, Value]]:
    """Every figure as one line: group, place, count or step, part of a step, value."""
    for group, name, figures in _groups(report):
        counts, days = _parts(figures)
        for count in Count:
            yield group, name, count.value, "", counts.get(count.value, 0)
        for span in Span:
            for part, _ in _OF_DAYS:
                yield group, name, span.value, part, days.get(span.value, {}).get(part, 0)
    for monday, week in cast("dict[str, dict[str, int]]", report.figures["weeks"]).items():
        for name, number in week.items():
            yield "weeks", monday, name, "", number
    for unit, number in cast("dict[str, int]", report.figures["late_with"]).items():
        yield "late_with", unit, "late", "", number


def as_csv(report: Report) -> bytes:
    """UTF-8 with a mark of its order, as spreadsheets expect it; codes are text and no formula."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(("group", "name", "figure", "part", "value"))
    rows.writerows(lines(report))
    return written.getvalue().encode("utf-8-sig")


def as_workbook(report: Report) -> bytes:
    """The sheets: what it is, whole and paper, cities, units, flows, matters, weeks, and what each figure counts."""
    book = Workbook(write_only=True)
    _sheet(book, "说明", ("项目", "内容"), _facts(report))
    whole = ((WHOLE, "全部（不含纸质）"), (PAPER, "纸质"))
    _sheet(
        book, "总体", ("范围", *_HEAD), [(label, *_row(cast("Json", report.figures[name]))) for name, label in whole]
    )
    for title, name in (("各市", "cities"), ("各单位", "units")):
        places = cast("dict[str, dict[str, Json]]", report.figures[name])
        rows = [(code, label, *_row(sides[side])) for code, sides in places.items() for side, label in _SIDES]
        _sheet(book, title, ("代码", "作为", *_HEAD), rows)
    flows = cast("dict[str, Json]", report.figures["flows"])
    _sheet(
        book, "流向", ("委托地", "受托地", *_HEAD), [(*name.split(">"), *_row(each)) for name, each in flows.items()]
    )
    matters = cast("dict[str, Json]", report.figures["matters"])
    _sheet(book, "事项", ("事项", *_HEAD), [(name, *_row(each)) for name, each in matters.items()])
    weeks = cast("dict[str, dict[str, int]]", report.figures["weeks"])
    _sheet(book, "各周", ("周一", "发出", "结果", "逾期结果", "结束"), [
        (date.fromisoformat(monday), *(week.get(name, 0) for name in ("issued", "results", "results_late", "ended")))
        for monday, week in weeks.items()
    ])  # fmt: skip
    late = cast("dict[str, int]", report.figures["late_with"])
    worst = sorted(late, key=lambda unit: (-late[unit], unit))
    _sheet(book, "超期单位", ("应办理单位", "超期件数"), [(unit, late[unit]) for unit in worst])
    _sheet(book, "指标解释", ("指标", "名称", "Name", "统计对象", "Counted over"), _explained())
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _sheet(book: Workbook, title: str, head: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    sheet = cast("WriteOnlyWorksheet", book.create_sheet(title))
    sheet.freeze_panes = "A2"
    cells = []
    for text in head:
        cell = WriteOnlyCell(sheet, text)
        cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
    for row in rows:
        sheet.append(list(row))


def _facts(report: Report) -> list[tuple[Value, ...]]:
    log = cast("Json", report.data["log"])
    return [
        ("单位 unit", report.unit),
        ("统计期首日 first day", report.period.first),
        ("统计期末日 last day", report.period.last),
        ("超期截至日 lateness judged on", report.today),
        ("日志长度 log size", report.log_size),
        ("检查点取得时间 checkpoint taken over at", str(log["taken_over_at"])),
        ("检查点 checkpoint", report.checkpoint.decode()),
        ("名册版本 roster version", report.roster),
        ("摘要 SHA-256", report.digest),
        ("核验 verify", "xieban report verify"),
    ]


def _explained() -> list[tuple[Value, ...]]:
    found: list[tuple[Value, ...]] = [(count.value, zh, en, *BASES[BASIS[count]]) for count, (zh, en) in COUNTS.items()]
    return found + [(span.value, zh, en, *BASES[SPAN_BASIS[span]]) for span, (zh, en) in SPANS.items()]


def _groups(report: Report) -> Iterator[tuple[str, str, Json]]:
    for name in (WHOLE, PAPER):
        yield name, "", cast("Json", report.figures[name])
    for group in ("cities", "units"):
        for code, sides in cast("dict[str, dict[str, Json]]", report.figures[group]).items():
            for side, _ in _SIDES:
                yield f"{group}.{side}", code, sides[side]
    for group in ("flows", "matters"):
        for name, figures in cast("dict[str, Json]", report.figures[group]).items():
            yield group, name, figures


def _parts(figures: Json) -> tuple[dict[str, int], dict[str, dict[str, int | float]]]:
    return cast("dict[str, int]", figures["counts"]), cast("dict[str, dict[str, int | float]]", figures["days"])


def _row(figures: Json) -> tuple[Value, ...]:
    counts, days = _parts(figures)
    numbers: list[Value] = [counts.get(count.value, 0) for count in COUNTS]
    return (*numbers, *(days.get(span.value, {}).get(part, 0) for span in SPANS for part, _ in _OF_DAYS))
