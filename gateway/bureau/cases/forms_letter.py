"""The letter once more: corrected after a return, or issued to the next unit. The form is the one-window form."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from delegation.codes import Kind
from gateway.bureau.cases.asking import Asking, Json, Making, choices, listed_in, main, materials, reasons, text
from gateway.bureau.cases.labels import SUBJECTS
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Section
from gateway.bureau.intake.business import form_typed, joined, take
from gateway.bureau.intake.form import SECOND_PLACE, THIRD_PLACE

_FACTS: Final = (
    "matter", "task_place", "legal_basis", "agreement_id", "priority", "clock", "requested_due", "appraisal_kind",
    "appraisal_mode", "related_thread_id", "relation",
)  # fmt: skip
_PLACE: Final = ("code", "role", "certainty", "other_candidates")
_CLOCK: Final = ("accepted_on", "application_received_on", "procedure", "suspensions")
_EMPTY: Final[tuple[object, ...]] = (None, "", "UNSPECIFIED", [], ())
_WORDS: Final = "words"  # the text beside the letter, of the form alone


def business_of(asking: Asking) -> Json:
    """The letter in force as a draft would hold it."""
    header = asking.view.header
    found: Json = {name: header[name] for name in _FACTS if header.get(name) not in _EMPTY}
    for name, keep in (("task_place", _PLACE), ("clock", _CLOCK)):
        part = found.get(name)
        if isinstance(part, Mapping):
            found[name] = {key: _day_text(part[key]) for key in keep if part.get(key) not in _EMPTY}
    found["requested_due"] = _day_text(found.get("requested_due", ""))
    if not found["requested_due"]:
        del found["requested_due"]
    found["letter"] = dict(asking.view.letter or {})
    return found


def _day_text(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _sections(asking: Asking) -> Sequence[Section]:
    """What was asked for stands above the letter."""
    if asking.kind is Kind.LETTER_CORRECTED:
        hint = "；".join(_defects(asking))
        first = main(
            choices("declared.changed_subjects", "补正部分", SUBJECTS, required=True),
            text("补正说明", path=_WORDS),
            name="move", title="补正了什么", hint=f"退回时要求：{hint}" if hint else "",
        )  # fmt: skip
    else:
        first = main(reasons(asking, several=False), text("再发说明", path=_WORDS), name="move", title="为什么再发")
    return [first, *form_typed(asking.typed, {"matter": asking.view.row.matter}), materials(asking)]


def _defects(asking: Asking) -> list[str]:
    entry = asking.last("RETURNED")
    notice = (entry.body or {}).get("return_notice") if entry is not None else None
    part = notice if isinstance(notice, Mapping) else None
    return [f"{each.get('code', '')} {each.get('text', '')}".strip() for each in listed_in(part, "defects")]


def _begin(asking: Asking) -> Json:
    business = business_of(asking)
    found: Json = _shown(business)
    if asking.kind is Kind.ISSUED:
        if len(asking.reasons) == 1:
            found["reasons"] = list(asking.reasons)
        return found
    entry = asking.last("RETURNED")
    notice = (entry.body or {}).get("return_notice") if entry is not None else None
    known = dict(SUBJECTS)
    named = [str(each.get("subject")) for each in listed_in(notice if isinstance(notice, Mapping) else None, "defects")]
    return {**found, "declared": {"changed_subjects": [each for each in dict.fromkeys(named) if each in known]}}


def _shown(business: Json) -> Json:
    place = business.get("task_place")
    further = place.get("other_candidates", ()) if isinstance(place, Mapping) else ()
    listed = list(further) if isinstance(further, list | tuple) else []
    return joined({**business, **dict(zip((SECOND_PLACE, THIRD_PLACE), listed, strict=False))})


def _finish(data: Json, asking: Asking) -> Json:
    taken = take(asking.typed, today=asking.today, stored={"matter": asking.view.row.matter})
    business = dict(taken.business)
    made: Json = {name: data[name] for name in ("paper", "declared") if name in data}
    for name in ("materials", "reused_materials"):
        if name in data:
            business[name] = data[name]
    if asking.kind is Kind.ISSUED and isinstance(data.get("reasons"), str):
        made["reasons"] = [data["reasons"]]
    if data.get(_WORDS):
        made["text"] = data[_WORDS]
    return {**made, "business": business}


def _back(data: Json, asking: Asking) -> Json:
    del asking
    business = data.get("business")
    shown = _shown(dict(business)) if isinstance(business, Mapping) else {}
    rest = {name: value for name, value in data.items() if name not in {"business", "text"}}
    return {**shown, **rest, _WORDS: data.get("text", "")}


def _check(form: Filled, asking: Asking) -> None:
    stored = {"matter": asking.view.row.matter}
    form.faults.update(take(asking.typed, today=asking.today, stored=stored).form.faults)


def _needed(path: str) -> bool:
    """The letter went out once as it was, so what it lacks the node says; what is new here must be filled in."""
    return path.startswith(("declared.", "reasons", "paper."))


_LETTER: Final = Making(sections=_sections, begin=_begin, finish=_finish, back=_back, check=_check, needed=_needed)
LETTERS: Final[Mapping[Kind, Making]] = MappingProxyType({Kind.LETTER_CORRECTED: _LETTER, Kind.ISSUED: _LETTER})
