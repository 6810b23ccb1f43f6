"""Evidence in a form, and the checks of form that each kind asks for (法释〔2002〕21号 Art 10 to 15).

A check is met, or the reason why not is written beside it; an open one keeps the result from being sealed.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from delegation.patterns import is_local_id
from gateway.bureau.cases.asking import Asking, Json, check, choice, choices, day, line, listed_in, medium
from gateway.bureau.cases.labels import CHECKS, CODE_LABELS
from gateway.bureau.forms.spec import Field, Rows, Section
from node.desk.views import MaterialView

KINDS: Final = tuple((code, label) for code, label in CODE_LABELS.items() if code.startswith("EVIDENCE_KIND_"))

MOST_EVIDENCE: Final = 128


def EVIDENCE(asking: Asking, path: str) -> Rows:  # noqa: N802 - a part of a form, as the others
    """The list of evidence."""
    files = [(each.material_id, each.name) for each in (*asking.unsent, *asking.delivered)]
    return Rows(
        path=path,
        label="证据",
        row_label="证据",
        most=MOST_EVIDENCE,
        fields=(
            line("evidence_id", "编号", hint="如 E1；留空自动编号", longest=64),
            choice("kind", "种类", KINDS, required=True),
            medium("description", "名称和证明对象", required=True),
            choices("material_ids", "所附材料", files),
            line("provenance", "来源（何时、何地、何人取得）", longest=2000),
            day("gathered_on", "取得日期"),
            check("is_copy", "复制件"),
            line("compared_by", "复制件核对人"),
            line("original_at", "原件存放处"),
        ),
    )


def number_evidence(part: Json) -> None:
    """Give each piece of evidence without a number the next one: E1, E2, …"""
    rows = part.get("evidence")
    listed = [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []
    taken = {str(each.get("evidence_id", "")) for each in listed}
    number = 0
    for each in listed:
        while not each.get("evidence_id"):
            number += 1
            if f"E{number}" not in taken:
                each["evidence_id"] = f"E{number}"
                taken.add(f"E{number}")


def kind_of_file(document_kind: str) -> str:
    """The kind of evidence that a file is by the kind that was said of it; empty for one that is none."""
    code = f"EVIDENCE_KIND_{document_kind.upper()}"
    return code if code in CHECKS else ""


def row_of_file(file: MaterialView) -> Json:
    """A file as a piece of evidence: what was said of it need not be said again."""
    facts: Json = {
        "kind": kind_of_file(file.document_kind),
        "description": file.name,
        "material_ids": [file.material_id],
        "is_copy": file.is_copy,
        "compared_by": file.compared_by,
        "original_at": file.original_at,
    }
    return {name: value for name, value in facts.items() if value}


def with_new_files(
    typed: Mapping[str, Sequence[str]], path: str, files: Sequence[MaterialView], known: Collection[str]
) -> dict[str, list[str]]:
    """What was typed with a row for each file that came in since the form was made (`known` then) and that no row
    names; one that was there and was dropped stays dropped."""
    found = {name: list(values) for name, values in typed.items()}
    rows = {_number(name[len(path) + 1 :].split(".")[0]) for name in found if name.startswith(f"{path}.")}
    named = {
        value
        for name, values in found.items()
        if name.startswith(f"{path}.") and name.endswith(".material_ids")
        for value in values
    }
    number = max(rows, default=-1)
    for file in files:
        if file.material_id in known or file.material_id in named or len(rows) >= MOST_EVIDENCE:
            continue
        number += 1
        rows.add(number)
        for name, value in row_of_file(file).items():
            values = (
                [str(each) for each in value] if isinstance(value, list) else ["1" if value is True else str(value)]
            )
            found[f"{path}.{number}.{name}"] = values
    return found


def numbered(typed: Mapping[str, Sequence[str]], path: str) -> dict[str, list[str]]:
    """What was typed with numbers filled in, so that answers and checks can name the evidence."""
    found = {name: list(values) for name, values in typed.items()}
    rows = sorted({name[len(path) + 1 :].split(".")[0] for name in found if name.startswith(f"{path}.")}, key=_number)
    taken = {_first(found, f"{path}.{row}.evidence_id") for row in rows}
    number = 0
    for row in rows:
        begun = any(_first(found, f"{path}.{row}.{name}") for name in ("kind", "description", "material_ids"))
        if _first(found, f"{path}.{row}.evidence_id") or not begun:
            continue
        number += 1
        while f"E{number}" in taken:
            number += 1
        found[f"{path}.{row}.evidence_id"] = [f"E{number}"]
        taken.add(f"E{number}")
    return found


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 6 else 0


def _first(typed: Mapping[str, Sequence[str]], name: str) -> str:
    return next((value for value in typed.get(name, ()) if value), "").strip()


def listed_evidence(typed: Mapping[str, Sequence[str]], path: str) -> list[tuple[str, str]]:
    """Number and kind of each piece that has both, in order."""
    found = []
    for name in typed:
        if name.startswith(f"{path}.") and name.endswith(".kind"):
            row = name[: -len(".kind")]
            pair = (_first(typed, f"{row}.evidence_id"), _first(typed, name))
            if is_local_id(pair[0]) and "." not in pair[0] and pair[1] in CHECKS and pair not in found:
                found.append(pair)
    return found


def checks_of(evidence: Sequence[tuple[str, str]]) -> Section | None:
    """The checklist for the evidence listed so far."""
    parts: list[Field] = []
    for number, kind in evidence:
        for code, label in CHECKS[kind]:
            parts.append(check(f"check.{number}.{code}.met", f"{number} {label}"))
            parts.append(line(f"check.{number}.{code}.explanation", f"{number} 不符合的，说明原因", longest=2000))
    if not parts:
        return None
    return Section(
        name="checks",
        title="证据形式核对",
        hint="每项须符合或说明原因（《最高人民法院关于行政诉讼证据若干问题的规定》第十条至第十五条）",
        parts=tuple(parts),
    )


def checks_data(values: object) -> list[Json]:
    """The checks as the contract has them."""
    found: list[Json] = []
    for number, by_code in values.items() if isinstance(values, dict) else ():
        for code, answer in by_code.items() if isinstance(by_code, dict) else ():
            one: Json = {"code": code, "evidence_id": number, "met": bool(answer.get("met"))}
            if answer.get("explanation"):
                one["explanation"] = answer["explanation"]
            found.append(one)
    return found


def checks_back(rows: object) -> Json:
    """The other way round."""
    made: Json = {}
    for each in listed_in({"rows": rows}, "rows"):
        of = made.setdefault(str(each.get("evidence_id", "")), {})
        if isinstance(of, dict):
            of[str(each.get("code", ""))] = {"met": each.get("met", False), "explanation": each.get("explanation", "")}
    return made
