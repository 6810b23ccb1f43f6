"""The arithmetic of GB/T 16180-2014 (劳动能力鉴定 职工工伤与职业病致残等级): grades, combined injuries, self-care.

Grades are 1 (worst) to 10; 11 stands for 未达级. A warning is no refusal: experts may have a reason, and say it
(protocol 13.7). Whether a clause fits an injury is medicine and is NOT checked here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

NO_GRADE: Final = 0  # the matter asks for none
LEAST_GRADE, WORST_GRADE = 10, 1
NOT_REACHED: Final = 11  # 未达级
SELF_CARE_ITEMS: Final = ("eating", "turning", "toilet", "dressing", "moving")
SELF_CARE_LABELS: Final[Mapping[str, str]] = MappingProxyType({
    "eating": "进食", "turning": "翻身", "toilet": "大、小便", "dressing": "穿衣、洗漱", "moving": "自主行动",
})  # fmt: skip
SELF_CARE_DEGREES: Final[Mapping[int, str]] = MappingProxyType({
    0: "无生活自理障碍", 1: "生活部分不能自理", 2: "生活大部分不能自理", 3: "生活完全不能自理",
})  # fmt: skip
_MOST_LARGE: Final = 3  # so many items and more, but not all, are 大部分
# 5.<grade>.<1 rule of the grade | 2 list of its clauses>, then the item's number; "5.9.2.13" is item 13) of 5.9.2.
CLAUSE_PATTERN: Final = r"5\.(?:[1-9]|10)\.(?:1|2(?:\.[1-9][0-9]?)?)"
_CLAUSE: Final = re.compile(CLAUSE_PATTERN, re.ASCII)


class GradeWarning(StrEnum):
    """What the standard's arithmetic finds odd (protocol 13.7); the value is the code."""

    HEAVIEST_NOT_TAKEN = "G01"
    LIGHTER_THAN_HEAVIEST = "G02"
    RAISED_BY_MORE_THAN_ONE = "G03"
    RAISED_WITHOUT_TWO_EQUAL = "G04"
    GRADE_OUT_OF_RANGE = "G05"
    NO_SINGLE_GRADE = "G06"
    CLAUSE_OF_ANOTHER_GRADE = "G07"
    CLAUSE_NOT_KNOWN = "G08"


@dataclass(frozen=True, slots=True)
class WarningText:
    """A warning's Chinese text and where the rule stands."""

    code: GradeWarning
    label: str
    source: str


_RISE: Final = "GB/T 16180-2014 晋级原则"
_GRADES: Final = "《工伤保险条例》第二十二条第二款"
_CLAUSES: Final = "GB/T 16180-2014 第5章"
GRADE_WARNINGS: Final = (
    WarningText(GradeWarning.HEAVIEST_NOT_TAKEN, "综合等级取了较轻的单项，未取最重单项", _RISE),
    WarningText(GradeWarning.LIGHTER_THAN_HEAVIEST, "综合等级轻于最重单项等级，且与各单项均不相同", _RISE),
    WarningText(GradeWarning.RAISED_BY_MORE_THAN_ONE, "综合等级比最重单项晋升超过一级", _RISE),
    WarningText(GradeWarning.RAISED_WITHOUT_TWO_EQUAL, "最重单项不足两项相同而晋级", _RISE),
    WarningText(GradeWarning.GRADE_OUT_OF_RANGE, "等级不在一级至十级或未达级之内", _GRADES),
    WarningText(GradeWarning.NO_SINGLE_GRADE, "有综合等级而无单项等级", _RISE),
    WarningText(GradeWarning.CLAUSE_OF_ANOTHER_GRADE, "所引条款属于另一等级", _CLAUSES),
    WarningText(GradeWarning.CLAUSE_NOT_KNOWN, "条款号不符合标准的编号形式", _CLAUSES),
)
WARNING_BY_CODE: Final[Mapping[str, WarningText]] = MappingProxyType({each.code: each for each in GRADE_WARNINGS})
GRADE_LABELS: Final[Mapping[int, str]] = MappingProxyType({
    1: "一级", 2: "二级", 3: "三级", 4: "四级", 5: "五级", 6: "六级", 7: "七级", 8: "八级", 9: "九级", 10: "十级",
    NOT_REACHED: "未达级",
})  # fmt: skip


def self_care_degree(items_needing_care: int) -> int:
    """Degree by how many of the five items need care: 5 gives 3 (完全), 3 or 4 give 2 (大部分), 1 or 2 give 1 (部分).

    GB/T 16180-2014 生活自理障碍; 条例 Art 22. None gives 0.

    Raises:
        ValueError: not 0 to 5.
    """
    if not 0 <= items_needing_care <= len(SELF_CARE_ITEMS):
        raise ValueError("number of self-care items is out of range")
    if items_needing_care == len(SELF_CARE_ITEMS):
        return 3
    if items_needing_care >= _MOST_LARGE:
        return 2
    return 1 if items_needing_care else 0


def grade_warnings(grades: Sequence[int], combined: int) -> tuple[str, ...]:
    """What is odd about a combined grade given the single ones: codes in the order of `GRADE_WARNINGS`; none if right.

    The heaviest single grade counts; where two or more are equally heaviest it may be raised by one, never by more
    (晋级原则). 未达级 is no grade that could be raised. `combined` NO_GRADE with no single grades gives none. Where a
    grade is out of range nothing else is judged.
    """
    if combined == NO_GRADE and not grades:
        return ()
    if not all(WORST_GRADE <= each <= NOT_REACHED for each in (*grades, combined)):
        return (GradeWarning.GRADE_OUT_OF_RANGE.value,)
    if not grades:
        return (GradeWarning.NO_SINGLE_GRADE.value,)
    heaviest = min(grades)
    if combined > heaviest:
        taken = GradeWarning.HEAVIEST_NOT_TAKEN if combined in grades else GradeWarning.LIGHTER_THAN_HEAVIEST
        return (taken.value,)
    found = []
    if heaviest - combined > 1:
        found.append(GradeWarning.RAISED_BY_MORE_THAN_ONE.value)
    may_rise = heaviest != NOT_REACHED and list(grades).count(heaviest) > 1
    if combined < heaviest and not may_rise:
        found.append(GradeWarning.RAISED_WITHOUT_TWO_EQUAL.value)
    return tuple(found)


def clause_warnings(clause: str, grade: int) -> tuple[str, ...]:
    """What is odd about one injury's clause: its form, or that it belongs to another grade. 未达级 cites no clause."""
    if grade == NOT_REACHED and not clause:
        return ()
    cited = clause_grade(clause)
    if cited is None:
        return (GradeWarning.CLAUSE_NOT_KNOWN.value,)
    return () if cited == grade else (GradeWarning.CLAUSE_OF_ANOTHER_GRADE.value,)


def clause_grade(clause: str) -> int | None:
    """The grade that a clause number belongs to; None when it has not the standard's form (`CLAUSE_PATTERN`)."""
    return int(clause.split(".")[1]) if _CLAUSE.fullmatch(clause) is not None else None


def warning_label(code: str) -> str:
    """The Chinese text of a warning; the code itself when it is not known."""
    known = WARNING_BY_CODE.get(code)
    return known.label if known is not None else code
