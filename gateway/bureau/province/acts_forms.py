"""Forms of an office's acts as data, and what was typed as values of `ProvincialActs`. What counts the node judges."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from delegation.clock_specs import CLOCKS
from delegation.codes import AppraisalMode, Matter
from delegation.errors import Refusal
from delegation.roster_records import AgreedTime
from delegation.roster_view import STEP_OF_CLOCK
from gateway.bureau.cases.labels import CODE_LABELS
from gateway.bureau.forms.filled import Filled, fill, missing, read, to_json
from gateway.bureau.forms.spec import Ask, Field, FormSpec, Rows, Section
from gateway.bureau.province.acts_words import ACTS, PERSONAL, Tr, why
from gateway.bureau.province.asking import kind_of, name_of
from node.province.acts_ports import OfficeUnits, Possible, Terms

MOST_TEXT: Final = 4_000
MOST_DAYS: Final = 60
_MATTERS: Final = tuple((each.name, CODE_LABELS[each.name]) for each in Matter if each is not Matter.UNSPECIFIED)
_MODES: Final = tuple((each.name, CODE_LABELS[each.name]) for each in AppraisalMode if each.value)
_CLOCKS: Final = tuple((name, spec.label) for name, spec in CLOCKS.items() if name in STEP_OF_CLOCK)
_PLACE_HINT: Final = "输入地名、六位区划代码或单位代码；按本事项在该地的管辖确定单位"


def text(label: str, *, required: bool = True) -> Field:
    """What is written, with the warning beside it."""
    return Field(path="text", label=label, ask=Ask.LONG, required=required, hint=PERSONAL, longest=MOST_TEXT)


def unit_words(codes: Sequence[str], tr: Tr) -> tuple[tuple[str, str], ...]:
    """Codes with the names of their places, to choose from."""
    return tuple((code, f"{name_of(code)} {tr(kind_of(code))} {code}".strip()) for code in codes)


def act_spec(act: str, may: Possible, tr: Tr, sides: Sequence[str] = ()) -> FormSpec:
    """What the form of an act on one delegation asks. `sides` stand to be chosen where the copy says that none can be:
    it may lag behind the thread."""

    def unit(label: str, codes: Sequence[str], hint: str = "") -> Field:
        return Field(path="unit", label=label, ask=Ask.CHOICE, required=True, choices=unit_words(codes, tr), hint=hint)

    parts: tuple[Field, ...]
    match act:
        case "remind":
            parts = (unit("催办哪一方", may.remind or sides, "已选须办理的一方"), text("催办内容"))
        case "supervise":
            days = Field(
                path="working_days", label="答复期限（工作日）", ask=Ask.NUMBER, required=True, least=1, most=MOST_DAYS,
                longest=2,
            )  # fmt: skip
            parts = (unit("督办哪个单位", may.supervise or sides), days, text("督办要求"))
        case "coordinate":
            parts = (
                unit("涉及哪个单位", may.coordinate or sides, "由该单位所在省的省级机构协调"),
                text("请求协调的事项"),
            )
        case "designate":
            place = Field(path="place", label="由何处的单位办理", ask=Ask.PLACE, hint=_PLACE_HINT, longest=80)
            claims = tuple(code for code in may.claims if code)
            claimed = Field(
                path="unit", label="各方所称有管辖权的单位", ask=Ask.CHOICE, choices=unit_words(claims, tr),
                hint="另行指定的，留空并填写下一栏",
            )  # fmt: skip
            seen = Field(path="seen", label="", ask=Ask.HIDDEN, longest=9)
            parts = (*((claimed,) if claims else ()), place, text("指定理由"), seen)
        case _:
            parts = (text({"opinion": "意见", "answer": "答复"}[act]),)
    return FormSpec((Section(name="main", title="", parts=parts),))


def act_begun(act: str, may: Possible, tr: Tr, sides: Sequence[str] = ()) -> Filled:
    """The form as it is opened."""
    chosen: dict[str, object] = {"text": tr(ACTS[act].offered) if ACTS[act].offered else ""}
    match act:
        case "remind":
            chosen["unit"] = may.turn
        case "supervise":
            chosen |= {"unit": may.supervise[0] if len(may.supervise) == 1 else "", "working_days": 5}
        case "coordinate":
            chosen["unit"] = may.coordinate[0] if len(may.coordinate) == 1 else ""
        case "designate":
            chosen["seen"] = may.seen
        case _:
            pass
    return fill(act_spec(act, may, tr, sides), chosen)


def typed_into(spec: FormSpec, typed: Mapping[str, Sequence[str]]) -> tuple[Filled, dict[str, object]]:
    """What was typed, with the faults of single fields noted."""
    form = read(spec, typed)
    missing(form)
    return form, to_json(form)


def check_designation(form: Filled) -> None:
    """One of both, not none and not two."""
    unit, place = form.text("unit"), form.text("place")
    if not unit and not place:
        form.faults.setdefault("place", "请选择或填写由哪个单位办理")
    elif unit and place:
        form.faults.setdefault("place", "已在上一栏选择单位；另行指定的，请将上一栏留空")


def announce_spec(units: OfficeUnits) -> FormSpec:
    """To whom, and what."""
    whom = Field(
        path="whom", label="下发范围", ask=Ask.CHOICE, required=True,
        choices=(("all", "全部所属单位"), ("chosen", "所选单位")),
    )  # fmt: skip
    named = Field(
        path="units", label="所选单位", ask=Ask.CHOICES, hint="下发范围为“所选单位”时填写",
        choices=tuple((unit.code, f"{unit.name} {unit.code}") for unit in units.own),
    )  # fmt: skip
    return FormSpec((Section(name="main", title="", parts=(whom, named, text("通知内容"))),))


def check_announcement(form: Filled) -> tuple[str, ...]:
    """The units named; none for all of them."""
    chosen = tuple(code for code in form.texts("units") if code in dict(_choices(form, "units")))
    if form.text("whom") == "chosen" and not chosen:
        form.faults.setdefault("units", "请至少选择一个单位")
    if form.text("whom") == "all" and chosen:
        form.faults.setdefault("units", "下发范围为全部所属单位，请不要再选；或改为“所选单位”")
    return chosen


def _choices(form: Filled, path: str) -> tuple[tuple[str, str], ...]:
    return next((each.choices for each in form.spec.fields if each.path == path), ())


def agreement_spec(units: OfficeUnits) -> FormSpec:
    """The terms of an agreement with another office, for the units of both."""
    office = Field(
        path="office", label="与哪个省级机构订立", ask=Ask.CHOICE, required=True,
        choices=tuple((unit.code, f"{unit.name} {unit.code}") for unit in units.offices),
    )  # fmt: skip
    times = Rows(
        path="times", label="与默认不同的约定时限", row_label="时限", most=20,
        fields=(
            Field(path="clock", label="时限", ask=Ask.CHOICE, required=True, choices=_CLOCKS),
            Field(
                path="working_days", label="工作日数", ask=Ask.NUMBER, required=True, least=1, most=MOST_DAYS, longest=2
            ),
            Field(
                path="green_working_days", label="绿色通道工作日数", ask=Ask.NUMBER, least=0, most=MOST_DAYS, longest=2
            ),
        ),
    )  # fmt: skip
    parts = (
        office,
        Field(path="matters", label="覆盖事项", ask=Ask.CHOICES, required=True, choices=_MATTERS),
        Field(path="modes", label="覆盖的鉴定委托方式", ask=Ask.CHOICES, choices=_MODES, hint="只用于劳动能力鉴定事项"),
        Field(path="valid_from", label="生效日", ask=Ask.DAY, required=True),
        Field(path="valid_to", label="截止日", ask=Ask.DAY, hint="留空为长期"),
        times,
    )
    return FormSpec((Section(name="main", title="", parts=parts),))


def terms_of(form: Filled, made: Mapping[str, object]) -> Terms | None:
    """The terms; None where something is wrong, which is then noted."""
    matters, modes = form.texts("matters"), form.texts("modes")
    since, until = made.get("valid_from"), made.get("valid_to")
    if modes and set(matters) <= {Matter.INVESTIGATION.name}:
        form.faults.setdefault("modes", "委托方式只用于劳动能力鉴定事项")
    if since and until and str(until) < str(since):
        form.faults.setdefault("valid_to", "截止日不能早于生效日")
    clocks = [form.text(f"times.{number}.clock") for number in range(form.counts.get("times", 0))]
    for number, clock in enumerate(clocks):
        if clock and clock in clocks[:number]:
            form.faults.setdefault(f"times.{number}.clock", "同一时限只能列一次")
    if form.faults:
        return None
    listed = made.get("times")
    return Terms(
        matters=tuple(Matter[each] for each in matters),
        modes=tuple(AppraisalMode[each] for each in modes),
        times=tuple(_time(each) for each in listed if isinstance(each, Mapping)) if isinstance(listed, list) else (),
        valid_from=date.fromisoformat(str(since)),
        valid_to=date.fromisoformat(str(until)) if until else None,
    )


def _time(row: Mapping[str, object]) -> AgreedTime:
    green = row.get("green_working_days", 0)
    return AgreedTime(str(row["clock"]), int(str(row["working_days"])), int(str(green or 0)))


def note_refusal(form: Filled, refusal: Refusal, tr: Tr) -> str:
    """Put a refusal beside the field that it is about; its words where it is about none."""
    words = why(refusal.reason.value, refusal.details, tr)
    field = refusal.details.get("field", "")
    paths = {each.path for each in form.spec.fields if each.ask is not Ask.HIDDEN}
    if field.startswith("times."):
        for number in range(form.counts.get("times", 0)):
            if form.text(f"times.{number}.clock") == field.removeprefix("times."):
                form.faults[f"times.{number}.working_days"] = words
                return ""
    place = field if field in paths else _OF_GUARD.get(refusal.details.get("guard", ""), "")
    if refusal.details.get("why") in {"other_province", "own_province"}:
        place = "unit"
    if place in paths:
        form.faults[place] = words
        return ""
    return words


_OF_GUARD: Final[Mapping[str, str]] = {
    "unit_named": "place", "unit_of_own_province": "place", "reason_told": "text", "terms_lawful": "times",
    "units_of_one_type": "office",
}  # fmt: skip
