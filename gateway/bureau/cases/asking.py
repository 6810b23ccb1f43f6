"""What every form of a move is made from: the case as it stands, and the fields that several kinds share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from delegation.codes import Kind
from delegation.reasons_codes import REASON_LIST
from delegation.table import Row
from gateway.bureau.cases.rules import is_paper, rows_open_to
from gateway.bureau.filters import instant
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Ask, Field, FormSpec, Part, Section
from node.desk.account_views import StaffView
from node.desk.views import DelegationView, EntryView, MaterialView

Typed = Mapping[str, Sequence[str]]
Json = dict[str, object]
_MOST_TEXT: Final = 20_000
_MEDIUM: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """For whom and about what a form is made. `typed` is what stands in it already: some parts grow with it."""

    view: DelegationView
    kind: Kind
    unit: str
    staff: tuple[StaffView, ...]
    today: date
    typed: Typed = field(default_factory=dict)
    reply: str = ""
    on_paper: bool = False  # the host is no member: the home records its acts

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that the unit might use now."""
        return rows_open_to(self.view, self.kind)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Codes of the kind, of all its rows that are open."""
        return tuple(dict.fromkeys(code for row in self.rows for code in row.reasons))

    @property
    def items(self) -> tuple[tuple[str, str], ...]:
        """Code and text of the letter's items."""
        return items_of(self.view.letter)

    @property
    def items_of_round(self) -> tuple[tuple[str, str, bool], ...]:
        """Code, text and whether it is mandatory of what this round asks."""
        listed = [each for each in _listed(self.view.letter, "items") if isinstance(each.get("code"), str)]
        again = self.last("SUPPLEMENT_REQUESTED") if self.view.row.round > 1 else None
        codes = {str(each.get("item_code")) for each in _listed(_part(again, "supplement"), "items")} if again else None
        return tuple(
            (str(each["code"]), str(each.get("text", "")), bool(each.get("mandatory", False)))
            for each in listed
            if codes is None or each["code"] in codes
        )

    def last(self, *kinds: str) -> EntryView | None:
        """The latest entry of one of these kinds."""
        return next((entry for entry in reversed(self.view.entries) if entry.kind in kinds), None)

    def own(self, *kinds: str) -> list[EntryView]:
        """Entries of these kinds by our unit."""
        return [each for each in self.view.entries if each.kind in kinds and each.sender_unit == self.unit]

    def theirs(self, *kinds: str) -> list[EntryView]:
        """Entries of these kinds by others."""
        return [each for each in self.view.entries if each.kind in kinds and each.sender_unit != self.unit]

    @property
    def unsent(self) -> tuple[MaterialView, ...]:
        """Own files that no envelope lists yet and that may travel."""
        return tuple(
            each
            for each in self.view.materials
            if not each.attached_to
            and not each.withheld
            and each.from_unit == self.unit
            and each.state in {"held", "uploading"}
        )

    @property
    def delivered(self) -> tuple[MaterialView, ...]:
        """Files that the case already holds."""
        return tuple(each for each in self.view.materials if each.attached_to and each.state != "gone")

    @property
    def investigators(self) -> list[Json]:
        """The investigators of the last assignment."""
        entry = self.last("ASSIGNED", "REASSIGNED")
        return [dict(each) for each in _listed(_part(entry, "assignment"), "investigators")]


def _part(entry: EntryView | None, name: str) -> Mapping[str, object] | None:
    part = (entry.body or {}).get(name) if entry is not None else None
    return part if isinstance(part, Mapping) else None


def _listed(values: Mapping[str, object] | None, name: str) -> list[Mapping[str, object]]:
    found = (values or {}).get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list | tuple) else []


part_of, listed_in = _part, _listed


