"""Any letter, body or typed move in readable form: labels from data, codes in words, nothing left out.

What no table of labels knows is shown under its own name rather than dropped: a person who signs must see everything.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from delegation.appraisal_rules import GRADE_LABELS, SELF_CARE_DEGREES, WARNING_BY_CODE, warning_label
from delegation.clock_specs import CLOCKS
from delegation.codec_json import agreement_to_json
from delegation.errors import Refusal
from delegation.reasons_codes import REASON_LIST
from delegation.required_materials import DOCUMENTS
from delegation.specialties import INELIGIBLE_BY_CODE, SPECIALTIES, specialty_label
from gateway.bureau.cases.labels import (
    CHECK_LABELS,
    CODE_LABELS,
    OUTLINE_LABELS,
    SEX_LABELS,
    SUBJECT_LABELS,
    label_of_field,
)
from gateway.bureau.filters import instant
from gateway.bureau.intake.places import places

_REASONS: Final = frozenset({"reasons", "unable_code", "reason", "sealed_reasons", "ground", "code"})
_UNITS: Final = frozenset({"unit", "competent_unit", "host_unit", "to", "units"})
_MATERIALS: Final = frozenset(
    {"material_ids", "materials", "reused_materials", "scan_material_id", "reused_material_ids"}
    | {"signed_material_id", "proof_material_id", "material_id"}
)
_SPECIALTIES: Final = frozenset({"specialty", "specialties", "pool_specialties"})
_PEOPLE: Final = frozenset({"reviewer_staff_id", "second_recorder"})  # whose name does not stand beside it
_REGIONS: Final = frozenset({"registered_in", "operates_in", "insured_in", "project_in", "region_code"})
_NO: Final = frozenset({"agrees"})  # what is left out of a row of a body means no, and is said
_HIDDEN: Final = frozenset({"kind", "thread_id"})  # repeated by the page itself, at the top of a body alone


@dataclass(frozen=True, slots=True)
class Fact:
    """A label with its value; both go through the catalogue only where `ours` says that the text is ours."""

    label: str
    value: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A list of alike things: columns and rows."""

    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Fact, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A named part: facts, grids and smaller parts, in the order in which they stand."""

    label: str
    facts: tuple[Fact, ...]
    grids: tuple[Grid, ...]
    parts: tuple["Part", ...]

    @property
    def empty(self) -> bool:
        """There is nothing in it."""
        return not (self.facts or self.grids or self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names for codes that only the case knows: units, files, items, envelopes, and our own people."""

    units: Mapping[str, str]
    materials: Mapping[str, str]
    items: Mapping[str, str]
    envelopes: Mapping[str, str]
    people: Mapping[str, str] = field(default_factory=dict)


NO_NAMES: Final = Names(units={}, materials={}, items={}, envelopes={})


def readable(values: Mapping[str, object], *, label: str = "", path: str = "", names: Names = NO_NAMES) -> Part:
    """A mapping taken apart. Days and instants as the desk shows them; money of `amount_fen` in yuan."""
    facts: list[Fact] = []
    grids: list[Grid] = []
    parts: list[Part] = []
    for name, value in values.items():
        where = f"{path}.{name}" if path else name
        if value in (None, "", [], {}, ()) or (not path and name in _HIDDEN):
            continue
        if name == "record" and isinstance(value, str):
            value = _terms(value)
        if isinstance(value, Mapping):
            parts.append(readable(value, label=label_of_field(where), path=where, names=names))
        elif _are_rows(value):
            grids.append(_grid(value, where, names))
        else:
            facts.append(_fact(where, value, names))
    return Part(label, tuple(facts), tuple(grids), tuple(part for part in parts if not part.empty))


def _are_rows(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(one, Mapping) for one in value)


def _grid(value: object, where: str, names: Names) -> Grid:
    rows = [one for one in value if isinstance(one, Mapping)] if isinstance(value, Sequence) else []
    columns = list(dict.fromkeys(name for row in rows for name in row))
    made = []
    for row in rows:
        told = {name: row.get(name, False if name in _NO else "") for name in columns}
        made.append(tuple(_fact(f"{where}.{name}", value, names) for name, value in told.items()))
    return Grid(label_of_field(where), tuple(label_of_field(f"{where}.{name}") for name in columns), tuple(made))


