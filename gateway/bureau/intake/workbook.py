"""The template of an import as a workbook: typed cells, drop-downs for codes, a sheet that explains each column.

No macro and no formula but the lists of the drop-downs. Only written here: what comes back is read by
`gateway.bureau.intake.sheet_worker`, in a process of its own. The first sheet has the headings and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from gateway.bureau.forms.spec import Ask, Field
from gateway.bureau.intake.cells import NO, YES
from gateway.bureau.intake.sheet_worker import MOST_ROWS

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DATA, EXPLAINED, CODES = "数据", "说明", "代码"
_TEXT, _DAY, _MOMENT = "@", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_FORMATS: Final = {Ask.DAY: _DAY, Ask.MOMENT: _MOMENT, Ask.NUMBER: "0"}
_HOW: Final = {
    Ask.TEXT: "文字",
    Ask.LONG: "文字，可以换行",
    Ask.DAY: "日期，如 2026-07-30",
    Ask.MOMENT: "日期和时间，如 2026-07-30 09:40",
    Ask.NUMBER: "整数",
    Ask.CHOICE: "从下拉列表中选一个",
    Ask.CHOICES: "可填几个，用顿号隔开；填代码或全文",
    Ask.CHECK: "填“是”或“否”",
    Ask.PLACE: "六位区划代码，或完整的地名",
    Ask.UNIT: "单位代码",
    Ask.PHONE: "电话号码",
}
_HEAD: Final = ("列", "必填", "填什么", "可以填的值（代码 含义）", "最多字数")
_WIDTHS: Final = (30, 8, 46, 70, 10)
_LONGEST_PROMPT: Final = 250
_EARLIEST: Final = date(1900, 1, 1)
_GREY: Final = PatternFill("solid", fgColor="FFE8ECF1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its heading, and the field that it fills; the heading of a required one is marked."""

    heading: str
    asked: Field

    @property
    def shown(self) -> str:
        """As it stands in the first row."""
        return f"{self.heading}*" if self.asked.required else self.heading

    @property
    def how(self) -> str:
        """What to fill in, in words."""
        told = _HOW.get(self.asked.ask, _HOW[Ask.TEXT])
        return f"{told}。{self.asked.hint}" if self.asked.hint else told


def template(columns: Sequence[Column]) -> bytes:
    """The empty workbook with these columns, in this order."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = DATA
    explained, codes = book.create_sheet(EXPLAINED), book.create_sheet(CODES)
    _head(sheet, [column.shown for column in columns])
    for number, column in enumerate(columns, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].number_format = _FORMATS.get(column.asked.ask, _TEXT)
        sheet.column_dimensions[letter].width = min(40, 6 + 2 * len(column.shown))
        check = _check(column, _listed(codes, column))
        check.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
        sheet.add_data_validation(check)
    sheet.freeze_panes = "A2"
    _explain(explained, columns)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet: Worksheet, names: Sequence[str]) -> None:
    sheet.append(list(names))
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), _GREY
        cell.number_format = _TEXT


def _listed(codes: Worksheet, column: Column) -> str:
    """The range of the choices of a column on the sheet of codes; empty for a column without a list."""
    if column.asked.ask is Ask.CHOICE:
        choices = [label for _, label in column.asked.choices]
    elif column.asked.ask is Ask.CHECK:
        choices = [YES, NO]
    else:
        return ""
    number = codes.max_column + 1 if codes.cell(1, 1).value else 1
    for row, text in enumerate([column.heading, *choices], start=1):
        codes.cell(row, number, text).number_format = _TEXT
    letter = get_column_letter(number)
    codes.column_dimensions[letter].width = 40
    return f"'{CODES}'!${letter}$2:${letter}${len(choices) + 1}"


def _check(column: Column, listed: str) -> DataValidation:
    """What the spreadsheet's program checks while somebody types; the import judges everything again."""
    told = column.how[:_LONGEST_PROMPT]
    if listed:
        made = DataValidation(type="list", formula1=listed, allow_blank=True)
        made.error = "请从下拉列表中选择"
    elif column.asked.ask in {Ask.DAY, Ask.MOMENT}:
        made = DataValidation(
            type="date", operator="greaterThan", formula1=f"DATE({_EARLIEST:%Y,%-m,%-d})", allow_blank=True
        )
        made.error = told
    else:
        made = DataValidation(
            type="textLength", operator="lessThanOrEqual", formula1=str(column.asked.longest), allow_blank=True
        )
        made.error = f"最多{column.asked.longest}字"
    made.showErrorMessage = True
    made.showInputMessage = True
    made.promptTitle, made.prompt = column.heading[:30], told
    return made


def _explain(sheet: Worksheet, columns: Sequence[Column]) -> None:
    _head(sheet, _HEAD)
    for column in columns:
        asked = column.asked
        values = "\n".join(f"{code} {label}" if asked.ask is Ask.CHOICES else label for code, label in asked.choices)
        sheet.append([column.heading, YES if asked.required else "", column.how, values, asked.longest])
    for letter, width in zip("ABCDE", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
