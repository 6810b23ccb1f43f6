"""Specialities of medical experts (科别) and why an expert is not eligible in a case (protocol 13.1).

A speciality is `M`, the digit of its division (门) and two digits. Divisions 1 to 5 are those that GB/T 16180-2014
sorts injuries into; 5 is 职业病内科, whose finer codes are agreed between bureaus. Division 6 is agreed too: what the
standard has no division for, but committees judge (rehabilitation, assistive devices, illness that is no work injury).
A code tells of health, so it travels sealed and never stands in a header, a log or a metric.

A reason of ineligibility is `I` and two digits. An expert who is not eligible has exactly one: the first that holds in
the order of `INELIGIBLE`, so that two who count the same pool count the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

_STANDARD: Final = "GB/T 16180-2014 门类划分"
_AGREED: Final = "约定"  # no norm names it; bureaus agree on it


@dataclass(frozen=True, slots=True)
class Division:
    """A division (门)."""

    code: str
    label: str
    source: str


@dataclass(frozen=True, slots=True)
class Specialty:
    """A speciality (科别). `source` says whether the standard names it or bureaus agreed on it."""

    code: str
    label: str
    source: str

    @property
    def division(self) -> str:
        """Code of its division."""
        return self.code[:2]


DIVISIONS: Final = (
    Division("M1", "神经内科、神经外科、精神科门", _STANDARD),
    Division("M2", "骨科、整形外科、烧伤科门", _STANDARD),
    Division("M3", "眼科、耳鼻喉科、口腔科门", _STANDARD),
    Division("M4", "普外科、胸外科、泌尿生殖科门", _STANDARD),
    Division("M5", "职业病内科门", _STANDARD),
    Division("M6", "其他科别", _AGREED),
)

_ALL: Final = (
    Specialty("M101", "神经内科", _STANDARD),
    Specialty("M102", "神经外科", _STANDARD),
    Specialty("M103", "精神科", _STANDARD),
    Specialty("M201", "骨科", _STANDARD),
    Specialty("M202", "整形外科", _STANDARD),
    Specialty("M203", "烧伤科", _STANDARD),
    Specialty("M204", "手外科", _AGREED),
    Specialty("M301", "眼科", _STANDARD),
    Specialty("M302", "耳鼻喉科", _STANDARD),
    Specialty("M303", "口腔科", _STANDARD),
    Specialty("M401", "普外科", _STANDARD),
    Specialty("M402", "胸外科", _STANDARD),
    Specialty("M403", "泌尿生殖科", _STANDARD),
    Specialty("M404", "妇产科", _AGREED),
    Specialty("M501", "职业病内科", _STANDARD),
    Specialty("M502", "职业病科（尘肺及呼吸）", _AGREED),
    Specialty("M503", "职业病科（中毒）", _AGREED),
    Specialty("M504", "职业病科（物理因素及噪声）", _AGREED),
    Specialty("M505", "职业病科（放射）", _AGREED),
    Specialty("M506", "职业病科（皮肤）", _AGREED),
    Specialty("M507", "职业病科（血液及肿瘤）", _AGREED),
    Specialty("M601", "康复医学科", _AGREED),
    Specialty("M602", "辅助器具（假肢矫形）", _AGREED),
    Specialty("M603", "呼吸内科", _AGREED),
    Specialty("M604", "心血管内科", _AGREED),
    Specialty("M605", "消化内科", _AGREED),
    Specialty("M606", "肾内科", _AGREED),
    Specialty("M607", "内分泌科", _AGREED),
    Specialty("M608", "血液科", _AGREED),
    Specialty("M609", "风湿免疫科", _AGREED),
    Specialty("M610", "肿瘤科", _AGREED),
    Specialty("M611", "皮肤科", _AGREED),
    Specialty("M612", "感染科", _AGREED),
    Specialty("M613", "医学影像科", _AGREED),
    Specialty("M614", "全科医学", _AGREED),
)

SPECIALTIES: Final[Mapping[str, Specialty]] = MappingProxyType({each.code: each for each in _ALL})
SPECIALTY_PATTERN: Final = r"M[1-6][0-9]{2}"
_SPECIALTY: Final = re.compile(SPECIALTY_PATTERN, re.ASCII)


class Ineligibility(StrEnum):
    """Why an expert is left out (protocol 13.1); the value is the code."""

    NOT_ACTIVE = "I01"
    TERM_NOT_BEGUN = "I02"
    TERM_OVER = "I03"
    NO_SENIOR_TITLE = "I04"
    VOID_PANEL = "I05"
    RECUSED = "I06"
    KINSHIP = "I07"
    EMPLOYER = "I08"
    TREATING_HOSPITAL = "I09"
    SPECIALTY_NOT_ASKED = "I10"


@dataclass(frozen=True, slots=True)
class IneligibilityReason:
    """One reason with its text and where it comes from."""

    code: Ineligibility
    label: str
    source: str


_REGULATION: Final = "《工伤保险条例》"
INELIGIBLE: Final = (
    IneligibilityReason(Ineligibility.NOT_ACTIVE, "未启用或已停用", _AGREED),
    IneligibilityReason(Ineligibility.TERM_NOT_BEGUN, "聘期未开始", _AGREED),
    IneligibilityReason(Ineligibility.TERM_OVER, "聘期已满", _AGREED),
    IneligibilityReason(Ineligibility.NO_SENIOR_TITLE, "无高级专业技术职称", f"{_REGULATION}第二十四条"),
    IneligibilityReason(Ineligibility.VOID_PANEL, "曾为本案已作废专家组成员", _AGREED),
    IneligibilityReason(Ineligibility.RECUSED, "本案中已回避或被更换", f"{_REGULATION}第二十七条"),
    IneligibilityReason(Ineligibility.KINSHIP, "与当事人有亲属等利害关系（已申报）", f"{_REGULATION}第二十七条"),
    IneligibilityReason(Ineligibility.EMPLOYER, "供职单位为本案用人单位", f"{_REGULATION}第二十七条"),
    IneligibilityReason(Ineligibility.TREATING_HOSPITAL, "供职于救治医疗机构", f"{_REGULATION}第二十七条"),
    IneligibilityReason(Ineligibility.SPECIALTY_NOT_ASKED, "科别不在本案所需之列", f"{_REGULATION}第二十五条"),
)
INELIGIBLE_BY_CODE: Final[Mapping[str, IneligibilityReason]] = MappingProxyType(
    {each.code: each for each in INELIGIBLE}
)


def is_specialty(text: str) -> bool:
    """Whether it is a code of the list (protocol 13.1). A code of the right form that the list lacks is none."""
    return text in SPECIALTIES


def has_specialty_form(text: str) -> bool:
    """Whether it has the form of a code, for a reader who does not know the newest list."""
    return _SPECIALTY.fullmatch(text) is not None


def specialty_label(code: str) -> str:
    """Its Chinese label; the code itself when it is not known."""
    known = SPECIALTIES.get(code)
    return known.label if known is not None else code


def specialties_of(division: str) -> tuple[Specialty, ...]:
    """Those of one division, in the order of codes; none for a division that is not known."""
    return tuple(each for each in _ALL if each.division == division)


def ineligibility_label(code: str) -> str:
    """The Chinese label of a reason; the code itself when it is not known."""
    known = INELIGIBLE_BY_CODE.get(code)
    return known.label if known is not None else code


# 高级专业技术职称, as pools write them; a title that is not here counts as none (条例 Art 24).
SENIOR_TITLES: Final[frozenset[str]] = frozenset({
    "主任医师", "副主任医师", "主任中医师", "副主任中医师", "主任技师", "副主任技师", "主任药师", "副主任药师",
    "主任护师", "副主任护师", "主任治疗师", "副主任治疗师", "教授", "副教授", "研究员", "副研究员",
    "正高级工程师", "高级工程师",
})  # fmt: skip
CHIEF_TITLES: Final[frozenset[str]] = frozenset(
    title for title in SENIOR_TITLES if not title.startswith("副") and title != "高级工程师"
)
_TITLES_APART: Final = re.compile(r"[、，,;；/\s]+")


def is_senior(title: str) -> bool:
    """Whether one of the titles in a text such as `主任医师、教授` is a senior one (条例 Art 24)."""
    return not SENIOR_TITLES.isdisjoint(_TITLES_APART.split(title))


def title_rank(title: str) -> int:
    """2 for a text that names a chief title (正高级), 1 for another senior one (副高级), 0 for none of either."""
    named = _TITLES_APART.split(title)
    if not CHIEF_TITLES.isdisjoint(named):
        return 2
    return 1 if not SENIOR_TITLES.isdisjoint(named) else 0
