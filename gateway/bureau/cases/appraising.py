"""What a case of an appraisal holds for its forms: who sits, when the appointment is, what was found. No rule here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from delegation.appraisal_rules import (
    GRADE_LABELS,
    SELF_CARE_DEGREES,
    SELF_CARE_ITEMS,
    SELF_CARE_LABELS,
    clause_warnings,
    grade_warnings,
    self_care_degree,
)
from delegation.codes import Matter
from delegation.panel_chair import chair_of
from delegation.specialties import DIVISIONS, SPECIALTIES, specialty_label
from gateway.bureau.cases.asking import Json, choice, line, listed_in, part_of, text
from gateway.bureau.forms.spec import Ask, Field, Part, Rows
from node.desk.views import DelegationView

SPECIALTY_CHOICES: Final = tuple(
    (each.code, f"{each.label}（{each.code}）")
    for division in DIVISIONS
    for each in SPECIALTIES.values()
    if each.division == division.code
)
GRADES: Final = tuple((str(grade), label) for grade, label in GRADE_LABELS.items())
EXAMINATION_FORMS: Final = (
    ("EXAMINATION_FORM_ON_SITE", "现场"),
    ("EXAMINATION_FORM_HOME_VISIT", "上门"),
    ("EXAMINATION_FORM_VIDEO", "远程"),
)
OBJECTORS: Final = (("OBJECTION_BY_WORKER", "职工"), ("OBJECTION_BY_EMPLOYER", "用人单位"))
_MOST_INJURIES: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who sits on a panel."""

    expert_id: str
    name: str
    specialty: str
    title: str = ""
    employer: str = ""
    chair: bool = False

    @property
    def shown(self) -> str:
        """As a list offers it."""
        known = specialty_label(self.specialty) if self.specialty else ""
        return f"{self.name or self.expert_id}（{known or self.expert_id}{'，组长' if self.chair else ''}）"


def _seat(expert: Mapping[str, object]) -> Seat:
    number, name, specialty, title, employer = (
        str(expert.get(part, "")) for part in ("expert_id", "name", "specialty", "title", "employer")
    )
    return Seat(expert_id=number, name=name, specialty=specialty, title=title, employer=employer)


def panel_of(view: DelegationView, *, until: int | None = None) -> tuple[Seat, ...]:
    """Who sits now, or after the entry of that sequence, and who presides (protocol 13.10).

    The last draw, with the seats that passed on since. Empty where the names are not ours to read.
    """
    seats: dict[str, Seat] = {}
    order: list[str] = []  # as drawn, seats and reserves
    chair = ""
    for entry in view.entries:
        if entry.parked_reason or (until is not None and entry.sequence > until):
            continue
        if entry.kind == "PANEL_DRAWN":
            drawn = listed_in(part_of(entry, "panel"), "experts")
            order = [str(each.get("expert_id")) for each in drawn]
            seats = {str(each.get("expert_id")): _seat(each) for each in drawn if not each.get("reserve")}
            chair = _chair(seats, order)
        elif entry.kind == "PANEL_REPLACED":
            change = part_of(entry, "panel_change") or {}
            leaves, enters = str(change.get("leaves", "")), change.get("enters")
            seats.pop(leaves, None)
            if isinstance(enters, Mapping):
                seats[str(enters.get("expert_id"))] = _seat(enters)
            if leaves == chair:
                chair = _chair(seats, order)
        elif entry.kind in {"PANEL_VOIDED", "DRAW_VOIDED"}:
            seats, chair = {}, ""
    return tuple(replace(seat, chair=number == chair) for number, seat in seats.items())


def _chair(seats: Mapping[str, Seat], order: Sequence[str]) -> str:
    sitting = [number for number in order if number in seats]
    found = chair_of([seats[number].title for number in sitting])
    return "" if found is None else sitting[found]


def appointment_of(view: DelegationView) -> Mapping[str, object]:
    """The appointment that stands; empty for none."""
    for entry in reversed(view.entries):
        if entry.kind in {"SCHEDULED", "RESCHEDULED"} and not entry.parked_reason:
            return part_of(entry, "appointment") or {}
    return {}


def asks_grade(matter: str) -> bool:
    """Whether the matter asks for a grade with its injuries."""
    return matter == Matter.DISABILITY_GRADE.name