def _fact(where: str, value: object, names: Names) -> Fact:
    label, last = label_of_field(where), where.rpartition(".")[2]
    if isinstance(value, Mapping):
        inner = readable(value, path=where, names=names)
        return Fact(label, "；".join(f"{fact.label}：{fact.value}" for fact in _all_facts(inner)))
    if isinstance(value, Sequence) and not isinstance(value, str):
        texts = [
            (_fact(where, one, names).value, False) if isinstance(one, Mapping) else _text(last, one, names)
            for one in value
        ]
        return Fact(label, "、".join(text for text, _ in texts), ours=len(texts) == 1 and texts[0][1])
    text, ours = _text(last, value, names)
    return Fact(label, text, ours)


def _all_facts(part: Part) -> list[Fact]:
    found = list(part.facts)
    for grid in part.grids:
        found += [fact for row in grid.rows for fact in row]
    for inner in part.parts:
        found += _all_facts(inner)
    return found


def _text(last: str, value: object, names: Names) -> tuple[str, bool]:
    """A value in words, and whether the words are ours (to be translated)."""
    if value is True:
        return "是", True
    if value is False:
        return "否", True
    if isinstance(value, datetime):
        return instant(value), False
    if isinstance(value, date):
        return value.isoformat(), False
    text = str(value)
    if last == "amount_fen" and text.isdigit():
        return f"{int(text) / 100:,.2f} 元", False
    if last in _REASONS and text in REASON_LIST:
        return f"{text} {REASON_LIST[text].label}", False
    if last == "clock" and text in CLOCKS:
        return CLOCKS[text].label, True
    if last == "code" and text in CHECK_LABELS:
        return CHECK_LABELS[text], True
    if last == "material" and text in DOCUMENTS:
        return DOCUMENTS[text].label, True
    if last == "subject" and text in SUBJECT_LABELS:
        return SUBJECT_LABELS[text], True
    for group, known in ((_UNITS, names.units), (_MATERIALS, names.materials), (_PEOPLE, names.people)):
        if last in group and text in known:
            return known[text] if group is _MATERIALS else f"{known[text]}（{text}）", False
    if last in _REGIONS:
        return places().shown(text), False
    if last == "group" and text in OUTLINE_LABELS:
        return OUTLINE_LABELS[text], True
    if last == "sex" and text in SEX_LABELS:
        return SEX_LABELS[text], True
    if last == "item_code" and text in names.items:
        return f"{text} {names.items[text]}", False
    if last in {"in_reply_to", "replaces"} and text in names.envelopes:
        return names.envelopes[text], False
    told = _of_appraisal(last, text)
    if told:
        return told, True
    code = text.removeprefix("MATTER_").removeprefix("APPRAISAL_MODE_")
    if code in CODE_LABELS:
        return CODE_LABELS[code], True
    if last == "changed_subjects" and text in SUBJECT_LABELS:
        return SUBJECT_LABELS[text], True
    if last.endswith("_at") and text.endswith("Z"):
        return instant(datetime.fromisoformat(text)), False
    return text.replace("T", " ") if last == "happened_at" else text, False


def _of_appraisal(last: str, text: str) -> str:
    """Codes and figures of an appraisal in words; empty for what is none."""
    if last in _SPECIALTIES and text in SPECIALTIES:
        return specialty_label(text)
    if last == "grade" and text.isdigit() and int(text) in GRADE_LABELS:
        return GRADE_LABELS[int(text)]
    if last == "degree" and text.isdigit() and int(text) in SELF_CARE_DEGREES:
        return SELF_CARE_DEGREES[int(text)]
    if last == "warning" and text in WARNING_BY_CODE:
        return warning_label(text)
    return INELIGIBLE_BY_CODE[text].label if last == "reason" and text in INELIGIBLE_BY_CODE else ""


def _terms(record: str) -> object:
    """The terms of an agreement out of the roster's serialised record; the text itself when it cannot be read."""
    try:
        return agreement_to_json(base64.b64decode(record, validate=True))
    except (Refusal, binascii.Error):
        return record
