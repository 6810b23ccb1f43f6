"""The copy that a person gets of the own data in a case (PIPL 45): facts, the course of things, files that were chosen.

What is about others or within the office stays out (工伤认定办法 15): of the letter only fields that stand in a list
here are copied, of the entries only day, kind and unit, and no file of a witness, a statement or an inspection goes
along unless somebody ticks that very file. NOT checked: what a ticked file says of others; who ticks it has read it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.bureau.cases.labels import file_kind
from gateway.bureau.cases.reading import NO_NAMES, Part, readable
from node.desk.views import DelegationView, EntryView, MaterialView

# Of the letter: the person's own facts and those of the accident. Not: witnesses, outline, the office's people.
_COPIED: Final[Mapping[str, frozenset[str]]] = {
    "worker": frozenset({
        "name", "id_document", "id_number", "sex", "born_on", "occupation", "phone", "address",
        "social_security_number",
    }),
    "employer": frozenset({"name", "credit_code", "registered_in", "operates_in", "labour_user"}),
    "accident": frozenset({
        "happened_at", "place_text", "region_code", "scene", "course", "injured_part", "diagnosis", "first_hospital",
        "traffic_document_number", "died_on",
    }),
    "insurance": frozenset({"mode", "insured_in", "project_name", "project_in"}),
    "applicant": frozenset({"role", "applied_on"}),
}  # fmt: skip
_WHOLE: Final = ("acceptance_number", "claimed_grounds")
# Business acts in the worker's own matter. Not: questions, progress, supervision, costs, protests, requests.
_TOLD: Final = frozenset({
    "ISSUED", "SIGNED_FOR", "RETURNED", "LETTER_CORRECTED", "TRANSFERRED", "REFUSED", "ACCEPTED", "ASSIGNED", "PAUSED",
    "UNPAUSED", "EXTENDED", "REPORTED", "UNABLE", "SUPPLEMENT_REQUESTED", "COMPLETED", "WITHDRAWN", "CANCELLED",
    "CLOSED", "CORRECTED", "ARCHIVED",
})  # fmt: skip
_BY_DEFAULT: Final = frozenset({"document", "expert"})  # the rest speaks of others, or may
_HELD: Final = frozenset({"held", "uploading"})
_UNSAFE: Final = re.compile(r"[^\w\-.()（） ]", re.UNICODE)
_LONGEST_NAME: Final = 80
_LONGEST_END: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A file that may go along."""

    file: MaterialView
    kind: str
    by_default: bool


def offered(view: DelegationView) -> tuple[Offered, ...]:
    """Files that are here; not those whose redacted copy takes their place."""
    return tuple(
        Offered(
            file=each,
            kind=file_kind(each.document_kind),
            by_default=each.document_kind in _BY_DEFAULT,
        )
        for each in view.materials
        if each.state in _HELD and not each.withheld
    )


def facts_of(view: DelegationView) -> Part:
    """The letter's facts about the person."""
    letter = view.letter or {}
    copied: dict[str, object] = {}
    for name, fields in _COPIED.items():
        part = letter.get(name)
        if isinstance(part, Mapping):
            copied[name] = {field: value for field, value in part.items() if field in fields}
    copied |= {name: letter[name] for name in _WHOLE if name in letter}
    return readable(copied, path="letter", names=NO_NAMES)


def course_of(view: DelegationView) -> tuple[EntryView, ...]:
    """What happened, in order."""
    return tuple(entry for entry in view.entries if entry.kind in _TOLD)


def findings_of(view: DelegationView) -> tuple[Mapping[str, object], ...]:
    """The answers of the latest result, item by item; only when somebody ticked them."""
    for entry in reversed(view.entries):
        result = (entry.body or {}).get("result")
        if isinstance(result, Mapping):
            answers = result.get("answers")
            return tuple(each for each in answers if isinstance(each, Mapping)) if isinstance(answers, list) else ()
    return ()


def name_in_package(number: int, file: MaterialView) -> str:
    """A name that no unpacker takes for a path."""
    plain = _UNSAFE.sub("_", file.name.replace("/", "_").replace("\\", "_")).strip(" .")
    stem, dot, end = plain.rpartition(".")
    short = f"{stem[:_LONGEST_NAME]}.{end}" if dot and len(end) <= _LONGEST_END else plain[:_LONGEST_NAME]
    return f"{number:02d}-{short or 'file'}"


def chosen(view: DelegationView, ticked: Sequence[str]) -> tuple[MaterialView, ...]:
    """The ticked files among those that may go along, in the order of the case."""
    wanted = set(ticked)
    return tuple(each.file for each in offered(view) if each.file.material_id in wanted)