def finding_parts(at: str, matter: str, *, needed: bool = True) -> tuple[Part, ...]:
    """Fields of a finding under a path: what the matter asks for is needed, the rest may be told."""
    graded, care = asks_grade(matter), matter == Matter.SELF_CARE.name
    injuries = Rows(
        path=f"{at}.injuries", label="各项伤情（GB/T 16180）", row_label="伤情", least=1 if graded and needed else 0,
        most=_MOST_INJURIES,
        fields=(
            line("injury", "伤情", required=True),
            line("clause", "条款", hint="如 5.7.2.3；未达级的留空", longest=16),
            choice("grade", "单项等级", GRADES, required=True),
        ),
    )  # fmt: skip
    grade = choice(
        f"{at}.grade", "综合等级", GRADES, required=graded and needed,
        hint="取最重单项；两项以上同为最重的，可晋升一级（GB/T 16180 晋级原则）",
    )  # fmt: skip
    asked = Field(
        path=f"{at}.care_asked", label="一并评定生活自理障碍", ask=Ask.CHECK,
        hint="勾选需要他人护理的项目；等级按五项自动核算（五项为完全，三、四项为大部分，一、两项为部分）",
    )  # fmt: skip
    items = tuple(
        Field(path=f"{at}.self_care.{item}", label=SELF_CARE_LABELS[item], ask=Ask.CHECK) for item in SELF_CARE_ITEMS
    )
    words = text("其他鉴定意见", path=f"{at}.other", required=needed and not graded and not care)
    if care:
        return (*items, words)
    return (injuries, grade, asked, *items, words)


def finding_data(found: object, matter: str) -> Json:
    """A finding as the contract has it, out of what was typed: grades as numbers, the degree of care computed."""
    made: Json = dict(found) if isinstance(found, Mapping) else {}
    asked = bool(made.pop("care_asked", False)) or matter == Matter.SELF_CARE.name
    care = made.pop("self_care", None)
    if made.get("injuries"):
        made["injuries"] = [{**each, "grade": _number(each.get("grade"))} for each in listed_in(made, "injuries")]
    if made.get("grade"):
        made["grade"] = _number(made["grade"])
    if asked:
        items = {item: bool(care.get(item)) if isinstance(care, Mapping) else False for item in SELF_CARE_ITEMS}
        made["self_care"] = {**items, "degree": self_care_degree(sum(items.values()))}
    return made


def finding_back(found: object) -> Json:
    """The other way round."""
    made: Json = dict(found) if isinstance(found, Mapping) else {}
    if isinstance(made.get("self_care"), Mapping):
        made["care_asked"] = True
    return made


def warnings_of(finding: Mapping[str, object]) -> tuple[str, ...]:
    """What the standard's arithmetic finds odd, as the rule book counts it (protocol 13.7)."""
    injuries = listed_in(finding, "injuries")
    grades = tuple(_number(each.get("grade")) for each in injuries)
    combined = _number(finding.get("grade"))
    found = list(grade_warnings(grades, combined)) if grades or combined else []
    for each in injuries:
        found += clause_warnings(str(each.get("clause", "")), _number(each.get("grade")))
    return tuple(dict.fromkeys(found))


def _number(value: object) -> int:
    shown = str(value or 0)
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 4 else 0


def typed_finding(typed: Mapping[str, Sequence[str]], at: str) -> Json:
    """What stands in the fields of a finding now, as far as warnings need it."""
    rows: dict[str, Json] = {}
    for path, values in typed.items():
        if path.startswith(f"{at}.injuries.") and values:
            number, _, last = path[len(at) + 10 :].partition(".")
            rows.setdefault(number, {})[last] = values[-1].strip()
    filled = [row for row in rows.values() if any(row.values())]
    grade = typed.get(f"{at}.grade", [""])
    return {"injuries": filled, "grade": grade[-1] if grade else ""}


def typed_degree(typed: Mapping[str, Sequence[str]], at: str, matter: str) -> str:
    """The degree of care that follows from the items ticked now, in words; empty where none is asked for."""

    def ticked(name: str) -> bool:
        return "1" in typed.get(f"{at}.{name}", ())

    if not ticked("care_asked") and matter != Matter.SELF_CARE.name:
        return ""
    return SELF_CARE_DEGREES[self_care_degree(sum(ticked(f"self_care.{item}") for item in SELF_CARE_ITEMS))]


def carry(data: Json, material_ids: Sequence[str], *, unsent: frozenset[str]) -> None:
    """Files that a part names travel with it, or are referred to where the case holds them already."""
    for each in material_ids:
        name = "materials" if each in unsent else "reused_materials"
        listed = data.get(name)
        known = [str(one) for one in listed] if isinstance(listed, list | tuple) else []
        if each and each not in known:
            data[name] = [*known, each]