def items_of(letter: Mapping[str, object] | None) -> tuple[tuple[str, str], ...]:
    """Code and text of a letter's items."""
    return tuple((str(each.get("code", "")), str(each.get("text", ""))) for each in _listed(letter, "items"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How a kind is made: its sections, what stands in them at first, and the move's data out of what was typed.

    `finish` turns the form's values into the move's data, `back` the data into the form's values, to be changed again;
    `check` notes what one field says of another.
    """

    sections: Callable[[Asking], Sequence[Section]]
    begin: Callable[[Asking], Json] = lambda _asking: {}
    finish: Callable[[Json, Asking], Json] = lambda data, _asking: data
    back: Callable[[Json, Asking], Json] = lambda data, _asking: data
    check: Callable[[Filled, Asking], None] = lambda _form, _asking: None
    needed: Callable[[str], bool] = lambda _path: True  # whether an empty required field is told here


def text(label: str = "说明", *, required: bool = False, path: str = "body.text", hint: str = "") -> Field:
    """Free text that goes with it."""
    return Field(path=path, label=label, ask=Ask.LONG, required=required, longest=_MOST_TEXT, hint=hint)


def line(path: str, label: str, *, required: bool = False, hint: str = "", longest: int = 200) -> Field:
    """One line."""
    return Field(path=path, label=label, required=required, hint=hint, longest=longest)


def medium(path: str, label: str, *, required: bool = False, hint: str = "") -> Field:
    """Some lines."""
    return Field(path=path, label=label, ask=Ask.LONG, required=required, hint=hint, longest=_MEDIUM)


def day(path: str, label: str, *, required: bool = False, hint: str = "") -> Field:
    """A day."""
    return Field(path=path, label=label, ask=Ask.DAY, required=required, hint=hint)


def choice(
    path: str, label: str, choices: Sequence[tuple[str, str]], *, required: bool = False, hint: str = ""
) -> Field:
    """One of a list."""
    return Field(path=path, label=label, ask=Ask.CHOICE, required=required, choices=tuple(choices), hint=hint)


def choices(
    path: str, label: str, listed: Sequence[tuple[str, str]], *, required: bool = False, hint: str = ""
) -> Field:
    """Several of a list."""
    return Field(path=path, label=label, ask=Ask.CHOICES, required=required, choices=tuple(listed), hint=hint)


def check(path: str, label: str, *, hint: str = "", required: bool = False) -> Field:
    """A box to tick."""
    return Field(path=path, label=label, ask=Ask.CHECK, hint=hint, required=required)


def days(path: str, label: str, *, most: int = 10) -> Field:
    """A number of working days."""
    return Field(path=path, label=label, ask=Ask.NUMBER, required=True, least=1, most=most, longest=3)


def reason_label(code: str) -> str:
    """A code with its label and article."""
    known = REASON_LIST[code]
    return f"{code} {known.label}（{known.law}）" if known.law else f"{code} {known.label}"


def reasons(asking: Asking, *, several: bool = True, label: str = "理由") -> Field:
    """The codes of the kind, as its rows list them."""
    listed = [(code, reason_label(code)) for code in asking.reasons]
    if several and len(listed) > 1:
        return choices("reasons", label, listed, required=True)
    return choice("reasons", label, listed, required=True)


def as_list(data: Json, name: str) -> None:
    """Make a list of a single value."""
    value = data.get(name)
    if isinstance(value, str):
        data[name] = [value]


def reply_field(asking: Asking, *kinds: str, label: str = "所答复的来件", required: bool = True) -> Field:
    """Which envelope of the other side is answered; the latest stands first."""
    listed = [
        (each.envelope_id, f"{each.label} {instant(each.accepted_at)} {_first_words(each)}".strip())
        for each in reversed(asking.theirs(*kinds))
    ]
    return choice("in_reply_to", label, listed, required=required)


def _first_words(entry: EntryView) -> str:
    body = entry.body or {}
    question = body.get("question")
    words = str(question.get("text", "")) if isinstance(question, Mapping) else str(body.get("text", ""))
    return words[:24] + ("…" if len(words) > 24 else "")


def materials(asking: Asking, *, required: bool = False, about: str = "") -> Section:
    """Files that travel with it, and those that the case holds already (never asked for twice)."""
    parts = [
        choices(
            "materials", "随附材料", [(each.material_id, each.name) for each in asking.unsent],
            required=required and not asking.delivered,
            hint="" if asking.unsent else "没有尚未发出的材料；可先在“材料”页上传",
        ),
    ]  # fmt: skip
    if asking.delivered:
        parts.append(
            choices(
                "reused_materials", "引用在案材料", [(each.material_id, each.name) for each in asking.delivered],
                hint="已在案的材料引用即可，不必重传",
            )
        )  # fmt: skip
    folded = not required and not asking.unsent
    return Section(name="materials", title="材料", hint=about, parts=tuple(parts), folded=folded)


def paper(asking: Asking, *, needed: bool | None) -> Section:
    """A paper act of a host that is no member: two persons and the scan."""
    must = needed is True
    others = [(each.staff_id, f"{each.name}（{each.staff_id}）") for each in asking.staff]
    files = [(each.material_id, each.name) for each in (*asking.unsent, *asking.delivered)]
    return Section(
        name="paper",
        title="线下办理登记",
        folded=not must,
        hint="受托方未入网：登记其纸质文书，须两人登记并附扫描件，由另一人审批",
        parts=(
            day("paper.paper_on", "纸质文书日期", required=must),
            line("paper.post_number", "邮寄单号"),
            choice("paper.second_recorder", "第二登记人", others, required=must),
            choice("paper.scan_material_id", "扫描件", files, required=must),
        ),
    )


def spec_of(making: Making, asking: Asking) -> FormSpec:
    """The whole form: the kind's sections, and the paper record where the host is on paper."""
    sections = list(making.sections(asking))
    needed = is_paper(asking.view, asking.kind) if asking.on_paper else False
    if needed is not False:
        sections.append(paper(asking, needed=needed))
    return FormSpec(tuple(sections))


def main(*parts: Part, name: str = "main", title: str = "", hint: str = "") -> Section:
    """The section that stands first."""
    return Section(name=name, title=title, parts=parts, hint=hint)
