"""The part of a form that asks for materials: which, and why a held one does not do (protocol 5.10).

What the case holds stands beside it with a way to look at it. The form has a row for each held file that does not do;
the move has one entry for each material.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.required_materials import DOCUMENTS, is_document
from gateway.bureau.cases.asking import Asking, Json, Making, choice, listed_in, medium
from gateway.bureau.cases.labels import CODE_LABELS, file_kind
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Rows, Section
from node.desk.views import DelegationView, MaterialView

ROWS: Final = "asked"  # path of the group in the form
ASKING: Final = frozenset({Kind.RETURNED, Kind.SUPPLEMENT_REQUESTED, Kind.QUESTION})
FAULTS: Final = tuple(
    (code, CODE_LABELS[code])
    for code in (
        "MATERIAL_FAULT_ILLEGIBLE",
        "MATERIAL_FAULT_WRONG",
        "MATERIAL_FAULT_OUTDATED",
        "MATERIAL_FAULT_INCOMPLETE",
        "MATERIAL_FAULT_DAMAGED",
    )
)


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A material that may be asked for, and the files of the case that are it."""

    code: str
    label: str
    files: tuple[MaterialView, ...]


def held_lines(view: DelegationView) -> tuple[HeldLine, ...]:
    """Of each material that may be asked for, what the case holds; none of which it holds nothing."""
    there = [each for each in view.materials if each.attached_to and each.state != "gone"]
    lines = (
        HeldLine(code, each.label, tuple(file for file in there if is_document(code, file.document_kind)))
        for code, each in DOCUMENTS.items()
    )
    return tuple(line for line in lines if line.files)


def section(asking: Asking) -> Section:
    """Which materials are asked for."""
    held = [(each.material_id, f"{file_kind(each.document_kind)}：{each.name}") for each in asking.delivered]
    rows = Rows(
        path=ROWS, label="要求提供的材料", row_label="材料", most=16,
        fields=(
            choice("material", "哪种材料", [(code, each.label) for code, each in DOCUMENTS.items()], required=True),
            choice("unfit", "不能用的在案材料", held, hint="已在案的才填：哪一份不能用"),
            choice("fault", "不能用的原因", FAULTS),
            medium("text", "哪里不能用"),
        ),
    )  # fmt: skip
    return Section(
        name=ROWS,
        title="要求提供材料",
        parts=(rows,),
        folded=True,
        hint="已在案的材料不再要求提供，请先查看；在案的不能用时，逐份写明是哪一份、为什么",
    )


def with_asked(making: Making) -> Making:
    """A kind's form that may ask for materials too, after what it asks first."""

    def sections(asking: Asking) -> Sequence[Section]:
        first, *rest = making.sections(asking)
        return [first, section(asking), *rest]

    def finish(data: Json, asking: Asking) -> Json:
        rows = data.pop(ROWS, None)
        data = making.finish(data, asking)
        asked = _asked(rows)
        if asked:
            body = data.get("body")
            data["body"] = {**(body if isinstance(body, dict) else {}), "asked_materials": asked}
        return data

    def back(data: Json, asking: Asking) -> Json:
        made = making.back(data, asking)
        body = made.get("body")
        if not isinstance(body, dict) or "asked_materials" not in body:
            return made
        rest = {name: value for name, value in body.items() if name != "asked_materials"}
        return {**made, "body": rest, ROWS: _rows(body)}

    def checked(form: Filled, asking: Asking) -> None:
        making.check(form, asking)
        _check(form)

    return replace(making, sections=sections, finish=finish, back=back, check=checked)


def _asked(rows: object) -> list[Json]:
    """One entry for each material, in the order of the form."""
    found: dict[str, list[Json]] = {}
    for row in rows if isinstance(rows, list) else []:
        unfit = found.setdefault(str(row.get("material", "")), [])
        if row.get("unfit"):
            told = {"material_id": row["unfit"], "fault": row.get("fault", ""), "text": row.get("text", "")}
            unfit.append(told)
    return [{"material": code, **({"unfit": unfit} if unfit else {})} for code, unfit in found.items() if code]


def _rows(body: Json) -> list[Json]:
    found: list[Json] = []
    for each in listed_in(body, "asked_materials"):
        unfit = listed_in(each, "unfit")
        told = [{"unfit": one.get("material_id"), "fault": one.get("fault"), "text": one.get("text")} for one in unfit]
        found += [{"material": each.get("material"), **one} for one in told or [{}]]
    return found


def _check(form: Filled) -> None:
    """A held file that does not do is named with what is wrong and with words, or nothing of it."""
    for rows in (each for each in form.spec.rows if each.path == ROWS):
        for number in range(form.count(rows)):
            at = f"{ROWS}.{number}"
            told = {name: form.text(f"{at}.{name}") for name in ("unfit", "fault", "text")}
            if not any(told.values()):
                continue
            for name, words in (("unfit", "请选择此项"), ("fault", "请选择此项"), ("text", "请填写此项")):
                if not told[name]:
                    form.faults.setdefault(f"{at}.{name}", words)


def pointer_of(refusal: Refusal, form: Filled) -> tuple[str, str]:
    """Where the form asks for what is held, and the same in words; empty when it is another refusal."""
    code = refusal.details.get("asked", "")
    if refusal.reason is not Reason.MATERIAL_HELD_ALREADY or code not in DOCUMENTS:
        return "", ""
    for rows in (each for each in form.spec.rows if each.path == ROWS):
        for number in range(form.count(rows)):
            if form.text(f"{ROWS}.{number}.material") == code:
                return f"{ROWS}.{number}.material", "此材料已在案，请先查看；确实不能用的，写明哪一份、为什么"
    return ROWS, "受理决定书已在案，请先查看；确实不能用的，写明哪一份、为什么"
